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

const lineFeed = 10;
const carriageReturn = 13;
/** More than an exception has: what is longer are rows. */
const longestException = 256 * 1024;

export class Answer {
  readonly #facts: AnswerFacts;
  /** Behind the last line feed. */
  #rest: Buffer = Buffer.alloc(0);
  /** From where an exception seems to begin. */
  #held: Buffer | undefined;
  #names: readonly string[] | undefined;
  #readers: readonly FieldReader[] | undefined;

  constructor(facts: AnswerFacts) {
    this.#facts = facts;
  }

  push(chunk: Buffer): readonly AnswerPart[] {
    if (this.#held !== undefined) return this.#hold(Buffer.concat([this.#held, chunk]));
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    this.#rest = bytes.subarray(end);
    return end === 0 ? [] : this.#lines(bytes.subarray(0, end));
  }

  /** After the last byte, also when the connection broke: the exception may have come before. Rows that were held back come first. */
  end(): { readonly parts: readonly AnswerPart[]; readonly end: AnswerEnd } {
    const left = this.#held ?? this.#rest;
    if (left.length === 0) return { parts: [], end: { kind: 'whole' } };
    const exception = this.#exceptionIn(left);
    if (exception !== undefined) return { parts: [], end: { kind: 'exception', exception } };
    // The last line of a format of the statement's own may end without a line feed.
    if (this.#facts.format !== undefined) return { parts: this.#rows(Buffer.concat([left, Buffer.from('\n')])), end: { kind: 'whole' } };
    if (this.#held !== undefined && this.#rest.length === 0) return { parts: this.#rows(left), end: { kind: 'whole' } };
    return { parts: [], end: { kind: 'cut' } };
  }

  #lines(lines: Buffer): readonly AnswerPart[] {
    if (this.#facts.format !== undefined) return this.#ownFormat(lines);
    let rest = lines;
    const parts: AnswerPart[] = [];
    while (this.#readers === undefined && rest.length > 0) {
      const end = rest.indexOf(lineFeed) + 1;
      const line = rest.toString('utf8', 0, end - 1);
      if (startsException(line) && this.#names === undefined) return this.#holdFrom(rest, 0, parts);
      const fields = line.split('\t').map(unescapeText);
      if (this.#names === undefined) this.#names = fields;
      else {
        const names = this.#names;
        parts.push({ kind: 'columns', columns: fields.map((type, index) => columnOf(names[index] ?? '', type, this.#facts.zone)) });
        this.#readers = fields.map((type) => fieldReader(parseType(type)));
      }
      rest = rest.subarray(end);
    }
    const suspicious = this.#suspicious(rest);
    return suspicious < 0 ? [...parts, ...this.#rows(rest)] : this.#holdFrom(rest, suspicious, parts);
  }

  #ownFormat(lines: Buffer): readonly AnswerPart[] {
    const parts: AnswerPart[] = [];
    if (this.#readers === undefined) {
      this.#readers = [];
      parts.push({ kind: 'columns', columns: [{ name: this.#facts.format ?? '', type: 'String', kind: 'text' }] });
    }
    const start = this.#facts.tag === undefined ? exceptionLine(lines) : lines.indexOf('__exception__\r\n');
    return start < 0 ? [...parts, ...this.#rows(lines)] : this.#holdFrom(lines, start, parts);
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

  #holdFrom(lines: Buffer, start: number, parts: readonly AnswerPart[]): readonly AnswerPart[] {
    this.#held = Buffer.concat([lines.subarray(start), this.#rest]);
    this.#rest = Buffer.alloc(0);
    return [...parts, ...this.#rows(lines.subarray(0, start))];
  }

  /** Keeps what may be an exception, unless so much follows that it is none. */
  #hold(bytes: Buffer): readonly AnswerPart[] {
    if (bytes.length <= longestException || this.#readers?.length !== 1) {
      this.#held = bytes;
      return [];
    }
    this.#held = undefined;
    const end = bytes.lastIndexOf(lineFeed) + 1;
    this.#rest = bytes.subarray(end);
    return this.#rows(bytes.subarray(0, end));
  }

  #rows(lines: Buffer): readonly AnswerPart[] {
    if (lines.length === 0) return [];
    const batch = this.#facts.format === undefined ? new TabBatch(lines, this.#readers ?? []) : new LineBatch(lines);
    return [{ kind: 'rows', batch }];
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

/** Start of the first line that begins as exceptions do. */
function exceptionLine(lines: Buffer): number {
  if (lines.subarray(0, 6).toString('latin1') === 'Code: ') return 0;
  const at = lines.indexOf('\nCode: ');
  return at < 0 ? -1 : at + 1;
}
