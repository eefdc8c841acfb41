/**
 * Whether Kafka keeps what it acknowledged while things break: writes at a steady rate, reads live, and at the end reads all once more.
 * The definitions are those of the documentation's "Messages (Kafka)".
 */
import { systemClock } from '../../base/clock.ts';
import { FaultlineError } from '../../base/errors.ts';
import { newHistogram } from '../../base/histogram.ts';
import type { Histogram } from '../../base/histogram.ts';
import { t } from '../../base/messages.ts';
import type { KafkaAccess, KafkaClient } from '../client.ts';
import { passingCodes } from '../errors.ts';
import { openKafka } from '../connect.ts';
import { Anomalies } from './judge/anomalies.ts';
import { READING_LIMITS, readAuthority } from './authority.ts';
import type { ReadingLimits } from './authority.ts';
import type { CheckEdges, ClientUse } from './edges.ts';
import { findingOf } from './judge/finding.ts';
import type { MessagesFinding } from './judge/finding.ts';
import { PartitionCheck } from './judge/partition-check.ts';
import { DELIVERY_LIMIT_MS, PartitionWriter } from './partition-writer.ts';
import { readLive } from './tail.ts';
import type { OwnTopic } from './topic.ts';
import { MarkCodec } from './judge/value.ts';
import { Writer } from './writer.ts';

export interface MessageCheckOptions {
  readonly run: string;
  readonly topic: OwnTopic;
  /** Over all partitions. */
  readonly perSecond: number;
  /** A message that is not acknowledged after this long is given up; 30,000 without. */
  readonly deliveryLimitMs?: number;
  /** More that are not acknowledged, over all partitions, are never sent; 50,000 without. */
  readonly mostWaiting?: number;
  /** For the sentinels, after all else is settled; 60,000 without. */
  readonly sentinelLimitMs?: number;
  /** 30 s without a record, 10 min in all, without. */
  readonly reading?: ReadingLimits;
}

export interface MessageCounts {
  readonly acknowledged: number;
  readonly failed: number;
  /** Under way, too. */
  readonly unknown: number;
}

export interface TimedFinding extends MessagesFinding {
  /** From planned to acknowledged, and from planned to read live: HdrHistogram V2 of microseconds, base64. */
  readonly written: string;
  readonly endToEnd: string;
  readonly settings: { readonly replicationFactor: number; readonly minInSync: number; readonly uncleanElection: boolean };
}

export interface MessageCheck {
  counts(): MessageCounts;
  /** After the heal, once: writes no more, and judges. What can't be judged is in the finding; it does not fail. */
  finish(): Promise<TimedFinding>;
  /** Ends everything; idempotent. */
  close(): Promise<void>;
}

const MOST_WAITING = 50_000;
const SENTINEL_LIMIT_MS = 60_000;
/** For all brokers to know of the topic. */
const STARTS_LIMIT_MS = 15_000;
/** For the live reader to get to the end, when all is written. */
const TAIL_LIMIT_MS = 5000;
const LOOK_MS = 100;
const AGAIN_MS = 500;
const ANSWER_MS = 5000;
/** A broker without news answers after 500 ms. */
const TAIL_ANSWER_MS = 3000;

/** Writes and reads from now on. Fails when one of its clients can't be opened, or the topic's offsets can't be read. */
export async function startMessageCheck(options: MessageCheckOptions, edges: CheckEdges, signal: AbortSignal): Promise<MessageCheck> {
  const clients: KafkaClient[] = [];
  const open = async (of: ClientUse): Promise<KafkaClient> => {
    const client = await edges.open(of, signal);
    clients.push(client);
    return client;
  };
  try {
    const tail = await open('tail');
    const starts = await startsOf(tail, options.topic.name, edges, signal);
    const writers = await Promise.all(options.topic.partitions.map(async () => open('writer')));
    return new Check(options, edges, tail, writers, starts, signal);
  } catch (error) {
    await Promise.allSettled(clients.map(async (client) => client.close()));
    throw error;
  }
}

/** Brokers hear of a new topic one after the other: until then they deny that they lead it. */
async function startsOf(
  client: KafkaClient,
  topic: string,
  { clock, wait }: CheckEdges,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, bigint>> {
  for (const beganMs = clock.monotonicMs(); ; await wait(LOOK_MS, signal)) {
    try {
      return await client.offsets(topic, 'latest', signal);
    } catch (error) {
      const isPassing = FaultlineError.is(error) && passingCodes.has(error.facts.code ?? '');
      if (!isPassing || signal.aborted || clock.monotonicMs() - beganMs > STARTS_LIMIT_MS) throw error;
    }
  }
}

/** Real brokers, real time. An answer that is late is asked for again elsewhere: sooner than Kafka's own clients would. */
export function checkEdges(access: KafkaAccess): Pick<CheckEdges, 'clock' | 'wait' | 'open'> {
  return {
    clock: systemClock,
    wait: async (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end, { once: true });
      }),
    open: async (of, signal) =>
      openKafka({ ...access, connectTimeoutMs: 3000, requestTimeoutMs: of === 'tail' ? TAIL_ANSWER_MS : ANSWER_MS }, signal),
  };
}

class Check implements MessageCheck {
  readonly #options: MessageCheckOptions;
  readonly #edges: CheckEdges;
  readonly #anomalies = new Anomalies();
  readonly #checks: readonly PartitionCheck[];
  /** By partition. */
  readonly #writerClients: ReadonlyMap<number, KafkaClient>;
  readonly #writers: readonly PartitionWriter[];
  readonly #writer: Writer;
  readonly #written = newHistogram();
  readonly #endToEnd = newHistogram();
  readonly #life = new AbortController();
  readonly #signal: AbortSignal;
  readonly #tailClient: KafkaClient;
  readonly #tailOver = new AbortController();
  readonly #writing: Promise<void>;
  readonly #tailing: Promise<void>;
  #authority: KafkaClient | undefined;

  constructor(
    options: MessageCheckOptions,
    edges: CheckEdges,
    tail: KafkaClient,
    writers: readonly KafkaClient[],
    starts: ReadonlyMap<number, bigint>,
    signal: AbortSignal,
  ) {
    const { run, topic, perSecond, deliveryLimitMs = DELIVERY_LIMIT_MS, mostWaiting: most = MOST_WAITING } = options;
    const codec = new MarkCodec(run);
    this.#options = options;
    this.#edges = edges;
    this.#tailClient = tail;
    this.#signal = AbortSignal.any([signal, this.#life.signal]);
    this.#checks = topic.partitions.map(
      (partition) => new PartitionCheck(partition, Number(starts.get(partition) ?? 0n), codec, this.#anomalies),
    );
    const timed: CheckEdges = {
      ...edges,
      onOutcome: (outcome) => {
        if (outcome.outcome === 'acknowledged') recordMs(this.#written, outcome.doneMs - outcome.plannedMs);
        edges.onOutcome?.(outcome);
      },
    };
    const mostWaiting = Math.ceil(most / topic.partitions.length);
    this.#writers = this.#checks.flatMap((check, at) => {
      const client = writers[at];
      const one = { topic: topic.name, check, codec, edges: timed, deliveryLimitMs, mostWaiting, signal: this.#signal };
      return client === undefined ? [] : [new PartitionWriter({ client, ...one })];
    });
    this.#writerClients = new Map(writers.map((client, at) => [topic.partitions[at] ?? 0, client]));
    // What is under way would be waited for until its delivery limit.
    this.#signal.addEventListener('abort', () => void this.#closeWriters(), { once: true });
    this.#writer = new Writer(this.#writers, perSecond, edges);
    this.#tailing = readLive(
      {
        client: tail,
        topic: topic.name,
        checks: this.#checks,
        edges,
        plannedMs: (partition, sequence) => this.#writer.plannedMs(partition, sequence),
        onEndToEnd: (ms) => recordMs(this.#endToEnd, ms),
      },
      AbortSignal.any([this.#signal, this.#tailOver.signal]),
    );
    this.#writing = this.#writer.run(this.#signal);
  }

  counts(): MessageCounts {
    const sum = (of: (check: PartitionCheck) => number): number => this.#checks.reduce((total, check) => total + of(check), 0);
    return {
      acknowledged: sum(({ ledger }) => ledger.acknowledged.count),
      failed: sum(({ ledger }) => ledger.failed),
      unknown: sum(({ ledger }) => ledger.unknown.count),
    };
  }

  async finish(): Promise<TimedFinding> {
    const { topic } = this.#options;
    this.#writer.stop();
    await this.#writing;
    await Promise.all(this.#writers.map(async (writer) => writer.settled()));
    const notJudged = await this.#judge();
    const { replicationFactor, minInSync, uncleanElection } = topic;
    return {
      ...findingOf(topic, this.#checks, notJudged, this.#anomalies),
      written: this.#written.encode(),
      endToEnd: this.#endToEnd.encode(),
      settings: { replicationFactor, minInSync, uncleanElection },
    };
  }

  async close(): Promise<void> {
    this.#life.abort();
    await this.#writing;
    await this.#closeWriters();
    await Promise.allSettled([this.#tailClient.close(), this.#authority?.close()]);
    await this.#tailing;
  }

  async #judge(): Promise<ReadonlyMap<number, string>> {
    const { topic, sentinelLimitMs = SENTINEL_LIMIT_MS, reading = READING_LIMITS } = this.#options;
    const edges = this.#edges;
    const notJudged = new Map<number, string>();
    const ends = new Map<number, number>();
    const sentinels = await Promise.all(this.#writers.map(async (writer) => writer.sentinel(sentinelLimitMs)));
    for (const [at, { partition }] of this.#checks.entries()) {
      const sentinel = sentinels[at];
      if (sentinel !== undefined) ends.set(partition, sentinel + 1);
      else notJudged.set(partition, t('No sentinel was acknowledged within {0} s', Math.round(sentinelLimitMs / 1000)));
    }
    await Promise.all(this.#writers.map(async (writer) => writer.settled()));
    await this.#tailTo(ends);
    const checks = this.#checks.filter(({ partition }) => ends.has(partition));
    try {
      if (this.#signal.aborted) throw new FaultlineError('cancelled', { what: t('The check was stopped') });
      const client = await this.#openAuthority(reading.idleMs);
      await this.#laterEnds(client, ends);
      const read = await readAuthority(
        { client, writers: this.#writerClients, topic: topic.name, checks, ends, edges, limits: reading },
        this.#signal,
      );
      for (const [partition, why] of read) notJudged.set(partition, why);
      if (this.#signal.aborted) throw new FaultlineError('cancelled', { what: t('The check was stopped') });
    } catch (error) {
      const what = FaultlineError.is(error) ? error.facts.what : String(error);
      for (const { partition } of checks) if (!notJudged.has(partition)) notJudged.set(partition, t('Not drained: {0}', what));
    }
    return notJudged;
  }

  /** What was broken a moment ago may not let it in at once. */
  async #openAuthority(limitMs: number): Promise<KafkaClient> {
    const { clock, open, wait } = this.#edges;
    for (const beganMs = clock.monotonicMs(); ; await wait(AGAIN_MS, this.#signal)) {
      try {
        return (this.#authority = await open('authority', this.#signal));
      } catch (error) {
        if (this.#signal.aborted || clock.monotonicMs() - beganMs + AGAIN_MS >= limitMs) throw error;
      }
    }
  }

  async #closeWriters(): Promise<void> {
    await Promise.allSettled(this.#writers.map(async (writer) => writer.close()));
  }

  /** What came in behind a sentinel is judged too. Where nobody says, the sentinel is the end. */
  async #laterEnds(client: KafkaClient, ends: Map<number, number>): Promise<void> {
    await Promise.all(
      [...ends].map(async ([partition, end]) => {
        const latest = await client.offsets(this.#options.topic.name, 'latest', this.#signal, [partition]).catch(() => undefined);
        ends.set(partition, Math.max(end, Number(latest?.get(partition) ?? 0n)));
      }),
    );
  }

  /** The live reader gets to the end, or a little time. */
  async #tailTo(ends: ReadonlyMap<number, number>): Promise<void> {
    const untilMs = this.#edges.clock.monotonicMs() + TAIL_LIMIT_MS;
    const isBehind = (): boolean => this.#checks.some(({ partition, liveNext }) => liveNext < (ends.get(partition) ?? 0));
    while (isBehind() && !this.#signal.aborted && this.#edges.clock.monotonicMs() < untilMs) await this.#edges.wait(LOOK_MS, this.#signal);
    this.#tailOver.abort();
    await this.#tailing;
  }
}

function recordMs(histogram: Histogram, ms: number): void {
  histogram.record(ms * 1000);
}
