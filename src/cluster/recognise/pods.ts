/** One pod of an engine as a line. */
import { t } from '../../base/messages.ts';
import type { Container, Pod } from '../objects.ts';
import { isSameJson } from '../same.ts';
import { isReady, podHealth, restartsOf } from './health.ts';
import type { EngineRole, Health, ObjectRef, PodLine, PodTruth } from './model.ts';
import type { Recognised } from './recognise.ts';

export function refOf(apiVersion: string, kind: string, { metadata }: Pick<Pod, 'metadata'>): ObjectRef {
  const { namespace, name, uid } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) };
}

export function podLine(pod: Pod, recognised: Recognised, truth: PodTruth | undefined, isNodeLost: boolean): PodLine {
  const { metadata, spec, status } = pod;
  const ready = isReady(pod);
  const role = roleNow(recognised, truth);
  const containers = spec?.containers ?? [];
  const brokerId = recognised.engine === 'kafka' ? kafkaNodeId(pod, role) : undefined;
  const node = spec?.nodeName;
  const ip = status?.podIP;
  const http = httpOf(containers);
  return {
    id: metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`,
    ref: refOf('v1', 'Pod', pod),
    label: labelOf(pod, role),
    engine: recognised.engine,
    role,
    ...(recognised.shard === undefined ? {} : { shard: recognised.shard }),
    ...(recognised.replica === undefined ? {} : { replica: recognised.replica }),
    ...(brokerId === undefined ? {} : { brokerId }),
    health: together(pod, ready, truth, isNodeLost),
    isReady: ready,
    restarts: restartsOf(pod),
    ...(node === undefined ? {} : { node }),
    ...(ip === undefined ? {} : { ip }),
    container: metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? mainContainer(containers, recognised),
    containers: containers.map(({ name }) => name),
    ...(http === undefined ? {} : { http }),
    recognised: recognised.recognition,
    ...(truth === undefined ? {} : { truth }),
  };
}

/** Of a pod that only has another status than when `line` was made of it, and the same truth; the same line where nothing it says is another. */
export function podLineNow(line: PodLine, pod: Pod, isNodeLost: boolean): PodLine | undefined {
  if (pod.status?.podIP !== line.ip) return undefined;
  const ready = isReady(pod);
  const restarts = restartsOf(pod);
  const now = together(pod, ready, line.truth, isNodeLost);
  const health = isSameJson(line.health, now) ? line.health : now;
  if (health === line.health && ready === line.isReady && restarts === line.restarts) return line;
  return { ...line, health, isReady: ready, restarts };
}

/** "worker-x7k2p", "worker-0": what tells it from its siblings under their role comes first, and the state beside it stays in sight. */
function labelOf({ metadata }: Pod, role: EngineRole): string {
  const { name, ownerReferences } = metadata;
  const last = name.slice(name.lastIndexOf('-') + 1);
  const isReplica = ownerReferences?.[0]?.kind === 'ReplicaSet';
  return isReplica || name.endsWith(`-${role}-${last}`) ? `${role}-${last}` : name;
}

/** The engine knows better than a workload's name. */
function roleNow({ role, roleIsGuess, engine }: Recognised, truth: PodTruth | undefined): EngineRole {
  if (!roleIsGuess || truth?.isCoordinator === undefined || (engine !== 'trino' && engine !== 'presto')) return role;
  return truth.isCoordinator ? 'coordinator' : 'worker';
}

/** Kubernetes' truth first: what is not ready there serves nobody. Then the engine's. */
function together(pod: Pod, ready: boolean, truth: PodTruth | undefined, isNodeLost: boolean): Health {
  const seen = podHealth(pod);
  if (isNodeLost && seen.state !== 'stopping')
    return {
      state: 'unknown',
      word: t('node lost'),
      why: t('Node {0} does not answer: what the pod does is not known.', pod.spec?.nodeName ?? ''),
    };
  if (!ready || seen.state !== 'ok') return seen;
  if (pod.metadata.labels?.['clickhouse.altinity.com/ready'] === 'no')
    return {
      state: 'degraded',
      word: t('ready, out of service'),
      why: t('Kubernetes says ready; the operator has taken it out of its Service.'),
    };
  const because = (text: string): string => [text, truth?.why, seen.why].filter((part) => part !== undefined).join(' ');
  switch (truth?.state) {
    case undefined:
      return seen;
    case 'serving':
      return { ...seen, why: because(t('Kubernetes says ready, the engine says {0}.', truth?.word ?? '')) };
    case 'degraded':
      return { state: 'degraded', word: truth.word, why: because(t('Kubernetes says ready, the engine says {0}.', truth.word)) };
    case 'starting':
      return {
        state: 'starting',
        word: t('ready, not serving yet'),
        why: because(t('Kubernetes says ready, the engine says {0}.', truth?.word ?? '')),
      };
    case 'draining':
      return {
        state: 'stopping',
        word: truth?.word ?? t('draining'),
        why: because(t('Kubernetes says ready, the engine takes no new work.')),
      };
    case 'notServing':
      return {
        state: 'degraded',
        word: t('ready, not serving: {0}', truth?.word ?? ''),
        why: because(t('Kubernetes says ready, the engine says {0}.', truth?.word ?? '')),
      };
    case 'unknown':
      return { ...seen, why: because(t('The engine itself was not heard: {0}.', truth?.word ?? '')) };
  }
}

/** By the port's name, which may be of any number; the plain one where there are both. */
function httpOf(containers: readonly Container[]): PodLine['http'] {
  const ports = containers.flatMap(({ ports: list }) => list ?? []);
  const plain =
    ports.find(({ name }) => name === 'http') ?? ports.find(({ containerPort }) => containerPort === 8080 || containerPort === 8123);
  if (plain !== undefined) return { port: plain.containerPort, scheme: 'http' };
  const secure = ports.find(({ name, containerPort }) => name === 'https' || containerPort === 8443);
  return secure === undefined ? undefined : { port: secure.containerPort, scheme: 'https' };
}

function mainContainer(containers: readonly { readonly name: string }[], { engine, role }: Recognised): string {
  const like = containers.find(({ name }) => name.includes(engine)) ?? containers.find(({ name }) => name.includes(role));
  return (like ?? containers[0])?.name ?? '';
}

/** Strimzi and counted StatefulSets end in it; Bitnami's brokers without a controller begin at 100. */
function kafkaNodeId({ metadata }: Pod, role: EngineRole): number | undefined {
  const said = metadata.labels?.['apps.kubernetes.io/pod-index'] ?? /-(\d+)$/.exec(metadata.name)?.[1];
  if (role === 'operator' || said === undefined) return undefined;
  const isApart = role === 'broker' && metadata.labels?.['app.kubernetes.io/part-of'] === 'kafka';
  return Number(said) + (isApart ? 100 : 0);
}
