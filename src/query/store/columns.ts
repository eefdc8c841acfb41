/** Types of the store's tables, and cells of engines other than DuckDB. */
import type { DuckDBType } from '@duckdb/node-api';
import { shortCells, type CellLimits } from '../../engine/duckdb/cells.ts';
import { DuckDbBatch } from '../../engine/duckdb/batch.ts';
import type { Cell, Column, RowBatch } from '../../engine/engine.ts';

/** A type as it is written in `CREATE TABLE`. An alias other than JSON is the person's own type, unknown to the store. */
export function ddlOf(type: DuckDBType): string {
  return type.alias === 'JSON' ? 'JSON' : type.toString();
}

/** Column types by preference; the table falls back to VARCHAR for one that the store does not take. */
export function tableTypes(columns: readonly Column[], first: RowBatch | undefined): string[] {
  if (first instanceof DuckDbBatch) return first.types.map(ddlOf);
  return columns.map((column) => (first === undefined ? column.type : storedType(column)));
}

/**
 * What keeps the values of another engine exactly and sorts them rightly: numbers with a fixed point as such, everything else as the
 * engine's own text. A float stays text too, since its digits would come back in other words; it is cast where it is compared.
 */
function storedType({ kind, type }: Column): string {
  if (kind === 'integer') return wide.test(type) ? 'BIGNUM' : /^(?:Nullable\()?(?:UInt64|Int128)/.test(type) ? 'HUGEINT' : 'BIGINT';
  if (kind !== 'decimal') return 'VARCHAR';
  const [, precision, scale = '0'] = /\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/.exec(type.replace(/^Nullable\(/, '')) ?? [];
  return precision !== undefined && Number(precision) <= 38 ? `DECIMAL(${precision}, ${scale})` : 'VARCHAR';
}

const wide = /UInt128|Int256|UInt256|HUGEINT|BIGNUM/i;

/** A column as it is compared, sorted and summed: what was kept as text because its digits count, as the number that it is. */
export function comparable(column: Column | undefined, name: string): string {
  const isText = column?.kind === 'float' || (column?.kind === 'decimal' && storedType(column) === 'VARCHAR');
  return isText ? `TRY_CAST(${name} AS DOUBLE)` : name;
}

/** Rows of a batch as they are shown, long values cut. */
export function shownRows(batch: RowBatch, from: number, to: number): readonly (readonly Cell[])[] {
  if (batch instanceof DuckDbBatch) return batch.rows(shortCells).slice(from, to);
  return batch
    .rows()
    .slice(from, to)
    .map((row) => row.map((cell) => cutCell(cell, shortCells)));
}

export function cutCell(cell: Cell, limits: CellLimits): Cell {
  if (typeof cell === 'string') {
    return cell.length <= limits.textLength ? cell : { kind: 'long', length: cell.length, text: cell.slice(0, limits.textLength) };
  }
  if (cell === null || cell.kind === 'long') return cell;
  if (cell.kind === 'list') return { ...cell, values: cell.values.slice(0, limits.listLength).map((value) => cutCell(value, limits)) };
  if (cell.kind === 'map') {
    const kept = cell.entries.slice(0, limits.listLength);
    return { ...cell, entries: kept.map(([key, value]) => [cutCell(key, limits), cutCell(value, limits)] as const) };
  }
  return { ...cell, entries: cell.entries.map(([name, value]) => [name, cutCell(value, limits)] as const) };
}

/** A cell of another engine as the text that a VARCHAR column keeps. */
export function storedText(cell: Cell): string | null {
  return cell === null || typeof cell === 'string' ? cell : JSON.stringify(plain(cell));
}

function plain(cell: Cell): unknown {
  if (cell === null || typeof cell === 'string') return cell;
  if (cell.kind === 'long') return cell.text;
  if (cell.kind === 'list') return cell.values.map(plain);
  return Object.fromEntries(
    cell.entries.map(([name, value]) => [typeof name === 'string' ? name : JSON.stringify(plain(name)), plain(value)]),
  );
}

/** The first `count` rows of a batch, which is used up by that. */
export function firstRows(batch: RowBatch, count: number): RowBatch {
  if (batch instanceof DuckDbBatch) {
    batch.chunk.rowCount = count;
    return batch;
  }
  const rows = batch.rows().slice(0, count);
  return { rowCount: rows.length, rows: () => rows };
}
