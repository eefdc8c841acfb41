/** ClickHouse's types as columns. Browser-safe. */
import type { Column, ColumnKind } from '../engine.ts';
import { parseType, valueType, type TypeTree } from './type-tree.ts';

const kinds: Readonly<Record<string, ColumnKind>> = {
  BFloat16: 'float',
  Float32: 'float',
  Float64: 'float',
  String: 'text',
  FixedString: 'text',
  UUID: 'text',
  IPv4: 'text',
  IPv6: 'text',
  Enum8: 'text',
  Enum16: 'text',
  Bool: 'boolean',
  Date: 'date',
  Date32: 'date',
  Time: 'time',
  Time64: 'time',
  DateTime: 'timestamp',
  DateTime64: 'timestamp',
  Array: 'nested',
  Tuple: 'nested',
  Nested: 'nested',
  Map: 'nested',
  Variant: 'nested',
  JSON: 'nested',
};

export function kindOf(type: TypeTree): ColumnKind {
  const { name } = valueType(type);
  if (/^U?Int\d+$/.test(name)) return 'integer';
  if (/^Decimal\d*$/.test(name)) return 'decimal';
  if (name.startsWith('Interval')) return 'interval';
  return kinds[name] ?? 'other';
}

/** `zone` is that of instants whose type names none: the server's, or the one that the statement set. */
export function columnOf(name: string, typeText: string, zone: string): Column {
  return column(name, parseType(typeText), zone);
}

function column(name: string, type: TypeTree, zone: string): Column {
  const children = childrenOf(valueType(type), zone);
  const { text } = type;
  return { name, type: zoned(text, zone), kind: kindOf(type), ...(children.length === 0 ? {} : { children }) };
}

/** A text such as `2026-03-01 14:31:07` says which instant it is only together with a time zone. */
function zoned(text: string, zone: string): string {
  if (!text.includes('DateTime') || zone === '') return text;
  return text.replaceAll(/\bDateTime(?!\w|\()/g, `DateTime('${zone}')`).replaceAll(/\bDateTime64\((\d+)\)/g, `DateTime64($1, '${zone}')`);
}

function childrenOf({ name, types }: TypeTree, zone: string): readonly Column[] {
  if (name === 'Array') return types.slice(0, 1).map(({ type }) => column('element', type, zone));
  if (name === 'Map') return types.map(({ type }, index) => column(index === 0 ? 'key' : 'value', type, zone));
  if (name === 'Variant') return types.map(({ type }) => column(type.text, type, zone));
  if (name === 'Tuple') return types.map((element, index) => column(element.name ?? String(index + 1), element.type, zone));
  if (name === 'Nested') {
    const fields = types.map((element, index) => column(element.name ?? String(index + 1), element.type, zone));
    const row = `Tuple(${types.map((field) => `${field.name ?? ''} ${field.type.text}`).join(', ')})`;
    return [{ name: 'element', type: zoned(row, zone), kind: 'nested', children: fields }];
  }
  return [];
}
