/**
 * A journal's text as it comes, in pieces of any cut: its header and its events. Browser-safe.
 *
 * What can't be read (a line that was cut when its writer died, a kind or a source that a later version added) is passed over and
 * counted: an older reader of the same format has to survive it. A million events are opened while a person waits, so lines are checked
 * by hand and not by a schema; `npm run bench` holds it to twice a bare JSON.parse.
 */
import { isEvent } from './check.ts';
import type { JournalEvent, JournalHeader } from './events.ts';
import { noJournal, parseHeader } from './header.ts';

export class JournalText {
  #rest = '';
  #header: JournalHeader | undefined;
  #skipped = 0;

  /** With a header that was read before, the text is one that comes after it. */
  constructor(header?: JournalHeader) {
    this.#header = header;
  }

  /** Undefined before the first line is whole. */
  get header(): JournalHeader | undefined {
    return this.#header;
  }

  get skippedLines(): number {
    return this.#skipped;
  }

  /** The events whose lines this piece ends. Fails with `unsupported` for a newer format, with `invalid` for what is no journal. */
  push(text: string): readonly JournalEvent[] {
    const all = this.#rest === '' ? text : this.#rest + text;
    const events: JournalEvent[] = [];
    let start = 0;
    for (;;) {
      const end = all.indexOf('\n', start);
      if (end < 0) break;
      this.#line(all.slice(start, end), events);
      start = end + 1;
    }
    this.#rest = all.slice(start);
    return events;
  }

  /** The text ends here: a last line without its line break counts if it is whole. Fails like `push`. */
  end(): readonly JournalEvent[] {
    const events: JournalEvent[] = [];
    this.#line(this.#rest, events);
    this.#rest = '';
    if (this.#header === undefined) throw noJournal();
    return events;
  }

  #line(line: string, events: JournalEvent[]): void {
    if (line === '' || line === '\r') return;
    if (this.#header === undefined) {
      this.#header = parseHeader(line);
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#skipped++;
      return;
    }
    if (isEvent(value, this.#header.plan)) events.push(value);
    else this.#skipped++;
  }
}
