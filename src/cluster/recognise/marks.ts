/**
 * By which marks engines are recognised, one row a mark, in the order of their weight: labels, then names of containers, then images,
 * then ports. A pod's name alone is never a mark: people call anything "trino-test".
 * The rows follow the charts and operators that are in use; where two layouts share a mark, the special one stands first.
 */
import type { EngineKind, EngineRole, Recognition } from './model.ts';

/** `[key]`: there with any value; `[key, …values]`: one of them; a value that ends in `*` is a beginning. */
export type LabelTest = readonly [key: string, ...values: string[]];

export interface Mark {
  readonly engine: EngineKind;
  readonly layout: string;
  readonly confidence: Recognition['confidence'];
  /** `workload`: the owner's name, labels or environment say it, once it is known what engine this is. */
  readonly role: EngineRole | 'workload';
  /** Labels that must not be there: what has them is something else of the same application. */
  readonly absent?: readonly string[];
  /** All that is named must hold. */
  readonly labels?: readonly LabelTest[];
  readonly annotations?: readonly LabelTest[];
  readonly container?: readonly string[];
  /** Repository without registry and tag: `trinodb/trino`; `*` at the end as above, at the beginning for any owner. */
  readonly image?: readonly string[];
  /** All of these container ports. */
  readonly ports?: readonly number[];
  /** Labels that name the instance, the first that is there; else the workload's name does. */
  readonly instance?: readonly string[];
  /** What the label adds to the instance's name at its end. */
  readonly suffix?: string;
  /** The chart lets people name the application as they like: two of them may stand in one release. */
  readonly isNameFree?: true;
  readonly shard?: string;
  readonly replica?: string;
}

const name = 'app.kubernetes.io/name';
const instance = 'app.kubernetes.io/instance';
const component = 'app.kubernetes.io/component';
const partOf = 'app.kubernetes.io/part-of';
const chart = 'helm.sh/chart';
const standard = [instance, 'release'] as const;

/** Several roles that one layout tells apart by one label. */
export function byLabel(
  base: Omit<Mark, 'role'>,
  key: string,
  roles: readonly (readonly [value: string, role: EngineRole | 'workload'])[],
): readonly Mark[] {
  return roles.map(([value, role]) => ({ ...base, role, labels: [...(base.labels ?? []), [key, value]] }));
}

const coordinatorAndWorker = [
  ['coordinator', 'coordinator'],
  ['worker', 'worker'],
] as const;

const trino: readonly Mark[] = [
  ...byLabel(
    { engine: 'trino', layout: 'Trino chart', confidence: 'sure', labels: [[name, 'trino']], instance: standard },
    component,
    coordinatorAndWorker,
  ),
  // With nameOverride the name is anything: these two stay.
  ...byLabel(
    {
      engine: 'trino',
      layout: 'Trino chart',
      confidence: 'sure',
      labels: [['trino.io/network-policy-protection']],
      instance: standard,
      isNameFree: true,
    },
    component,
    coordinatorAndWorker,
  ),
  ...byLabel(
    { engine: 'trino', layout: 'Trino chart', confidence: 'sure', labels: [[chart, 'trino-*']], instance: standard, isNameFree: true },
    component,
    coordinatorAndWorker,
  ),
  ...byLabel(
    { engine: 'trino', layout: 'Trino chart, old', confidence: 'sure', labels: [['app', 'trino']], instance: standard },
    'component',
    coordinatorAndWorker,
  ),
  { engine: 'trino', layout: '', confidence: 'sure', role: 'workload', labels: [[name, 'trino']], absent: [component], instance: standard },
  {
    engine: 'trino',
    layout: 'Trino chart',
    confidence: 'likely',
    role: 'coordinator',
    container: ['trino-coordinator'],
    instance: standard,
    isNameFree: true,
  },
  {
    engine: 'trino',
    layout: 'Trino chart',
    confidence: 'likely',
    role: 'worker',
    container: ['trino-worker'],
    instance: standard,
    isNameFree: true,
  },
  {
    engine: 'trino',
    layout: '',
    confidence: 'likely',
    role: 'workload',
    image: ['trinodb/trino', '*/trino', 'starburstdata/starburst-enterprise'],
    instance: standard,
  },
];

const presto: readonly Mark[] = [
  ...byLabel({ engine: 'presto', layout: 'Presto chart', confidence: 'sure', labels: [[name, 'presto']], instance: standard }, component, [
    ...coordinatorAndWorker,
    ['resource-manager', 'resource manager'],
  ]),
  ...byLabel({ engine: 'presto', layout: '', confidence: 'sure', labels: [['app', 'presto']], instance: standard }, 'component', [
    ...coordinatorAndWorker,
    ['resource-manager', 'resource manager'],
  ]),
  {
    engine: 'presto',
    layout: '',
    confidence: 'sure',
    role: 'workload',
    labels: [[name, 'presto']],
    absent: [component],
    instance: standard,
  },
  {
    engine: 'presto',
    layout: '',
    confidence: 'likely',
    role: 'workload',
    image: ['prestodb/presto', 'prestodb/presto-native', '*/presto', '*/presto-native'],
    instance: standard,
  },
];

const altinity = 'clickhouse.altinity.com';
const altinityKeeper = 'clickhouse-keeper.altinity.com';

const clickhouse: readonly Mark[] = [
  {
    engine: 'clickhouse',
    layout: 'Altinity operator',
    confidence: 'sure',
    role: 'server',
    labels: [[`${altinity}/app`, 'chop'], [`${altinity}/chi`]],
    instance: [`${altinity}/chi`],
    shard: `${altinity}/shard`,
    replica: `${altinity}/replica`,
  },
  {
    engine: 'clickhouse',
    layout: 'Altinity operator',
    confidence: 'sure',
    role: 'keeper',
    labels: [[`${altinityKeeper}/chk`]],
    instance: [`${altinityKeeper}/chk`],
    replica: `${altinityKeeper}/replica`,
  },
  { engine: 'clickhouse', layout: 'Altinity operator', confidence: 'sure', role: 'operator', labels: [['app', 'clickhouse-operator']] },
  {
    engine: 'clickhouse',
    layout: 'Altinity operator',
    confidence: 'sure',
    role: 'operator',
    labels: [[name, 'altinity-clickhouse-operator']],
    instance: standard,
  },
  {
    engine: 'clickhouse',
    layout: 'ClickHouse operator',
    confidence: 'sure',
    role: 'server',
    labels: [['clickhouse.com/role', 'clickhouse-server']],
    instance: ['app', instance],
    suffix: '-clickhouse',
    shard: 'clickhouse.com/shard-id',
    replica: 'clickhouse.com/replica-id',
  },
  {
    engine: 'clickhouse',
    layout: 'ClickHouse operator',
    confidence: 'sure',
    role: 'keeper',
    labels: [['clickhouse.com/role', 'clickhouse-keeper']],
    instance: ['app', instance],
    suffix: '-keeper',
    replica: 'clickhouse.com/keeper-replica-id',
  },
  {
    engine: 'clickhouse',
    layout: 'Faultline chart',
    confidence: 'sure',
    role: 'server',
    labels: [[name, 'clickhouse'], [component, 'server'], ['faultline.dev/shard']],
    instance: standard,
    shard: 'faultline.dev/shard',
    replica: 'faultline.dev/replica',
  },
  ...byLabel({ engine: 'clickhouse', layout: '', confidence: 'sure', labels: [[name, 'clickhouse']], instance: standard }, component, [
    ['server', 'server'],
    ['keeper', 'keeper'],
  ]),
  {
    engine: 'clickhouse',
    layout: 'Bitnami chart',
    confidence: 'sure',
    role: 'server',
    labels: [
      [partOf, 'clickhouse'],
      [component, 'clickhouse'],
    ],
    instance: standard,
    isNameFree: true,
    shard: 'shard',
  },
  {
    engine: 'clickhouse',
    layout: 'Bitnami chart',
    confidence: 'sure',
    role: 'keeper',
    labels: [
      [partOf, 'clickhouse'],
      [component, 'keeper'],
    ],
    instance: standard,
    isNameFree: true,
  },
  {
    engine: 'clickhouse',
    layout: '',
    confidence: 'sure',
    role: 'workload',
    labels: [[name, 'clickhouse']],
    absent: [component],
    instance: standard,
  },
  {
    engine: 'clickhouse',
    layout: '',
    confidence: 'likely',
    role: 'keeper',
    container: ['clickhouse-keeper'],
    instance: standard,
  },
  {
    engine: 'clickhouse',
    layout: '',
    confidence: 'likely',
    role: 'server',
    container: ['clickhouse', 'clickhouse-server'],
    instance: standard,
  },
  {
    engine: 'clickhouse',
    layout: '',
    confidence: 'likely',
    role: 'keeper',
    image: ['clickhouse/clickhouse-keeper', '*/clickhouse-keeper'],
    instance: standard,
  },
  {
    engine: 'clickhouse',
    layout: '',
    confidence: 'likely',
    role: 'server',
    image: ['clickhouse/clickhouse-server', 'altinity/clickhouse-server', '*/clickhouse', '*/clickhouse-server'],
    instance: standard,
  },
  // 8123 with one of the native ports: nothing else is known to listen so.
  { engine: 'clickhouse', layout: '', confidence: 'guess', role: 'server', ports: [8123, 9000] },
  { engine: 'clickhouse', layout: '', confidence: 'guess', role: 'server', ports: [8123, 9009] },
];

export const sqlMarks: readonly Mark[] = [...trino, ...presto, ...clickhouse];
