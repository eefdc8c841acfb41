/** One connection through the API server to a port of a pod. */
import type { Socket } from 'node:net';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { openChannels } from './channels.ts';
import type { Channels } from './channels.ts';
import { pathOf } from './streams.ts';

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

export interface TunnelOptions {
  readonly signal: AbortSignal;
  readonly quietLimitMs?: number;
}

const DATA = 0;
const PROBLEM = 1;
/** Each channel begins with the number of the port. */
const PORT_BYTES = 2;
/** Kubernetes has no word for "I have sent all": a client that said so is given its answer for as long as something comes. */
const LINGER_MS = 5000;

export interface Tunnel {
  /** Never rejects; undefined: one of both sides ended it. `notFound`: nothing listens on the port. */
  readonly ended: Promise<FaultlineError | undefined>;
}

/**
 * Leads `socket` there; resolves when that stands. When it fails, nothing was read from the socket: `forbidden`, `notFound`,
 * `unreachable`, `timedOut`, `cancelled`.
 */
export async function joinPod(
  connection: ClusterConnection,
  { namespace, pod, port }: PodPort,
  socket: Socket,
  { signal, quietLimitMs }: TunnelOptions,
): Promise<Tunnel> {
  const begun = new Set<number>();
  let problem = '';
  let heardAt = performance.now();
  const what = t('A connection to port {0} of {1}', port, pod);
  // Something may come before it is known what it came over.
  const opened: { channels?: Channels } = {};
  const channels = await openChannels(connection, {
    path: pathOf({ namespace, pod }, 'portforward'),
    query: [['ports', String(port)]],
    protocols: ['v4.channel.k8s.io'],
    what,
    signal,
    ...(quietLimitMs === undefined ? {} : { quietLimitMs }),
    onData: (channel, bytes) => {
      const data = begun.has(channel) ? bytes : bytes.subarray(PORT_BYTES);
      begun.add(channel);
      if (data.length === 0) return undefined;
      heardAt = performance.now();
      if (channel === PROBLEM) {
        problem += data.toString();
        // Nothing more comes.
        opened.channels?.terminate();
      }
      return channel === DATA ? toClient(socket, data) : undefined;
    },
  });
  opened.channels = channels;
  if (problem !== '') channels.terminate();
  fromClient(socket, channels, () => performance.now() - heardAt);
  const ended = channels.closed.then((broken) => {
    const why = problem === '' ? broken : refused(what, problem);
    if (why === undefined) socket.end();
    else socket.resetAndDestroy();
    return why;
  });
  return { ended };
}

function toClient(socket: Socket, data: Buffer): Promise<void> | undefined {
  if (socket.destroyed || socket.write(data)) return undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    socket.off('drain', done).off('close', done);
    resolve();
  };
  socket.on('drain', done).on('close', done);
  return promise;
}

function fromClient(socket: Socket, channels: Channels, quietMs: () => number): void {
  socket.on('data', (chunk) => {
    const held = channels.send(DATA, chunk);
    if (held === undefined) return;
    socket.pause();
    void held.then(() => socket.resume());
  });
  socket.once('end', () => {
    const linger = setInterval(() => {
      if (quietMs() > LINGER_MS) channels.close();
    }, LINGER_MS / 5);
    void channels.closed.then(() => clearInterval(linger));
  });
  socket.once('close', () => channels.terminate());
  if (socket.destroyed) channels.terminate();
  else socket.resume();
}

/** The kubelet says here that it could not connect, or that the connection broke. */
function refused(what: string, problem: string): FaultlineError {
  return new FaultlineError('notFound', {
    what: t('{0} failed', what),
    meaning: problem.trim(),
    remedy: t('Check that the program in the pod listens on this port.'),
  });
}
