import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { decodeHistogram } from '../../src/base/histogram.ts';
import type { KafkaAccess, KafkaClient, PartitionDescription } from '../../src/kafka/client.ts';
import { checkEdges, startMessageCheck } from '../../src/kafka/check/check.ts';
import type { MessageCheck, TimedFinding } from '../../src/kafka/check/check.ts';
import { createOwnTopic, removeOwnTopic } from '../../src/kafka/check/topic.ts';
import type { OwnTopic } from '../../src/kafka/check/topic.ts';
import { openKafka } from '../../src/kafka/connect.ts';
import { cutting, kafkaCluster } from '../lab/use/kafka.ts';
import type { KafkaCluster } from '../lab/use/kafka.ts';
import { useLab } from '../lab/use/lab.ts';
import type { TestLab } from '../lab/use/lab.ts';

const PER_SECOND = 200;
const RUN_MS = 600_000;

describe('messages of a real Kafka, checked one by one', () => {
  let lab: TestLab;
  let cluster: KafkaCluster;
  let kafka: KafkaClient;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster' });
    cluster = await kafkaCluster(lab, 3);
    kafka = await openKafka(cluster.access('open', { requestTimeoutMs: 5000 }), lab.signal);
  });

  after(async () => kafka.close());

  it('are all there once each and in order, though their leader was killed and answers got lost with their connections', async function () {
    this.timeout(300_000);
    const topic = await createOwnTopic(
      kafka,
      { topic: 'faultline-kept', partitions: 3, replicationFactor: 3, minInSync: 2, uncleanElection: false },
      RUN_MS,
      lab.signal,
    );
    assert.deepEqual([topic.replicationFactor, topic.minInSync, topic.uncleanElection], [3, 2, false]);
    const access = cluster.access('open');
    assert.ok(access.route);
    const cutter = cutting(access.route, 50);
    const check = await start(topic, { ...access, route: cutter.route.bind(cutter) });
    try {
      await acknowledges(check, 600);
      const { leader } = await partition(topic);
      await cluster.kill(leader);
      await until(topic, (now) => now.leader >= 0 && now.leader !== leader && now.inSync.length === 2);
      await acknowledges(check, 600);
      await cluster.revive(leader);
      await until(topic, ({ inSync }) => inSync.length === 3);
      await acknowledges(check, 600);
      const finding = await check.finish();
      tell(finding, `${cutter.cuts} answers lost`);
      assert.deepEqual(finding.anomalies, []);
      assert.deepEqual(found(finding), { lost: 0, duplicated: 0, redelivered: 0, reordered: 0, rewritten: 0, notJudged: [] });
      assert.ok(finding.acknowledged >= 1800 && cutter.cuts >= 5);
      assert.equal(finding.failedPresent, undefined);
      assert.equal(finding.foreign, undefined);
      assert.ok(decodeHistogram(finding.endToEnd).count > 0.99 * finding.acknowledged - 10, 'they were read live');
    } finally {
      await check.close();
      cutter.close();
    }
    await removeOwnTopic(kafka, topic, lab.signal);
    await assert.rejects(kafka.topics({ names: [topic.name] }, lab.signal), (error) => FaultlineError.is(error, 'notFound'));
  });

  it('are lost as configured when a replica that lacks them is elected, and the log is known to be rewritten', async function () {
    this.timeout(300_000);
    const topic = await createOwnTopic(
      kafka,
      { topic: 'faultline-risked', partitions: 1, replicationFactor: 2, minInSync: 1, uncleanElection: true },
      RUN_MS,
      lab.signal,
    );
    const check = await start(topic, cluster.access('open'));
    try {
      await acknowledges(check, 400);
      const { leader, replicas } = await partition(topic);
      const other = replicas.find((id) => id !== leader) ?? -1;
      await cluster.kill(other);
      await until(topic, ({ inSync }) => inSync.length === 1);
      await acknowledges(check, 400);
      // Both are away for a moment: the one that comes back first lacks what was written since.
      await cluster.kill(leader);
      await cluster.revive(other);
      await until(topic, (now) => now.leader === other);
      await acknowledges(check, 200);
      await cluster.revive(leader);
      await until(topic, ({ inSync }) => inSync.length === 2);
      await acknowledges(check, 200);
      const finding = await check.finish();
      tell(finding);
      assert.deepEqual(finding.notJudged, []);
      assert.ok(finding.lost >= 400, `${finding.lost} lost`);
      assert.equal(finding.asConfigured, 'min ISR 1, unclean election');
      assert.ok(finding.rewritten > 0);
      assert.equal(finding.duplicated, 0);
      assert.ok(finding.anomalies.some(({ kind, offset }) => kind === 'lost' && offset !== undefined));
    } finally {
      await check.close();
    }
    await removeOwnTopic(kafka, topic, lab.signal);
  });

  async function start(topic: OwnTopic, access: KafkaAccess): Promise<MessageCheck> {
    return startMessageCheck({ run: lab.namespace, topic, perSecond: PER_SECOND }, checkEdges(access), lab.signal);
  }

  /** So many more than now. */
  async function acknowledges(check: MessageCheck, count: number): Promise<void> {
    const enough = check.counts().acknowledged + count;
    while (check.counts().acknowledged < enough) await soon();
  }

  async function partition({ name }: OwnTopic): Promise<PartitionDescription> {
    const [topic] = await kafka.topics({ names: [name] }, lab.signal);
    const [first] = topic?.partitions ?? [];
    assert.ok(first);
    return first;
  }

  /** Kafka tells nobody: it is asked until it is so. */
  async function until(topic: OwnTopic, isSo: (now: PartitionDescription) => boolean): Promise<void> {
    for (;;) {
      const now = await partition(topic).catch(() => undefined);
      if (now !== undefined && isSo(now)) return;
      await soon();
    }
  }

  async function soon(): Promise<void> {
    lab.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

function found({ lost, duplicated, redelivered, reordered, rewritten, notJudged }: TimedFinding): object {
  return { lost, duplicated, redelivered, reordered, rewritten, notJudged };
}

function tell(finding: TimedFinding, more = ''): void {
  const { written: _written, endToEnd: _endToEnd, anomalies, ...rest } = finding;
  process.stdout.write(`      ${JSON.stringify(rest)} ${more}\n`);
  for (const { text } of anomalies.filter(({ kind }, at) => at === 0 || kind !== anomalies[at - 1]?.kind))
    process.stdout.write(`      ${text}\n`);
}
