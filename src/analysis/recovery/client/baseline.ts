/** What was usual before the fault, and when it was so again. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import { rankOf } from '../../ranks.ts';
import type { BaselineView } from '../view.ts';
import { mostLagMs } from './judge.ts';
import { isAnswered, outcomeCode } from './samples.ts';
import { indexAt } from './stream.ts';
import type { Placed } from './vantage.ts';

const shortestWindowMs = 5000;
const windowsInARow = 3;
export const leastBaselineMs = 60_000;
/** Below it a window has no p95. */
const leastInWindow = 20;
/** As many are planned in a window of a slow probe: some may be not judged. */
const plannedInWindow = 25;
/** Three in each half: the scatter of fewer is none. */
const leastWindows = 6;
/** By so much the first sample of a baseline may be late. */
const slackMs = 100;
const quantiles = [0.5, 0.95] as const;

type Pair = readonly [p50: number, p95: number];

/** 5 s, or what the slowest probe needs for a p95. Of a load at no steady rate: as it was before *go*. */
function windowMsOf(vantages: readonly Placed[], goAt: number): number {
  const intervals = vantages.map(({ at, early, intervalMs, length }) => {
    const before = early === null ? 0 : indexAt(at, goAt, length);
    return before < 2 ? intervalMs : ((at[before - 1] ?? 0) - (at[0] ?? 0)) / (before - 1);
  });
  return Math.max(shortestWindowMs, ...intervals.map((ms) => plannedInWindow * ms));
}

/** What *back to baseline* needs from its start on. */
export function baselineNeedsMs(vantages: readonly Placed[], goAt: number): number {
  return windowsInARow * windowMsOf(vantages, goAt);
}

/**
 * By windows that end at *go*. Halves agree when the medians of their windows differ by no more than twice what the
 * windows themselves scatter, max(3 × 1.48 × MAD, 5 % of p50 or 10 % of p95, 0.5 ms), with the MAD about each half's own median: a step
 * in the middle must not widen what it is held against. A p95 of a hundred samples scatters twice as much as their median.
 */
export function baselineOf(
  vantages: readonly Placed[],
  goAt: number,
  badBefore: number,
): BaselineView & { readonly thresholds: Thresholds | null } {
  const fromAt = Math.min(...vantages.map(({ at, intervalMs }) => (at[0] ?? Infinity) - intervalMs));
  const length = goAt - fromAt;
  const view = (why: string): BaselineView & { thresholds: null } => ({
    ...{ fromAt: Number.isFinite(fromAt) ? fromAt : goAt, toAt: goAt, steady: false, thresholds: null },
    text: t('no steady baseline: {0}', why),
  });
  if (!Number.isFinite(fromAt)) return view(t('no sample before the fault'));
  if (badBefore > 0) return view(badBefore === 1 ? t('1 bad probe in it') : t('{0} bad probes in it', formatCount(badBefore)));
  // A sample is planned up to one interval into it.
  if (length < leastBaselineMs - slackMs) return view(t('{0} s long, {1} s needed', Math.round(length / 1000), leastBaselineMs / 1000));
  const windowMs = windowMsOf(vantages, goAt);
  const count = Math.floor((length + slackMs) / windowMs);
  if (count < leastWindows) return view(t('too few samples of {0}', vantages[0]?.title ?? ''));
  const thresholds: { source: string; p50Ms: number; p95Ms: number }[] = [];
  for (const vantage of vantages) {
    const windows: Pair[] = [];
    for (let k = count; k >= 1; k--) {
      const window = windowFigures(vantage, goAt - k * windowMs, goAt - (k - 1) * windowMs);
      if (window === null) return view(t('too few samples of {0}', vantage.title));
      windows.push(window);
    }
    for (const [q, name] of [
      [0, 'p50'],
      [1, 'p95'],
    ] as const) {
      const [first, second, allowed] = halvesOf(
        windows.map((window) => window[q]),
        q === 0 ? 0.05 : 0.1,
      );
      if (Math.abs(first - second) > allowed) {
        const values = [name, vantage.title, ...[first, second].map((ms) => ms.toFixed(1))] as const;
        return view(t('its halves do not agree: {0} of {1} {2} and {3} ms', ...values));
      }
    }
    const [p50Ms, p95Ms] = quantiles.map((_, q) => thresholdOf(windows.map((window) => window[q] ?? 0)));
    thresholds.push({ source: vantage.source, p50Ms: p50Ms ?? 0, p95Ms: p95Ms ?? 0 });
  }
  return {
    fromAt,
    toAt: goAt,
    steady: true,
    thresholds,
    text: t('baseline {0} s, halves agree', Math.round(length / 1000)),
  };
}

export type Thresholds = NonNullable<BaselineView['thresholds']>;

/** p50 and p95 of what was answered; a failure counts as longer than anything. null: too few judged. */
function windowFigures({ at, took, outcome, length }: Placed, from: number, to: number): Pair | null {
  const values: number[] = [];
  let failed = 0;
  for (let i = indexAt(at, from, length); i < length && (at[i] ?? 0) < to; i++) {
    const code = outcome[i] ?? 0;
    if (code >= outcomeCode.notJudged) continue;
    if (isAnswered(code)) values.push(took[i] ?? 0);
    else failed++;
  }
  const count = values.length + failed;
  if (count < leastInWindow) return null;
  values.sort((a, b) => a - b);
  const [p50, p95] = quantiles.map((quantile) => values[rankOf(count, quantile) - 1] ?? Infinity);
  return [p50 ?? Infinity, p95 ?? Infinity];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function tolerance(values: readonly number[], mad: number): number {
  return Math.max(3 * 1.48 * mad, 0.1 * median(values), 1);
}

function halvesOf(values: readonly number[], share: number): readonly [first: number, second: number, allowed: number] {
  const half = values.length >> 1;
  const [one, two] = [values.slice(0, half), values.slice(half)];
  const [first, second] = [median(one), median(two)];
  const mad = median([...one.map((value) => Math.abs(value - first)), ...two.map((value) => Math.abs(value - second))]);
  return [first, second, 2 * Math.max(3 * 1.48 * mad, share * median(values), 0.5)];
}

function thresholdOf(values: readonly number[]): number {
  const middle = median(values);
  return middle + tolerance(values, median(values.map((value) => Math.abs(value - middle))));
}

/**
 * The planned start of the first three windows in a row whose p50 and p95 are at most the thresholds, of every vantage. null:
 * none up to `lastAt`. Starts are tried in the order given.
 */
export function backToBaseline(
  vantages: readonly Placed[],
  { thresholds, goAt, lastAt }: { readonly thresholds: Thresholds; readonly goAt: number; readonly lastAt: number },
  starts: Float64Array,
): number | null {
  const windowMs = windowMsOf(vantages, goAt);
  const within = vantages.map((vantage, v) => new Within(vantage, thresholds[v], windowMs));
  for (const start of starts) {
    if (start + windowsInARow * windowMs > lastAt) return null;
    if (within.every((each) => each.isBack(start))) return start;
  }
  return null;
}

/** How many samples before each are within a threshold: then a window is two look-ups. */
class Within {
  readonly #at: Float64Array;
  readonly #judged: Int32Array;
  readonly #under: readonly Int32Array[];
  readonly #windowMs: number;

  constructor({ at, took, outcome, length }: Placed, threshold: Thresholds[number] | undefined, windowMs: number) {
    this.#at = at;
    this.#windowMs = windowMs;
    const judged = new Int32Array(length + 1);
    const limits = [threshold?.p50Ms ?? 0, threshold?.p95Ms ?? 0];
    const under = limits.map(() => new Int32Array(length + 1));
    for (let i = 0; i < length; i++) {
      const code = outcome[i] ?? 0;
      judged[i + 1] = (judged[i] ?? 0) + (code < outcomeCode.notJudged ? 1 : 0);
      const answered = isAnswered(code) && code !== outcomeCode.wrong;
      for (const [q, counts] of under.entries())
        counts[i + 1] = (counts[i] ?? 0) + (answered && (took[i] ?? 0) <= (limits[q] ?? 0) ? 1 : 0);
    }
    this.#judged = judged;
    this.#under = under;
  }

  isBack(start: number): boolean {
    for (let k = 0; k < windowsInARow; k++) {
      const from = indexAt(this.#at, start + k * this.#windowMs);
      const to = indexAt(this.#at, start + (k + 1) * this.#windowMs);
      const count = (this.#judged[to] ?? 0) - (this.#judged[from] ?? 0);
      if (count < leastInWindow) return false;
      for (const [q, under] of this.#under.entries()) {
        if ((under[to] ?? 0) - (under[from] ?? 0) < rankOf(count, quantiles[q] ?? 0.5)) return false;
      }
    }
    return true;
  }
}

/** Of a probe's own, whatever the baseline was. */
export const longestDeadlineMs = 2000;

/**
 * From the baseline's end on: a slower answer is bad, a longer one is none. The deadline is min(2 s, 10 × p99); of several vantages the
 * largest p99. The slow limit is half of it, and at least twice the slowest answer of the baseline: what was usual is not an impact.
 * Nor is what the probe itself may add unnoticed: its event loop, and whoever is woken for it on a busy node, may each be late by as much.
 * Where it is above the deadline, only an answer that a stall of the probe has kept waiting can be slow.
 */
export function limitsOfBaseline(responses: readonly Float64Array[]): { readonly slow: number; readonly deadline: number } | null {
  const sorted = responses.filter(({ length }) => length > 0).map((values) => values.toSorted());
  if (sorted.length === 0) return null;
  const p99 = Math.max(...sorted.map((values) => values[rankOf(values.length, 0.99) - 1] ?? 0));
  const slowest = Math.max(...sorted.map((values) => values.at(-1) ?? 0));
  // Timers take whole milliseconds.
  const deadline = Math.min(longestDeadlineMs, Math.ceil(10 * p99));
  return { slow: Math.max(deadline / 2, 2 * slowest, 2 * mostLagMs), deadline };
}
