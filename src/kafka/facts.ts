/** What the tree shows of a Kafka cluster, made of what it said. Pure. */
import type { ClusterDescription, Quorum, TopicDescription, TopicSetting } from './client.ts';

/** Holds `KafkaFacts` of `src/cluster/recognise/model.ts`. */
export interface KafkaView {
  /** Wall-clock. */
  readonly readAtMs: number;
  /** Node id of the active controller. */
  readonly controllerId?: number;
  readonly brokers: readonly BrokerView[];
  readonly topics: readonly TopicView[];
  /** Partitions. */
  readonly underReplicated: number;
  readonly offline: number;
  readonly underMinInSync: number;
}

export interface BrokerView {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string;
  readonly isController: boolean;
  /** Partitions that it leads. */
  readonly leaders: number;
  /** Partitions that it keeps a replica of. */
  readonly replicas: number;
}

export interface TopicView {
  readonly name: string;
  readonly internal: boolean;
  readonly minInSync?: number;
  readonly partitions: readonly PartitionView[];
  readonly underReplicated: number;
  readonly offline: number;
}

export interface PartitionView {
  readonly partition: number;
  /** -1: offline. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface KafkaAnswers {
  readonly readAtMs: number;
  readonly cluster: ClusterDescription;
  /** Absent where it could not be read. */
  readonly quorum?: Quorum;
  readonly topics: readonly TopicDescription[];
  /** By topic; `min.insync.replicas` is looked at. */
  readonly settings?: ReadonlyMap<string, readonly TopicSetting[]>;
}

export function kafkaFactsOf({ readAtMs, cluster, quorum, topics, settings }: KafkaAnswers): KafkaView {
  const views = topics.map((topic) => topicView(topic, settings?.get(topic.name)));
  const partitions = topics.flatMap((topic) => topic.partitions);
  return {
    readAtMs,
    ...(quorum === undefined ? {} : { controllerId: quorum.leaderId }),
    brokers: cluster.brokers.map(({ id, host, port, rack }) => ({
      id,
      host,
      port,
      ...(rack === undefined ? {} : { rack }),
      isController: quorum?.leaderId === id,
      leaders: partitions.filter(({ leader }) => leader === id).length,
      replicas: partitions.filter(({ replicas }) => replicas.includes(id)).length,
    })),
    topics: views,
    underReplicated: partitions.filter(isUnderReplicated).length,
    offline: partitions.filter(isOffline).length,
    underMinInSync: views.flatMap(({ minInSync, partitions: own }) =>
      own.filter(({ inSync }) => minInSync !== undefined && inSync.length < minInSync),
    ).length,
  };
}

/** Has fewer replicas in sync than it should; an offline partition is both. */
export function isUnderReplicated({ replicas, inSync }: Pick<PartitionView, 'replicas' | 'inSync'>): boolean {
  return inSync.length < replicas.length;
}

export function isOffline({ leader }: Pick<PartitionView, 'leader'>): boolean {
  return leader < 0;
}

function topicView({ name, internal, partitions }: TopicDescription, settings: readonly TopicSetting[] | undefined): TopicView {
  const minInSync = Number(settings?.find((setting) => setting.name === 'min.insync.replicas')?.value);
  return {
    name,
    internal,
    ...(Number.isInteger(minInSync) ? { minInSync } : {}),
    partitions: partitions.map(({ partition, leader, replicas, inSync }) => ({
      partition,
      leader,
      replicas,
      // An offline partition still names who was in sync last: none of them is.
      inSync: leader < 0 ? [] : inSync,
    })),
    underReplicated: partitions.filter(isUnderReplicated).length,
    offline: partitions.filter(isOffline).length,
  };
}
