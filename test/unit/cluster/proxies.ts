/** Proxies of a test, on loopback: whatever name is asked for, they lead to one server. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTls } from 'node:https';
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TestProxy {
  readonly port: number;
  /** "api.example:6443" of each passage that was asked for. */
  readonly asked: readonly string[];
  /** Of the last passage that was asked for. */
  headers(): IncomingHttpHeaders;
  /** How many are open now. */
  open(): number;
  close(): Promise<void>;
}

/** An HTTP proxy. `status`: what it answers instead of leading on; `tls`: it is spoken to by TLS. */
export async function connectProxy(target: URL, status = 200, tls?: { readonly key: string; readonly cert: string }): Promise<TestProxy> {
  const asked: string[] = [];
  let headers: IncomingHttpHeaders = {};
  const passages = new Passages(target);
  const server = (tls === undefined ? createServer() : createTls(tls)).on('connect', (request, near: Duplex) => {
    asked.push(request.url ?? '');
    headers = request.headers;
    near.on('error', () => undefined);
    if (status !== 200) return void near.end(`HTTP/1.1 ${status} No\r\ncontent-length: 4\r\n\r\nnope`);
    near.write('HTTP/1.1 200 Connection established\r\n\r\n');
    passages.join(near);
  });
  return { ...(await started(server, passages)), asked, headers: () => headers };
}

/** SOCKS 5, which takes `user` with `password` where they are given. */
export async function socksProxy(target: URL, login?: { readonly user: string; readonly password: string }): Promise<TestProxy> {
  const asked: string[] = [];
  const passages = new Passages(target);
  const server = createTcp((near) => {
    near.on('error', () => undefined);
    void (async () => {
      await bytesOf(near);
      near.write(Buffer.from([5, login === undefined ? 0 : 2]));
      if (login !== undefined) {
        const given = await bytesOf(near);
        const size = given[1] ?? 0;
        const [user, password] = [given.subarray(2, 2 + size).toString(), given.subarray(3 + size).toString()];
        const fits = user === login.user && password === login.password;
        near.write(Buffer.from([1, fits ? 0 : 1]));
        if (!fits) return void near.end();
      }
      const wish = await bytesOf(near);
      const end = 5 + (wish[4] ?? 0);
      // 3: the client leaves the name to the proxy.
      asked.push(wish[3] === 3 ? `${wish.subarray(5, end).toString()}:${wish.readUInt16BE(end)}` : `kind ${wish[3]}`);
      near.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      passages.join(near);
    })().catch(() => near.destroy());
  });
  return { ...(await started(server, passages)), asked, headers: () => ({}) };
}

async function bytesOf(socket: Socket): Promise<Buffer> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes;
}

class Passages {
  readonly #target: URL;
  readonly #open = new Set<Duplex>();

  constructor(target: URL) {
    this.#target = target;
  }

  get size(): number {
    return this.#open.size;
  }

  join(near: Duplex): void {
    const far = connect(Number(this.#target.port), this.#target.hostname);
    this.#open.add(near);
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => {
      this.#open.delete(near);
      far.destroy();
    });
    near.pipe(far).pipe(near);
  }

  end(): void {
    for (const near of this.#open) near.destroy();
  }
}

async function started(server: Server, passages: Passages): Promise<Pick<TestProxy, 'port' | 'open' | 'close'>> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open: () => passages.size,
    close: async () => {
      passages.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
