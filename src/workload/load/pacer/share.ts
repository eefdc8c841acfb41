/** Which share of the time a thread was busy, and how much CPU its process took, from one driver event to the next. */

export interface Reading {
  readonly atMs: number;
  /** Totals since the thread's start. */
  readonly sleptMs: number;
  readonly cpuMs: number;
}

/** A thread that ends is always busy in its last millisecond: less than this is no measure, and counts with the second before. */
export const shortestShareMs = 500;

export class Share {
  #before: Reading;
  #newest: Reading;

  constructor(start: Reading) {
    this.#before = start;
    this.#newest = start;
  }

  /** `busy`: 0 to 1; `cores`: CPU seconds a second. */
  until(now: Reading): { readonly busy: number; readonly cores: number } {
    const long = now.atMs - this.#newest.atMs >= shortestShareMs;
    const since = long ? this.#newest : this.#before;
    if (long) {
      this.#before = this.#newest;
      this.#newest = now;
    }
    const passedMs = now.atMs - since.atMs;
    if (passedMs <= 0) return { busy: 0, cores: 0 };
    const sleptMs = Math.min(passedMs, now.sleptMs - since.sleptMs);
    return { busy: share(passedMs - sleptMs, passedMs), cores: share(now.cpuMs - since.cpuMs, passedMs) };
  }
}

function share(partMs: number, passedMs: number): number {
  return Math.round((Math.max(0, partMs) / passedMs) * 1000) / 1000;
}
