/** Places in a statement: the servers count lines and columns from 1, in characters; editors count UTF-16 units. */
import type { StatementPosition } from '../../base/errors.ts';

const token =
  /(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$@:]*)(?:\.(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$@:]*))*|'(?:[^']|'')*'|\d[\w.]*|->|=>|<=|>=|<>|!=|\|\||\S/uy;

/** The token at a place of `sql`, in front of which `prefixLength` characters of ours stand. Behind the end: the last token. */
export function spanAt(sql: string, line: number, column: number, prefixLength = 0): StatementPosition {
  const start = offsetOf(sql, line, line === 1 ? column - prefixLength : column);
  if (sql.slice(start).trim() === '') return lastToken(sql);
  token.lastIndex = start;
  const found = token.exec(sql)?.[0];
  return { start, end: start + (found ?? String.fromCodePoint(sql.codePointAt(start) ?? 32)).length };
}

function offsetOf(sql: string, line: number, column: number): number {
  let start = 0;
  for (let current = 1; current < line; current++) {
    const end = sql.indexOf('\n', start);
    if (end < 0) break;
    start = end + 1;
  }
  let offset = start;
  for (let counted = 1; counted < column && offset < sql.length; counted++) offset += (sql.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  return offset;
}

function lastToken(sql: string): StatementPosition {
  const trimmed = sql.trimEnd();
  const text = /(?:[\p{L}\p{N}_$."]+|\S)$/u.exec(trimmed)?.[0] ?? '';
  return { start: trimmed.length - text.length, end: trimmed.length };
}
