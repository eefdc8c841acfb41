/** When a tree tells VS Code what it has to draw anew. No `vscode` import. */
import type { Disposable } from '../../base/disposables.ts';
import { systemTiming, type Timing } from '../../cluster/watch/timing.ts';

/**
 * VS Code draws at once what a tree tells it, and then waits until it was told nothing for 200 ms: a tree that tells it more often
 * would never be drawn again.
 */
const apartMs = 201;

export class Pace implements Disposable {
  readonly #tell: () => void;
  readonly #timing: Timing;
  #timer: Disposable | undefined;
  #dueAtMs = 0;
  #toldAtMs = -Infinity;

  constructor(tell: () => void, timing: Timing = systemTiming) {
    this.#tell = tell;
    this.#timing = timing;
  }

  /** Something is another: told as soon as may be, yet not before `waitMs`. */
  touch(waitMs = 0): void {
    const now = this.#timing.monotonicMs();
    const dueAtMs = Math.max(now + waitMs, this.#toldAtMs + apartMs);
    if (this.#timer !== undefined && this.#dueAtMs <= dueAtMs) return;
    this.#timer?.dispose();
    this.#dueAtMs = dueAtMs;
    this.#timer = this.#timing.after(dueAtMs - now, () => {
      this.#timer = undefined;
      this.#toldAtMs = this.#timing.monotonicMs();
      this.#tell();
    });
  }

  dispose(): void {
    this.#timer?.dispose();
  }
}
