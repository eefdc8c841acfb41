/** Fills one table of the store. A batch of DuckDB goes in as the chunk it is: no value is converted. */
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { Clock } from '../../base/clock.ts';
import { DuckDbBatch } from '../../engine/duckdb/batch.ts';
import type { Column, RowBatch } from '../../engine/engine.ts';
import { storedText, tableTypes } from './columns.ts';
import type { StoreDatabase, StoredTable } from './database.ts';
import { ensureRoom, storageError } from './disk.ts';

/** DuckDB's row group: a flush of a whole one is compressed and on disk at once, not kept in memory. */
const rowGroup = 122_880;
const flushEveryMs = 200;

export class TableWriter {
  readonly table: StoredTable;
  readonly #database: StoreDatabase;
  readonly #clock: Clock;
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  #appended = 0;
  #flushed = 0;
  #flushedAt: number;
  #closed = false;

  private constructor(
    database: StoreDatabase,
    clock: Clock,
    target: { readonly table: StoredTable; readonly connection: DuckDBConnection; readonly appender: DuckDBAppender },
  ) {
    this.table = target.table;
    this.#database = database;
    this.#clock = clock;
    this.#connection = target.connection;
    this.#appender = target.appender;
    this.#flushedAt = clock.monotonicMs();
  }

  /** `first` tells the types. Fails: storage. */
  static async open(
    database: StoreDatabase,
    clock: Clock,
    kind: 'result' | 'export',
    columns: readonly Column[],
    first: RowBatch | undefined,
  ): Promise<TableWriter> {
    const table = await database.attach(kind);
    try {
      await ensureRoom(database.folder, 0, database.freeBytes);
      const connection = await database.connect();
      try {
        await createTable(connection, table, tableTypes(columns, first));
        const appender = await connection.createAppender('t', 'main', table.name);
        return new TableWriter(database, clock, { table, connection, appender });
      } catch (error) {
        connection.closeSync();
        throw error;
      }
    } catch (error) {
      await database.detach(table);
      throw storageError(error, database.folder);
    }
  }

  /** Rows that can be read. */
  get rows(): number {
    return this.#flushed;
  }

  /** Rows that were given to `append`. */
  get appended(): number {
    return this.#appended;
  }

  /** Fails: storage; the rows flushed until then stay readable. */
  async append(batch: RowBatch): Promise<void> {
    try {
      if (batch instanceof DuckDbBatch) this.#appender.appendDataChunk(batch.chunk);
      else await this.#appendTexts(batch);
      this.#appended += batch.rowCount;
      const due = this.#clock.monotonicMs() - this.#flushedAt >= flushEveryMs;
      if (this.#appended - this.#flushed < rowGroup && !due) return;
      this.flush();
      await ensureRoom(this.#database.folder, 0, this.#database.freeBytes);
    } catch (error) {
      throw storageError(error, this.#database.folder);
    }
  }

  flush(): void {
    this.#appender.flushSync();
    this.#flushed = this.#appended;
    this.#flushedAt = this.#clock.monotonicMs();
  }

  /** Makes the rest readable. Fails: storage. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#flushed < this.#appended) this.flush();
    } catch (error) {
      throw storageError(error, this.#database.folder);
    } finally {
      try {
        this.#appender.clear();
        this.#appender.closeSync();
      } finally {
        this.#connection.closeSync();
      }
    }
  }

  /** Closes it, and drops its table. Never fails. */
  async discard(): Promise<void> {
    try {
      this.close();
    } catch {
      // Its rows are thrown away.
    }
    await this.#database.detach(this.table);
  }

  async #appendTexts(batch: RowBatch): Promise<void> {
    const { DuckDBDataChunk, VARCHAR } = await this.#database.api();
    const rows = batch.rows().map((row) => row.map(storedText));
    for (let from = 0; from < rows.length; from += 2048) {
      const piece = rows.slice(from, from + 2048);
      const chunk = DuckDBDataChunk.create(
        Array.from({ length: piece[0]?.length ?? 0 }, () => VARCHAR),
        piece.length,
      );
      chunk.setRows(piece);
      this.#appender.appendDataChunk(chunk);
    }
  }
}

/** A type that the store's tables can't have (a struct without names, a person's own type) is kept as its text: DuckDB casts. */
async function createTable(connection: DuckDBConnection, table: StoredTable, types: readonly string[]): Promise<void> {
  const create = (names: readonly string[]): Promise<unknown> =>
    connection.run(`CREATE TABLE ${table.sql} (${names.map((type, index) => `c${index} ${type}`).join(', ')})`);
  try {
    await create(types);
  } catch {
    const possible: string[] = [];
    for (const type of types) {
      const known = await connection.run(`SELECT NULL::${type}`).then(
        () => true,
        () => false,
      );
      possible.push(known ? type : 'VARCHAR');
    }
    await create(possible);
  }
}
