/** Windows of recovery: from each sample on, at least so long and with so many samples. Browser-safe. */
import type { RecoveryRule } from '../../../journal/fault-plan.ts';
import type { Stream } from './stream.ts';

export interface Window {
  /** The samples from its first one up to here. */
  readonly end: number;
  /** `false`: the observation ended in it. */
  readonly complete: boolean;
  readonly bad: boolean;
}

export class Windows {
  readonly #stream: Stream;
  readonly #rule: RecoveryRule;

  constructor(stream: Stream, rule: RecoveryRule) {
    this.#stream = stream;
    this.#rule = rule;
  }

  /**
   * The one that begins with a sample. One that the observation cut off is bad where what was seen of it is too much already: a share
   * of the samples that a whole one has at least.
   */
  from(index: number, end = this.#endFrom(index)): Window {
    const { at, length, badBefore } = this.#stream;
    const { ratio, windowMs, windowSamples } = this.#rule;
    const count = end - index;
    const long = (at[length - 1] ?? -Infinity) >= (at[index] ?? 0) + windowMs;
    const complete = long && count >= windowSamples;
    const bad = (badBefore[end] ?? 0) - (badBefore[index] ?? 0);
    const mayBeBad = Math.floor((1 - ratio) * (complete ? count : Math.max(count, windowSamples)) + 1e-9);
    return { end, complete, bad: bad > mayBeBad };
  }

  /** The last sample of [from, to) whose window is bad; -1: none. */
  lastBad(from: number, to: number): number {
    let end = this.#stream.length;
    for (let i = to - 1; i >= from; i--) {
      end = this.#endFrom(i, end);
      if (this.from(i, end).bad) return i;
    }
    return -1;
  }

  /** The first bad sample of [from, to), with which a bad window begins; -1: none. */
  firstBad(from: number, to: number): number {
    for (let i = from; i < to; i++) if (this.#stream.bad[i] === 1 && this.from(i).bad) return i;
    return -1;
  }

  firstGood(from: number, to: number): number {
    for (let i = from; i < to; i++) if (this.#stream.bad[i] === 0) return i;
    return -1;
  }

  /** `from`: no end is further away. */
  #endFrom(index: number, from = this.#stream.length): number {
    const { at, length } = this.#stream;
    const until = (at[index] ?? 0) + this.#rule.windowMs;
    const least = Math.min(length, index + this.#rule.windowSamples);
    let low = index;
    let high = from;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((at[middle] ?? 0) < until) low = middle + 1;
      else high = middle;
    }
    return Math.max(low, least);
  }
}
