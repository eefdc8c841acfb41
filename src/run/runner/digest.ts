/** An answer as one text, whatever the order of its rows: equal digests, equal answers. Not against forgery. */
import type { Cell, Column, NestedCell } from '../../engine/engine.ts';

/**
 * Significant digits of a float that count. A sum made by several threads differs in its 15th or 16th digit from one time to the
 * next; with 12 digits kept, one of a thousand such sums would still be rounded to another text, with 9 one of a million.
 */
const floatDigits = 9;

export class Digest {
  readonly #isFloat: readonly boolean[];
  #rows = 0;
  #low = 0;
  #high = 0;

  constructor(columns: readonly Column[]) {
    this.#isFloat = columns.map(({ type }) => /\b(?:DOUBLE|FLOAT|REAL)\b/i.test(type));
  }

  add(rows: readonly (readonly Cell[])[]): void {
    for (const row of rows) {
      const [low, high] = hash(row.map((cell, column) => textOf(cell, this.#isFloat[column] ?? false)).join('\u0001'));
      this.#rows++;
      this.#low = (this.#low + low) >>> 0;
      this.#high = (this.#high + high) >>> 0;
    }
  }

  text(): string {
    return `${this.#rows}:${this.#high.toString(16)}:${this.#low.toString(16)}`;
  }
}

function textOf(cell: Cell, isFloat: boolean): string {
  if (cell === null) return '\u0000';
  if (typeof cell === 'string') return isFloat ? rounded(cell) : cell;
  return nestedText(cell, isFloat);
}

function nestedText(cell: NestedCell, isFloat: boolean): string {
  const inside = (value: Cell): string => textOf(value, isFloat);
  switch (cell.kind) {
    case 'list':
      return `[${cell.values.map(inside).join('\u0002')}]${cell.length}`;
    case 'struct':
      return `{${cell.entries.map(([name, value]) => `${name}\u0003${inside(value)}`).join('\u0002')}}`;
    case 'map':
      return `(${cell.entries.map(([key, value]) => `${inside(key)}\u0003${inside(value)}`).join('\u0002')})${cell.length}`;
    case 'long':
      return `${cell.text}${cell.length}`;
  }
}

function rounded(text: string): string {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value.toPrecision(floatDigits) : text;
}

/** FNV-1a twice, over UTF-16 units, with different starts and a last mix: 64 bits together. */
function hash(text: string): readonly [number, number] {
  let low = 0x811c9dc5;
  let high = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x5bd1e995);
  }
  return [mix(low), mix(high ^ (low >>> 7))];
}

function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
