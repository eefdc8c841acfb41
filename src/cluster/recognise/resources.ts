/** Custom resources from which operators make engines: what stands for a whole installation, and how many nodes it asks for. */
import type { CustomResource, Kinds, PartName } from './kinds.ts';
import type { EngineKind, EngineRole } from './model.ts';

type ResourcePart = {
  readonly [N in PartName]: Kinds[N] extends CustomResource ? (CustomResource extends Kinds[N] ? N : never) : never;
}[PartName];

export interface ResourceSource {
  readonly part: ResourcePart;
  readonly apiVersion: string;
  readonly kind: string;
  readonly engine: EngineKind;
  /** The installation is the resource; else it adds to one. */
  readonly isWhole: boolean;
  /** Undefined: the resource's own name. */
  readonly instanceOf: (resource: CustomResource) => string | undefined;
  readonly asks: (resource: CustomResource) => { readonly role: EngineRole; readonly count: number } | undefined;
}

const own = (): undefined => undefined;

function whole(part: ResourcePart, apiVersion: string, kind: string, engine: EngineKind): ResourceSource {
  return { part, apiVersion, kind, engine, isWhole: true, instanceOf: own, asks: own };
}

export const resourceSources: readonly ResourceSource[] = [
  whole('kafkas', 'kafka.strimzi.io/v1', 'Kafka', 'kafka'),
  {
    part: 'kafkaNodePools',
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaNodePool',
    engine: 'kafka',
    isWhole: false,
    instanceOf: ({ metadata }) => metadata.labels?.['strimzi.io/cluster'],
    asks: ({ spec }) => {
      const roles = spec?.roles ?? [];
      const role = roles.length > 1 ? 'broker and controller' : roles[0] === 'controller' ? 'controller' : 'broker';
      return { role, count: spec?.replicas ?? 0 };
    },
  },
  whole('clickHouseInstallations', 'clickhouse.altinity.com/v1', 'ClickHouseInstallation', 'clickhouse'),
  whole('clickHouseKeepers', 'clickhouse-keeper.altinity.com/v1', 'ClickHouseKeeperInstallation', 'clickhouse'),
  whole('clickHouseClusters', 'clickhouse.com/v1alpha1', 'ClickHouseCluster', 'clickhouse'),
  whole('keeperClusters', 'clickhouse.com/v1alpha1', 'KeeperCluster', 'clickhouse'),
  whole('sparkApplications', 'sparkoperator.k8s.io/v1beta2', 'SparkApplication', 'spark'),
];
