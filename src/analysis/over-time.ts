/** Latency over time: a matrix of counts, columns of equal length from the begin of the measured part. Browser-safe. */
import { LogBins } from './log-bins.ts';
import { needed, type Ranks } from './ranks.ts';
import { isEverything, outcomeCode, type Bounds, type Grouped, type Rows, type Sample } from './rows.ts';
import { within, type Dropped } from './tally.ts';
import type { OverTime, Tail } from './view.ts';

const mostColumns = 100;
const mostRows = 24;

/** ms: steps that a person counts in. */
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const stepsBeyond = 600_000;
/** Fast operations are recorded by quarters of a second, all at its begin: columns between them would be empty. */
const shortestWeighted = 500;

/** `span`: of the columns, in ms of the run. The edges of the rows are those of the statement and arm over the whole run. */
export function overTime(
  rows: Rows,
  dropped: readonly Dropped[],
  bounds: Bounds,
  span: { from: number; to: number },
  ranks: Ranks,
): OverTime {
  const range = rows.range({ ...bounds, from: -Infinity, to: Infinity });
  const bins = range === undefined ? undefined : new LogBins(range.min, range.max, mostRows);
  const length = Math.max(0, span.to - span.from);
  const stepMs = stepFor(length, rows.weighted ? shortestWeighted : 0);
  const columns = Math.ceil(length / stepMs);
  // What was planned in an interval that began before the span is put into its first column.
  const columnOf = (planned: number): number => Math.min(columns - 1, Math.max(0, Math.floor((planned - span.from) / stepMs)));
  const failed = new Uint32Array(columns);
  const never = new Float64Array(columns);
  const add = (to: Uint32Array | Float64Array, column: number, by: number): void => {
    if (column < to.length) to[column] = (to[column] ?? 0) + by;
  };
  const all = isEverything(bounds);
  const grouped = rows.grouped(columns, (row) => (all || rows.matches(row, bounds) ? columnOf(rows.planned[row] ?? 0) : -1));
  for (let row = 0; row < rows.length; row++) {
    const outcome = rows.outcome[row];
    if ((outcome === outcomeCode.error || outcome === outcomeCode.wrong) && rows.matches(row, bounds)) {
      add(failed, columnOf(rows.planned[row] ?? 0), rows.count(row));
    }
  }
  for (const each of dropped) if (within(each, bounds)) add(never, columnOf(each.planned), each.count);
  return {
    stepMs,
    fromMs: span.from,
    edgesMs: bins?.edgesMs ?? [],
    columns: Array.from({ length: columns }, (_, column) => {
      const sample = grouped.sample(column, column + 1);
      const { p50, p99 } = ranks.read(sample).percentiles();
      return {
        fromMs: span.from + column * stepMs,
        counts: bins === undefined ? [] : countsOf(sample, bins),
        p50,
        p99,
        failed: failed[column] ?? 0,
        dropped: never[column] ?? 0,
      };
    }),
    tail: tailOf(grouped, columns, { fromMs: span.from, stepMs }, ranks),
  };
}

const tails = [0.99, 0.95, 0.9];
const fewestSteps = 4;

/** As few columns a step as hold half as many samples again as the percentile needs. */
function tailOf(grouped: Grouped, columns: number, { fromMs, stepMs }: { fromMs: number; stepMs: number }, ranks: Ranks): Tail | null {
  if (columns === 0) return null;
  const { count } = ranks.read(grouped.sample(0, columns));
  for (const quantile of tails) {
    const together = Math.ceil((columns * needed(quantile) * 1.5) / Math.max(1, count));
    const steps = Math.ceil(columns / together);
    if (steps < fewestSteps) continue;
    return {
      quantile,
      steps: Array.from({ length: steps }, (_, step) => {
        const [first, end] = [step * together, Math.min(columns, (step + 1) * together)];
        const ms = ranks.read(grouped.sample(first, end)).quantile(quantile);
        return { fromMs: fromMs + first * stepMs, toMs: fromMs + end * stepMs, ms };
      }),
    };
  }
  return null;
}

function stepFor(lengthMs: number, shortestMs: number): number {
  return (
    steps.find((step) => step >= shortestMs && lengthMs / step <= mostColumns) ??
    Math.ceil(lengthMs / mostColumns / stepsBeyond) * stepsBeyond
  );
}

function countsOf({ values, words, weights, from, to }: Sample, bins: LogBins): readonly number[] {
  const counts = Array.from({ length: bins.count }, () => 0);
  for (let i = from; i < to; i++) {
    const row = bins.binOf(values[i] ?? 0, words[2 * i + 1] ?? 0);
    counts[row] = (counts[row] ?? 0) + (weights === null ? 1 : (weights[i] ?? 0));
  }
  return counts;
}
