/**
 * One result set. Up to 2,048 rows stay in memory as the engine delivered them (a one-row answer costs no disk access); more go to a
 * table of the store, and rows can be read while it grows.
 */
import type { Clock } from '../../base/clock.ts';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { DuckDbBatch } from '../../engine/duckdb/batch.ts';
import { cellsOf, shortCells, wholeCells, type CellLimits } from '../../engine/duckdb/cells.ts';
import { ZonedTimes } from '../../engine/duckdb/times.ts';
import type { Cell, Column, RowBatch } from '../../engine/engine.ts';
import type { ResultId, ResultInfo, ResultView, ResultWindow } from '../results.ts';
import { shownRows } from './columns.ts';
import type { StoreDatabase, StoredTable } from './database.ts';
import { storageError } from './disk.ts';
import type { Source } from './source.ts';
import { makeView } from './view.ts';
import { TableWriter } from './writer.ts';

const memoryRows = 2048;
export const maxWindow = 500;
const everything: ResultView = { sort: [], filters: [] };

export class StoredResult {
  readonly id: ResultId;
  readonly columns: readonly Column[];
  readonly #database: StoreDatabase;
  readonly #clock: Clock;
  readonly #memory: RowBatch[] = [];
  #memoryCount = 0;
  #writer: TableWriter | undefined;
  #storing: Promise<TableWriter> | undefined;
  #view: ResultView = everything;
  #viewTable: { readonly table: StoredTable; readonly rows: number } | undefined;
  #viewWork: Promise<unknown> = Promise.resolve();
  #zone = new ZonedTimes('UTC');
  #released = false;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  /** Settles when a window of it has been read for the first time. */
  readonly seen: Promise<void>;
  #see: () => void = () => undefined;

  constructor(id: ResultId, columns: readonly Column[], database: StoreDatabase, clock: Clock) {
    this.id = id;
    this.columns = columns;
    this.#database = database;
    this.#clock = clock;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.seen = new Promise((resolve) => (this.#see = resolve));
  }

  /** Rows that can be read. */
  get rowCount(): number {
    return this.#writer === undefined ? this.#memoryCount : this.#writer.rows;
  }

  info(): ResultInfo {
    const { id, columns, rowCount } = this;
    return { id, columns, rowCount, viewRowCount: this.#viewTable?.rows ?? rowCount, view: this.#view };
  }

  /** Called by one caller, one batch after the other, until `finish`. Fails: storage; invalid after `release`. */
  async append(batch: RowBatch): Promise<void> {
    // Its statement may still run: rows that nobody can ask for must not fill the disk.
    this.#ensureThere();
    if (batch.rowCount === 0) return;
    if (batch instanceof DuckDbBatch) this.#zone = batch.zone;
    if (this.#writer === undefined && this.#memoryCount + batch.rowCount <= memoryRows) {
      this.#memory.push(batch);
      this.#memoryCount += batch.rowCount;
      return;
    }
    const writer = this.#writer ?? (await this.#store(batch));
    await writer.append(batch);
  }

  /** No batch will come any more. Fails: storage; what was flushed stays readable. */
  finish(): void {
    try {
      this.#writer?.close();
    } finally {
      this.#end();
    }
  }

  async window(offset: number, limit: number): Promise<ResultWindow> {
    const from = Math.max(0, Math.floor(offset));
    const rows = await this.#read('*', from, from + Math.min(maxWindow, Math.max(0, Math.floor(limit))), shortCells);
    this.#see();
    return { offset: from, rows };
  }

  /** A value whole. Fails: notFound. */
  async cell(row: number, column: number): Promise<Cell> {
    const batch = this.#writer === undefined && this.#viewTable === undefined ? this.#inMemory(row) : undefined;
    const cells = batch === undefined ? (await this.#read(`c${column}`, row, row + 1, wholeCells))[0] : [batch.cells[column] ?? null];
    if (cells === undefined || this.columns[column] === undefined) {
      throw new FaultlineError('notFound', { what: t('The result has no such cell') });
    }
    return cells[0] ?? null;
  }

  /** Sorts and filters into a copy, so that its windows are as quick as those of the result. Fails: invalid, storage. */
  setView(view: ResultView): Promise<ResultInfo> {
    const work = this.#viewWork.then(async () => {
      const table = await this.base();
      const previous = this.#viewTable;
      const isWhole = view.sort.length === 0 && view.filters.length === 0;
      this.#viewTable = isWhole ? undefined : await makeView(this.#database, table, this.columns, view);
      this.#view = view;
      if (previous !== undefined) await this.#database.detach(previous.table);
      if (this.#released && this.#viewTable !== undefined) await this.#database.detach(this.#viewTable.table);
      return this.info();
    });
    this.#viewWork = work.catch(() => undefined);
    return work;
  }

  /** The whole result as a table, when it has ended. Fails: storage. */
  async base(): Promise<Source> {
    await this.#ended;
    this.#ensureThere();
    const writer = this.#writer ?? (await this.#store(this.#memory[0]));
    writer.close();
    return { table: writer.table, rows: writer.rows, timeZone: this.#zone.timeZone };
  }

  /** What is shown: sorted, filtered. */
  async current(): Promise<Source> {
    await this.#viewWork;
    const base = await this.base();
    return this.#viewTable === undefined ? base : { ...base, ...this.#viewTable };
  }

  async release(): Promise<void> {
    this.#released = true;
    await this.#storing?.catch(() => undefined);
    this.#memory.length = 0;
    try {
      this.finish();
    } catch {
      // Its rows are thrown away anyway.
    }
    await this.#viewWork;
    if (this.#viewTable !== undefined) await this.#database.detach(this.#viewTable.table);
    if (this.#writer !== undefined) await this.#database.detach(this.#writer.table);
  }

  /** Moves what is in memory into a table. One that failed is tried again the next time. */
  #store(first: RowBatch | undefined): Promise<TableWriter> {
    this.#storing ??= this.#fill(first).catch((error: unknown) => {
      this.#storing = undefined;
      throw error;
    });
    return this.#storing;
  }

  async #fill(first: RowBatch | undefined): Promise<TableWriter> {
    const writer = await TableWriter.open(this.#database, this.#clock, 'result', this.columns, first);
    try {
      for (const batch of this.#memory) await writer.append(batch);
      writer.flush();
    } catch (error) {
      await writer.discard();
      throw storageError(error, this.#database.folder);
    }
    this.#writer = writer;
    this.#memory.length = 0;
    return writer;
  }

  async #read(what: string, from: number, to: number, limits: CellLimits): Promise<readonly (readonly Cell[])[]> {
    this.#ensureThere();
    const source = this.#viewTable?.table ?? this.#writer?.table;
    if (source === undefined) return this.#memoryRows(from, to);
    const sql = `SELECT ${what} FROM ${source.sql} WHERE rowid >= ${from} AND rowid < ${to}`;
    try {
      const { chunks } = await this.#database.read(sql);
      return chunks.flatMap((chunk) => cellsOf(chunk, this.#zone, limits));
    } catch (error) {
      // The view was replaced while this waited for its turn.
      if (source === (this.#viewTable?.table ?? this.#writer?.table)) throw error;
      return this.#read(what, from, to, limits);
    }
  }

  #memoryRows(from: number, to: number): readonly (readonly Cell[])[] {
    const rows: (readonly Cell[])[] = [];
    let start = 0;
    for (const batch of this.#memory) {
      const end = start + batch.rowCount;
      if (from < end && to > start) rows.push(...shownRows(batch, Math.max(0, from - start), Math.min(batch.rowCount, to - start)));
      start = end;
    }
    return rows;
  }

  #inMemory(row: number): { readonly cells: readonly Cell[] } | undefined {
    let start = 0;
    for (const batch of this.#memory) {
      const cells = row >= start && row < start + batch.rowCount ? batch.rows()[row - start] : undefined;
      if (cells !== undefined) return { cells };
      start += batch.rowCount;
    }
    return undefined;
  }

  #ensureThere(): void {
    if (this.#released) throw invalid(t('The result was closed'), t('Run the statement again.'));
  }
}
