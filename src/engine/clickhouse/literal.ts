/**
 * Nested values in ClickHouse's own notation: `[1,NULL]`, `('a',2)`, `{'k':[1]}`, as they stand in a field of TabSeparated.
 * Texts are quoted and escaped once, numbers are not quoted: both are taken as they are, so nothing is rounded. Browser-safe.
 */
import type { Cell } from '../engine.ts';
import { jsonCell } from './json.ts';
import { decimalText, unescapeText } from './scalar.ts';
import { valueType, type TypeTree } from './type-tree.ts';

/** Undefined when the text is not in this notation. */
export function literalCell(text: string, type: TypeTree): Cell | undefined {
  const reader = new LiteralReader(text);
  const cell = reader.value(valueType(type));
  return reader.failed || reader.at !== text.length ? undefined : cell;
}

class LiteralReader {
  readonly #text: string;
  at = 0;
  failed = false;

  constructor(text: string) {
    this.#text = text;
  }

  value(type: TypeTree): Cell {
    switch (this.#text.charAt(this.at)) {
      case '[':
        return this.#list(type);
      case '(':
        return this.#tuple(type);
      case '{':
        return this.#map(type);
      case "'": {
        const text = this.#quoted();
        return type.name === 'JSON' ? (jsonCell(text) ?? text) : text;
      }
      default:
        return this.#plain(type);
    }
  }

  #list(type: TypeTree): Cell {
    const element = elementOf(type);
    const values: Cell[] = [];
    this.#items(']', () => values.push(this.value(element)));
    return { kind: 'list', length: values.length, values };
  }

  #tuple(type: TypeTree): Cell {
    const entries: (readonly [string, Cell])[] = [];
    const fields = type.name === 'Tuple' ? type.types : memberOf(type, 'Tuple').types;
    this.#items(')', () => {
      const field = fields[entries.length];
      entries.push([field?.name ?? String(entries.length + 1), this.value(field === undefined ? unknown : valueType(field.type))]);
    });
    return { kind: 'struct', entries };
  }

  #map(type: TypeTree): Cell {
    const entries: (readonly [Cell, Cell])[] = [];
    const { types } = memberOf(type, 'Map');
    const keyType = valueType(types[0]?.type ?? unknown);
    const itemType = valueType(types[1]?.type ?? unknown);
    this.#items('}', () => {
      const key = this.value(keyType);
      this.#expect(':');
      entries.push([key, this.value(itemType)]);
    });
    return { kind: 'map', length: entries.length, entries };
  }

  /** Reads from the opening bracket to behind the closing one. */
  #items(close: string, item: () => void): void {
    this.at++;
    if (this.#text.charAt(this.at) === close) {
      this.at++;
      return;
    }
    while (!this.failed) {
      item();
      const next = this.#text.charAt(this.at++);
      if (next === close) return;
      // `(1,)` is a tuple of one.
      if (next === ',' && this.#text.charAt(this.at) === close) {
        this.at++;
        return;
      }
      if (next !== ',') this.failed = true;
    }
  }

  #quoted(): string {
    const start = ++this.at;
    const text = this.#text;
    while (this.at < text.length && text.charCodeAt(this.at) !== 39) this.at += text.charCodeAt(this.at) === 92 ? 2 : 1;
    if (this.at >= text.length) this.failed = true;
    return unescapeText(text.slice(start, this.at++));
  }

  #plain(type: TypeTree): Cell {
    const start = this.at;
    const text = this.#text;
    while (this.at < text.length && !',])}:'.includes(text.charAt(this.at))) this.at++;
    if (this.at === start) this.failed = true;
    const token = text.slice(start, this.at);
    if (token === 'NULL') return null;
    return type.name === 'Decimal' ? decimalText(token, type) : token;
  }

  #expect(character: string): void {
    if (this.#text.charAt(this.at++) !== character) this.failed = true;
  }
}

const unknown: TypeTree = { name: '', text: '', types: [], arguments: [] };

function elementOf(type: TypeTree): TypeTree {
  if (type.name === 'Nested') return { ...type, name: 'Tuple' };
  const list = memberOf(type, 'Array');
  return valueType(list.types[0]?.type ?? unknown);
}

/** The type itself, or what a variant has of this kind. */
function memberOf(type: TypeTree, name: string): TypeTree {
  if (type.name === name) return type;
  const member = type.name === 'Variant' ? type.types.map((one) => valueType(one.type)).find((one) => one.name === name) : undefined;
  return member ?? unknown;
}
