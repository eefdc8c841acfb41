/** A clock that jumps to the next thing that waits, and a Kafka that does what a test has written down for it. */
import assert from 'node:assert/strict';
import type { Clock } from '../../../../src/base/clock.ts';
import { FaultlineError, cancelled } from '../../../../src/base/errors.ts';
import type { ErrorReason } from '../../../../src/base/errors.ts';
import type {
  Consumption,
  KafkaClient,
  KafkaMessage,
  KafkaProducer,
  KafkaRecord,
  NewTopic,
  TopicSetting,
  Written,
} from '../../../../src/kafka/client.ts';
import { MAYBE_WRITTEN } from '../../../../src/kafka/errors.ts';

interface Waiter {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Nothing passes but what is waited for. */
export class FakeTime implements Clock {
  #nowMs = 1000;
  readonly #waiters = new Set<Waiter>();
  #isMoving = false;

  readonly monotonicMs = (): number => this.#nowMs;
  readonly wallMs = (): number => this.#nowMs;

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const waiter = { atMs: this.#nowMs + ms, wake: end };
      signal?.addEventListener('abort', end, { once: true });
      this.#waiters.add(waiter);
      this.#move();
    });
  }

  #move(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    setImmediate(() => {
      this.#isMoving = false;
      let next: Waiter | undefined;
      for (const waiter of this.#waiters) if (next === undefined || waiter.atMs < next.atMs) next = waiter;
      if (next === undefined) return;
      this.#waiters.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      if (this.#waiters.size > 0) this.#move();
    });
  }
}

/** What becomes of a message. `late`: appended by `release`. Answers come after `afterMs`, 2 without. */
export type Fate =
  | { readonly kind: 'written'; readonly times?: number; readonly afterMs?: number; readonly withoutOffset?: true }
  | { readonly kind: 'unanswered'; readonly appended: boolean | 'late'; readonly afterMs?: number }
  | { readonly kind: 'refused'; readonly reason: ErrorReason; readonly code?: string; readonly afterMs?: number }
  /** Waits in the producer, which takes it back when it ends. */
  | { readonly kind: 'queued' }
  /** The producer is done for: Kafka lost count while an answer was lost. */
  | { readonly kind: 'fatal'; readonly appended: boolean };

export interface SentMessage {
  readonly partition: number;
  readonly value: Uint8Array;
  /** Of its partition, from 0 on. */
  readonly nth: number;
}

export interface FakePartition {
  /** First offset that is kept. */
  first: number;
  /** By offset; a hole is a record that is not there any more. */
  readonly log: (Uint8Array | undefined)[];
  readonly sent: Set<string>;
  hasLeader: boolean;
}

export class FakeKafka {
  readonly partitions: readonly FakePartition[];
  readonly consumptions: Consumption[] = [];
  /** Clients and producers that are open. */
  open = 0;
  producers = 0;
  fate: (message: SentMessage) => Fate = () => ({ kind: 'written' });
  /** What fails a reader, when it does. */
  readFailure: (what: Consumption) => FaultlineError | undefined = () => undefined;
  /** Gives these offsets a second time, once. */
  readonly again: number[] = [];
  topic: { settings: Readonly<Record<string, string>>; replicas: number } | undefined;
  readonly #time: FakeTime;
  readonly #late: SentMessage[] = [];

  constructor(time: FakeTime, partitions: number) {
    this.#time = time;
    this.partitions = Array.from({ length: partitions }, () => ({ first: 0, log: [], sent: new Set(), hasLeader: true }));
  }

  at(partition: number): FakePartition {
    const found = this.partitions[partition];
    assert.ok(found);
    return found;
  }

  /** What was on its way all the time arrives. */
  release(): void {
    for (const { partition, value } of this.#late.splice(0)) this.at(partition).log.push(value);
  }

  client(): KafkaClient {
    this.open++;
    const life = new AbortController();
    const unused = (): never => assert.fail('not asked for here');
    return {
      describeCluster: unused,
      quorum: unused,
      brokerSettings: unused,
      consumeInGroup: unused,
      topics: () =>
        Promise.resolve([
          {
            name: 'own',
            internal: false,
            partitions: this.partitions.map((_, partition) => ({
              partition,
              leader: 0,
              replicas: Array.from({ length: this.topic?.replicas ?? 0 }, (_each, id) => id),
              inSync: [0],
              offlineReplicas: [],
            })),
          },
        ]),
      settings: (_topics, only) => Promise.resolve(new Map([['own', this.#settings(only)]])),
      createTopic: ({ settings = {}, replicationFactor }: NewTopic) => {
        if (this.topic !== undefined)
          return Promise.reject(new FaultlineError('invalid', { what: 'exists', code: 'TOPIC_ALREADY_EXISTS' }));
        this.topic = { settings, replicas: replicationFactor };
        return Promise.resolve();
      },
      deleteTopic: () => {
        if (this.topic === undefined) return Promise.reject(new FaultlineError('notFound', { what: 'no topic' }));
        this.topic = undefined;
        return Promise.resolve();
      },
      offsets: (_topic, which, _signal, only = this.partitions.map((_, partition) => partition)) =>
        only.some((partition) => !this.at(partition).hasLeader)
          ? Promise.reject(new FaultlineError('engine', { what: 'no leader', code: 'LEADER_NOT_AVAILABLE' }))
          : Promise.resolve(
              new Map(
                only.map((partition) => [
                  partition,
                  BigInt(which === 'earliest' ? this.at(partition).first : this.at(partition).log.length),
                ]),
              ),
            ),
      producer: ({ deliveryTimeoutMs = 0 } = {}) => this.#producer(deliveryTimeoutMs, life.signal),
      consume: (what, signal) => this.#consume(what, AbortSignal.any([signal, life.signal])),
      close: () => {
        if (!life.signal.aborted) this.open--;
        life.abort();
        return Promise.resolve();
      },
    };
  }

  #settings(only: readonly string[] | undefined): readonly TopicSetting[] {
    return Object.entries(this.topic?.settings ?? {})
      .filter(([name]) => only?.includes(name) ?? true)
      .map(([name, value]) => ({ name, value, ofTopic: true }));
  }

  #producer(deliveryLimitMs: number, life: AbortSignal): KafkaProducer {
    this.producers++;
    this.open++;
    const waiting = new Set<Promise<unknown>>();
    const closed = new AbortController();
    return {
      send: (message) => {
        const delivery = this.#deliver(message, deliveryLimitMs, AbortSignal.any([life, closed.signal]));
        waiting.add(delivery);
        const done = (): unknown => waiting.delete(delivery);
        void delivery.then(done, done);
        return delivery;
      },
      flush: async () => void (await Promise.allSettled(waiting)),
      close: async () => {
        if (closed.signal.aborted) return;
        this.open--;
        closed.abort();
        await Promise.allSettled(waiting);
      },
    };
  }

  async #deliver({ partition = 0, value }: KafkaMessage, deliveryLimitMs: number, over: AbortSignal): Promise<Written> {
    assert.ok(value instanceof Uint8Array);
    const place = this.at(partition);
    const text = Buffer.from(value).toString('hex');
    assert.ok(!place.sent.has(text), 'nothing is sent twice');
    const message = { partition, value, nth: place.sent.size };
    place.sent.add(text);
    if (!place.hasLeader) {
      await this.#time.wait(deliveryLimitMs, over);
      throw over.aborted ? cancelled() : new FaultlineError('timedOut', { what: 'late', code: 'LEADER_NOT_AVAILABLE' });
    }
    const fate = this.fate(message);
    const offset = BigInt(place.log.length);
    const append = (times = 1): void => void place.log.push(...Array.from({ length: times }, () => value));
    switch (fate.kind) {
      case 'written':
        append(fate.times);
        await this.#time.wait(fate.afterMs ?? 2, over);
        return { partition, attempts: 1, ...(fate.withoutOffset ? {} : { offset }) };
      case 'unanswered':
        if (fate.appended === true) append();
        if (fate.appended === 'late') this.#late.push(message);
        await this.#time.wait(fate.afterMs ?? deliveryLimitMs, over);
        throw new FaultlineError('timedOut', { what: 'late', code: MAYBE_WRITTEN });
      case 'refused':
        await this.#time.wait(fate.afterMs ?? 2, over);
        throw new FaultlineError(fate.reason, { what: 'refused', ...(fate.code === undefined ? {} : { code: fate.code }) });
      case 'queued':
        await this.#time.wait(deliveryLimitMs, over);
        throw over.aborted ? cancelled() : new FaultlineError('timedOut', { what: 'late' });
      case 'fatal':
        if (fate.appended) append();
        await this.#time.wait(2, over);
        throw new FaultlineError('engine', { what: 'lost count', code: MAYBE_WRITTEN });
    }
  }

  async *#consume(what: Consumption, signal: AbortSignal): AsyncGenerator<readonly KafkaRecord[]> {
    this.consumptions.push(what);
    const { topic, partitions = [], from, until } = what;
    assert.ok(from instanceof Map && until !== 'now', 'from recorded offsets');
    const places = new Map<number, number>(partitions.map((partition) => [partition, Number(from.get(partition) ?? 0n)]));
    const endOf = (partition: number): number => Number(until?.get(partition) ?? Number.MAX_SAFE_INTEGER);
    while (places.size > 0) {
      await this.#time.wait(5, signal);
      if (signal.aborted) throw cancelled();
      const failure = this.readFailure(what);
      if (failure !== undefined) throw failure;
      const records: KafkaRecord[] = [];
      for (const [partition, place] of places) {
        const { log, first, hasLeader } = this.at(partition);
        if (!hasLeader) continue;
        if (place > log.length) throw new FaultlineError('invalid', { what: 'beyond', code: 'OFFSET_OUT_OF_RANGE' });
        let next = Math.max(place, first);
        for (; next < Math.min(log.length, endOf(partition), place + 100); next++) {
          const value = log[next];
          const record = { topic, partition, offset: BigInt(next), timestampMs: 0, key: null, headers: [] };
          if (value !== undefined) records.push({ ...record, value });
          const twice = this.again.indexOf(next);
          if (twice < 0 || value === undefined) continue;
          records.push({ ...record, value });
          this.again.splice(twice, 1);
        }
        places.set(partition, next);
        if (next >= endOf(partition)) places.delete(partition);
      }
      if (records.length > 0) yield records;
    }
  }
}
