/** ClickHouse's type names as trees: `Array(Nullable(Decimal(15, 2)))`. Browser-safe. */

export interface TypeTree {
  /** "Decimal", "Array" */
  readonly name: string;
  /** The type as it was written. */
  readonly text: string;
  readonly types: readonly NamedType[];
  /** Arguments that are no types, as written: `2`, `'Europe/Berlin'`, `'a' = 1`. */
  readonly arguments: readonly string[];
}

export interface NamedType {
  /** Of a tuple's element, where it has one. */
  readonly name?: string;
  readonly type: TypeTree;
}

/** Arguments of these are types; of all others they are numbers, texts and names of functions. */
const holders = new Set(['Array', 'Nullable', 'LowCardinality', 'Map', 'Variant', 'Tuple', 'Nested', 'SimpleAggregateFunction']);

/** Types that are another one under a name of its own. */
const aliases: Readonly<Record<string, string>> = {
  Point: 'Tuple(Float64, Float64)',
  Ring: 'Array(Tuple(Float64, Float64))',
  LineString: 'Array(Tuple(Float64, Float64))',
  Polygon: 'Array(Array(Tuple(Float64, Float64)))',
  MultiLineString: 'Array(Array(Tuple(Float64, Float64)))',
  MultiPolygon: 'Array(Array(Array(Tuple(Float64, Float64))))',
};

/** Never fails: what can't be read is a type of that name. */
export function parseType(text: string): TypeTree {
  const trimmed = text.trim();
  const open = trimmed.indexOf('(');
  if (open < 0 || !trimmed.endsWith(')')) return { name: trimmed, text: trimmed, types: [], arguments: [] };
  const name = trimmed.slice(0, open).trim();
  const parts = splitArguments(trimmed.slice(open + 1, -1));
  if (!holders.has(name)) return { name, text: trimmed, types: [], arguments: parts };
  if (name === 'SimpleAggregateFunction') {
    return { name, text: trimmed, types: parts.slice(1).map((part) => ({ type: parseType(part) })), arguments: parts.slice(0, 1) };
  }
  const named = name === 'Tuple' || name === 'Nested';
  return { name, text: trimmed, types: parts.map((part) => (named ? namedType(part) : { type: parseType(part) })), arguments: [] };
}

/** The type whose values are in a column: without what only says how they are stored, or that NULL may be among them. */
export function valueType(type: TypeTree): TypeTree {
  const alias = aliases[type.name];
  if (alias !== undefined) return parseType(alias);
  const [inner] = type.types;
  const wraps = type.name === 'Nullable' || type.name === 'LowCardinality' || type.name === 'SimpleAggregateFunction';
  return wraps && inner !== undefined ? valueType(inner.type) : type;
}

/** `a Int32`, `` `a b` Array(String) ``, or a type alone. */
function namedType(text: string): NamedType {
  const quoted = /^`((?:[^`\\]|\\.)*)`\s+/.exec(text);
  if (quoted !== null) return { name: (quoted[1] ?? '').replaceAll(/\\(.)/g, '$1'), type: parseType(text.slice(quoted[0].length)) };
  const plain = /^([\w.]+)\s+(?=\w)/.exec(text);
  return plain === null ? { type: parseType(text) } : { name: plain[1] ?? '', type: parseType(text.slice(plain[0].length)) };
}

/** By the commas outside of brackets and quotes. */
function splitArguments(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "'" || character === '`') at = quoteEnd(text, at);
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' ? parts : [...parts, last];
}

function quoteEnd(text: string, start: number): number {
  const quote = text.charAt(start);
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== quote) at += text.charAt(at) === '\\' ? 2 : 1;
  return at;
}
