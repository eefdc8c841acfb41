/** When a request ends at the latest: its time, whoever asked, or the connection's own end. */

export interface Bound {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Time runs from now on, anew where it ran already. */
  begin(): void;
  /** Whether it was time that ended it. */
  isOver(): boolean;
  /** The promise's outcome, unless the bound comes first. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Time no longer ends it. */
  release(): void;
  stop(): void;
  /** Lets go of the timer and of those who could end it. */
  end(): void;
}

export function boundOf(timeoutMs: number, signals: readonly AbortSignal[]): Bound {
  const controller = new AbortController();
  const { signal } = controller;
  let over = false;
  const stop = (): void => controller.abort();
  let timer: NodeJS.Timeout | undefined;
  for (const one of signals) {
    if (one.aborted) stop();
    // By hand and not by AbortSignal.any: the long-lived signals would keep an entry for each request that ever was.
    else one.addEventListener('abort', stop, { once: true });
  }
  return {
    signal,
    timeoutMs,
    begin: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        over = true;
        stop();
      }, timeoutMs);
    },
    isOver: () => over,
    race: (promise) => raced(promise, signal),
    release: () => clearTimeout(timer),
    stop,
    end: () => {
      clearTimeout(timer);
      for (const one of signals) one.removeEventListener('abort', stop);
    },
  };
}

function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const aborted = (): void => reject(new Error('The request was ended.'));
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
