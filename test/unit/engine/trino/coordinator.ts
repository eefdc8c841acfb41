/** A local server that plays a coordinator, for what a real one can't be made to do at a given moment. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerEngine, ServerTarget } from '../../../../src/base/target.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { openTrino, type TrinoOptions } from '../../../../src/engine/trino/trino.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What is answered to a request; undefined: the connection is cut. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Bytes of the body after which the connection is cut. */
  readonly cutAfter?: number;
}

export type Play = (asked: Asked) => Answer | 'cut' | 'silence' | Promise<Answer | 'cut' | 'silence'>;

export interface Coordinator {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** From here on; `/v1/info` is answered anyhow. */
  play: Play;
  close(): Promise<void>;
  /** Frees the port, and takes it again. */
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function coordinator(play: Play, version = '476'): Promise<Coordinator> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
    if (one.path === '/v1/info') {
      response.end(JSON.stringify({ nodeVersion: { version } }));
      return;
    }
    asked.push(one);
    const said = await self.play(one);
    if (said === 'silence') return;
    if (said === 'cut') {
      response.destroy();
      return;
    }
    const body = Buffer.from(typeof said.body === 'string' ? said.body : JSON.stringify(said.body ?? {}));
    response.writeHead(said.status ?? 200, { 'content-type': 'application/json', 'content-length': body.length, ...said.headers });
    if (said.cutAfter === undefined) response.end(body);
    else response.write(body.subarray(0, said.cutAfter), () => response.destroy());
  };
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const down = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const port = await listen(0);
  const self: Coordinator = {
    url: `http://127.0.0.1:${port}`,
    asked,
    play,
    down,
    async up() {
      await listen(port);
    },
    close: () => (server.listening ? down() : Promise.resolve()),
  };
  return self;
}

/** A page of the query `q1`. `next`: the last part of the next page's address, on a host that nobody reaches. */
export function page(next?: string, rest: object = {}): Answer {
  return {
    body: {
      id: 'q1',
      ...(next === undefined ? {} : { nextUri: `http://coordinator.invalid:8080/v1/statement/executing/q1/${next}` }),
      stats: { state: 'RUNNING', scheduled: true, totalSplits: 4, completedSplits: 1, processedRows: 10, processedBytes: 100 },
      ...rest,
    },
  };
}

export const oneColumn = { columns: [{ name: 'a', type: 'bigint' }] };

export async function engineOn(
  { url }: Pick<Coordinator, 'url'>,
  options: Partial<TrinoOptions> = {},
  target: Partial<ServerTarget> = {},
): Promise<Engine> {
  const engine: ServerEngine = target.engine ?? 'trino';
  return openTrino(
    { kind: 'server', name: 'analytics', at: { kind: 'url', url }, user: 'ann', catalog: 'tpch', schema: 'tiny', ...target, engine },
    { url, path: 'direct', close: () => Promise.resolve() },
    { source: 'faultline', retryForMs: 2_000, confirmForMs: 2_000, ...options },
  );
}
