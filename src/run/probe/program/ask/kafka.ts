/**
 * A message of Kafka: written with acks=all, and read back from where it was acknowledged. `pooled` holds one client, `fresh` has a new
 * one for each message: it learns who leads, logs in and gets a producer's number each time, as a client does that has just started.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { FaultlineError, normalise } from '../../../../base/errors.ts';
import { t } from '../../../../base/messages.ts';
import { probeTopic } from '../../../../fault/marks.ts';
import type { OperationError } from '../../../../journal/failure.ts';
import type { KafkaAccess, KafkaClient, KafkaProducer, Written } from '../../../../kafka/client.ts';
import { openKafka } from '../../../../kafka/connect.ts';
import type { ProgramProbe } from '../../protocol.ts';
import { gaveUp, ok, type Answered, type Asker } from './asker.ts';
import { kafkaAccessOf } from './kafkaAccess.ts';

/** As `src/kafka/errors.ts` has it, which brings the library with it. */
const maybeWritten = 'MAYBE_WRITTEN';
const ownPrefix = 'faultline-';
/** Of a run alone: as `withOwnTopic` names it. */
const ofRun = new RegExp(`^${probeTopic}-[0-9a-f]{12}$`);
const replicas = 3;
const retentionMs = 3_600_000;
/** What a producer says at its own deadline, it says so soon after ours. */
const verdictMs = 250;

/** "write to and read from messages/17": its topic, and one partition where one is named. */
export function topicOf(asks: string): { readonly topic: string; readonly partition?: number } {
  const [, topic = probeTopic, partition] = /([\w.-]+)(?:\/(\d+))?\s*$/.exec(asks) ?? [];
  return { topic, ...(partition === undefined ? {} : { partition: Number(partition) }) };
}

/** `open`: real brokers without it. */
export function kafkaAsker(probe: ProgramProbe, answerWithinMs: number, open: typeof openKafka = openKafka): Asker {
  return new KafkaAsker(probe, answerWithinMs, open);
}

interface Held {
  readonly client: KafkaClient;
  readonly producer: KafkaProducer;
}

class KafkaAsker implements Asker {
  readonly #isFresh: boolean;
  readonly #id: string;
  readonly #topic: string;
  readonly #partition: number | undefined;
  readonly #access: Pick<KafkaAccess, 'bootstrap' | 'sasl' | 'tls'>;
  readonly #openKafka: typeof openKafka;
  #partitions = 1;
  #answerWithinMs: number;
  #held: Promise<Held> | undefined;
  /** Its end is ours: that of its run, whichever vantage made it, or one that this one made. */
  #isOwn: boolean;

  constructor(probe: ProgramProbe, answerWithinMs: number, open: typeof openKafka) {
    const { id, connection, asks } = probe;
    const { topic, partition } = topicOf(asks);
    this.#isFresh = connection === 'fresh';
    this.#id = id;
    this.#topic = topic;
    this.#partition = partition;
    this.#isOwn = ofRun.test(topic);
    this.#access = kafkaAccessOf(probe, process.env);
    this.#openKafka = open;
    this.#answerWithinMs = answerWithinMs;
  }

  /** Its topic: made where it is one of ours, with a partition for each broker, so that every one of them is asked. */
  async prepare(signal: AbortSignal): Promise<void> {
    const client = await this.#open(signal);
    try {
      if (this.#topic.startsWith(ownPrefix)) await this.#make(client, signal);
      const [found] = await client.topics({ names: [this.#topic] }, signal);
      this.#partitions = found?.partitions.length ?? 1;
    } finally {
      await client.close();
    }
  }

  async #make(client: KafkaClient, signal: AbortSignal): Promise<void> {
    const { brokers } = await client.describeCluster(signal);
    const replicationFactor = Math.min(replicas, brokers.length);
    const settings = {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
    };
    try {
      await client.createTopic({ name: this.#topic, partitions: brokers.length, replicationFactor, settings }, signal);
      this.#isOwn = true;
    } catch (error) {
      // The other vantage was sooner, or somebody else made it.
      if (!FaultlineError.is(error) || error.facts.code !== 'TOPIC_ALREADY_EXISTS') throw error;
      await this.#untilLed(client, signal);
    }
  }

  async #untilLed(client: KafkaClient, signal: AbortSignal): Promise<void> {
    for (;;) {
      const [found] = await client.topics({ names: [this.#topic] }, signal).catch(() => []);
      if (found?.partitions.every(({ leader }) => leader >= 0) === true) return;
      await pause(100, undefined, { signal });
    }
  }

  async ask(number: number, signal: AbortSignal): Promise<Answered> {
    const message = `${this.#id} ${number}`;
    return (await Promise.race([this.#once(number, message, signal), late(signal)])) ?? gaveUp(true);
  }

  async #once(number: number, message: string, signal: AbortSignal): Promise<Answered> {
    let held: Held | undefined;
    try {
      held = await this.#client(signal);
    } catch (error) {
      return signal.aborted ? gaveUp(false) : { outcome: 'failed', error: errorOf(error) };
    }
    try {
      return await this.#writeAndRead(held, number, message, signal);
    } finally {
      if (this.#isFresh) void close(held);
    }
  }

  async #writeAndRead({ client, producer }: Held, number: number, message: string, signal: AbortSignal): Promise<Answered> {
    const partition = this.#partition ?? number % this.#partitions;
    let written: Written;
    try {
      // Not the signal: an abort would take it back without a word on whether it was sent.
      written = await producer.send({ topic: this.#topic, partition, value: message }, new AbortController().signal);
    } catch (error) {
      const { code } = FaultlineError.is(error) ? error.facts : {};
      return { outcome: code === maybeWritten ? 'unknown' : 'failed', error: errorOf(error) };
    }
    // Acknowledged, and too late for whoever waited.
    if (signal.aborted) return gaveUp(true);
    const { offset } = written;
    // It was there from an earlier attempt, and where is not known: that it is there has been said.
    if (offset === undefined) return ok;
    try {
      const wanted = {
        topic: this.#topic,
        partitions: [partition],
        from: new Map([[partition, offset]]),
        until: new Map([[partition, offset + 1n]]),
      };
      for await (const [record] of client.consume(wanted, signal)) {
        if (record === undefined) continue;
        const read = record.value === null ? '' : Buffer.from(record.value).toString();
        if (read === message) return ok;
        return {
          outcome: 'wrong',
          error: { reason: 'engine', text: t('Read “{0}” where “{1}” was acknowledged', read.slice(0, 80), message), code: 'WRONG_ANSWER' },
        };
      }
      return {
        outcome: 'wrong',
        error: { reason: 'engine', text: t('Nothing was read where “{0}” was acknowledged', message), code: 'WRONG_ANSWER' },
      };
    } catch (error) {
      return signal.aborted ? gaveUp(false) : { outcome: 'failed', error: errorOf(error) };
    }
  }

  async #client(signal: AbortSignal): Promise<Held> {
    if (this.#isFresh) return this.#hold(await this.#open(signal));
    // A connection may take longer than an answer: whoever waits for it gives up on his own.
    this.#held ??= this.#open(AbortSignal.timeout(this.#openWithinMs)).then((client) => this.#hold(client));
    const held = this.#held;
    try {
      return await unless(held, signal);
    } catch (error) {
      // Nobody answered: the next message tries again.
      held.catch(() => {
        if (this.#held === held) this.#held = undefined;
      });
      throw error;
    }
  }

  get #openWithinMs(): number {
    return Math.max(1000, this.#answerWithinMs);
  }

  #open(signal: AbortSignal): Promise<KafkaClient> {
    const limitMs = this.#openWithinMs;
    const access: KafkaAccess = {
      ...this.#access,
      clientId: `faultline-probe-${this.#id}`,
      connectTimeoutMs: limitMs,
      requestTimeoutMs: limitMs,
    };
    return this.#openKafka(access, signal);
  }

  #hold(client: KafkaClient): Held {
    return { client, producer: client.producer({ deliveryTimeoutMs: this.#answerWithinMs }) };
  }

  limit(answerWithinMs: number): void {
    if (answerWithinMs === this.#answerWithinMs) return;
    // A producer keeps the limit that it was made with. Its messages that are under way are waited for.
    const [before, longestMs] = [this.#held, this.#answerWithinMs + 1000];
    this.#answerWithinMs = answerWithinMs;
    this.#held = undefined;
    if (before !== undefined) setTimeout(() => void before.then(close, () => undefined), longestMs).unref();
  }

  async tidy(signal: AbortSignal): Promise<void> {
    if (!this.#isOwn) return;
    const client = await this.#open(signal);
    try {
      await client.deleteTopic(this.#topic, signal);
    } catch (error) {
      // The other vantage was sooner.
      if (!FaultlineError.is(error, 'notFound')) throw error;
    } finally {
      await client.close();
    }
  }

  async close(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await held.then(close, () => undefined);
  }
}

async function close({ client, producer }: Held): Promise<void> {
  await producer.close().catch(() => undefined);
  await client.close().catch(() => undefined);
}

function late(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wait = (): void => void setTimeout(resolve, verdictMs, undefined);
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return promise;
}

async function unless<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function errorOf(error: unknown): OperationError {
  const { reason, facts } = normalise(error);
  const { what, meaning, code } = facts;
  const text = meaning === undefined || reason !== 'internal' ? what : `${what}: ${meaning}`;
  return { reason, text, ...(code === undefined ? {} : { code }) };
}
