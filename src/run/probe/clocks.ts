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
/** Two exchanges that contradict each other by less are a clock that is slewed. A probe's interval. */
const jumpMs = 50;

export class ClockComparison {
  #exchanges: Exchange[] = [];

  /**
   * `sentMs`, `gotMs`: here; `there`: between them, there. Answers by how much one of the two clocks has jumped since the exchange before,
   * 0 where it did not: a machine that slept, or stood still, has a monotonic clock that did so too.
   */
  add(sentMs: number, gotMs: number, there: number): number {
    const exchange = { atMs: gotMs, offset: (sentMs + gotMs) / 2 - there, error: (gotMs - sentMs) / 2 };
    const before = this.best(gotMs);
    const apart = before === undefined ? 0 : exchange.offset - before.offset;
    const contradicts = before !== undefined && Math.abs(apart) > before.error + exchange.error;
    // What was told before holds no more, however short those exchanges were.
    this.#exchanges = contradicts ? [] : this.#exchanges.filter(({ atMs }) => gotMs - atMs <= keptMs);
    this.#exchanges.push(exchange);
    return contradicts && Math.abs(apart) > before.error + exchange.error + jumpMs ? apart : 0;
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
