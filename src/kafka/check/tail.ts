/** Reads all partitions live, for end-to-end times and for what the log held then. It goes on where it was, whatever breaks. */
import { FaultlineError } from '../../base/errors.ts';
import type { KafkaClient } from '../client.ts';
import type { CheckEdges } from './edges.ts';
import type { PartitionCheck } from './judge/partition-check.ts';

const AGAIN_MS = 500;

export interface TailOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly checks: readonly PartitionCheck[];
  readonly edges: CheckEdges;
  readonly plannedMs: (partition: number, sequence: number) => number | undefined;
  readonly onEndToEnd: (ms: number) => void;
}

/** Until the signal aborts. Never fails. */
export async function readLive(options: TailOptions, signal: AbortSignal): Promise<void> {
  const { client, topic, checks, edges } = options;
  const byPartition = new Map(checks.map((check) => [check.partition, check]));
  while (!signal.aborted) {
    const from = new Map(checks.map(({ partition, liveNext }) => [partition, BigInt(liveNext)]));
    try {
      for await (const records of client.consume({ topic, partitions: [...from.keys()], from }, signal)) {
        const seenMs = edges.clock.monotonicMs();
        for (const record of records) {
          const sequence = byPartition.get(record.partition)?.tookLive(record);
          if (sequence !== undefined) tell(options, record.partition, sequence, seenMs);
        }
      }
    } catch (error) {
      if (isBeyondEnd(error)) await goBack(options, signal);
    }
    await edges.wait(AGAIN_MS, signal);
  }
}

/** The reader wants an offset that the log has not: it ended further on before. */
export function isBeyondEnd(error: unknown): boolean {
  return FaultlineError.is(error) && error.facts.code === 'OFFSET_OUT_OF_RANGE';
}

async function goBack({ client, topic, checks }: TailOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(
    checks.map(async (check) => {
      // One of which nobody knows is asked again when the reader fails again.
      const ends = await client.offsets(topic, 'latest', signal, [check.partition]).catch(() => undefined);
      const end = Number(ends?.get(check.partition) ?? check.liveNext);
      if (end < check.liveNext) check.logCutAt(end);
    }),
  );
}

function tell({ edges, plannedMs, onEndToEnd }: TailOptions, partition: number, sequence: number, seenMs: number): void {
  const planned = plannedMs(partition, sequence);
  if (planned === undefined) return;
  onEndToEnd(seenMs - planned);
  edges.onSeen?.({ partition, sequence, plannedMs: planned, seenMs });
}
