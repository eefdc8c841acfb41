import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { messagesView } from '../../src/analysis/recovery/judge/messages.ts';
import { checkEdges, startMessageCheck, type MessageCheck, type TimedFinding } from '../../src/kafka/check/check.ts';
import { createOwnTopic, type OwnTopic } from '../../src/kafka/check/topic.ts';
import type { KafkaClient } from '../../src/kafka/client.ts';
import { openKafka } from '../../src/kafka/connect.ts';
import { kafkaCluster, type KafkaCluster } from '../lab/use/kafka.ts';
import { useLab, type TestLab } from '../lab/use/lab.ts';
import { altered, batchesOf, swapped, without, type Batch } from './log-segment.ts';

const RUN_MS = 600_000;
const BROKERS = [0, 1, 2];
const SAFE = { replicationFactor: 3, minInSync: 2, uncleanElection: false } as const;
/** Of the run's own: what was planted, by partition. */
const [LOST, TWICE, REORDERED, ALTERED] = [0, 1, 2, 3] as const;

/** What Kafka should never do, done to the logs of a real one: on every replica, so that none of them knows better. */
describe('a real Kafka whose log is not what was acknowledged', () => {
  let lab: TestLab;
  let cluster: KafkaCluster;
  let kafka: KafkaClient;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster' });
    cluster = await kafkaCluster(lab, BROKERS.length);
    kafka = await openKafka(cluster.access('open', { requestTimeoutMs: 5000 }), lab.signal);
  });
  after(async () => kafka?.close());

  it('a topic that somebody deleted and made again: what was in it is lost, and that its log is another one is told', async function () {
    this.timeout(120_000);
    const { topic, check, seen } = await begun('faultline-anew', 1, 50);
    try {
      await until(() => (seen.get(0) ?? 0) > 100);
      const before = check.counts().acknowledged;
      await kafka.deleteTopic(topic.name, lab.signal);
      await createOwnTopic(kafka, { topic: topic.name, partitions: 1, ...SAFE }, RUN_MS, lab.signal);
      await acknowledges(check, 50);
      const finding = await check.finish();
      const { sentences } = messagesView({ t: 0, src: 'runner', kind: 'messages', ...finding });
      tell(finding, sentences);
      assert.ok(finding.lost >= before && finding.lost < before + 100, `${finding.lost} of ${before}`);
      assert.ok(finding.rewritten > 0);
      assert.equal(finding.asConfigured, undefined);
      assert.match(sentences.join('. '), /^lost [\d,]+ of [\d,]+ acknowledged: .*the log was rewritten/);
    } finally {
      await check.close();
    }
  });

  it('messages that somebody had deleted before they were read are not judged, and no loss is claimed nor denied', async function () {
    this.timeout(120_000);
    const { topic, check, seen } = await begun('faultline-shortened', 1, 50);
    try {
      await until(() => (seen.get(0) ?? 0) > 100);
      const wanted = JSON.stringify({ version: 1, partitions: [{ topic: topic.name, partition: 0, offset: 50 }] });
      const script = `echo '${wanted}' > /tmp/wanted.json && /opt/kafka/bin/kafka-delete-records.sh --bootstrap-server kafka-0.kafka:9092 --offset-json-file /tmp/wanted.json`;
      await cluster.tool(0, ['sh', '-c', script]);
      await acknowledges(check, 50);
      const finding = await check.finish();
      const { sentences, judged } = messagesView({ t: 0, src: 'runner', kind: 'messages', ...finding });
      tell(finding, sentences);
      assert.deepEqual([finding.lost, finding.rewritten, judged], [0, 0, false]);
      assert.deepEqual(finding.notJudged, [{ partition: 0, why: 'Retention passed: the log begins at offset 50, and the run began at 0' }]);
      assert.doesNotMatch(sentences.join('. '), /no loss/);
    } finally {
      await check.close();
    }
  });

  it('a lost message, a duplicate, two in the wrong order and one that was altered are each found and named', async function () {
    this.timeout(240_000);
    const { topic, check, seen } = await begun('faultline-planted', 4, 10);
    try {
      await until(() => topic.partitions.every((partition) => (seen.get(partition) ?? 0) > 40));
      await again(topic.name, TWICE, 20);
      const segments = await stopped(topic);
      const [lost, altering] = [middle(segments, LOST), middle(segments, ALTERED)];
      const [one, other] = pairIn(segments);
      const planted = (partition: number, batches: readonly Batch[]): readonly Batch[] =>
        partition === LOST
          ? without(batches, lost.offset)
          : partition === REORDERED
            ? swapped(batches, one.offset, other.offset)
            : partition === ALTERED
              ? altered(batches, altering.offset)
              : batches;
      for (const [broker, ofBroker] of segments.entries())
        for (const [partition, batches] of ofBroker.entries())
          if (partition !== TWICE) await write(broker, topic.name, partition, planted(partition, batches));
      await Promise.all(BROKERS.map(async (broker) => cluster.revive(broker)));
      await wellAgain(topic);
      await acknowledges(check, 200);

      const finding = await check.finish();
      const { sentences } = messagesView({ t: 0, src: 'runner', kind: 'messages', ...finding });
      tell(finding, sentences);
      const { duplicated, reordered, redelivered, foreign, asConfigured, notJudged } = finding;
      assert.deepEqual(
        { lost: finding.lost, duplicated, reordered, redelivered, foreign, asConfigured, notJudged },
        {
          ...{ lost: lost.records + 1, duplicated: 1, reordered: one.records, redelivered: 0, foreign: 1 },
          asConfigured: undefined,
          notJudged: [],
        },
      );
      const named = (kind: string): readonly string[] =>
        finding.anomalies.filter((one) => one.kind === kind).map(({ partition, offset }) => `${partition} at ${offset}`);
      const gone = Array.from({ length: lost.records }, (_, index) => `${LOST} at ${lost.offset + index}`);
      assert.deepEqual(named('lost'), [...gone, `${ALTERED} at ${altering.offset + altering.records - 1}`]);
      assert.match(named('duplicate').join(), new RegExp(`^${TWICE} at \\d+$`));
      assert.deepEqual(
        named('reordered'),
        Array.from({ length: one.records }, (_, index) => `${REORDERED} at ${other.offset + index}`),
      );
      const rewritten = new Set(finding.anomalies.filter(({ kind }) => kind === 'rewritten').map(({ partition }) => partition));
      assert.deepEqual(
        [...rewritten].toSorted((a, b) => a - b),
        [LOST, REORDERED, ALTERED],
      );
      assert.match(
        sentences[0] ?? '',
        new RegExp(
          `^lost ${lost.records + 1} of [\\d,]+ acknowledged: partition ${LOST}, sequence \\d+, acknowledged at offset ${lost.offset};`,
        ),
      );
    } finally {
      await check.close();
    }
  });

  async function begun(
    name: string,
    partitions: number,
    /** Into each partition. */
    perSecond: number,
  ): Promise<{ readonly topic: OwnTopic; readonly check: MessageCheck; readonly seen: ReadonlyMap<number, number> }> {
    const topic = await createOwnTopic(kafka, { topic: name, partitions, ...SAFE }, RUN_MS, lab.signal);
    const seen = new Map<number, number>();
    const edges = {
      ...checkEdges(cluster.access('open')),
      onSeen: ({ partition }: { readonly partition: number }) => void seen.set(partition, (seen.get(partition) ?? 0) + 1),
    };
    const check = await startMessageCheck({ run: lab.namespace, topic, perSecond: perSecond * partitions }, edges, lab.signal);
    return { topic, check, seen };
  }

  /** The very bytes of the message at this offset, once more. */
  async function again(topic: string, partition: number, offset: number): Promise<void> {
    const [from, to] = [new Map([[partition, BigInt(offset)]]), new Map([[partition, BigInt(offset + 1)]])];
    const producer = kafka.producer();
    for await (const records of kafka.consume({ topic, partitions: [partition], from, until: to }, lab.signal))
      for (const { value, offset: at } of records) if (Number(at) === offset) await producer.send({ topic, partition, value }, lab.signal);
    await producer.close();
  }

  /** All brokers are away at once; by broker, then by partition: what is on its disk. */
  async function stopped({ name, partitions }: OwnTopic): Promise<readonly (readonly (readonly Batch[])[])[]> {
    await Promise.all(BROKERS.map(async (broker) => cluster.kill(broker)));
    const all: (readonly Batch[])[][] = [];
    for (const broker of BROKERS) {
      const ofBroker: (readonly Batch[])[] = [];
      for (const partition of partitions) {
        const text = await cluster.tool(broker, ['base64', '-w0', segmentOf(name, partition)]);
        const batches = batchesOf(Buffer.from(text, 'base64'));
        assert.ok(batches.length > 3, `${batches.length} batches of ${text.length} characters on broker ${broker}, partition ${partition}`);
        ofBroker.push(batches);
      }
      all.push(ofBroker);
    }
    return all;
  }

  async function write(broker: number, topic: string, partition: number, batches: readonly Batch[]): Promise<void> {
    const text = Buffer.concat(batches.map(({ bytes }) => bytes)).toString('base64');
    const file = segmentOf(topic, partition);
    const command = ['sh', '-c', `base64 -d > ${file} && base64 -w0 ${file}`];
    const { stdout, stderr } = await lab.exec(`kafka-${broker}`, command, { stdin: text });
    assert.equal(stdout, text, stderr);
  }

  async function wellAgain({ name }: OwnTopic): Promise<void> {
    await until(async () => {
      const [topic] = await kafka.topics({ names: [name] }, lab.signal).catch(() => []);
      return topic?.partitions.every(({ leader, inSync }) => leader >= 0 && inSync.length === BROKERS.length) === true;
    });
  }

  async function acknowledges(check: MessageCheck, count: number): Promise<void> {
    const enough = check.counts().acknowledged + count;
    await until(() => check.counts().acknowledged >= enough);
  }

  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      lab.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});

function segmentOf(topic: string, partition: number): string {
  return `/var/lib/kafka/data/log/${topic}-${partition}/00000000000000000000.log`;
}

/** A batch that every replica has, far from both ends. */
function middle(segments: readonly (readonly (readonly Batch[])[])[], partition: number): Batch {
  const batches = segments[0]?.[partition] ?? [];
  const found = batches[Math.floor(batches.length / 3)];
  assert.ok(found);
  return found;
}

/** Two batches, one behind the other, each with as much as the other. */
function pairIn(segments: readonly (readonly (readonly Batch[])[])[]): readonly [Batch, Batch] {
  const batches = segments[0]?.[REORDERED] ?? [];
  for (const [at, first] of batches.entries()) {
    const second = batches[at + 1];
    if (at > 0 && second?.records === first.records && second.bytes.length === first.bytes.length) return [first, second];
  }
  throw new Error(`no two batches are alike: ${batches.map(({ records }) => records).join(' ')}`);
}

function tell(finding: TimedFinding, sentences: readonly string[]): void {
  process.stdout.write(`      ${sentences.join('. ')}\n`);
  for (const { text, partition } of finding.anomalies.filter(({ kind }, at) => kind !== finding.anomalies[at - 1]?.kind))
    process.stdout.write(`      ${partition}: ${text}\n`);
}
