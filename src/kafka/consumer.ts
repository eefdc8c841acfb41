/** Reads partitions from offsets, without a group. One request a leader is under way while the reader works on what came before. */
import type { RecordsBatch } from '@platformatic/kafka';
import { FaultlineError, cancelled } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { AbortedTransactions } from './aborted.ts';
import type { BrokerDescription, Consumption, KafkaRecord } from './client.ts';
import { errorOfCode, kafkaError, noTopic, passingCodes } from './errors.ts';
import type { Links } from './links.ts';
import { answerOf } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { offsetsOf } from './offsets.ts';
import { fetchRequest } from './requests.ts';
import { protocolErrorsCodesById } from '@platformatic/kafka';

type Answer = Awaited<ReturnType<(typeof fetchRequest.versions)[number]['async']>>;

/** A broker without news answers after this long. */
const NEWS_WAIT_MS = 500;
const ANSWER_BYTES = 8 * 1024 * 1024;
const PARTITION_BYTES = 1024 * 1024;
const RETRY_MS = 200;
const CONTROL_BATCH = 0x20;

interface Place {
  readonly partition: number;
  /** The next offset to be read. */
  offset: bigint;
  /** The first that is not wanted any more. */
  readonly end?: bigint;
}

interface Turn {
  readonly leader: number;
  readonly places: readonly Place[];
  readonly answer?: Answer;
  readonly failure?: unknown;
}

export async function* consume(
  links: Links,
  metadata: Metadata,
  what: Consumption,
  given: AbortSignal,
): AsyncGenerator<readonly KafkaRecord[]> {
  // Also ends the requests that are under way when the reader leaves.
  const over = new AbortController();
  const signal = AbortSignal.any([given, links.life, over.signal]);
  const turns = new Map<number, Promise<Turn>>();
  /** Monotonic, by leader: when one that failed is asked again. The others go on meanwhile. */
  const notBefore = new Map<number, number>();
  try {
    const open = await begin(links, metadata, what, signal);
    let lookAgainMs = Number.POSITIVE_INFINITY;
    while (open.size > 0) {
      if (signal.aborted) throw cancelled();
      const now = performance.now();
      if (lookAgainMs <= now) {
        lookAgainMs = Number.POSITIVE_INFINITY;
        await refresh(metadata, what.topic, signal);
      }
      const places = [...open.values()];
      if (places.some(({ partition }) => metadata.leader(what.topic, partition) === undefined))
        lookAgainMs = Math.min(lookAgainMs, now + RETRY_MS);
      for (const [leader, own] of byLeader(metadata, what.topic, places)) {
        if (turns.has(leader.id)) continue;
        if ((notBefore.get(leader.id) ?? 0) > now) lookAgainMs = Math.min(lookAgainMs, now + RETRY_MS);
        else turns.set(leader.id, ask(links, leader, what, own, signal));
      }
      const turn = await firstOf(turns.values(), lookAgainMs - now, signal);
      if (turn === undefined) continue;
      turns.delete(turn.leader);
      const error = turn.answer === undefined ? kafkaError(turn.failure, { topic: what.topic }) : undefined;
      if (error !== undefined && error.reason !== 'unreachable' && error.reason !== 'timedOut') throw error;
      const records: KafkaRecord[] = [];
      let isLost = error !== undefined;
      for (const place of turn.places) {
        const said = turn.answer?.responses
          .find(({ topicId }) => topicId === what.topic)
          ?.partitions.find(({ partitionIndex }) => partitionIndex === place.partition);
        if (said === undefined) continue;
        const code = protocolErrorsCodesById[said.errorCode] ?? String(said.errorCode);
        if (code === 'OFFSET_OUT_OF_RANGE') await moveOn(links, metadata, what.topic, place, signal);
        else if (passingCodes.has(code)) isLost = true;
        else if (code !== 'NONE') throw errorOfCode(code, { topic: what.topic }, turn.failure);
        const aborted = new AbortedTransactions(what.committed === true ? (said.abortedTransactions ?? []) : []);
        for (const batch of said.records ?? []) take(what.topic, place, batch, aborted.wrote(batch), records);
        if (place.end !== undefined && place.offset >= place.end) open.delete(place.partition);
      }
      if (isLost) {
        notBefore.set(turn.leader, performance.now() + RETRY_MS);
        lookAgainMs = Math.min(lookAgainMs, performance.now() + RETRY_MS);
      }
      if (records.length > 0) yield records;
    }
  } catch (error) {
    throw given.aborted || links.life.aborted ? cancelled() : kafkaError(error, { topic: what.topic });
  } finally {
    over.abort();
    await Promise.allSettled(turns.values());
  }
}

async function begin(
  links: Links,
  metadata: Metadata,
  { topic, partitions, from, until, committed }: Consumption,
  signal: AbortSignal,
): Promise<Map<number, Place>> {
  const [known] = await metadata.topics([topic], signal);
  if (known === undefined) throw noTopic(topic);
  const wanted = partitions ?? known.partitions.map(({ partition }) => partition);
  const needsFirst = from === 'earliest' || (from !== 'latest' && wanted.some((partition) => !from.has(partition)));
  const needsLast = from === 'latest' || until === 'now';
  const first = needsFirst ? await offsetsOf(links, metadata, topic, 'earliest', signal, wanted) : undefined;
  const last = needsLast ? await offsetsOf(links, metadata, topic, 'latest', signal, wanted, committed) : undefined;
  const open = new Map<number, Place>();
  for (const partition of wanted) {
    const given = from === 'latest' ? last?.get(partition) : from === 'earliest' ? undefined : from.get(partition);
    const offset = given ?? first?.get(partition) ?? 0n;
    const end = until === 'now' ? (last?.get(partition) ?? 0n) : until?.get(partition);
    if (end === undefined || offset < end) open.set(partition, { partition, offset, ...(end === undefined ? {} : { end }) });
  }
  return open;
}

function byLeader(metadata: Metadata, topic: string, places: readonly Place[]): Map<BrokerDescription, Place[]> {
  const groups = new Map<BrokerDescription, Place[]>();
  for (const place of places) {
    const leader = metadata.leader(topic, place.partition);
    if (leader !== undefined) groups.set(leader, [...(groups.get(leader) ?? []), place]);
  }
  return groups;
}

/** Never fails. */
async function ask(
  links: Links,
  leader: BrokerDescription,
  { topic, committed }: Consumption,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<Turn> {
  const partitions = places.map(({ partition, offset }) => ({
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: offset,
    lastFetchedEpoch: -1,
    partitionMaxBytes: PARTITION_BYTES,
  }));
  try {
    const answer = await links.ask(
      leader,
      fetchRequest,
      [NEWS_WAIT_MS, 1, ANSWER_BYTES, committed === true ? 1 : 0, 0, -1, [{ topicId: topic, partitions }], [], ''],
      signal,
    );
    return { leader: leader.id, places, answer };
  } catch (failure) {
    const answer = answerOf<Answer>(failure);
    return { leader: leader.id, places, failure, ...(answer === undefined ? {} : { answer }) };
  }
}

function take(topic: string, place: Place, batch: RecordsBatch, isAborted: boolean, into: KafkaRecord[]): void {
  const isControl = (batch.attributes & CONTROL_BATCH) !== 0;
  for (const { offsetDelta, timestampDelta, key, value, headers } of isControl || isAborted ? [] : batch.records) {
    const offset = batch.firstOffset + BigInt(offsetDelta);
    // A batch is given whole: it may begin before what was asked for.
    if (offset < place.offset || (place.end !== undefined && offset >= place.end)) continue;
    into.push({
      topic,
      partition: place.partition,
      offset,
      timestampMs: Number(batch.firstTimestamp + timestampDelta),
      key,
      value,
      headers: headers.map(([name, text]) => [name?.toString() ?? '', text]),
    });
  }
  const next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
  if (next > place.offset) place.offset = next;
}

/** Retention has removed what was next: on with the first that is kept. */
async function moveOn(links: Links, metadata: Metadata, topic: string, place: Place, signal: AbortSignal): Promise<void> {
  const first = (await offsetsOf(links, metadata, topic, 'earliest', signal, [place.partition])).get(place.partition) ?? 0n;
  if (first <= place.offset)
    throw new FaultlineError('invalid', {
      what: t('Partition {0} of topic {1} has no offset {2}', place.partition, topic, String(place.offset)),
      code: 'OFFSET_OUT_OF_RANGE',
    });
  place.offset = first;
}

async function refresh(metadata: Metadata, topic: string, signal: AbortSignal): Promise<void> {
  try {
    const [known] = await metadata.topics([topic], signal);
    if (known === undefined) throw noTopic(topic);
  } catch (error) {
    const known = kafkaError(error);
    if (known.reason !== 'unreachable' && known.reason !== 'timedOut') throw known;
  }
}

/** Absent when none has come within the time. */
async function firstOf(turns: Iterable<Promise<Turn>>, withinMs: number, signal: AbortSignal): Promise<Turn | undefined> {
  return new Promise<Turn | undefined>((resolve) => {
    const timer = withinMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(done, Math.max(1, withinMs));
    function done(turn?: Turn): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(turn);
    }
    const stop = (): void => done();
    signal.addEventListener('abort', stop, { once: true });
    for (const turn of turns) void turn.then(done);
  });
}
