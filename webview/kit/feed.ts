/** Reads one run's journal, a window at a time, and projects it. A turn takes one window, so the page stays usable whatever the run. */
import type { JournalFacts, JournalWindow } from '../../src/ui/panels/journal.ts';
import { RunProjection } from '../../src/analysis/run.ts';
import type { RunView } from '../../src/analysis/view.ts';
import { JournalText } from '../../src/journal/parse.ts';
import type { JournalEvent } from '../../src/journal/events.ts';

export interface FeedParts {
  read(offset: number): Promise<JournalWindow>;
  /** A window was projected, the journal was read to its end, or it could not be. */
  moved(): void;
}

export class Feed {
  readonly run: string;
  readonly #parts: FeedParts;
  readonly #text = new JournalText();
  #facts: JournalFacts;
  #projection: RunProjection | null = null;
  #offset = 0;
  #reading = false;
  #ended = false;
  #closed = false;
  #error: unknown = null;

  constructor(facts: JournalFacts, parts: FeedParts) {
    this.run = facts.run;
    this.#facts = facts;
    this.#parts = parts;
  }

  get facts(): JournalFacts {
    return this.#facts;
  }

  get projection(): RunProjection | null {
    return this.#projection;
  }

  /** Bytes read. */
  get offset(): number {
    return this.#offset;
  }

  /** Why reading stopped: a newer format, or the host could not read. */
  get error(): unknown {
    return this.#error;
  }

  /** 0 to 1 while there is much to read that was there before. */
  get fraction(): number {
    return this.#facts.sizeBytes === 0 ? 1 : Math.min(1, this.#offset / this.#facts.sizeBytes);
  }

  get caughtUp(): boolean {
    return this.#offset >= this.#facts.sizeBytes;
  }

  view(): RunView | null {
    if (this.#projection === null) return null;
    const state = this.#facts.state === 'live' ? 'running' : this.#facts.state;
    return this.#projection.view(state, this.#text.skippedLines);
  }

  follow(facts: JournalFacts): void {
    this.#facts = facts;
    if (!this.#reading) void this.#read();
  }

  /** After an error: from where it stopped. */
  retry(): void {
    this.#error = null;
    this.follow(this.#facts);
  }

  close(): void {
    this.#closed = true;
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#closed && !this.caughtUp) {
        const { text, next } = await this.#parts.read(this.#offset);
        if (this.#closed || next <= this.#offset) break;
        this.#offset = next;
        this.#take(this.#text.push(text));
        this.#parts.moved();
        await nextTurn();
      }
      if (this.#facts.state !== 'live' && !this.#ended && this.caughtUp) {
        this.#ended = true;
        this.#take(this.#text.end());
      }
    } catch (error) {
      this.#error = error;
    } finally {
      this.#reading = false;
      if (!this.#closed) this.#parts.moved();
    }
  }

  #take(events: readonly JournalEvent[]): void {
    const { header } = this.#text;
    if (header === undefined) return;
    this.#projection ??= new RunProjection(header);
    for (const event of events) this.#projection.add(event);
  }
}

/** Pointer and keys have their turn, and the screen is drawn. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
