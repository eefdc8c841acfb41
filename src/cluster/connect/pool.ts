/**
 * The connections of one cluster. `@kubernetes/client-node` opens a TLS session for each request; here they are kept, and made anew
 * only when the TLS material is another one. HTTP/1.1: a watch has a connection to itself, and one that stalls holds up no other.
 */
import { Socket } from 'node:net';
import { Agent, buildConnector, ProxyAgent, type Dispatcher } from 'undici';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { HttpMethod, RequestContext, type KubeConfig } from './clientNode.ts';
import type { Credentials } from './credentials.ts';
import type { ClusterSettings } from './settings.ts';

export type { Dispatcher } from 'undici';

/** TCP and TLS together. */
const connectTimeoutMs = 10_000;
/** Below the idle limits of API servers (90 s and more) and of the load balancers before them (60 s). */
const keepAliveTimeout = 45_000;
const keepAliveInitialDelay = 30_000;

export class ConnectionPool {
  readonly #config: KubeConfig;
  readonly #cluster: ClusterSettings;
  #current: { readonly dispatcher: Promise<Dispatcher>; readonly tlsKey: string } | undefined;
  readonly #connecting = new Set<Socket>();
  #closed = false;

  constructor(config: KubeConfig, cluster: ClusterSettings) {
    this.#config = config;
    this.#cluster = cluster;
  }

  /** Fails: `cancelled` after `close`. */
  dispatcher({ tls, tlsKey }: Credentials): Promise<Dispatcher> {
    if (this.#closed) return Promise.reject(cancelled());
    if (this.#current?.tlsKey === tlsKey) return this.#current.dispatcher;
    const former = this.#current;
    const dispatcher = this.#make(tls);
    this.#current = { dispatcher, tlsKey };
    // What is under way on the old connections ends in its own time.
    if (former !== undefined) void former.dispatcher.then((one) => one.close()).catch(() => undefined);
    dispatcher.catch(() => {
      if (this.#current?.dispatcher === dispatcher) this.#current = undefined;
    });
    return dispatcher;
  }

  close(): void {
    this.#closed = true;
    void this.#current?.dispatcher.then((one) => one.destroy()).catch(() => undefined);
    this.#current = undefined;
    for (const socket of this.#connecting) socket.destroy();
  }

  /** Remembers what is being connected: undici lets go of it only when it is connected or out of time, and a process would wait for that. */
  #connector(options: buildConnector.BuildOptions): buildConnector.connector {
    const build = buildConnector({ ...options, allowH2: false });
    return (target, callback) => {
      const socket: unknown = build(target, (...outcome) => {
        if (socket instanceof Socket) this.#connecting.delete(socket);
        callback(...outcome);
      });
      if (socket instanceof Socket) this.#connecting.add(socket);
    };
  }

  async #make(tls: Credentials['tls']): Promise<Dispatcher> {
    const { proxyUrl, server } = this.#cluster;
    const shared = { allowH2: false, keepAliveTimeout, headersTimeout: 0, bodyTimeout: 0 } as const;
    const connect = { ...mutable(tls), timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay };
    if (proxyUrl === undefined) return new Agent({ ...shared, connect: this.#connector(connect) });
    if (!proxyUrl.startsWith('socks')) {
      return new ProxyAgent({ ...shared, uri: proxyUrl, requestTls: connect, proxyTls: { timeout: connectTimeoutMs } });
    }
    // The only one who speaks SOCKS is the client; its dispatcher is kept all the same.
    const context = new RequestContext(server, HttpMethod.GET);
    await this.#config.applySecurityAuthentication(context);
    const dispatcher = context.getDispatcher();
    if (dispatcher === undefined) throw new FaultlineError('unsupported', { what: proxyUrl });
    return dispatcher;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function mutable(tls: Credentials['tls']): Mutable<Credentials['tls']> {
  return { ...tls };
}
