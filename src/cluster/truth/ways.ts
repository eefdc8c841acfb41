/**
 * Two ways to ask a pod over HTTP: through a port-forward, and through the API server's proxy. The proxy is lighter, but it adds
 * X-Forwarded-For, which Trino refuses unless it is told to trust it; a NetworkPolicy that lets only an engine's clients in shuts it
 * out; and what the pod answers with 401 looks like a refused login. So it is for who may not forward ports.
 */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { joinPod } from '../act/tunnel.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { statusOf } from '../connect/failure.ts';
import type { PodLine } from '../recognise/model.ts';

export interface PodPlace {
  readonly pod: PodLine;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

export interface PodAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks several paths over one connection. */
export type PodGet = (path: string, headers?: Readonly<Record<string, string>>) => Promise<PodAnswer>;

export interface PodWays {
  /** Fails: `forbidden` (get pods/proxy), `unreachable` (nothing listens there), and as requests do. Headers are not sent on. */
  proxy<T>(place: PodPlace, signal: AbortSignal, use: (get: PodGet) => Promise<T>): Promise<T>;
  /** Fails: `forbidden` (create pods/portforward), `notFound` (nothing listens there), `unreachable`, `timedOut`. */
  tunnel<T>(place: PodPlace, signal: AbortSignal, use: (get: PodGet) => Promise<T>): Promise<T>;
}

const timeoutMs = 5000;
const maxBodyCharacters = 1_000_000;

export function podWays(connection: ClusterConnection): PodWays {
  return {
    proxy: (place, signal, use) => use((path) => throughProxy(connection, place, path, signal)),
    tunnel: (place, signal, use) => throughTunnel(connection, place, signal, use),
  };
}

async function throughProxy(connection: ClusterConnection, place: PodPlace, path: string, signal: AbortSignal): Promise<PodAnswer> {
  const { namespace = '', name } = place.pod.ref;
  const pod = encodeURIComponent(`${place.scheme}:${name}:${place.port}`);
  try {
    const body = await connection.request<unknown>({
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${pod}/proxy${path}`,
      accept: '*/*',
      timeoutMs,
      signal,
    });
    return { status: 200, body: typeof body === 'string' ? body : JSON.stringify(body) };
  } catch (error) {
    const status = statusOf(error);
    // What the API server says itself has a reason in it; the rest is the pod's own answer.
    if (status === undefined || !FaultlineError.is(error) || error.facts.code !== undefined) throw error;
    return { status, body: error.facts.what };
  }
}

async function throughTunnel<T>(
  connection: ClusterConnection,
  { pod, port, scheme }: PodPlace,
  signal: AbortSignal,
  use: (get: PodGet) => Promise<T>,
): Promise<T> {
  if (scheme === 'https')
    throw new FaultlineError('unsupported', {
      what: t('Port {0} of {1} speaks TLS: it is not asked through a port-forward', port, pod.ref.name),
    });
  const ends = new AbortController();
  const both = AbortSignal.any([signal, ends.signal, AbortSignal.timeout(timeoutMs * 2)]);
  const [near, far] = await socketPair();
  try {
    const { ended } = await joinPod(connection, { namespace: pod.ref.namespace ?? '', pod: pod.ref.name, port }, far, { signal: both });
    // One connection for all of them: the agent gives the same again while it is kept alive.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => near;
    const get: PodGet = (path, headers = {}) => getOver(agent, path, headers, both);
    try {
      return await use(get);
    } catch (error) {
      if (FaultlineError.is(error)) throw error;
      // The kubelet says why it could not connect only after the connection was made.
      near.destroy();
      const problem = await ended;
      throw problem ?? new FaultlineError('unreachable', { what: t('Port {0} of {1} does not answer', port, pod.ref.name) }, error);
    } finally {
      agent.destroy();
    }
  } finally {
    near.destroy();
    far.destroy();
    ends.abort();
  }
}

async function getOver(agent: Agent, path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PodAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = request({ agent, host: 'localhost', path, headers: { ...headers, accept: '*/*' }, signal, timeout: timeoutMs }, resolve);
  sent.on('error', reject).on('timeout', () => sent.destroy(new Error('The pod does not answer.')));
  sent.end();
  const answer = await promise;
  let body = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    body += String(chunk);
    if (body.length > maxBodyCharacters) break;
  }
  return { status: answer.statusCode ?? 0, body };
}

/** Two ends of one connection on the loopback. */
async function socketPair(): Promise<[near: Socket, far: Socket]> {
  const server = createServer({ noDelay: true, pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const near = connect({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0, noDelay: true });
  near.on('error', () => near.destroy());
  try {
    const accepted = new Promise<Socket>((resolve) => {
      server.on('connection', (socket) => {
        // Somebody else on this machine may knock: only our own end is let in.
        if (socket.remotePort === near.localPort) resolve(socket);
        else socket.destroy();
      });
    });
    const [far] = await Promise.all([accepted, once(near, 'connect')]);
    far.on('error', () => far.destroy());
    return [near, far];
  } finally {
    server.close();
  }
}
