/** Pods of Kafka, Spark, storage and monitoring as they come, and what they are. */
import { appInstance, appName, appPartOf } from './pods.ts';
import { kraft, type Row, standard, statefulSet, strimzi } from './row.ts';

export const otherRows: readonly Row[] = [
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
