// node test/mocha.ts FOLDER REPORT TIMEOUT_MS [GREP]: every *.test.ts under a folder of test/, in one Mocha.
import { globSync } from 'node:fs';
import { runMocha } from './reporter.ts';

const [folder, reportPath, timeoutMs, grep] = process.argv.slice(2);
if (folder === undefined || reportPath === undefined) throw new Error('Usage: mocha.ts FOLDER REPORT TIMEOUT_MS [GREP]');
const files = globSync(`${import.meta.dirname}/${folder}/**/*.test.ts`).sort();
const failed = await runMocha({ files, reportPath, timeoutMs: Number(timeoutMs ?? 20_000), ...(grep === undefined ? {} : { grep }) });
// Whatever a test left open must not keep the run from ending; processes it left are found by the runner.
process.exit(failed > 0 ? 1 : 0);
