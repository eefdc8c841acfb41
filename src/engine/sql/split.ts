/** A document's statements, by the lexical rules of its engine. Linear; browser-safe. */
import { isBlank, Lexer, rulesOf, type Dialect } from './lexer.ts';

export type { Dialect } from './lexer.ts';

export interface Statement {
  /** UTF-16 offsets in the document; blanks and comments around the statement and its semicolon are outside. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function splitStatements(text: string, dialect: Dialect): Statement[] {
  const lexicalRules = rulesOf(dialect);
  const lexer = new Lexer(text, lexicalRules);
  const statements: Statement[] = [];
  let start = -1;
  let end = -1;
  let isBlock = false;
  let depth = 0;
  const finish = (): void => {
    if (start >= 0) statements.push({ start, end, text: text.slice(start, end) });
    start = -1;
    isBlock = false;
    depth = 0;
  };
  while (lexer.next() !== 'end') {
    if (lexer.kind === 'comment') continue;
    if (lexer.kind === 'semicolon' && depth === 0) {
      finish();
      continue;
    }
    if (lexer.kind === 'word' && lexicalRules.blockStarters.length > 0) {
      const word = text.slice(lexer.start, lexer.end).toUpperCase();
      if (start < 0) isBlock = lexicalRules.blockStarters.includes(word);
      if (isBlock && (word === 'BEGIN' || word === 'CASE')) depth++;
      else if (word === 'END' && depth > 0) depth--;
    }
    if (start < 0) start = lexer.start;
    end = lexer.end;
  }
  finish();
  return statements;
}

/**
 * The statement that a person means with the cursor at `offset`: the one it stands in or touches; after a semicolon
 * on the same line the one before it; between two statements the next one; after the last one the last.
 */
export function statementAt(statements: readonly Statement[], offset: number, text: string): Statement | undefined {
  let low = 0;
  let high = statements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((statements[middle]?.end ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  const next = statements[low];
  const previous = statements[low - 1];
  if (next === undefined) return previous;
  if (previous === undefined || offset >= next.start) return next;
  const between = text.slice(previous.end, offset);
  if (!/[\r\n]/.test(between)) {
    // `select 1; | select 2`: once something of the next statement's own line is reached, the nearer one is meant.
    return offset - previous.end <= next.start - offset || lineBreakIn(text, offset, next.start) ? previous : next;
  }
  return next;
}

function lineBreakIn(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 10 || text.charCodeAt(at) === 13) return true;
  return false;
}

/** A selection without blanks around it: what is run when text is selected. */
export function trimmedRange(text: string, start: number, end: number): { readonly start: number; readonly end: number } {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return { start, end };
}
