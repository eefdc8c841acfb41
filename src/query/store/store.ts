/** The results of a window: on disk in a folder of its own, gone with the window. */
import type { Clock } from '../../base/clock.ts';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Column, QueryEvent } from '../../engine/engine.ts';
import type { CellRange, ColumnSummary, DistinctValues, ExportFormat, ResultId } from '../results.ts';
import { copyText } from './copy.ts';
import { StoreDatabase, type StoreOptions } from './database.ts';
import { exportTable, type ExportEnd } from './export.ts';
import { StoredResult } from './result.ts';
import { exportEvents } from './statement-export.ts';
import { distinctValues, summarise } from './summary.ts';

export class ResultStore {
  readonly #database: StoreDatabase;
  readonly #clock: Clock;
  readonly #results = new Map<ResultId, StoredResult>();
  #number = 0;

  constructor(options: StoreOptions, clock: Clock) {
    this.#database = new StoreDatabase(options);
    this.#clock = clock;
  }

  create(columns: readonly Column[]): StoredResult {
    const result = new StoredResult(`result-${++this.#number}`, columns, this.#database, this.#clock);
    this.#results.set(result.id, result);
    return result;
  }

  /** Fails: notFound. */
  get(id: ResultId): StoredResult {
    const result = this.#results.get(id);
    if (result !== undefined) return result;
    throw new FaultlineError('notFound', { what: t('The result is no longer there'), remedy: t('Run the statement again.') });
  }

  async summary(id: ResultId, range: CellRange): Promise<ColumnSummary[]> {
    const result = this.get(id);
    const source = await result.current();
    return this.#database.use(source.timeZone, undefined, (connection) => summarise(connection, source, result.columns, range));
  }

  /** Over the whole result, whatever the view: what a filter can choose from. */
  async distinct(id: ResultId, column: number, search: string, limit: number): Promise<DistinctValues> {
    const result = this.get(id);
    if (result.columns[column] === undefined) throw new FaultlineError('notFound', { what: t('The result has no such column') });
    const source = await result.base();
    return this.#database.use(source.timeZone, undefined, (connection) => distinctValues(connection, source, column, search, limit));
  }

  async copy(id: ResultId, range: CellRange, headers: boolean): Promise<string> {
    const result = this.get(id);
    const source = await result.current();
    return this.#database.use(source.timeZone, undefined, (connection) => copyText(connection, source, result.columns, range, headers));
  }

  async export(id: ResultId, target: { readonly format: ExportFormat; readonly path: string }, signal: AbortSignal): Promise<ExportEnd> {
    const result = this.get(id);
    // It waits for the end of its statement, which a stop of the export is not to wait for.
    const source = await untilAborted(result.current(), signal);
    return exportTable(this.#database, source, result.columns, target, signal);
  }

  exportEvents(
    events: AsyncIterable<QueryEvent>,
    target: { readonly format: ExportFormat; readonly path: string },
    signal: AbortSignal,
  ): Promise<ExportEnd> {
    return exportEvents(this.#database, this.#clock, events, target, signal);
  }

  async release(id: ResultId): Promise<void> {
    const result = this.#results.get(id);
    this.#results.delete(id);
    await result?.release();
  }

  /** Removes all results from the disk. */
  async close(): Promise<void> {
    this.#results.clear();
    await this.#database.close();
  }
}

/** What `work` comes to, or `cancelled` as soon as the signal is aborted. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled());
  });
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
