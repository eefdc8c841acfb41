/** What the checker needs of the world, and what it tells of each message while it runs. */
import type { Clock } from '../../base/clock.ts';
import type { FaultlineError } from '../../base/errors.ts';
import type { KafkaClient } from '../client.ts';

export interface CheckEdges {
  readonly clock: Clock;
  /** Resolves after so many milliseconds, or as soon as the signal aborts. Never fails. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /**
   * A client with connections of its own: a broker works on one request of a connection at a time, so that a write which waits for its
   * replicas, or a reader which waits for news, holds up all else on it. One for the writer of each partition, one for each reader.
   */
  readonly open: (of: ClientUse, signal: AbortSignal) => Promise<KafkaClient>;
  /** Each message once its outcome is known. */
  readonly onOutcome?: (outcome: MessageOutcome) => void;
  /** Each message when it is read live for the first time. */
  readonly onSeen?: (seen: SeenMessage) => void;
}

export type ClientUse = 'writer' | 'tail' | 'authority';

/** Milliseconds on the checker's monotonic clock. */
export interface MessageOutcome {
  readonly partition: number;
  readonly sequence: number;
  /** Of the sentinels: when they were sent. */
  readonly plannedMs: number;
  /** Handed to the client. */
  readonly sentMs: number;
  readonly doneMs: number;
  readonly outcome: 'acknowledged' | 'failed' | 'unknown';
  /** Absent of acknowledged ones, and of those that were never handed to the client because too many waited there. */
  readonly error?: FaultlineError;
}

export interface SeenMessage {
  readonly partition: number;
  readonly sequence: number;
  readonly plannedMs: number;
  readonly seenMs: number;
}
