/**
 * Writes once and in order. One batch a partition is under way; it is sent again, unchanged and with the same number, until Kafka says
 * that it has it: Kafka recognises what it has already. One request a broker carries the batches of all its partitions.
 * When it stays unknown whether a batch was written, the next one of its partition begins a new epoch, which shuts the old one out.
 */
import { NumericMap, murmur2, protocolErrorsCodesById } from '@platformatic/kafka';
import { FaultlineError, cancelled } from '../base/errors.ts';
import type { ErrorReason } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { AbortListeners } from './abortListeners.ts';
import type { BrokerDescription, HostPort, KafkaMessage, KafkaProducer, ProducerOptions, Written } from './client.ts';
import { MAYBE_WRITTEN, codeOf, errorOfCode, kafkaError, timedOut } from './errors.ts';
import { Lane, OUTCOMES } from './lane.ts';
import type { Batch, Identity, Outcome, Pending } from './lane.ts';
import type { Links } from './links.ts';
import { within } from './links.ts';
import { answerOf, noLeader } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { bytesOf, recordOf, sizeOf } from './records.ts';
import { produceRequest, producerIdRequest } from './requests.ts';
import { Slots } from './slots.ts';

type Answer = Exclude<Awaited<ReturnType<(typeof produceRequest.versions)[number]['async']>>, boolean>;

const DELIVERY_LIMIT_MS = 120_000;
const UNACKNOWLEDGED = 1000;
/** Kafka's own limit of a batch is a little over 1 MB. */
const BATCH_BYTES = 512 * 1024;
/** The last attempt begins so long before the end, or a quarter of the whole time. */
const LAST_ATTEMPT_MS = 5000;
/** Trying again changes nothing. */
const FINAL: ReadonlySet<ErrorReason> = new Set(['unauthorised', 'forbidden', 'unsupported', 'invalid', 'internal']);

/** Partitions that one request can serve. */
interface Load {
  readonly key: string;
  readonly broker: BrokerDescription;
  readonly lanes: Lane[];
}

export class IdempotentProducer implements KafkaProducer {
  readonly #links: Links;
  readonly #metadata: Metadata;
  readonly #options: ProducerOptions;
  readonly #slots: Slots;
  readonly #deliveryLimitMs: number;
  readonly #lanes = new Map<string, Lane>();
  /** One after the other into a topic: the order of `send`. */
  readonly #entries = new Map<string, Promise<unknown>>();
  readonly #turns = new Map<string, number>();
  /** Brokers with a request under way, and its epoch: one request carries one epoch. */
  readonly #busy = new Set<string>();
  readonly #idle = new Set<() => void>();
  readonly #aborts = new AbortListeners();
  #identity: Promise<Identity> | undefined;
  #refreshing: Promise<void> | undefined;
  #woken = false;
  #alarm: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(links: Links, metadata: Metadata, options: ProducerOptions) {
    this.#links = links;
    this.#metadata = metadata;
    this.#options = options;
    this.#deliveryLimitMs = options.deliveryTimeoutMs ?? DELIVERY_LIMIT_MS;
    links.life.addEventListener('abort', () => this.#wake(), { once: true });
    this.#slots = new Slots(options.maxUnacknowledged ?? UNACKNOWLEDGED);
  }

  async send(message: KafkaMessage, signal: AbortSignal): Promise<Written> {
    if (this.#closed) throw cancelled();
    const deadlineMs = performance.now() + this.#deliveryLimitMs;
    const before = this.#entries.get(message.topic) ?? Promise.resolve();
    const entry = before.then(async () => this.#admit(message, deadlineMs, signal));
    this.#entries.set(
      message.topic,
      entry.catch(() => undefined),
    );
    const delivered = await entry;
    return delivered.written;
  }

  async flush(): Promise<void> {
    await Promise.all(this.#entries.values());
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const lane of this.#lanes.values()) for (const pending of lane.takeBack()) this.#settle(pending, cancelled());
    await this.flush();
    clearTimeout(this.#alarm);
  }

  /** Puts a message into its partition. What it gives is wrapped: the entry of the next one does not wait for the delivery. */
  async #admit(message: KafkaMessage, deadlineMs: number, signal: AbortSignal): Promise<{ readonly written: Promise<Written> }> {
    await this.#slots.take(signal);
    try {
      const { partitions } = await this.#metadata.topic(message.topic, signal);
      const partition = message.partition ?? this.#partitionOf(message, partitions.length);
      if (!partitions.some((one) => one.partition === partition))
        throw new FaultlineError('invalid', { what: t('Topic {0} has no partition {1}', message.topic, partition) });
      if (this.#closed || signal.aborted || this.#links.life.aborted) throw cancelled();
      const written = new Promise<Written>((resolve, reject) => {
        const record = recordOf(message, partition);
        const lane = this.#lane(message.topic, partition);
        const pending: Pending = { record, sizeBytes: sizeOf(record), deadlineMs, resolve, reject, leave: () => undefined };
        pending.leave = this.#aborts.add(signal, () => {
          if (lane.withdraw(pending)) this.#settle(pending, cancelled());
        });
        lane.waiting.push(pending);
      });
      written.catch(() => undefined);
      this.#wake();
      return { written };
    } catch (error) {
      this.#slots.give();
      throw kafkaError(error, { topic: message.topic });
    }
  }

  #partitionOf({ topic, key }: KafkaMessage, count: number): number {
    if (key !== undefined) return (murmur2(bytesOf(key)) & 0x7fffffff) % count;
    const turn = this.#turns.get(topic) ?? 0;
    this.#turns.set(topic, turn + 1);
    return turn % count;
  }

  #lane(topic: string, partition: number): Lane {
    const key = `${topic}:${partition}`;
    const lane = this.#lanes.get(key) ?? new Lane(topic, partition);
    this.#lanes.set(key, lane);
    return lane;
  }

  /** Soon, so that what is sent in one go travels in one batch. */
  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      this.#work();
    });
  }

  #work(): void {
    if (this.#links.life.aborted) this.#abandonAll();
    const now = performance.now();
    const ready = new Map<string, Load>();
    let nextMs = Number.POSITIVE_INFINITY;
    let isLost = false;
    for (const lane of this.#lanes.values()) {
      this.#expire(lane, now);
      if (lane.isSending || lane.isEmpty) continue;
      nextMs = Math.min(nextMs, lane.deadlineMs);
      // An attempt that the deadline would cut off only puts in doubt what is certain so far.
      if (lane.isCertain && lane.deadlineMs - now < Math.min(LAST_ATTEMPT_MS, this.#deliveryLimitMs / 4)) continue;
      if (lane.notBeforeMs > now) {
        nextMs = Math.min(nextMs, lane.notBeforeMs);
        continue;
      }
      const broker = this.#metadata.leader(lane.topic, lane.partition);
      if (broker === undefined) {
        isLost = true;
        lane.why = noLeader(lane.topic, lane.partition);
        lane.holdOff(now);
        nextMs = Math.min(nextMs, lane.notBeforeMs);
        continue;
      }
      const key = `${broker.id} ${lane.epoch ?? ''}`;
      if (this.#busy.has(key)) continue;
      const load = ready.get(key) ?? { key, broker, lanes: [] };
      load.lanes.push(lane);
      ready.set(key, load);
    }
    if (isLost) void this.#refresh();
    for (const load of ready.values()) void this.#carry(load);
    clearTimeout(this.#alarm);
    if (nextMs < Number.POSITIVE_INFINITY) this.#alarm = setTimeout(() => this.#wake(), Math.max(1, nextMs - now));
    if (this.#isIdle()) for (const heard of this.#idle) heard();
    if (this.#isIdle()) this.#idle.clear();
  }

  /** Brings a batch of each partition to their leader. Never fails: what went wrong is in the batches. */
  async #carry({ key, broker, lanes }: Load): Promise<void> {
    this.#busy.add(key);
    for (const lane of lanes) lane.isSending = true;
    try {
      const identity = await this.#whoAmI();
      const batches = lanes.flatMap((lane) => {
        const batch = lane.batch ?? lane.next(identity, this.#options.maxBatchBytes ?? BATCH_BYTES);
        return batch === undefined ? [] : [{ lane, batch }];
      });
      if (batches.length > 0) await this.#exchange(broker, batches);
    } catch (error) {
      // No identity yet: nothing was sent.
      const why = kafkaError(error);
      for (const lane of lanes) {
        lane.why = why;
        if (!FINAL.has(why.reason)) lane.holdOff(performance.now());
        else for (const pending of lane.takeBack()) this.#settle(pending, why);
      }
    } finally {
      this.#busy.delete(key);
      for (const lane of lanes) lane.isSending = false;
      this.#wake();
    }
  }

  async #exchange(broker: BrokerDescription, batches: readonly { readonly lane: Lane; readonly batch: Batch }[]): Promise<void> {
    const now = performance.now();
    const limitMs = Math.ceil(Math.max(1, Math.min(this.#links.answerLimitMs, ...batches.map(({ batch }) => batch.deadlineMs - now))));
    const limit = AbortSignal.any([this.#links.life, AbortSignal.timeout(limitMs)]);
    let isSent = false;
    let answer: Answer | undefined;
    let failure: unknown;
    try {
      await this.#links.to(broker, limit);
      isSent = true;
      for (const { batch } of batches) batch.attempts++;
      answer = await this.#produce(broker, batches, limitMs, limit);
    } catch (error) {
      failure = limit.aborted && !this.#links.life.aborted ? timedOut(t('It did not answer within {0} ms', limitMs)) : error;
      answer = answerOf<Answer>(error);
    }
    let isStale = false;
    for (const { lane, batch } of batches) {
      const said = answer?.responses
        .find(({ name }) => name === lane.topic)
        ?.partitionResponses.find(({ index }) => index === lane.partition);
      const code = said === undefined ? codeOf(failure) : (protocolErrorsCodesById[said.errorCode] ?? String(said.errorCode));
      const outcome: Outcome = code === undefined ? 'lost' : (OUTCOMES[code] ?? 'refused');
      if (outcome === 'written') this.#written(lane, batch, said?.baseOffset);
      else if (outcome === 'duplicate') this.#written(lane, batch, undefined);
      else {
        isStale = true;
        const why =
          code === undefined ? kafkaError(failure, { broker, topic: lane.topic }) : errorOfCode(code, { topic: lane.topic }, failure);
        const isFinal = failure instanceof FaultlineError && FINAL.has(failure.reason);
        this.#failed(lane, batch, isFinal ? 'refused' : isSent ? outcome : 'again', why);
      }
    }
    // Waited for: else the next attempt would go to the leader of before.
    if (isStale) await this.#refresh();
  }

  async #produce(
    broker: HostPort,
    batches: readonly { readonly lane: Lane; readonly batch: Batch }[],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { compression } = this.#options;
    const [first] = batches;
    const { id, epoch } = first?.batch.identity ?? { id: -1n, epoch: -1 };
    const sequences = new NumericMap(batches.map(({ lane, batch }) => [`${lane.topic}:${lane.partition}`, batch.sequence]));
    const records = batches.flatMap(({ batch }) => batch.records.map(({ record }) => record));
    const answer = await this.#links.ask(
      broker,
      produceRequest,
      [
        -1,
        limitMs,
        records,
        {
          producerId: id,
          producerEpoch: epoch,
          sequences,
          ...(compression === undefined ? {} : { compression }),
        },
      ],
      signal,
    );
    return typeof answer === 'boolean' ? { responses: [], throttleTimeMs: 0 } : answer;
  }

  #written(lane: Lane, batch: Batch, baseOffset: bigint | undefined): void {
    lane.done(batch);
    batch.records.forEach((pending, at) => {
      const offset = baseOffset === undefined || baseOffset < 0n ? undefined : baseOffset + BigInt(at);
      this.#settle(pending, { partition: lane.partition, attempts: batch.attempts, ...(offset === undefined ? {} : { offset }) });
    });
  }

  #failed(lane: Lane, batch: Batch, outcome: Exclude<Outcome, 'written' | 'duplicate'>, why: FaultlineError): void {
    lane.why = why;
    if (outcome === 'lost') batch.inDoubt = true;
    else if (outcome === 'forgotten' && !batch.inDoubt) lane.renew(batch);
    if (outcome === 'refused' || (outcome === 'forgotten' && batch.inDoubt)) this.#giveUp(lane, batch, why);
    else lane.holdOff(performance.now());
  }

  #giveUp(lane: Lane, batch: Batch, why: FaultlineError): void {
    lane.abandon(batch);
    const error = batch.inDoubt ? new FaultlineError(why.reason, { ...why.facts, code: MAYBE_WRITTEN }, why) : why;
    for (const pending of batch.records) this.#settle(pending, error);
  }

  #expire(lane: Lane, now: number): void {
    if (lane.isSending) return;
    if (lane.batch !== undefined && lane.batch.deadlineMs <= now) {
      const { batch } = lane;
      const what = batch.inDoubt
        ? t('Kafka did not confirm messages of topic {0} in time: they may have been written', lane.topic)
        : t('Messages of topic {0} could not be written in time', lane.topic);
      this.#giveUp(lane, batch, lateError(what, lane.why));
    }
    for (const pending of lane.late(now)) {
      this.#settle(pending, lateError(t('Messages of topic {0} could not be written in time', lane.topic), lane.why));
    }
  }

  #abandonAll(): void {
    for (const lane of this.#lanes.values()) {
      if (lane.batch !== undefined && !lane.isSending) this.#giveUp(lane, lane.batch, cancelled());
      for (const pending of lane.takeBack()) this.#settle(pending, cancelled());
    }
  }

  #settle(pending: Pending, result: Written | FaultlineError): void {
    pending.leave();
    this.#slots.give();
    if (result instanceof FaultlineError) pending.reject(result);
    else pending.resolve(result);
  }

  /** The same for all partitions; begun once. */
  async #whoAmI(): Promise<Identity> {
    this.#identity ??= this.#links
      .askAny(this.#metadata.candidates(), producerIdRequest, [null, 0, -1n, -1], this.#links.life)
      .then(({ producerId, producerEpoch }) => ({ id: producerId, epoch: producerEpoch }));
    try {
      return await within(this.#identity, this.#links.life);
    } catch (error) {
      this.#identity = undefined;
      throw error;
    }
  }

  /** Never fails: the next attempt finds out itself. */
  async #refresh(): Promise<void> {
    const topics = [...new Set([...this.#lanes.values()].filter(({ isEmpty }) => !isEmpty).map(({ topic }) => topic))];
    const limit = AbortSignal.any([this.#links.life, AbortSignal.timeout(this.#links.answerLimitMs)]);
    this.#refreshing ??= this.#metadata
      .topics(topics, limit)
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#refreshing = undefined;
        this.#wake();
      });
    await this.#refreshing;
  }

  #isIdle(): boolean {
    return [...this.#lanes.values()].every(({ isSending, isEmpty }) => isEmpty && !isSending);
  }
}

function lateError(what: string, why: FaultlineError | undefined): FaultlineError {
  return new FaultlineError(
    'timedOut',
    {
      what,
      ...(why === undefined ? {} : { meaning: why.facts.what }),
      ...(why?.facts.remedy === undefined ? {} : { remedy: why.facts.remedy }),
      ...(why?.facts.code === undefined ? {} : { code: why.facts.code }),
    },
    why,
  );
}
