/** How far a statement is, told while something is waited for. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { QueryEvent } from '../engine.ts';

export function progressOf(connection: DuckDBConnection): QueryEvent {
  const { percentage } = connection.progress;
  return percentage > 0 ? { kind: 'progress', fraction: Math.min(1, percentage / 100) } : { kind: 'progress' };
}

/** Ticks at an interval, in between of whatever is awaited. One timer for a whole statement: chunks come every few microseconds. */
export class Ticker {
  readonly #timer: NodeJS.Timeout | undefined;
  #due = false;
  #wake: () => void = () => undefined;

  /** Never ticks without an interval. */
  constructor(everyMs: number | undefined) {
    if (everyMs === undefined) return;
    this.#timer = setInterval(() => {
      this.#due = true;
      this.#wake();
    }, everyMs);
  }

  /** Yields an event for each tick until `work` is settled. What `work` rejects with is left to the caller. */
  async *until(work: Promise<unknown>, event: () => QueryEvent): AsyncGenerator<QueryEvent, void, undefined> {
    if (this.#timer === undefined) return;
    let settled = false;
    const settle = (): void => {
      settled = true;
      this.#wake();
    };
    work.then(settle, settle);
    for (;;) {
      if (this.#due) {
        this.#due = false;
        yield event();
      }
      if (settled) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (settled || this.#due) resolve();
      });
      if (settled && !this.#due) return;
    }
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
