/** Writes tables of the store to files. A file is complete under its name or not there. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { quoteText } from '../../engine/duckdb/settings.ts';
import type { Column } from '../../engine/engine.ts';
import type { ExportFormat } from '../results.ts';
import { firstLine } from './disk.ts';
import { jsonRow, parquetColumns, wideColumns } from './export-sql.ts';
import type { StoreDatabase, StoredTable } from './database.ts';
import type { Source } from './source.ts';

export interface ExportEnd {
  readonly rows: number;
  readonly sizeBytes: number;
}

/** Options that make DuckDB's CSV writer write lines as they are. */
const plainLines = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ''";

/** Writes a whole result. Fails: storage (the target), invalid, cancelled. */
export function exportTable(
  database: StoreDatabase,
  source: Source,
  columns: readonly Column[],
  target: { readonly format: ExportFormat; readonly path: string },
  signal: AbortSignal,
): Promise<ExportEnd> {
  return completeFile(target.path, async (path) => {
    await database.use(source.timeZone, signal, async (connection) => {
      if (source.rows === 0 && target.format !== 'parquet') await writeFile(path, emptyFile(columns, target.format));
      else await copyTable(connection, source.table, columns, target.format, path, true);
    });
    return source.rows;
  });
}

/** Puts files together that were written one after the other by `copyTable`. */
export class PartsFile {
  readonly #file: FileHandle;
  readonly #format: Exclude<ExportFormat, 'parquet'>;
  #isEmpty = true;

  constructor(file: FileHandle, format: Exclude<ExportFormat, 'parquet'>) {
    this.#file = file;
    this.#format = format;
  }

  static async start(path: string, columns: readonly Column[], format: Exclude<ExportFormat, 'parquet'>): Promise<PartsFile> {
    const file = await open(path, 'w');
    await file.write(format === 'csv' ? csvHeader(columns) : format === 'json' ? '[\n' : '');
    return new PartsFile(file, format);
  }

  async add(part: string): Promise<void> {
    this.#isEmpty = false;
    await pipeline(createReadStream(part, { highWaterMark: 1 << 20 }), async (pieces: AsyncIterable<Buffer>) => {
      // All of it: `write` alone may write a part when the disk fills up, and that is no error.
      for await (const piece of pieces) await this.#file.appendFile(piece);
    });
  }

  async finish(): Promise<void> {
    if (this.#format !== 'json') return this.#file.close();
    const { size } = await this.#file.stat();
    // The last row has a comma after it, an empty array a line break.
    await this.#file.truncate(size - (this.#isEmpty ? 1 : 2));
    await this.#file.write(this.#isEmpty ? ']\n' : '\n]\n', size - (this.#isEmpty ? 1 : 2));
    return this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

/** Runs `write` on a temporary name beside `path` and gives it its name when all is on the disk. */
export async function completeFile(path: string, write: (temporary: string) => Promise<number>): Promise<ExportEnd> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.part`);
  try {
    const rows = await write(temporary);
    const file = await open(temporary, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const { size } = await stat(temporary);
    await rename(temporary, path);
    return { rows, sizeBytes: size };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw targetError(error, path);
  }
}

/** `whole`: with header, brackets; else a part for `PartsFile`. Rows of the source must not be none unless it is Parquet. */
export async function copyTable(
  connection: DuckDBConnection,
  table: StoredTable,
  columns: readonly Column[],
  format: ExportFormat,
  path: string,
  whole: boolean,
): Promise<void> {
  const types = (await connection.run(`SELECT * FROM ${table.sql} LIMIT 0`)).columnTypes();
  const names = columns.map((column) => column.name);
  const copy = async (list: string, options: string): Promise<void> => {
    try {
      await connection.run(`COPY (SELECT ${list} FROM ${table.sql}) TO ${quoteText(path)} (${options})`);
    } catch (error) {
      if (format === 'parquet') await refuseTooLong(connection, table, columns, types);
      throw targetError(error, path);
    }
  };
  switch (format) {
    case 'csv': {
      const header = whole ? `, PREFIX ${quoteText(csvHeader(columns))}, SUFFIX ${quoteText('\n')}` : '';
      return copy(names.map((_, index) => `c${index}`).join(', '), `FORMAT csv, HEADER false${header}`);
    }
    case 'json': {
      const brackets = whole ? `, PREFIX ${quoteText('[\n')}, SUFFIX ${quoteText('\n]\n')}` : '';
      return copy(jsonRow(names, types), `${plainLines}, NEW_LINE ${quoteText(',\n')}${brackets}`);
    }
    case 'ndjson':
      return copy(jsonRow(names, types), plainLines);
    case 'parquet':
      return copy(parquetColumns(names, types), 'FORMAT parquet, COMPRESSION zstd');
  }
}

async function refuseTooLong(
  connection: DuckDBConnection,
  table: StoredTable,
  columns: readonly Column[],
  types: readonly DuckDBType[],
): Promise<void> {
  for (const index of wideColumns(types)) {
    const result = await connection.run(
      `SELECT count(*) FROM ${table.sql} WHERE c${index} IS NOT NULL AND TRY_CAST(c${index} AS DECIMAL(38,0)) IS NULL`,
    );
    if (Number((await result.getRowsJson())[0]?.[0] ?? 0) === 0) continue;
    throw invalid(
      t('{0} holds a number of more than 38 digits, which Parquet cannot keep exactly', columns[index]?.name ?? ''),
      t('Export as CSV or JSON, or cast the column to VARCHAR.'),
    );
  }
}

function emptyFile(columns: readonly Column[], format: ExportFormat): string {
  return format === 'csv' ? csvHeader(columns) : format === 'json' ? '[]\n' : '';
}

function csvHeader(columns: readonly Column[]): string {
  return `${columns.map(({ name }) => (/[",\r\n]/.test(name) || name === '' ? `"${name.replaceAll('"', '""')}"` : name)).join(',')}\n`;
}

function targetError(error: unknown, path: string): FaultlineError {
  if (error instanceof FaultlineError && error.reason !== 'storage') return error;
  return new FaultlineError(
    'storage',
    {
      what: t('{0} could not be written', basename(path)),
      meaning: error instanceof FaultlineError ? (error.facts.meaning ?? error.facts.what) : firstLine(error),
      remedy: t('Choose a folder that you may write to and that has room: {0} is as it was.', dirname(path)),
    },
    error,
  );
}
