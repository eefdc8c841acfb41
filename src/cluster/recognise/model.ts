/**
 * What a cluster's tree is made from (`ClusterSnapshot`) and what it shows (`ClusterModel`, and the same as lines).
 * Plain data: text is made already, ages are not (`sinceMs` is a wall-clock time), so that a model stays equal while nothing happens.
 */
import type { FaultlineError } from '../../base/errors.ts';
import type { Kinds, PartName } from './kinds.ts';

// ---- In: what was seen

/** How true a part is: `stale` keeps its last objects, `missing` means that the cluster has no such kind. `sinceMs` is wall-clock. */
export interface PartState {
  readonly kind: 'syncing' | 'live' | 'stale' | 'forbidden' | 'missing';
  readonly sinceMs: number;
  readonly error?: FaultlineError;
  /** Why only one namespace is seen where all were asked for. */
  readonly narrowed?: FaultlineError;
}

export interface Part<T> {
  /** An object that did not change is the same object as before: what was found out about it is remembered by it. */
  readonly objects: ReadonlyMap<string, T>;
  readonly state: PartState;
}

export interface ClusterSnapshot {
  readonly context: string;
  /** The one namespace that is looked at; absent: all of them. */
  readonly namespace?: string;
  readonly parts: { readonly [N in PartName]?: Part<Kinds[N]> };
  /** What engines say themselves, by the pod's uid. */
  readonly truth: ReadonlyMap<string, PodTruth>;
  /** What Kafka says itself, by the instance's id (`EngineInstance.id`). */
  readonly kafka: ReadonlyMap<string, KafkaTruth>;
}

/** What an engine in a pod says of itself, beside what Kubernetes says of the pod. `readAtMs` is wall-clock. */
export interface PodTruth {
  /** `degraded`: it serves, but not as it should. */
  readonly state: 'serving' | 'degraded' | 'starting' | 'draining' | 'notServing' | 'unknown';
  /** "active", "draining", "2 replicas read-only". */
  readonly word: string;
  readonly why?: string;
  readonly readAtMs: number;
  /** The engine's version as it says it. */
  readonly version?: string;
  /** Trino and Presto: the engine said that this node is the coordinator. */
  readonly isCoordinator?: boolean;
}

export type KafkaTruth =
  | { readonly kind: 'known'; readonly facts: KafkaFacts; readonly login?: KafkaLoginState }
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly error: FaultlineError; readonly sinceMs: number; readonly login?: KafkaLoginState };

/**
 * `wanted`: nobody gave one. `maybe`: nobody gave one, and it is silent as if one were wanted. `refused`: it is not tried again until a
 * person says so. Absent: none is needed, as far as is known.
 */
export type KafkaLoginState = 'wanted' | 'maybe' | 'refused' | 'given';

/** As `src/kafka` reads it. */
export interface KafkaFacts {
  /** Wall-clock. */
  readonly readAtMs: number;
  /** Node id of the active controller. */
  readonly controllerId?: number;
  readonly brokers: readonly KafkaBrokerFacts[];
  readonly topics: readonly KafkaTopicFacts[];
}

export interface KafkaBrokerFacts {
  readonly id: number;
  /** As advertised: `kafka-0.kafka:9092`. */
  readonly host: string;
  readonly port: number;
  readonly rack?: string;
}

export interface KafkaTopicFacts {
  readonly name: string;
  readonly internal: boolean;
  /** `min.insync.replicas`, where it could be read. */
  readonly minInSync?: number;
  readonly partitions: readonly KafkaPartitionFacts[];
}

export interface KafkaPartitionFacts {
  readonly partition: number;
  /** -1: offline. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

// ---- Out: what is shown

/** Shape and colour follow from it; never shown without `word`. */
export type HealthState = 'ok' | 'starting' | 'degraded' | 'failed' | 'unknown' | 'stopping';

export interface Health {
  readonly state: HealthState;
  /** "healthy", "starting", "out of memory", "2 of 3 ready". */
  readonly word: string;
  /** Sentences for the tooltip. */
  readonly why?: string;
  /** Wall-clock, of states that are worth an age: starting, stopping, failed. */
  readonly sinceMs?: number;
}

/** An object that commands act on. */
export interface ObjectRef {
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for nodes. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
}

export type EngineKind = 'trino' | 'presto' | 'clickhouse' | 'spark' | 'kafka' | 'minio' | 'prometheus' | 'grafana' | 'alertmanager';

export type EngineRole =
  | 'coordinator'
  | 'worker'
  | 'resource manager'
  | 'server'
  | 'keeper'
  | 'broker'
  | 'controller'
  | 'broker and controller'
  | 'driver'
  | 'executor'
  | 'master'
  | 'connect server'
  | 'operator';

/** By which mark something was recognised. `sure`: labels; `likely`: container names or images; `guess`: a port only. */
export interface Recognition {
  readonly confidence: 'sure' | 'likely' | 'guess';
  /** "label app.kubernetes.io/name=trino, component=worker". */
  readonly why: string;
  /** "Trino chart", "Altinity operator", "Strimzi"; empty where the mark does not tell by what it was installed. */
  readonly layout: string;
}

export interface PodLine {
  /** The pod's uid. */
  readonly id: string;
  readonly ref: ObjectRef;
  /** What tells it from its siblings: "worker-0", "replica 1", else the pod's name. */
  readonly label: string;
  readonly engine: EngineKind;
  readonly role: EngineRole;
  readonly shard?: string;
  readonly replica?: string;
  /** Kafka's node id. */
  readonly brokerId?: number;
  /** Kubernetes' truth and the engine's together. */
  readonly health: Health;
  readonly isReady: boolean;
  readonly restarts: number;
  readonly node?: string;
  readonly ip?: string;
  /** The container that logs and shells are for by default. */
  readonly container: string;
  readonly containers: readonly string[];
  /** Where its engine answers HTTP, as the containers' ports say it. */
  readonly http?: { readonly port: number; readonly scheme: 'http' | 'https' };
  readonly recognised: Recognition;
  readonly truth?: PodTruth;
}

export interface ShardGroup {
  readonly id: string;
  readonly shard: string;
  readonly health: Health;
  readonly ready: number;
  readonly total: number;
  readonly pods: readonly PodLine[];
}

export interface RoleGroup {
  readonly id: string;
  readonly role: EngineRole;
  readonly health: Health;
  readonly ready: number;
  /** Replicas that the workloads want; the number of pods where nothing says it. */
  readonly wanted: number;
  /** Deployments and StatefulSets of this role. */
  readonly workloads: readonly ObjectRef[];
  /** Empty where the role has no shards. */
  readonly shards: readonly ShardGroup[];
  /** All of them, also those in shards. */
  readonly pods: readonly PodLine[];
}

/** Where statements and clients go. */
export interface EngineService {
  readonly name: string;
  readonly port: number;
  readonly scheme: 'http' | 'https' | 'tcp';
}

export interface EngineInstance {
  /** `trino:namespace/name`: stays the same while its pods come and go. */
  readonly id: string;
  readonly engine: EngineKind;
  /** As people installed it: the release, the custom resource, else the workload. */
  readonly name: string;
  readonly namespace: string;
  readonly health: Health;
  readonly ready: number;
  readonly wanted: number;
  readonly roles: readonly RoleGroup[];
  readonly recognised: Recognition;
  readonly service?: EngineService;
  /** Helm release that made it, where its objects say so. */
  readonly release?: string;
  readonly version?: string;
  /** Its custom resource, where an operator made it. */
  readonly resource?: ObjectRef;
}

export interface KafkaInstance extends EngineInstance {
  readonly engine: 'kafka';
  readonly brokers: readonly BrokerLine[];
  readonly topics: readonly TopicLine[];
  /** Partitions; absent while Kafka was not asked or did not answer. */
  readonly underReplicated?: number;
  readonly offline?: number;
  readonly controllerId?: number;
  /** Why brokers and topics are not known, in a sentence. */
  readonly problem?: string;
  /** What a person can do about it. */
  readonly remedy?: string;
  readonly login?: KafkaLoginState;
}

export interface BrokerLine {
  readonly id: string;
  readonly brokerId: number;
  readonly isController: boolean;
  readonly health: Health;
  /** The counts are absent while Kafka was not asked or did not answer. */
  readonly leaders?: number;
  readonly replicas?: number;
  /** Of the partitions that have a replica on this broker, those where this replica is out of sync. */
  readonly outOfSync?: number;
  /** As advertised. */
  readonly host?: string;
  readonly pod?: PodLine;
}

export interface TopicLine {
  readonly id: string;
  readonly name: string;
  readonly internal: boolean;
  readonly partitions: number;
  /** Largest number of replicas of a partition. */
  readonly replication: number;
  readonly underReplicated: number;
  readonly offline: number;
  /** Below `min.insync.replicas`: producers with acks=all are refused. */
  readonly underMinInSync: number;
  readonly health: Health;
  readonly details: readonly KafkaPartitionFacts[];
}

export interface AutoscalerLine {
  readonly id: string;
  readonly kind: 'HPA' | 'KEDA' | 'VPA';
  readonly ref: ObjectRef;
  /** What it scales. */
  readonly target: ObjectRef;
  readonly label: string;
  readonly health: Health;
  /** Of HPA and KEDA. */
  readonly ready?: number;
  readonly current?: number;
  readonly desired?: number;
  readonly min?: number;
  readonly max?: number;
  readonly metrics: readonly MetricLine[];
  /** Why it can't do what it wants, in words. */
  readonly blocked?: string;
}

export interface MetricLine {
  /** "cpu", "memory", "queued_queries". */
  readonly name: string;
  /** "82 %", "12", "unknown". */
  readonly now: string;
  readonly target: string;
}

export interface NodeLine {
  readonly id: string;
  readonly ref: ObjectRef;
  readonly health: Health;
  readonly isCordoned: boolean;
  readonly roles: readonly string[];
  readonly zone?: string;
  readonly version?: string;
  readonly allocatable: { readonly cpuCores?: number; readonly memoryBytes?: number; readonly pods?: number };
  /** Pods that are not over, of those that may be seen. */
  readonly pods: number;
  readonly taints: readonly string[];
}

export interface ReleaseLine {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** Helm's own: deployed, failed, pending-upgrade, uninstalling… */
  readonly status: string;
  /** "trino-1.42.0", where an object of the release says so. */
  readonly chart?: string;
  readonly health: Health;
  /** Wall-clock of the last change, where known. */
  readonly changedAtMs?: number;
}

/** A part of the tree: its lines, and why they may not be the whole truth. */
export interface Section<T> {
  readonly items: readonly T[];
  readonly state: PartState;
  /** "not allowed to list pods in all namespaces", "stale since …": shown as lines of their own. */
  readonly notes: readonly SectionNote[];
}

export interface SectionNote {
  readonly kind: 'syncing' | 'stale' | 'forbidden' | 'failed';
  readonly text: string;
  /** The kind that the note is about: "pods". */
  readonly part: PartName;
  readonly sinceMs: number;
}

export interface ClusterModel {
  readonly context: string;
  readonly namespace?: string;
  /** The worst of all that is shown. */
  readonly health: Health;
  /** Trino, Presto, ClickHouse, Spark. */
  readonly engines: Section<EngineInstance>;
  readonly autoscaling: Section<AutoscalerLine>;
  readonly kafka: Section<KafkaInstance>;
  readonly storage: Section<EngineInstance>;
  readonly monitoring: Section<EngineInstance>;
  readonly nodes: Section<NodeLine>;
  readonly releases: Section<ReleaseLine>;
  /** Pods that belong to nothing above. */
  readonly otherPods: number;
}

// ---- The same as lines: one shape for the tree view and for the terminal

/** What roles and shards need of their installation: it stays the same while other pods of it change. */
export type InstanceName = Pick<EngineInstance, 'id' | 'engine' | 'name' | 'namespace'>;

/** What a line stands for: menus and icons follow from it. */
export type LineSubject =
  | { readonly kind: 'section'; readonly section: SectionName }
  | { readonly kind: 'engine'; readonly instance: EngineInstance }
  | { readonly kind: 'role'; readonly instance: InstanceName; readonly role: RoleGroup }
  | { readonly kind: 'shard'; readonly instance: InstanceName; readonly shard: ShardGroup }
  | { readonly kind: 'pod'; readonly pod: PodLine }
  | { readonly kind: 'broker'; readonly broker: BrokerLine }
  | { readonly kind: 'topics' }
  | { readonly kind: 'topic'; readonly topic: TopicLine }
  | { readonly kind: 'autoscaler'; readonly autoscaler: AutoscalerLine }
  | { readonly kind: 'node'; readonly node: NodeLine }
  | { readonly kind: 'release'; readonly release: ReleaseLine }
  /** A sentence: Kafka was not heard, and a login may help. */
  | { readonly kind: 'note'; readonly note: 'login'; readonly instance: KafkaInstance }
  /** A sentence: a blocking reason, what is forbidden, what else is there. */
  | { readonly kind: 'note'; readonly note: 'blocked' | SectionNote['kind'] | 'others' | 'empty' };

export type SectionName = 'engines' | 'autoscaling' | 'kafka' | 'storage' | 'monitoring' | 'nodes' | 'releases';

export interface Line {
  /** Unique in the cluster, stable over time. */
  readonly id: string;
  readonly subject: LineSubject;
  readonly label: string;
  /** Beside the label, quieter; begins with the health's word where there is one. */
  readonly description: string;
  readonly health?: Health;
  /** Sentences: why this health, by which mark it was recognised, what else is known. */
  readonly tooltip: readonly string[];
  readonly children: readonly Line[];
}
