/**
 * How the requests of `@clickhouse/client` get to the server, in place of its own connection: that one waits for a timer before each of
 * them, a millisecond and more of every statement, so that sockets which the server has given up are noticed. Here their age is asked.
 */
import { Agent, request as httpRequest } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ClickHouseClientConfigOptions } from '@clickhouse/client';

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>;
type Exec = Parameters<Connection['exec']>[0];

export interface TransportOptions {
  /** http: or https: */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly database?: string;
  /** How TLS is checked. */
  readonly tls: AgentOptions;
  readonly headers?: Readonly<Record<string, string>>;
  /** A connection that was idle for longer is not used again. Servers close one after 3 s and more. */
  readonly reusedWithinMs?: number;
}

const usualReusedWithinMs = 2500;
/** A server may send its progress in headers, a kilobyte each second. */
const maxHeaderBytes = 8 * 1024 * 1024;

/** Serves `exec` and `close`, which is what statements need. A request has no time limit; its signal ends it, its answer too. */
export function openTransport({
  url,
  user,
  password,
  database,
  tls,
  headers,
  reusedWithinMs = usualReusedWithinMs,
}: TransportOptions): Connection {
  const isTls = url.startsWith('https:');
  const agent = isTls ? new TlsAgent({ keepAlive: true, ...tls }) : new Agent({ keepAlive: true });
  const dropOld = agesOf(agent, reusedWithinMs);
  const own = {
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    'user-agent': 'faultline',
    ...headers,
  };
  const send = (params: Exec): ReturnType<Connection['exec']> =>
    new Promise((resolve, reject) => {
      const { query, query_id: queryId = crypto.randomUUID(), clickhouse_settings: settings = {}, values, abort_signal: signal } = params;
      const place = new URL(url);
      place.searchParams.set('query_id', queryId);
      for (const [name, value] of Object.entries(settings)) place.searchParams.set(name, String(value));
      if (database !== undefined) place.searchParams.set('database', database);
      if (values !== undefined) place.searchParams.set('query', query);
      dropOld();
      const request = (isTls ? httpsRequest : httpRequest)(place, {
        method: 'POST',
        agent,
        headers: own,
        maxHeaderSize: maxHeaderBytes,
        ...(signal === undefined ? {} : { signal }),
      });
      // Stays: what comes after the answer has begun is the stream's to tell, and must not end the process.
      request.on('error', reject);
      request.once('response', (stream) => {
        resolve({
          stream,
          query_id: queryId,
          response_headers: stream.headers,
          ...(stream.statusCode === undefined ? {} : { http_status_code: stream.statusCode }),
        });
      });
      if (values === undefined) request.end(query);
      else if (typeof values === 'string') request.end(values);
      else values.pipe(request);
    });
  const unused = (): Promise<never> => Promise.reject(new Error('Statements are sent by exec.'));
  return {
    exec: send,
    close: async () => agent.destroy(),
    ping: unused,
    query: unused,
    insert: unused,
    command: unused,
  };
}

/** Call before a request: what was idle for long goes, so that it is not reused. */
function agesOf(agent: Agent, reusedWithinMs: number): () => void {
  const idleSince = new WeakMap<Duplex, number>();
  const keep = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, performance.now());
    return keep(socket);
  };
  return () => {
    const before = performance.now() - reusedWithinMs;
    for (const sockets of Object.values(agent.freeSockets))
      for (const socket of sockets ?? []) if ((idleSince.get(socket) ?? before) <= before) socket.destroy();
  };
}
