import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { FaultPlan, PlannedProbe } from '../../../../src/journal/fault-plan.ts';
import type { KafkaClient } from '../../../../src/kafka/client.ts';
import type { Asker } from '../../../../src/run/probe/program/ask/asker.ts';
import { kafkaAsker, topicOf } from '../../../../src/run/probe/program/ask/kafka.ts';
import { withOwnTopic } from '../../../../src/run/probe/topic.ts';
import { topicsOf } from '../../../../src/run/watches/kafka/told.ts';

const planned = 'write to and read from faultline-probe';
const probe: PlannedProbe = {
  ...{ id: 'a', title: 'pooled', engine: 'kafka', address: 'kafka.data.svc:9092', connection: 'pooled', asks: planned },
  ...{ perSecond: 20, notOn: [] },
};

describe('the topic of Kafka’s probes', () => {
  const topics = new Set<string>();
  const askers: Asker[] = [];
  afterEach(async () => {
    for (const one of askers.splice(0)) await one.close();
    topics.clear();
  });

  const planOf = (over: Partial<FaultPlan>): FaultPlan => ({ faults: [], probes: [probe], ...over }) as unknown as FaultPlan;
  const asksOf = (run: string, asks = planned): string => withOwnTopic(planOf({ probes: [{ ...probe, asks }] }), run).probes[0]?.asks ?? '';
  const client = {
    describeCluster: () => Promise.resolve({ clusterId: 'x', brokers: [{ id: 0, host: 'kafka-0', port: 9092 }] }),
    topics: ({ names = [] }: { readonly names?: readonly string[] }) =>
      Promise.resolve(names.filter((name) => topics.has(name)).map((name) => ({ name, internal: false, partitions: [{ leader: 0 }] }))),
    createTopic: ({ name }: { readonly name: string }) => {
      if (topics.has(name)) return Promise.reject(new FaultlineError('invalid', { what: 'exists', code: 'TOPIC_ALREADY_EXISTS' }));
      topics.add(name);
      return Promise.resolve();
    },
    deleteTopic: (name: string) =>
      topics.delete(name) ? Promise.resolve() : Promise.reject(new FaultlineError('notFound', { what: 'no topic' })),
    close: () => Promise.resolve(),
  } as unknown as KafkaClient;
  const asker = async (asks: string): Promise<Asker> => {
    const { id, engine, address, connection, perSecond } = probe;
    const made = kafkaAsker({ id, engine, address, connection, perSecond, asks }, 2000, () => Promise.resolve(client));
    askers.push(made);
    await made.prepare?.(AbortSignal.timeout(5000));
    return made;
  };
  const tidy = (one: Asker): Promise<void> | undefined => one.tidy?.(AbortSignal.timeout(5000));

  it('is one of each run’s own, in what is asked, watched and waited for; whatever else is named stays', () => {
    const [own, other] = [topicOf(asksOf('r1')), topicOf(asksOf('r2'))];
    assert.match(own.topic, /^faultline-probe-[0-9a-f]{12}$/);
    assert.notEqual(own.topic, other.topic);
    assert.deepEqual(topicOf(asksOf('r1', `${planned}/3`)), { topic: own.topic, partition: 3 });
    for (const asks of ['write to and read from messages/17', 'write to and read from my-faultline-probe', `${planned}s/1`])
      assert.equal(asksOf('r1', asks), asks);
    const when = { kind: 'isr', topic: 'faultline-probe', partition: 0, size: 2, withinMs: 1 } as const;
    const plan = withOwnTopic(planOf({ faults: [{ kind: 'podDelete', title: 'x', targets: [], when }] }), 'r1');
    assert.deepEqual(topicsOf(plan).names, [own.topic]);
  });

  it('is removed by whichever vantage of the run is there, and may be gone already', async () => {
    const [a, b] = [await asker(asksOf('r1')), await asker(asksOf('r1'))];
    const other = await asker(asksOf('r2'));
    await tidy(b);
    assert.deepEqual([...topics], [topicOf(asksOf('r2')).topic], 'another run’s stays');
    await tidy(a);
    await tidy(other);
    assert.deepEqual([...topics], []);
  });

  it('is left where it is another one that somebody made before', async () => {
    topics.add('faultline-orders').add('orders');
    for (const asks of ['write to and read from faultline-orders', 'write to and read from orders']) await tidy(await asker(asks));
    assert.deepEqual([...topics], ['faultline-orders', 'orders']);
    const made = await asker('write to and read from faultline-mine');
    await tidy(made);
    assert.ok(!topics.has('faultline-mine'), 'who makes one removes it');
  });
});
