/** Places in a statement: DuckDB counts bytes of UTF-8, its parser counts characters, editors count UTF-16 units. */

export type PositionUnit = 'bytes' | 'characters';

export interface Token {
  /** UTF-16 units from the start of the statement. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The error stands behind the last token: the token is the last one. */
  readonly atEnd: boolean;
  /** A quote that is never closed. */
  readonly unterminated: boolean;
}

const tokens =
  /(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)(?:\.(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*))*|'(?:[^']|'')*'|\d[\w.]*|::|<=|>=|<>|!=|\S/uy;

/** The token at an offset of a text that has `prefixLength` (ASCII) characters more in front than `sql`. */
export function tokenAt(sql: string, offset: number, unit: PositionUnit, prefixLength: number, name?: string): Token {
  const start = positionAt(sql, Math.max(0, offset - prefixLength), unit);
  const rest = sql.slice(start);
  if (rest.trim() === '' || /^\s*;\s*$/.test(rest)) return lastToken(sql.slice(0, start));
  if (name !== undefined && name !== '' && rest.startsWith(name)) {
    return { start, end: start + name.length, text: name, atEnd: false, unterminated: false };
  }
  tokens.lastIndex = start;
  const text = tokens.exec(sql)?.[0] ?? rest.charAt(0);
  const unterminated = text === "'" || text === '"';
  return { start, end: start + text.length, text, atEnd: false, unterminated };
}

function lastToken(sql: string): Token {
  const trimmed = sql.trimEnd().replace(/;$/, '').trimEnd();
  const text = /(?:[\p{L}\p{N}_$."]+|\S)$/u.exec(trimmed)?.[0] ?? '';
  return { start: trimmed.length - text.length, end: trimmed.length, text, atEnd: true, unterminated: false };
}

/** UTF-16 units before an offset. */
export function positionAt(text: string, offset: number, unit: PositionUnit): number {
  let counted = 0;
  let units = 0;
  for (const character of text) {
    if (counted >= offset) break;
    counted += unit === 'characters' ? 1 : bytesOf(character.codePointAt(0) ?? 0);
    units += character.length;
  }
  return units;
}

function bytesOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Both from 1. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}
