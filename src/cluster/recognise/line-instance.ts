/** An engine with its roles, shards and pods as lines. */
import { t } from '../../base/messages.ts';
import type { EngineInstance, EngineKind, EngineRole, Health, Line, PodLine, Recognition, RoleGroup, ShardGroup } from './model.ts';

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

export function instanceLine(instance: EngineInstance): Line {
  return {
    id: instance.id,
    subject: { kind: 'engine', instance },
    label: instance.name,
    description: instanceDescription(instance),
    health: instance.health,
    tooltip: instanceTooltip(instance),
    children: instance.roles.map((role) => roleLine(instance, role)),
  };
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
export function roleLine(instance: EngineInstance, role: RoleGroup): Line {
  const [only] = role.pods;
  if (only !== undefined && role.pods.length === 1 && role.wanted <= 1 && role.shards.length === 0)
    return {
      ...podLineOf(instance, only),
      id: role.id,
      label: roleWord(role.role, 1),
      description: `${podDescription(only)} · ${only.ref.name}`,
    };
  return {
    id: role.id,
    subject: { kind: 'role', instance, role },
    label: roleWord(role.role, Math.max(role.wanted, role.pods.length)),
    description: role.health.word === t('healthy') ? `${role.health.word} · ${t('{0} of {1}', role.ready, role.wanted)}` : role.health.word,
    health: role.health,
    tooltip: [...whyOf(role.health), ...role.workloads.map(({ kind, name }) => `${kind} ${name}`)],
    children:
      role.shards.length > 0 ? role.shards.map((shard) => shardLine(instance, shard)) : role.pods.map((pod) => podLineOf(instance, pod)),
  };
}

function shardLine(instance: EngineInstance, shard: ShardGroup): Line {
  return {
    id: shard.id,
    subject: { kind: 'shard', instance, shard },
    label: t('shard {0}', shard.shard),
    description:
      shard.health.word === t('healthy') ? `${shard.health.word} · ${t('{0} of {1}', shard.ready, shard.total)}` : shard.health.word,
    health: shard.health,
    tooltip: whyOf(shard.health),
    children: shard.pods.map((pod) => ({
      ...podLineOf(instance, pod),
      label: pod.replica === undefined ? pod.label : t('replica {0}', pod.replica),
      description: `${podDescription(pod)} · ${pod.ref.name}`,
    })),
  };
}

export function podLineOf(instance: EngineInstance, pod: PodLine): Line {
  return {
    id: `pod:${pod.id}`,
    subject: { kind: 'pod', instance, pod },
    label: pod.label,
    description: pod.label === pod.ref.name ? podDescription(pod) : `${podDescription(pod)} · ${pod.ref.name}`,
    health: pod.health,
    tooltip: podTooltip(pod),
    children: [],
  };
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
