/** Pods of SQL engines as they come, and what they are. */
import { appInstance, appName, appPartOf } from './pods.ts';
import { chi, type Row, standard, statefulSet } from './row.ts';

export const sqlRows: readonly Row[] = [
  // Trino
  [
    'Trino chart, coordinator',
    { labels: standard('trino', 'coordinator') },
    { is: 'trino coordinator', instance: 'rel', layout: 'Trino chart', by: 'label app.kubernetes.io/name=trino, component=coordinator' },
  ],
  [
    'Trino chart, worker',
    { labels: standard('trino', 'worker') },
    { is: 'trino worker', instance: 'rel', layout: 'Trino chart', by: 'label app.kubernetes.io/name=trino, component=worker' },
  ],
  [
    'Trino with nameOverride, by the policy label',
    { labels: { ...standard('queries', 'worker'), 'trino.io/network-policy-protection': 'enabled' } },
    {
      is: 'trino worker',
      instance: 'rel',
      layout: 'Trino chart',
      by: 'label trino.io/network-policy-protection=enabled, app.kubernetes.io/component=worker',
    },
  ],
  [
    'Trino with nameOverride, by the chart label',
    { labels: { ...standard('queries', 'coordinator'), 'helm.sh/chart': 'trino-1.42.0' } },
    { is: 'trino coordinator', instance: 'rel', by: 'label helm.sh/chart=trino-1.42.0, app.kubernetes.io/component=coordinator' },
  ],
  [
    'an old Trino chart',
    { labels: { app: 'trino', release: 'old', component: 'worker' } },
    { is: 'trino worker', instance: 'old', layout: 'Trino chart, old', by: 'label app=trino, component=worker' },
  ],
  [
    'Trino by its container',
    { containers: [{ name: 'trino-coordinator' }], owner: statefulSet('q-coordinator') },
    { is: 'trino coordinator', instance: 'q', confidence: 'likely', by: 'container trino-coordinator' },
  ],
  [
    'a Trino worker by its container',
    { containers: [{ name: 'trino-worker' }], owner: statefulSet('q-worker') },
    { is: 'trino worker', instance: 'q', confidence: 'likely', by: 'container trino-worker' },
  ],
  [
    'Trino by its image, the role by the owner',
    { containers: [{ image: 'registry.example.com:5000/trinodb/trino:476' }], owner: statefulSet('lake-worker') },
    { is: 'trino worker', instance: 'lake', confidence: 'likely', by: 'image trinodb/trino' },
  ],
  [
    'a Trino of its own labels',
    { labels: { [appName]: 'trino', [appInstance]: 'solo' } },
    { is: 'trino coordinator', instance: 'solo', by: 'label app.kubernetes.io/name=trino' },
  ],
  // Presto
  [
    'Presto, coordinator',
    { labels: standard('presto', 'coordinator') },
    { is: 'presto coordinator', instance: 'rel', layout: 'Presto chart', by: 'label app.kubernetes.io/name=presto, component=coordinator' },
  ],
  [
    'Presto, worker',
    { labels: standard('presto', 'worker') },
    { is: 'presto worker', instance: 'rel', by: 'label app.kubernetes.io/name=presto, component=worker' },
  ],
  [
    'Presto, resource manager',
    { labels: standard('presto', 'resource-manager') },
    { is: 'presto resource manager', instance: 'rel', by: 'label app.kubernetes.io/name=presto, component=resource-manager' },
  ],
  [
    'Presto by an old label',
    { labels: { app: 'presto', component: 'worker', release: 'p' } },
    { is: 'presto worker', instance: 'p', by: 'label app=presto, component=worker' },
  ],
  [
    'native Presto by its image',
    { containers: [{ image: 'prestodb/presto-native:0.296' }], owner: statefulSet('p-worker') },
    { is: 'presto worker', instance: 'p', confidence: 'likely', by: 'image prestodb/presto-native' },
  ],
  // ClickHouse
  [
    'Altinity operator',
    { labels: chi('1', '0'), name: 'chi-events-main-1-0-0', owner: statefulSet('chi-events-main-1-0') },
    {
      is: 'clickhouse server',
      instance: 'events',
      layout: 'Altinity operator',
      shard: '1',
      replica: '0',
      by: 'label clickhouse.altinity.com/app=chop, clickhouse.altinity.com/chi=events',
    },
  ],
  [
    'Keeper of the Altinity operator',
    { labels: { 'clickhouse-keeper.altinity.com/chk': 'ck', 'clickhouse-keeper.altinity.com/replica': '2' } },
    { is: 'clickhouse keeper', instance: 'ck', replica: '2', by: 'label clickhouse-keeper.altinity.com/chk=ck' },
  ],
  [
    'the Altinity operator itself',
    { labels: { app: 'clickhouse-operator' }, owner: { kind: 'Deployment', name: 'clickhouse-operator' } },
    { is: 'clickhouse operator', instance: 'clickhouse-operator', by: 'label app=clickhouse-operator' },
  ],
  [
    'the Altinity operator by its chart',
    { labels: { [appName]: 'altinity-clickhouse-operator', [appInstance]: 'chop' } },
    { is: 'clickhouse operator', instance: 'chop', by: 'label app.kubernetes.io/name=altinity-clickhouse-operator' },
  ],
  [
    'the official operator',
    {
      labels: {
        app: 'sales-clickhouse',
        [appName]: 'clickhouse-server',
        'clickhouse.com/role': 'clickhouse-server',
        'clickhouse.com/shard-id': '2',
        'clickhouse.com/replica-id': '1',
      },
    },
    {
      is: 'clickhouse server',
      instance: 'sales',
      layout: 'ClickHouse operator',
      shard: '2',
      replica: '1',
      by: 'label clickhouse.com/role=clickhouse-server',
    },
  ],
  [
    'Keeper of the official operator',
    { labels: { app: 'sales-keeper', 'clickhouse.com/role': 'clickhouse-keeper', 'clickhouse.com/keeper-replica-id': '0' } },
    { is: 'clickhouse keeper', instance: 'sales', replica: '0', by: 'label clickhouse.com/role=clickhouse-keeper' },
  ],
  [
    'Bitnami',
    {
      labels: { ...standard('clickhouse', 'clickhouse'), [appPartOf]: 'clickhouse', shard: '1' },
      name: 'ch-shard1-2',
      owner: statefulSet('ch-shard1'),
    },
    {
      is: 'clickhouse server',
      instance: 'rel',
      layout: 'Bitnami chart',
      shard: '1',
      replica: '2',
      by: 'label app.kubernetes.io/part-of=clickhouse, component=clickhouse',
    },
  ],
  [
    'Keeper of Bitnami',
    { labels: { ...standard('ch', 'keeper'), [appPartOf]: 'clickhouse' } },
    {
      is: 'clickhouse keeper',
      instance: 'rel',
      layout: 'Bitnami chart',
      by: 'label app.kubernetes.io/part-of=clickhouse, component=keeper',
    },
  ],
  [
    'our own chart, a shard',
    { labels: { ...standard('clickhouse', 'server'), 'faultline.dev/shard': '0', 'faultline.dev/replica': '1' } },
    {
      is: 'clickhouse server',
      instance: 'rel',
      layout: 'Faultline chart',
      shard: '0',
      replica: '1',
      by: 'label app.kubernetes.io/name=clickhouse, component=server, faultline.dev/shard=0',
    },
  ],
  [
    'our own chart, Keeper',
    { labels: standard('clickhouse', 'keeper') },
    { is: 'clickhouse keeper', instance: 'rel', by: 'label app.kubernetes.io/name=clickhouse, component=keeper' },
  ],
  [
    'a plain StatefulSet with a name label',
    { labels: { [appName]: 'clickhouse', [appInstance]: 'x' }, name: 'x-1', owner: statefulSet('x') },
    { is: 'clickhouse server', instance: 'x', replica: '1', by: 'label app.kubernetes.io/name=clickhouse' },
  ],
  [
    'ClickHouse by its container',
    { containers: [{ name: 'clickhouse-server' }], owner: statefulSet('olap') },
    { is: 'clickhouse server', instance: 'olap', confidence: 'likely', by: 'container clickhouse-server' },
  ],
  [
    'Keeper by its container',
    { containers: [{ name: 'clickhouse-keeper' }], owner: statefulSet('zk') },
    { is: 'clickhouse keeper', instance: 'zk', confidence: 'likely', by: 'container clickhouse-keeper' },
  ],
  [
    'ClickHouse by its image',
    { containers: [{ image: 'altinity/clickhouse-server:25.3@sha256:aa' }], owner: statefulSet('olap') },
    { is: 'clickhouse server', instance: 'olap', confidence: 'likely', by: 'image altinity/clickhouse-server' },
  ],
  [
    'Keeper by its image',
    { containers: [{ image: 'clickhouse/clickhouse-keeper:25.3' }], owner: statefulSet('zk') },
    { is: 'clickhouse keeper', instance: 'zk', confidence: 'likely', by: 'image clickhouse/clickhouse-keeper' },
  ],
  [
    'ClickHouse by its ports',
    { containers: [{ ports: [{ containerPort: 9000 }, { containerPort: 8123 }] }], owner: statefulSet('db') },
    { is: 'clickhouse server', instance: 'db', confidence: 'guess', by: 'ports 8123, 9000' },
  ],
];
