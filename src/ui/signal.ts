/** An event that works without VS Code, so that what uses it can be tested in plain Node. */
import type { Disposable } from '../base/disposables.ts';

export class Signal<T = void> {
  readonly #listeners = new Set<(value: T) => void>();

  listen(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** A listener that throws keeps neither the others nor the caller from going on; its error goes to the process's own log. */
  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
