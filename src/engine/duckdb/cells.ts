/**
 * DuckDB's vectors as exact cells, a column at a time: 1 M rows of 16 columns take about a second and a half,
 * so that what only passes through should take the chunk itself (`DuckDbBatch.chunk`).
 */
import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Cell } from '../engine.ts';
import { dateText, intervalText, timeNsText, timestampNsText, timestampText, timeText, timeTzText, type ZonedTimes } from './times.ts';
import { typeId } from './types.ts';

/** What of a value is left out. */
export interface CellLimits {
  /** Texts of more characters become `{ kind: 'long' }` with so many of them. */
  readonly textLength: number;
  /** So many entries of a list or a map are kept. */
  readonly listLength: number;
}

export const shortCells: CellLimits = { textLength: 2000, listLength: 100 };
export const wholeCells: CellLimits = { textLength: Infinity, listLength: Infinity };

/** Row-major. `from` and `to` choose rows of the chunk. */
export function cellsOf(
  chunk: DuckDBDataChunk,
  zone: ZonedTimes,
  limits: CellLimits = wholeCells,
  from = 0,
  to: number = chunk.rowCount,
): Cell[][] {
  const columnCount = chunk.columnCount;
  const rows: Cell[][] = [];
  for (let row = from; row < to; row++) rows.push(new Array<Cell>(columnCount).fill(null));
  for (let column = 0; column < columnCount; column++) {
    const read = columnReader(chunk, column, zone, limits);
    for (let row = from; row < to; row++) {
      const cells = rows[row - from];
      if (cells !== undefined) cells[column] = read(row);
    }
  }
  return rows;
}

function columnReader(chunk: DuckDBDataChunk, column: number, zone: ZonedTimes, limits: CellLimits): (row: number) => Cell {
  const vector = chunk.getColumnVector(column);
  const type = vector.type;
  if (type.typeId === typeId.DECIMAL && 'scale' in type && hasScaledValue(vector)) {
    const { scale } = type;
    return (row) => {
      const value = vector.getScaledValue(row);
      return value === null ? null : decimalText(value, scale);
    };
  }
  const convert = converter(type, zone, limits);
  return (row) => {
    const value = vector.getItem(row);
    return value === null ? null : convert(value);
  };
}

type Converter = (value: Exclude<DuckDBValue, null>) => Cell;

/** The conversion of non-null values of one type. */
function converter(type: DuckDBType, zone: ZonedTimes, limits: CellLimits): Converter {
  switch (type.typeId as number) {
    case typeId.TINYINT:
    case typeId.SMALLINT:
    case typeId.INTEGER:
    case typeId.BIGINT:
    case typeId.UTINYINT:
    case typeId.USMALLINT:
    case typeId.UINTEGER:
    case typeId.UBIGINT:
    case typeId.HUGEINT:
    case typeId.UHUGEINT:
    case typeId.BIGNUM:
    case typeId.BOOLEAN:
      return String;
    case typeId.FLOAT:
      return (value) => (typeof value === 'number' ? floatText(value) : String(value));
    case typeId.DOUBLE:
      return (value) => (typeof value === 'number' ? doubleText(value) : String(value));
    case typeId.VARCHAR:
      return Number.isFinite(limits.textLength) ? (value) => cut(String(value), limits) : (value) => value as string;
    case typeId.LIST:
    case typeId.ARRAY:
    case typeId.MAP:
    case typeId.STRUCT:
    case typeId.UNION:
      return nestedConverter(type, zone, limits);
    default:
      return (value) => dynamicCell(value, zone, limits);
  }
}

function nestedConverter(type: DuckDBType, zone: ZonedTimes, limits: CellLimits): Converter {
  const inner = (child: DuckDBType): ((value: DuckDBValue) => Cell) => {
    const convert = converter(child, zone, limits);
    return (value) => (value === null || value === undefined ? null : convert(value));
  };
  if ('keyType' in type && 'valueType' in type) {
    const [key, item] = [inner(type.keyType), inner(type.valueType)];
    return (value) => mapCell(value, key, item, limits);
  }
  if ('valueType' in type) {
    const item = inner(type.valueType);
    return (value) => listCell(value, item, limits);
  }
  if ('entryNames' in type) {
    const names = type.entryNames;
    const readers = type.entryTypes.map(inner);
    return (value) => ({
      kind: 'struct',
      entries: names.map((name, index) => {
        const entry = isEntries(value) ? (value.entries[name] ?? null) : null;
        return [name, readers[index]?.(entry) ?? null] as const;
      }),
    });
  }
  if ('memberTags' in type) {
    const readers = new Map(type.memberTags.map((tag, index) => [tag, inner(type.memberTypes[index] ?? type)]));
    return (value) =>
      isUnion(value) ? { kind: 'struct', entries: [[value.tag, readers.get(value.tag)?.(value.value) ?? null]] } : String(value);
  }
  return (value) => dynamicCell(value, zone, limits);
}

/** A value that tells its type itself: what stands in a VARIANT, and every type without a faster way. */
function dynamicCell(value: Exclude<DuckDBValue, null>, zone: ZonedTimes, limits: CellLimits): Cell {
  const inner = (item: DuckDBValue): Cell => (item === null || item === undefined ? null : dynamicCell(item, zone, limits));
  switch (typeof value) {
    case 'string':
      return cut(value, limits);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isInteger(value) ? String(value) : doubleText(value);
    default:
  }
  switch (value.constructor.name) {
    case 'DuckDBVariantValue':
      return isVariant(value) ? variantCell(value.value, value.type, zone, limits) : null;
    case 'DuckDBListValue':
    case 'DuckDBArrayValue':
      return listCell(value, inner, limits);
    case 'DuckDBStructValue':
      return isEntries(value)
        ? { kind: 'struct', entries: Object.entries(value.entries).map(([name, item]) => [name, inner(item)] as const) }
        : null;
    case 'DuckDBMapValue':
      return mapCell(value, inner, inner, limits);
    default:
      return cut(scalarText(value, zone), limits);
  }
}

function variantCell(value: DuckDBValue, type: DuckDBType | undefined, zone: ZonedTimes, limits: CellLimits): Cell {
  if (value === null) return null;
  return type === undefined ? dynamicCell(value, zone, limits) : converter(type, zone, limits)(value);
}

function scalarText(value: object, zone: ZonedTimes): string {
  if ('days' in value && 'months' in value && 'micros' in value) {
    return intervalText(value.months as number, value.days as number, value.micros as bigint);
  }
  if ('days' in value) return dateText(value.days as number);
  if ('nanos' in value) {
    const ns = value.nanos as bigint;
    return value.constructor.name === 'DuckDBTimeNSValue' ? timeNsText(ns) : timestampNsText(ns);
  }
  if ('millis' in value) return timestampText(scaled(value.millis as bigint, 1000n));
  if ('seconds' in value) return timestampText(scaled(value.seconds as bigint, 1_000_000n));
  if ('micros' in value) {
    const us = value.micros as bigint;
    if ('offset' in value) return timeTzText(Number(us), value.offset as number);
    if (value.constructor.name === 'DuckDBTimeValue') return timeText(Number(us));
    return value.constructor.name === 'DuckDBTimestampTZValue' ? zone.text(us) : timestampText(us);
  }
  if ('scale' in value && 'value' in value) return decimalText(value.value as bigint, value.scale as number);
  return String(value);
}

/** Seconds and milliseconds as microseconds; their infinities are the same numbers as those of microseconds. */
function scaled(value: bigint, factor: bigint): bigint {
  return value === 9_223_372_036_854_775_807n || value === -9_223_372_036_854_775_807n ? value : value * factor;
}

/** `value` is the decimal times ten to the power of `scale`. */
export function decimalText(value: number | bigint, scale: number): string {
  const text = String(value);
  if (scale === 0) return text;
  const negative = text.startsWith('-');
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The shortest text that reads back as the same double, in DuckDB's form: `1.0`, `1e+16`, `1e-05`, `nan`, `-inf`. */
export function doubleText(value: number): string {
  // Whole numbers are most of what stands in such columns.
  if (Number.isInteger(value) && Math.abs(value) < 1e15 && value !== 0) return `${value}.0`;
  return duckNumber(value, String(value));
}

/** The same for 32 bits. Any decimal of six digits survives a float that is not subnormal, so the search starts there. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return doubleText(value);
  const from = Math.abs(value) < 1.175494351e-38 ? 1 : 6;
  for (let digits = from; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return duckNumber(value, String(Number(text)));
  }
  return duckNumber(value, String(Number(value.toPrecision(9))));
}

function duckNumber(value: number, text: string): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  // By the text and not by the value: the float 0.0001 is a little less than that.
  const absolute = Math.abs(Number(text));
  if (absolute >= 1e-4 && absolute < 1e16) return text.includes('.') ? text : `${text}.0`;
  const [mantissa, exponent] = scientific(value, text);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function scientific(value: number, text: string): [string, number] {
  const form = text.includes('e') ? text : Number(text).toExponential();
  const [mantissa = String(value), exponent = '0'] = form.split('e');
  return [mantissa, Number(exponent)];
}

function cut(text: string, limits: CellLimits): Cell {
  if (text.length <= limits.textLength) return text;
  // Never half of a surrogate pair.
  const last = text.charCodeAt(limits.textLength - 1);
  const end = last >= 0xd800 && last < 0xdc00 ? limits.textLength - 1 : limits.textLength;
  return { kind: 'long', length: text.length, text: text.slice(0, end) };
}

function listCell(value: DuckDBValue, item: (value: DuckDBValue) => Cell, limits: CellLimits): Cell {
  if (!isList(value)) return String(value);
  const kept = value.items.length > limits.listLength ? value.items.slice(0, limits.listLength) : value.items;
  return { kind: 'list', length: value.items.length, values: kept.map(item) };
}

function mapCell(value: DuckDBValue, key: (value: DuckDBValue) => Cell, item: (value: DuckDBValue) => Cell, limits: CellLimits): Cell {
  if (!isMap(value)) return String(value);
  const kept = value.entries.length > limits.listLength ? value.entries.slice(0, limits.listLength) : value.entries;
  return { kind: 'map', length: value.entries.length, entries: kept.map((entry) => [key(entry.key), item(entry.value)] as const) };
}

interface Scaled {
  getScaledValue(row: number): number | bigint | null;
}

function hasScaledValue(vector: object): vector is Scaled {
  return 'getScaledValue' in vector;
}

function isList(value: unknown): value is { items: readonly DuckDBValue[] } {
  return typeof value === 'object' && value !== null && 'items' in value;
}

function isEntries(value: unknown): value is { entries: Readonly<Record<string, DuckDBValue>> } {
  return typeof value === 'object' && value !== null && 'entries' in value;
}

function isMap(value: unknown): value is { entries: readonly { key: DuckDBValue; value: DuckDBValue }[] } {
  return isEntries(value) && Array.isArray(value.entries);
}

function isUnion(value: unknown): value is { tag: string; value: DuckDBValue } {
  return typeof value === 'object' && value !== null && 'tag' in value;
}

function isVariant(value: object): value is { value: DuckDBValue; type?: DuckDBType } {
  return 'value' in value;
}
