/** The way to a Kafka cluster. What speaks its protocol is loaded at the first use: it is 0.6 MB. */
import type { KafkaAccess, KafkaClient } from './client.ts';

/** Resolves when one broker of `bootstrap` has answered. The client outlives `signal`. */
export async function openKafka(access: KafkaAccess, signal: AbortSignal): Promise<KafkaClient> {
  const { openSession } = await import('./session.ts');
  return openSession(access, signal);
}
