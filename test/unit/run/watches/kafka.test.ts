import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { pause } from '../../../../src/cluster/act/signal.ts';
import type { FaultPlan, FaultTarget } from '../../../../src/journal/fault-plan.ts';
import { Hearing } from '../../../../src/run/watches/hearing.ts';
import { KafkaTruths } from '../../../../src/run/watches/kafka/cluster.ts';
import { KafkaFollower } from '../../../../src/run/watches/kafka/follow.ts';
import { PartitionTeller, topicsOf } from '../../../../src/run/watches/kafka/told.ts';
import type { WatchTold } from '../../../../src/run/watches/watches.ts';
import { kafkaOf } from '../../cluster/kafka-pods.ts';
import { until } from '../../cluster/server.ts';
import { Brokers, nowhere, partition, topic } from './brokers.ts';

const { signal } = new AbortController();

describe('what several brokers say', () => {
  it('is what the newest leader’s epoch says, though one that is cut off still says the old', () => {
    const truths = new KafkaTruths();
    truths.answer('a', 0, topic(partition(0, 1, 7)), 0);
    truths.answer('b', 1, topic(partition(0, 1, 7)), 0);
    assert.equal(truths.answer('a', 0, topic(partition(0, 2, 8, [0, 2])), 100).length, 1);
    assert.deepEqual(truths.answer('b', 1, topic(partition(0, 1, 7)), 200), []);
    assert.equal(truths.partition('messages', 0)?.leader, 2);
  });

  it('never goes back, also when who knew better is gone', () => {
    const truths = new KafkaTruths();
    truths.answer('a', 0, topic(partition(0, 2, 8, [0, 2])), 0);
    assert.deepEqual(truths.answer('b', 1, topic(partition(0, 1, 7)), 10_000), []);
    assert.equal(truths.partition('messages', 0)?.epoch, 8);
  });

  it('is the leader’s own word of who is in sync: a follower that is cut off still says three', () => {
    const truths = new KafkaTruths();
    truths.answer('a', 0, topic(partition(0, 0, 7)), 0);
    truths.answer('b', 1, topic(partition(0, 0, 7)), 0);
    truths.answer('a', 0, topic(partition(0, 0, 7, [0, 2])), 100);
    assert.deepEqual(truths.answer('b', 1, topic(partition(0, 0, 7)), 150), []);
    assert.deepEqual(truths.partition('messages', 0)?.inSync, [0, 2]);
  });

  it('does not flap where the leader is silent and one of the others hears of it later', () => {
    const truths = new KafkaTruths();
    for (const [who, id] of [
      ['a', 0],
      ['b', 1],
    ] as const)
      truths.answer(who, id, topic(partition(0, 2, 7)), 0);
    assert.equal(truths.answer('a', 0, topic(partition(0, 2, 7, [0, 1])), 100).length, 1);
    assert.equal(truths.answer('b', 1, topic(partition(0, 2, 7)), 110).length, 0);
    assert.equal(truths.answer('b', 1, topic(partition(0, 2, 7, [0, 1])), 300).length, 0);
  });

  it('counts anew for a topic that was deleted and made again', () => {
    const truths = new KafkaTruths();
    truths.answer('a', 0, topic(partition(0, 2, 8)), 0);
    truths.forget('messages');
    assert.equal(truths.partition('messages', 0), undefined);
    assert.equal(truths.answer('a', 0, topic(partition(0, 1, 0)), 100).length, 1);
    assert.equal(truths.partition('messages', 0)?.epoch, 0);
  });

  it('is that nobody is in sync where nobody leads', () => {
    const truths = new KafkaTruths();
    truths.answer('a', 0, topic(partition(0, -1, 9, [1])), 0);
    assert.deepEqual(truths.partition('messages', 0)?.inSync, []);
  });
});

const target = (name: string, as = ''): FaultTarget => ({ kind: 'pod', namespace: 'data', name, uid: `uid-data-${name}`, as });

function planOf(more: Partial<FaultPlan> = {}, as = ''): FaultPlan {
  return {
    cluster: { context: 'fake', kubeconfig: '/k', identity: 'i' },
    faults: [{ kind: 'podDelete', title: 'delete bus-1', targets: [target('bus-1', as)] }],
    ...{ probes: [], baselineMs: 0, observeMs: 0, recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 } },
    images: { helper: 'busybox', node: 'node' },
    messages: { topic: 'messages', partitions: 24, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 100 },
    ...more,
  };
}

describe('the partitions that are told of', () => {
  const names = { nameOf: (node: number) => `bus-${node}`, isTarget: (node: number) => node === 1, leastOf: () => 2 };
  const all = Array.from({ length: 24 }, (_, at) => ({ ...partition(at, at % 3, 5), topic: 'messages', epoch: 5 }));

  it('are those that the plan names', () => {
    const teller = new PartitionTeller(topicsOf(planOf({}, 'leader of messages/17')), names);
    const { leaders, redundancy } = teller.look('messages', all);
    assert.deepEqual(leaders, [{ of: 'messages/17', leader: 'bus-2', epoch: 5 }]);
    assert.deepEqual(redundancy, [{ of: 'ISR of messages/17', have: 3, want: 3, least: 2 }]);
    assert.deepEqual(teller.look('messages', all), { leaders: [], redundancy: [] });
  });

  it('of a topic in which none is named: the whole, and who leads one that a target led', () => {
    const teller = new PartitionTeller(topicsOf(planOf({}, 'broker')), names);
    const first = teller.look('messages', all);
    assert.deepEqual(first.leaders, [{ of: 'messages/1', leader: 'bus-1', epoch: 5 }]);
    assert.deepEqual(first.redundancy, [{ of: 'replicas in sync of messages', have: 72, want: 72 }]);
    const moved = all.map((one) => (one.leader === 1 ? { ...one, leader: 2, inSync: [0, 2], epoch: 6 } : one));
    const second = teller.look('messages', moved);
    assert.deepEqual(second.leaders, [{ of: 'messages/1', leader: 'bus-2', epoch: 6 }]);
    assert.deepEqual(second.redundancy, [{ of: 'replicas in sync of messages', have: 64, want: 72 }]);
  });

  it('are those of a choice, of a step that waits, and of the probe', () => {
    const { names: topics, named } = topicsOf(
      planOf({
        faults: [
          {
            ...{ kind: 'podDelete', title: 'x', targets: [], choose: { kind: 'leader', topic: 'messages', partition: 3 } },
            when: { kind: 'isr', topic: 'orders', partition: 2, size: 2, withinMs: 1 },
          },
        ],
        probes: [
          {
            ...{ id: 'a', title: 'pooled', engine: 'kafka', address: 'bus:9092', connection: 'pooled', perSecond: 20, notOn: [] },
            asks: 'write to and read from faultline-probe',
          },
        ],
      }),
    );
    assert.deepEqual(topics, ['messages', 'orders', 'faultline-probe']);
    assert.deepEqual(
      named.map((one) => `${one.topic}/${one.partition ?? ''}`),
      ['messages/3', 'orders/2', 'faultline-probe/'],
    );
  });
});

describe('a Kafka cluster that is followed', () => {
  let follower: KafkaFollower | undefined;
  afterEach(async () => {
    await follower?.dispose();
    follower = undefined;
  });

  function parts(
    brokers: Brokers,
    told: WatchTold[],
    plan = planOf({}, 'leader of messages/17'),
  ): Parameters<typeof KafkaFollower.open>[0] {
    const nowMs = (): number => performance.now();
    const hearing = new Hearing({ nowMs, tell: (gap) => told.push(gap) });
    return {
      connection: {} as Parameters<typeof KafkaFollower.open>[0]['connection'],
      ...{ plan, instance: () => brokers.instance, hearing, nowMs },
      tell: (events) => told.push(...events),
      changed: () => undefined,
      edges: {
        ...{ open: brokers.open, pause, monotonicMs: nowMs },
        routes: nowhere,
      },
    };
  }
  const lines = (told: readonly WatchTold[]): readonly string[] =>
    told.map((event) =>
      event.kind === 'leader'
        ? `${event.of} ${event.leader ?? 'nobody'}`
        : event.kind === 'redundancy'
          ? `${event.of} ${event.have} of ${event.want}, least ${event.least ?? '-'}`
          : event.kind,
    );

  it('is known when it begins: leader, ISR with its least, controller', async () => {
    const told: WatchTold[] = [];
    follower = await KafkaFollower.open(parts(new Brokers(), told), signal);
    assert.deepEqual(lines(told).toSorted(), ['ISR of messages/17 3 of 3, least 2', 'controller bus-0', 'messages/17 bus-1']);
    assert.equal(follower.partition('messages', 17)?.leader, 1);
    assert.equal(follower.controller, 0);
  });

  it('has a topic of the run among its facts as soon as it is made', async () => {
    const brokers = new Brokers();
    brokers.messages = [];
    brokers.isListed = false;
    follower = await KafkaFollower.open(parts(brokers, []), signal);
    assert.deepEqual(follower.facts(0).topics, []);
    brokers.messages = [partition(17, 1, 0)];
    await until(() => follower?.partition('messages', 17) !== undefined);
    assert.deepEqual(
      follower
        .facts(0)
        .topics.filter(({ partitions }) => partitions.length > 0)
        .map(({ name }) => name),
      ['messages'],
    );
  });

  it('still leads under the name of its pod while that is being made anew', async () => {
    const brokers = new Brokers();
    follower = await KafkaFollower.open(parts(brokers, []), signal);
    brokers.instance = kafkaOf(brokers.pods.filter(({ metadata }) => metadata.name !== 'bus-1'));
    assert.equal(follower.nameOf(1), 'bus-1');
    assert.equal(follower.nameOf(7), 'broker 7');
  });

  it('goes on with the others within a second when one broker dies and another freezes', async () => {
    const told: WatchTold[] = [];
    const brokers = new Brokers();
    follower = await KafkaFollower.open(parts(brokers, told), signal);
    told.length = 0;
    brokers.dead.add('bus-1');
    brokers.frozen.add('bus-2');
    brokers.messages = [partition(17, 0, 8, [0])];
    const since = performance.now();
    await until(() => told.length >= 2);
    assert.ok(performance.now() - since < 1000);
    assert.deepEqual(lines(told).toSorted(), ['ISR of messages/17 1 of 3, least 2', 'messages/17 bus-0']);
    await pause(1200, signal);
    brokers.messages = [partition(17, 0, 8, [0, 2])];
    await until(() => lines(told).includes('ISR of messages/17 2 of 3, least 2'));
    assert.ok(!lines(told).includes('watchGap'));
  });

  it('says that nobody controls when brokers answer and none of them knows', async () => {
    const told: WatchTold[] = [];
    const brokers = new Brokers();
    follower = await KafkaFollower.open(parts(brokers, told), signal);
    brokers.controller = undefined;
    await until(() => lines(told).includes('controller nobody'));
    brokers.controller = 2;
    await until(() => lines(told).includes('controller bus-2'));
  });

  it('tells a gap when no broker answered for longer than two seconds', async () => {
    const told: WatchTold[] = [];
    const brokers = new Brokers();
    follower = await KafkaFollower.open(parts(brokers, told), signal);
    for (const id of [0, 1, 2]) brokers.dead.add(`bus-${id}`);
    await pause(2300, signal);
    brokers.dead.clear();
    await until(() => told.some(({ kind }) => kind === 'watchGap'));
    const gap = told.find((event) => event.kind === 'watchGap');
    assert.ok(gap?.kind === 'watchGap' && gap.of === 'kafka' && gap.ms > 2000 && gap.ms < 4000);
  });

  it('does not begin where no broker answers', async () => {
    const brokers = new Brokers();
    for (const id of [0, 1, 2]) brokers.dead.add(`bus-${id}`);
    await assert.rejects(KafkaFollower.open(parts(brokers, []), signal), (error: unknown) => FaultlineError.is(error, 'unreachable'));
  });
});
