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
