/** An event that works without VS Code, so that what uses it can be tested in plain Node. */
import type { Disposable } from '../base/disposables.ts';

export class Signal<T = void> {
  readonly #listeners = new Set<(value: T) => void>();

  listen(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
