import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { KafkaAccess, KafkaClient, Quorum, TopicDescription } from '../../../src/kafka/client.ts';
import { openKafkaView } from '../../../src/kafka/view.ts';

const { signal } = new AbortController();
const partition = { partition: 0, leader: 0, replicas: [0], inSync: [0], offlineReplicas: [] };
const quorum: Quorum = { leaderId: 0, leaderEpoch: 1, highWatermark: 1n, voters: [], observers: [] };

class Client {
  names = ['orders'];
  leader: () => Promise<Quorum> = () => Promise.resolve(quorum);
  readonly askedSettings: (readonly string[])[] = [];
  mayRead = true;
  isClosed = false;

  open = (_access: KafkaAccess): Promise<KafkaClient> => {
    const client: Partial<KafkaClient> = {
      describeCluster: () => Promise.resolve({ clusterId: 'c', brokers: [{ id: 0, host: 'bus-0.bus', port: 9092 }] }),
      quorum: () => this.leader(),
      topics: () => Promise.resolve(this.names.map((name): TopicDescription => ({ name, internal: false, partitions: [partition] }))),
      settings: (topics) => {
        this.askedSettings.push(topics);
        if (!this.mayRead) return Promise.reject(new FaultlineError('forbidden', { what: 'not allowed' }));
        return Promise.resolve(new Map(topics.map((name) => [name, [{ name: 'min.insync.replicas', value: '1', ofTopic: false }]])));
      },
      close: () => {
        this.isClosed = true;
        return Promise.resolve();
      },
    };
    return Promise.resolve(client as KafkaClient);
  };
}

describe('Kafka as it is shown', () => {
  it('has its controller, its brokers, and topics with their settings, which are asked for only with new topics', async () => {
    const kafka = new Client();
    const viewer = await openKafkaView({ bootstrap: [] }, signal, kafka.open);
    const view = await viewer.read(signal);
    assert.equal(view.controllerId, 0);
    assert.deepEqual(
      view.topics.map(({ name, minInSync }) => [name, minInSync]),
      [['orders', 1]],
    );
    await viewer.read(signal);
    assert.equal(kafka.askedSettings.length, 1);
    kafka.names = ['orders', 'dlq'];
    await viewer.read(signal);
    assert.deepEqual(kafka.askedSettings, [['orders'], ['orders', 'dlq']]);
    await viewer.close();
    assert.ok(kafka.isClosed);
  });

  it('is shown without what an old cluster does not know or a user may not see', async () => {
    const kafka = new Client();
    kafka.mayRead = false;
    kafka.leader = () => Promise.reject(new FaultlineError('unsupported', { what: 'no quorum' }));
    const viewer = await openKafkaView({ bootstrap: [] }, signal, kafka.open);
    await viewer.read(signal);
    const view = await viewer.read(signal);
    assert.equal(kafka.askedSettings.length, 1, 'it was refused once');
    assert.equal(view.controllerId, undefined);
    assert.deepEqual(view.topics[0]?.minInSync, undefined);
  });

  it('is not shown in part when a broker falls silent', async () => {
    const kafka = new Client();
    kafka.leader = () => Promise.reject(new FaultlineError('unreachable', { what: 'silent' }));
    await assert.rejects((await openKafkaView({ bootstrap: [] }, signal, kafka.open)).read(signal), /silent/);
  });
});
