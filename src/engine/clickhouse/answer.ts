/**
 * The body of an answer as it comes: the two lines of names and types, then rows, and what tells that the statement failed on the way.
 *
 * A 200 does not mean success: the server has sent it before the statement ended. From 25.11 on it marks an exception by a carriage
 * return, which no value holds, and a tag; before, the exception is a line like any other behind the last row.
 */
import type { Column, RowBatch } from '../engine.ts';
import { TabBatch, LineBatch, fieldReader, type FieldReader } from './batch.ts';
import { parseException, type ServerException } from './errors.ts';
import { unescapeText } from './scalar.ts';
import { parseType } from './type-tree.ts';
import { columnOf } from './types.ts';

export const wireFormat = 'TabSeparatedWithNamesAndTypes';

export interface AnswerFacts {
  /** The format that the statement asked for itself: its lines are shown as they are. */
  readonly format?: string;
  /** `X-ClickHouse-Exception-Tag` */
  readonly tag?: string;
  readonly zone: string;
}

export type AnswerPart =
  { readonly kind: 'columns'; readonly columns: readonly Column[] } | { readonly kind: 'rows'; readonly batch: RowBatch };

/** What the answer ended with when it is no whole one. */
export type AnswerEnd =
  { readonly kind: 'whole' } | { readonly kind: 'exception'; readonly exception: ServerException } | { readonly kind: 'cut' };

const exceptionStart = Buffer.from('Code: ');
const lineFeed = 10;
const carriageReturn = 13;
/** More than an exception has: what is longer are rows. */
const longestException = 256 * 1024;

export class Answer {
  readonly #facts: AnswerFacts;
  /** Behind the last line feed, in the pieces in which it came. */
  #rest: Buffer[] = [];
  /** From where an exception seems to begin. */
  #held: Buffer | undefined;
  #names: readonly string[] | undefined;
  #readers: readonly FieldReader[] | undefined;
  /** What the chunk at hand gave. */
  #columns: AnswerPart[] = [];
  #whole: Buffer[] = [];

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  push(chunk: Buffer): readonly AnswerPart[] {
    if (this.#held === undefined) this.#take(chunk);
    else this.#hold([this.#held, chunk]);
    return this.#parts();
  }

  /** After the last byte, also when the connection broke: the exception may have come before. Rows that were held back come first. */
  end(): { readonly parts: readonly AnswerPart[]; readonly end: AnswerEnd } {
    const left = this.#held ?? Buffer.concat(this.#rest);
    if (left.length === 0) return { parts: [], end: { kind: 'whole' } };
    const exception = this.#exceptionIn(left);
    if (exception !== undefined) return { parts: [], end: { kind: 'exception', exception } };
    const isLine = left.at(-1) === lineFeed;
    // The last line of a format of the statement's own may end without a line feed.
    if (this.#facts.format !== undefined) this.#ownFormat(isLine ? left : Buffer.concat([left, Buffer.from('\n')]), false);
    // Of one text column: a row that only looked like an exception.
    else if (isLine && this.#readers?.length === 1) this.#whole.push(left);
    else return { parts: [], end: { kind: 'cut' } };
    return { parts: this.#parts(), end: { kind: 'whole' } };
  }

  /** Most chunks end inside of a row: only that row is copied, not the chunk. */
  #take(chunk: Buffer): void {
    let body = chunk;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(lineFeed) + 1;
      this.#rest.push(end === 0 ? chunk : chunk.subarray(0, end));
      if (end === 0) return;
      const line = Buffer.concat(this.#rest);
      this.#rest = [];
      body = chunk.subarray(end);
      this.#lines(line);
      if (this.#held !== undefined) return this.#hold([this.#held, body]);
    }
    const end = body.lastIndexOf(lineFeed) + 1;
    if (end < body.length) this.#rest = [body.subarray(end)];
    if (end > 0) this.#lines(body.subarray(0, end));
  }

  #lines(lines: Buffer): void {
    if (this.#facts.format !== undefined) return this.#ownFormat(lines, true);
    let rest = lines;
    while (this.#readers === undefined && rest.length > 0) {
      const end = rest.indexOf(lineFeed) + 1;
      const line = rest.toString('utf8', 0, end - 1);
      if (this.#names === undefined && startsException(line)) return this.#holdFrom(rest, 0);
      const fields = line.split('\t').map(unescapeText);
      if (this.#names === undefined) this.#names = fields;
      else {
        const names = this.#names;
        const columns = fields.map((type, index) => columnOf(names[index] ?? '', type, this.#facts.zone));
        this.#columns.push({ kind: 'columns', columns });
        this.#readers = fields.map((type) => fieldReader(parseType(type)));
      }
      rest = rest.subarray(end);
    }
    const suspicious = this.#suspicious(rest);
    if (suspicious < 0) this.#whole.push(rest);
    else this.#holdFrom(rest, suspicious);
  }

  #ownFormat(lines: Buffer, mayFail: boolean): void {
    if (this.#readers === undefined) {
      this.#readers = [];
      this.#columns.push({ kind: 'columns', columns: [{ name: this.#facts.format ?? '', type: 'String', kind: 'text' }] });
    }
    const start = this.#facts.tag === undefined ? exceptionLine(lines) : lines.indexOf('__exception__\r\n');
    if (start < 0 || !mayFail) this.#whole.push(lines);
    else this.#holdFrom(lines, start);
  }

  /** Where in whole lines an exception may begin; -1 when nowhere. */
  #suspicious(lines: Buffer): number {
    const mark = lines.indexOf(carriageReturn);
    if (mark >= 0) return lines.lastIndexOf(lineFeed, mark) + 1;
    if (this.#facts.tag !== undefined) return -1;
    const columns = this.#readers?.length ?? 0;
    for (let at = exceptionLine(lines); at >= 0;) {
      const end = lines.indexOf(lineFeed, at);
      const fields = lines.toString('utf8', at, end).split('\t').length;
      if (fields !== columns || columns === 1) return at;
      const next = exceptionLine(lines.subarray(end + 1));
      at = next < 0 ? -1 : end + 1 + next;
    }
    return -1;
  }

  #holdFrom(lines: Buffer, start: number): void {
    this.#held = Buffer.concat([lines.subarray(start), ...this.#rest]);
    this.#rest = [];
    if (start > 0) this.#whole.push(lines.subarray(0, start));
  }

  /** Keeps what may be an exception, unless so much follows that it is none. */
  #hold(pieces: readonly Buffer[]): void {
    const bytes = Buffer.concat(pieces);
    this.#held = bytes;
    if (bytes.length <= longestException) return;
    if (this.#facts.format === undefined && this.#readers?.length !== 1) {
      // No row, and too long for an exception: the answer can't be read, and the rest would only fill the memory.
      this.#held = bytes.subarray(0, longestException);
      return;
    }
    this.#held = undefined;
    const end = bytes.lastIndexOf(lineFeed) + 1;
    this.#rest = [bytes.subarray(end)];
    this.#whole.push(bytes.subarray(0, end));
  }

  #parts(): readonly AnswerPart[] {
    const lines = this.#whole.filter(({ length }) => length > 0);
    const parts = this.#columns;
    this.#columns = [];
    this.#whole = [];
    if (lines.length === 0) return parts;
    const batch = this.#facts.format === undefined ? new TabBatch(lines, this.#readers ?? []) : new LineBatch(lines);
    return [...parts, { kind: 'rows', batch }];
  }

  #exceptionIn(bytes: Buffer): ServerException | undefined {
    const text = bytes.toString('utf8');
    const { tag } = this.#facts;
    const marked = /__exception__\r?\n([^\r\n]+)\r?\n([\s\S]*)$/.exec(text);
    if (marked !== null && (tag === undefined || marked[1] === tag)) {
      const body = (marked[2] ?? '').replace(/\r?\n?\d* ?[^\r\n]*\r?\n__exception__\s*$/, '');
      return parseException(body) ?? { code: 1002, name: 'UNKNOWN_EXCEPTION', message: body.trim() };
    }
    const start =
      /(?:^|\n)(Code: \d+[.,][\s\S]*)$/.exec(text)?.[1] ?? /Code: \d+(?:\.|, e\.displayText\(\) =) DB::Exception: [\s\S]*$/.exec(text)?.[0];
    return start === undefined ? undefined : parseException(start);
  }
}

function startsException(line: string): boolean {
  return /^Code: \d+[.,] /.test(line) || line === '\r' || line.startsWith('__exception__');
}

/** Start of the first line that begins as exceptions do. Its first letter is rare, a line feed is not: the search is ten times as fast so. */
function exceptionLine(lines: Buffer): number {
  let at = lines.indexOf(exceptionStart);
  while (at > 0 && lines[at - 1] !== lineFeed) at = lines.indexOf(exceptionStart, at + 1);
  return at;
}
