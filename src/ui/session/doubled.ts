/** A double click gives its command twice: the second one gets what the first one opens. No `vscode` import. */
import type { Clock } from '../../base/clock.ts';

/** As long as a slow double click takes. */
const doubleClickMs = 600;

export class Doubled<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #isStillThere: (opened: T) => boolean;
  #last: { readonly key: string; readonly atMs: number; readonly opened: Promise<T> } | undefined;

  constructor(clock: Pick<Clock, 'monotonicMs'>, isStillThere: (opened: T) => boolean) {
    this.#clock = clock;
    this.#isStillThere = isStillThere;
  }

  /** Fails as `open`; a failure is not kept. */
  async once(key: string, open: () => Promise<T>): Promise<T> {
    const last = this.#last;
    const atMs = this.#clock.monotonicMs();
    if (last?.key === key && atMs - last.atMs < doubleClickMs) {
      const opened = await last.opened.catch(() => undefined);
      if (opened !== undefined && this.#isStillThere(opened)) return opened;
    }
    const opened = open();
    this.#last = { key, atMs, opened };
    return opened;
  }
}
