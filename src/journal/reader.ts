/** Journals on disk, also while they grow. All of it fails with `notFound`, `storage` (can't be read), `unsupported` or `invalid`. */
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { cancelled, FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { JournalEvent, JournalHeader } from './events.ts';
import { noJournal, parseHeader } from './header.ts';
import { JournalText } from './parse.ts';
import { unreadable } from './storage.ts';

/** Of one read of a whole journal. */
const chunkBytes = 256 * 1024;
/** A plan holds the text of all its statements. Above this it is none that we wrote. */
const longestLineBytes = 4 * 1024 * 1024;
const lineBreak = '\n'.charCodeAt(0);

/** Where a batch of events ends up. The header is the same each time. */
type OnEvents = (events: readonly JournalEvent[], header: JournalHeader) => void;

/** From its first byte to its last, a piece at a time; other work of the process goes on in between. */
export async function readJournal(
  path: string,
  onEvents: OnEvents,
  signal?: AbortSignal,
): Promise<{ readonly header: JournalHeader; readonly skippedLines: number }> {
  const text = new JournalText();
  // Cut in the middle of a character: the rest comes with the next piece, or the line is torn.
  const decoder = new TextDecoder('utf-8');
  const tell = (events: readonly JournalEvent[]): void => {
    if (events.length > 0 && text.header !== undefined) onEvents(events, text.header);
  };
  const bytes = createReadStream(path, { highWaterMark: chunkBytes });
  try {
    for await (const piece of bytes) {
      if (signal?.aborted === true) throw cancelled();
      tell(text.push(decoder.decode(piece as Buffer, { stream: true })));
    }
    tell(text.push(decoder.decode()));
    tell(text.end());
  } catch (error) {
    throw unreadable(path, error);
  }
  if (text.header === undefined) throw noJournal();
  return { header: text.header, skippedLines: text.skippedLines };
}

/**
 * Whole lines from a byte offset that is the start of one: at most `maxBytes`, but at least one line where there is one. `next` is where
 * to go on; it is `offset` when nothing whole has come since.
 */
export async function readWindow(
  path: string,
  offset: number,
  maxBytes: number,
): Promise<{ readonly text: string; readonly next: number }> {
  return withFile(path, async (file) => {
    // A page that follows a run asks for some kilobytes several times a second: no megabyte is filled for them.
    const left = Math.max(0, (await file.stat()).size - offset);
    for (let size = maxBytes; ; size = Math.min(size * 4, longestLineBytes)) {
      const bytes = await readAt(file, offset, Math.min(size, left));
      const end = bytes.lastIndexOf(lineBreak) + 1;
      if (end > 0) return { text: bytes.toString('utf8', 0, end), next: offset + end };
      if (size > left) return { text: '', next: offset };
      if (size >= longestLineBytes) throw tooLong(path);
    }
  });
}

export async function readHeader(path: string): Promise<JournalHeader> {
  return withFile(path, async (file) => headerOf(file, path, await readAt(file, 0, edgeBytes)));
}

/** The header, the size, and whether the run's end is in it: what a list of runs shows, without reading the journal. */
export async function readEdges(
  path: string,
): Promise<{ readonly header: JournalHeader; readonly journalBytes: number; readonly hasEnd: boolean }> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const first = await readAt(file, 0, Math.min(size + 1, edgeBytes));
    const header = await headerOf(file, path, first);
    const last = size < edgeBytes ? first : await readAt(file, size - edgeBytes, edgeBytes);
    return { header, journalBytes: size, hasEnd: hasEnd(last, header) };
  });
}

/** Holds the head of most runs, and at the other side the end: what was underway may be told after it. */
const edgeBytes = 64 * 1024;

async function headerOf(file: FileHandle, path: string, first: Buffer): Promise<JournalHeader> {
  for (let bytes = first, size = edgeBytes; ; bytes = await readAt(file, 0, size)) {
    const end = bytes.indexOf(lineBreak);
    if (end >= 0) return parseHeader(bytes.toString('utf8', 0, end));
    if (bytes.length < size) throw noJournal();
    if (size >= longestLineBytes) throw tooLong(path);
    size = Math.min(size * 4, longestLineBytes);
  }
}

/** No line but an event's own can have these words: in a text the quotes have backslashes. */
const endWords = Buffer.from('"kind":"end"');

function hasEnd(last: Buffer, header: JournalHeader): boolean {
  for (let at = last.lastIndexOf(endWords); at >= 0; at = last.lastIndexOf(endWords, at - 1)) {
    const start = last.lastIndexOf(lineBreak, at) + 1;
    const end = last.indexOf(lineBreak, at);
    const text = new JournalText(header);
    const events = [...text.push(last.toString('utf8', start, end < 0 ? last.length : end)), ...text.end()];
    if (events.some(({ kind }) => kind === 'end')) return true;
    if (start === 0) return false;
    at = start;
  }
  return false;
}

async function readAt(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(buffer, filled, size - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file?.close();
  }
}

function tooLong(path: string): FaultlineError {
  return new FaultlineError('invalid', { what: t('A line of this journal is longer than 4 MB'), meaning: path });
}
