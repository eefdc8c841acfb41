/** An engine with its roles, shards and pods as lines. */
import { t } from '../../base/messages.ts';
import { type Before, linesFor } from './line-each.ts';
import type {
  EngineInstance,
  EngineKind,
  EngineRole,
  Health,
  InstanceName,
  Line,
  PodLine,
  Recognition,
  RoleGroup,
  ShardGroup,
} from './model.ts';

const titles: Readonly<Record<EngineKind, string>> = {
  trino: 'Trino',
  presto: 'Presto',
  clickhouse: 'ClickHouse',
  spark: 'Spark',
  kafka: 'Kafka',
  minio: 'MinIO',
  prometheus: 'Prometheus',
  grafana: 'Grafana',
  alertmanager: 'Alertmanager',
};

export function engineTitle(engine: EngineKind): string {
  return titles[engine];
}

export function instanceLine(instance: EngineInstance, before?: Line): Line {
  const subject = before?.subject;
  if (before !== undefined && subject?.kind === 'engine' && subject.instance === instance) return before;
  return {
    ...instanceHead(instance, before),
    children: instance.roles.map((role) =>
      roleLine(
        instance,
        role,
        before?.children.find(({ id }) => id === role.id),
      ),
    ),
  };
}

/** All but its children. Its texts are made once for as long as they are the same. `said`: what a person may have to do about it. */
export function instanceHead(instance: EngineInstance, before: Line | undefined, said: readonly string[] = []): Omit<Line, 'children'> {
  const old = before?.subject.kind === 'engine' ? before.subject.instance : undefined;
  if (before === undefined || old === undefined || !isSameHead(old, instance))
    return {
      id: instance.id,
      subject: { kind: 'engine', instance },
      label: instance.name,
      description: instanceDescription(instance, said),
      health: instance.health,
      tooltip: instanceTooltip(instance),
    };
  return { ...before, subject: { kind: 'engine', instance } };
}

function isSameHead(a: EngineInstance, b: EngineInstance): boolean {
  return (
    a.id === b.id &&
    a.name === b.name &&
    a.health === b.health &&
    a.ready === b.ready &&
    a.wanted === b.wanted &&
    a.version === b.version &&
    a.recognised === b.recognised &&
    a.release === b.release &&
    a.service === b.service &&
    a.roles.length === b.roles.length
  );
}

/** `said`: what a person may have to do about it. */
export function instanceDescription(
  { engine, namespace, health, ready, wanted, version }: EngineInstance,
  said: readonly string[] = [],
): string {
  const parts = [
    health.word,
    ...said,
    ...(health.word === t('healthy') && wanted > 1 ? [t('{0} of {1}', ready, wanted)] : []),
    namespace,
    version === undefined ? engineTitle(engine) : `${engineTitle(engine)} ${version}`,
  ];
  return parts.join(' · ');
}

export function instanceTooltip({ health, recognised, release, service, roles }: EngineInstance): readonly string[] {
  return [
    ...whyOf(health),
    recognisedBy(recognised, roles.length > 0),
    ...(release === undefined ? [] : [t('Helm release {0}', release)]),
    ...(service === undefined ? [] : [t('Service {0}, port {1}', service.name, service.port)]),
  ];
}

function recognisedBy({ confidence, why, layout }: Recognition, byPods: boolean): string {
  if (!byPods) return t('Known by its resource {0}', layout);
  const how = confidence === 'sure' ? t('Recognised') : confidence === 'likely' ? t('Probably') : t('Guessed');
  return layout === '' ? t('{0} by {1}', how, why) : t('{0} by {1} ({2})', how, why, layout);
}

/** A role of one pod is that pod: "coordinator". It keeps its id when a second pod comes. */
export function roleLine(instance: InstanceName, role: RoleGroup, before?: Line): Line {
  const [only] = role.pods;
  const subject = before?.subject;
  if (only !== undefined && role.pods.length === 1 && role.wanted <= 1 && role.shards.length === 0) {
    if (before?.id === role.id && subject?.kind === 'pod' && subject.pod === only) return before;
    return {
      ...podLineOf(only),
      id: role.id,
      label: roleWord(role.role, 1),
      description: `${podDescription(only)} · ${only.ref.name}`,
    };
  }
  if (before !== undefined && subject?.kind === 'role' && subject.role === role && isSameName(subject.instance, instance)) return before;
  const old = subject?.kind === 'role' ? subject.role : undefined;
  const head =
    before !== undefined && old !== undefined && isSameGroup(old, role)
      ? before
      : {
          label: roleWord(role.role, Math.max(role.wanted, role.pods.length)),
          description:
            role.health.word === t('healthy') ? `${role.health.word} · ${t('{0} of {1}', role.ready, role.wanted)}` : role.health.word,
          tooltip: [...whyOf(role.health), ...role.workloads.map(({ kind, name }) => `${kind} ${name}`)],
        };
  const { label, description, tooltip } = head;
  return {
    id: role.id,
    subject: { kind: 'role', instance: nameOf(instance), role },
    label,
    description,
    health: role.health,
    tooltip,
    children:
      role.shards.length > 0
        ? linesFor(role.shards, ofShards(before, old, instance), (shard, line) => shardLine(instance, shard, line))
        : linesFor(role.pods, before && old?.shards.length === 0 ? { items: old.pods, lines: before.children } : undefined, podLineOf),
  };
}

function isSameGroup(a: RoleGroup, b: RoleGroup): boolean {
  return (
    a.health === b.health && a.ready === b.ready && a.wanted === b.wanted && a.pods.length === b.pods.length && a.workloads === b.workloads
  );
}

function ofShards(before: Line | undefined, role: RoleGroup | undefined, instance: InstanceName): Before<ShardGroup> | undefined {
  if (before?.subject.kind !== 'role' || role === undefined || !isSameName(before.subject.instance, instance)) return undefined;
  return { items: role.shards, lines: before.children };
}

function shardLine(instance: InstanceName, shard: ShardGroup, before?: Line): Line {
  const subject = before?.subject;
  if (before !== undefined && subject?.kind === 'shard' && subject.shard === shard && isSameName(subject.instance, instance)) return before;
  return {
    id: shard.id,
    subject: { kind: 'shard', instance: nameOf(instance), shard },
    label: t('shard {0}', shard.shard),
    description:
      shard.health.word === t('healthy') ? `${shard.health.word} · ${t('{0} of {1}', shard.ready, shard.total)}` : shard.health.word,
    health: shard.health,
    tooltip: whyOf(shard.health),
    children: linesFor(
      shard.pods,
      before && subject?.kind === 'shard' ? { items: subject.shard.pods, lines: before.children } : undefined,
      replicaLine,
    ),
  };
}

function replicaLine(pod: PodLine, before?: Line): Line {
  return {
    ...podLineOf(pod, before),
    label: pod.replica === undefined ? pod.label : t('replica {0}', pod.replica),
    description: `${podDescription(pod)} · ${pod.ref.name}`,
  };
}

export function podLineOf(pod: PodLine, before?: Line): Line {
  const old = before?.subject.kind === 'pod' ? before.subject.pod : undefined;
  return {
    id: `pod:${pod.id}`,
    subject: { kind: 'pod', pod },
    label: pod.label,
    description: pod.label === pod.ref.name ? podDescription(pod) : `${podDescription(pod)} · ${pod.ref.name}`,
    health: pod.health,
    tooltip: before !== undefined && old !== undefined && isToldAlike(old, pod) ? before.tooltip : podTooltip(pod),
    children: [],
  };
}

function nameOf({ id, engine, name, namespace }: InstanceName): InstanceName {
  return { id, engine, name, namespace };
}

function isSameName(a: InstanceName, b: InstanceName): boolean {
  return a.id === b.id && a.name === b.name;
}

/** Their tooltips are the same. */
export function isToldAlike(a: PodLine, b: PodLine): boolean {
  return a.health === b.health && a.recognised === b.recognised && a.node === b.node;
}

export function podDescription({ health, restarts }: PodLine): string {
  if (restarts === 0) return health.word;
  return `${health.word} · ${restarts === 1 ? t('1 restart') : t('{0} restarts', restarts)}`;
}

export function podTooltip(pod: PodLine): readonly string[] {
  return [...whyOf(pod.health), recognisedBy(pod.recognised, true), ...(pod.node === undefined ? [] : [t('Node {0}', pod.node)])];
}

export function whyOf({ why }: Health): readonly string[] {
  return why === undefined || why === '' ? [] : why.split('\n');
}

function roleWord(role: EngineRole, count: number): string {
  if (count === 1) {
    switch (role) {
      case 'coordinator':
        return t('coordinator');
      case 'worker':
        return t('worker');
      case 'resource manager':
        return t('resource manager');
      case 'server':
        return t('server');
      case 'keeper':
        return t('keeper');
      case 'broker':
        return t('broker');
      case 'controller':
        return t('controller');
      case 'broker and controller':
        return t('broker and controller');
      case 'driver':
        return t('driver');
      case 'executor':
        return t('executor');
      case 'master':
        return t('master');
      case 'connect server':
        return t('connect server');
      case 'operator':
        return t('operator');
    }
  }
  switch (role) {
    case 'coordinator':
      return t('coordinators');
    case 'worker':
      return t('workers');
    case 'resource manager':
      return t('resource managers');
    case 'server':
      return t('servers');
    case 'keeper':
      return t('keepers');
    case 'broker':
      return t('brokers');
    case 'controller':
      return t('controllers');
    case 'broker and controller':
      return t('brokers and controllers');
    case 'driver':
      return t('drivers');
    case 'executor':
      return t('executors');
    case 'master':
      return t('masters');
    case 'connect server':
      return t('connect servers');
    case 'operator':
      return t('operators');
  }
}
