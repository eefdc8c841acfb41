/**
 * One listener a signal, however many wait for it: a signal walks through all its listeners for each one that comes or goes, which with
 * tens of thousands of messages under way takes more than the messages do.
 */
export class AbortListeners {
  readonly #bySignal = new Map<AbortSignal, { readonly calls: Set<() => void>; readonly listener: () => void }>();

  /** Called once, when the signal aborts; gives what takes it back. */
  add(signal: AbortSignal, call: () => void): () => void {
    let found = this.#bySignal.get(signal);
    if (found === undefined) {
      const calls = new Set<() => void>();
      const listener = (): void => {
        this.#bySignal.delete(signal);
        for (const one of calls) one();
      };
      found = { calls, listener };
      this.#bySignal.set(signal, found);
      signal.addEventListener('abort', listener, { once: true });
    }
    const { calls, listener } = found;
    calls.add(call);
    return () => {
      calls.delete(call);
      if (calls.size > 0) return;
      signal.removeEventListener('abort', listener);
      if (this.#bySignal.get(signal)?.calls === calls) this.#bySignal.delete(signal);
    };
  }
}
