/** An event, and promises that end with an AbortSignal. */
import type { Disposable } from '../../base/disposables.ts';
import { cancelled } from '../../base/errors.ts';

export interface Listenable<T = void> {
  listen(listener: (value: T) => void): Disposable;
}

export class Emitter<T = void> implements Listenable<T> {
  readonly #listeners = new Set<(value: T) => void>();

  listen(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}

/** Rejects with `cancelled` when the signal aborts; what was under way is left to end by itself. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal, reason: () => Error = cancelled): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(reason());
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Until it fires. Fails: `cancelled`. */
export async function nextOf<T>(from: Listenable<T>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listening = from.listen(() => resolve());
  try {
    await unlessAborted(promise, signal);
  } finally {
    listening.dispose();
  }
}

/** Waits so long, or until the signal aborts (then it fails with `cancelled`). */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  try {
    await unlessAborted(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}
