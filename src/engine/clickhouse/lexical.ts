/** What is known of a statement from its text alone. Browser-safe. */
import { Lexer, rulesOf } from '../sql/lexer.ts';

const rules = rulesOf('clickhouse');

export interface StatementFacts {
  /** First word in capitals: `SELECT`. Empty when there is nothing but blanks, comments and semicolons. */
  readonly first: string;
  /** The format that the statement asks its answer in; an INSERT's is that of its data. */
  readonly format?: string;
  /** From the word FORMAT to behind the format's name. UTF-16 units. */
  readonly formatAt?: { readonly start: number; readonly end: number };
}

export function readStatement(sql: string): StatementFacts {
  const lexer = new Lexer(sql, rules);
  let first = '';
  let format: { readonly format: string; readonly formatAt: { readonly start: number; readonly end: number } } | undefined;
  let depth = 0;
  let previous = '';
  let previousStart = 0;
  while (lexer.next() !== 'end') {
    if (lexer.kind === 'comment' || lexer.kind === 'semicolon') continue;
    const text = sql.slice(lexer.start, lexer.end);
    if (text === '(') depth++;
    else if (text === ')') depth--;
    const word = lexer.kind === 'word' ? text.toUpperCase() : '';
    if (first === '') first = word === '' ? text : word;
    if (previous === 'FORMAT' && depth === 0 && lexer.kind === 'word')
      format = { format: text, formatAt: { start: previousStart, end: lexer.end } };
    // The data of an INSERT follow: they are no SQL.
    if (first === 'INSERT' && (word === 'VALUES' || previous === 'FORMAT')) break;
    previous = word;
    previousStart = lexer.start;
  }
  return { first, ...(first === 'INSERT' ? {} : format) };
}

/** UTF-16 offsets of the first place outside of texts and comments where a name is written; a quoted one counts without its quotes. */
export function placeOfName(sql: string, name: string): { readonly start: number; readonly end: number } | undefined {
  const parts = name.split('.');
  const last = parts.at(-1) ?? name;
  const lexer = new Lexer(sql, rules);
  const found: { readonly text: string; readonly start: number; readonly end: number }[] = [];
  while (lexer.next() !== 'end') {
    if (lexer.kind !== 'word' && lexer.kind !== 'name') continue;
    const raw = sql.slice(lexer.start, lexer.end);
    found.push({ text: lexer.kind === 'name' ? raw.slice(1, -1) : raw, start: lexer.start, end: lexer.end });
  }
  // `a.b` first as it is written, then by its last part alone: the server may have put the database in front.
  for (let at = 0; at + parts.length <= found.length; at++) {
    if (parts.every((part, index) => found[at + index]?.text === part))
      return { start: found[at]?.start ?? 0, end: found[at + parts.length - 1]?.end ?? 0 };
  }
  const one = found.find(({ text }) => text === last);
  return one === undefined ? undefined : { start: one.start, end: one.end };
}
