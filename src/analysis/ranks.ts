/**
 * Nearest-rank quantiles in two scans and without sorting. Browser-safe.
 *
 * The first scan counts into log-linear buckets, 1024 an octave (HdrHistogram's layout at three significant digits): the upper 11 + 10
 * bits of a double are such a bucket's number. The second takes the values of the buckets that hold a wanted rank, and sorts only
 * those: quantiles are exact for single operations, however many. `near` leaves the second scan out: within 0.05 %.
 */
import type { Percentiles } from './view.ts';
import type { Sample } from './rows.ts';

/** 64 octaves from 2^-20 ms (a nanosecond); what is below is 0. */
const octaves = 64;
const bucketsAnOctave = 1024;
const codes = octaves * bucketsAnOctave;
const lowestExponent = -20;
const base = (1023 + lowestExponent) * bucketsAnOctave;

/** `word`: the upper half of the double (all of our platforms are little-endian). */
export function codeOf(word: number): number {
  const code = (word >>> 10) - base;
  return code < 0 ? 0 : code >= codes ? codes - 1 : code;
}

/** The lowest value of a bucket. */
export function lowerOf(code: number): number {
  const fraction = code % bucketsAnOctave;
  return code === 0 ? 0 : 2 ** (lowestExponent + (code - fraction) / bucketsAnOctave) * (1 + fraction / bucketsAnOctave);
}

/** 1-based. The small part stands against p·n that is a whole number but for the last bit. */
export function rankOf(count: number, quantile: number): number {
  return Math.min(count, Math.max(1, Math.ceil(quantile * count - 1e-7)));
}

const beyond = 5;
const forMedian = 3;

/** Whether a quantile may be shown: at least 5 samples lie beyond it; up to the median 3 in all; the maximum needs one. */
export function enough(count: number, quantile: number): boolean {
  if (quantile >= 1) return count >= 1;
  return quantile <= 0.5 ? count >= forMedian : count - rankOf(count, quantile) >= beyond;
}

/** Samples that a quantile needs: 50 for p90, 500 for p99. */
export function needed(quantile: number): number {
  if (quantile >= 1) return 1;
  return quantile <= 0.5 ? forMedian : Math.ceil(beyond / (1 - quantile) - 1e-7);
}

export class Ranks {
  readonly #counts = new Float64Array(codes);
  readonly #wanted = new Uint16Array(codes);
  #sample: Sample | undefined;
  #lowest = codes;
  #highest = -1;
  /** Operations of what was read, and their least and greatest latency in ms. */
  count = 0;
  min = Infinity;
  max = -Infinity;

  /** The sample must stay as it is while it is asked about. */
  read(sample: Sample): this {
    if (this.#highest >= 0) this.#counts.fill(0, this.#lowest, this.#highest + 1);
    this.#sample = sample;
    const counts = this.#counts;
    const { values, words, weights, from, to } = sample;
    let lowest = codes;
    let highest = -1;
    let count = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let i = from; i < to; i++) {
      const code = codeOf(words[2 * i + 1] ?? 0);
      const weight = weights === null ? 1 : (weights[i] ?? 0);
      const value = values[i] ?? 0;
      counts[code] = (counts[code] ?? 0) + weight;
      count += weight;
      if (code < lowest) lowest = code;
      if (code > highest) highest = code;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#lowest = lowest;
    this.#highest = highest;
    this.count = count;
    this.min = min;
    this.max = max;
    return this;
  }

  /** Of ascending 1-based ranks. */
  at(ranks: readonly number[]): readonly number[] {
    const places = this.#places(ranks);
    const buckets = [...new Set(places.map(({ code }) => code))];
    if (this.#sample === undefined || buckets.length === 0) return [];
    for (const [i, code] of buckets.entries()) this.#wanted[code] = i + 1;
    const found = buckets.map((): Bucket => ({ values: [], weights: [] }));
    const { values, words, weights, from, to } = this.#sample;
    for (let i = from; i < to; i++) {
      const wanted = this.#wanted[codeOf(words[2 * i + 1] ?? 0)] ?? 0;
      if (wanted === 0) continue;
      const bucket = found[wanted - 1];
      bucket?.values.push(values[i] ?? 0);
      if (weights !== null) bucket?.weights.push(weights[i] ?? 0);
    }
    for (const code of buckets) this.#wanted[code] = 0;
    const inOrder = found.map(ascending);
    return places.map(({ code, before, rank }) => valueAt(inOrder[buckets.indexOf(code)] ?? [], rank - before));
  }

  /** As `at`, but the middle of the rank's bucket. */
  near(ranks: readonly number[]): readonly number[] {
    return this.#places(ranks).map(({ code }) =>
      Math.min(this.max, Math.max(this.min, code === 0 ? 0 : (lowerOf(code) + lowerOf(code + 1)) / 2)),
    );
  }

  /** null where there are too few samples. */
  quantile(quantile: number): number | null {
    return enough(this.count, quantile) ? (this.at([rankOf(this.count, quantile)])[0] ?? null) : null;
  }

  percentiles(): Percentiles {
    const { count } = this;
    const shown = [0.5, 0.9, 0.95, 0.99, 0.999].filter((quantile) => enough(count, quantile));
    const values = this.at(shown.map((quantile) => rankOf(count, quantile)));
    const [p50 = null, p90 = null, p95 = null, p99 = null, p999 = null] = values;
    return { count, p50, p90, p95, p99, p999, max: count === 0 ? null : this.max };
  }

  /** Every bucket that holds something, ascending. */
  forEachCode(visit: (code: number, count: number) => void): void {
    for (let code = this.#lowest; code <= this.#highest; code++) {
      const count = this.#counts[code] ?? 0;
      if (count > 0) visit(code, count);
    }
  }

  #places(ranks: readonly number[]): readonly Place[] {
    const places: Place[] = [];
    let before = 0;
    for (let code = this.#lowest; code <= this.#highest && places.length < ranks.length; code++) {
      const count = this.#counts[code] ?? 0;
      for (let rank = ranks[places.length]; rank !== undefined && rank <= before + count; rank = ranks[places.length]) {
        places.push({ rank, code, before });
      }
      before += count;
    }
    return places;
  }
}

interface Place {
  readonly rank: number;
  readonly code: number;
  /** Operations in lower buckets. */
  readonly before: number;
}

interface Bucket {
  readonly values: number[];
  /** Empty: all 1. */
  readonly weights: number[];
}

/** How often a value stands. */
export type Weighted = readonly [value: number, count: number];

type Ascending = Float64Array | readonly Weighted[];

function ascending({ values, weights }: Bucket): Ascending {
  if (weights.length === 0) return Float64Array.from(values).sort();
  return sorted(values.map((value, i) => [value, weights[i] ?? 0]));
}

function sorted(values: readonly Weighted[]): readonly Weighted[] {
  return values.toSorted(([a], [b]) => a - b);
}

function valueAt(values: Ascending, rank: number): number {
  if (values instanceof Float64Array) return values[rank - 1] ?? 0;
  let seen = 0;
  for (const [value, count] of values) {
    seen += count;
    if (seen >= rank) return value;
  }
  return values.at(-1)?.[0] ?? 0;
}

/** Of few values that stand for many, as a histogram has them: exact, and sorted once, however many quantiles are asked for. */
export class WeightedRanks {
  readonly #values: readonly Weighted[];
  #ascending: readonly Weighted[] | undefined;
  readonly count: number;

  constructor(values: readonly Weighted[]) {
    this.#values = values;
    this.count = values.reduce((sum, [, count]) => sum + count, 0);
  }

  /** null where there are too few samples. */
  quantile(quantile: number): number | null {
    if (!enough(this.count, quantile)) return null;
    this.#ascending ??= sorted(this.#values);
    return valueAt(this.#ascending, rankOf(this.count, quantile));
  }
}
