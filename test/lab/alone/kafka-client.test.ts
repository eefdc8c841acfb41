import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { KafkaClient, KafkaRecord, TopicDescription, Written } from '../../../src/kafka/client.ts';
import { openKafka } from '../../../src/kafka/connect.ts';
import { kafkaFactsOf } from '../../../src/kafka/facts.ts';
import { cutting, kafkaCluster, onceAndInOrder } from '../use/kafka.ts';
import type { KafkaCluster } from '../use/kafka.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';

const TOPIC = 'kept';
const PARTITIONS = 6;
const LOST = 1;
/** Sent before, while and after the broker is away, each. */
const MESSAGES = 600;
const PATIENCE_MS = 40_000;

describe('three Kafka brokers behind tunnels', () => {
  let lab: TestLab;
  let cluster: KafkaCluster;
  let kafka: KafkaClient;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster', alone: true });
    cluster = await kafkaCluster(lab, 3);
    kafka = await openKafka(cluster.access('open'), lab.signal);
    await kafka.createTopic(
      { name: TOPIC, partitions: PARTITIONS, replicationFactor: 3, settings: { 'min.insync.replicas': '2' } },
      lab.signal,
    );
  });

  after(async () => kafka.close());

  it('lose a leader under a producer: no message is lost, doubled or out of order, and what is in sync is told as it is', async function () {
    this.timeout(300_000);
    const access = cluster.access('open');
    assert.ok(access.route);
    const cutter = cutting(access.route, 7);
    const client = await openKafka(
      { ...access, route: cutter.route.bind(cutter), requestTimeoutMs: 5000, connectTimeoutMs: 2000 },
      lab.signal,
    );
    const producer = client.producer({ maxBatchBytes: 4096, maxUnacknowledged: 100 });
    const written: Promise<Written>[] = [];
    const send = async (): Promise<void> => {
      const from = written.length;
      for (let at = from; at < from + MESSAGES; at++) {
        const one = producer.send({ topic: TOPIC, key: `k${at % 53}`, value: String(at) }, lab.signal);
        one.catch(() => undefined);
        written.push(one);
        // One after the other would take long, all at once would be over before anything is lost.
        if (at % 50 === 0) await one;
      }
    };
    const strict = { 'min.insync.replicas': '3' };
    await kafka.createTopic({ name: `${TOPIC}-strict`, partitions: 1, replicationFactor: 3, settings: strict }, lab.signal);
    await kafka.createTopic({ name: `${TOPIC}-beside`, partitions: 3, replicationFactor: 3 }, lab.signal);
    await send();
    const before = await topic();
    assert.ok(
      before.partitions.some(({ leader }) => leader === LOST),
      'it leads some',
    );
    await cluster.kill(LOST);
    await send();
    const down = await until(({ partitions }) =>
      partitions.every(({ inSync, leader }) => inSync.length === 2 && leader >= 0 && leader !== LOST),
    );
    const alive = await kafka.describeCluster(lab.signal);
    const quorum = await kafka.quorum(lab.signal);
    const facts = kafkaFactsOf({ readAtMs: 0, cluster: alive, quorum, topics: [down] });
    assert.deepEqual(
      facts.brokers.map(({ id }) => id),
      [0, 2],
    );
    assert.equal(facts.underReplicated, PARTITIONS);
    assert.equal(facts.offline, 0);
    assert.ok([0, 2].includes(quorum.leaderId), 'the controller is one that is up');
    assert.ok(down.partitions.every(({ offlineReplicas }) => offlineReplicas.includes(LOST)));
    await nobodyWaits();
    await saysWhatItWaitsFor();
    await cluster.revive(LOST);
    await send();
    await until(({ partitions }) => partitions.every(({ inSync }) => inSync.length === 3));
    const all = await Promise.all(written);
    await client.close();
    cutter.close();
    const records: KafkaRecord[] = [];
    for await (const some of kafka.consume({ topic: TOPIC, from: 'earliest', until: 'now' }, lab.signal)) records.push(...some);
    onceAndInOrder(records, all);
    assert.ok(
      all.some(({ attempts }) => attempts > 1),
      'some were sent again',
    );
    process.stdout.write(
      `      ${all.length} messages, ${cutter.cuts} answers lost, most attempts ${Math.max(...all.map(({ attempts }) => attempts))}\n`,
    );
  });

  /** The way to the lost broker hangs longer than anything here may take, and it is the first to be tried. */
  async function nobodyWaits(): Promise<void> {
    const { route, bootstrap, ...access } = cluster.access('open');
    assert.ok(route);
    const host = `kafka-${LOST}.kafka`;
    const limit = AbortSignal.any([lab.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const client = await openKafka(
      {
        ...access,
        bootstrap: [...bootstrap].sort((one) => (one.host === host ? -1 : 1)),
        route: async (broker, signal) => (broker.host === host ? new Promise<never>(() => undefined) : route(broker, signal)),
        connectTimeoutMs: 2 * PATIENCE_MS,
      },
      limit,
    );
    await client.quorum(limit);
    await client.offsets(TOPIC, 'latest', limit);
    await client.producer().send({ topic: `${TOPIC}-beside`, value: 'x' }, limit);
    await client.close();
  }

  async function saysWhatItWaitsFor(): Promise<void> {
    const name = `${TOPIC}-strict`;
    await until(({ partitions }) => partitions.every(({ inSync }) => inSync.length === 2), name);
    const error: unknown = await kafka
      .producer({ deliveryTimeoutMs: 20_000 })
      .send({ topic: name, value: 'x' }, lab.signal)
      .catch((failure: unknown) => failure);
    assert.ok(FaultlineError.is(error, 'timedOut'), String(error));
    assert.equal(error.facts.code, 'NOT_ENOUGH_REPLICAS', 'not in doubt: Kafka refused it');
    assert.match(error.facts.meaning ?? '', /fewer replicas in sync/);
  }

  async function topic(name = TOPIC): Promise<TopicDescription> {
    const [found] = await kafka.topics({ names: [name] }, lab.signal);
    assert.ok(found);
    return found;
  }

  /** Kafka tells nobody: it is asked until it is so. */
  async function until(isSo: (topic: TopicDescription) => boolean, name = TOPIC): Promise<TopicDescription> {
    for (;;) {
      lab.signal.throwIfAborted();
      const now = await topic(name);
      if (isSo(now)) return now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});
