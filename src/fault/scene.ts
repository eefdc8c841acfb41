/**
 * What is looked at before something is broken: the model, and fresh objects with what no tree keeps of them. Plain data: selection,
 * guard and preview are pure functions of it.
 */
import type { FaultlineError } from '../base/errors.ts';
import type {
  HorizontalPodAutoscaler,
  KubeObject,
  LabelSelector,
  Node,
  Pod,
  PodDisruptionBudget,
  PodSpec,
  Service,
  Workload,
  Toleration,
} from '../cluster/objects.ts';
import type { ClusterModel, EngineInstance, KafkaInstance, PodLine, RoleGroup } from '../cluster/recognise/model.ts';
import { ownerOf } from '../cluster/recognise/owner.ts';

export interface FaultScene {
  readonly model: ClusterModel;
  readonly pods: readonly ScenePod[];
  readonly workloads: readonly SceneWorkload[];
  readonly nodes: readonly Node[];
  readonly budgets: readonly PodDisruptionBudget[];
  readonly services: readonly Service[];
  readonly autoscalers: readonly HorizontalPodAutoscaler[];
  /** Faults of any tool that are active now, ours too. */
  readonly others: readonly ActiveFault[];
  /** Running tasks of Trino's and Presto's workers by the pod's uid; absent: nobody asked. */
  readonly tasks?: ReadonlyMap<string, number>;
  /** What could not be read, and so is not in the lists above. */
  readonly unread: readonly UnreadPart[];
}

export type ScenePart = 'pods' | 'workloads' | 'nodes' | 'budgets' | 'services' | 'autoscalers' | 'faults' | 'faultsElsewhere';

export interface UnreadPart {
  readonly part: ScenePart;
  readonly error: FaultlineError;
}

export interface ScenePod extends Pod {
  readonly spec?: Pod['spec'] &
    Pick<PodSpec, 'hostNetwork'> & {
      readonly ephemeralContainers?: readonly { readonly name: string }[];
      readonly nodeSelector?: Readonly<Record<string, string>>;
      readonly os?: { readonly name?: string };
      readonly tolerations?: readonly Toleration[];
    };
}

export interface SceneWorkload {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly workload: WorkloadNow;
}

export type WorkloadNow = Workload & {
  readonly spec?: {
    readonly selector?: LabelSelector;
    /** Of a Deployment; of the others it is the one below. */
    readonly strategy?: UpdateStrategy;
    readonly updateStrategy?: UpdateStrategy;
    /** Of a StatefulSet. */
    readonly persistentVolumeClaimRetentionPolicy?: { readonly whenScaled?: string };
    readonly volumeClaimTemplates?: readonly { readonly metadata?: { readonly name?: string } }[];
  };
};

export interface UpdateStrategy {
  readonly type?: string;
  /** Counts, or shares as "25%". */
  readonly rollingUpdate?: { readonly maxUnavailable?: number | string; readonly maxSurge?: number | string };
}

export interface ActiveFault {
  /** "Chaos Mesh NetworkChaos shop/cut", "Faultline run 2026-…". */
  readonly title: string;
  readonly tool: 'faultline' | 'chaos-mesh' | 'litmus';
  /** Of ours: its run and the uid of its target. */
  readonly run?: string;
  readonly targetUid?: string;
}

export function instancesOf(model: ClusterModel): readonly EngineInstance[] {
  return [...model.engines.items, ...model.kafka.items, ...model.storage.items, ...model.monitoring.items];
}

export function isKafka(instance: EngineInstance): instance is KafkaInstance {
  return instance.engine === 'kafka';
}

/** A pod as the engine it belongs to sees it. */
export interface Placed {
  readonly instance: EngineInstance;
  readonly role: RoleGroup;
  readonly line: PodLine;
}

export function placedOf(model: ClusterModel, uid: string | undefined): Placed | undefined {
  for (const instance of instancesOf(model))
    for (const role of instance.roles) {
      const line = role.pods.find(({ ref }) => ref.uid === uid && uid !== undefined);
      if (line !== undefined) return { instance, role, line };
    }
  return undefined;
}

export function podOf({ pods }: FaultScene, uid: string | undefined): ScenePod | undefined {
  return uid === undefined ? undefined : pods.find(({ metadata }) => metadata.uid === uid);
}

/** The Deployment, StatefulSet or DaemonSet that the pod is of. */
export function workloadOf({ workloads }: FaultScene, pod: ScenePod): SceneWorkload | undefined {
  const owner = ownerOf(pod);
  return workloads.find(
    ({ kind, workload }) =>
      kind === owner.kind && workload.metadata.name === owner.name && workload.metadata.namespace === pod.metadata.namespace,
  );
}

export function podsOfWorkload(scene: FaultScene, { kind, workload }: SceneWorkload): readonly ScenePod[] {
  return scene.pods.filter((pod) => {
    const owner = ownerOf(pod);
    return owner.kind === kind && owner.name === workload.metadata.name && pod.metadata.namespace === workload.metadata.namespace;
  });
}

export function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Not one that has completed or failed. */
export function isRunning(pod: ScenePod): boolean {
  return !isGoing(pod) && pod.status?.phase === 'Running';
}

/** By name as people count: kafka-2 before kafka-10. */
export function byName(a: { readonly metadata: { readonly name: string } }, b: { readonly metadata: { readonly name: string } }): number {
  return new Intl.Collator('en', { numeric: true }).compare(a.metadata.name, b.metadata.name);
}
