/** DuckDB's types as columns. */
import type { DuckDBType } from '@duckdb/node-api';
import type { Column, ColumnKind } from '../engine.ts';

/** Numbers of `DuckDBTypeId`, which can't be imported as a value before the binding is loaded; a test compares them. */
export const typeId = {
  BOOLEAN: 1,
  TINYINT: 2,
  SMALLINT: 3,
  INTEGER: 4,
  BIGINT: 5,
  UTINYINT: 6,
  USMALLINT: 7,
  UINTEGER: 8,
  UBIGINT: 9,
  FLOAT: 10,
  DOUBLE: 11,
  TIMESTAMP: 12,
  DATE: 13,
  TIME: 14,
  INTERVAL: 15,
  HUGEINT: 16,
  VARCHAR: 17,
  BLOB: 18,
  DECIMAL: 19,
  TIMESTAMP_S: 20,
  TIMESTAMP_MS: 21,
  TIMESTAMP_NS: 22,
  ENUM: 23,
  LIST: 24,
  STRUCT: 25,
  MAP: 26,
  UUID: 27,
  UNION: 28,
  BIT: 29,
  TIME_TZ: 30,
  TIMESTAMP_TZ: 31,
  UHUGEINT: 32,
  ARRAY: 33,
  BIGNUM: 35,
  SQLNULL: 36,
  TIME_NS: 39,
  GEOMETRY: 40,
  VARIANT: 41,
} as const;

const kinds: Readonly<Record<number, ColumnKind>> = {
  [typeId.BOOLEAN]: 'boolean',
  [typeId.TINYINT]: 'integer',
  [typeId.SMALLINT]: 'integer',
  [typeId.INTEGER]: 'integer',
  [typeId.BIGINT]: 'integer',
  [typeId.UTINYINT]: 'integer',
  [typeId.USMALLINT]: 'integer',
  [typeId.UINTEGER]: 'integer',
  [typeId.UBIGINT]: 'integer',
  [typeId.HUGEINT]: 'integer',
  [typeId.UHUGEINT]: 'integer',
  [typeId.BIGNUM]: 'integer',
  [typeId.FLOAT]: 'float',
  [typeId.DOUBLE]: 'float',
  [typeId.DECIMAL]: 'decimal',
  [typeId.TIMESTAMP]: 'timestamp',
  [typeId.TIMESTAMP_S]: 'timestamp',
  [typeId.TIMESTAMP_MS]: 'timestamp',
  [typeId.TIMESTAMP_NS]: 'timestamp',
  [typeId.TIMESTAMP_TZ]: 'timestamp',
  [typeId.DATE]: 'date',
  [typeId.TIME]: 'time',
  [typeId.TIME_TZ]: 'time',
  [typeId.TIME_NS]: 'time',
  [typeId.INTERVAL]: 'interval',
  [typeId.VARCHAR]: 'text',
  [typeId.ENUM]: 'text',
  [typeId.UUID]: 'text',
  [typeId.BLOB]: 'binary',
  [typeId.LIST]: 'nested',
  [typeId.ARRAY]: 'nested',
  [typeId.STRUCT]: 'nested',
  [typeId.MAP]: 'nested',
  [typeId.UNION]: 'nested',
  [typeId.VARIANT]: 'nested',
};

export function columnKind(type: DuckDBType): ColumnKind {
  return kinds[type.typeId] ?? 'other';
}

/** A column with the types inside of it. */
export function columnOf(name: string, type: DuckDBType): Column {
  const children = childrenOf(type);
  return { name, type: typeName(type), kind: columnKind(type), ...(children.length === 0 ? {} : { children }) };
}

/** DuckDB's name of the type, as `DESCRIBE` writes it. */
export function typeName(type: DuckDBType): string {
  return type.alias !== undefined && type.alias !== '' ? type.alias : type.toString();
}

/** True when a value of this type, or one inside of it, is shown in the session's time zone. */
export function needsTimeZone(type: DuckDBType): boolean {
  if (type.typeId === typeId.TIMESTAMP_TZ || type.typeId === typeId.VARIANT) return true;
  return childTypes(type).some(([, child]) => needsTimeZone(child));
}

function childrenOf(type: DuckDBType): readonly Column[] {
  return childTypes(type).map(([name, child]) => columnOf(name, child));
}

function childTypes(type: DuckDBType): readonly (readonly [string, DuckDBType])[] {
  if ('keyType' in type && 'valueType' in type) {
    return [
      ['key', type.keyType],
      ['value', type.valueType],
    ];
  }
  if ('valueType' in type) return [['element', type.valueType]];
  if ('entryNames' in type) return zip(type.entryNames, type.entryTypes);
  if ('memberTags' in type) return zip(type.memberTags, type.memberTypes);
  return [];
}

function zip(names: readonly string[], types: readonly DuckDBType[]): readonly (readonly [string, DuckDBType])[] {
  return types.map((type, index) => [names[index] ?? '', type]);
}
