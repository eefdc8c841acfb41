/** From pods, workloads and custom resources to installations of engines. */
import { t } from '../../base/messages.ts';
import type { Condition, Service } from '../objects.ts';
import { isSameJson, isSameList } from '../same.ts';
import { groupHealth, isOver, isServing, worst } from './group.ts';
import { serviceOf } from './entry.ts';
import type { Found } from './found.ts';
import type { CustomResource } from './kinds.ts';
import type { EngineInstance, EngineKind, EngineRole, Health, ObjectRef, PodLine, RoleGroup, ShardGroup } from './model.ts';
import { type Recognised, versionOf } from './recognise.ts';

export function instanceId(engine: EngineKind, namespace: string, { instance, variant }: Pick<Recognised, 'instance' | 'variant'>): string {
  return `${engine}:${namespace}/${instance}${variant === undefined ? '' : `/${variant}`}`;
}

const roleOrder: readonly EngineRole[] = [
  'coordinator',
  'resource manager',
  'connect server',
  'driver',
  'master',
  'broker and controller',
  'broker',
  'controller',
  'worker',
  'executor',
  'server',
  'keeper',
  'operator',
];

/** Roles and shards of `before` that are the same stay the same objects. */
export function engineInstance(found: Found, services: readonly Service[], isNameTaken: boolean, before?: EngineInstance): EngineInstance {
  const roles = rolesOf(found).map((role) =>
    sameRole(
      role,
      before?.roles.find(({ id }) => id === role.id),
    ),
  );
  const { resource, engine, namespace, variant } = found;
  const ready = sum(roles, (role) => role.ready);
  const wanted = sum(roles, (role) => role.wanted);
  const service = serviceOf(found, services);
  const release = releaseOf(found);
  const version = versionFor(found);
  return {
    id: found.id,
    engine,
    name: isNameTaken && variant !== undefined ? `${found.instance} (${variant})` : found.instance,
    namespace,
    health: instanceHealth(roles, ready, wanted, resource),
    ready,
    wanted,
    roles,
    recognised: roles[0]?.pods[0]?.recognised ??
      found.recognition ?? { confidence: 'sure', why: resource?.ref.kind ?? '', layout: resource?.ref.kind ?? '' },
    ...(service === undefined ? {} : { service }),
    ...(release === undefined ? {} : { release }),
    ...(version === undefined ? {} : { version }),
    ...(resource === undefined ? {} : { resource: resource.ref }),
  };
}

function sameRole(role: RoleGroup, before: RoleGroup | undefined): RoleGroup {
  if (before === undefined) return role;
  const known = new Map(before.shards.map((shard) => [shard.id, shard]));
  const shards = role.shards.map((shard) => sameGroup(shard, known.get(shard.id)));
  return sameGroup({ ...role, shards: isSameList(shards, before.shards) ? before.shards : shards }, before);
}

/** Pods are compared by what they are, the rest by what it says. */
function sameGroup<T extends RoleGroup | ShardGroup>(group: T, before: T | undefined): T {
  if (before === undefined || !isSameList(group.pods, before.pods)) return group;
  return isSameJson({ ...group, pods: [] }, { ...before, pods: [] }) ? before : group;
}

/** Of pods that are judged as they were. */
export type RenewedPods = readonly (readonly [before: PodLine, now: PodLine])[];

/** The same with other lines of some pods. */
export function withPods(instance: EngineInstance, renewed: RenewedPods): EngineInstance {
  const roles = [...instance.roles];
  for (const [before, now] of renewed) {
    const at = roles.findIndex(({ role }) => role === before.role);
    const role = roles[at];
    if (role !== undefined) roles[at] = { ...role, pods: withPod(role.pods, before, now), shards: withPodIn(role.shards, before, now) };
  }
  return { ...instance, roles };
}

function withPodIn(shards: readonly ShardGroup[], before: PodLine, now: PodLine): readonly ShardGroup[] {
  const at = shards.findIndex(({ pods }) => pods.includes(before));
  const shard = shards[at];
  return shard === undefined ? shards : shards.with(at, { ...shard, pods: withPod(shard.pods, before, now) });
}

function withPod(pods: readonly PodLine[], before: PodLine, now: PodLine): readonly PodLine[] {
  const at = pods.indexOf(before);
  return at < 0 ? pods : pods.with(at, now);
}

function rolesOf(found: Found): readonly RoleGroup[] {
  const present = new Set([...found.pods.map(({ line }) => line.role), ...found.workloads.map(({ role }) => role), ...found.asked.keys()]);
  return roleOrder.filter((role) => present.has(role)).map((role) => roleGroup(found, role));
}

function roleGroup(found: Found, role: EngineRole): RoleGroup {
  const pods = found.pods.map(({ line }) => line).filter((line) => line.role === role);
  const workloads = found.workloads.filter((one) => one.role === role);
  const replicas = workloads.map(({ workload }) => workload.spec?.replicas ?? 1);
  const counted = pods.filter((pod) => !isOver(pod)).length;
  const wanted = replicas.length > 0 ? replicas.reduce((all, one) => all + one, 0) : (found.asked.get(role) ?? counted);
  const problem = workloads.map(({ workload }) => refusalOf(workload.status?.conditions)).find((text) => text !== undefined);
  const id = `${found.id}#${role}`;
  return {
    id,
    role,
    health: groupHealth(pods, wanted, problem),
    ready: pods.filter(isServing).length,
    wanted,
    workloads: workloads.map(({ ref }) => ref),
    shards: shardsOf(id, pods, role),
    pods,
  };
}

function shardsOf(id: string, pods: readonly PodLine[], role: EngineRole): readonly ShardGroup[] {
  if (role !== 'server' || !pods.some(({ shard }) => shard !== undefined)) return [];
  const shards = new Map<string, PodLine[]>();
  for (const pod of pods) {
    const shard = pod.shard ?? '?';
    const known = shards.get(shard);
    if (known === undefined) shards.set(shard, [pod]);
    else known.push(pod);
  }
  return [...shards].map(([shard, members]) => ({
    id: `${id}#${shard}`,
    shard,
    health: groupHealth(members, members.length),
    ready: members.filter(isServing).length,
    total: members.length,
    pods: members,
  }));
}

/** Why a workload could not make its pods. */
export function refusalOf(conditions: readonly Condition[] | undefined): string | undefined {
  const refusal = conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (refusal === undefined) return undefined;
  const message = refusal.message ?? '';
  const [, quota, rest = ''] = /exceeded quota: ([^,]+), (.*)$/s.exec(message) ?? [];
  if (quota === undefined) return t('Pods cannot be made: {0}', message);
  const used = /used: (\S+?)(?:,|\s|$)/.exec(rest)?.[1] ?? '';
  const limited = /limited: (\S+?)(?:,|\s|$)/.exec(rest)?.[1] ?? '';
  const what = used.split('=')[0] ?? '';
  return t('quota {0} of {1} is used up: {2} of {3}', what, quota, used.split('=')[1] ?? '?', limited.split('=')[1] ?? '?');
}

function instanceHealth(
  roles: readonly RoleGroup[],
  ready: number,
  wanted: number,
  resource: (CustomResource & { readonly ref: ObjectRef }) | undefined,
): Health {
  const problem = resource === undefined ? undefined : resourceProblem(resource);
  const trouble = roles.filter(
    ({ health }) => health.state !== 'ok' && !(health.state === 'unknown' && wanted > 0 && health.word === t('scaled to zero')),
  );
  const why = [
    ...(problem === undefined ? [] : [problem.text]),
    ...trouble.flatMap(({ health }) => (health.why === undefined ? [] : [health.why])),
  ].join('\n');
  const explained = why === '' ? {} : { why };
  if (roles.length === 0)
    return problem === undefined
      ? { state: 'unknown', word: t('no pods') }
      : { state: problem.isFatal ? 'failed' : 'starting', word: problem.word, ...explained };
  if (trouble.length === 0) {
    if (problem === undefined)
      return { state: 'ok', word: roles.every(({ health }) => health.word === t('completed')) ? t('completed') : t('healthy') };
    return { state: 'degraded', word: problem.word, ...explained };
  }
  const first = trouble[0];
  const state = worst(trouble.map(({ health }) => health.state));
  const word = wanted <= 1 && trouble.length === 1 && first !== undefined ? soleWord(first) : t('{0} of {1} ready', ready, wanted);
  const since = trouble.map(({ health }) => health.sinceMs).find((ms) => ms !== undefined);
  // A missing role that others can do without leaves the whole degraded, not failed.
  const isDown = trouble.some(
    ({ health, role }) => health.state === 'failed' && role !== 'worker' && role !== 'executor' && role !== 'keeper',
  );
  return {
    state: state === 'failed' && !isDown && ready > 0 ? 'degraded' : state,
    word: wanted === 0 ? t('scaled to zero') : word,
    ...explained,
    ...(since === undefined ? {} : { sinceMs: since }),
  };
}

/** One pod alone says more than "0 of 1 ready". */
function soleWord({ pods, health }: RoleGroup): string {
  return pods.length === 1 ? (pods[0]?.health.word ?? health.word) : health.word;
}

interface ResourceProblem {
  readonly word: string;
  readonly text: string;
  readonly isFatal: boolean;
}

/** What an operator says is wrong with what it was asked for. */
export function resourceProblem({ status, metadata }: CustomResource): ResourceProblem | undefined {
  if (metadata.annotations?.['strimzi.io/pause-reconciliation'] === 'true')
    return { word: t('reconciliation paused'), text: t('The operator was told to leave it alone.'), isFatal: false };
  const spark = status?.applicationState;
  if (spark?.state !== undefined && /FAILED|FAILING|INVALIDATING/.test(spark.state))
    return { word: spark.state.toLowerCase().replaceAll('_', ' '), text: spark.errorMessage ?? '', isFatal: true };
  if (status?.status === 'Aborted')
    return { word: t('operator gave up'), text: status.error ?? t('The operator gave up on it.'), isFatal: true };
  const conditions = status?.conditions ?? [];
  const not = conditions.find(({ type, status: is }) => (type === 'NotReady' && is === 'True') || (type === 'Ready' && is === 'False'));
  if (not === undefined) return undefined;
  const creating = /creating|progress/i.test(not.reason ?? '');
  return { word: creating ? t('being made') : t('operator: not ready'), text: not.message ?? not.reason ?? '', isFatal: false };
}

function releaseOf({ workloads, resource, pods }: Found): string | undefined {
  const annotated = [...workloads.map(({ workload }) => workload.metadata), ...(resource === undefined ? [] : [resource.metadata])]
    .map(({ annotations }) => annotations?.['meta.helm.sh/release-name'])
    .find((name) => name !== undefined);
  if (annotated !== undefined) return annotated;
  const labels = pods[0]?.pod.metadata.labels;
  const isHelm = labels?.['app.kubernetes.io/managed-by'] === 'Helm' || labels?.['heritage'] === 'Helm';
  return isHelm ? (labels['app.kubernetes.io/instance'] ?? labels['release']) : undefined;
}

/** What the engine says, else the label, else the image's tag. */
function versionFor({ pods, workloads }: Found): string | undefined {
  for (const { line } of pods) if (line.truth?.version !== undefined) return line.truth.version;
  for (const { pod, line } of pods) {
    const image = pod.spec?.containers?.find(({ name }) => name === line.container)?.image;
    const version = pod.metadata.labels?.['app.kubernetes.io/version'] ?? (image === undefined ? undefined : versionOf(image));
    if (version !== undefined) return version;
  }
  const image = workloads[0]?.workload.spec?.template?.spec?.containers?.[0]?.image;
  return image === undefined ? undefined : versionOf(image);
}

/** The same for the same pods, whichever came first. */
export function byPlace(a: PodLine, b: PodLine): number {
  const [one, other] = [a.ref.name, b.ref.name];
  return compare(a.shard, b.shard) || compare(a.replica, b.replica) || compare(one, other) || (one < other ? -1 : 1);
}

const collator = new Intl.Collator('en', { numeric: true });

export function compare(a = '', b = ''): number {
  return collator.compare(a, b);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((all, item) => all + of(item), 0);
}
