/** Writes into one partition, with a producer of its own. What it sends it sends once: trying again is the producer's. */
import { normalise } from '../../base/errors.ts';
import type { FaultlineError } from '../../base/errors.ts';
import type { KafkaClient, KafkaProducer } from '../client.ts';
import type { CheckEdges, MessageOutcome } from './edges.ts';
import { endsProducer, outcomeOf } from './outcome.ts';
import type { PartitionCheck } from './judge/partition-check.ts';
import type { MarkCodec } from './judge/value.ts';

/** Of `send` until it is given up, where the check does not say. */
export const DELIVERY_LIMIT_MS = 30_000;
/** Between two producers: 4 a second. What is planned meanwhile is never sent. */
const NEXT_PRODUCER_MS = 250;
/** Between two sentinels when one was not acknowledged. */
const NEXT_SENTINEL_MS = 500;

export interface PartitionWriterOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly check: PartitionCheck;
  readonly codec: MarkCodec;
  readonly edges: CheckEdges;
  readonly deliveryLimitMs: number;
  /** More than these are not handed to the producer: they are never sent. */
  readonly mostWaiting: number;
  /** Ends all. */
  readonly signal: AbortSignal;
}

export class PartitionWriter {
  readonly #options: PartitionWriterOptions;
  #producer: KafkaProducer | undefined;
  #epoch = -1;
  #openedMs = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<Promise<unknown>>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: PartitionWriterOptions) {
    this.#options = options;
  }

  /** Handed to its producer at once; never waits, never fails. */
  send(plannedMs: number): void {
    const { mostWaiting, check, edges } = this.#options;
    const sequence = check.ledger.begin();
    const producer = this.#waiting.size < mostWaiting ? this.#current() : undefined;
    if (producer !== undefined) void this.#deliver(producer, sequence, plannedMs);
    else {
      const now = edges.clock.monotonicMs();
      this.#tell({ partition: check.partition, sequence, plannedMs, sentMs: now, doneMs: now, outcome: 'failed' });
    }
  }

  /**
   * A message that is acknowledged with its offset, after all that were sent before. Others are sent until one is. Gives the offset, or
   * nothing when none was within the time.
   */
  async sentinel(limitMs: number): Promise<number | undefined> {
    const { check, edges, signal } = this.#options;
    const { clock } = edges;
    const untilMs = clock.monotonicMs() + limitMs;
    while (!signal.aborted) {
      const producer = this.#current();
      const offset = producer === undefined ? undefined : await this.#deliver(producer, check.ledger.begin(), clock.monotonicMs());
      if (offset !== undefined) return offset;
      if (clock.monotonicMs() + NEXT_SENTINEL_MS >= untilMs) return undefined;
      await edges.wait(NEXT_SENTINEL_MS, signal);
    }
    return undefined;
  }

  /** Resolves when the outcome of all that was sent is known. */
  async settled(): Promise<void> {
    while (this.#waiting.size + this.#closing.size > 0) await Promise.allSettled([...this.#waiting, ...this.#closing]);
  }

  /** Ends at once: of what is under way it stays unknown what became of it. */
  async close(): Promise<void> {
    this.#retire();
    await this.#options.client.close();
    await this.settled();
  }

  /** Absent: the last one ended a moment ago. */
  #current(): KafkaProducer | undefined {
    const { client, edges, deliveryLimitMs, mostWaiting, signal } = this.#options;
    if (this.#producer !== undefined || signal.aborted) return this.#producer;
    const now = edges.clock.monotonicMs();
    if (now - this.#openedMs < NEXT_PRODUCER_MS) return undefined;
    this.#openedMs = now;
    this.#epoch++;
    this.#producer = client.producer({ deliveryTimeoutMs: deliveryLimitMs, maxUnacknowledged: mostWaiting });
    return this.#producer;
  }

  async #deliver(producer: KafkaProducer, sequence: number, plannedMs: number): Promise<number | undefined> {
    const delivery = this.#delivered(producer, sequence, plannedMs);
    this.#waiting.add(delivery);
    const offset = await delivery;
    this.#waiting.delete(delivery);
    return offset;
  }

  /** Never fails. Gives the offset of what was acknowledged. */
  async #delivered(producer: KafkaProducer, sequence: number, plannedMs: number): Promise<number | undefined> {
    const { topic, check, codec, edges, signal } = this.#options;
    const { partition } = check;
    const sentMs = edges.clock.monotonicMs();
    let offset: number | undefined;
    let failure: { readonly outcome: 'failed' | 'unknown'; readonly error: FaultlineError } | undefined;
    try {
      const value = codec.encode({ producer: partition, epoch: this.#epoch, sequence });
      const written = await producer.send({ topic, partition, value }, signal);
      if (written.offset !== undefined) offset = Number(written.offset);
    } catch (error) {
      failure = { outcome: outcomeOf(error), error: normalise(error) };
      if (producer === this.#producer && endsProducer(error)) this.#retire();
    }
    const doneMs = edges.clock.monotonicMs();
    this.#tell({ partition, sequence, plannedMs, sentMs, doneMs, ...(failure ?? { outcome: 'acknowledged' }) }, offset);
    return offset;
  }

  #tell(outcome: MessageOutcome, offset?: number): void {
    const { ledger } = this.#options.check;
    if (outcome.outcome === 'acknowledged') ledger.acknowledge(outcome.sequence, offset);
    else if (outcome.outcome === 'failed') ledger.fail(outcome.sequence);
    this.#options.edges.onOutcome?.(outcome);
  }

  /** What it has not sent yet is taken back; what it has is waited for. The next message begins a new epoch. */
  #retire(): void {
    if (this.#producer === undefined) return;
    const closing = this.#producer.close().catch(() => undefined);
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
    this.#producer = undefined;
  }
}
