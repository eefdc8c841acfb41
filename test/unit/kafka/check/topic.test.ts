import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { createOwnTopic, describeOwnTopic, removeOwnTopic } from '../../../../src/kafka/check/topic.ts';
import { FakeKafka, FakeTime } from './fake.ts';

const PLAN = { topic: 'own', partitions: 2, replicationFactor: 3, minInSync: 2, uncleanElection: true } as const;
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;

describe('the topic of the checker', () => {
  it('keeps its messages longer than the run, deletes none for size, and says what the cluster made of it', async () => {
    const kafka = new FakeKafka(new FakeTime(), 2);
    const topic = await createOwnTopic(kafka.client(), PLAN, HOUR_MS, never);
    assert.deepEqual(kafka.topic?.settings, {
      'cleanup.policy': 'delete',
      'retention.ms': String(25 * HOUR_MS),
      'retention.bytes': '-1',
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'true',
      'message.timestamp.type': 'LogAppendTime',
    });
    assert.deepEqual(topic, {
      name: 'own',
      partitions: [0, 1],
      replicationFactor: 3,
      minInSync: 2,
      uncleanElection: true,
      retentionMs: 25 * HOUR_MS,
    });
  });

  it('is not made where there is one, and is gone once when it is removed twice', async () => {
    const kafka = new FakeKafka(new FakeTime(), 2);
    const client = kafka.client();
    const topic = await createOwnTopic(client, PLAN, HOUR_MS, never);
    await assert.rejects(createOwnTopic(client, PLAN, HOUR_MS, never), (error) => FaultlineError.is(error, 'invalid'));
    await removeOwnTopic(client, topic, never);
    assert.equal(kafka.topic, undefined);
    await removeOwnTopic(client, topic, never);
  });

  it('is refused when it would not keep its messages: compacted, by size, or for too short a time', async () => {
    const kafka = new FakeKafka(new FakeTime(), 1);
    const good = { 'cleanup.policy': 'delete', 'retention.ms': String(2 * HOUR_MS), 'retention.bytes': '-1' };
    for (const [settings, isFine] of [
      [good, true],
      [{ ...good, 'retention.ms': '-1' }, true],
      [{ ...good, 'cleanup.policy': 'compact,delete' }, false],
      [{ ...good, 'retention.bytes': '1000' }, false],
      [{ ...good, 'retention.ms': String(HOUR_MS) }, false],
      [{}, false],
    ] as const) {
      kafka.topic = { settings, replicas: 1 };
      const described = describeOwnTopic(kafka.client(), 'own', HOUR_MS, never);
      if (isFine) await described;
      else await assert.rejects(described, (error) => FaultlineError.is(error, 'invalid'), JSON.stringify(settings));
    }
  });
});
