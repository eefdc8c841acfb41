/** A filter as a SQL condition. A text is compared as the column's type, exactly; one that is no such value is refused in words. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { invalid, type FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { decimalText } from '../../engine/duckdb/cells.ts';
import { quoteText } from '../../engine/duckdb/settings.ts';
import type { Column } from '../../engine/engine.ts';
import type { Filter } from '../results.ts';
import { comparable } from './columns.ts';
import type { StoredTable } from './database.ts';

type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** Fails: invalid, when the text is no value of the column's type. */
export async function condition(
  connection: DuckDBConnection,
  table: StoredTable,
  columns: readonly Column[],
  filter: Filter,
): Promise<string> {
  const name = `c${filter.column}`;
  const text = `CAST(${name} AS VARCHAR)`;
  switch (filter.op) {
    case 'null':
      return `${name} IS NULL`;
    case 'notNull':
      return `${name} IS NOT NULL`;
    case 'contains':
      return `contains(lower(${text}), lower(${quoteText(filter.text)}))`;
    case 'like':
      return `${text} LIKE ${quoteText(filter.text)}`;
    case 'in':
      return oneOf(name, text, filter.values);
    default: {
      const column = columns[filter.column];
      if (column === undefined) return 'false';
      return comparison(connection, table, column, name, filter.op, filter.text);
    }
  }
}

/** The values come from `distinct`, which shows each as this same text. */
function oneOf(name: string, text: string, values: readonly (string | null)[]): string {
  const texts = values.filter((value) => value !== null);
  const parts: string[] = [];
  if (texts.length > 0) parts.push(`${text} IN (${texts.map(quoteText).join(', ')})`);
  if (values.includes(null)) parts.push(`${name} IS NULL`);
  return parts.length === 0 ? 'false' : parts.join(' OR ');
}

async function comparison(
  connection: DuckDBConnection,
  table: StoredTable,
  column: Column,
  name: string,
  op: Comparison,
  value: string,
): Promise<string> {
  const storedType = await typeOf(connection, table, comparable(column, name));
  const number = comparable(column, name);
  if (column.kind === 'integer' || column.kind === 'decimal') {
    const exact = parseNumber(value.trim());
    if (exact === undefined) throw notOfType(value, column);
    if (storedType !== 'VARCHAR' && storedType !== 'DOUBLE') return numberComparison(name, op, exact, storedType);
  }
  const asText = column.kind === 'text' || column.kind === 'nested' || column.kind === 'binary' || column.kind === 'other';
  if (asText || storedType === 'VARCHAR') return `CAST(${name} AS VARCHAR) ${op} ${quoteText(value)}`;
  const cast = `TRY_CAST(${quoteText(value.trim())} AS ${storedType})`;
  const check = await connection.run(`SELECT ${cast} IS NULL`);
  if ((await check.getRowsJson())[0]?.[0] === true) throw notOfType(value, column);
  return `${number} ${op} ${cast}`;
}

async function typeOf(connection: DuckDBConnection, table: StoredTable, name: string): Promise<string> {
  const result = await connection.run(`SELECT ${name} FROM ${table.sql} LIMIT 0`);
  return result.columnType(0).toString();
}

/** `digits` × 10^-`scale` */
interface ExactNumber {
  readonly digits: bigint;
  readonly scale: number;
}

function parseNumber(text: string): ExactNumber | undefined {
  const match = /^([+-]?)(\d{0,400})(?:\.(\d{0,400}))?(?:e([+-]?\d{1,3}))?$/i.exec(text.replaceAll(/(?<=\d)[,_](?=\d{3}(?:\D|$))/g, ''));
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${whole}${fraction}`) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
  return { digits: sign === '-' ? -digits : digits, scale: Math.max(0, scale) };
}

/**
 * Compares in whole numbers of the column's last place: `> 1.5` on integers means from 2 on, and a number beyond the column's type is
 * just larger (or smaller) than all of its values.
 */
function numberComparison(name: string, op: Comparison, number: ExactNumber, storedType: string): string {
  const { scale, least, greatest } = numberType(storedType);
  const factor = 10n ** BigInt(Math.abs(number.scale - scale));
  const isFiner = number.scale > scale;
  const floor = isFiner ? floorDivide(number.digits, factor) : number.digits * factor;
  const isExact = !isFiner || floor * factor === number.digits;
  const all = `${name} IS NOT NULL`;
  if (!isExact && op === '=') return 'false';
  if (!isExact && op === '<>') return all;
  // Between two values of the column: less than the number is at most the lower one.
  const exactOp = isExact ? op : op === '<' || op === '<=' ? '<=' : '>';
  if (greatest !== undefined && floor > greatest) return exactOp === '<' || exactOp === '<=' || exactOp === '<>' ? all : 'false';
  if (least !== undefined && floor < least) return exactOp === '>' || exactOp === '>=' || exactOp === '<>' ? all : 'false';
  return `${name} ${exactOp} CAST('${decimalText(floor, scale)}' AS ${storedType})`;
}

/** Values of a type in units of its last place; BIGNUM has no bounds. */
function numberType(type: string): { readonly scale: number; readonly least?: bigint; readonly greatest?: bigint } {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type);
  if (decimal !== null) {
    const greatest = 10n ** BigInt(decimal[1] ?? 38) - 1n;
    return { scale: Number(decimal[2] ?? 0), least: -greatest, greatest };
  }
  const bits = integerBits[type.replace(/^U/, '')];
  if (bits === undefined) return { scale: 0 };
  if (type.startsWith('U')) return { scale: 0, least: 0n, greatest: 2n ** bits - 1n };
  return { scale: 0, least: -(2n ** (bits - 1n)), greatest: 2n ** (bits - 1n) - 1n };
}

const integerBits: Readonly<Record<string, bigint>> = { TINYINT: 8n, SMALLINT: 16n, INTEGER: 32n, BIGINT: 64n, HUGEINT: 128n };

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function notOfType(value: string, column: Column): FaultlineError {
  return invalid(
    t('“{0}” is not a value of {1}', value, column.type),
    t('{0} is a column of type {1}: write a value of it.', column.name, column.type),
  );
}
