/** The fields of Kubernetes' objects that the model reads; everything may be absent, since whoever made the object decides. */

export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly controller?: boolean;
  }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

export interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly finishedAt?: string;
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: Terminated;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly image?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface Pod {
  readonly metadata: Meta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface Service {
  readonly metadata: Meta;
  readonly spec?: {
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number | string }[];
  };
}

/** Deployment and StatefulSet. */
export interface Workload {
  readonly metadata: Meta;
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: { readonly metadata?: Partial<Meta>; readonly spec?: Pod['spec'] };
  };
  readonly status?: { readonly replicas?: number; readonly readyReplicas?: number };
}

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

export interface Autoscaler {
  readonly metadata: Meta;
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

export interface ScaledObject {
  readonly metadata: Meta;
  readonly spec?: {
    readonly scaleTargetRef?: TargetReference;
    readonly minReplicaCount?: number;
    readonly maxReplicaCount?: number;
    readonly triggers?: readonly { readonly type?: string; readonly name?: string }[];
  };
  readonly status?: { readonly hpaName?: string; readonly conditions?: readonly Condition[] };
}

export interface VerticalAutoscaler {
  readonly metadata: Meta;
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

export interface Node {
  readonly metadata: Meta;
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect?: string; readonly timeAdded?: string }[];
  };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly Condition[];
    readonly nodeInfo?: { readonly kubeletVersion?: string };
  };
}

export interface Budget {
  readonly metadata: Meta;
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
  };
  readonly status?: {
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
    readonly expectedPods?: number;
  };
}

/** Of a Helm release only what its secret's labels say: the payload is never asked for. */
export interface ReleaseSecret {
  readonly metadata: Meta;
}

/** Custom resources of operators: only what all of them have in one form or another. */
export interface CustomResource {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Meta;
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
  readonly budgets: Budget;
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
