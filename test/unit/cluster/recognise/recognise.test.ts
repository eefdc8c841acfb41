import assert from 'node:assert/strict';
import { recognise, repositoryOf, versionOf } from '../../../../src/cluster/recognise/recognise.ts';
import { appComponent, appInstance, appName, appPartOf, pod, type PodFacts } from './pods.ts';

interface Expected {
  readonly is: string;
  readonly instance: string;
  readonly by: string;
  readonly layout?: string;
  readonly confidence?: 'sure' | 'likely' | 'guess';
  readonly shard?: string;
  readonly replica?: string;
}

const statefulSet = (name: string): NonNullable<PodFacts['owner']> => ({ kind: 'StatefulSet', name });
const standard = (name: string, component: string, instance = 'rel'): Record<string, string> => ({
  [appName]: name,
  [appInstance]: instance,
  [appComponent]: component,
});
const chi = (shard: string, replica: string): Record<string, string> => ({
  'clickhouse.altinity.com/app': 'chop',
  'clickhouse.altinity.com/chi': 'events',
  'clickhouse.altinity.com/cluster': 'main',
  'clickhouse.altinity.com/shard': shard,
  'clickhouse.altinity.com/replica': replica,
  'clickhouse.altinity.com/ready': 'yes',
});
const strimzi = (broker: boolean, controller: boolean): Record<string, string> => ({
  'strimzi.io/cluster': 'bus',
  'strimzi.io/kind': 'Kafka',
  'strimzi.io/name': 'bus-kafka',
  'strimzi.io/component-type': 'kafka',
  'strimzi.io/broker-role': String(broker),
  'strimzi.io/controller-role': String(controller),
  [appName]: 'kafka',
  [appInstance]: 'bus',
});
const kraft = (roles: string): NonNullable<PodFacts['containers']> => [
  { name: 'main', image: 'apache/kafka:4.1.1', env: [{ name: 'KAFKA_PROCESS_ROLES', value: roles }], ports: [{ containerPort: 9092 }] },
];

const rows: readonly (readonly [what: string, facts: PodFacts, expected: Expected])[] = [
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
  // Kafka
  [
    'Strimzi, both roles',
    { labels: strimzi(true, true) },
    {
      is: 'kafka broker and controller',
      instance: 'bus',
      layout: 'Strimzi',
      by: 'label strimzi.io/kind=Kafka, strimzi.io/broker-role=true, strimzi.io/controller-role=true',
    },
  ],
  [
    'Strimzi, broker',
    { labels: strimzi(true, false) },
    { is: 'kafka broker', instance: 'bus', layout: 'Strimzi', by: 'label strimzi.io/kind=Kafka, strimzi.io/broker-role=true' },
  ],
  [
    'Strimzi, controller',
    { labels: strimzi(false, true) },
    { is: 'kafka controller', instance: 'bus', layout: 'Strimzi', by: 'label strimzi.io/kind=Kafka, strimzi.io/controller-role=true' },
  ],
  [
    'Strimzi before it had roles',
    { labels: { 'strimzi.io/kind': 'Kafka', 'strimzi.io/cluster': 'bus', 'strimzi.io/name': 'bus-kafka' } },
    {
      is: 'kafka broker',
      instance: 'bus',
      layout: 'Strimzi, old',
      by: 'label strimzi.io/kind=Kafka, strimzi.io/cluster=bus, strimzi.io/name=bus-kafka',
    },
  ],
  [
    'the Strimzi operator',
    { labels: { 'strimzi.io/kind': 'cluster-operator', app: 'strimzi' } },
    { is: 'kafka operator', instance: 'strimzi', by: 'label strimzi.io/kind=cluster-operator' },
  ],
  [
    'Bitnami, combined',
    { labels: { ...standard('kafka', 'controller-eligible'), [appPartOf]: 'kafka' } },
    {
      is: 'kafka broker and controller',
      instance: 'rel',
      layout: 'Bitnami chart',
      by: 'label app.kubernetes.io/part-of=kafka, component=controller-eligible',
    },
  ],
  [
    'Bitnami, broker',
    { labels: { ...standard('kafka', 'broker'), [appPartOf]: 'kafka' } },
    { is: 'kafka broker', instance: 'rel', layout: 'Bitnami chart', by: 'label app.kubernetes.io/part-of=kafka, component=broker' },
  ],
  [
    'Bitnami, a controller by its environment',
    {
      labels: { ...standard('kafka', 'controller-eligible'), [appPartOf]: 'kafka' },
      containers: [{ env: [{ name: 'KAFKA_CFG_PROCESS_ROLES', value: 'controller' }] }],
    },
    { is: 'kafka controller', instance: 'rel', by: 'label app.kubernetes.io/part-of=kafka, component=controller-eligible' },
  ],
  [
    'our own chart',
    { labels: standard('kafka', 'broker'), containers: kraft('broker,controller') },
    { is: 'kafka broker and controller', instance: 'rel', by: 'label app.kubernetes.io/name=kafka, component=broker' },
  ],
  [
    'our own chart, controllers alone',
    { labels: standard('kafka', 'controller') },
    { is: 'kafka controller', instance: 'rel', by: 'label app.kubernetes.io/name=kafka, component=controller' },
  ],
  [
    'Kafka by its name label',
    { labels: { [appName]: 'kafka', [appInstance]: 'bus' }, containers: kraft('broker') },
    { is: 'kafka broker', instance: 'bus', by: 'label app.kubernetes.io/name=kafka' },
  ],
  [
    'Confluent for Kubernetes',
    { labels: { 'confluent-platform': 'true', type: 'kafka', app: 'cp' } },
    { is: 'kafka broker', instance: 'cp', by: 'label confluent-platform=true, type=kafka' },
  ],
  [
    'Confluent for Kubernetes, controller',
    { labels: { 'confluent-platform': 'true', type: 'kraftcontroller', app: 'cp' } },
    { is: 'kafka controller', instance: 'cp', by: 'label confluent-platform=true, type=kraftcontroller' },
  ],
  [
    'a plain KRaft StatefulSet',
    { containers: kraft('broker,controller'), owner: statefulSet('bus') },
    { is: 'kafka broker and controller', instance: 'bus', confidence: 'likely', by: 'image apache/kafka' },
  ],
  [
    'Kafka by container and port',
    { containers: [{ name: 'kafka', ports: [{ containerPort: 9092 }] }], owner: statefulSet('bus') },
    { is: 'kafka broker', instance: 'bus', confidence: 'likely', by: 'container kafka, port 9092' },
  ],
  [
    'Kafka by its ports',
    { containers: [{ ports: [{ containerPort: 9092 }, { containerPort: 9093 }] }], owner: statefulSet('bus-controller') },
    { is: 'kafka controller', instance: 'bus', confidence: 'guess', by: 'ports 9092, 9093' },
  ],
  // Spark
  [
    'Spark operator, driver',
    { labels: { 'spark-role': 'driver', 'sparkoperator.k8s.io/app-name': 'etl' } },
    { is: 'spark driver', instance: 'etl', layout: 'Spark operator', by: 'label spark-role=driver, sparkoperator.k8s.io/app-name=etl' },
  ],
  [
    'Spark operator, executor',
    { labels: { 'spark-role': 'executor', 'sparkoperator.k8s.io/app-name': 'etl' } },
    { is: 'spark executor', instance: 'etl', by: 'label spark-role=executor, sparkoperator.k8s.io/app-name=etl' },
  ],
  [
    'spark-submit, driver',
    { labels: { 'spark-role': 'driver', 'spark-app-selector': 'spark-1' } },
    { is: 'spark driver', instance: 'spark-1', layout: 'spark-submit', by: 'label spark-role=driver, spark-app-selector=spark-1' },
  ],
  [
    'spark-submit, executor',
    { labels: { 'spark-role': 'executor', 'spark-app-selector': 'spark-1' } },
    { is: 'spark executor', instance: 'spark-1', by: 'label spark-role=executor, spark-app-selector=spark-1' },
  ],
  [
    'Spark Connect',
    { labels: { 'spark-role': 'connect-server', 'sparkoperator.k8s.io/connect-name': 'sc' } },
    { is: 'spark connect server', instance: 'sc', by: 'label spark-role=connect-server' },
  ],
  [
    'an executor of Spark Connect',
    { labels: { 'spark-role': 'executor', 'sparkoperator.k8s.io/connect-name': 'sc' } },
    { is: 'spark executor', instance: 'sc', by: 'label spark-role=executor, sparkoperator.k8s.io/connect-name=sc' },
  ],
  [
    'the Spark operator',
    { labels: standard('spark-operator', 'webhook') },
    { is: 'spark operator', instance: 'rel', by: 'label app.kubernetes.io/name=spark-operator, component=webhook' },
  ],
  [
    'Bitnami Spark, master',
    { labels: standard('spark', 'master') },
    { is: 'spark master', instance: 'rel', layout: 'Bitnami chart', by: 'label app.kubernetes.io/name=spark, component=master' },
  ],
  [
    'Bitnami Spark, worker',
    { labels: standard('spark', 'worker') },
    { is: 'spark worker', instance: 'rel', by: 'label app.kubernetes.io/name=spark, component=worker' },
  ],
  [
    'a Spark driver by its container',
    { containers: [{ name: 'spark-kubernetes-driver' }] },
    { is: 'spark driver', instance: 'some-pod', confidence: 'likely', by: 'container spark-kubernetes-driver' },
  ],
  [
    'a Spark executor by its container',
    { containers: [{ name: 'spark-kubernetes-executor' }] },
    { is: 'spark executor', instance: 'some-pod', confidence: 'likely', by: 'container spark-kubernetes-executor' },
  ],
  [
    'a Spark master by its container',
    { containers: [{ name: 'spark-master' }], owner: statefulSet('s-master') },
    { is: 'spark master', instance: 's', confidence: 'likely', by: 'container spark-master' },
  ],
  [
    'a Spark worker by its container',
    { containers: [{ name: 'spark-worker' }], owner: statefulSet('s-worker') },
    { is: 'spark worker', instance: 's', confidence: 'likely', by: 'container spark-worker' },
  ],
  [
    'a Spark driver by its ports',
    { containers: [{ ports: [{ containerPort: 4040 }, { containerPort: 7078 }] }] },
    { is: 'spark driver', instance: 'some-pod', confidence: 'guess', by: 'ports 4040, 7078' },
  ],
  [
    'Spark Connect by its port',
    { containers: [{ ports: [{ containerPort: 15002 }] }] },
    { is: 'spark connect server', instance: 'some-pod', confidence: 'guess', by: 'port 15002' },
  ],
  // Storage and monitoring
  [
    'MinIO operator',
    { labels: { 'v1.min.io/tenant': 'lake', 'v1.min.io/pool': 'p0' } },
    { is: 'minio server', instance: 'lake', layout: 'MinIO operator', by: 'label v1.min.io/tenant=lake, v1.min.io/pool=p0' },
  ],
  [
    'MinIO chart',
    { labels: { app: 'minio', release: 'lake' } },
    { is: 'minio server', instance: 'lake', layout: 'MinIO chart', by: 'label app=minio, release=lake' },
  ],
  [
    'MinIO by its name label',
    { labels: { [appName]: 'minio', [appInstance]: 'lake' } },
    { is: 'minio server', instance: 'lake', by: 'label app.kubernetes.io/name=minio' },
  ],
  [
    'MinIO by its image',
    { containers: [{ image: 'quay.io/minio/minio:RELEASE' }], owner: statefulSet('m') },
    { is: 'minio server', instance: 'm', confidence: 'likely', by: 'image minio/minio' },
  ],
  [
    'MinIO by container and port',
    { containers: [{ name: 'minio', ports: [{ containerPort: 9000 }] }], owner: statefulSet('m') },
    { is: 'minio server', instance: 'm', confidence: 'likely', by: 'container minio, port 9000' },
  ],
  [
    'Prometheus of its operator',
    { labels: { [appName]: 'prometheus', [appInstance]: 'k-prometheus', 'operator.prometheus.io/name': 'k-prometheus' } },
    {
      is: 'prometheus server',
      instance: 'k-prometheus',
      layout: 'Prometheus operator',
      by: 'label app.kubernetes.io/name=prometheus, operator.prometheus.io/name=k-prometheus',
    },
  ],
  [
    'Alertmanager of its operator',
    { labels: { [appName]: 'alertmanager', alertmanager: 'k-am' } },
    { is: 'alertmanager server', instance: 'k-am', by: 'label app.kubernetes.io/name=alertmanager, alertmanager=k-am' },
  ],
  [
    'Prometheus of its chart',
    { labels: standard('prometheus', 'server') },
    { is: 'prometheus server', instance: 'rel', by: 'label app.kubernetes.io/name=prometheus, component=server' },
  ],
  [
    'Alertmanager by its name label',
    { labels: { [appName]: 'alertmanager', [appInstance]: 'am' } },
    { is: 'alertmanager server', instance: 'am', by: 'label app.kubernetes.io/name=alertmanager' },
  ],
  [
    'Grafana',
    { labels: { [appName]: 'grafana', [appInstance]: 'k' } },
    { is: 'grafana server', instance: 'k', layout: 'Grafana chart', by: 'label app.kubernetes.io/name=grafana' },
  ],
  [
    'Prometheus by its image',
    { containers: [{ image: 'quay.io/prometheus/prometheus:v3.1.0' }], owner: statefulSet('prom') },
    { is: 'prometheus server', instance: 'prom', confidence: 'likely', by: 'image prometheus/prometheus' },
  ],
  [
    'Alertmanager by its image',
    { containers: [{ image: 'prom/alertmanager:v0.28' }], owner: statefulSet('am') },
    { is: 'alertmanager server', instance: 'am', confidence: 'likely', by: 'image prom/alertmanager' },
  ],
  [
    'Grafana by its image',
    { containers: [{ image: 'grafana/grafana:12.0.0' }], owner: statefulSet('g') },
    { is: 'grafana server', instance: 'g', confidence: 'likely', by: 'image grafana/grafana' },
  ],
];

const strangers: readonly (readonly [what: string, facts: PodFacts])[] = [
  ['a pod that is only called trino-test', { name: 'trino-test-0' }],
  [
    'the entity operator of Strimzi',
    { labels: { ...strimzi(false, false), 'strimzi.io/component-type': 'entity-operator' }, containers: [{ image: 'strimzi/kafka:1.0' }] },
  ],
  [
    'Kafka Connect of Strimzi',
    { labels: { 'strimzi.io/kind': 'KafkaConnect', 'strimzi.io/cluster': 'c' }, containers: [{ image: 'strimzi/kafka:1.0' }] },
  ],
  ['the metrics pod of Bitnami’s Kafka', { labels: standard('kafka', 'cluster-metrics') }],
  ['the test hook of a chart', { labels: standard('trino', 'test'), containers: [{ image: 'trinodb/trino:476' }] }],
  [
    'a hook of Helm',
    { annotations: { 'helm.sh/hook': 'test' }, containers: [{ image: 'apache/kafka:4.1.1', ports: [{ containerPort: 9092 }] }] },
  ],
  ['a job in an engine’s image', { owner: { kind: 'Job', name: 'load' }, containers: [{ image: 'clickhouse/clickhouse-server:26.7' }] }],
  ['a person’s shell in an engine’s image', { name: 'debug', containers: [{ image: 'apache/kafka:4.1.1' }] }],
  [
    'the gateway in front of Trino',
    { labels: { [appName]: 'trino-gateway', 'helm.sh/chart': 'trino-gateway-1.0' }, containers: [{ image: 'trinodb/trino-gateway:15' }] },
  ],
  ['port 8080 alone', { containers: [{ ports: [{ containerPort: 8080 }] }], owner: statefulSet('web') }],
];

describe('recognising engines', () => {
  for (const [what, facts, expected] of rows)
    it(`knows ${what}, and by which mark`, () => {
      const found = recognise(pod(facts));
      assert.ok(found !== undefined, 'not recognised');
      assert.equal(`${found.engine} ${found.role}`, expected.is);
      assert.equal(found.instance, expected.instance);
      assert.equal(found.recognition.why, expected.by);
      assert.equal(found.recognition.confidence, expected.confidence ?? 'sure');
      if (expected.layout !== undefined) assert.equal(found.recognition.layout, expected.layout);
      if ('shard' in expected) assert.equal(found.shard, expected.shard);
      if ('replica' in expected) assert.equal(found.replica, expected.replica);
    });

  for (const [what, facts] of strangers)
    it(`does not take for an engine: ${what}`, () => {
      assert.equal(recognise(pod(facts))?.recognition.why, undefined);
    });

  it('takes two Trinos of one release apart when the chart was given two names', () => {
    const [a, b] = ['etl', 'adhoc'].map((name) =>
      recognise(pod({ labels: { ...standard(name, 'coordinator'), 'helm.sh/chart': 'trino-1.42.0' } })),
    );
    assert.deepEqual([a?.variant, b?.variant], ['etl', 'adhoc']);
  });

  it('reads a Deployment from the name of its ReplicaSet', () => {
    const found = recognise(
      pod({
        labels: { 'pod-template-hash': '9f7', app: 'trino', component: 'worker' },
        owner: { kind: 'ReplicaSet', name: 'lake-worker-9f7' },
      }),
    );
    assert.deepEqual(found?.owner, { kind: 'Deployment', name: 'lake-worker' });
    assert.equal(found.instance, 'lake');
  });

  it('reads image and version from whatever registry and tag they come with', () => {
    assert.equal(repositoryOf('localhost:5000/team/trino:1@sha256:ab'), 'team/trino');
    assert.equal(repositoryOf('trino'), 'trino');
    assert.equal(versionOf('docker.io/trinodb/trino:476'), '476');
    assert.equal(versionOf('docker.io/trinodb/trino:latest'), undefined);
    assert.equal(versionOf('host:5000/trino'), undefined);
  });
});
