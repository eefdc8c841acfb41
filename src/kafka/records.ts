/** Messages as the library writes them. */
import type { MessageRecord } from '@platformatic/kafka';
import type { KafkaMessage } from './client.ts';

/** What Kafka adds to a record, at most. */
const HEADER_BYTES = 64;

export function recordOf({ topic, key, value, headers, timestampMs }: KafkaMessage, partition: number): MessageRecord {
  return {
    topic,
    partition,
    ...(key === undefined ? {} : { key: bytesOf(key) }),
    // The library's types know no tombstone; what it writes does.
    value: (value === null ? null : bytesOf(value)) as Buffer,
    headers: new Map(Object.entries(headers ?? {}).map(([name, text]) => [Buffer.from(name), bytesOf(text)])),
    timestamp: BigInt(Math.round(timestampMs ?? Date.now())),
  };
}

export function bytesOf(text: string | Uint8Array): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.buffer, text.byteOffset, text.byteLength);
}

export function sizeOf({ key, value, headers }: MessageRecord): number {
  let sizeBytes = HEADER_BYTES + (key?.length ?? 0) + ((value as Buffer | null)?.length ?? 0);
  for (const [name, text] of headers ?? []) sizeBytes += name.length + text.length;
  return sizeBytes;
}
