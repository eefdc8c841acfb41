/**
 * A WebSocket to the API server whose messages begin with the number of a channel: commands, shells and port-forwards.
 *
 * Ours and not the client's `Exec` and `PortForward`: those read as fast as the server sends, whoever listens (a large answer would be
 * held in memory), lose the server's words when it refuses, can't be stopped while they connect, never notice a connection that is
 * dead, and end this process's own output when the other side closes a stream. Addresses and credentials are the client's.
 */
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions, WebSocket } from 'ws';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { accessOf } from '../connect/access.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { answerFailure, networkFailure } from '../connect/failure.ts';
import { destinationOf, passThrough } from '../connect/passage.ts';
import { unlessAborted } from './signal.ts';

export interface ChannelRequest {
  readonly path: string;
  /** A name may stand several times: `command`. */
  readonly query: readonly (readonly [string, string])[];
  readonly protocols: readonly string[];
  /** "A shell in pod trino-0": begins the text of an error. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** As long as what it returns is pending nothing more is read. */
  readonly onData: (channel: number, bytes: Buffer) => void | Promise<void>;
  /** No sign of life for so long: the connection counts as dead. 20 s where nothing is said. */
  readonly quietLimitMs?: number;
}

export interface Channels {
  readonly protocol: string;
  /** What it returns is pending for as long as nothing more should be sent; what comes after the end is dropped. */
  send(channel: number, bytes: Uint8Array): Promise<void> | undefined;
  /** Tells the other side that this channel ends; false where the server is too old to be told. */
  end(channel: number): boolean;
  /** Once, with what ended it; undefined: one of both sides closed it. Never rejects. */
  readonly closed: Promise<FaultlineError | undefined>;
  /** Sends what is waiting, then closes. */
  close(): void;
  /** At once. */
  terminate(): void;
}

const CLOSE_CHANNEL = 255;
/** The first version of the protocol in which a stream can be ended. */
const CAN_END = 'v5.channel.k8s.io';
const QUIET_LIMIT_MS = 20_000;
/** What may wait to be sent before the sender is held up. */
const HIGH_WATER_BYTES = 1_000_000;
/** While the other side does not take what we send, it does not answer a ping either. */
const STALLED_FACTOR = 6;
const CONNECT_LIMIT_MS = 20_000;
const MAX_REFUSAL_BYTES = 65_536;

/** Fails: `forbidden`, `unauthorised`, `notFound`, `invalid`, `unreachable`, `timedOut`, `cancelled`. */
export async function openChannels(connection: ClusterConnection, request: ChannelRequest): Promise<Channels> {
  const { signal, what } = request;
  if (signal.aborted) throw cancelled();
  const timeout = AbortSignal.timeout(CONNECT_LIMIT_MS);
  const ending = AbortSignal.any([signal, timeout]);
  const options: TlsClientOptions = {};
  // An exec plugin may take its time; it ends by its own bound.
  await unlessAborted(connection.config.applyToHTTPSOptions(options), ending, () => reasonOf(signal, what));
  const { WebSocket } = await import('ws');
  const query = new URLSearchParams(request.query.map(([name, value]): [string, string] => [name, value]));
  const passage = await passageTo(connection, options, ending, () => reasonOf(signal, what));
  const url = `${connection.server.replace(/^http/, 'ws')}${request.path}?${query.toString()}`;
  const socket = new WebSocket(url, [...request.protocols], { ...options, ...passage, perMessageDeflate: false });
  // Data can come with the same packet as the handshake: it must find its listener.
  const reading = readFrom(socket, request.onData);
  await opened(socket, ending, () => reasonOf(signal, what), { connection, path: request.path });
  return overSocket(socket, request, reading);
}

/** Through the proxy, where one leads to the cluster. */
async function passageTo(
  { server, proxy, context }: ClusterConnection,
  { ca, cert, key, rejectUnauthorized, servername }: TlsClientOptions,
  ending: AbortSignal,
  ended: () => FaultlineError,
): Promise<ClientOptions> {
  if (proxy === undefined) return {};
  const url = new URL(server);
  const to = destinationOf(url);
  const { host } = to;
  const socket = await passThrough(proxy, to, ending).catch((error: unknown) => {
    throw ending.aborted ? ended() : networkFailure(error, { server, clusterName: context.name, proxy });
  });
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
  const name = servername ?? (isIP(host) === 0 ? host : '');
  const createConnection = (): Socket => (url.protocol === 'https:' ? connectTls({ ...tls, servername: name, host, socket }) : socket);
  return { agent: undefined, createConnection };
}

/** Types of `ws` know no name that the certificate is checked for. */
type TlsClientOptions = ClientOptions & { readonly servername?: string };

interface Reading {
  readonly isHeld: () => boolean;
  readonly seenAt: () => number;
  readonly failed: () => FaultlineError | undefined;
}

function readFrom(socket: WebSocket, onData: ChannelRequest['onData']): Reading {
  let held = 0;
  let seenAt = performance.now();
  let failed: FaultlineError | undefined;
  socket.on('pong', () => (seenAt = performance.now()));
  socket.on('message', (data) => {
    seenAt = performance.now();
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    const [channel] = bytes;
    if (channel === undefined || channel === CLOSE_CHANNEL) return;
    const taken = onData(channel, bytes.subarray(1));
    if (taken === undefined) return;
    held++;
    socket.pause();
    const release = (): void => {
      held--;
      seenAt = performance.now();
      if (held === 0) socket.resume();
    };
    taken.then(release, (error: unknown) => {
      failed ??= FaultlineError.is(error) ? error : new FaultlineError('internal', { what: t('Output could not be passed on') }, error);
      release();
      socket.terminate();
    });
  });
  return { isHeld: () => held > 0, seenAt: () => seenAt, failed: () => failed };
}

interface Asked {
  readonly connection: ClusterConnection;
  readonly path: string;
}

function opened(socket: WebSocket, ending: AbortSignal, ended: () => FaultlineError, asked: Asked): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    reject(ended());
    socket.terminate();
  };
  ending.addEventListener('abort', onAbort, { once: true });
  socket.once('open', resolve);
  const { context, server, proxy } = asked.connection;
  const attempt = { server, clusterName: context.name, ...(proxy === undefined ? {} : { proxy }) };
  socket.on('error', (error) => reject(networkFailure(error, attempt)));
  socket.once('unexpected-response', (_request, response) => {
    void refusal(response, asked).then((error) => {
      reject(error);
      socket.terminate();
    });
  });
  return promise.finally(() => ending.removeEventListener('abort', onAbort));
}

async function refusal(response: IncomingMessage, { connection, path }: Asked): Promise<FaultlineError> {
  let body = '';
  try {
    response.setEncoding('utf8');
    for await (const chunk of response as AsyncIterable<string>) {
      body += chunk;
      if (body.length > MAX_REFUSAL_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return answerFailure({
    status: response.statusCode ?? 0,
    body,
    access: accessOf('GET', path, false),
    remedy: t('Renew the login of this context.'),
    clusterName: connection.context.name,
  });
}

function overSocket(socket: WebSocket, request: ChannelRequest, reading: Reading): Channels {
  const { signal, quietLimitMs = QUIET_LIMIT_MS, what } = request;
  const { promise: closed, resolve } = Promise.withResolvers<FaultlineError | undefined>();
  let why: FaultlineError | undefined;
  const watch = setInterval(() => {
    // While we read nothing, no answer can be seen either.
    if (reading.isHeld()) return;
    const limitMs = socket.bufferedAmount > 0 ? quietLimitMs * STALLED_FACTOR : quietLimitMs;
    const quietMs = performance.now() - reading.seenAt();
    if (quietMs > limitMs) {
      why ??= new FaultlineError('unreachable', {
        what: t('{0}: the connection is dead', what),
        meaning: t('The other side gave no sign of life for {0} s.', Math.round(quietMs / 1000)),
      });
      socket.terminate();
    } else if (socket.readyState === socket.OPEN) socket.ping();
  }, quietLimitMs / 4);
  watch.unref();
  const onAbort = (): void => {
    why ??= cancelled();
    socket.terminate();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  socket.on('error', (error) => {
    why ??= new FaultlineError('unreachable', { what: t('{0}: the connection broke', what), meaning: error.message }, error);
  });
  socket.once('close', () => {
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    resolve(why ?? reading.failed());
  });
  if (signal.aborted) onAbort();
  if (socket.readyState === socket.CLOSED) socket.emit('close');
  return {
    protocol: socket.protocol,
    closed,
    send: (channel, bytes) => send(socket, closed, channel, bytes),
    end: (channel) => {
      if (socket.protocol !== CAN_END) return false;
      if (socket.readyState === socket.OPEN) socket.send(Buffer.from([CLOSE_CHANNEL, channel]));
      return true;
    },
    close: () => socket.close(),
    terminate: () => socket.terminate(),
  };
}

function send(socket: WebSocket, closed: Promise<unknown>, channel: number, bytes: Uint8Array): Promise<void> | undefined {
  if (socket.readyState !== socket.OPEN) return undefined;
  const message = Buffer.allocUnsafe(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.send(message, () => resolve());
  return socket.bufferedAmount > HIGH_WATER_BYTES ? Promise.race([promise, closed.then(() => undefined)]) : undefined;
}

function reasonOf(signal: AbortSignal, what: string): FaultlineError {
  return signal.aborted
    ? cancelled()
    : new FaultlineError('timedOut', { what: t('{0}: the cluster did not answer within {1} s', what, CONNECT_LIMIT_MS / 1000) });
}
