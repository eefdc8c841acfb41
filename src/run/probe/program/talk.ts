/** Lines from and to whoever has forwarded a port to the pod: one spool is sent to one of them at a time, questions are answered to all. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { normalise } from '../../../base/errors.ts';
import { Question, type Answer } from '../protocol.ts';
import type { Spool } from './spool.ts';

export interface TalkParts {
  readonly spool: Spool;
  /** On loopback. */
  readonly port: number;
  readonly nowMs: () => number;
  /** Somebody is there. */
  readonly heard: () => void;
  /** Fails: the failure is the answer. */
  readonly does: (question: Exclude<Question, { readonly do: 'clock' | 'from' }>) => Promise<{ readonly t?: number }>;
}

export async function openTalk(parts: TalkParts): Promise<{ readonly port: number; readonly server: Server }> {
  let sending: AbortController | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    const send = (answer: Answer): void => void (socket.writable && socket.write(`${JSON.stringify(answer)}\n`));
    const lines = createInterface({ input: socket });
    // It repeats the socket's errors, and one that nobody hears ends the process: a tunnel that breaks would end the vantage.
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const question = questionOf(line);
      if (question === undefined) return void socket.destroy();
      parts.heard();
      if (question.do === 'clock') return send({ id: question.id, t: parts.nowMs() });
      if (question.do === 'from') {
        sending?.abort();
        sending = new AbortController();
        send({ id: question.id });
        return void stream(parts.spool, question.at, socket, sending.signal).catch(() => socket.destroy());
      }
      return void parts.does(question).then(
        (done) => send({ id: question.id, ...done }),
        (error: unknown) => {
          const { reason, facts } = normalise(error);
          const { what, meaning, remedy, code } = facts;
          const said = meaning === undefined ? what : `${what}: ${meaning}`;
          const more = { ...(remedy === undefined ? {} : { remedy }), ...(code === undefined ? {} : { code }) };
          send({ id: question.id, error: { reason, what: said, ...more } });
        },
      );
    });
  });
  server.listen(parts.port, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

function questionOf(line: string): Question | undefined {
  try {
    return v.parse(Question, JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Whole lines at a time: an answer may stand between two of them, and never in one. */
async function stream(spool: Spool, at: number, socket: Socket, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  socket.once('close', () => over.abort());
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of spool.from(at, AbortSignal.any([signal, over.signal]))) {
    const all = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const end = all.lastIndexOf(0x0a) + 1;
    rest = all.subarray(end);
    if (end === 0 || socket.destroyed) continue;
    if (!socket.write(all.subarray(0, end))) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
  }
}
