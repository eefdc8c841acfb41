/**
 * Rows of a running statement straight into a file. They pass through the store in parts of at most half a million rows: a part is
 * filled as fast as the engine delivers, written in the format's own way and dropped. So memory and disk stay bounded for any
 * number of rows, it works for every engine, and one without access to files needs none.
 */
import { rm } from 'node:fs/promises';
import type { Clock } from '../../base/clock.ts';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { DuckDbBatch } from '../../engine/duckdb/batch.ts';
import { quoteText } from '../../engine/duckdb/settings.ts';
import type { Column, QueryEvent, RowBatch } from '../../engine/engine.ts';
import type { ExportFormat } from '../results.ts';
import type { StoreDatabase } from './database.ts';
import { completeFile, copyTable, PartsFile, type ExportEnd } from './export.ts';
import { TableWriter } from './writer.ts';

const partRows = 500_000;

/** Fails: as the statement does; storage; invalid when the statement returns no rows. */
export async function exportEvents(
  database: StoreDatabase,
  clock: Clock,
  events: AsyncIterable<QueryEvent>,
  target: { readonly format: ExportFormat; readonly path: string },
  signal: AbortSignal,
): Promise<ExportEnd> {
  return completeFile(target.path, async (path) => {
    let parts: Parts | undefined;
    try {
      for await (const event of events) {
        if (event.kind === 'columns') parts = new Parts(database, clock, event.columns, target.format, path, signal);
        else if (event.kind === 'rows') await parts?.append(event.batch);
      }
      if (parts === undefined) {
        throw invalid(t('The statement ran, but it returns no rows to write'), t('Use Run for statements that return nothing.'));
      }
      return await parts.finish();
    } finally {
      await parts?.dispose();
    }
  });
}

class Parts {
  readonly #database: StoreDatabase;
  readonly #clock: Clock;
  readonly #columns: readonly Column[];
  readonly #format: ExportFormat;
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #written: string[] = [];
  #file: PartsFile | undefined;
  #writer: TableWriter | undefined;
  #timeZone = 'UTC';
  #rows = 0;

  constructor(database: StoreDatabase, clock: Clock, columns: readonly Column[], format: ExportFormat, path: string, signal: AbortSignal) {
    this.#database = database;
    this.#clock = clock;
    this.#columns = columns;
    this.#format = format;
    this.#path = path;
    this.#signal = signal;
  }

  async append(batch: RowBatch): Promise<void> {
    if (batch.rowCount === 0) return;
    if (batch instanceof DuckDbBatch) this.#timeZone = batch.zone.timeZone;
    this.#writer ??= await TableWriter.open(this.#database, this.#clock, 'export', this.#columns, batch);
    await this.#writer.append(batch);
    this.#rows += batch.rowCount;
    if (this.#writer.appended >= partRows) await this.#writePart();
  }

  async finish(): Promise<number> {
    if (this.#format === 'parquet') {
      this.#writer ??=
        this.#rows === 0 ? await TableWriter.open(this.#database, this.#clock, 'export', this.#columns, undefined) : undefined;
      if (this.#writer !== undefined) await this.#writePart();
      await this.#joinParquet();
    } else {
      if (this.#writer !== undefined) await this.#writePart();
      await (await this.#text(this.#format)).finish();
      this.#file = undefined;
    }
    return this.#rows;
  }

  async dispose(): Promise<void> {
    await this.#file?.abandon();
    await this.#writer?.discard();
    for (const part of this.#written) await rm(part, { force: true });
  }

  async #writePart(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    writer.close();
    const part = this.#database.pathOf(writer.table.name, `part${this.#written.length}`);
    this.#written.push(part);
    await this.#database.use(this.#timeZone, this.#signal, (connection) =>
      copyTable(connection, writer.table, this.#columns, this.#format, part, false),
    );
    this.#writer = undefined;
    await writer.discard();
    if (this.#format === 'parquet') return;
    await (await this.#text(this.#format)).add(part);
    await rm(part, { force: true });
  }

  async #text(format: Exclude<ExportFormat, 'parquet'>): Promise<PartsFile> {
    this.#file ??= await PartsFile.start(this.#path, this.#columns, format);
    return this.#file;
  }

  async #joinParquet(): Promise<void> {
    const files = this.#written.map(quoteText).join(', ');
    await this.#database.use(this.#timeZone, this.#signal, (connection) =>
      connection.run(`COPY (SELECT * FROM read_parquet([${files}])) TO ${quoteText(this.#path)} (FORMAT parquet, COMPRESSION zstd)`),
    );
  }
}
