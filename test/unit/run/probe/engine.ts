/** A server on this machine that answers as an engine does over HTTP, until a test lets it stall, refuse or lie. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Behaves = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class FakeEngine {
  readonly server: Server;
  readonly asked: { readonly at: number; readonly method: string; readonly path: string; readonly body: string }[] = [];
  connections = 0;
  behaves: Behaves;

  private constructor(behaves: Behaves) {
    this.behaves = behaves;
    this.server = createServer((request, response) => void this.#answer(request, response));
    this.server.on('connection', () => this.connections++);
  }

  static async start(behaves: Behaves): Promise<FakeEngine> {
    const engine = new FakeEngine(behaves);
    await engine.listen(0);
    return engine;
  }

  async listen(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now();
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.asked.push({ at, method: request.method ?? '', path: request.url ?? '', body });
    this.behaves(request, response, body);
  }
}

export const clickHouse: Behaves = (_request, response) => response.end('1\n');

/** Three pages: queued, one row, done. */
export function trino(row: readonly unknown[] = [25]): Behaves {
  return (request, response) => {
    const json = (page: object): void => void response.end(JSON.stringify({ id: 'q1', stats: { state: 'RUNNING' }, ...page }));
    // The host is one that only the server knows.
    const next = (path: string): string => `http://coordinator.inside:8080${path}`;
    if (request.method === 'DELETE') return void response.writeHead(204).end();
    if (request.url === '/v1/statement') return json({ nextUri: next('/v1/statement/queued/q1/1') });
    if (request.url === '/v1/statement/queued/q1/1') return json({ data: [row], nextUri: next('/v1/statement/executing/q1/2') });
    return json({});
  };
}
