/** Targets that an engine's own truth names: the active controller, a leader, a worker that runs tasks, a replica of a shard. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { EngineInstance, KafkaInstance, KafkaPartitionFacts, PodLine } from '../../cluster/recognise/model.ts';
import type { FaultChoice } from '../../journal/fault-plan.ts';
import type { TargetBy } from '../draft.ts';
import { instancesOf, isKafka, type FaultScene } from '../scene.ts';

/** Pods in the order of preference. */
export interface Found {
  readonly pods: readonly { readonly line: PodLine; readonly as?: string }[];
  /** Of those, how many were meant by name of their role alone: the leader is one, replicas are as many as there are. */
  readonly meant: 'all' | 'first';
  /** "brokers of shared/kafka" */
  readonly what: string;
  readonly choose?: FaultChoice;
}

type EngineBy = Exclude<TargetBy, { readonly kind: 'object' | 'labels' }>;

export interface Asked {
  /** Of the run's messages, made when it begins. */
  readonly ownTopic: string | undefined;
  /** It is told only when it begins: it waits for a state, and may find another leader then. */
  readonly isLater: boolean;
}

/** Fails: `notFound`, `invalid`. */
export function foundByEngine(scene: FaultScene, by: EngineBy, namespace: string | undefined, asked: Asked): Found {
  switch (by.kind) {
    case 'role':
      return byRole(
        one(scene, by, namespace, (instance) => instance.engine === by.engine, by.engine),
        by.role,
      );
    case 'controller':
      return controllerOf(kafkaOf(scene, by, namespace), asked);
    case 'leader':
      return leaderOf(kafkaOf(scene, by, namespace), by.topic, by.partition, asked);
    case 'busyWorker':
      return busyWorker(
        scene,
        one(scene, by, namespace, ({ engine }) => engine === 'trino' || engine === 'presto', 'Trino'),
      );
    case 'replica':
      return replicaOf(
        one(scene, by, namespace, ({ engine }) => engine === 'clickhouse', 'ClickHouse'),
        by.shard,
      );
  }
}

/** Brokers and dedicated controllers, by node id. */
export function kafkaPods(instance: EngineInstance): readonly PodLine[] {
  return instance.roles.flatMap(({ pods }) => pods).filter(({ brokerId, role }) => brokerId !== undefined && role !== 'operator');
}

export function partitionOf(instance: KafkaInstance, topic: string, partition: number): KafkaPartitionFacts | undefined {
  return instance.topics.find(({ name }) => name === topic)?.details.find((details) => details.partition === partition);
}

function byRole(instance: EngineInstance, role: string | undefined): Found {
  const groups = instance.roles.filter((group) => (role === undefined ? group.role !== 'operator' : plays(group.role, role)));
  const pods = groups.flatMap((group) => group.pods);
  if (pods.length === 0) {
    const roles = instance.roles.map((group) => group.role).join(', ');
    throw missing(t('{0} has no {1}', titleOf(instance), role ?? t('pods')), roles === '' ? undefined : t('It has: {0}.', roles));
  }
  const what = t('{0} of {1}', role === undefined ? t('pods') : plural(role), titleOf(instance));
  return { pods: ordered(pods).map((line) => ({ line, as: line.role })), meant: 'all', what };
}

/** A node that is both is a broker, and a controller. */
function plays(role: string, wanted: string): boolean {
  return role === wanted || (role === 'broker and controller' && (wanted === 'broker' || wanted === 'controller'));
}

function controllerOf(instance: KafkaInstance, { isLater }: Asked): Found {
  const { controllerId } = instance;
  const what = t('{0} of {1}', t('controllers'), titleOf(instance));
  const apart = kafkaPods(instance).filter(({ role }) => role !== 'broker');
  // Where no pod says that it is a controller, brokers are.
  const voters = apart.length === 0 ? kafkaPods(instance) : apart;
  if (isLater) return laterOf(voters, t('controls, if it does when it begins'), what, { kind: 'controller' });
  const line = kafkaPods(instance).find(({ brokerId }) => brokerId === controllerId);
  if (controllerId === undefined || line === undefined)
    throw notHeard(instance, t('Which one is the active controller of {0} is not known', titleOf(instance)));
  return { pods: firstOf(voters, line, t('active controller')), meant: 'first', what };
}

function leaderOf(instance: KafkaInstance, topic: string, partition: number, { ownTopic, isLater }: Asked): Found {
  const what = t('brokers of {0}', titleOf(instance));
  const at = `${topic}/${partition}`;
  const details = partitionOf(instance, topic, partition);
  const brokers = kafkaPods(instance).filter(({ role }) => role !== 'controller');
  const isToCome = details === undefined && topic === ownTopic && instance.problem === undefined;
  if (isToCome || (isLater && details !== undefined)) {
    // The run's own was not there when it was confirmed: each of them could get it.
    const replicas = topic === ownTopic ? undefined : details?.replicas;
    const able = brokers.filter(({ brokerId }) => brokerId !== undefined && (replicas?.includes(brokerId) ?? true));
    return laterOf(able, t('leads {0}, if it does when it begins', at), what, { kind: 'leader', topic, partition });
  }
  if (details === undefined) {
    const known = instance.topics.find(({ name }) => name === topic);
    if (known === undefined) throw notHeard(instance, t('{0} has no topic {1}', titleOf(instance), topic));
    throw missing(t('{0} has no partition {1}', topic, partition), t('It has {0} partitions, from 0 on.', known.partitions));
  }
  if (details.leader < 0) throw missing(t('{0} has no leader now', at), t('Wait until it has one.'));
  const line = kafkaPods(instance).find(({ brokerId }) => brokerId === details.leader);
  if (line === undefined) throw missing(t('The pod of broker {0}, leader of {1}, is not seen', details.leader, at), undefined);
  return { pods: firstOf(brokers, line, t('leader of {0}', at)), meant: 'first', what };
}

/** The others stand behind it, so that it is one of how many is known. */
function firstOf(all: readonly PodLine[], first: PodLine, as: string): Found['pods'] {
  return [{ line: first, as }, ...ordered(all.filter((line) => line !== first)).map((line) => ({ line }))];
}

function laterOf(lines: readonly PodLine[], as: string, what: string, choose: FaultChoice): Found {
  return { pods: ordered(lines).map((line) => ({ line, as })), meant: 'all', what, choose };
}

function busyWorker({ tasks }: FaultScene, instance: EngineInstance): Found {
  if (tasks === undefined)
    throw missing(
      t('Which worker of {0} runs tasks is not known', titleOf(instance)),
      t('Its coordinator has to answer, to a user who may read system.runtime.tasks.'),
    );
  const workers = instance.roles.filter(({ role }) => role === 'worker').flatMap(({ pods }) => pods);
  const running = (line: PodLine): number => tasks.get(line.ref.uid ?? '') ?? 0;
  const busy = ordered(workers)
    .filter((line) => running(line) > 0)
    .toSorted((a, b) => running(b) - running(a));
  if (busy.length === 0)
    throw missing(t('No worker of {0} runs a task now', titleOf(instance)), t('Begin the workload first, or choose a worker by its name.'));
  const text = (count: number): string => (count === 1 ? t('runs 1 task') : t('runs {0} tasks', count));
  return {
    pods: busy.map((line) => ({ line, as: text(running(line)) })),
    meant: 'all',
    what: t('workers of {0}', titleOf(instance)),
  };
}

function replicaOf(instance: EngineInstance, shard: string): Found {
  const shards = instance.roles.flatMap((role) => role.shards);
  const pods = shards.filter((group) => group.shard === shard).flatMap((group) => group.pods);
  if (pods.length === 0)
    throw missing(
      t('{0} has no shard {1}', titleOf(instance), shard),
      shards.length === 0 ? undefined : t('It has: {0}.', shards.map((group) => group.shard).join(', ')),
    );
  return {
    pods: ordered(pods).map((line) => ({
      line,
      as: line.replica === undefined ? t('replica of shard {0}', shard) : t('replica {0} of shard {1}', line.replica, shard),
    })),
    meant: 'all',
    what: t('replicas of shard {0} of {1}', shard, titleOf(instance)),
  };
}

function kafkaOf(scene: FaultScene, by: { readonly instance?: string }, namespace: string | undefined): KafkaInstance {
  const instance = one(scene, by, namespace, isKafka, 'Kafka');
  if (!isKafka(instance)) throw missing(t('There is no Kafka'), undefined);
  return instance;
}

/** The only one that it can be: where there are several a person has to say which. */
export function one(
  { model }: FaultScene,
  { instance: name }: { readonly instance?: string },
  namespace: string | undefined,
  isMeant: (instance: EngineInstance) => boolean,
  title: string,
): EngineInstance {
  const all = instancesOf(model).filter((instance) => isMeant(instance) && (namespace === undefined || instance.namespace === namespace));
  const found = name === undefined ? all : all.filter((instance) => instance.name === name);
  const [only, another] = found;
  const where = namespace === undefined ? t('the cluster') : namespace;
  if (only === undefined)
    throw missing(
      name === undefined ? t('There is no {0} in {1}', title, where) : t('There is no {0} called {1} in {2}', title, name, where),
      all.length === 0 ? undefined : t('There is: {0}.', all.map(titleOf).join(', ')),
    );
  if (another !== undefined)
    throw new FaultlineError('invalid', {
      what: t('There are several: {0}', found.map(titleOf).join(', ')),
      remedy: t('Say which one, by its namespace and its name as the instance.'),
    });
  return only;
}

export function titleOf({ namespace, name }: EngineInstance): string {
  return `${namespace}/${name}`;
}

function plural(role: string): string {
  return role.includes(' and ') ? t('brokers') : role.endsWith('s') ? role : `${role}s`;
}

/** Those that serve first, then by name as people count. */
function ordered(lines: readonly PodLine[]): readonly PodLine[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return lines.toSorted((a, b) => Number(b.isReady) - Number(a.isReady) || compare(a.ref.name, b.ref.name));
}

function notHeard(instance: KafkaInstance, what: string): FaultlineError {
  const { problem, remedy } = instance;
  return new FaultlineError('notFound', {
    what,
    ...(problem === undefined ? {} : { meaning: problem }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function missing(what: string, remedy: string | undefined): FaultlineError {
  return new FaultlineError('notFound', { what, ...(remedy === undefined ? {} : { remedy }) });
}
