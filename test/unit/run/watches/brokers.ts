/** Kafka as its brokers tell of it, for tests. */
import { cancelled, FaultlineError } from '../../../../src/base/errors.ts';
import { pause } from '../../../../src/cluster/act/signal.ts';
import type { KafkaInstance } from '../../../../src/cluster/recognise/model.ts';
import type { KafkaAccess, KafkaClient, PartitionDescription, TopicDescription } from '../../../../src/kafka/client.ts';
import type { KafkaParts } from '../../../../src/run/watches/kafka/follow.ts';
import { brokerPod, kafkaOf } from '../../cluster/kafka-pods.ts';

export function partition(
  number: number,
  leader: number,
  leaderEpoch: number,
  inSync: readonly number[] = [0, 1, 2],
): PartitionDescription {
  return { partition: number, leader, leaderEpoch, replicas: [0, 1, 2], inSync, offlineReplicas: [] };
}
export const topic = (...partitions: readonly PartitionDescription[]): readonly TopicDescription[] => [
  { name: 'messages', internal: false, partitions },
];

/** Three brokers, which know what a test says. */
export class Brokers {
  readonly pods = [0, 1, 2].map((id) => brokerPod(`bus-${id}`, { ip: `10.0.0.${id}` }));
  instance: KafkaInstance = kafkaOf(this.pods);
  messages: readonly PartitionDescription[] = [partition(17, 1, 7)];
  controller: number | undefined = 0;
  /** Among all topics. */
  isListed = true;
  /** By pod. */
  readonly dead = new Set<string>();
  readonly frozen = new Set<string>();
  readonly opened: string[] = [];

  readonly open = async (access: KafkaAccess, end: AbortSignal): Promise<KafkaClient> => {
    const pod = access.bootstrap[0]?.host ?? '';
    this.opened.push(pod);
    const said = async <T>(what: () => T, until: AbortSignal): Promise<T> => {
      await pause(2, until);
      if (this.dead.has(pod)) throw new FaultlineError('unreachable', { what: `${pod} is dead` });
      if (this.frozen.has(pod)) await new Promise((_, reject) => until.addEventListener('abort', () => reject(cancelled())));
      return what();
    };
    await said(() => undefined, end);
    const client: Partial<KafkaClient> = {
      describeCluster: (until) =>
        said(() => ({ clusterId: 'c', brokers: [0, 1, 2].map((id) => ({ id, host: `bus-${id}.bus`, port: 9092 })) }), until),
      topics: ({ names }, until) => said(() => (names === undefined && !this.isListed ? [] : topic(...this.messages)), until),
      brokerSettings: (_id, _only, until) => said(() => [{ name: 'broker.session.timeout.ms', value: '9000' }], until),
      settings: (_topics, _only, until) =>
        said(() => new Map([['messages', [{ name: 'min.insync.replicas', value: '2', ofTopic: true }]]]), until),
      quorum: (until) =>
        said(() => {
          if (this.controller === undefined) throw new FaultlineError('timedOut', { what: 'no controller' });
          return { leaderId: this.controller, leaderEpoch: 4, highWatermark: 1n, voters: [], observers: [] };
        }, until),
      close: () => Promise.resolve(),
    };
    return client as KafkaClient;
  };
}

/** Ways that lead nowhere: who is asked is told by name. */
export const nowhere: NonNullable<KafkaParts['edges']['routes']> = () =>
  Promise.resolve({
    bootstrap: [{ host: 'bus-0', port: 9092, certificateNames: [] }],
    credentials: {},
    route: () => Promise.resolve({ host: '127.0.0.1', port: 1 }),
    close: () => Promise.resolve(),
  });
