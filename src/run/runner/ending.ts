/** Why a run ends before its load is over: the first reason counts. */
import type { EndEvent } from '../../journal/events.ts';

export type HowItEnded = Pick<EndEvent, 'how' | 'reason' | 'error'>;

export class EndRequest {
  readonly #controller = new AbortController();
  #how: HowItEnded | undefined;

  /** Aborted by the first request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get how(): HowItEnded | undefined {
    return this.#how;
  }

  request(how: HowItEnded): void {
    if (this.#how !== undefined) return;
    this.#how = how;
    this.#controller.abort();
  }
}

/** A person wants what is broken now to end, and the run to go on. */
export class HealRequest {
  #controller = new AbortController();

  /** Of the fault that is under way: aborted by the next request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  request(): void {
    this.#controller.abort();
    // A fault that begins later is another one.
    this.#controller = new AbortController();
  }
}
