/** What was seen, in a file, in order, until it is fetched: lines that are had again from any place. Bounded; what no longer fits is counted. */
import type { FileHandle } from 'node:fs/promises';

const pieceBytes = 64 * 1024;
const flushMs = 100;

export class Spool {
  readonly #file: FileHandle;
  readonly #mostBytes: number;
  #waiting = '';
  #waitingBytes = 0;
  #sizeBytes = 0;
  #next = 0;
  #overflowed = 0;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  readonly #readers = new Set<() => void>();

  /** The file is empty, open for writing and reading, and its opener's to close. */
  constructor(file: FileHandle, mostBytes: number) {
    this.#file = file;
    this.#mostBytes = mostBytes;
  }

  /** Without it nothing that is seen is worth anything: `onBroken` ends the program. */
  onBroken: (error: unknown) => void = () => undefined;

  /** Lines that had no room. */
  get overflowed(): number {
    return this.#overflowed;
  }

  /** Its number goes before it. The last ones of a run have room in any case. */
  add(line: readonly unknown[], isLast = false): void {
    const text = `${JSON.stringify([this.#next, ...line])}\n`;
    const bytes = Buffer.byteLength(text);
    if (!isLast && this.#sizeBytes + this.#waitingBytes + bytes > this.#mostBytes) {
      this.#overflowed++;
      return;
    }
    this.#next++;
    this.#waiting += text;
    this.#waitingBytes += bytes;
    this.#timer ??= setTimeout(() => void this.flush().catch((error: unknown) => this.onBroken(error)), flushMs);
  }

  /** Fails as the file does. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    this.#waitingBytes = 0;
    const at = this.#sizeBytes;
    this.#sizeBytes += bytes.length;
    this.#writing = this.#writing.then(async () => {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at + done);
        done += bytesWritten;
      }
      this.#written = at + bytes.length;
      for (const heard of this.#readers) heard();
    });
    await this.#writing;
  }

  #written = 0;

  /** From there to the end, and what comes after it, until the signal aborts. Pieces, cut anywhere. */
  async *from(offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    let at = offset;
    while (!signal.aborted) {
      if (at >= this.#written) {
        await this.#more(signal);
        continue;
      }
      const piece = Buffer.alloc(Math.min(pieceBytes, this.#written - at));
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, at);
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => {
      this.#readers.delete(done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    this.#readers.add(done);
    signal.addEventListener('abort', done, { once: true });
    return promise;
  }
}
