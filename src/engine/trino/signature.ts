/** Types as the server writes them: `row(a bigint, "B b" array(varchar(10)))`, `timestamp(3) with time zone`, `INTERVAL DAY TO SECOND`. */
import type { Column, ColumnKind } from '../engine.ts';

const kinds: Readonly<Record<string, ColumnKind>> = {
  tinyint: 'integer',
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
  real: 'float',
  double: 'float',
  boolean: 'boolean',
  date: 'date',
  time: 'time',
  'time with time zone': 'time',
  timestamp: 'timestamp',
  'timestamp with time zone': 'timestamp',
  'interval day to second': 'interval',
  'interval year to month': 'interval',
  varchar: 'text',
  char: 'text',
  json: 'text',
  uuid: 'text',
  ipaddress: 'text',
  ipprefix: 'text',
  varbinary: 'binary',
  array: 'nested',
  map: 'nested',
  row: 'nested',
};

/** A type that can't be taken apart stays whole: its column is `other`. */
export function columnOf(name: string, type: string): Column {
  const base = baseOf(type);
  const children = childrenOf(base, type);
  return { name, type, kind: kinds[base] ?? 'other', ...(children.length === 0 ? {} : { children }) };
}

/** `decimal` of `decimal(15, 2)`, `timestamp with time zone` of `timestamp(3) with time zone`; lower case. */
export function baseOf(type: string): string {
  const open = type.indexOf('(');
  if (open < 0) return type.trim().toLowerCase();
  const close = type.lastIndexOf(')');
  return `${type.slice(0, open).trim()} ${type.slice(close + 1).trim()}`.trim().toLowerCase();
}

function childrenOf(base: string, type: string): readonly Column[] {
  const parts = parameters(type);
  if (base === 'array') return parts.slice(0, 1).map((part) => columnOf('element', part));
  if (base === 'map') return parts.slice(0, 2).map((part, index) => columnOf(index === 0 ? 'key' : 'value', part));
  if (base === 'row') return parts.map(fieldOf);
  return [];
}

/** What stands between the outer brackets, parted by the commas that are in no inner bracket and in no quoted name. */
function parameters(type: string): readonly string[] {
  const open = type.indexOf('(');
  if (open < 0) return [];
  const inner = type.slice(open + 1, type.lastIndexOf(')'));
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < inner.length; at++) {
    const character = inner[at];
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === ',' && depth === 0) {
      parts.push(inner.slice(start, at).trim());
      start = at + 1;
    }
  }
  parts.push(inner.slice(start).trim());
  return parts;
}

/** Types of more than one word: what would else read as a field's name and its type. */
const severalWords = /^(?:time(?:stamp)?(?:\(\d+\))? with(?:out)? time zone|interval (?:day to second|year to month)|double precision)$/i;

/** `a bigint`, `"B b" bigint`, or a type alone: such a field is shown as `field0`, as the servers' own clients do. */
function fieldOf(part: string, index: number): Column {
  const quoted = /^"((?:[^"]|"")*)"\s+(.+)$/s.exec(part);
  if (quoted !== null) return columnOf((quoted[1] ?? '').replaceAll('""', '"'), quoted[2] ?? '');
  const named = severalWords.test(part) ? null : /^([^\s("]+)\s+(.+)$/s.exec(part);
  return named === null ? columnOf(`field${index}`, part) : columnOf(named[1] ?? '', named[2] ?? '');
}
