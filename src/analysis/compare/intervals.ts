/** Medians and ratios with 95 % intervals that assume no distribution. Samples are sorted ascending and positive. Browser-safe. */
import type { MedianInterval } from '../view.ts';
import { z95 } from './normal.ts';
import { outsideInterval } from './ranks.ts';

/** The median is shown from here on. */
const fewestForMedian = 3;

/**
 * The median and the two order statistics that hold the true one in at least 95 of 100 cases, whatever the distribution, as benchstat
 * does it: below the true median lie k of n samples with the binomial (n, ½) probability (H. A. David, Order Statistics, section 2.5).
 * Six samples are the fewest with an interval. null: not even a median.
 */
export function medianInterval(sorted: Float64Array): MedianInterval | null {
  const count = sorted.length;
  if (count < fewestForMedian) return null;
  const median = middle(sorted);
  const rank = lowerRank(count);
  if (rank === 0) return { count, median, low: null, high: null };
  return { count, median, low: sorted[rank - 1] ?? null, high: sorted[count - rank] ?? null };
}

export function middle(sorted: Float64Array): number {
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return (upper + (sorted[(sorted.length >> 1) - 1] ?? upper)) / 2;
}

/** The largest r, from 1, with P(fewer than r of n lie below the median) ≤ 2.5 %; 0 where there is none. */
function lowerRank(count: number): number {
  // From here on the normal approximation is off by less than a rank.
  if (count > 1000) return Math.floor((count - z95 * Math.sqrt(count)) / 2);
  let probability = 2 ** -count;
  let below = probability;
  let rank = 0;
  while (below <= 0.025) {
    rank++;
    probability *= (count - rank + 1) / rank;
    below += probability;
  }
  return rank;
}

export interface RatioInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * By which factor A differs from B: the median of all ratios of an A to a B, which is the estimate of Hodges and Lehmann for a shift of
 * the logarithms (Annals of Mathematical Statistics 34, 1963), with the 95 % interval that the rank test leaves standing: it holds 1
 * just where the test sees no difference at 5 %. null: fewer than 4 a side or so have no interval.
 *
 * The k-th of n·m ratios is found by halving, with one walk over both sides a step: (n + m) · 60 at most.
 */
export function ratioInterval(a: Float64Array, b: Float64Array): RatioInterval | null {
  const pairs = a.length * b.length;
  const outside = pairs === 0 ? 0 : outsideInterval(a.length, b.length);
  if (outside === 0) return null;
  const lower = kthRatio(a, b, Math.floor((pairs + 1) / 2));
  const upper = pairs % 2 === 1 ? lower : kthRatio(a, b, pairs / 2 + 1);
  return { value: Math.sqrt(lower * upper), low: kthRatio(a, b, outside), high: kthRatio(a, b, pairs + 1 - outside) };
}

/** The k-th smallest, from 1, to about 1e-13 of its value. */
function kthRatio(a: Float64Array, b: Float64Array, k: number): number {
  let low = Math.log((a[0] ?? 1) / (b.at(-1) ?? 1));
  let high = Math.log((a.at(-1) ?? 1) / (b[0] ?? 1));
  while (high - low > 1e-13 * Math.max(1, Math.abs(low), Math.abs(high))) {
    const between = (low + high) / 2;
    if (between <= low || between >= high) break;
    if (ratiosUpTo(a, b, Math.exp(between)) >= k) high = between;
    else low = between;
  }
  return Math.exp(high);
}

function ratiosUpTo(a: Float64Array, b: Float64Array, ratio: number): number {
  let count = 0;
  let within = 0;
  for (const divisor of b) {
    const limit = ratio * divisor;
    while (within < a.length && (a[within] ?? 0) <= limit) within++;
    count += within;
  }
  return count;
}
