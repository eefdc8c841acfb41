/** Values of the protocol's JSON as exact cells. Most come as text already, and are left alone. */
import type { Cell, Column, RowBatch } from '../engine.ts';
import { parseExact } from './json.ts';
import { baseOf } from './signature.ts';

type Converter = (value: unknown) => Cell;

/** For each column how its values become cells; undefined where they are cells as they come. */
export type RowConverter = readonly (Converter | undefined)[];

export function converterOf(columns: readonly Column[]): RowConverter {
  return columns.map((column) => (comesAsText(column) ? undefined : nullable(valueConverter(column))));
}

/** A page's rows; they are converted in place when they are first asked for. */
export class PageBatch implements RowBatch {
  readonly rowCount: number;
  readonly #rows: unknown[][];
  readonly #convert: RowConverter;
  #cells: readonly (readonly Cell[])[] | undefined;

  constructor(rows: unknown[][], convert: RowConverter) {
    this.rowCount = rows.length;
    this.#rows = rows;
    this.#convert = convert;
  }

  rows(): readonly (readonly Cell[])[] {
    this.#cells ??= cellsOf(this.#rows, this.#convert);
    return this.#cells;
  }
}

/** The arrays stay the same: what is not converted is text or NULL, as the columns' types promise. */
function cellsOf(rows: unknown[][], convert: RowConverter): readonly (readonly Cell[])[] {
  for (let column = 0; column < convert.length; column++) {
    const one = convert[column];
    if (one === undefined) continue;
    for (const row of rows) row[column] = one(row[column]);
  }
  return rows as Cell[][];
}

const textBases: ReadonlySet<string> = new Set([
  'varchar',
  'char',
  'decimal',
  'date',
  'time',
  'time with time zone',
  'timestamp',
  'timestamp with time zone',
  'interval day to second',
  'interval year to month',
  'json',
  'uuid',
  'ipaddress',
  'ipprefix',
]);

function comesAsText(column: Column): boolean {
  return textBases.has(baseOf(column.type));
}

function nullable(convert: Converter): Converter {
  return (value) => (value === null || value === undefined ? null : convert(value));
}

function valueConverter(column: Column): Converter {
  switch (baseOf(column.type)) {
    case 'real':
    case 'double':
      return (value) => (typeof value === 'number' ? doubleText(value) : plainCell(value));
    case 'varbinary':
      return (value) => (typeof value === 'string' ? binaryText(Buffer.from(value, 'base64')) : plainCell(value));
    case 'array': {
      const item = inner(column.children?.[0]);
      return (value) => {
        const items = structure(value);
        return Array.isArray(items) ? { kind: 'list', length: items.length, values: items.map(item) } : plainCell(value);
      };
    }
    case 'map': {
      const [key, item] = [inner(column.children?.[0]), inner(column.children?.[1])];
      return (value) => {
        const entries = structure(value);
        if (!isObject(entries)) return plainCell(value);
        const pairs = Object.entries(entries).map(([name, each]) => [key(keyValue(name, column.children?.[0])), item(each)] as const);
        return { kind: 'map', length: pairs.length, entries: pairs };
      };
    }
    case 'row': {
      const fields = (column.children ?? []).map((child) => [child.name, inner(child)] as const);
      return (value) => {
        const items = structure(value);
        if (!Array.isArray(items)) return plainCell(value);
        const values: readonly unknown[] = items;
        return { kind: 'struct', entries: fields.map(([name, convert], index) => [name, convert(values[index])] as const) };
      };
    }
    default:
      return plainCell;
  }
}

function inner(column: Column | undefined): Converter {
  return nullable(column === undefined || comesAsText(column) ? plainCell : valueConverter(column));
}

/** Presto writes nested values as text of JSON, and those inside of them once more. */
function structure(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseExact(value);
  } catch {
    return value;
  }
}

/** Keys of JSON are always text: a double is read, so that it looks as it does elsewhere. */
function keyValue(name: string, column: Column | undefined): unknown {
  return column?.kind === 'float' && /^-?[\d.]+(?:E-?\d+)?$/i.test(name) ? Number(name) : name;
}

/** What a type that we don't know comes as. */
function plainCell(value: unknown): Cell {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * The server's own text of a double (Java's `Double.toString`): `0.1`, `100.0`, `1.0E10`, `-0.0`. Its digits are the shortest that read
 * back as the same double, as JavaScript's are. A REAL comes with its own few digits, which a double holds exactly.
 */
export function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const absolute = Math.abs(value);
  if (absolute >= 1e-3 && absolute < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** As the embedded engine writes bytes, so that answers can be compared: `\x00\xFFabc`. */
function binaryText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c && byte !== 0x27 && byte !== 0x22;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
