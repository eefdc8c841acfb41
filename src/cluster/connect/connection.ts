/**
 * A cluster that can be asked: credentials by `@kubernetes/client-node`, requests over one pool of connections that is this
 * cluster's alone, every request with a bound. The client is loaded with the first connection.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import { systemClock, type Clock } from '../../base/clock.ts';
import { CredentialSource } from './credentials.ts';
import type { KubeContext } from './kubeconfig.ts';
import type { ApiRequest } from './request.ts';
import { proxyFor, type Proxy } from './proxy.ts';
import { Sender } from './sender.ts';
import { ServerClock } from './serverClock.ts';
import { authorityOf, settingsOf } from './settings.ts';

export type { ApiRequest } from './request.ts';

export interface ClusterConnection {
  readonly context: KubeContext;
  /** For what only `@kubernetes/client-node` does (exec, attach, port-forward): it has this one context, and its credentials renew themselves. */
  readonly config: KubeConfig;
  /** The context's namespace, else `default`. */
  readonly defaultNamespace: string;
  /** `https://host:port`, without a slash at its end. */
  readonly server: string;
  /** What leads there; missing where nothing stands between. */
  readonly proxy?: Proxy;
  /** PEM of the authority that the server's certificate is checked with; undefined where it is not checked, or by what this machine trusts. */
  authority(): Promise<string | undefined>;
  /**
   * The answer's JSON; text where the server sends none.
   * Fails: `unreachable`, `unauthorised`, `forbidden`, `notFound`, `invalid`, `timedOut`, `cancelled`; `internal` for a 5xx. `statusOf` has the HTTP status.
   */
  request<T>(request: ApiRequest): Promise<T>;
  /** The lines of an answer as they come, of a watch or of logs. Fails as `request` does; ends when the server ends it; leaving the loop closes it. */
  lines(request: ApiRequest): AsyncIterable<string>;
  /**
   * Milliseconds by which the API server's clock is ahead of ours, to a second: what is written there to be judged by others is in its
   * time. 0 where they agree as far as one can tell, and before the first answer.
   */
  serverAheadMs(): number;
  /** The next request asks for a new login, also where one failed a moment ago: after a person logged in. */
  renewLogin(): void;
  /** Ends what is under way with `cancelled`. */
  close(): void;
}

export interface ConnectOptions {
  /** Of this process: exec plugins get it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** How long a login program may take before it is killed, 30 s where it is left out. */
  readonly execTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

const execTimeoutMs = 30_000;

/**
 * Nothing is contacted yet, and no login program is run: the first request does that.
 * Fails: `notFound`, `forbidden`, `invalid` (the kubeconfig).
 */
export async function connectCluster(context: KubeContext, options: ConnectOptions): Promise<ClusterConnection> {
  const [settings, { KubeConfig: Config }, { ConnectionPool }] = await Promise.all([
    settingsOf(context, options.env),
    import('./clientNode.ts'),
    import('./pool.ts'),
  ]);
  const config = new Config();
  const life = new AbortController();
  const clock = options.clock ?? systemClock;
  const credentials = new CredentialSource(config, settings, context.name, context.namespace, {
    env: options.env,
    clock,
    execTimeoutMs: options.execTimeoutMs ?? execTimeoutMs,
    signal: life.signal,
  });
  const { server, proxyUrl } = settings.cluster;
  const proxy = proxyFor(server, proxyUrl, options.env);
  const through = proxy === undefined ? {} : { proxy };
  const pool = new ConnectionPool(proxy);
  const serverClock = new ServerClock(clock);
  const sender = new Sender({
    server,
    clusterName: context.name,
    ...through,
    credentials,
    pool,
    serverClock,
    life: life.signal,
  });
  const close = (): void => {
    options.signal?.removeEventListener('abort', close);
    life.abort();
    pool.close();
  };
  if (options.signal?.aborted) close();
  options.signal?.addEventListener('abort', close, { once: true });
  return {
    context,
    config,
    defaultNamespace: context.namespace ?? 'default',
    server,
    ...through,
    authority: () => authorityOf(settings.cluster),
    request: (request) => sender.request(request),
    lines: (request) => sender.lines(request),
    serverAheadMs: () => serverClock.aheadMs,
    renewLogin: () => credentials.forget(),
    close,
  };
}
