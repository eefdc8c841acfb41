/** The marks of what stands beside the engines: Spark, MinIO, monitoring. */
import type { Mark } from './marks.ts';

const name = 'app.kubernetes.io/name';
const instance = 'app.kubernetes.io/instance';
const component = 'app.kubernetes.io/component';
const standard = [instance, 'release'] as const;
const app = 'sparkoperator.k8s.io/app-name';
const sparkInstance = [app, 'spark-app-name', 'spark-app-selector'] as const;

const spark: readonly Mark[] = [
  {
    engine: 'spark',
    layout: 'Spark Connect of the operator',
    confidence: 'sure',
    role: 'connect server',
    labels: [['spark-role', 'connect-server']],
    instance: ['sparkoperator.k8s.io/connect-name', ...sparkInstance],
  },
  {
    engine: 'spark',
    layout: 'Spark Connect of the operator',
    confidence: 'sure',
    role: 'executor',
    labels: [['spark-role', 'executor'], ['sparkoperator.k8s.io/connect-name']],
    instance: ['sparkoperator.k8s.io/connect-name'],
  },
  {
    engine: 'spark',
    layout: 'Spark operator',
    confidence: 'sure',
    role: 'driver',
    labels: [['spark-role', 'driver'], [app]],
    instance: sparkInstance,
  },
  {
    engine: 'spark',
    layout: 'Spark operator',
    confidence: 'sure',
    role: 'executor',
    labels: [['spark-role', 'executor'], [app]],
    instance: sparkInstance,
  },
  {
    engine: 'spark',
    layout: 'spark-submit',
    confidence: 'sure',
    role: 'driver',
    labels: [['spark-role', 'driver'], ['spark-app-selector']],
    instance: sparkInstance,
  },
  {
    engine: 'spark',
    layout: 'spark-submit',
    confidence: 'sure',
    role: 'executor',
    labels: [['spark-role', 'executor'], ['spark-app-selector']],
    instance: sparkInstance,
  },
  {
    engine: 'spark',
    layout: 'Spark operator',
    confidence: 'sure',
    role: 'operator',
    labels: [
      [name, 'spark-operator'],
      [component, 'controller', 'webhook'],
    ],
    instance: standard,
  },
  {
    engine: 'spark',
    layout: 'Bitnami chart',
    confidence: 'sure',
    role: 'master',
    labels: [
      [name, 'spark'],
      [component, 'master'],
    ],
    instance: standard,
  },
  {
    engine: 'spark',
    layout: 'Bitnami chart',
    confidence: 'sure',
    role: 'worker',
    labels: [
      [name, 'spark'],
      [component, 'worker'],
    ],
    instance: standard,
  },
  {
    engine: 'spark',
    layout: '',
    confidence: 'likely',
    role: 'driver',
    container: ['spark-kubernetes-driver'],
    instance: sparkInstance,
  },
  {
    engine: 'spark',
    layout: '',
    confidence: 'likely',
    role: 'executor',
    container: ['spark-kubernetes-executor'],
    instance: sparkInstance,
  },
  { engine: 'spark', layout: '', confidence: 'likely', role: 'master', container: ['spark-master'], instance: standard },
  { engine: 'spark', layout: '', confidence: 'likely', role: 'worker', container: ['spark-worker'], instance: standard },
  { engine: 'spark', layout: '', confidence: 'guess', role: 'driver', ports: [4040, 7078] },
  { engine: 'spark', layout: '', confidence: 'guess', role: 'connect server', ports: [15002] },
];

const minio: readonly Mark[] = [
  {
    engine: 'minio',
    layout: 'MinIO operator',
    confidence: 'sure',
    role: 'server',
    labels: [['v1.min.io/tenant'], ['v1.min.io/pool']],
    instance: ['v1.min.io/tenant'],
  },
  {
    engine: 'minio',
    layout: 'MinIO chart',
    confidence: 'sure',
    role: 'server',
    labels: [['app', 'minio'], ['release']],
    instance: ['release'],
  },
  { engine: 'minio', layout: '', confidence: 'sure', role: 'server', labels: [[name, 'minio']], instance: standard },
  { engine: 'minio', layout: '', confidence: 'likely', role: 'server', image: ['minio/minio', '*/minio'], instance: standard },
  {
    engine: 'minio',
    layout: '',
    confidence: 'likely',
    role: 'server',
    container: ['minio'],
    ports: [9000],
    instance: standard,
  },
];

const monitoring: readonly Mark[] = [
  {
    engine: 'prometheus',
    layout: 'Prometheus operator',
    confidence: 'sure',
    role: 'server',
    labels: [[name, 'prometheus'], ['operator.prometheus.io/name']],
    instance: [instance, 'operator.prometheus.io/name'],
  },
  {
    engine: 'alertmanager',
    layout: 'Prometheus operator',
    confidence: 'sure',
    role: 'server',
    labels: [[name, 'alertmanager'], ['alertmanager']],
    instance: [instance, 'alertmanager'],
  },
  {
    engine: 'prometheus',
    layout: 'Prometheus chart',
    confidence: 'sure',
    role: 'server',
    labels: [
      [name, 'prometheus'],
      [component, 'server'],
    ],
    instance: standard,
  },
  { engine: 'alertmanager', layout: '', confidence: 'sure', role: 'server', labels: [[name, 'alertmanager']], instance: standard },
  { engine: 'grafana', layout: 'Grafana chart', confidence: 'sure', role: 'server', labels: [[name, 'grafana']], instance: standard },
  {
    engine: 'prometheus',
    layout: '',
    confidence: 'likely',
    role: 'server',
    image: ['prom/prometheus', 'prometheus/prometheus'],
    instance: standard,
  },
  {
    engine: 'alertmanager',
    layout: '',
    confidence: 'likely',
    role: 'server',
    image: ['prom/alertmanager', 'prometheus/alertmanager'],
    instance: standard,
  },
  {
    engine: 'grafana',
    layout: '',
    confidence: 'likely',
    role: 'server',
    image: ['grafana/grafana', 'grafana/grafana-enterprise'],
    instance: standard,
  },
];

export const otherMarks: readonly Mark[] = [...spark, ...minio, ...monitoring];
