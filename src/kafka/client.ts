/**
 * What Faultline asks of a Kafka cluster. Nothing of the library below is seen here.
 * Every call fails with a FaultlineError: `unreachable` (which broker, by which route), `unauthorised`, `forbidden`, `notFound`, `timedOut`,
 * `cancelled`, `invalid`, `unsupported`, `engine` (with Kafka's own code). Types only.
 */
import type { SaslMechanism } from '../base/kafkaLogin.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** One to begin with. What others are called is learnt from it. */
export interface FirstBroker extends HostPort {
  /** What its certificate may call it, where it is not `host`: what it advertises is known only after the first answer. */
  readonly certificateNames?: readonly string[];
}

/**
 * Where a broker, as it advertises itself (`kafka-0.kafka:9092`), is reached from here: the near end of a tunnel. Asked once a connection,
 * so that a tunnel that was replaced is found. It may fail with a FaultlineError of its own.
 */
export type Route = (broker: HostPort, signal: AbortSignal) => Promise<HostPort>;

export interface KafkaAccess {
  /** As the cluster names them, or addresses that `route` knows; the first that answers is enough. */
  readonly bootstrap: readonly FirstBroker[];
  /** Without it brokers are reached under the names they advertise. */
  readonly route?: Route;
  /** A login that is refused is not tried again by this client: many attempts may lock the account. */
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly user: string; readonly password: string };
  /** The broker's certificate is checked against its advertised name, not against the near end of its tunnel. */
  readonly tls?: { readonly caPem?: string; readonly certPem?: string; readonly keyPem?: string };
  readonly clientId: string;
  /** Of one connection with its login; 5000 without. */
  readonly connectTimeoutMs?: number;
  /** Of one answer; 15,000 without. */
  readonly requestTimeoutMs?: number;
}

export interface ClusterDescription {
  readonly clusterId: string;
  /** Those that are up, by id. */
  readonly brokers: readonly BrokerDescription[];
}

export interface BrokerDescription extends HostPort {
  readonly id: number;
  readonly rack?: string;
}

/** KRaft: who decides. `leaderId` is the active controller; the "controller" of other answers is any broker. */
export interface Quorum {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: bigint;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
}

export interface QuorumReplica {
  readonly id: number;
  readonly logEndOffset: bigint;
  /** Records behind the leader. */
  readonly lag: bigint;
  /** Wall-clock of the leader's broker; absent where it does not say. */
  readonly caughtUpAtMs?: number;
}

export interface TopicDescription {
  readonly name: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionDescription[];
}

export interface PartitionDescription {
  readonly partition: number;
  /** -1: the partition is offline. */
  readonly leader: number;
  /** Grows with every other leader. Absent where the cluster does not count. */
  readonly leaderEpoch?: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export interface TopicSetting {
  readonly name: string;
  /** Absent when it is a secret. */
  readonly value?: string;
  /** Set on the topic itself, not inherited. */
  readonly ofTopic: boolean;
}

/** As the broker runs with it: its own, the cluster's, or the default. */
export interface BrokerSetting {
  readonly name: string;
  /** Absent when it is a secret. */
  readonly value?: string;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface KafkaMessage {
  readonly topic: string;
  /** Without it: by the hash of the key as every Kafka client does, else in turn. */
  readonly partition?: number;
  readonly key?: string | Uint8Array;
  /** Null is a tombstone. */
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string | Uint8Array>>;
  /** Unix ms; now without. */
  readonly timestampMs?: number;
}

/** Where an acknowledged message is. */
export interface Written {
  readonly partition: number;
  /** Absent when Kafka had it already from an earlier attempt and no longer knew where. */
  readonly offset?: bigint;
  /** Attempts that its batch needed. */
  readonly attempts: number;
}

export interface ProducerOptions {
  /** A message that is not acknowledged after this long fails; retries end with it. 120,000 without. */
  readonly deliveryTimeoutMs?: number;
  /** `send` waits while this many are not acknowledged. 1000 without. */
  readonly maxUnacknowledged?: number;
  readonly maxBatchBytes?: number;
  readonly compression?: 'gzip' | 'lz4' | 'snappy' | 'zstd';
}

/**
 * Writes each message once, in the order of `send` within a partition, acknowledged by all replicas that are in sync.
 * A message that failed with `timedOut` may have been written when its `facts.code` is `MAYBE_WRITTEN`; it was not written otherwise.
 */
export interface KafkaProducer {
  /** Resolves when it is acknowledged. An abort takes it back only while it has not been sent. */
  send(message: KafkaMessage, signal: AbortSignal): Promise<Written>;
  /** Resolves when nothing is under way. */
  flush(): Promise<void>;
  /** What was not sent yet fails with `cancelled`; what was is waited for, until its delivery timeout. */
  close(): Promise<void>;
}

export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [string, Uint8Array | null])[];
}

export interface Consumption {
  readonly topic: string;
  /** All without. */
  readonly partitions?: readonly number[];
  /** By partition: the first offset to be read. Partitions that it leaves out begin at their earliest record. */
  readonly from: 'earliest' | 'latest' | ReadonlyMap<number, bigint>;
  /**
   * `now`: ends at what was there when it began. By partition: the first offset that is not read any more. Partitions that have no end
   * are read until the signal or the reader ends it.
   */
  readonly until?: 'now' | ReadonlyMap<number, bigint>;
  /** What aborted transactions wrote is left out, and what open ones write is not read yet (read_committed). */
  readonly committed?: true;
}

export interface GroupConsumption {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where the group begins a partition that it has committed nothing of. */
  readonly from: 'earliest' | 'latest';
}

export interface GroupRecord extends KafkaRecord {
  /** Commits this record and all before it in its partition. */
  commit(): Promise<void>;
}

export interface KafkaClient {
  describeCluster(signal: AbortSignal): Promise<ClusterDescription>;
  /** Fails with `unsupported` on a cluster without KRaft. */
  quorum(signal: AbortSignal): Promise<Quorum>;
  /** By name. Without `names` all that begin with `prefix`; a name that is not there fails with `notFound`. */
  topics(
    which: { readonly prefix?: string; readonly names?: readonly string[] },
    signal: AbortSignal,
  ): Promise<readonly TopicDescription[]>;
  /** By topic; `only` names the settings that are wanted. */
  settings(
    topics: readonly string[],
    only: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly TopicSetting[]>>;
  /** Of one broker, asked of itself; `only` names the settings that are wanted. Fails with `notFound` where no broker has this id. */
  brokerSettings(id: number, only: readonly string[] | undefined, signal: AbortSignal): Promise<readonly BrokerSetting[]>;
  /** Resolves when every partition has a leader. */
  createTopic(topic: NewTopic, signal: AbortSignal): Promise<void>;
  /** Resolves when no broker lists it any more. */
  deleteTopic(name: string, signal: AbortSignal): Promise<void>;
  /** By partition: of the first record that is kept, or of the next that will be written. Fails when one of those asked for is offline. */
  offsets(
    topic: string,
    which: 'earliest' | 'latest',
    signal: AbortSignal,
    partitions?: readonly number[],
  ): Promise<ReadonlyMap<number, bigint>>;
  producer(options?: ProducerOptions): KafkaProducer;
  /** In order within a partition; what aborted transactions wrote is read too, unless `committed`. Ends with `cancelled` when the signal aborts. */
  consume(what: Consumption, signal: AbortSignal): AsyncIterable<readonly KafkaRecord[]>;
  consumeInGroup(what: GroupConsumption, signal: AbortSignal): AsyncIterable<GroupRecord>;
  /** Ends everything that runs on it. */
  close(): Promise<void>;
}
