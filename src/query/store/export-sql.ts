/**
 * How a table is written in each format, so that nothing is rounded:
 * - CSV: DuckDB's own text of each value.
 * - JSON: numbers with all their digits, also inside lists and structs (DuckDB's own writer makes doubles of them); `NaN` and
 *   infinities, which JSON has no numbers for, as strings; a JSON column as it is; everything else as a string.
 * - Parquet: HUGEINT as DECIMAL(38,0) (DuckDB would write a double), and what Parquet can't hold exactly as text.
 */
import type { DuckDBType } from '@duckdb/node-api';
import { quoteName, quoteText } from '../../engine/duckdb/settings.ts';
import { typeId } from '../../engine/duckdb/types.ts';

/** The select list for a JSON object a row, as one VARCHAR column. */
export function jsonRow(names: readonly string[], types: readonly DuckDBType[]): string {
  const fields = uniqueNames(names).map((name, index) => {
    const key = quoteText(`${index === 0 ? '' : ','}${JSON.stringify(name)}:`);
    const type = types[index];
    return `${key} || ${type === undefined ? "'null'" : json(type, `c${index}`, 0)}`;
  });
  return `'{' || ${fields.length === 0 ? "''" : fields.join(' || ')} || '}'`;
}

export function parquetColumns(names: readonly string[], types: readonly DuckDBType[]): string {
  return uniqueNames(names)
    .map((name, index) => {
      const cast = types[index] === undefined ? undefined : parquetType(types[index]);
      return `${cast === undefined ? `c${index}` : `CAST(c${index} AS ${cast})`} AS ${quoteName(name)}`;
    })
    .join(', ');
}

/** Columns that are narrowed to DECIMAL(38,0), and may hold a longer number. */
export function wideColumns(types: readonly DuckDBType[]): number[] {
  return types.flatMap((type, index) => (isWideInteger(type) ? [index] : []));
}

/** JSON objects and Parquet files can't have a name twice: the second `n` becomes `n_2`. Names differ in more than case. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name === '' ? 'column' : name;
    for (let number = 2; used.has(unique.toLowerCase()) || (unique !== name && taken.has(unique.toLowerCase())); number++) {
      unique = `${name === '' ? 'column' : name}_${number}`;
    }
    used.add(unique.toLowerCase());
    return unique;
  });
}

/** A value as JSON text, never NULL. */
function json(type: DuckDBType, value: string, depth: number): string {
  if (type.alias === 'JSON') return `coalesce(${jsonColumn(value)}, 'null')`;
  switch (type.typeId as number) {
    case typeId.BOOLEAN:
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
    case typeId.DECIMAL:
      return `coalesce(CAST(${value} AS VARCHAR), 'null')`;
    case typeId.FLOAT:
    case typeId.DOUBLE:
      return `coalesce(CASE WHEN isfinite(${value}) THEN CAST(${value} AS VARCHAR) ELSE '"' || CAST(${value} AS VARCHAR) || '"' END, 'null')`;
    default:
      return nestedJson(type, value, depth) ?? `coalesce(${quoted(value)}, 'null')`;
  }
}

function nestedJson(type: DuckDBType, value: string, depth: number): string | undefined {
  const item = `x${depth}`;
  if ('keyType' in type && 'valueType' in type) {
    const entry = `${quoted(`${item}.key`)} || ':' || ${json(type.valueType, `${item}.value`, depth + 1)}`;
    return `coalesce('{' || array_to_string(list_transform(map_entries(${value}), lambda ${item}: ${entry}), ',') || '}', 'null')`;
  }
  if ('valueType' in type) {
    const list = type.typeId === typeId.ARRAY ? `CAST(${value} AS ${type.valueType.toString()}[])` : value;
    const items = `list_transform(${list}, lambda ${item}: ${json(type.valueType, item, depth + 1)})`;
    return `coalesce('[' || array_to_string(${items}, ',') || ']', 'null')`;
  }
  if ('entryNames' in type) {
    const fields = type.entryNames.map((name, index) => {
      const field = type.entryTypes[index];
      const inner = field === undefined ? "'null'" : json(field, `struct_extract(${value}, ${quoteText(name)})`, depth);
      return `${quoteText(`${index === 0 ? '' : ','}${JSON.stringify(name)}:`)} || ${inner}`;
    });
    return `CASE WHEN ${value} IS NULL THEN 'null' ELSE '{' || ${fields.join(' || ')} || '}' END`;
  }
  if ('memberTags' in type) {
    const members = type.memberTags.map((tag, index) => {
      const member = type.memberTypes[index];
      const inner = member === undefined ? "'null'" : json(member, `union_extract(${value}, ${quoteText(tag)})`, depth);
      return `WHEN ${quoteText(tag)} THEN ${quoteText(`{${JSON.stringify(tag)}:`)} || ${inner} || '}'`;
    });
    return `CASE WHEN ${value} IS NULL THEN 'null' ELSE CASE CAST(union_tag(${value}) AS VARCHAR) ${members.join(' ')} END END`;
  }
  return undefined;
}

function quoted(value: string): string {
  return `CAST(to_json(CAST(${value} AS VARCHAR)) AS VARCHAR)`;
}

/** Its text is JSON already; a line break between its tokens would end the row. */
function jsonColumn(value: string): string {
  const text = `CAST(${value} AS VARCHAR)`;
  return `CASE WHEN json_valid(${text}) THEN replace(replace(${text}, chr(10), ' '), chr(13), ' ') ELSE ${quoted(value)} END`;
}

/** What a type becomes in Parquet; undefined when it stays. */
function parquetType(type: DuckDBType): string | undefined {
  if (isWideInteger(type)) return 'DECIMAL(38,0)';
  if (isTextInParquet(type)) return 'VARCHAR';
  if ('keyType' in type && 'valueType' in type) {
    const [key, value] = [parquetType(type.keyType), parquetType(type.valueType)];
    if (key === undefined && value === undefined) return undefined;
    return `MAP(${key ?? type.keyType.toString()}, ${value ?? type.valueType.toString()})`;
  }
  if ('valueType' in type) {
    const inner = parquetType(type.valueType);
    return inner === undefined ? undefined : `${inner}[${'length' in type ? String(type.length) : ''}]`;
  }
  if ('entryNames' in type) {
    const inner = type.entryTypes.map(parquetType);
    if (inner.every((each) => each === undefined)) return undefined;
    const fields = type.entryTypes.map((each, index) => `${quoteName(type.entryNames[index] ?? '')} ${inner[index] ?? each.toString()}`);
    return `STRUCT(${fields.join(', ')})`;
  }
  return undefined;
}

function isWideInteger(type: DuckDBType): boolean {
  return type.typeId === typeId.HUGEINT || type.typeId === typeId.UHUGEINT;
}

const textInParquet: readonly number[] = [
  typeId.BIGNUM,
  typeId.INTERVAL,
  typeId.TIME_TZ,
  typeId.TIME_NS,
  typeId.BIT,
  typeId.UNION,
  typeId.VARIANT,
  typeId.GEOMETRY,
];

function isTextInParquet(type: DuckDBType): boolean {
  return textInParquet.includes(type.typeId);
}
