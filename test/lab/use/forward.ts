/**
 * A local port that leads into a pod. A forward of Kubernetes dies with its pod; this one stays, and leads the next connection to
 * another ready pod of the same selector, or to the one that takes its place.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { PortForward } from '@kubernetes/client-node';
import type { V1Pod } from '@kubernetes/client-node';
import { messageOf } from './exec.ts';
import type { Connection } from './exec.ts';
import type { Bounds, Scope } from './wait.ts';
import { isReady } from './wait.ts';
import { states } from './watch.ts';

export type ForwardTarget = { readonly pod: string } | { readonly service: string } | { readonly labelSelector: string };

export interface Forward {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** How long a connection waits for a ready pod before it is refused. */
const POD_LIMIT_MS = 60_000;

interface Way {
  readonly labelSelector: string;
  portOf(pod: V1Pod): number;
}

/** `port`: of the container, or of the service. */
export async function portForward(scope: Scope, target: ForwardTarget, port: number, bounds: Bounds = {}): Promise<Forward> {
  const way = await wayTo(scope, target, port);
  const ending = new AbortController();
  const signal = AbortSignal.any([scope.signal, ending.signal, ...(bounds.signal === undefined ? [] : [bounds.signal])]);
  const pods = new ReadyPods();
  const open = new Map<Socket, string>();
  const following = follow(scope, way.labelSelector, signal, (now) => {
    pods.set(now.filter(isReady));
    // A pod that is gone, or on a node that is lost, leaves its connections hanging.
    const alive = new Set(now.filter(({ metadata }) => metadata?.deletionTimestamp === undefined).map(uidOf));
    for (const [socket, uid] of open) if (!alive.has(uid)) socket.destroy();
  });
  const limitMs = bounds.timeoutMs ?? POD_LIMIT_MS;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pause();
    const connect = async (): Promise<void> => {
      const pod = await pods.one(AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
      if (socket.destroyed) return;
      open.set(socket, uidOf(pod));
      socket.once('close', () => open.delete(socket));
      await join(scope, pod, way.portOf(pod), socket);
    };
    connect().catch((error: unknown) => socket.destroy(new Error(messageOf(error))));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: local } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    ending.abort(new Error('The forward was closed.'));
    for (const socket of open.keys()) socket.destroy();
    server.close();
    await following;
  };
  signal.addEventListener('abort', () => void close(), { once: true });
  return { port: local, url: `http://127.0.0.1:${local}`, close };
}

/** The pods that can be connected to now, and those who wait for one. */
class ReadyPods {
  private pods: readonly V1Pod[] = [];
  private waiting: ((pod: V1Pod) => void)[] = [];

  set(pods: readonly V1Pod[]): void {
    this.pods = pods;
    const [first] = pods;
    if (first === undefined) return;
    for (const tell of this.waiting.splice(0)) tell(first);
  }

  one(signal: AbortSignal): Promise<V1Pod> {
    const [first] = this.pods;
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('No pod became ready.')), { once: true });
      this.waiting.push(resolve);
    });
  }
}

async function follow(scope: Scope, labelSelector: string, signal: AbortSignal, tell: (pods: readonly V1Pod[]) => void): Promise<void> {
  try {
    for await (const pods of states(scope.api, { kind: 'Pod', labelSelector }, scope.namespace, signal)) tell(pods);
  } catch {
    // The forward was closed, or the namespace is going: connections find no pod and say so.
    tell([]);
  }
}

async function join({ api, namespace }: Scope, pod: V1Pod, port: number, socket: Socket): Promise<void> {
  const output = new PassThrough();
  const refused = new PassThrough();
  // The kubelet tells here that nothing listens on the port.
  refused.on('data', () => socket.destroy());
  output.pipe(socket);
  const name = pod.metadata?.name ?? '';
  // Without retries the client gives the connection itself.
  const connection = (await new PortForward(api.config).portForward(namespace, name, [port], output, refused, socket)) as Connection;
  socket.resume();
  connection.onclose = () => output.end();
  socket.once('close', () => connection.terminate());
  if (socket.destroyed) connection.terminate();
}

async function wayTo({ api, namespace }: Scope, target: ForwardTarget, port: number): Promise<Way> {
  if ('labelSelector' in target) return { labelSelector: target.labelSelector, portOf: () => port };
  if ('pod' in target) {
    const { metadata } = await api.core.readNamespacedPod({ name: target.pod, namespace });
    const labels = metadata?.labels ?? {};
    if (Object.keys(labels).length === 0) throw new Error(`Pod ${target.pod} has no label by which its successor could be found.`);
    return { labelSelector: selectorOf(labels), portOf: () => port };
  }
  const { spec } = await api.core.readNamespacedService({ name: target.service, namespace });
  const served = spec?.ports?.find((candidate) => candidate.port === port);
  if (spec?.selector === undefined || served === undefined)
    throw new Error(`Service ${target.service} has no selector or does not serve port ${port}.`);
  const to = served.targetPort ?? port;
  return { labelSelector: selectorOf(spec.selector), portOf: (pod) => (typeof to === 'number' ? to : namedPort(pod, to)) };
}

function namedPort(pod: V1Pod, name: string): number {
  const port = pod.spec?.containers.flatMap(({ ports = [] }) => ports).find((candidate) => candidate.name === name);
  if (port === undefined) throw new Error(`Pod ${pod.metadata?.name ?? ''} has no port ${name}.`);
  return port.containerPort;
}

function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function uidOf({ metadata }: V1Pod): string {
  return metadata?.uid ?? '';
}
