/** Layouts of engines as objects: written to a real API server, with the states that kubelets would report. */
import { readFileSync } from 'node:fs';
import type { KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import type { AnyObject, Condition, Pod } from '../../src/cluster/objects.ts';
import type { Line } from '../../src/cluster/recognise/model.ts';
import { customKind } from '../../src/cluster/watch/kinds.ts';
import { watchKind } from '../../src/cluster/watch/watch.ts';
import type { Manifest } from './use/apply.ts';

export interface Layout {
  readonly manifests: readonly Manifest[];
  /** How many pods there will be. */
  readonly pods: number;
  /** By the beginning of the pods' names, in their order; `ready` for all others. */
  readonly states: Readonly<Record<string, readonly PodState[]>>;
}

export type PodState = 'ready' | 'starting' | 'notReady' | 'outOfMemory' | 'crashing' | 'noImage' | 'noRoom' | 'completed';

/** One document describes the pods; one with `repeat` stands for as many objects. */
export function readLayout(file: string): Layout {
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), { merge: true }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as Record<string, unknown>;
  });
  const description = documents.find((document) => 'pods' in document);
  if (description === undefined) throw new Error(`${file} does not say how many pods there are`);
  return {
    manifests: documents.filter((document) => document !== description).flatMap(expand) as unknown as Manifest[],
    pods: Number(description['pods']),
    states: description['states'] as Layout['states'],
  };
}

function expand(document: Record<string, unknown>): readonly unknown[] {
  const { repeat, object } = document;
  if (!Array.isArray(repeat)) return [document];
  return repeat.map((values: Record<string, unknown>) => filled(object, values));
}

function filled(value: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') {
    const whole = /^\$(\w+)$/.exec(value)?.[1];
    return whole !== undefined ? values[whole] : value.replaceAll(/\$(\w+)/g, (_match, name: string) => String(values[name]));
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, values)]));
}

/** Definitions of the operators' kinds, which take whatever is written. */
export function definitions(): readonly Manifest[] {
  return [
    definition('kafka.strimzi.io', 'v1', 'kafkas', 'Kafka'),
    definition('kafka.strimzi.io', 'v1', 'kafkanodepools', 'KafkaNodePool'),
    definition('clickhouse.altinity.com', 'v1', 'clickhouseinstallations', 'ClickHouseInstallation'),
    definition('clickhouse-keeper.altinity.com', 'v1', 'clickhousekeeperinstallations', 'ClickHouseKeeperInstallation'),
    definition('clickhouse.com', 'v1alpha1', 'clickhouseclusters', 'ClickHouseCluster'),
    definition('clickhouse.com', 'v1alpha1', 'keeperclusters', 'KeeperCluster'),
    definition('sparkoperator.k8s.io', 'v1beta2', 'sparkapplications', 'SparkApplication'),
    definition('keda.sh', 'v1alpha1', 'scaledobjects', 'ScaledObject'),
    definition('autoscaling.k8s.io', 'v1', 'verticalpodautoscalers', 'VerticalPodAutoscaler'),
  ];
}

function definition(group: string, version: string, plural: string, kind: string): Manifest {
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    // Groups that end in k8s.io are Kubernetes' own; these are not, and say so.
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

/** Once the API serves them all. */
export async function untilServed(connection: ClusterConnection, signal: AbortSignal): Promise<void> {
  const kind = customKind('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false);
  const watch = watchKind(connection, kind);
  const names = definitions().map(({ metadata }) => metadata?.name ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (names.every((name) => isServed(watch.objects().get(name)))) resolve();
  };
  watch.changed.listen(look);
  signal.addEventListener('abort', () => reject(new Error(`not served: ${names.join(', ')}`)), { once: true });
  try {
    await promise;
  } finally {
    watch.dispose();
  }
}

function isServed(definition: AnyObject | undefined): boolean {
  const conditions = definition?.status?.['conditions'];
  return (
    Array.isArray(conditions) &&
    (conditions as readonly Condition[]).some(({ type, status }) => type === 'Established' && status === 'True')
  );
}

const at = '2026-03-01T10:00:00Z';
const later = '2026-03-01T10:05:00Z';

/** Through the subresource, as a kubelet does it. */
export async function report(connection: ClusterConnection, pod: Pod, state: PodState): Promise<void> {
  const { name, namespace = '' } = pod.metadata;
  const containers = pod.spec?.containers ?? [];
  await connection.request<KubernetesObject>({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
    contentType: 'application/merge-patch+json',
    body: { status: statusOf(state, containers) },
  });
}

function statusOf(state: PodState, containers: readonly { readonly name: string; readonly image?: string }[]): unknown {
  const ready = { type: 'Ready', status: state === 'ready' ? 'True' : 'False', lastTransitionTime: state === 'notReady' ? later : at };
  if (state === 'noRoom') {
    const message =
      '0/3 nodes are available: 2 Insufficient memory, 1 node(s) had untolerated taint {gpu: yes}. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.';
    return {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: at }],
    };
  }
  return {
    phase: state === 'completed' ? 'Succeeded' : state === 'noImage' ? 'Pending' : 'Running',
    startTime: at,
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at }, ready],
    containerStatuses: containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready: state === 'ready',
      started: state === 'ready' || state === 'notReady',
      restartCount: state === 'outOfMemory' || state === 'crashing' ? 4 : 0,
      ...containerState(state, image),
    })),
  };
}

function containerState(state: PodState, image: string): object {
  switch (state) {
    case 'ready':
    case 'starting':
    case 'notReady':
      return { state: { running: { startedAt: at } } };
    case 'outOfMemory':
      return {
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 1m20s restarting failed container' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: later } },
      };
    case 'crashing':
      return {
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'starting\nno quorum', finishedAt: later } },
      };
    case 'noImage':
      return { state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": not found` } } };
    case 'completed':
      return { state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: later } } };
    case 'noRoom':
      return {};
  }
}

/** What stands under each engine and each line that isn't well, and what is made anew each time left out. */
export function comparable(lines: readonly Line[], namespace: string): string {
  const text = lines.flatMap((line) => textOf(line, 0)).join('\n');
  const hashed = text
    .replaceAll(/-[bcdf-hj-np-tv-xz2456789]{8,10}-[bcdf-hj-np-tv-xz2456789]{5}\b/g, '-HASH')
    .replaceAll(/^( *\[\w+\] \w+)-[bcdf-hj-np-tv-xz2456789]{5}(?=  .*-HASH$)/gm, '$1-HASH');
  return `${hashed.replaceAll(namespace, 'data')}\n`;
}

function textOf({ label, description, health, tooltip, subject, children }: Line, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const isTold =
    subject.kind === 'engine' || subject.kind === 'autoscaler' || (health !== undefined && health.state !== 'ok' && children.length === 0);
  return [
    `${indent}${health === undefined ? '' : `[${health.state}] `}${label}${description === '' ? '' : `  ${description}`}`,
    ...(isTold ? tooltip.map((sentence) => `${indent}    | ${sentence}`) : []),
    ...children.flatMap((child) => textOf(child, depth + 1)),
  ];
}
