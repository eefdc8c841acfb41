/**
 * Measured operations in columns: a run has a million of them, and every figure is a scan. Browser-safe.
 *
 * A histogram event becomes weighted rows. Its three curves are three distributions of the same operations: a row takes the next bucket
 * of each, with a weight of each, and the response's weights count the operations. Buckets that have no partner leave NaN.
 */
import type { Curve } from '../journal/plan.ts';

export const outcomeCode = { ok: 0, wrong: 1, error: 2 } as const;
export type OutcomeCode = (typeof outcomeCode)[keyof typeof outcomeCode];

export interface Row {
  /** ms of the run */
  readonly planned: number;
  readonly statement: number;
  readonly arm: number;
  readonly outcome: OutcomeCode;
  /** ms; NaN: none. An error has no latency. */
  readonly response: number;
  readonly service: number;
  readonly wait: number;
  /** Which of the errors, where it is one. */
  readonly error: number;
  /** Operations that each latency stands for. Absent: one. */
  readonly weights?: Readonly<Record<Curve, number>>;
}

type Weights = Record<Curve, Uint32Array>;

/** Rows that a figure is made of. -1: every statement, every arm. From `from` on, before `to`. */
export interface Bounds {
  readonly statement: number;
  readonly arm: number;
  readonly from: number;
  readonly to: number;
}

export const everything: Bounds = { statement: -1, arm: -1, from: -Infinity, to: Infinity };

export function isEverything({ statement, arm, from, to }: Bounds): boolean {
  return statement < 0 && arm < 0 && from === -Infinity && to === Infinity;
}

export class Rows {
  length = 0;
  planned = new Float64Array(1024);
  response = new Float64Array(1024);
  service = new Float64Array(1024);
  wait = new Float64Array(1024);
  statement = new Uint16Array(1024);
  error = new Uint16Array(1024);
  arm = new Uint8Array(1024);
  outcome = new Uint8Array(1024);
  /** null: all 1, as long as no histogram came. */
  weights: Weights | null = null;

  push(row: Row): void {
    if (this.length === this.planned.length) this.#grow();
    const i = this.length++;
    this.planned[i] = row.planned;
    this.response[i] = row.response;
    this.service[i] = row.service;
    this.wait[i] = row.wait;
    this.statement[i] = row.statement;
    this.error[i] = row.error;
    this.arm[i] = row.arm;
    this.outcome[i] = row.outcome;
    if (row.weights !== undefined || this.weights !== null) this.#weigh(i, row.weights);
  }

  get weighted(): boolean {
    return this.weights !== null;
  }

  /** Operations that a row stands for. */
  count(i: number): number {
    return this.weights === null ? 1 : (this.weights.response[i] ?? 0);
  }

  matches(i: number, bounds: Bounds): boolean {
    const planned = this.planned[i] ?? 0;
    return (
      planned >= bounds.from &&
      planned < bounds.to &&
      (bounds.statement < 0 || this.statement[i] === bounds.statement) &&
      (bounds.arm < 0 || this.arm[i] === bounds.arm)
    );
  }

  /** Latencies of a curve in the order of the journal. `outcome`: only of operations that ended so. */
  sample(curve: Curve, bounds: Bounds, outcome?: OutcomeCode): Sample {
    const column = this[curve];
    const values = new Float64Array(this.length);
    const from = this.weights?.[curve];
    const weights = from === undefined ? null : new Uint32Array(this.length);
    const all = isEverything(bounds);
    let count = 0;
    for (let i = 0; i < this.length; i++) {
      const value = column[i] ?? Number.NaN;
      if (Number.isNaN(value) || !(all || this.matches(i, bounds))) continue;
      if (outcome !== undefined && this.outcome[i] !== outcome) continue;
      if (weights !== null) weights[count] = from?.[i] ?? 0;
      values[count++] = value;
    }
    return { values, words: new Uint32Array(values.buffer), weights, from: 0, to: count };
  }

  /** Least and greatest response time in ms; undefined where nothing answered. */
  range(bounds: Bounds): { readonly min: number; readonly max: number } | undefined {
    const all = isEverything(bounds);
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < this.length; i++) {
      const value = this.response[i] ?? Number.NaN;
      // NaN is neither below nor above.
      if ((value < min || value > max) && (all || this.matches(i, bounds))) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    return max < 0 ? undefined : { min, max };
  }

  /** Response times group by group. `groupOf` answers -1 for rows that are in none; rows without a response are in none. */
  grouped(groups: number, groupOf: (row: number) => number): Grouped {
    const groupOfRow = new Int32Array(this.length);
    const offsets = new Uint32Array(groups + 1);
    for (let i = 0; i < this.length; i++) {
      const group = Number.isNaN(this.response[i] ?? Number.NaN) ? -1 : groupOf(i);
      groupOfRow[i] = group;
      if (group >= 0) offsets[group + 1] = (offsets[group + 1] ?? 0) + 1;
    }
    for (let group = 0; group < groups; group++) offsets[group + 1] = (offsets[group + 1] ?? 0) + (offsets[group] ?? 0);
    const total = offsets[groups] ?? 0;
    const values = new Float64Array(total);
    const weights = this.weighted ? new Uint32Array(total) : null;
    const next = offsets.slice();
    for (let i = 0; i < this.length; i++) {
      const group = groupOfRow[i] ?? -1;
      if (group < 0) continue;
      const at = next[group] ?? 0;
      next[group] = at + 1;
      values[at] = this.response[i] ?? 0;
      if (weights !== null) weights[at] = this.count(i);
    }
    return new Grouped(values, weights, offsets);
  }

  #weigh(i: number, { response, service, wait }: Readonly<Record<Curve, number>> = { response: 1, service: 1, wait: 1 }): void {
    this.weights ??= weightsOf(this.planned.length);
    this.weights.response[i] = response;
    this.weights.service[i] = service;
    this.weights.wait[i] = wait;
  }

  #grow(): void {
    const length = this.planned.length * 2;
    this.planned = grown(new Float64Array(length), this.planned);
    this.response = grown(new Float64Array(length), this.response);
    this.service = grown(new Float64Array(length), this.service);
    this.wait = grown(new Float64Array(length), this.wait);
    this.statement = grown(new Uint16Array(length), this.statement);
    this.error = grown(new Uint16Array(length), this.error);
    this.arm = grown(new Uint8Array(length), this.arm);
    this.outcome = grown(new Uint8Array(length), this.outcome);
    if (this.weights !== null) this.weights = weightsOf(length, this.weights);
  }
}

function weightsOf(length: number, { response, service, wait }: Partial<Weights> = {}): Weights {
  const one = (before: Uint32Array | undefined): Uint32Array => grown(new Uint32Array(length).fill(1), before ?? new Uint32Array(0));
  return { response: one(response), service: one(service), wait: one(wait) };
}

function grown<T extends { set(from: T): void }>(larger: T, smaller: T): T {
  larger.set(smaller);
  return larger;
}

/** A part of a column of latencies in ms, none of them NaN or negative. `weights` null: all 1. `words` is `values` by 32 bits. */
export interface Sample {
  readonly values: Float64Array;
  readonly words: Uint32Array;
  readonly weights: Uint32Array | null;
  readonly from: number;
  readonly to: number;
}

export class Grouped {
  readonly #values: Float64Array;
  readonly #words: Uint32Array;
  readonly #weights: Uint32Array | null;
  readonly #offsets: Uint32Array;

  constructor(values: Float64Array, weights: Uint32Array | null, offsets: Uint32Array) {
    this.#values = values;
    this.#words = new Uint32Array(values.buffer);
    this.#weights = weights;
    this.#offsets = offsets;
  }

  /** Groups from `first` on, before `end`, as one. */
  sample(first: number, end: number): Sample {
    const from = this.#offsets[first] ?? 0;
    return { values: this.#values, words: this.#words, weights: this.#weights, from, to: this.#offsets[end] ?? from };
  }
}
