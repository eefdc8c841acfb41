/** Asking the person who typed the command. */
import { createInterface } from 'node:readline/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Talk } from '../ways/way.ts';

/** Only where both ends are a terminal is there somebody to ask; everything goes to stderr, since stdout may be read by `eval`. */
export function onTerminal(input: ReadStream, output: WriteStream): Talk {
  const say = (line: string): void => void output.write(`${line}\n`);
  if (!input.isTTY || !output.isTTY) return { say, confirm: undefined };
  const confirm = async (question: string): Promise<boolean> => {
    const lines = createInterface({ input, output });
    // It keeps Ctrl+C to itself, and then waits for ever.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    try {
      return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
    } finally {
      lines.close();
    }
  };
  return { say, confirm };
}
