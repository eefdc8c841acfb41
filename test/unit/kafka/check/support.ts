/** A check on a scripted Kafka, from its start to its judgement. */
import assert from 'node:assert/strict';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { startMessageCheck } from '../../../../src/kafka/check/check.ts';
import type { MessageCheck, MessageCheckOptions, TimedFinding } from '../../../../src/kafka/check/check.ts';
import type { MessageOutcome, SeenMessage } from '../../../../src/kafka/check/edges.ts';
import { MarkCodec } from '../../../../src/kafka/check/judge/value.ts';
import { FakeKafka, FakeTime } from './fake.ts';

export const RUN = 'r1';
export const codec = new MarkCodec(RUN);
export const SAFE = { replicationFactor: 3, minInSync: 2, uncleanElection: false } as const;

export interface CheckBench {
  readonly time: FakeTime;
  readonly kafka: FakeKafka;
  readonly outcomes: MessageOutcome[];
  readonly seen: SeenMessage[];
  readonly stop: AbortController;
  /** The next so many of these can't be opened. */
  readonly refused: { authority: number };
  /** 100 messages a second over two partitions. */
  readonly start: (over?: Partial<MessageCheckOptions['topic'] & MessageCheckOptions>) => Promise<MessageCheck>;
}

export function bench(partitions = 2): CheckBench {
  const time = new FakeTime();
  const kafka = new FakeKafka(time, partitions);
  const outcomes: MessageOutcome[] = [];
  const seen: SeenMessage[] = [];
  const stop = new AbortController();
  const refused = { authority: 0 };
  return {
    refused,
    time,
    kafka,
    outcomes,
    seen,
    stop,
    start: async ({ perSecond = 100, deliveryLimitMs = 10_000, mostWaiting = 1000, ...topic } = {}) =>
      startMessageCheck(
        {
          run: RUN,
          perSecond,
          deliveryLimitMs,
          mostWaiting,
          sentinelLimitMs: 20_000,
          topic: { name: 'own', partitions: kafka.partitions.map((_, partition) => partition), retentionMs: 1, ...SAFE, ...topic },
        },
        {
          clock: time,
          wait: async (ms, signal) => time.wait(ms, signal),
          open: (of) =>
            of === 'authority' && refused.authority-- > 0
              ? Promise.reject(new FaultlineError('unreachable', { what: 'No Kafka broker answered' }))
              : Promise.resolve(kafka.client()),
          onOutcome: (outcome) => outcomes.push(outcome),
          onSeen: (one) => seen.push(one),
        },
        stop.signal,
      ),
  };
}

/** Runs for so long, and gives the judgement; everything that was opened is closed. */
export async function judged(
  { time, kafka, start }: CheckBench,
  over: Parameters<CheckBench['start']>[0] = {},
  meanwhile: () => Promise<void> | void = () => undefined,
): Promise<TimedFinding> {
  const check = await start(over);
  await time.wait(5000);
  await meanwhile();
  await time.wait(1000);
  const finding = await check.finish();
  await check.close();
  assert.equal(kafka.open, 0, 'every client and producer is closed');
  return finding;
}

export function counts({ lost, duplicated, redelivered, reordered, rewritten, unknown, unknownPresent, failed }: TimedFinding): object {
  return { lost, duplicated, redelivered, reordered, rewritten, unknown, unknownPresent, failed };
}

export const NONE = { lost: 0, duplicated: 0, redelivered: 0, reordered: 0, rewritten: 0, unknown: 0, unknownPresent: 0, failed: 0 };
