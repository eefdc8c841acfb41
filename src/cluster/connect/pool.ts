/**
 * The connections of one cluster. `@kubernetes/client-node` opens a TLS session for each request; here they are kept, and made anew
 * only when the TLS material is another one. HTTP/1.1: a watch has a connection to itself, and one that stalls holds up no other.
 */
import { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { cancelled } from '../../base/errors.ts';
import type { Credentials } from './credentials.ts';
import { destinationOf, passThrough } from './passage.ts';
import type { Proxy } from './proxy.ts';

export type { Dispatcher } from 'undici';

/** TCP and TLS together. */
const connectTimeoutMs = 10_000;
/** Below the idle limits of API servers (90 s and more) and of the load balancers before them (60 s). */
const keepAliveTimeout = 45_000;
const keepAliveInitialDelay = 30_000;

export class ConnectionPool {
  readonly #proxy: Proxy | undefined;
  #current: { readonly dispatcher: Dispatcher; readonly tlsKey: string } | undefined;
  readonly #connecting = new Set<Socket>();
  readonly #life = new AbortController();

  constructor(proxy: Proxy | undefined) {
    this.#proxy = proxy;
  }

  /** Fails: `cancelled` after `close`. */
  dispatcher({ tls, tlsKey }: Credentials): Dispatcher {
    if (this.#life.signal.aborted) throw cancelled();
    if (this.#current?.tlsKey === tlsKey) return this.#current.dispatcher;
    const former = this.#current;
    const dispatcher = this.#make(tls);
    this.#current = { dispatcher, tlsKey };
    // What is under way on the old connections ends in its own time.
    former?.dispatcher.close().catch(() => undefined);
    return dispatcher;
  }

  close(): void {
    this.#life.abort();
    this.#current?.dispatcher.destroy().catch(() => undefined);
    this.#current = undefined;
    for (const socket of this.#connecting) socket.destroy();
  }

  /** Remembers what is being connected: undici lets go of it only when it is connected or out of time, and a process would wait for that. */
  #connector(options: buildConnector.BuildOptions): buildConnector.connector {
    const build = buildConnector({ ...options, allowH2: false });
    const direct: buildConnector.connector = (target, callback) => {
      const socket: unknown = build(target, (...outcome) => {
        if (socket instanceof Socket) this.#connecting.delete(socket);
        callback(...outcome);
      });
      if (socket instanceof Socket) this.#connecting.add(socket);
    };
    const proxy = this.#proxy;
    if (proxy === undefined) return direct;
    return (target, callback) => {
      passThrough(proxy, destinationOf(target), AbortSignal.any([this.#life.signal, AbortSignal.timeout(connectTimeoutMs)])).then(
        (socket) => {
          socket.setKeepAlive(true, keepAliveInitialDelay);
          if (target.protocol === 'https:') direct({ ...target, httpSocket: socket }, callback);
          else callback(null, socket);
        },
        (error: Error) => callback(error, null),
      );
    };
  }

  #make(tls: Credentials['tls']): Dispatcher {
    const connect = { ...mutable(tls), timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay };
    return new Agent({ allowH2: false, keepAliveTimeout, headersTimeout: 0, bodyTimeout: 0, connect: this.#connector(connect) });
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function mutable(tls: Credentials['tls']): Mutable<Credentials['tls']> {
  return { ...tls };
}
