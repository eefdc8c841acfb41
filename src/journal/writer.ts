/**
 * Appends to a journal. Synchronous: an embedded engine occupies the threads that asynchronous writes would wait for.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, ftruncateSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { JournalEvent, JournalHeader } from './events.ts';
import { runFiles } from './runs.ts';
import { unwritable } from './storage.ts';

const reserveBytes = 64 * 1024;
const lineBreak = '\n'.charCodeAt(0);

export class JournalWriter {
  readonly #path: string;
  readonly #reserve: string;
  readonly #fd: number;
  #size = 0;
  /** Why nothing but the end is taken any more: a journal with a hole in its middle would be no evidence. */
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
   * All events with one call of the system. Fails with `storage`; what was written by then are whole lines. From then on only an `end`
   * is taken, for which the reserve is given back; anything else fails again.
   */
  append(events: readonly JournalEvent[]): void {
    if (events.length === 0) return;
    const taken = this.#broken === undefined ? events : events.filter(({ kind }) => kind === 'end');
    if (taken.length === 0) throw unwritable(this.#path, this.#broken);
    let text = '';
    for (const event of taken) text += `${JSON.stringify(event)}\n`;
    try {
      this.#write(text);
    } catch (error) {
      this.#broken ??= error;
      if (!taken.some(({ kind }) => kind === 'end')) throw unwritable(this.#path, error);
      this.#writeOnReserve(taken.filter(({ kind }) => kind === 'end'));
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

  #writeOnReserve(ends: readonly JournalEvent[]): void {
    rmSync(this.#reserve, { force: true });
    try {
      this.#write(ends.map((event) => `${JSON.stringify(event)}\n`).join(''));
    } catch (error) {
      throw unwritable(this.#path, error);
    }
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
