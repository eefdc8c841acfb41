// What the extension host is asked to run; bundled with the tests beside it by runTests.ts.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runMocha } from '../reporter.ts';

/** Called by VS Code; a rejection is exit code 1. */
export async function run(): Promise<void> {
  const { FAULTLINE_TEST_REPORT: reportPath, FAULTLINE_TEST_GREP: grep } = process.env;
  if (reportPath === undefined) throw new Error('FAULTLINE_TEST_REPORT does not say where the report goes.');
  const names = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.test.mjs')).map((name) => join(import.meta.dirname, name));
  const failed = await runMocha({
    files: files.sort(),
    reportPath,
    timeoutMs: 60_000,
    silent: true,
    ...(grep === undefined ? {} : { grep }),
  });
  if (failed > 0) throw new Error(`${failed} failed`);
}
