import { FaultlineError } from '../base/errors.ts';
import type { KafkaAccess, KafkaClient } from './client.ts';

export function openSession(access: KafkaAccess, signal: AbortSignal): Promise<KafkaClient> {
  signal.throwIfAborted();
  return Promise.reject(new FaultlineError('unsupported', { what: access.clientId }));
}
