/**
 * The reading that decides: each partition from its recorded start to its recorded end, without a group, only what is committed. Bounded
 * in time. Gives by partition why it can't be judged; those that are not named were read whole.
 */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { KafkaClient } from '../client.ts';
import type { CheckEdges } from './edges.ts';
import type { PartitionCheck } from './judge/partition-check.ts';
import { isBeyondEnd } from './tail.ts';

export interface ReadingLimits {
  /** Without a record. */
  readonly idleMs: number;
  readonly wholeMs: number;
}

export const READING_LIMITS: ReadingLimits = { idleMs: 30_000, wholeMs: 600_000 };

export interface Reading {
  readonly client: KafkaClient;
  /** By partition: who wrote it, and knows the leader that acknowledged its sentinel. */
  readonly writers: ReadonlyMap<number, KafkaClient>;
  readonly topic: string;
  /** Not begun: each wants its recorded start next. */
  readonly checks: readonly PartitionCheck[];
  /** By partition: the first offset behind what is judged. */
  readonly ends: ReadonlyMap<number, number>;
  readonly edges: CheckEdges;
  readonly limits: ReadingLimits;
}

const AGAIN_MS = 500;
const LOOK_MS = 1000;
/** For each question beside the records; the client itself asks four times. */
const TRIES = 3;

export async function readAuthority(reading: Reading, signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
  const { checks, ends } = reading;
  const endOf = ({ partition }: PartitionCheck): number => ends.get(partition) ?? 0;
  const starts = new Map(checks.map(({ partition, next }) => [partition, next]));
  const notJudged = new Map<number, string>();
  const limit = limited(reading, signal);
  try {
    const why = await readAll(reading, limit.signal);
    for (const check of checks) check.readTo(Math.min(check.next, endOf(check)));
    const logEnds = await offsetsNow(reading, 'latest', signal);
    for (const check of checks.filter((one) => one.next < endOf(one))) {
      const end = endOf(check);
      const logEnd = logEnds.get(check.partition) ?? end;
      // An acknowledged sentinel was before the recorded end: a log that is shorter has lost at least that, and is judged by all it has.
      if (logEnd < end) check.logEndsAt(logEnd, end);
      if (logEnd < end && check.next === logEnd && (await isShortFor(reading, check, end, signal))) continue;
      notJudged.set(check.partition, logEnd < end ? shortened(logEnd, end) : notDrained(check.next, end, why));
    }
    // Last: so it held for all that was read.
    const firsts = await offsetsNow(reading, 'earliest', signal);
    for (const check of checks) {
      const start = starts.get(check.partition) ?? 0;
      const first = firsts.get(check.partition);
      if (first !== undefined && first <= start) continue;
      notJudged.set(check.partition, first === undefined ? t('Nobody says whether retention has passed') : retentionPassed(first, start));
      if (first !== undefined) check.forgetRewritten();
    }
  } finally {
    limit.end();
  }
  return notJudged;
}

/** Resolves when all is read, or the signal aborts. Gives the last failure. */
async function readAll(reading: Reading, signal: AbortSignal): Promise<FaultlineError | undefined> {
  const { client, topic, checks, ends, edges } = reading;
  const byPartition = new Map(checks.map((check) => [check.partition, check]));
  let failure: FaultlineError | undefined;
  /** Wants an offset that its log does not reach any more. */
  const cut = new Set<PartitionCheck>();
  while (!signal.aborted) {
    const open = checks.filter((check) => check.next < (ends.get(check.partition) ?? 0) && !cut.has(check));
    if (open.length === 0) return failure;
    const from = new Map(open.map(({ partition, next }) => [partition, BigInt(next)]));
    const until = new Map(open.map(({ partition }) => [partition, BigInt(ends.get(partition) ?? 0)]));
    try {
      const what = { topic, partitions: [...from.keys()], from, until, committed: true } as const;
      for await (const records of client.consume(what, signal))
        for (const record of records) byPartition.get(record.partition)?.took(record);
      // The reader ends only when all of them were read to their ends, whatever the last offsets hold.
      for (const check of open) check.readTo(ends.get(check.partition) ?? 0);
    } catch (error) {
      if (signal.aborted) return failure;
      if (FaultlineError.is(error)) failure = error;
      if (isBeyondEnd(error)) {
        const logEnds = await offsetsNow(reading, 'latest', signal);
        for (const check of open) if ((logEnds.get(check.partition) ?? check.next) < check.next) cut.add(check);
      }
      await edges.wait(AGAIN_MS, signal);
    }
  }
  return failure;
}

/** Also as its writer is told: a broker that was cut off from the others may still show the log that it had. */
async function isShortFor(reading: Reading, check: PartitionCheck, end: number, signal: AbortSignal): Promise<boolean> {
  const client = reading.writers.get(check.partition);
  if (client === undefined) return false;
  const found = await offsetsNow({ ...reading, client, checks: [check] }, 'latest', signal);
  return (found.get(check.partition) ?? end) < end;
}

/** Of each on its own: one that is offline must not hide the others. Those that nobody tells are left out. */
async function offsetsNow(
  { client, topic, checks, edges }: Reading,
  which: 'earliest' | 'latest',
  signal: AbortSignal,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  await Promise.all(
    checks.map(async ({ partition }) => {
      for (let tried = 0; tried < TRIES && !found.has(partition) && !signal.aborted; tried++) {
        if (tried > 0) await edges.wait(AGAIN_MS, signal);
        const offsets = await client.offsets(topic, which, signal, [partition]).catch(() => undefined);
        const offset = offsets?.get(partition);
        if (offset !== undefined) found.set(partition, Number(offset));
      }
    }),
  );
  return found;
}

function limited({ checks, edges, limits }: Reading, signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const watch = async (): Promise<void> => {
    const beganMs = edges.clock.monotonicMs();
    let movedMs = beganMs;
    let place = -1;
    while (!both.aborted) {
      const now = edges.clock.monotonicMs();
      const read = checks.reduce((sum, { next }) => sum + next, 0);
      if (read !== place) movedMs = now;
      place = read;
      if (now - movedMs >= limits.idleMs || now - beganMs >= limits.wholeMs) over.abort();
      else await edges.wait(LOOK_MS, both);
    }
  };
  void watch();
  return { signal: both, end: () => over.abort() };
}

function retentionPassed(first: number, start: number): string {
  return t('Retention passed: the log begins at offset {0}, and the run began at {1}', first, start);
}

function shortened(logEnd: number, end: number): string {
  return t('Not drained: the log ends at offset {0}, before its recorded end {1}', logEnd, end);
}

function notDrained(next: number, end: number, why: FaultlineError | undefined): string {
  return why === undefined
    ? t('Not drained: read up to offset {0} of {1}', next, end)
    : t('Not drained: read up to offset {0} of {1} ({2})', next, end, why.facts.what);
}
