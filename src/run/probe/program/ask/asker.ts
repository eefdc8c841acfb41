/** Asking an engine once, as a client of it would. */
import type { OperationError } from '../../../../journal/failure.ts';
import { t } from '../../../../base/messages.ts';

export interface Answered {
  readonly outcome: 'ok' | 'failed' | 'unknown' | 'wrong';
  readonly error?: OperationError;
}

export interface Asker {
  /** What an engine that can't be asked without it needs first. Fails as a request does. */
  prepare?(signal: AbortSignal): Promise<void>;
  /** Never fails. After an abort it is given up: what it says soon after that still tells whether it took effect. */
  ask(number: number, signal: AbortSignal): Promise<Answered>;
  /** The baseline is over: answers are given up after so long from now on. */
  limit(answerWithinMs: number): void;
  /** Removes what `prepare` made, or that of another vantage of the run. Safe to be called again. */
  tidy?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export const ok: Answered = { outcome: 'ok' };

/** Nothing came in time. Of a read that is a failure: it has no effect that could be in doubt. */
export function gaveUp(mayHaveActed: boolean): Answered {
  return {
    outcome: mayHaveActed ? 'unknown' : 'failed',
    error: { reason: 'timedOut', text: t('No answer in time'), code: 'TIMED_OUT' },
  };
}

/** Whether a statement only reads: then it takes no effect, however it ends. */
export function isRead(sql: string): boolean {
  return /^\s*(?:\(|select|with|values|show|explain|describe|table|exists)\b/i.test(sql) || /^\s*\(/.test(sql);
}
