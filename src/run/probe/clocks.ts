/** A vantage's clock against the runner's, from exchanges of which the shortest says most. Pure. */

export interface Compared {
  /** A moment `x` there was `x + offset` here, give or take `error`. ms */
  readonly offset: number;
  readonly error: number;
}

interface Exchange extends Compared {
  readonly atMs: number;
}

/** Two clocks that are good drift apart by 50 ppm at most; ours may be slewed by NTP at 500 ppm, and seldom is. */
const driftPpm = 100;
const keptMs = 60_000;

export class ClockComparison {
  #exchanges: Exchange[] = [];

  /** `sentMs`, `gotMs`: here; `there`: between them, there. */
  add(sentMs: number, gotMs: number, there: number): void {
    this.#exchanges = this.#exchanges.filter(({ atMs }) => gotMs - atMs <= keptMs);
    this.#exchanges.push({ atMs: gotMs, offset: (sentMs + gotMs) / 2 - there, error: (gotMs - sentMs) / 2 });
  }

  /** undefined: never compared. */
  best(nowMs: number): Compared | undefined {
    let best: Compared | undefined;
    for (const { atMs, offset, error } of this.#exchanges) {
      const aged = error + ((nowMs - atMs) * driftPpm) / 1e6;
      if (best === undefined || aged < best.error) best = { offset, error: aged };
    }
    return best;
  }
}
