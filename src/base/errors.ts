/**
 * The errors of Faultline: a small union of reasons, and one place where each reason gets its words.
 * Code decides by `reason`, never by message text. Browser-safe.
 */
import { t } from './messages.ts';

export type ErrorReason =
  | 'unreachable'
  | 'unauthorised'
  | 'forbidden'
  | 'notFound'
  | 'timedOut'
  | 'cancelled'
  | 'refusedByProtection'
  | 'invalid'
  | 'engine'
  | 'storage'
  | 'crashed'
  | 'unsupported'
  | 'internal';

/** Where in a statement an engine saw the error: UTF-16 offsets from the start of the statement's text. */
export interface StatementPosition {
  readonly start: number;
  readonly end: number;
}

export interface ErrorFacts {
  /** What happened, one sentence without a full stop: "There is no column c_naem". */
  readonly what: string;
  /** Where and what it means: "DuckDB on TPC-H 0.01 refused the statement at line 4". */
  readonly meaning?: string;
  /** What the person can do. */
  readonly remedy?: string;
  readonly position?: StatementPosition;
  /** Names that the engine proposes in place of the wrong one, nearest first. */
  readonly candidates?: readonly string[];
  /** The engine's own code: `COLUMN_NOT_FOUND`. */
  readonly code?: string;
  /** The editor's setting that mends it. */
  readonly setting?: string;
}

export class FaultlineError extends Error {
  override readonly name = 'FaultlineError';
  readonly reason: ErrorReason;
  readonly facts: ErrorFacts;

  constructor(reason: ErrorReason, facts: ErrorFacts, cause?: unknown) {
    super(sentence(facts), cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.facts = facts;
  }

  static is(error: unknown, reason?: ErrorReason): error is FaultlineError {
    return error instanceof FaultlineError && (reason === undefined || error.reason === reason);
  }
}

/** What travels between processes and to a page; `fromWire` makes an error of it again. */
export interface WireError {
  readonly reason: ErrorReason;
  readonly facts: ErrorFacts;
  /** Stack and cause chain, for the log only. */
  readonly log: string;
}

export function toWire(error: unknown): WireError {
  const known = normalise(error);
  return { reason: known.reason, facts: known.facts, log: causeChain(error) };
}

export function fromWire(wire: WireError): FaultlineError {
  return new FaultlineError(wire.reason, wire.facts, wire.log);
}

/** Any thrown value as one of ours. What we did not foresee becomes `internal`, and says so. */
export function normalise(error: unknown): FaultlineError {
  if (error instanceof FaultlineError) return error;
  if (error instanceof Error && error.name === 'AbortError') return cancelled();
  return new FaultlineError(
    'internal',
    {
      what: t('Something in Faultline failed that it did not foresee'),
      meaning: error instanceof Error ? error.message : String(error),
      remedy: t('Open the log for the details; running it again may help.'),
    },
    error,
  );
}

export function cancelled(): FaultlineError {
  return new FaultlineError('cancelled', { what: t('Stopped') });
}

export function invalid(what: string, remedy?: string): FaultlineError {
  return new FaultlineError('invalid', { what, ...(remedy === undefined ? {} : { remedy }) });
}

/** The error, its stack and all its causes, for the log. */
export function causeChain(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && current !== null && depth < 8; depth++) {
    parts.push(current instanceof Error ? (current.stack ?? `${current.name}: ${current.message}`) : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join('\ncaused by ');
}

function sentence({ what, meaning, remedy }: ErrorFacts): string {
  return [what, meaning, remedy]
    .filter((part) => part !== undefined && part !== '')
    .map((part) => (/[.!?]$/.test(part as string) ? part : `${part}.`))
    .join(' ');
}
