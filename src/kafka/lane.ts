/** One partition of a producer: what waits, what is under way, and how Kafka numbers it. */
import type { MessageRecord } from '@platformatic/kafka';
import type { FaultlineError } from '../base/errors.ts';
import type { Written } from './client.ts';

/** Kafka tells producers apart by it. A higher epoch shuts out what is still on its way with a lower one. */
export interface Identity {
  readonly id: bigint;
  readonly epoch: number;
}

export interface Pending {
  readonly record: MessageRecord;
  readonly sizeBytes: number;
  /** Monotonic. */
  readonly deadlineMs: number;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: FaultlineError) => void;
  /** Stops listening to the sender's signal. */
  leave: () => void;
}

export interface Batch {
  readonly records: readonly Pending[];
  readonly deadlineMs: number;
  identity: Identity;
  /** Number of its first record within the partition and epoch. */
  sequence: number;
  attempts: number;
  /** An attempt may have been written: its answer was lost. */
  inDoubt: boolean;
}

/**
 * What an attempt came to. `again`: not written, worth another. `lost`: perhaps written. `forgotten`: not written, and Kafka no longer
 * knows what came before it. `refused`: never will be.
 */
export type Outcome = 'written' | 'duplicate' | 'again' | 'lost' | 'forgotten' | 'refused';

/**
 * By Kafka's code; others are `refused`. A leader that stops being one, or gives its replica away, while it waits for the others answers
 * with the same code as a broker that never led, and what it has appended may be in the new leader's log (DelayedProduce, case A and B).
 */
export const OUTCOMES: Readonly<Partial<Record<string, Outcome>>> = {
  NONE: 'written',
  DUPLICATE_SEQUENCE_NUMBER: 'duplicate',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'lost',
  REQUEST_TIMED_OUT: 'lost',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'forgotten',
  UNKNOWN_PRODUCER_ID: 'forgotten',
  INVALID_PRODUCER_EPOCH: 'forgotten',
  NOT_LEADER_OR_FOLLOWER: 'lost',
  LEADER_NOT_AVAILABLE: 'again',
  NOT_ENOUGH_REPLICAS: 'again',
  UNKNOWN_TOPIC_OR_PARTITION: 'lost',
  UNKNOWN_LEADER_EPOCH: 'again',
  FENCED_LEADER_EPOCH: 'again',
  REPLICA_NOT_AVAILABLE: 'again',
  BROKER_NOT_AVAILABLE: 'again',
  NETWORK_EXCEPTION: 'lost',
  KAFKA_STORAGE_ERROR: 'lost',
  UNKNOWN_SERVER_ERROR: 'lost',
  CORRUPT_MESSAGE: 'again',
  THROTTLING_QUOTA_EXCEEDED: 'again',
};

const RECORDS = 2000;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1000;
const LAST_EPOCH = 0x7fff;

export class Lane {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: Pending[] = [];
  batch: Batch | undefined;
  isSending = false;
  /** Monotonic. */
  notBeforeMs = 0;
  /** Of the last attempt. */
  why: FaultlineError | undefined;
  #epoch: number | undefined;
  #sequence = 0;
  #waitMs = FIRST_WAIT_MS;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get isEmpty(): boolean {
    return this.batch === undefined && this.waiting.length === 0;
  }

  /** Of what is sent next; absent while it is the producer's own. */
  get epoch(): number | undefined {
    return this.batch === undefined ? this.#epoch : this.batch.identity.epoch;
  }

  /** What is under way was tried, and is not written for sure. */
  get isCertain(): boolean {
    return this.batch !== undefined && this.why !== undefined && !this.batch.inDoubt;
  }

  /** Of what must be done first. */
  get deadlineMs(): number {
    return this.batch?.deadlineMs ?? this.waiting[0]?.deadlineMs ?? Number.POSITIVE_INFINITY;
  }

  /** The next batch, from now on under way. Absent when nothing waits any more. */
  next({ id, epoch }: Identity, limitBytes: number): Batch | undefined {
    let sizeBytes = 0;
    let count = 0;
    for (const pending of this.waiting) {
      if (count > 0 && (count === RECORDS || sizeBytes + pending.sizeBytes > limitBytes)) break;
      sizeBytes += pending.sizeBytes;
      count++;
    }
    if (count === 0) return undefined;
    const records = this.waiting.splice(0, count);
    this.batch = {
      records,
      deadlineMs: Math.min(...records.map(({ deadlineMs }) => deadlineMs)),
      identity: { id, epoch: this.#epoch ?? epoch },
      sequence: this.#sequence,
      attempts: 0,
      inDoubt: false,
    };
    return this.batch;
  }

  done(batch: Batch): void {
    // Kafka counts on from 0 after the largest Int32.
    this.#sequence = (batch.sequence + batch.records.length) & 0x7fffffff;
    this.batch = undefined;
    this.why = undefined;
    this.#waitMs = FIRST_WAIT_MS;
  }

  /** The same batch under a new epoch: nothing of it was written, and Kafka lost count. */
  renew(batch: Batch): void {
    this.#raise(batch);
    batch.identity = { id: batch.identity.id, epoch: this.#epoch ?? 0 };
    batch.sequence = this.#sequence;
  }

  /** Given up. After one in doubt the next batch begins a new epoch, else its number is free again. */
  abandon(batch: Batch): void {
    this.batch = undefined;
    if (batch.inDoubt) this.#raise(batch);
  }

  holdOff(nowMs: number): void {
    // Half to all of 20 ms, 40 ms, … 1 s.
    this.notBeforeMs = nowMs + this.#waitMs * (0.5 + Math.random() / 2);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  /** Of no batch yet, and too late for one. All have the same time, so that the first are late first. */
  late(nowMs: number): readonly Pending[] {
    const inTime = this.waiting.findIndex(({ deadlineMs }) => deadlineMs > nowMs);
    return this.waiting.splice(0, inTime < 0 ? this.waiting.length : inTime);
  }

  /** false: it is under way or done. */
  withdraw(pending: Pending): boolean {
    const at = this.waiting.indexOf(pending);
    if (at >= 0) this.waiting.splice(at, 1);
    return at >= 0;
  }

  takeBack(): readonly Pending[] {
    return this.waiting.splice(0);
  }

  #raise({ identity }: Batch): void {
    // After 32,767 doubts, which takes hours of nothing else, the partition takes no more from this producer.
    this.#epoch = Math.min(identity.epoch + 1, LAST_EPOCH);
    this.#sequence = 0;
  }
}
