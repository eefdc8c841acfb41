/** Time and chance, as edges of a watch. */
import { systemClock, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposables.ts';

export interface Timing extends Clock {
  after(delayMs: number, run: () => void): Disposable;
  /** From 0 to below 1. */
  random(): number;
}

export const systemTiming: Timing = {
  ...systemClock,
  random: Math.random,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return { dispose: () => clearTimeout(timer) };
  },
};

/** Waits that double from the first to the most, each shortened by up to half at random: many watches of one cluster must not come back at once. */
export class BackOff {
  readonly #first: number;
  readonly #most: number;
  readonly #random: () => number;
  #failures = 0;

  constructor([first, most]: readonly [first: number, most: number], random: () => number) {
    this.#first = first;
    this.#most = most;
    this.#random = random;
  }

  next(): number {
    const whole = Math.min(this.#first * 2 ** this.#failures, this.#most);
    this.#failures++;
    return whole * (1 - this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
