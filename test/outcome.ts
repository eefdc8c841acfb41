// What a layer of tests came to, and what all of them did.
import type { Report } from './reporter.ts';
import type { Left } from './workbench/processes.ts';

const REASON_LINES = 12;
const REASON_WIDTH = 200;

export interface Outcome {
  readonly label: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly notes: readonly string[];
}

export interface LayerEnd {
  readonly label: string;
  /** false: the layer has no report; its exit code alone tells. */
  readonly counted: boolean;
  /** Exit code, signal, or why it could not be started. */
  readonly code: number | string;
  readonly seconds: number;
  /** Processes that were still there afterwards. */
  readonly left: readonly Left[];
  readonly report: Report | undefined;
  /** A pattern chose the tests, so that a layer may well have none. */
  readonly filtered: boolean;
}

/** A crash, a layer without tests and a process left behind each count as one failure. */
export function outcomeOf({ label, counted, code, seconds, left, report, filtered }: LayerEnd): Outcome {
  const notes = left.map(({ pid, command }) => `left behind and ended: ${pid} ${command.slice(0, 100)}`);
  const leftFailed = left.length > 0 ? 1 : 0;
  if (!counted) return { label, passed: code === 0 ? 1 : 0, failed: (code === 0 ? 0 : 1) + leftFailed, seconds, notes };
  if (report === undefined)
    return { label, passed: 0, failed: 1 + leftFailed, seconds, notes: [`ended with ${code}, without a report`, ...notes] };
  const { passed, failed, failures } = report;
  const told = [...failures.flatMap(({ title, text }) => [`✘ ${title}`, ...why(text)]), ...notes];
  const more = (note: string): Outcome => ({ label, passed, failed: failed + 1 + leftFailed, seconds, notes: [...told, note] });
  if (passed + failed === 0 && !filtered) return more('no test ran');
  if (code !== 0 && failed === 0) return more(`ended with ${code} though no test failed`);
  return { label, passed, failed: failed + leftFailed, seconds, notes: told };
}

/** What a failed test said, without the places in the code: the end of a log is often all of it that is kept. */
function why(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  const more = lines.length - REASON_LINES;
  return [...lines.slice(0, REASON_LINES), ...(more > 0 ? [`… ${more} lines more`] : [])].map(
    (line) => `    ${line.slice(0, REASON_WIDTH)}`,
  );
}

/** A table of the layers and, as the last line, the counts over all of them. */
export function summary(outcomes: readonly Outcome[]): { text: string; passed: number; failed: number } {
  const width = Math.max(...outcomes.map(({ label }) => label.length));
  const rows = outcomes.flatMap(({ label, passed, failed, seconds, notes }) => [
    `${label.padEnd(width)}  ${String(passed).padStart(5)} passed  ${String(failed).padStart(4)} failed  ${seconds.toFixed(1).padStart(7)} s`,
    ...notes.map((note) => `    ${note}`),
  ]);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  return { text: `${rows.join('\n')}\n\n${passed} passed, ${failed} failed`, passed, failed };
}
