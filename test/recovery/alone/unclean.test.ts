import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { KafkaClient, PartitionDescription } from '../../../src/kafka/client.ts';
import { openKafka } from '../../../src/kafka/connect.ts';
import { FAULT_TOOLS } from '../../lab/images/recipes/fault-tools.ts';
import { kafkaCluster, type KafkaCluster } from '../../lab/use/kafka.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { ended, LabTerminal } from '../terminal.ts';

const TOPIC = 'faultline-risked';
const MINUTE = 60_000;

/** What three replicas promise when one of them is enough and any of them may lead. */
describe('a Kafka that may elect a broker which lacks what was acknowledged', () => {
  let lab: TestLab;
  let cluster: KafkaCluster;
  let kafka: KafkaClient;
  let terminal: LabTerminal;

  before(async function () {
    this.timeout(5 * MINUTE);
    lab = await useLab({ profile: 'cluster' });
    cluster = await kafkaCluster(lab, 3, { KAFKA_REPLICA_LAG_TIME_MAX_MS: '4000' });
    kafka = await openKafka(cluster.access('open', { requestTimeoutMs: 5000 }), lab.signal);
    terminal = new LabTerminal(lab);
  });
  after(async () => {
    await terminal?.close();
    await kafka?.close();
  });

  it('fails a run by what was lost, as configured, and names the first of it', async function () {
    this.timeout(6 * MINUTE);
    const child = terminal.run({
      name: 'unclean',
      faults: [{ kind: 'none' }],
      probes: [{ engine: 'kafka', rate: '5/s' }],
      messages: { topic: TOPIC, partitions: 1, replication: 3, minInSync: 1, uncleanElection: true, rate: '100/s' },
      baseline: '5 s',
      observe: '60 s',
      expect: ['messages.lost <= 0'],
    });
    await terminal.event(child, 'fault', ({ step }) => step === 'applied');
    const { leader, replicas } = await partition();
    const followers = replicas.filter((id) => id !== leader);
    // Its followers ask it for what is new, and get no answer: it acknowledges alone. Clients come through tunnels, and go on.
    await alone(leader, followers);
    await until(({ inSync }) => inSync.length === 1);
    const end = await written();
    while ((await written()) < end + 200n) lab.signal.throwIfAborted();
    await cluster.kill(leader);
    await until((now) => followers.includes(now.leader));
    await cluster.revive(leader);

    const { code, stdout } = await ended(child);
    const found = await terminal.recovery();
    process.stdout.write(`      ${found.reason}\n`);
    assert.deepEqual([found.verdict, code], ['failed', 1], stdout);
    assert.match(
      found.reason,
      /^Lost, as configured \(min ISR 1, unclean election\): [\d,]+ of [\d,]+ acknowledged: partition 0, sequence [\d,]+, acknowledged at offset [\d,]+/,
    );
    assert.ok((found.messages?.lost ?? 0) >= 200 && (found.messages?.rewritten ?? 0) > 0, JSON.stringify(found.messages));
    assert.deepEqual([found.messages?.judged, found.messages?.duplicated], [true, 0]);
  });

  /** Packets of these brokers no longer get in where it serves; to the quorum's port they do. */
  async function alone(broker: number, from: readonly number[]): Promise<void> {
    const addresses = await Promise.all(
      from.map(async (id) => (await lab.api.core.readNamespacedPod({ name: `kafka-${id}`, namespace: lab.namespace })).status?.podIP ?? ''),
    );
    const rules = [
      'add table inet alone',
      'add chain inet alone in { type filter hook input priority -10; policy accept; }',
      `add rule inet alone in ip saddr { ${addresses.join(', ')} } tcp dport 9092 drop`,
    ];
    await lab.ephemeral(`kafka-${broker}`, {
      image: FAULT_TOOLS.name,
      command: ['sh', '-c', rules.map((rule) => `nft '${rule}'`).join(' && ')],
      capabilities: ['NET_ADMIN'],
    });
  }

  async function partition(): Promise<PartitionDescription> {
    const [topic] = await kafka.topics({ names: [TOPIC] }, lab.signal);
    const [first] = topic?.partitions ?? [];
    assert.ok(first);
    return first;
  }

  async function written(): Promise<bigint> {
    return (await kafka.offsets(TOPIC, 'latest', lab.signal)).get(0) ?? 0n;
  }

  /** Kafka tells nobody: it is asked until it is so. */
  async function until(isSo: (now: PartitionDescription) => boolean): Promise<void> {
    for (;;) {
      const now = await partition().catch(() => undefined);
      if (now !== undefined && isSo(now)) return;
      lab.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});
