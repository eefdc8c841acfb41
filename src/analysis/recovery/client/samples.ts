/** Samples of one source as they come, in columns: a run has a hundred thousand of them. Browser-safe. */
import type { OperationError } from '../../../journal/failure.ts';

/** By code. `slow` and `notJudged` are found by looking at the rest. */
export const sampleOutcomes = ['ok', 'slow', 'failed', 'unknown', 'wrong', 'notJudged', 'dropped'] as const;
export type SampleOutcome = (typeof sampleOutcomes)[number];

export const outcomeCode: Readonly<Record<SampleOutcome, number>> = {
  ...{ ok: 0, slow: 1, failed: 2, unknown: 3, wrong: 4 },
  ...{ notJudged: 5, dropped: 6 },
};

/** Slow, failed, unknown or wrong. */
export function isBad(code: number): boolean {
  return code >= 1 && code <= 4;
}

/** An answer came, right or wrong: it has a response time. */
export function isAnswered(code: number): boolean {
  return code === outcomeCode.ok || code === outcomeCode.slow || code === outcomeCode.wrong;
}

export interface SampleColumns {
  readonly length: number;
  /** Planned start, ms on the source's own clock, ascending. */
  readonly at: Float64Array;
  /** Planned → answered or given up, ms. */
  readonly took: Float64Array;
  readonly outcome: Uint8Array;
  /** Index of its reason; -1: none. */
  readonly error: Int32Array;
}

/** Kept ascending by planned start when they are asked for; of two with the same start the first that came is the first. */
export class Samples {
  #at = new Float64Array(256);
  #took = new Float64Array(256);
  #outcome = new Uint8Array(256);
  #error = new Int32Array(256);
  #length = 0;
  #ascending = true;

  get length(): number {
    return this.#length;
  }

  push(at: number, took: number, outcome: number, error = -1): void {
    const i = this.#length++;
    if (i === this.#at.length) this.#grow();
    if (i > 0 && at < (this.#at[i - 1] ?? 0)) this.#ascending = false;
    this.#at[i] = at;
    this.#took[i] = took;
    this.#outcome[i] = outcome;
    this.#error[i] = error;
  }

  columns(): SampleColumns {
    if (!this.#ascending) this.#sort();
    const length = this.#length;
    return {
      length,
      at: this.#at.subarray(0, length),
      took: this.#took.subarray(0, length),
      outcome: this.#outcome.subarray(0, length),
      error: this.#error.subarray(0, length),
    };
  }

  #grow(): void {
    const room = this.#length * 2;
    const copy = <A extends Float64Array | Uint8Array | Int32Array>(to: A, from: A): A => {
      to.set(from);
      return to;
    };
    this.#at = copy(new Float64Array(room), this.#at);
    this.#took = copy(new Float64Array(room), this.#took);
    this.#outcome = copy(new Uint8Array(room), this.#outcome);
    this.#error = copy(new Int32Array(room), this.#error);
  }

  /** Written in the order of their ends: nearly sorted, which this sort is made for. */
  #sort(): void {
    const [at, took, outcome, error] = [this.#at, this.#took, this.#outcome, this.#error].map((column) => column.slice(0, this.#length));
    const order = Array.from({ length: this.#length }, (_, i) => i).sort((a, b) => (at?.[a] ?? 0) - (at?.[b] ?? 0));
    for (const [to, from] of order.entries()) {
      this.#at[to] = at?.[from] ?? 0;
      this.#took[to] = took?.[from] ?? 0;
      this.#outcome[to] = outcome?.[from] ?? 0;
      this.#error[to] = error?.[from] ?? 0;
    }
    this.#ascending = true;
  }
}

/** Reasons of one source; the text is the one of the sample that was planned first. */
export class Reasons {
  readonly #reasons: { readonly reason: string; text: string; at: number }[] = [];

  index({ reason, text }: OperationError, at: number): number {
    const known = this.#reasons.findIndex((each) => each.reason === reason);
    const kind = this.#reasons[known];
    if (kind === undefined) return this.#reasons.push({ reason, text, at }) - 1;
    if (at < kind.at) Object.assign(kind, { text, at });
    return known;
  }

  of(index: number): { readonly reason: string; readonly text: string } | undefined {
    return this.#reasons[index];
  }
}
