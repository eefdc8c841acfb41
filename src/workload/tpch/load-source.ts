/** The data set as a load reads it: counts, sums, and rows as tab-separated text, all made by the embedded engine. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Cell, Engine } from '../../engine/engine.ts';
import { rowsPerChunk, type ChunkPlan, type LoadColumn, type LoadTable } from './load-tables.ts';

export class LoadSource {
  readonly #engine: Engine;
  readonly #scale: number;
  readonly #signal: AbortSignal;

  constructor(engine: Engine, scale: number, signal: AbortSignal) {
    this.#engine = engine;
    this.#scale = scale;
    this.#signal = signal;
  }

  async plan(table: LoadTable): Promise<ChunkPlan> {
    const [bounds] = await this.#rows(`SELECT count(*), min(${table.key}), max(${table.key}) FROM ${table.name}`);
    const [rows = 0, minKey = 0, maxKey = 0] = (bounds ?? []).map(Number);
    const count = Math.max(1, Math.ceil(rows / rowsPerChunk(this.#scale)));
    const step = Math.max(1, Math.ceil((maxKey - minKey + 1) / count));
    const counted = await this.#rows(`SELECT (${table.key} - ${minKey}) // ${step}, count(*) FROM ${table.name} GROUP BY 1 ORDER BY 1`);
    const rowsOf = new Array<number>(count).fill(0);
    for (const [chunk, own] of counted) rowsOf[Number(chunk)] = Number(own);
    return { table, rows, minKey, step, rowsOf };
  }

  /** Lines of tabs; the data have no character that would have to be escaped, which a count makes sure of. */
  async chunk({ table, minKey, step }: ChunkPlan, index: number): Promise<string> {
    const from = minKey + index * step;
    const line = `concat_ws(chr(9), ${table.columns.map(({ name }) => name).join(', ')})`;
    const texts: string[] = [];
    const sql = `SELECT ${line} FROM ${table.name} WHERE ${table.key} >= ${from} AND ${table.key} < ${from + step}`;
    for (const [text] of await this.#rows(sql)) {
      if (typeof text !== 'string' || /[\\\n\r]/.test(text) || text.split('\t').length !== table.columns.length) throw unexpected(table);
      texts.push(text);
    }
    return `${texts.join('\n')}\n`;
  }

  /** Texts by which the same table on two engines is compared: its count, then what `checkOf` says of each column. */
  async check(table: LoadTable): Promise<readonly string[]> {
    const [row] = await this.#rows(
      `SELECT count(*), ${table.columns.map((column) => checksOf(column, 'duckdb').join(', ')).join(', ')} FROM ${table.name}`,
    );
    return (row ?? []).map((cell) => (typeof cell === 'string' ? cell : ''));
  }

  async #rows(sql: string): Promise<(readonly Cell[])[]> {
    const rows: (readonly Cell[])[] = [];
    for await (const event of this.#engine.query(sql, {}, this.#signal)) if (event.kind === 'rows') rows.push(...event.batch.rows());
    return rows;
  }
}

/** Exact figures of a column: sums of numbers, ends of dates, characters of texts. */
export function checksOf({ name, type }: LoadColumn, engine: 'duckdb' | 'clickhouse'): readonly string[] {
  if (type === 'date')
    return [`min(${name})`, `max(${name})`, engine === 'duckdb' ? `sum(${name} - DATE '1970-01-01')` : `sum(toUInt32(${name}))`];
  if (type === 'text') return [`sum(length(${name}))`, `min(${name})`, `max(${name})`];
  return [`sum(${name})`];
}

function unexpected(table: LoadTable): FaultlineError {
  return new FaultlineError('internal', { what: t('The data set has a row in {0} that can’t be sent as text', table.name) });
}
