// node test/mocha.ts FOLDER|FILE REPORT TIMEOUT_MS [--grep PATTERN] [--jobs N]: every *.test.ts under a folder of test/, in one Mocha;
// with --jobs each file in a process of its own, N at a time. What is in a folder `alone` of the folder is left out then.
import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runFiles } from './files.ts';
import { runMocha } from './reporter.ts';

const { values, positionals } = parseArgs({ options: { grep: { type: 'string' }, jobs: { type: 'string' } }, allowPositionals: true });
const [folder, reportPath, timeout] = positionals;
if (folder === undefined || reportPath === undefined)
  throw new Error('Usage: mocha.ts FOLDER|FILE REPORT TIMEOUT_MS [--grep …] [--jobs N]');
const options = { reportPath, timeoutMs: Number(timeout ?? 20_000), ...(values.grep === undefined ? {} : { grep: values.grep }) };
const path = join(import.meta.dirname, folder);
const found = path.endsWith('.ts') ? [path] : globSync(`${path}/**/*.test.ts`).sort();
const failed =
  values.jobs === undefined
    ? await runMocha({ files: found, ...options })
    : await runFiles({ files: found.filter((file) => !isAlone(file)), jobs: Number(values.jobs), ...options });
// Whatever a test left open must not keep the run from ending; processes it left are found by the runner.
process.exit(failed > 0 ? 1 : 0);

function isAlone(file: string): boolean {
  return basename(dirname(file)) === 'alone' && dirname(file) !== path;
}
