/** Kafka's own truth beside its pods. */
import { t } from '../../base/messages.ts';
import { withSame } from '../same.ts';
import { worst } from './group.ts';
import type { RenewedPods } from './instances.ts';
import type { BrokerLine, EngineInstance, Health, KafkaFacts, KafkaInstance, KafkaTruth, PodLine, TopicLine } from './model.ts';

/** Brokers and topics of `before` that are the same stay the same objects. */
export function kafkaInstance(instance: EngineInstance, truth: KafkaTruth | undefined, before?: KafkaInstance): KafkaInstance {
  const made = withTruth(instance, truth);
  if (before === undefined) return made;
  return { ...made, brokers: withSame(before.brokers, made.brokers), topics: withSame(before.topics, made.topics) };
}

function withTruth(instance: EngineInstance, truth: KafkaTruth | undefined): KafkaInstance {
  const pods = brokerPods(instance);
  const login = truth === undefined || truth.kind === 'asking' ? undefined : truth.login;
  const base = { ...instance, engine: 'kafka' as const, ...(login === undefined ? {} : { login }) };
  if (truth?.kind !== 'known') {
    const brokers = pods.map((pod) => podBroker(instance.id, pod));
    if (truth?.kind !== 'failed') return { ...base, brokers, topics: [] };
    const { what, remedy } = truth.error.facts;
    return { ...base, brokers, topics: [], problem: what, ...(remedy === undefined ? {} : { remedy }) };
  }
  const { facts } = truth;
  const topics = topicsOf(instance.id, facts);
  const underReplicated = topics.reduce((sum, topic) => sum + topic.underReplicated, 0);
  const offline = topics.reduce((sum, topic) => sum + topic.offline, 0);
  return {
    ...base,
    health: withPartitions(instance.health, underReplicated, offline),
    brokers: brokersOf(instance.id, facts, pods),
    topics,
    underReplicated,
    offline,
    ...(facts.controllerId === undefined ? {} : { controllerId: facts.controllerId }),
  };
}

/** The same of the same Kafka whose pods are judged as they were. */
export function kafkaWithPods(before: KafkaInstance, { roles }: EngineInstance, renewed: RenewedPods): KafkaInstance {
  const brokers = [...before.brokers];
  for (const [old, pod] of renewed) {
    const at = brokers.findIndex((broker) => broker.pod === old);
    const broker = brokers[at];
    if (broker !== undefined) brokers[at] = { ...broker, pod };
  }
  return { ...before, roles, brokers };
}

/** Pods that clients are served by. */
export function brokerPods({ roles }: EngineInstance): readonly PodLine[] {
  return roles.filter(({ role }) => role === 'broker' || role === 'broker and controller').flatMap(({ pods }) => pods);
}

function podBroker(instance: string, pod: PodLine): BrokerLine {
  return { id: `${instance}#pod-${pod.ref.name}`, brokerId: pod.brokerId ?? -1, isController: false, health: pod.health, pod };
}

function withPartitions(health: Health, underReplicated: number, offline: number): Health {
  const sentences = [
    ...(offline === 0 ? [] : [t('{0} partitions have no leader: nobody can read or write them.', offline)]),
    ...(underReplicated === 0 ? [] : [t('{0} partitions have a replica that is out of sync.', underReplicated)]),
  ];
  if (sentences.length === 0) return health;
  const why = [...sentences, ...(health.why === undefined ? [] : [health.why])].join('\n');
  const word =
    offline > 0 ? t('{0} partitions offline', offline) : health.state === 'ok' ? t('{0} under-replicated', underReplicated) : health.word;
  return { ...health, state: worst([health.state, offline > 0 ? 'failed' : 'degraded']), word, why };
}

function brokersOf(instance: string, facts: KafkaFacts, pods: readonly PodLine[]): readonly BrokerLine[] {
  const counts = new Map<number, { leaders: number; replicas: number; outOfSync: number }>();
  const countOf = (id: number): { leaders: number; replicas: number; outOfSync: number } => {
    const known = counts.get(id) ?? { leaders: 0, replicas: 0, outOfSync: 0 };
    counts.set(id, known);
    return known;
  };
  for (const { id } of facts.brokers) countOf(id);
  for (const { partitions } of facts.topics)
    for (const { leader, replicas, inSync } of partitions) {
      if (leader >= 0) countOf(leader).leaders++;
      for (const replica of replicas) {
        const count = countOf(replica);
        count.replicas++;
        if (!inSync.includes(replica)) count.outOfSync++;
      }
    }
  const byId = new Map(facts.brokers.map((broker) => [broker.id, broker]));
  const podOf = podFinder(facts, pods);
  for (const pod of pods) if (pod.brokerId !== undefined && ![...byId.keys()].some((id) => podOf(id)?.id === pod.id)) countOf(pod.brokerId);
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([brokerId, count]) => {
      const broker = byId.get(brokerId);
      const pod = podOf(brokerId);
      return {
        id: `${instance}#broker-${brokerId}`,
        brokerId,
        isController: facts.controllerId === brokerId,
        health: brokerHealth(broker !== undefined, pod, count.outOfSync),
        ...count,
        ...(broker === undefined ? {} : { host: `${broker.host}:${broker.port}` }),
        ...(pod === undefined ? {} : { pod }),
      };
    });
}

/** By the advertised name, which begins with the pod's where Kafka runs in counted pods; else by its number. */
function podFinder(facts: KafkaFacts, pods: readonly PodLine[]): (brokerId: number) => PodLine | undefined {
  const byName = new Map(pods.map((pod) => [pod.ref.name, pod]));
  const byIp = new Map(pods.flatMap((pod) => (pod.ip === undefined ? [] : [[pod.ip, pod] as const])));
  const hosts = new Map(facts.brokers.map(({ id, host }) => [id, host]));
  const found = new Map(
    [...hosts].flatMap(([id, host]) => {
      const pod = byName.get(host.split('.')[0] ?? '') ?? byIp.get(host);
      return pod === undefined ? [] : [[id, pod] as const];
    }),
  );
  const taken = new Set([...found.values()].map(({ id }) => id));
  return (brokerId) => found.get(brokerId) ?? pods.find((pod) => pod.brokerId === brokerId && !taken.has(pod.id));
}

function brokerHealth(isInCluster: boolean, pod: PodLine | undefined, outOfSync: number): Health {
  if (!isInCluster) {
    if (pod !== undefined && pod.health.state !== 'ok') return pod.health;
    return {
      state: pod === undefined ? 'failed' : 'degraded',
      word: pod === undefined ? t('gone') : t('ready, not in the cluster'),
      why: t('Kafka does not list this broker.'),
    };
  }
  if (pod !== undefined && pod.health.state !== 'ok') return pod.health;
  if (outOfSync === 0) return { state: 'ok', word: t('healthy') };
  return {
    state: 'degraded',
    word: t('{0} under-replicated', outOfSync),
    why: t('{0} partitions have a replica here that is out of sync.', outOfSync),
  };
}

function topicsOf(instance: string, facts: KafkaFacts): readonly TopicLine[] {
  return facts.topics
    .map(({ name, internal, minInSync, partitions }): TopicLine => {
      const offline = partitions.filter(({ leader }) => leader < 0).length;
      const underReplicated = partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length).length;
      const underMinInSync = minInSync === undefined ? 0 : partitions.filter(({ inSync }) => inSync.length < minInSync).length;
      return {
        id: `${instance}#topic-${name}`,
        name,
        internal,
        partitions: partitions.length,
        replication: partitions.reduce((most, { replicas }) => Math.max(most, replicas.length), 0),
        underReplicated,
        offline,
        underMinInSync,
        health: topicHealth(offline, underReplicated, underMinInSync, minInSync),
        details: partitions,
      };
    })
    .sort((a, b) => Number(a.internal) - Number(b.internal) || (a.name < b.name ? -1 : 1));
}

function topicHealth(offline: number, underReplicated: number, underMinInSync: number, minInSync: number | undefined): Health {
  if (offline > 0)
    return {
      state: 'failed',
      word: t('{0} offline', offline),
      why: t('{0} partitions have no leader: nobody can read or write them.', offline),
    };
  if (underMinInSync > 0)
    return {
      state: 'failed',
      word: t('{0} below min.insync.replicas', underMinInSync),
      why: t('{0} partitions have fewer than {1} replicas in sync: producers with acks=all are refused.', underMinInSync, minInSync ?? 0),
    };
  if (underReplicated > 0)
    return {
      state: 'degraded',
      word: t('{0} under-replicated', underReplicated),
      why: t('{0} partitions have a replica that is out of sync.', underReplicated),
    };
  return { state: 'ok', word: t('healthy') };
}
