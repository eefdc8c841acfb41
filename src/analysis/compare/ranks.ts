/**
 * The rank test of Mann and Whitney and what belongs to it. Samples are sorted ascending and finite. Browser-safe.
 * It assumes nothing about the shape of the latencies: a tail, two modes and one outlier weigh as ranks only.
 */
import { upperTail, z95 } from './normal.ts';

export interface RankTest {
  /** Pairs (one of A, one of B) in which A is the larger; a tie counts half. */
  readonly u: number;
  /** Two-sided: how often two sides without a difference are at least this far apart. 1 where all values are the same. */
  readonly p: number;
  /** Cliff's delta, P(A > B) − P(A < B): −1 when all of A are smaller, 1 when all are larger. (N. Cliff, Psychological Bulletin 114, 1993) */
  readonly delta: number;
  /** `p` counts every arrangement, in place of the normal approximation. */
  readonly exact: boolean;
}

/** H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18, 1947. Needs one sample a side. n + m steps after sorting. */
export function rankTest(a: Float64Array, b: Float64Array): RankTest {
  const n = a.length;
  const m = b.length;
  const { u, ties } = countPairs(a, b);
  const delta = (2 * u - n * m) / (n * m);
  const counts = ties === 0 ? arrangements(n, m) : undefined;
  if (counts !== undefined) return { u, p: exactP(counts, u), delta, exact: true };
  return { u, p: approximateP(u, n, m, ties), delta, exact: false };
}

/** `ties`: Σ (t³ − t) over the groups of equal values of both sides together. */
function countPairs(a: Float64Array, b: Float64Array): { u: number; ties: number } {
  let u = 0;
  let ties = 0;
  let below = 0;
  let j = 0;
  for (let i = 0; i < a.length;) {
    const value = a[i] ?? 0;
    const start = i;
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && (b[j] ?? 0) < value) {
      const [next, size] = group(b, j);
      ties += size ** 3 - size;
      j = next;
    }
    below = j;
    let equal = 0;
    while (j < b.length && b[j] === value) {
      j++;
      equal++;
    }
    const own = i - start;
    u += own * (below + equal / 2);
    ties += (own + equal) ** 3 - (own + equal);
  }
  while (j < b.length) {
    const [next, size] = group(b, j);
    ties += size ** 3 - size;
    j = next;
  }
  return { u, ties };
}

function group(sorted: Float64Array, start: number): readonly [next: number, size: number] {
  let next = start + 1;
  while (next < sorted.length && sorted[next] === sorted[start]) next++;
  return [next, next - start];
}

/** With the corrections for ties and for continuity (E. L. Lehmann, Nonparametrics, 1975, section 1.4). */
function approximateP(u: number, n: number, m: number, ties: number): number {
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return Math.min(1, 2 * upperTail(distance / Math.sqrt(variance)));
}

function exactP(counts: Float64Array, u: number): number {
  const smaller = Math.min(u, counts.length - 1 - u);
  let tail = 0;
  let all = 0;
  for (const [at, count] of counts.entries()) {
    all += count;
    if (at <= smaller) tail += count;
  }
  return Math.min(1, (2 * tail) / all);
}

/**
 * In how many of all orders of n and m different values U is 0, 1, … n·m: the coefficients of the Gaussian binomial (n + m over n).
 * Undefined where they would not be exact as doubles (above 27 a side).
 */
function arrangements(n: number, m: number): Float64Array | undefined {
  let all = 1;
  for (let i = 1; i <= n; i++) {
    all *= (m + i) / i;
    // A step multiplies before it divides: twice the value must fit.
    if (all > 2 ** 51) return undefined;
  }
  const counts = new Float64Array(n * m + 1);
  counts[0] = 1;
  for (let i = 1; i <= n; i++) {
    const degree = Math.min(n * m, i * m);
    for (let at = degree; at >= m + i; at--) counts[at] = (counts[at] ?? 0) - (counts[at - m - i] ?? 0);
    for (let at = i; at <= degree; at++) counts[at] = (counts[at] ?? 0) + (counts[at - i] ?? 0);
  }
  return counts;
}

/**
 * How many of the n·m pairwise ratios, counted from each end, lie outside of the 95 % interval of their median: the critical value of
 * the rank test (Hollander and Wolfe, Nonparametric Statistical Methods, section 4.3). 0: too few samples for an interval.
 */
export function outsideInterval(n: number, m: number): number {
  const counts = arrangements(n, m);
  if (counts === undefined) return Math.max(0, Math.round((n * m) / 2 - z95 * Math.sqrt((n * m * (n + m + 1)) / 12)));
  const all = counts.reduce((sum, count) => sum + count, 0);
  let tail = 0;
  for (const [at, count] of counts.entries()) {
    tail += count;
    if (tail > 0.025 * all) return at;
  }
  return 0;
}
