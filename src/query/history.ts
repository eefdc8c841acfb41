/**
 * The statements that were run in the editor, newest first, shared by all windows: `<home>/history/*.ndjson`.
 *
 * Each entry is one write to a file opened for appending, so two processes never tear each other's lines. Files are
 * never rewritten: a full one is renamed to a segment, a segment that only holds entries beyond the limit is removed.
 * So nothing needs a lock, and an entry that another window writes at that moment lands in the segment.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Dialect } from '../engine/sql/lexer.ts';
import { holdsSecret } from '../engine/sql/secrets.ts';

const count = v.pipe(v.number(), v.minValue(0));
const entrySchema = v.object({
  id: v.string(),
  /** Milliseconds since the epoch. */
  at: v.number(),
  /** "DuckDB 1.5.5" */
  engine: v.string(),
  /** "TPC-H 0.01" */
  target: v.string(),
  scale: v.optional(v.number()),
  /** Name of the library's query, where it came from there. */
  title: v.optional(v.string()),
  statement: v.string(),
  /** Rows returned, or changed where none are returned. */
  rows: count,
  durationMs: count,
  outcome: v.picklist(['done', 'failed', 'cancelled', 'limited']),
  error: v.optional(v.string()),
});

export type HistoryEntry = Readonly<v.InferOutput<typeof entrySchema>>;

export interface HistoryOptions {
  /** `<home>/history` */
  readonly folder: string;
  readonly maxEntries: number;
}

/** Longer statements are data, not something to look for. */
const maxStatementLength = 200_000;
const current = 'history.ndjson';

interface FileCache {
  /** A file that took this one's name is read from its start: its inode and birth, since a removed file's inode is given out again. */
  readonly identity: string;
  /** Bytes read so far; always the end of a line. */
  offset: number;
  readonly entries: HistoryEntry[];
}

export class History {
  readonly #folder: string;
  readonly #maxEntries: number;
  readonly #files = new Map<string, FileCache>();
  #reading: Promise<HistoryEntry[]> | undefined;

  constructor(options: HistoryOptions) {
    this.#folder = options.folder;
    this.#maxEntries = Math.max(1, options.maxEntries);
  }

  /** Answers why an entry was left out. Fails: storage. */
  async add(entry: Omit<HistoryEntry, 'id'>, dialect: Dialect): Promise<HistoryEntry | 'secret' | 'tooLong'> {
    if (entry.statement.length > maxStatementLength) return 'tooLong';
    if (holdsSecret(entry.statement, dialect)) return 'secret';
    const whole = { id: randomUUID(), ...entry };
    const line = Buffer.from(`${JSON.stringify(whole)}\n`);
    await this.#guard(async () => {
      // Statements are private: readable by their owner only.
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const file = await open(join(this.#folder, current), 'a', 0o600);
      try {
        const { bytesWritten } = await file.write(line);
        // A disk that fills up takes a part of the line, and that is no error of `write`.
        if (bytesWritten < line.length) throw new Error('the disk took a part of the entry only');
      } finally {
        await file.close();
      }
    });
    return whole;
  }

  /** Entries in which every word occurs (in statement, title, engine, target or outcome), newest first. Fails: storage. */
  async search(words: string, limit: number): Promise<HistoryEntry[]> {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found: HistoryEntry[] = [];
    for (const entry of await this.#all()) {
      const text = [entry.statement, entry.title, entry.engine, entry.target, entry.outcome].join('\n').toLowerCase();
      if (wanted.every((word) => text.includes(word))) found.push(entry);
      if (found.length >= limit) break;
    }
    return found;
  }

  async find(id: string): Promise<HistoryEntry | undefined> {
    return (await this.#all()).find((entry) => entry.id === id);
  }

  /** Removes every entry, other windows' too. */
  async clear(): Promise<void> {
    await this.#guard(async () => {
      for (const name of await this.#names()) await rm(join(this.#folder, name), { force: true });
    });
    this.#files.clear();
  }

  #all(): Promise<HistoryEntry[]> {
    // Two searches at once share one reading: each file's offset moves once.
    this.#reading ??= this.#guard(() => this.#read()).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<HistoryEntry[]> {
    const names = await this.#names();
    for (const known of this.#files.keys()) if (!names.includes(known)) this.#files.delete(known);
    for (const name of names) await this.#readOn(name);
    const all = names.flatMap((name) => this.#files.get(name)?.entries ?? []);
    all.sort((a, b) => b.at - a.at);
    await this.#rotate(names);
    return all.slice(0, this.#maxEntries);
  }

  /** Reads what was appended since the last time. */
  async #readOn(name: string): Promise<void> {
    const found = await this.#appended(name);
    if (found === undefined) return;
    const { cache, bytes } = found;
    const end = bytes.lastIndexOf(10) + 1;
    cache.offset += end;
    const lines = bytes.toString('utf8', 0, end).split('\n');
    for (const [index, line] of lines.entries()) {
      const entry = parse(line);
      if (entry !== undefined) cache.entries.push(entry);
      // The extension host draws between two pieces of a long file.
      if (index % 400 === 399) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** undefined: nothing. Of the file that is open: another window may give its name to another one meanwhile. */
  async #appended(name: string): Promise<{ readonly cache: FileCache; readonly bytes: Buffer } | undefined> {
    const file = await open(join(this.#folder, name), 'r').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (file === undefined) return void this.#files.delete(name);
    try {
      const { size, ino, birthtimeMs } = await file.stat();
      const identity = `${ino} ${birthtimeMs}`;
      let cache = this.#files.get(name);
      if (cache?.identity !== identity || size < cache.offset) this.#files.set(name, (cache = { identity, offset: 0, entries: [] }));
      if (size === cache.offset) return undefined;
      const bytes = Buffer.alloc(size - cache.offset);
      await file.read(bytes, 0, bytes.length, cache.offset);
      return { cache, bytes };
    } finally {
      await file.close();
    }
  }

  async #rotate(names: readonly string[]): Promise<void> {
    const full = Math.ceil(this.#maxEntries / 4);
    if ((this.#files.get(current)?.entries.length ?? 0) >= full) {
      const segment = `history-${String(Date.now()).padStart(15, '0')}-${randomUUID().slice(0, 8)}.ndjson`;
      // Another window may have been first.
      await rename(join(this.#folder, current), join(this.#folder, segment)).catch(() => undefined);
      this.#files.delete(current);
      return;
    }
    let newer = this.#files.get(current)?.entries.length ?? 0;
    for (const name of names.filter((each) => each !== current).reverse()) {
      if (newer >= this.#maxEntries) await rm(join(this.#folder, name), { force: true });
      newer += this.#files.get(name)?.entries.length ?? 0;
    }
  }

  /** Oldest segment first, then the file that is written. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown): string[] => {
      if (isMissing(error)) return [];
      throw error;
    });
    const segments = names.filter((name) => /^history-.*\.ndjson$/.test(name)).sort();
    return names.includes(current) ? [...segments, current] : segments;
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new FaultlineError(
        'storage',
        {
          what: t('The query history cannot be read or written'),
          meaning: error instanceof Error ? error.message : String(error),
          remedy: t('Make sure that {0} is a folder that you may write to and that the disk is not full.', this.#folder),
        },
        error,
      );
    }
  }
}

/** Undefined for a torn line and for one that is not ours. */
function parse(line: string): HistoryEntry | undefined {
  if (line === '') return undefined;
  try {
    const checked = v.safeParse(entrySchema, JSON.parse(line));
    return checked.success ? checked.output : undefined;
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
