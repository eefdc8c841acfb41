/** Rows as ClickHouse sent them: lines of TabSeparated, read when somebody asks for them. */
import { isUtf8 } from 'node:buffer';
import type { Cell, RowBatch } from '../engine.ts';
import { jsonCell } from './json.ts';
import { literalCell } from './literal.ts';
import { decimalText, unescapeText } from './scalar.ts';
import { valueType, type TypeTree } from './type-tree.ts';

/** A field as a cell; the field is no NULL. Undefined: its text is the cell, once unescaped. */
export type FieldReader = ((field: string) => Cell) | undefined;

export function fieldReader(type: TypeTree): FieldReader {
  const inner = valueType(type);
  switch (inner.name) {
    case 'Decimal':
      return (field) => decimalText(field, inner);
    case 'JSON':
    case 'Object':
      return (field) => {
        const text = unescapeText(field);
        return jsonCell(text) ?? text;
      };
    case 'Array':
    case 'Tuple':
    case 'Nested':
    case 'Map':
      return (field) => literalCell(field, inner) ?? unescapeText(field);
    case 'Variant':
    case 'Dynamic':
      // Which member a value is of is not told: one that reads as a list, a tuple or a map is shown as such.
      return (field) => (/^[[({]/.test(field) ? literalCell(field, inner) : undefined) ?? unescapeText(field);
    default:
      return undefined;
  }
}

const newline = 10;

export class TabBatch implements RowBatch {
  #rowCount: number | undefined;
  readonly #lines: readonly Buffer[];
  readonly #readers: readonly FieldReader[];
  readonly #special: boolean;

  /** Each is whole lines with their line feeds. */
  constructor(lines: readonly Buffer[], readers: readonly FieldReader[]) {
    this.#lines = lines;
    this.#readers = readers;
    this.#special = readers.some((reader) => reader !== undefined);
  }

  get rowCount(): number {
    this.#rowCount ??= countAll(this.#lines);
    return this.#rowCount;
  }

  rows(): readonly (readonly Cell[])[] {
    const text = textOf(this.#lines, '\\\\x');
    const escaped = text.includes('\\');
    const lines = text.split('\n');
    lines.length -= 1;
    this.#rowCount = lines.length;
    if (!escaped && !this.#special) return lines.map((line) => line.split('\t'));
    return lines.map((line) => this.#row(line.split('\t'), escaped));
  }

  #row(fields: string[], escaped: boolean): readonly Cell[] {
    const readers = this.#readers;
    const cells: Cell[] = fields;
    for (let column = 0; column < fields.length; column++) {
      const field = fields[column] ?? '';
      const read = readers[column];
      if (escaped && field === '\\N') cells[column] = null;
      else if (read !== undefined) cells[column] = read(field);
      else if (escaped) cells[column] = unescapeText(field);
    }
    return cells;
  }
}

/** Lines of a format that the statement itself asked for: one cell a line. */
export class LineBatch implements RowBatch {
  readonly rowCount: number;
  readonly #lines: readonly Buffer[];

  constructor(lines: readonly Buffer[]) {
    this.#lines = lines;
    this.rowCount = countAll(lines);
  }

  rows(): readonly (readonly Cell[])[] {
    const lines = textOf(this.#lines, '\\x').split('\n');
    lines.length -= 1;
    return lines.map((line) => [line.endsWith('\r') ? line.slice(0, -1) : line]);
  }
}

function countAll(lines: readonly Buffer[]): number {
  let count = 0;
  for (const one of lines) count += countLines(one);
  return count;
}

function textOf(lines: readonly Buffer[], mark: string): string {
  return lines.map((one) => (isUtf8(one) ? one.toString('utf8') : readable(one, mark))).join('');
}

/** Four bytes at a time: it is all that a run which keeps no rows does with them, and a byte at a time takes twice as long. */
function countLines(lines: Buffer): number {
  const { length, byteOffset, buffer } = lines;
  let count = 0;
  let at = 0;
  for (; at < length && ((byteOffset + at) & 3) !== 0; at++) if (lines[at] === newline) count++;
  const words = new Uint32Array(buffer, byteOffset + at, (length - at) >> 2);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? 0;
    // A byte that is a line feed becomes zero; a zero byte leaves its highest bit set, and the multiplication adds the four bits up.
    const crossed = word ^ 0x0a0a0a0a;
    const zeros = ~(((crossed & 0x7f7f7f7f) + 0x7f7f7f7f) | crossed | 0x7f7f7f7f);
    if (zeros !== 0) count += Math.imul((zeros >>> 7) & 0x01010101, 0x01010101) >>> 24;
  }
  for (at += words.length * 4; at < length; at++) if (lines[at] === newline) count++;
  return count;
}

/**
 * ClickHouse's String is any bytes. Those that are no UTF-8 are shown as `\xC3`, so that two different values do not look the same.
 * In a field that is unescaped afterwards the backslash is doubled.
 */
function readable(bytes: Buffer, mark: string): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    if (length > 0) text += bytes.toString('utf8', at, at + length);
    else text += `${mark}${(bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')}`;
    at += Math.max(1, length);
  }
  return text;
}

/** Bytes of the character that begins here; 0 when none does. */
function characterAt(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
