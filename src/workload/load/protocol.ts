/** Between the main thread and the pacer's. All times are ms since the run's start, by `process.hrtime.bigint()`, which both share. */
import type { AnswerOutcome, JournalEvent, OperationError } from '../../journal/events.ts';
import type { DrivenLoad, WarmUp } from '../../journal/plan.ts';

/** What the pacer's thread is started with. */
export interface PacerData {
  readonly kind: 'faultline-pacer';
  /** `t` = 0. */
  readonly originNs: bigint;
  readonly load: DrivenLoad;
  readonly warmUp?: WarmUp;
  /** By statement. */
  readonly weights: readonly number[];
  /** How many. */
  readonly arms: number;
  readonly seed: number;
  readonly stopGraceMs: number;
  /** Two Int32: `bell`, and `listening`. */
  readonly shared: SharedArrayBuffer;
}

/** Index of the count of messages to the pacer, each counted after it was posted: the pacer sleeps on this one. */
export const bell = 0;
/** Index of a flag: 1 while a message should wake the pacer at once. Else it is read when the pacer wakes for its next arrival. */
export const listening = 1;

export interface SendMessage {
  readonly kind: 'send';
  readonly id: number;
  readonly q: number;
  readonly arm: number;
}

export interface EndedMessage {
  readonly kind: 'ended';
  readonly id: number;
  readonly sentMs: number;
  /** Last row received. */
  readonly doneMs: number;
  /** Rows converted and the answer checked: then a client of a closed loop can go on. */
  readonly settledMs: number;
  readonly rows: number;
  readonly answer?: AnswerOutcome;
  readonly error?: OperationError;
}

export type ToPacer = EndedMessage | { readonly kind: 'stop' };

export type FromPacer = SendMessage | { readonly kind: 'events'; readonly events: readonly JournalEvent[] } | { readonly kind: 'finished' };
