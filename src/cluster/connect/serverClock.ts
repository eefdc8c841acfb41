/** How far the API server's clock is from ours, by the `Date` of its answers: whole seconds, told at some moment of a request. */
import type { Clock } from '../../base/clock.ts';

const dateResolutionMs = 1000;

export class ServerClock {
  readonly #wallMs: Clock['wallMs'];
  /** It is ahead by at least so much, and at most: by all answers that agree. */
  #least = -Infinity;
  #most = Infinity;

  constructor({ wallMs }: Pick<Clock, 'wallMs'>) {
    this.#wallMs = wallMs;
  }

  /** A request is sent now: call what is returned with the `Date` of its answer once that begins. */
  ask(): (date: string | undefined) => void {
    const sentMs = this.#wallMs();
    return (date) => this.#heard(Date.parse(date ?? ''), sentMs, this.#wallMs());
  }

  /** Ours where that agrees with all that was told, or nothing was: of what is possible the least. */
  get aheadMs(): number {
    return Math.min(Math.max(0, this.#least), this.#most);
  }

  #heard(dateMs: number, sentMs: number, gotMs: number): void {
    // None, or our clock was set meanwhile.
    if (Number.isNaN(dateMs) || gotMs < sentMs) return;
    const least = dateMs - gotMs;
    const most = dateMs + dateResolutionMs - sentMs;
    // One of the clocks was set: the newest is right.
    const agrees = least <= this.#most && this.#least <= most;
    this.#least = agrees ? Math.max(least, this.#least) : least;
    this.#most = agrees ? Math.min(most, this.#most) : most;
  }
}
