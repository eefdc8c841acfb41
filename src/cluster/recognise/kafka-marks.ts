/** The marks of Kafka, and of what stands beside engines without being one. */
import { byLabel, type LabelTest, type Mark } from './marks.ts';

const name = 'app.kubernetes.io/name';
const instance = 'app.kubernetes.io/instance';
const component = 'app.kubernetes.io/component';
const partOf = 'app.kubernetes.io/part-of';
const standard = [instance, 'release'] as const;

export const kafkaMarks: readonly Mark[] = [
  {
    engine: 'kafka',
    layout: 'Strimzi',
    confidence: 'sure',
    role: 'broker and controller',
    labels: [
      ['strimzi.io/kind', 'Kafka'],
      ['strimzi.io/broker-role', 'true'],
      ['strimzi.io/controller-role', 'true'],
    ],
    instance: ['strimzi.io/cluster'],
  },
  {
    engine: 'kafka',
    layout: 'Strimzi',
    confidence: 'sure',
    role: 'broker',
    labels: [
      ['strimzi.io/kind', 'Kafka'],
      ['strimzi.io/broker-role', 'true'],
    ],
    instance: ['strimzi.io/cluster'],
  },
  {
    engine: 'kafka',
    layout: 'Strimzi',
    confidence: 'sure',
    role: 'controller',
    labels: [
      ['strimzi.io/kind', 'Kafka'],
      ['strimzi.io/controller-role', 'true'],
    ],
    instance: ['strimzi.io/cluster'],
  },
  // Before roles had labels every node was a broker.
  {
    engine: 'kafka',
    layout: 'Strimzi, old',
    confidence: 'sure',
    role: 'broker',
    labels: [['strimzi.io/kind', 'Kafka'], ['strimzi.io/cluster'], ['strimzi.io/name', '*-kafka']],
    instance: ['strimzi.io/cluster'],
  },
  {
    engine: 'kafka',
    layout: 'Strimzi',
    confidence: 'sure',
    role: 'operator',
    labels: [['strimzi.io/kind', 'cluster-operator']],
    instance: [instance, 'app'],
  },
  ...byLabel(
    { engine: 'kafka', layout: 'Bitnami chart', confidence: 'sure', labels: [[partOf, 'kafka']], instance: standard, isNameFree: true },
    component,
    [
      ['controller-eligible', 'workload'],
      ['broker', 'broker'],
    ],
  ),
  ...byLabel({ engine: 'kafka', layout: '', confidence: 'sure', labels: [[name, 'kafka']], instance: standard }, component, [
    ['broker', 'workload'],
    ['controller', 'workload'],
    ['server', 'workload'],
  ]),
  {
    engine: 'kafka',
    layout: '',
    confidence: 'sure',
    role: 'workload',
    labels: [[name, 'kafka']],
    absent: [component],
    instance: standard,
  },
  {
    engine: 'kafka',
    layout: 'Confluent for Kubernetes',
    confidence: 'sure',
    role: 'broker',
    labels: [
      ['confluent-platform', 'true'],
      ['type', 'kafka'],
    ],
    instance: ['app'],
  },
  {
    engine: 'kafka',
    layout: 'Confluent for Kubernetes',
    confidence: 'sure',
    role: 'controller',
    labels: [
      ['confluent-platform', 'true'],
      ['type', 'kraftcontroller'],
    ],
    instance: ['app'],
  },
  {
    engine: 'kafka',
    layout: '',
    confidence: 'likely',
    role: 'workload',
    image: ['apache/kafka', 'apache/kafka-native', '*/kafka', 'confluentinc/cp-kafka', 'confluentinc/cp-server'],
    instance: standard,
  },
  {
    engine: 'kafka',
    layout: '',
    confidence: 'likely',
    role: 'workload',
    container: ['kafka'],
    ports: [9092],
    instance: standard,
  },
  { engine: 'kafka', layout: '', confidence: 'guess', role: 'workload', ports: [9092, 9093] },
];

/** What has marks of an engine without being one. */
export const beside: readonly LabelTest[] = [
  [
    'strimzi.io/component-type',
    'entity-operator',
    'kafka-exporter',
    'cruise-control',
    'kafka-bridge',
    'kafka-connect',
    'kafka-mirror-maker-2',
  ],
  ['strimzi.io/kind', 'KafkaConnect', 'KafkaBridge', 'KafkaMirrorMaker2'],
  [component, 'test', 'tests'],
];
