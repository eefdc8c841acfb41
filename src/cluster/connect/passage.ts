/** A socket to an API server through a proxy: the same way for requests, watches and upgraded streams. */
import { once } from 'node:events';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { bare, type Proxy } from './proxy.ts';

export interface Destination {
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Of an address, with the port that its protocol has where it names none. */
export function destinationOf({ protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>): Destination {
  return { host: bare(hostname), port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}

/** The proxy did not lead on. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  /** HTTP, of a proxy that answered and refused. */
  readonly status: number | undefined;

  constructor(message: string, more: { readonly status?: number; readonly cause?: unknown }) {
    super(message, { cause: more.cause });
    this.status = more.status;
  }
}

/** Rejects with a ProxyFailure, also when the signal ends it. */
export async function passThrough(proxy: Proxy, to: Destination, signal: AbortSignal): Promise<Socket> {
  try {
    signal.throwIfAborted();
    return await (proxy.url.protocol.startsWith('socks') ? bySocks(proxy, to, signal) : byConnect(proxy, to, signal));
  } catch (error) {
    if (error instanceof ProxyFailure) throw error;
    throw new ProxyFailure(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function byConnect({ url }: Proxy, { host, port }: Destination, signal: AbortSignal): Promise<Socket> {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const isTls = url.protocol === 'https:';
  const { host: proxyHost, port: proxyPort } = destinationOf(url);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const asked = (isTls ? tlsRequest : plainRequest)({
    method: 'CONNECT',
    host: proxyHost,
    // Its own name: Node would take the one in the `Host` header, which is that of the API server.
    ...(isTls ? { servername: isIP(proxyHost) === 0 ? proxyHost : '' } : {}),
    port: proxyPort,
    path: authority,
    headers: { host: authority, ...authorization(url) },
    agent: false,
  });
  const stop = (): void => void asked.destroy(new Error('The proxy did not answer in time'));
  signal.addEventListener('abort', stop, { once: true });
  asked.once('connect', ({ statusCode: status = 0 }, socket, head) => {
    // A refusal may come with a page behind it, and its end: nobody reads that.
    socket.on('error', () => undefined);
    if (status >= 200 && status < 300) {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    } else {
      socket.destroy();
      reject(new ProxyFailure(`The proxy answered with ${status}`, { status }));
    }
  });
  asked.once('error', reject);
  asked.end();
  return promise.finally(() => signal.removeEventListener('abort', stop));
}

function authorization(url: URL): Readonly<Record<string, string>> {
  if (url.username === '' && url.password === '') return {};
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  return { 'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

async function bySocks({ url }: Proxy, { host, port }: Destination, signal: AbortSignal): Promise<Socket> {
  const { SocksClient } = await import('socks');
  const [userId = '', password = ''] = [url.username, url.password].map(decodeURIComponent);
  const [proxyHost, proxyPort] = [bare(url.hostname), url.port === '' ? 1080 : Number(url.port)];
  const socket = connect(proxyPort, proxyHost);
  // Its own, and not the client's: that one could not be ended before it stands.
  const stop = (): void => void socket.destroy(new Error('The proxy did not answer in time'));
  signal.addEventListener('abort', stop, { once: true });
  try {
    await once(socket, 'connect');
    const client = new SocksClient({
      proxy: {
        host: proxyHost,
        port: proxyPort,
        type: url.protocol.startsWith('socks4') ? 4 : 5,
        ...(userId === '' ? {} : { userId }),
        ...(password === '' ? {} : { password }),
      },
      command: 'connect',
      // By its name: what is behind the proxy may be known only there.
      destination: { host, port },
    });
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    client.once('established', () => resolve(undefined));
    client.once('error', reject);
    client.connect(socket);
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
