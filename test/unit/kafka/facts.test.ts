import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { KafkaFacts } from '../../../src/cluster/recognise/model.ts';
import type { ClusterDescription, PartitionDescription, Quorum, TopicDescription } from '../../../src/kafka/client.ts';
import { kafkaFactsOf } from '../../../src/kafka/facts.ts';

const cluster: ClusterDescription = {
  clusterId: 'c',
  brokers: [
    { id: 0, host: 'kafka-0.kafka', port: 9092 },
    { id: 2, host: 'kafka-2.kafka', port: 9092, rack: 'b' },
  ],
};
const quorum: Quorum = { leaderId: 2, leaderEpoch: 7, highWatermark: 10n, voters: [], observers: [] };

function partition(number: number, leader: number, inSync: readonly number[]): PartitionDescription {
  const replicas = [0, 1, 2];
  return { partition: number, leader, replicas, inSync, offlineReplicas: replicas.filter((id) => id === 1) };
}

const orders: TopicDescription = {
  name: 'orders',
  internal: false,
  partitions: [partition(0, 0, [0, 1, 2]), partition(1, 2, [2, 0]), partition(2, 2, [2]), partition(3, -1, [1])],
};

describe('what the tree shows of Kafka', () => {
  const facts = kafkaFactsOf({
    readAtMs: 5,
    cluster,
    quorum,
    topics: [orders],
    settings: new Map([['orders', [{ name: 'min.insync.replicas', value: '2', ofTopic: true }]]]),
  });

  it('is what the tree takes', () => {
    const taken: KafkaFacts = facts;
    assert.equal(taken.readAtMs, 5);
    assert.equal(taken.topics[0]?.minInSync, 2);
  });

  it('marks the broker that leads the quorum, and counts what each leads', () => {
    assert.equal(facts.controllerId, 2);
    assert.deepEqual(
      facts.brokers.map(({ id, isController, leaders, replicas, rack }) => ({ id, isController, leaders, replicas, rack })),
      [
        { id: 0, isController: false, leaders: 1, replicas: 4, rack: undefined },
        { id: 2, isController: true, leaders: 2, replicas: 4, rack: 'b' },
      ],
    );
  });

  it('counts partitions that are under-replicated, offline, and under min.insync.replicas', () => {
    assert.deepEqual([facts.underReplicated, facts.offline, facts.underMinInSync], [3, 1, 2]);
    assert.deepEqual([facts.topics[0]?.underReplicated, facts.topics[0]?.offline], [3, 1]);
  });

  it('counts nobody in sync in a partition that is offline, though Kafka still names who was', () => {
    assert.deepEqual(facts.topics[0]?.partitions[3], { partition: 3, leader: -1, replicas: [0, 1, 2], inSync: [] });
  });

  it('names no controller while the quorum is not known', () => {
    const without = kafkaFactsOf({ readAtMs: 0, cluster, topics: [] });
    assert.equal(without.controllerId, undefined);
    assert.ok(without.brokers.every(({ isController }) => !isController));
  });
});
