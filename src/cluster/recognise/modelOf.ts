/** From what was seen to what is shown. Pure: the memory only spares work on objects that are the same as before. */
import { t } from '../../base/messages.ts';
import type { Pod, Service, Workload } from '../objects.ts';
import { autoscalersOf } from './autoscaling.ts';
import { isWorse, worst } from './group.ts';
import { compare, engineInstance, instanceId } from './instances.ts';
import type { Found } from './found.ts';
import { kafkaInstance } from './kafka.ts';
import type { Kinds, PartName } from './kinds.ts';
import type {
  ClusterModel,
  ClusterSnapshot,
  EngineInstance,
  EngineKind,
  EngineRole,
  Health,
  ObjectRef,
  PodLine,
  PodTruth,
} from './model.ts';
import { isNodeLost, nodeLine, releasesOf } from './places.ts';
import { podLine, refOf } from './pods.ts';
import { type Recognised, recognise } from './recognise.ts';
import { resourceSources } from './resources.ts';
import { section } from './sections.ts';

/** What was found out about objects, for as long as they are held. */
export interface ModelMemory {
  /** `null`: none of our engines. */
  readonly recognised: WeakMap<object, Recognised | null>;
  readonly lines: WeakMap<Pod, { readonly truth: PodTruth | undefined; readonly isLost: boolean; readonly line: PodLine }>;
}

export function newMemory(): ModelMemory {
  return { recognised: new WeakMap(), lines: new WeakMap() };
}

export function modelOf(snapshot: ClusterSnapshot, memory: ModelMemory = newMemory()): ClusterModel {
  const seen = gather(snapshot, memory);
  const services = byNamespace(all(snapshot, 'services'));
  const names = new Map<string, number>();
  for (const found of seen.found.values()) names.set(nameKey(found), (names.get(nameKey(found)) ?? 0) + 1);
  const instances = [...seen.found.values()]
    .map((found) => engineInstance(found, services.get(found.namespace) ?? [], (names.get(nameKey(found)) ?? 0) > 1))
    .sort((a, b) => engineOrder[a.engine] - engineOrder[b.engine] || compare(a.namespace, b.namespace) || compare(a.name, b.name));
  const of = (...engines: EngineKind[]): EngineInstance[] => instances.filter(({ engine }) => engines.includes(engine));
  const kafka = of('kafka').map((instance) => kafkaInstance(instance, snapshot.kafka.get(instance.id)));
  const nodes = [...all(snapshot, 'nodes')].map((node) => nodeLine(node, seen.podsOnNode.get(node.metadata.name) ?? 0));
  const podsOfWorkload = groupBy(
    instances.flatMap(({ roles }) => roles),
    ({ workloads }) => workloads.map(workloadKey),
  );
  const parts = {
    engines: section(snapshot, of('trino', 'presto', 'clickhouse', 'spark'), ['pods', 'deployments', 'statefulSets', 'services']),
    autoscaling: section(
      snapshot,
      autoscalersOf({
        autoscalers: all(snapshot, 'autoscalers'),
        scaledObjects: all(snapshot, 'scaledObjects'),
        verticalAutoscalers: all(snapshot, 'verticalAutoscalers'),
        workloadOf: (ref) => workloadOf(snapshot, ref),
        podsOf: (ref) => podsOfWorkload.get(workloadKey(ref))?.flatMap(({ pods }) => pods) ?? [],
      }),
      ['autoscalers'],
    ),
    kafka: section(snapshot, kafka, ['pods']),
    storage: section(snapshot, of('minio'), ['pods']),
    monitoring: section(snapshot, of('prometheus', 'grafana', 'alertmanager'), ['pods']),
    nodes: section(
      snapshot,
      nodes.sort((a, b) => compare(a.ref.name, b.ref.name)),
      ['nodes'],
    ),
    releases: section(snapshot, releasesOf(all(snapshot, 'releases'), chartsOf(snapshot)), ['releases']),
  };
  return {
    context: snapshot.context,
    ...(snapshot.namespace === undefined ? {} : { namespace: snapshot.namespace }),
    health: wholeHealth(snapshot, [...parts.engines.items, ...kafka, ...parts.storage.items], nodes),
    ...parts,
    otherPods: seen.others,
  };
}

const engineOrder: Readonly<Record<EngineKind, number>> = {
  trino: 0,
  presto: 1,
  clickhouse: 2,
  spark: 3,
  kafka: 4,
  minio: 5,
  prometheus: 6,
  alertmanager: 7,
  grafana: 8,
};

interface Gathered {
  readonly found: Map<string, Found>;
  readonly podsOnNode: ReadonlyMap<string, number>;
  readonly others: number;
}

function gather(snapshot: ClusterSnapshot, memory: ModelMemory): Gathered {
  const found = new Map<string, Found>();
  const podsOnNode = new Map<string, number>();
  const nodes = snapshot.parts.nodes?.objects;
  let others = 0;
  for (const pod of all(snapshot, 'pods')) {
    const node = pod.spec?.nodeName;
    const { phase } = pod.status ?? {};
    if (node !== undefined && phase !== 'Succeeded' && phase !== 'Failed') podsOnNode.set(node, (podsOnNode.get(node) ?? 0) + 1);
    const known = remembered(memory, pod, () => recognise(pod));
    if (known === undefined) {
      others++;
      continue;
    }
    const truth = pod.metadata.uid === undefined ? undefined : snapshot.truth.get(pod.metadata.uid);
    const isLost = node !== undefined && isNodeLost(nodes?.get(node));
    instanceFor(found, known, pod.metadata.namespace ?? '').pods.push({ pod, line: rememberedLine(memory, pod, known, truth, isLost) });
  }
  for (const [part, kind] of workloadKinds) for (const workload of all(snapshot, part)) addWorkload(found, memory, workload, kind);
  addResources(found, snapshot);
  return { found, podsOnNode, others };
}

const workloadKinds = [
  ['deployments', 'Deployment'],
  ['statefulSets', 'StatefulSet'],
] as const;

/** A workload is known by the pods that it would make: so one without pods is there too. */
function addWorkload(found: Map<string, Found>, memory: ModelMemory, workload: Workload, kind: string): void {
  const known = remembered(memory, workload, () => {
    const template = workload.spec?.template;
    if (template === undefined) return undefined;
    const { name, namespace } = workload.metadata;
    const metadata = { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
    return recognise({ metadata, ...(template.spec === undefined ? {} : { spec: template.spec }) }, { kind, name });
  });
  if (known === undefined) return;
  const one = instanceFor(found, known, workload.metadata.namespace ?? '');
  // The engine may have said another role of its pods than the workload's name does.
  const pod = one.pods.find(({ pod: { metadata } }) => isMadeBy(metadata.ownerReferences?.[0]?.name, workload.metadata.name));
  one.workloads.push({ workload, ref: refOf('apps/v1', kind, workload), role: pod?.line.role ?? known.role });
}

function isMadeBy(owner: string | undefined, workload: string): boolean {
  return owner !== undefined && (owner === workload || owner.replace(/-[^-]+$/, '') === workload);
}

function addResources(found: Map<string, Found>, snapshot: ClusterSnapshot): void {
  for (const source of resourceSources)
    for (const resource of all(snapshot, source.part)) {
      const { name, namespace = '' } = resource.metadata;
      const ref = refOf(source.apiVersion, source.kind, resource);
      const instance = source.instanceOf(resource) ?? name;
      const id = instanceId(source.engine, namespace, { instance });
      const one = found.get(id) ?? bare(id, source.engine, namespace, instance);
      found.set(id, one);
      if (source.isWhole) one.resource = { ...resource, ref };
      const asked = source.asks(resource);
      if (asked !== undefined) one.asked.set(asked.role, (one.asked.get(asked.role) ?? 0) + asked.count);
    }
}

function instanceFor(found: Map<string, Found>, known: Recognised, namespace: string): Found {
  const id = instanceId(known.engine, namespace, known);
  const one = found.get(id) ?? bare(id, known.engine, namespace, known.instance, known.variant);
  one.recognition ??= known.recognition;
  found.set(id, one);
  return one;
}

function bare(id: string, engine: EngineKind, namespace: string, instance: string, variant?: string): Found {
  return {
    id,
    engine,
    namespace,
    instance,
    pods: [],
    workloads: [],
    asked: new Map<EngineRole, number>(),
    ...(variant === undefined ? {} : { variant }),
  };
}

function remembered(memory: ModelMemory, object: Pod | Workload, find: () => Recognised | undefined): Recognised | undefined {
  const known = memory.recognised.get(object);
  if (known !== undefined) return known ?? undefined;
  const result = find();
  memory.recognised.set(object, result ?? null);
  return result;
}

function rememberedLine(memory: ModelMemory, pod: Pod, recognised: Recognised, truth: PodTruth | undefined, isLost: boolean): PodLine {
  const known = memory.lines.get(pod);
  if (known !== undefined && known.truth === truth && known.isLost === isLost) return known.line;
  const line = podLine(pod, recognised, truth, isLost);
  memory.lines.set(pod, { truth, isLost, line });
  return line;
}

function all<N extends PartName>({ parts }: ClusterSnapshot, part: N): Iterable<Kinds[N]> {
  return parts[part]?.objects.values() ?? [];
}

function workloadOf({ parts }: ClusterSnapshot, { kind, namespace, name }: ObjectRef): Workload | undefined {
  const objects = kind === 'StatefulSet' ? parts.statefulSets?.objects : parts.deployments?.objects;
  return objects?.get(`${namespace ?? ''}/${name}`);
}

/** Of each Helm release the chart that its objects name. */
function chartsOf(snapshot: ClusterSnapshot): ReadonlyMap<string, string> {
  const charts = new Map<string, string>();
  for (const part of ['deployments', 'statefulSets', 'services'] as const)
    for (const { metadata } of all(snapshot, part)) {
      const chart = metadata.labels?.['helm.sh/chart'] ?? metadata.labels?.['chart'];
      const release = metadata.annotations?.['meta.helm.sh/release-name'];
      const namespace = metadata.annotations?.['meta.helm.sh/release-namespace'] ?? metadata.namespace ?? '';
      const key = `${namespace}/${release ?? ''}`;
      if (chart !== undefined && release !== undefined && !charts.has(key)) charts.set(key, chart);
    }
  return charts;
}

/** "1 engine failing, 2 engines degraded", as the first line of the cluster says it. */
function wholeHealth(
  snapshot: ClusterSnapshot,
  instances: readonly EngineInstance[],
  nodes: readonly { readonly health: Health }[],
): Health {
  const pods = snapshot.parts.pods?.state;
  if (pods === undefined || pods.kind === 'syncing') return { state: 'unknown', word: t('loading') };
  if (pods.kind === 'forbidden')
    return { state: 'unknown', word: t('pods hidden'), ...(pods.error === undefined ? {} : { why: pods.error.message }) };
  if (pods.kind === 'stale')
    return { state: 'unknown', word: t('stale'), sinceMs: pods.sinceMs, ...(pods.error === undefined ? {} : { why: pods.error.message }) };
  const states = [...instances, ...nodes].map(({ health }) => health.state);
  const state = worst(states.filter((one) => isWorse(one, 'unknown')));
  const failing = instances.filter(({ health }) => health.state === 'failed').length;
  const degraded = instances.filter(({ health }) => health.state === 'degraded').length;
  const starting = instances.filter(({ health }) => health.state === 'starting').length;
  const badNodes = nodes.filter(({ health }) => isWorse(health.state, 'starting')).length;
  const words = [
    ...(failing === 0 ? [] : [t('{0} failing', failing)]),
    ...(degraded === 0 ? [] : [t('{0} degraded', degraded)]),
    ...(starting === 0 ? [] : [t('{0} starting', starting)]),
    ...(badNodes === 0 ? [] : [badNodes === 1 ? t('1 node in trouble') : t('{0} nodes in trouble', badNodes)]),
  ];
  return { state, word: words.length === 0 ? t('healthy') : words.join(', ') };
}

function byNamespace(services: Iterable<Service>): ReadonlyMap<string, readonly Service[]> {
  return groupBy(services, ({ metadata }) => [metadata.namespace ?? '']);
}

function groupBy<T>(items: Iterable<T>, keysOf: (item: T) => readonly string[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items)
    for (const key of keysOf(item)) {
      const known = groups.get(key);
      if (known === undefined) groups.set(key, [item]);
      else known.push(item);
    }
  return groups;
}

function workloadKey({ kind, namespace, name }: ObjectRef): string {
  return `${kind}:${namespace ?? ''}/${name}`;
}

function nameKey({ engine, namespace, instance }: Found): string {
  return `${engine}:${namespace}/${instance}`;
}
