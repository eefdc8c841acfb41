/** The edges of a command in the terminal. */
import type { Readable, Writable } from 'node:stream';
import { fit } from './format/width.ts';

export interface Terminal {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl+C, by a reader of our output that has gone (`| head`), and by a disk that does not take our output. */
  readonly signal: AbortSignal;
}

export const exitCodes = { done: 0, verdictFailed: 1, invalid: 2, failed: 3, inconclusive: 4, interrupted: 130 } as const;

/** Why a command was stopped: the abort reason. */
export type StopReason = 'interrupted' | 'outputClosed' | 'outputFailed';

/** Writes at the speed of the reader. Resolves also when the reader has gone: the signal tells. */
export async function write(terminal: Terminal, text: string): Promise<void> {
  const { stdout, signal } = terminal;
  if (text === '' || signal.aborted || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stdout.off('drain', done);
      stdout.off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    stdout.on('drain', done);
    stdout.on('close', done);
    signal.addEventListener('abort', done);
  });
}

/** One line that is overwritten: only on a terminal, and gone when the work is. */
export class StatusLine {
  readonly #terminal: Terminal;
  #shown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get isVisible(): boolean {
    return this.#terminal.stderr.isTTY === true;
  }

  show(text: string): void {
    if (!this.isVisible) return;
    // A line that wraps would stay: only its last row is cleared.
    this.#terminal.stderr.write(`\r\u001b[2K${fit(text, (this.#terminal.stderr.columns ?? 80) - 1)}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#terminal.stderr.write('\r\u001b[2K');
    this.#shown = false;
  }

  /** A line that stays, on a terminal only. */
  note(text: string): void {
    if (!this.isVisible) return;
    this.clear();
    this.#terminal.stderr.write(`${text}\n`);
  }
}
