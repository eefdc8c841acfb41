/** What the rows of recognition are written with. */
import { appComponent, appInstance, appName, type PodFacts } from './pods.ts';

export interface Expected {
  readonly is: string;
  readonly instance: string;
  readonly by: string;
  readonly layout?: string;
  readonly confidence?: 'sure' | 'likely' | 'guess';
  readonly shard?: string;
  readonly replica?: string;
}

export const statefulSet = (name: string): NonNullable<PodFacts['owner']> => ({ kind: 'StatefulSet', name });
export const standard = (name: string, component: string, instance = 'rel'): Record<string, string> => ({
  [appName]: name,
  [appInstance]: instance,
  [appComponent]: component,
});
export const chi = (shard: string, replica: string): Record<string, string> => ({
  'clickhouse.altinity.com/app': 'chop',
  'clickhouse.altinity.com/chi': 'events',
  'clickhouse.altinity.com/cluster': 'main',
  'clickhouse.altinity.com/shard': shard,
  'clickhouse.altinity.com/replica': replica,
  'clickhouse.altinity.com/ready': 'yes',
});
export const strimzi = (broker: boolean, controller: boolean): Record<string, string> => ({
  'strimzi.io/cluster': 'bus',
  'strimzi.io/kind': 'Kafka',
  'strimzi.io/name': 'bus-kafka',
  'strimzi.io/component-type': 'kafka',
  'strimzi.io/broker-role': String(broker),
  'strimzi.io/controller-role': String(controller),
  [appName]: 'kafka',
  [appInstance]: 'bus',
});
export const kraft = (roles: string): NonNullable<PodFacts['containers']> => [
  { name: 'main', image: 'apache/kafka:4.1.1', env: [{ name: 'KAFKA_PROCESS_ROLES', value: roles }], ports: [{ containerPort: 9092 }] },
];

export type Row = readonly [what: string, facts: PodFacts, expected: Expected];
