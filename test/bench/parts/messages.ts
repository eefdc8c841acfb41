/**
 * What judging messages costs: 10,000,000 of them over 12 partitions, each encoded, acknowledged, read live, and read again as the
 * authority does, with a few planted losses, duplicates and stretches that were rewritten. No broker: that is not our core.
 * Memory is what the process has grown by at its largest: Node and what it loads are there without a message.
 */
import assert from 'node:assert/strict';
import { Anomalies } from '../../../src/kafka/check/judge/anomalies.ts';
import { findingOf } from '../../../src/kafka/check/judge/finding.ts';
import { PartitionCheck } from '../../../src/kafka/check/judge/partition-check.ts';
import type { ReadRecord } from '../../../src/kafka/check/judge/partition-check.ts';
import { MarkCodec } from '../../../src/kafka/check/judge/value.ts';
import { measure } from '../part.ts';
import { atMost, type Finding } from '../table.ts';

/** The promise of 100,000,000 within 256 MB takes minutes: by hand. */
const messages = Number(process.env['FAULTLINE_BENCH_MESSAGES'] ?? 10_000_000);
const partitions = 12;
/** As many as an answer of a broker holds, about. */
const batch = 1000;
const limits = messages > 10_000_000 ? { seconds: 300, megabytes: 256 } : { seconds: 30, megabytes: 128 };
/** One in so many; of duplicates so many a partition. */
const planted = { lost: 1_000_003, rewritten: 2_000_003, duplicates: 50 } as const;

const codec = new MarkCodec('0197f4d2-bench');

function* batches(each: number): Generator<{ readonly partition: number; readonly from: number; readonly to: number }> {
  for (let from = 0; from < each; from += batch)
    for (let partition = 0; partition < partitions; partition++) yield { partition, from, to: Math.min(each, from + batch) };
}

await measure(async ({ progress }): Promise<readonly Finding[]> => {
  const each = Math.ceil(messages / partitions);
  const anomalies = new Anomalies();
  const checks = Array.from({ length: partitions }, (_, partition) => new PartitionCheck(partition, 0, codec, anomalies));
  const emptyMb = process.memoryUsage.rss() / 2 ** 20;
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  for (const { partition, from, to } of batches(each)) {
    const check = checks[partition];
    assert.ok(check);
    const records: ReadRecord[] = [];
    for (let at = from; at < to; at++) {
      const sequence = check.ledger.begin();
      records.push({ offset: BigInt(at), value: codec.encode({ producer: partition, epoch: 0, sequence }) });
    }
    for (let at = from; at < to; at++) check.ledger.acknowledge(at, at);
    for (const record of records) check.tookLive(record);
  }
  const liveMs = performance.now() - startedMs;
  const expected = { lost: 0, duplicated: 0 };
  for (const { partition, from, to } of batches(each)) {
    const check = checks[partition];
    assert.ok(check);
    for (let at = from; at < to; at++) {
      const nth = at * partitions + partition;
      const epoch = nth % planted.rewritten === 2 ? 1 : 0;
      if (nth % planted.lost === 1) expected.lost++;
      else check.took({ offset: BigInt(at), value: codec.encode({ producer: partition, epoch, sequence: at }) });
    }
  }
  for (const [partition, check] of checks.entries()) {
    for (let nth = 0; nth < planted.duplicates; nth++, expected.duplicated++)
      check.took({ offset: BigInt(each + nth), value: codec.encode({ producer: partition, epoch: 0, sequence: each - 1 - nth }) });
    check.readTo(each + planted.duplicates);
  }
  const finding = findingOf(
    { name: 'bench', replicationFactor: 3, minInSync: 2, uncleanElection: false },
    checks,
    new Map<number, string>(),
    anomalies,
  );
  const tookMs = performance.now() - startedMs;
  const largestMb = process.resourceUsage().maxRSS / 1024;
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  progress(`live ${seconds(liveMs)}, authority ${seconds(tookMs - liveMs)}; ${seconds((user + system) / 1000)} of processor`);
  progress(JSON.stringify({ ...finding, anomalies: finding.anomalies.length }));
  assert.equal(finding.acknowledged, each * partitions);
  assert.equal(finding.lost, expected.lost);
  assert.equal(finding.duplicated, expected.duplicated);
  assert.ok(finding.rewritten >= Math.floor(messages / planted.rewritten));
  const what = `judging ${messages.toLocaleString('en')} messages`;
  const against = `${partitions} partitions; encoded, acknowledged, read live and by the authority; ${finding.lost} lost, ${finding.duplicated} duplicated, ${finding.rewritten} stretches rewritten`;
  return Promise.resolve([
    atMost(what, tookMs / 1000, limits.seconds, 's', against),
    atMost(
      `${what}, memory`,
      largestMb - emptyMb,
      limits.megabytes,
      'MB',
      `${largestMb.toFixed(0)} MB of the whole process at its largest, ${emptyMb.toFixed(0)} MB before the first message`,
    ),
  ]);
});
