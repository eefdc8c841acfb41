/** What the model reads of each kind, beside the kinds that all of the room share. */
import type { Condition, KubeObject, Node, Pod, PodDisruptionBudget, Service, Workload } from '../objects.ts';

interface MetricTarget {
  readonly type?: string;
  readonly averageUtilization?: number;
  readonly averageValue?: string;
  readonly value?: string;
}

export interface Metric<V extends 'target' | 'current'> {
  readonly type?: string;
  readonly resource?: { readonly name: string } & { readonly [K in V]?: MetricTarget };
  readonly containerResource?: { readonly name: string; readonly container?: string } & { readonly [K in V]?: MetricTarget };
  readonly pods?: { readonly metric: { readonly name: string } } & { readonly [K in V]?: MetricTarget };
  readonly object?: { readonly metric: { readonly name: string } } & { readonly [K in V]?: MetricTarget };
  readonly external?: { readonly metric: { readonly name: string } } & { readonly [K in V]?: MetricTarget };
}

export interface TargetReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name: string;
}

export interface Autoscaler extends KubeObject {
  readonly spec?: {
    readonly scaleTargetRef?: TargetReference;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly metrics?: readonly Metric<'target'>[];
  };
  readonly status?: {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly currentMetrics?: readonly Metric<'current'>[] | null;
    readonly conditions?: readonly Condition[];
  };
}

export interface ScaledObject extends KubeObject {
  readonly spec?: {
    readonly scaleTargetRef?: TargetReference;
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
    readonly triggers?: readonly { readonly type?: string; readonly name?: string }[];
  };
  readonly status?: { readonly hpaName?: string; readonly conditions?: readonly Condition[] };
}

export interface VerticalAutoscaler extends KubeObject {
  readonly spec?: { readonly targetRef?: TargetReference; readonly updatePolicy?: { readonly updateMode?: string } };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly recommendation?: {
      readonly containerRecommendations?: readonly {
        readonly containerName?: string;
        readonly target?: Readonly<Record<string, string>>;
      }[];
    };
  };
}

/** Of a Helm release only what its secret's labels say: the payload is never asked for. */
export type ReleaseSecret = KubeObject;

/** Custom resources of operators: only what all of them have in one form or another. */
export interface CustomResource extends KubeObject {
  readonly spec?: {
    /** ClickHouseCluster of clickhouse.com. */
    readonly keeperClusterRef?: { readonly name?: string };
    /** KafkaNodePool. */
    readonly replicas?: number;
    readonly roles?: readonly string[];
    /** ClickHouseInstallation. */
    readonly stop?: string;
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    /** ClickHouseInstallation: Completed, InProgress, Aborted. */
    readonly status?: string;
    readonly error?: string;
    /** SparkApplication. */
    readonly applicationState?: { readonly state?: string; readonly errorMessage?: string };
  };
}

/** What is kept of each part. */
export interface Kinds {
  readonly pods: Pod;
  readonly services: Service;
  readonly deployments: Workload;
  readonly statefulSets: Workload;
  readonly autoscalers: Autoscaler;
  readonly nodes: Node;
  readonly budgets: PodDisruptionBudget;
  readonly releases: ReleaseSecret;
  readonly kafkas: CustomResource;
  readonly kafkaNodePools: CustomResource;
  readonly clickHouseInstallations: CustomResource;
  readonly clickHouseKeepers: CustomResource;
  readonly clickHouseClusters: CustomResource;
  readonly keeperClusters: CustomResource;
  readonly sparkApplications: CustomResource;
  readonly scaledObjects: ScaledObject;
  readonly verticalAutoscalers: VerticalAutoscaler;
}

/** Kinds that are watched; those of operators are there only where their definition is installed. */
export type PartName = keyof Kinds;
