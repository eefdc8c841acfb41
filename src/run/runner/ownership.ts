/**
 * Who keeps a run alive: the window or terminal that started it, then whoever adopted it. Told by channels that close, never by a
 * heartbeat: a laptop that slept has not lost its window.
 */
import type { Disposable } from '../../base/disposables.ts';

export class Ownership {
  readonly #waitMs: number;
  readonly #onAbandoned: () => void;
  #owners = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `waitMs`: how long a run without an owner waits for one. */
  constructor(waitMs: number, onAbandoned: () => void) {
    this.#waitMs = waitMs;
    this.#onAbandoned = onAbandoned;
  }

  /** An owner, until it is disposed. */
  join(): Disposable {
    this.#owners++;
    clearTimeout(this.#timer);
    let isHere = true;
    return {
      dispose: () => {
        if (!isHere) return;
        isHere = false;
        this.#owners--;
        if (this.#owners === 0) this.#timer = setTimeout(this.#onAbandoned, this.#waitMs);
      },
    };
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
