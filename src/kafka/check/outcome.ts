/** What a failure of the producer says about its message. Decided by reason and Kafka's code. */
import { FaultlineError } from '../../base/errors.ts';
import type { ErrorReason } from '../../base/errors.ts';
import { MAYBE_WRITTEN } from '../errors.ts';

/**
 * `failed`: never sent, or every attempt was definitely refused. All else is `unknown`: it may be there, or come yet. The producer tries
 * again by itself and keeps in mind when the answer to any attempt was lost or leaves doubt: `MAYBE_WRITTEN`. Of what it does not put in
 * doubt only refusals count that Kafka decides on before it appends, so that a code we have not heard of is never taken for one.
 */
export function outcomeOf(error: unknown): 'failed' | 'unknown' {
  if (!FaultlineError.is(error)) return 'unknown';
  const { code } = error.facts;
  if (code === MAYBE_WRITTEN) return 'unknown';
  if (NEVER_SENT.has(error.reason)) return 'failed';
  return code !== undefined && isRefusal(code) ? 'failed' : 'unknown';
}

/**
 * The producer can't go on: its login, its right to write or its place in Kafka's count is gone. A message that was late, was taken back
 * or found nobody to go to says nothing about the next.
 */
export function endsProducer(error: unknown): boolean {
  return !FaultlineError.is(error) || !PASSING.has(error.reason);
}

/** `timedOut` without doubt: no attempt was made, or all that were made were refused. `cancelled`: taken back before it was sent. */
const NEVER_SENT: ReadonlySet<ErrorReason> = new Set(['timedOut', 'cancelled', 'unauthorised', 'unreachable', 'notFound', 'unsupported']);
const PASSING: ReadonlySet<ErrorReason> = new Set(['timedOut', 'cancelled', 'unreachable', 'notFound']);

function isRefusal(code: string): boolean {
  return REFUSALS.has(code) || code.endsWith('_AUTHORIZATION_FAILED') || code.startsWith('SASL_');
}

/** Checked before anything is appended (ReplicaManager.appendRecords, UnifiedLog.append, ProducerAppendInfo). */
const REFUSALS: ReadonlySet<string> = new Set([
  'NOT_ENOUGH_REPLICAS',
  'LEADER_NOT_AVAILABLE',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'CORRUPT_MESSAGE',
  'INVALID_TIMESTAMP',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TOPIC_EXCEPTION',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
]);
