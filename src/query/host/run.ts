/** Runs one statement into a result of the store. */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { normalise, toWire, type FaultlineError } from '../../base/errors.ts';
import type { Engine, QueryEvent } from '../../engine/engine.ts';
import { firstRows } from '../store/columns.ts';
import type { StoredResult } from '../store/result.ts';
import type { ResultStore } from '../store/store.ts';
import type { RunEnd, RunProgress } from './protocol.ts';

export interface RunDependencies {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly maxRows: number;
  readonly progress: (event: RunProgress) => void;
  /** Called every few chunks: frees the memory of chunks that are not used any more. */
  readonly collect: () => void;
}

const progressEveryMs = 100;
const chunksAtATime = 16;
const chunksBetweenCollections = 64;
/** After so many chunks (65,536 rows) a result is large, and its first rows go before the rest. */
const chunksOfLarge = 32;
/** So long after the first word of rows the engine goes on, whether anybody looked or not. */
const firstLookMs = 300;
/** What a page takes to draw the rows that it was given. */
const drawMs = 120;

/** Never rejects. `abort` is what the person's stop aborts; the run uses it to stop the engine at a limit. */
export async function runStatement(
  open: () => Promise<Engine>,
  request: { readonly runId: string; readonly sql: string; readonly startedAt: number },
  abort: AbortController,
  dependencies: RunDependencies,
): Promise<RunEnd> {
  const run = new Run(request, abort, dependencies);
  try {
    const engine = await open();
    abort.signal.throwIfAborted();
    await run.consume(engine.query(request.sql, { progressEveryMs }, abort.signal));
  } catch (error) {
    run.failed(error);
  }
  return run.end();
}

class Run {
  readonly #request: { readonly runId: string; readonly startedAt: number };
  readonly #abort: AbortController;
  readonly #dependencies: RunDependencies;
  readonly #abortedAt: { atMs?: number } = {};
  #result: StoredResult | undefined;
  #changedRows: number | undefined;
  #error: FaultlineError | undefined;
  /** We stopped the engine, with or without an error to tell. */
  #isLimited = false;
  #rows = 0;
  #chunks = 0;
  #fraction: number | undefined;
  #toldAt = -Infinity;
  #hasToldRows = false;
  #toldRowsAt = Infinity;

  constructor(request: { readonly runId: string; readonly startedAt: number }, abort: AbortController, dependencies: RunDependencies) {
    this.#request = request;
    this.#abort = abort;
    this.#dependencies = dependencies;
    abort.signal.addEventListener('abort', () => (this.#abortedAt.atMs = dependencies.clock.monotonicMs()), { once: true });
  }

  async consume(events: AsyncIterable<QueryEvent>): Promise<void> {
    for await (const event of events) {
      switch (event.kind) {
        case 'started':
          break;
        case 'progress':
          this.#fraction = event.fraction ?? this.#fraction;
          this.#tell(false);
          break;
        case 'columns':
          this.#result = this.#dependencies.store.create(event.columns);
          break;
        case 'rows':
          await this.#keep(event);
          break;
        case 'finished':
          this.#changedRows = event.changedRows;
      }
    }
  }

  failed(error: unknown): void {
    this.#error ??= normalise(error);
  }

  end(): RunEnd {
    const durationMs = this.#dependencies.clock.monotonicMs() - this.#request.startedAt;
    try {
      this.#result?.finish();
    } catch (error) {
      this.#error = normalise(error);
    }
    const outcome = this.#outcome();
    const isStop = this.#error?.reason === 'cancelled';
    const stoppedAt = this.#abortedAt.atMs;
    return {
      outcome,
      durationMs,
      ...(this.#result === undefined ? {} : { result: this.#result.info() }),
      ...(this.#changedRows === undefined ? {} : { changedRows: this.#changedRows }),
      ...(outcome === 'cancelled' && stoppedAt !== undefined
        ? { stopMs: Math.max(0, this.#request.startedAt + durationMs - stoppedAt) }
        : {}),
      ...(this.#error === undefined || isStop ? {} : { error: toWire(this.#error) }),
    };
  }

  #outcome(): RunEnd['outcome'] {
    if (this.#isLimited) return 'limited';
    if (this.#error === undefined) return 'done';
    return this.#error.reason === 'cancelled' ? 'cancelled' : 'failed';
  }

  async #keep({ batch }: QueryEvent & { kind: 'rows' }): Promise<void> {
    const { maxRows, collect } = this.#dependencies;
    // What the engine still sends while it stops.
    if (this.#isLimited || this.#error !== undefined || this.#result === undefined) return;
    const left = maxRows - this.#rows;
    const count = batch.rowCount;
    try {
      await this.#result.append(count > left ? firstRows(batch, left) : batch);
    } catch (error) {
      // The store takes no more: what it has stays, and the engine need not go on.
      this.#error = normalise(error);
      this.#isLimited = this.#error.reason === 'storage' && this.#result.rowCount > 0;
      this.#abort.abort();
      return;
    }
    this.#rows += Math.min(count, left);
    if (count > left) {
      this.#isLimited = true;
      this.#abort.abort();
    }
    this.#tell(true);
    this.#chunks++;
    if (this.#chunks === chunksOfLarge) await this.#firstLook(this.#result);
    if (this.#chunks % chunksBetweenCollections === 0) collect();
    // A stop, a window or a summary gets its turn.
    if (this.#chunks % chunksAtATime === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * Holds the engine until the first rows have been read and drawn, for a moment at most: at full speed it takes the processors that the
   * page needs to draw them.
   */
  async #firstLook(result: StoredResult): Promise<void> {
    const left = this.#toldRowsAt + firstLookMs - this.#dependencies.clock.monotonicMs();
    if (left <= 0 || this.#abort.signal.aborted) return;
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, this.#abort.signal]);
    const time = setTimeout(left, undefined, { signal }).catch(() => undefined);
    const drawn = result.seen.then(() => setTimeout(drawMs, undefined, { signal })).catch(() => undefined);
    await Promise.race([drawn, time]);
    waiting.abort();
  }

  #tell(hasRows: boolean): void {
    const { clock, progress } = this.#dependencies;
    const now = clock.monotonicMs();
    const isFirst = hasRows && !this.#hasToldRows;
    if (!isFirst && now - this.#toldAt < progressEveryMs) return;
    this.#toldAt = now;
    if (isFirst) this.#toldRowsAt = now;
    this.#hasToldRows ||= hasRows;
    const result = this.#result;
    progress({
      runId: this.#request.runId,
      elapsedMs: now - this.#request.startedAt,
      ...(this.#fraction === undefined ? {} : { fraction: this.#fraction }),
      ...(result === undefined || !this.#hasToldRows
        ? {}
        : { result: { id: result.id, columns: result.columns, rowCount: result.rowCount } }),
    });
  }
}
