/**
 * A run as one JSON object, for programs: everything the panel knows that does not depend on a selection. Durations are milliseconds,
 * times milliseconds since the epoch or, where named `…Ms` of the run, since its start; `null` where too few samples allow a figure.
 *
 *   { format: 1, run, name, startedAt, durationMs, status, verdict, reason, counts, response, statements: [{ name, counts, rows,
 *     answer, response: { count, p50, p90, p95, p99, p999, max }, … }], expectations, driver, arms, environment, plan, tpchPower, … }
 *
 * Of a run that broke something `recovery` is what `faultline recovery --json` prints.
 *
 * `format` goes up when a field is removed or changes its meaning, not when one is added.
 */
import { recoveryJson } from '../analysis/recovery/show/json.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';
import type { Comparison, RunView } from '../analysis/view.ts';

const reportFormat = 1;

/** Ends with a line feed. `recovery`: of a run that breaks something. */
export function jsonReport(view: RunView, recovery: RecoveryView | null = null): string {
  const whole = recovery === null ? {} : { recovery: recoveryJson(recovery) };
  return `${JSON.stringify({ format: reportFormat, ...view, ...whole }, null, 2)}\n`;
}

/** `{ format: 1, a, b, interleaved, roundsA, roundsB, statements, geometricMean, finding, text, differences }`. Ends with a line feed. */
export function jsonComparison(comparison: Comparison): string {
  return `${JSON.stringify({ format: reportFormat, ...comparison }, null, 2)}\n`;
}
