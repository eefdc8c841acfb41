/** Figures over a part of a result. Sums of whole numbers and decimals are exact, however long they get. */
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { quoteText } from '../../engine/duckdb/settings.ts';
import { decimalText } from '../../engine/duckdb/cells.ts';
import { typeId } from '../../engine/duckdb/types.ts';
import type { CellRange, ColumnSummary, DistinctValues } from '../results.ts';
import type { Column } from '../../engine/engine.ts';
import { comparable } from './columns.ts';
import type { Source } from './source.ts';

/** Longer values can't be filter values. */
const maxValueLength = 10_000;
const maxTextLength = 1000;

/** `count` is the number of rows, NULL included. */
export async function summarise(
  connection: DuckDBConnection,
  source: Source,
  columns: readonly Column[],
  range: CellRange,
): Promise<ColumnSummary[]> {
  const { sql } = source.table;
  const forms = columns.map((column, index) => comparable(column, `c${index}`));
  const probe = await connection.run(`SELECT ${forms.join(', ')} FROM ${sql} LIMIT 0`);
  const summaries: ColumnSummary[] = [];
  const rows = `rowid >= ${range.fromRow} AND rowid < ${range.toRow}`;
  for (let column = range.fromColumn; column < Math.min(range.toColumn, probe.columnCount); column++) {
    const type = probe.columnType(column);
    const form = forms[column] ?? `c${column}`;
    const ordered = orderedForm(type, form);
    const figures = [
      'count(*)',
      `count(c${column})`,
      `count(DISTINCT ${ordered})`,
      // The smallest value as a value, then as the text that the grid shows.
      `left(CAST(min(${ordered}) AS VARCHAR), ${maxTextLength})`,
      `left(CAST(max(${ordered}) AS VARCHAR), ${maxTextLength})`,
      `CAST(${sumOf(type, form)} AS VARCHAR)`,
    ];
    const result = await connection.run(`SELECT ${figures.join(', ')} FROM ${sql} WHERE ${rows}`);
    const [count, values, distinct, min, max, sum] = (await result.getRows())[0] ?? [];
    summaries.push({
      column,
      count: Number(count ?? 0),
      nulls: Number(count ?? 0) - Number(values ?? 0),
      distinct: Number(distinct ?? 0),
      min: textOf(min),
      max: textOf(max),
      sum: withPoint(type, textOf(sum)),
    });
  }
  return summaries;
}

export async function distinctValues(
  connection: DuckDBConnection,
  source: Source,
  column: number,
  search: string,
  limit: number,
): Promise<DistinctValues> {
  const { sql } = source.table;
  const probe = await connection.run(`SELECT c${column} FROM ${sql} LIMIT 0`);
  const value = orderedForm(probe.columnType(0), `c${column}`);
  const text = `CAST(${value} AS VARCHAR)`;
  const wanted = search === '' ? '' : ` AND contains(lower(${text}), lower(${quoteText(search)}))`;
  const top = await connection.run(
    `SELECT ${text}, n FROM (SELECT ${value} AS c${column}, count(*) AS n FROM ${sql} WHERE c${column} IS NOT NULL GROUP BY 1) ` +
      `WHERE length(${text}) <= ${maxValueLength}${wanted} ORDER BY n DESC, c${column} LIMIT ${Math.max(0, Math.floor(limit))}`,
  );
  const all = await connection.run(`SELECT count(DISTINCT ${value}), count(*) - count(c${column}) FROM ${sql}`);
  const [distinct, nulls] = (await all.getRows())[0] ?? [];
  return {
    values: (await top.getRows()).map(([each, count]) => ({ value: textOf(each), count: Number(count ?? 0) })),
    distinct: Number(distinct ?? 0),
    nulls: Number(nulls ?? 0),
  };
}

const unordered: readonly number[] = [
  typeId.LIST,
  typeId.ARRAY,
  typeId.STRUCT,
  typeId.MAP,
  typeId.UNION,
  typeId.VARIANT,
  typeId.GEOMETRY,
  typeId.BIT,
  typeId.INTERVAL,
];

/** Nested values are compared by their text, like everywhere in the grid. An interval as well: 30 days are not a month. */
function orderedForm(type: DuckDBType, name: string): string {
  return unordered.includes(type.typeId) ? `CAST(${name} AS VARCHAR)` : name;
}

/** DuckDB rounds a sum of UHUGEINT and refuses a sum beyond 38 digits; BIGNUM has no bounds. */
function sumOf(type: DuckDBType, name: string): string {
  switch (type.typeId as number) {
    case typeId.TINYINT:
    case typeId.SMALLINT:
    case typeId.INTEGER:
    case typeId.BIGINT:
    case typeId.UTINYINT:
    case typeId.USMALLINT:
    case typeId.UINTEGER:
    case typeId.UBIGINT:
    case typeId.FLOAT:
    case typeId.DOUBLE:
    case typeId.BIGNUM:
      return `sum(${name})`;
    case typeId.HUGEINT:
    case typeId.UHUGEINT:
      return `sum(CAST(${name} AS BIGNUM))`;
    case typeId.DECIMAL:
      return isWide(type) ? `sum(CAST(replace(CAST(${name} AS VARCHAR), '.', '') AS BIGNUM))` : `sum(${name})`;
    default:
      return 'NULL';
  }
}

/** Two thousand million rows of 28 digits have a sum of 38. */
function isWide(type: DuckDBType): boolean {
  return 'width' in type && type.width > 28;
}

function withPoint(type: DuckDBType, sum: string | null): string | null {
  if (sum === null || !isWide(type) || !('scale' in type)) return sum;
  return decimalText(BigInt(sum), type.scale);
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
