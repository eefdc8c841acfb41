import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import type { ErrorReason } from '../../src/base/errors.ts';
import type { KafkaClient, KafkaRecord } from '../../src/kafka/client.ts';
import type { ClusterModel, KafkaInstance } from '../../src/cluster/recognise/model.ts';
import { openKafka } from '../../src/kafka/connect.ts';
import { makeHome } from '../unit/cli/support.ts';
import { cutting, kafkaCluster, onceAndInOrder, textOf } from './use/kafka.ts';
import type { KafkaCluster } from './use/kafka.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

const MESSAGES = 10_000;
const PARTITIONS = 6;
const USER = 'alice';
const PASSWORD = 'p,w=d';

describe('a Kafka broker behind a tunnel', () => {
  let lab: TestLab;
  let cluster: KafkaCluster;
  let kafka: KafkaClient;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'node' });
    cluster = await kafkaCluster(lab, 1);
    kafka = await openKafka(cluster.access('open'), lab.signal);
  });

  after(async () => kafka.close());

  it('is found under the name that it advertises, as controller, with its topics and their settings', async () => {
    await kafka.createTopic({ name: 'seen', partitions: 2, replicationFactor: 1, settings: { 'retention.ms': '1000' } }, lab.signal);
    const { brokers } = await kafka.describeCluster(lab.signal);
    assert.deepEqual(brokers, [{ id: 0, host: 'kafka-0.kafka', port: 9092 }]);
    const { leaderId, voters } = await kafka.quorum(lab.signal);
    assert.equal(leaderId, 0);
    assert.deepEqual(
      voters.map(({ id, lag }) => ({ id, lag })),
      [{ id: 0, lag: 0n }],
    );
    const partition = { leader: 0, leaderEpoch: 0, replicas: [0], inSync: [0], offlineReplicas: [] };
    assert.deepEqual(await kafka.topics({ prefix: 'see' }, lab.signal), [
      {
        name: 'seen',
        internal: false,
        partitions: [
          { partition: 0, ...partition },
          { partition: 1, ...partition },
        ],
      },
    ]);
    const settings = (await kafka.settings(['seen'], ['retention.ms', 'min.insync.replicas'], lab.signal)).get('seen');
    assert.deepEqual(
      settings?.map(({ name, value, ofTopic }) => [name, value, ofTopic]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
      [
        ['min.insync.replicas', '1', false],
        ['retention.ms', '1000', true],
      ],
    );
    await kafka.deleteTopic('seen', lab.signal);
    await fails(kafka.topics({ names: ['seen'] }, lab.signal), 'notFound');
  });

  it('is shown by faultline tree as it sees itself: controller, leaders, a topic and what is in sync', async function () {
    this.timeout(120_000);
    await kafka.createTopic({ name: 'shown', partitions: 2, replicationFactor: 1 }, lab.signal);
    const { brokers, controllerId, underReplicated, offline, topics, problem } = await treeOf(lab);
    assert.equal(problem, undefined);
    assert.deepEqual([controllerId, underReplicated, offline], [0, 0, 0]);
    assert.deepEqual(
      brokers.map(({ brokerId, isController, host, pod }) => ({ brokerId, isController, host, pod: pod?.ref.name })),
      [{ brokerId: 0, isController: true, host: 'kafka-0.kafka:9092', pod: 'kafka-0' }],
    );
    const shown = topics.find(({ name }) => name === 'shown');
    assert.deepEqual([shown?.partitions, shown?.replication, shown?.underMinInSync], [2, 1, 0]);
    assert.deepEqual(shown?.details[1], { partition: 1, leader: 0, replicas: [0], inSync: [0] });
    await kafka.deleteTopic('shown', lab.signal);
  });

  it('has 10,000 messages once each and in order, though answers to writes got lost with their connection', async function () {
    this.timeout(180_000);
    await kafka.createTopic({ name: 'once', partitions: PARTITIONS, replicationFactor: 1 }, lab.signal);
    const access = cluster.access('open');
    assert.ok(access.route);
    const cutter = cutting(access.route, 3);
    const client = await openKafka({ ...access, route: cutter.route.bind(cutter) }, lab.signal);
    // Small batches, for many answers.
    const producer = client.producer({ maxBatchBytes: 8192, maxUnacknowledged: 200 });
    const began = performance.now();
    const written = await Promise.all(
      Array.from({ length: MESSAGES }, async (_, at) =>
        producer.send({ topic: 'once', key: `k${at % 97}`, value: String(at) }, lab.signal),
      ),
    );
    const tookMs = performance.now() - began;
    await client.close();
    cutter.close();
    assert.ok(cutter.cuts >= 10, `${cutter.cuts} cuts`);
    assert.ok(written.filter(({ attempts }) => attempts > 1).length >= 10, 'some were sent again');
    const readBegan = performance.now();
    const records = await read('once');
    const readMs = performance.now() - readBegan;
    process.stdout.write(
      `      ${MESSAGES} messages: written in ${Math.round(tookMs)} ms with ${cutter.cuts} cuts, read in ${Math.round(readMs)} ms\n`,
    );
    onceAndInOrder(records, written);
  });

  it('says that a message may be written when no answer ever comes, and has it once', async function () {
    this.timeout(60_000);
    await kafka.createTopic({ name: 'doubt', partitions: 1, replicationFactor: 1 }, lab.signal);
    const access = cluster.access('open');
    assert.ok(access.route);
    const cutter = cutting(access.route, 1);
    const client = await openKafka({ ...access, route: cutter.route.bind(cutter) }, lab.signal);
    const error = await fails(client.producer({ deliveryTimeoutMs: 5000 }).send({ topic: 'doubt', value: 'x' }, lab.signal), 'timedOut');
    assert.equal(error.facts.code, 'MAYBE_WRITTEN');
    await client.close();
    cutter.close();
    assert.ok(cutter.cuts > 1, 'it was sent again and again');
    assert.equal((await read('doubt')).length, 1);
  });

  it('lets a member of a group go on where the group has committed', async function () {
    this.timeout(60_000);
    await kafka.createTopic({ name: 'shared', partitions: 2, replicationFactor: 1 }, lab.signal);
    const producer = kafka.producer();
    await Promise.all(Array.from({ length: 20 }, async (_, at) => producer.send({ topic: 'shared', value: String(at) }, lab.signal)));
    const read: string[] = [];
    for (const until of [8, 20]) {
      for await (const record of kafka.consumeInGroup({ group: 'readers', topics: ['shared'], from: 'earliest' }, lab.signal)) {
        read.push(`${record.partition}:${record.offset}`);
        await record.commit();
        if (read.length === until) break;
      }
    }
    assert.equal(new Set(read).size, 20);
  });

  it('takes a login by SCRAM, and says whose login it refused', async function () {
    this.timeout(60_000);
    const user = ['--entity-type', 'users', '--entity-name', USER];
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      const secret = `${mechanism}=[password=secret]`;
      await cluster.tool(0, [
        '/opt/kafka/bin/kafka-configs.sh',
        '--bootstrap-server',
        'localhost:9092',
        '--alter',
        ...user,
        '--add-config',
        secret,
      ]);
      const client = await openKafka(cluster.access('login', { sasl: { mechanism, user: USER, password: 'secret' } }), lab.signal);
      assert.equal((await client.describeCluster(lab.signal)).brokers[0]?.port, 9094);
      await client.close();
      const refused = await fails(
        openKafka(cluster.access('login', { sasl: { mechanism, user: USER, password: PASSWORD } }), lab.signal),
        'unauthorised',
      );
      assert.match(refused.message, new RegExp(`${USER} with ${mechanism}`));
      assert.doesNotMatch(refused.message, new RegExp(PASSWORD));
    }
    await fails(
      openKafka(cluster.access('login', { sasl: { mechanism: 'PLAIN', user: USER, password: 'secret' } }), lab.signal),
      'unauthorised',
    );
    // Without a login it closes the connection, or says nothing.
    await fails(openKafka(cluster.access('login', { connectTimeoutMs: 3000 }), lab.signal), 'unreachable');
  });

  it('is read until its reader has enough, or is stopped', async () => {
    await kafka.createTopic({ name: 'tail', partitions: 1, replicationFactor: 1 }, lab.signal);
    const producer = kafka.producer();
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const records of kafka.consume({ topic: 'tail', from: 'earliest' }, stop.signal)) {
        seen.push(...records.map(({ value }) => textOf(value)));
        if (seen.includes('last')) stop.abort();
      }
    })();
    await producer.send({ topic: 'tail', value: 'first' }, lab.signal);
    await producer.send({ topic: 'tail', value: 'last' }, lab.signal);
    await fails(reading, 'cancelled');
    assert.deepEqual(seen, ['first', 'last']);
    const [second] = await read('tail', new Map([[0, 1n]]));
    assert.equal(textOf(second?.value ?? null), 'last');
    const beyond = kafka.consume({ topic: 'tail', from: new Map([[0, 99n]]) }, lab.signal);
    await fails(beyond[Symbol.asyncIterator]().next(), 'invalid');
  });

  async function read(topic: string, from: 'earliest' | ReadonlyMap<number, bigint> = 'earliest'): Promise<readonly KafkaRecord[]> {
    const records: KafkaRecord[] = [];
    for await (const some of kafka.consume({ topic, from, until: 'now' }, lab.signal)) records.push(...some);
    return records;
  }
});

/** The only Kafka that the command shows. */
async function treeOf({ kubeconfig, namespace }: TestLab): Promise<KafkaInstance> {
  const home = await makeHome();
  try {
    const { code, stdout, stderr } = await home.run(['tree', '--json', '--kubeconfig', kubeconfig, '--namespace', namespace]);
    assert.equal(code, 0, stderr);
    const { kafka } = JSON.parse(stdout) as ClusterModel;
    const [instance] = kafka.items;
    assert.ok(instance !== undefined, stdout);
    return instance;
  } finally {
    await home.remove();
  }
}

async function fails(work: Promise<unknown>, reason: ErrorReason): Promise<FaultlineError> {
  const error: unknown = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  assert.ok(FaultlineError.is(error, reason), `${reason}, not ${String(error)}`);
  return error;
}
