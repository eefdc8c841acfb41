/** Stopping what a connection does. */
import type { DuckDBConnection } from '@duckdb/node-api';

/** Interrupts a connection again and again while `signal` is aborted: an interrupt between two steps of a statement is lost. */
export function interruptOnAbort(connection: DuckDBConnection, signal: AbortSignal): { dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    connection.interrupt();
    timer ??= setInterval(() => connection.interrupt(), 5);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return {
    dispose: () => {
      signal.removeEventListener('abort', start);
      clearInterval(timer);
    },
  };
}
