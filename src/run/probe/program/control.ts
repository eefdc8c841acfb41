/**
 * The control of a vantage: an echo that no fault is meant for. It fails when the probe or the network of its node is what is broken, and
 * not the engine: so it asks other vantages, which run on other nodes, by their addresses (a broken DNS is felt by users and is no fault
 * of the probe), and where none of them answers the API's Service. One good answer is enough: a vantage that is gone does not blind others.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { t } from '../../../base/messages.ts';
import type { Place } from '../protocol.ts';
import { gaveUp, ok, type Answered } from './ask/asker.ts';
import { openWire, type Wire } from './ask/line.ts';

/** About as much as an engine answers. */
const echoed = JSON.stringify({ echo: 'x'.repeat(400) });
/** The next is asked when one hesitates for so long. */
const nextAfterMs = 200;
/** One that did not answer is asked last for so long. */
const shunnedMs = 5000;

export async function openEcho(port: number): Promise<{ readonly port: number; readonly server: Server }> {
  // A connection that is kept for a request a second is not to end between them.
  const server = createServer({ keepAliveTimeout: 120_000 }, (_request, response) => response.end(echoed));
  server.listen(port);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

interface Echo {
  shunnedUntilMs: number;
  ask(signal: AbortSignal): Promise<void>;
  close(): void;
}

export class Control {
  readonly #echoes: readonly Echo[];
  readonly #nowMs: () => number;

  constructor(connection: 'pooled' | 'fresh', echoes: readonly Place[], last: Place | undefined, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#echoes = [...echoes.map((place) => echoOf(place, connection)), ...(last === undefined ? [] : [reachOf(last)])];
  }

  /** Never fails. */
  async ask(signal: AbortSignal): Promise<Answered> {
    const now = this.#nowMs();
    const inOrder = this.#echoes.toSorted((a, b) => Number(a.shunnedUntilMs > now) - Number(b.shunnedUntilMs > now));
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    try {
      const answered = await this.#first(inOrder, both);
      if (answered) return ok;
      if (signal.aborted) return gaveUp(false);
      return { outcome: 'failed', error: { reason: 'unreachable', text: t('No echo answers'), code: 'NO_ECHO' } };
    } finally {
      over.abort();
    }
  }

  /** Asked one after the other, the next early when one hesitates. */
  #first(echoes: readonly Echo[], signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let next = 0;
    let running = 0;
    const start = (): void => {
      const echo = echoes[next];
      if (echo === undefined) return running === 0 ? resolve(false) : undefined;
      next++;
      running++;
      const hesitates = setTimeout(start, nextAfterMs);
      echo.ask(signal).then(
        () => {
          clearTimeout(hesitates);
          echo.shunnedUntilMs = 0;
          resolve(true);
        },
        () => {
          clearTimeout(hesitates);
          running--;
          echo.shunnedUntilMs = this.#nowMs() + shunnedMs;
          if (signal.aborted) resolve(false);
          else start();
        },
      );
    };
    start();
    signal.addEventListener('abort', () => resolve(false), { once: true });
    return promise;
  }

  close(): void {
    for (const echo of this.#echoes) echo.close();
  }
}

/** In the same way as the engine is asked. */
function echoOf({ host, port }: Place, connection: 'pooled' | 'fresh'): Echo {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const kept = connection === 'pooled' ? openWire(address, 'pooled') : undefined;
  return {
    shunnedUntilMs: 0,
    async ask(signal) {
      const wire: Wire = kept ?? openWire(address, 'fresh');
      try {
        const { status, body } = await wire.send({ method: 'GET', path: '/' }, signal);
        if (status !== 200 || body !== echoed) throw new Error('not the echo');
      } finally {
        if (wire !== kept) wire.close();
      }
    },
    close: () => kept?.close(),
  };
}

/** Of the API only that it takes a connection: who asks has no right to more. */
function reachOf({ host, port }: Place): Echo {
  return {
    shunnedUntilMs: 0,
    async ask(signal) {
      const socket = connect({ host, port, signal });
      try {
        await once(socket, 'connect', { signal });
      } finally {
        socket.on('error', () => undefined);
        socket.destroy();
      }
    },
    close: () => undefined,
  };
}
