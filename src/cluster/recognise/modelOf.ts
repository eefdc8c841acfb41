/** From what was seen to what is shown. Pure: the memory only spares work on what is the same as before, and keeps it the same object. */
import { isDeepStrictEqual } from 'node:util';
import { t } from '../../base/messages.ts';
import type { Node, Pod, Workload } from '../objects.ts';
import { isSameJson, isSameList, withSame } from '../same.ts';
import { autoscalersOf } from './autoscaling.ts';
import { isWorse, worst } from './group.ts';
import type { Installation } from './installations.ts';
import { compare } from './instances.ts';
import type { Kinds, PartName } from './kinds.ts';
import type {
  AutoscalerLine,
  ClusterModel,
  ClusterSnapshot,
  EngineInstance,
  EngineKind,
  Health,
  NodeLine,
  ObjectRef,
  RoleGroup,
  Section,
} from './model.ts';
import { isNodeLost, nodeLine, releasesOf } from './places.ts';
import { PodBook } from './podBook.ts';
import { section } from './sections.ts';
import { surroundingsOf, type WorkloadMemory } from './surroundings.ts';

/** What was found out before, for as long as what it is about is there. Of one cluster. */
export interface ModelMemory {
  readonly pods: PodBook;
  readonly workloads: WorkloadMemory;
  readonly nodes: WeakMap<Node, NodeLine>;
  /** In the order in which they are shown. */
  installations: readonly Installation[];
  model: ClusterModel | undefined;
}

export function newMemory(): ModelMemory {
  return { pods: new PodBook(), workloads: new WeakMap(), nodes: new WeakMap(), installations: [], model: undefined };
}

/**
 * What is equal to a part of the memory's last model is that same object, up to the model itself.
 * `changedPods`: keys of the pods that came, went or are others than at the memory's last model, where nothing else is another.
 */
export function modelOf(snapshot: ClusterSnapshot, memory: ModelMemory = newMemory(), changedPods?: Iterable<string>): ClusterModel {
  const { pods, model: before } = memory;
  let model: ClusterModel;
  if (before === undefined || changedPods === undefined) {
    pods.putAll(snapshot.parts.pods?.objects ?? new Map(), snapshot.truth, lostNodes(snapshot));
    surround(snapshot, memory);
    const made = assemble(snapshot, memory);
    model = before === undefined ? made : kept(before, made);
  } else {
    const change = putPods(snapshot, memory, changedPods);
    model = change === 'none' ? before : kept(before, assemble(snapshot, memory, { before, isQuiet: change === 'quiet' }));
  }
  memory.model = model;
  pods.hasNewCounts = false;
  return model;
}

/** `quiet`: every installation is judged as it was. */
function putPods(snapshot: ClusterSnapshot, memory: ModelMemory, changed: Iterable<string>): 'none' | 'quiet' | 'judged' {
  const { pods, installations } = memory;
  const objects: ReadonlyMap<string, Pod> = snapshot.parts.pods?.objects ?? new Map();
  for (const key of changed) pods.put(key, objects.get(key), snapshot.truth);
  pods.forgetOthers(objects, snapshot.truth);
  // One that is new has services of its own; one that is empty goes.
  if (pods.installations.size > installations.length || installations.some(({ isEmpty }) => isEmpty)) {
    surround(snapshot, memory);
    return 'judged';
  }
  if (installations.some(({ isUnjudged }) => isUnjudged)) return 'judged';
  return pods.hasNewCounts || installations.some(({ isDirty }) => isDirty) ? 'quiet' : 'none';
}

/** What is there beside the pods, and the order of it all. */
function surround(snapshot: ClusterSnapshot, memory: ModelMemory): void {
  const { installations } = memory.pods;
  const around = surroundingsOf(snapshot, memory.workloads);
  for (const { place } of around.values()) memory.pods.installation(place);
  const services = groupBy(all(snapshot, 'services'), ({ metadata }) => [metadata.namespace ?? '']);
  for (const [id, one] of installations) {
    one.surround(around.get(id), services.get(one.place.namespace) ?? []);
    if (one.isEmpty) installations.delete(id);
  }
  const named = groupBy(installations.values(), (one) => [nameKey(one)]);
  for (const one of installations.values()) one.share((named.get(nameKey(one))?.length ?? 0) > 1);
  memory.installations = [...installations.values()].sort((a, b) => byEngine(a.instance(), b.instance()));
}

function byEngine(a: EngineInstance, b: EngineInstance): number {
  return (
    engineOrder[a.engine] - engineOrder[b.engine] || compare(a.namespace, b.namespace) || compare(a.name, b.name) || (a.id < b.id ? -1 : 1)
  );
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

/** Of `before` everything is true that no pod has a part in; `isQuiet`: and what pods are judged for. */
function assemble(
  snapshot: ClusterSnapshot,
  memory: ModelMemory,
  { before, isQuiet }: { readonly before?: ClusterModel; readonly isQuiet?: boolean } = {},
): ClusterModel {
  const of = (...engines: EngineKind[]): readonly Installation[] =>
    memory.installations.filter(({ place }) => engines.includes(place.engine));
  const instances = (...engines: EngineKind[]): readonly EngineInstance[] => of(...engines).map((one) => one.instance());
  const parts = {
    engines: section(snapshot, instances('trino', 'presto', 'clickhouse', 'spark'), ['pods', 'deployments', 'statefulSets', 'services']),
    autoscaling:
      before === undefined || isQuiet !== true ? section(snapshot, autoscaling(snapshot, memory), ['autoscalers']) : before.autoscaling,
    kafka: section(
      snapshot,
      of('kafka').map((one) => one.kafka(snapshot.kafka.get(one.place.id))),
      ['pods'],
    ),
    storage: section(snapshot, instances('minio'), ['pods']),
    monitoring: section(snapshot, instances('prometheus', 'grafana', 'alertmanager'), ['pods']),
    nodes: before === undefined || memory.pods.hasNewCounts ? section(snapshot, nodesOf(snapshot, memory), ['nodes']) : before.nodes,
    releases: before?.releases ?? section(snapshot, releasesOf(all(snapshot, 'releases'), chartsOf(snapshot)), ['releases']),
  };
  return {
    context: snapshot.context,
    ...(snapshot.namespace === undefined ? {} : { namespace: snapshot.namespace }),
    health: wholeHealth(snapshot, [...parts.engines.items, ...parts.kafka.items, ...parts.storage.items], parts.nodes.items),
    ...parts,
    otherPods: memory.pods.others,
  };
}

/** The same objects as before where they are equal. */
function kept(before: ClusterModel, now: ClusterModel): ClusterModel {
  const model: ClusterModel = {
    ...now,
    engines: keptSection(before.engines, now.engines),
    autoscaling: keptSection(before.autoscaling, withEqual(before.autoscaling, now.autoscaling)),
    kafka: keptSection(before.kafka, now.kafka),
    storage: keptSection(before.storage, now.storage),
    monitoring: keptSection(before.monitoring, now.monitoring),
    nodes: keptSection(before.nodes, withEqual(before.nodes, now.nodes)),
    releases: keptSection(before.releases, withEqual(before.releases, now.releases)),
    health: isSameJson(before.health, now.health) ? before.health : now.health,
  };
  return isSameList(Object.values(before), Object.values(model)) ? before : model;
}

function keptSection<T>(before: Section<T>, now: Section<T>): Section<T> {
  const isSame =
    isSameList(before.items, now.items) &&
    (before.state === now.state || isDeepStrictEqual(before.state, now.state)) &&
    (before.notes.length + now.notes.length === 0 || isDeepStrictEqual(before.notes, now.notes));
  return isSame ? before : now;
}

function withEqual<T extends { readonly id: string }>(before: Section<T>, now: Section<T>): Section<T> {
  return before === now ? now : { ...now, items: withSame(before.items, now.items) };
}

function autoscaling(snapshot: ClusterSnapshot, { installations }: ModelMemory): readonly AutoscalerLine[] {
  const rolesOf = (): ReadonlyMap<string, readonly RoleGroup[]> =>
    groupBy(
      installations.flatMap((one) => one.instance().roles),
      ({ workloads }) => workloads.map(workloadKey),
    );
  let roles: ReturnType<typeof rolesOf> | undefined;
  return autoscalersOf({
    autoscalers: all(snapshot, 'autoscalers'),
    scaledObjects: all(snapshot, 'scaledObjects'),
    verticalAutoscalers: all(snapshot, 'verticalAutoscalers'),
    workloadOf: (ref) => workloadOf(snapshot, ref),
    podsOf: (ref) => (roles ??= rolesOf()).get(workloadKey(ref))?.flatMap(({ pods }) => pods) ?? [],
  });
}

function nodesOf(snapshot: ClusterSnapshot, { nodes, pods }: ModelMemory): readonly NodeLine[] {
  const lines: NodeLine[] = [];
  for (const node of all(snapshot, 'nodes')) {
    const count = pods.podsOnNode.get(node.metadata.name) ?? 0;
    const known = nodes.get(node);
    const line = known?.pods === count ? known : nodeLine(node, count);
    nodes.set(node, line);
    lines.push(line);
  }
  return lines.sort((a, b) => compare(a.ref.name, b.ref.name));
}

function lostNodes(snapshot: ClusterSnapshot): ReadonlySet<string> {
  const lost = new Set<string>();
  for (const node of all(snapshot, 'nodes')) if (isNodeLost(node)) lost.add(node.metadata.name);
  return lost;
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

function nameKey({ place: { engine, namespace, instance } }: Installation): string {
  return `${engine}:${namespace}/${instance}`;
}
