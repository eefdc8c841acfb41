// Mocha as every layer runs it: readable lines for a person, and a report that the runner adds up.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import Mocha from 'mocha';
import * as v from 'valibot';

const Failure = v.object({ title: v.string(), text: v.string() });
const Report = v.object({
  passed: v.number(),
  failed: v.number(),
  durationMs: v.number(),
  titles: v.array(v.string()),
  failures: v.array(Failure),
});

/** What one Mocha run came to. A pending test counts as failed: nothing is skipped in silence. */
export type Report = v.InferOutput<typeof Report>;

export function readReport(path: string): Report {
  return v.parse(Report, JSON.parse(readFileSync(path, 'utf8')));
}

export interface MochaRun {
  readonly files: readonly string[];
  readonly reportPath: string;
  readonly timeoutMs: number;
  readonly grep?: string;
  /** No lines, only the report. */
  readonly silent?: boolean;
}

/** Runs test files in this process and writes the report; gives the number of failures. */
export async function runMocha(options: MochaRun): Promise<number> {
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: options.timeoutMs,
    forbidOnly: true,
    reporter: options.silent === true ? Mocha.reporters.Base : Mocha.reporters.Spec,
    color: process.stdout.isTTY,
  });
  if (options.grep !== undefined) mocha.grep(new RegExp(options.grep));
  for (const file of options.files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const { promise, resolve } = Promise.withResolvers<number>();
  collect(mocha.run(resolve), options.reportPath);
  return promise;
}

function collect(runner: Mocha.Runner, path: string): void {
  const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;
  const titles: string[] = [];
  const failed: { readonly title: string; readonly error: unknown }[] = [];
  const started = performance.now();
  runner.on(EVENT_TEST_PASS, (test) => titles.push(test.fullTitle()));
  runner.on(EVENT_TEST_FAIL, (test, error: unknown) => failed.push({ title: test.fullTitle(), error }));
  runner.on(EVENT_TEST_PENDING, (test) => failed.push({ title: test.fullTitle(), error: 'This test was skipped.' }));
  runner.on(EVENT_RUN_END, () => {
    // Told only now: a hook after the test may have added to the error what it found.
    const failures = failed.map(({ title, error }) => ({ title, text: describe(error) }));
    const report: Report = { passed: titles.length, failed: failures.length, durationMs: performance.now() - started, titles, failures };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(report, null, 2));
  });
}

/** The stack, and for a failed comparison both sides, which the message may leave out. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? error.message;
  if (!('actual' in error) || !('expected' in error)) return text;
  return `${text}\nactual: ${inspect(error.actual)}\nexpected: ${inspect(error.expected)}`;
}
