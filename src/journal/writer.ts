/**
 * Appends to a journal. Synchronous: an embedded engine occupies the threads that asynchronous writes would wait for.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, ftruncateSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { JournalEvent, JournalHeader } from './events.ts';
import { runFiles } from './runs.ts';
import { unwritable } from './storage.ts';

/** Half of it is for what becomes of faults, the other half for the end alone. */
const reserveBytes = 64 * 1024;
const lineBreak = '\n'.charCodeAt(0);

export class JournalWriter {
  readonly #path: string;
  readonly #reserve: string;
  readonly #fd: number;
  #size = 0;
  /** Why nothing is measured any more: a journal with a hole in its middle would be no evidence. */
  #broken: unknown;

  /** Of a new file. Fails with `storage`; then there is none. */
  static create(path: string, header: JournalHeader): JournalWriter {
    let fd: number | undefined;
    const reserve = join(dirname(path), runFiles.reserve);
    try {
      fd = openSync(path, 'ax', 0o600);
      // Random: a file system that compresses would keep nothing for zeros.
      writeFileSync(reserve, randomBytes(reserveBytes), { mode: 0o600 });
      const writer = new JournalWriter(path, reserve, fd);
      writer.#write(`${JSON.stringify(header)}\n`);
      return writer;
    } catch (error) {
      if (fd !== undefined) {
        closeSync(fd);
        rmSync(path, { force: true });
        rmSync(reserve, { force: true });
      }
      throw unwritable(path, error);
    }
  }

  private constructor(path: string, reserve: string, fd: number) {
    this.#path = path;
    this.#reserve = reserve;
    this.#fd = fd;
  }

  /**
   * All events with one call of the system. Fails with `storage`; what was written by then are whole lines. From then on it fails again
   * for anything but an `end`. What becomes of a fault that was begun is written all the same, as far as the reserve lasts: whoever finds
   * this journal later must not look for what is healed.
   */
  append(events: readonly JournalEvent[]): void {
    if (events.length === 0 || (this.#broken === undefined && this.#isWritten(events))) return;
    const hasEnd = this.#writeOnReserve(events.filter(isLastWord));
    if (!hasEnd) throw unwritable(this.#path, this.#broken);
  }

  /** Keeps why not. */
  #isWritten(events: readonly JournalEvent[]): boolean {
    try {
      this.#write(linesOf(events));
      return true;
    } catch (error) {
      this.#broken = error;
      return false;
    }
  }

  /** What was appended survives the machine's end. */
  sync(): void {
    try {
      fdatasyncSync(this.#fd);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** Also gives back the reserve. */
  close(): void {
    closeSync(this.#fd);
    rmSync(this.#reserve, { force: true });
  }

  /** Answers whether the end is among them. Fails with `storage` where it could not be written. */
  #writeOnReserve(events: readonly JournalEvent[]): boolean {
    const hasEnd = events.some(({ kind }) => kind === 'end');
    if (events.length === 0) return false;
    try {
      if (hasEnd) rmSync(this.#reserve, { force: true });
      else truncateSync(this.#reserve, reserveBytes / 2);
      this.#write(linesOf(events));
    } catch (error) {
      if (hasEnd) throw unwritable(this.#path, error);
    }
    return hasEnd;
  }

  #write(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    let written = 0;
    try {
      while (written < bytes.length) {
        const now = writeSync(this.#fd, bytes, written);
        if (now === 0) throw new FaultlineError('storage', { what: t('The disk took nothing'), meaning: this.#path });
        written += now;
      }
      this.#size += written;
    } catch (error) {
      this.#keepWholeLines(bytes.subarray(0, written));
      throw error;
    }
  }

  /** A part of a line at the end would spoil the line that comes after it. A reader may have read the whole ones already. */
  #keepWholeLines(written: Buffer): void {
    this.#size += written.lastIndexOf(lineBreak) + 1;
    ftruncateSync(this.#fd, this.#size);
  }
}

/** A fault is not begun where that can't be written down; what becomes of one that was is. */
function isLastWord(event: JournalEvent): boolean {
  return event.kind === 'end' || (event.kind === 'fault' && event.step !== 'ready' && event.step !== 'go');
}

function linesOf(events: readonly JournalEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
