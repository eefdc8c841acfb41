/** What is watched for the model. Kinds of operators only where the cluster has them: asking for what is not there costs a request each. */
import type { ClusterConnection } from './connect/connection.ts';
import type { KubeObject } from './objects.ts';
import type { PartName } from './recognise/kinds.ts';
import { customKind, kinds, type WatchedKind } from './watch/kinds.ts';

export interface ModelKind {
  readonly part: PartName;
  readonly kind: WatchedKind<never>;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** `never`: what comes is read by the types of `recognise/kinds.ts`, all of whose fields may be absent. */
function model<T extends KubeObject>(part: PartName, kind: WatchedKind<T>, selectors: Omit<ModelKind, 'part' | 'kind'> = {}): ModelKind {
  return { part, kind: kind as unknown as WatchedKind<never>, ...selectors };
}

export const coreKinds: readonly ModelKind[] = [
  model('pods', kinds.pods),
  model('services', kinds.services),
  model('deployments', kinds.deployments),
  model('statefulSets', kinds.statefulSets),
  model('autoscalers', kinds.horizontalPodAutoscalers),
  model('nodes', kinds.nodes),
  model('budgets', kinds.podDisruptionBudgets),
  // A release's payload is large, and may hold secrets.
  model('releases', { ...kinds.secrets, metadataOnly: true }, { labelSelector: 'owner=helm', fieldSelector: 'type=helm.sh/release.v1' }),
];

interface OperatorKind {
  readonly part: PartName;
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  /** Those that are read alike; the first that the cluster has. */
  readonly versions: readonly string[];
}

const operatorKinds: readonly OperatorKind[] = [
  { part: 'kafkas', group: 'kafka.strimzi.io', plural: 'kafkas', kind: 'Kafka', versions: ['v1', 'v1beta2'] },
  { part: 'kafkaNodePools', group: 'kafka.strimzi.io', plural: 'kafkanodepools', kind: 'KafkaNodePool', versions: ['v1', 'v1beta2'] },
  {
    part: 'clickHouseInstallations',
    group: 'clickhouse.altinity.com',
    plural: 'clickhouseinstallations',
    kind: 'ClickHouseInstallation',
    versions: ['v1'],
  },
  {
    part: 'clickHouseKeepers',
    group: 'clickhouse-keeper.altinity.com',
    plural: 'clickhousekeeperinstallations',
    kind: 'ClickHouseKeeperInstallation',
    versions: ['v1'],
  },
  { part: 'clickHouseClusters', group: 'clickhouse.com', plural: 'clickhouseclusters', kind: 'ClickHouseCluster', versions: ['v1alpha1'] },
  { part: 'keeperClusters', group: 'clickhouse.com', plural: 'keeperclusters', kind: 'KeeperCluster', versions: ['v1alpha1'] },
  {
    part: 'sparkApplications',
    group: 'sparkoperator.k8s.io',
    plural: 'sparkapplications',
    kind: 'SparkApplication',
    versions: ['v1beta2'],
  },
  { part: 'scaledObjects', group: 'keda.sh', plural: 'scaledobjects', kind: 'ScaledObject', versions: ['v1alpha1'] },
  {
    part: 'verticalAutoscalers',
    group: 'autoscaling.k8s.io',
    plural: 'verticalpodautoscalers',
    kind: 'VerticalPodAutoscaler',
    versions: ['v1', 'v1beta2'],
  },
];

interface ApiGroups {
  readonly groups?: readonly { readonly name: string; readonly versions?: readonly { readonly version: string }[] }[];
}

/** Those that the cluster has now. Fails as a request does. */
export async function operatorKindsOf(connection: ClusterConnection, signal: AbortSignal): Promise<readonly ModelKind[]> {
  const { groups = [] } = await connection.request<ApiGroups>({ path: '/apis', signal });
  const served = new Map(groups.map(({ name, versions = [] }) => [name, versions.map(({ version }) => version)]));
  return operatorKinds.flatMap(({ part, group, plural, kind, versions }) => {
    const version = versions.find((one) => served.get(group)?.includes(one));
    return version === undefined ? [] : [model(part, customKind(group, version, plural, kind))];
  });
}
