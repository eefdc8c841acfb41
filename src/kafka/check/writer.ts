/** Writes into all partitions in turn at a steady rate, whatever becomes of what was written before (open loop). */
import type { CheckEdges } from './edges.ts';
import type { PartitionWriter } from './partition-writer.ts';

/** Messages that are due within it go out together: a timer for each would cost more than the messages. */
const TICK_MS = 5;

export class Writer {
  readonly #writers: readonly PartitionWriter[];
  readonly #edges: CheckEdges;
  readonly #intervalMs: number;
  readonly #stop = new AbortController();
  #startMs = 0;
  #sent = 0;

  /** `perSecond`: over all partitions. */
  constructor(writers: readonly PartitionWriter[], perSecond: number, edges: CheckEdges) {
    this.#writers = writers;
    this.#intervalMs = 1000 / perSecond;
    this.#edges = edges;
  }

  /** Of a message of the steady rate; absent of sentinels, which come after them. */
  plannedMs(partition: number, sequence: number): number | undefined {
    const nth = sequence * this.#writers.length + partition;
    return nth < this.#sent ? this.#startMs + nth * this.#intervalMs : undefined;
  }

  /** Until `stop`, or until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#edges;
    const both = AbortSignal.any([signal, this.#stop.signal]);
    this.#startMs = clock.monotonicMs();
    while (!both.aborted) {
      const elapsedMs = clock.monotonicMs() - this.#startMs;
      for (; !both.aborted && this.#sent * this.#intervalMs <= elapsedMs; this.#sent++)
        this.#writers[this.#sent % this.#writers.length]?.send(this.#startMs + this.#sent * this.#intervalMs);
      await this.#edges.wait(Math.max(TICK_MS, this.#startMs + this.#sent * this.#intervalMs - clock.monotonicMs()), both);
    }
  }

  /** Nothing more is planned. */
  stop(): void {
    this.#stop.abort();
  }
}
