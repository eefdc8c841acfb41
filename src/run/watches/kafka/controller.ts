/** Who controls a Kafka cluster, asked of one broker after the other: one that has lost its controller does not answer, and others may. */
import { FaultlineError, normalise } from '../../../base/errors.ts';
import { unlessAborted } from '../../../cluster/act/signal.ts';
import type { KafkaLine, LineEdges } from './lines.ts';

export interface ControllerNow {
  /** Node id; `null`: nobody says who. */
  readonly node: number | null;
  readonly epoch?: number;
}

export interface ControllerParts {
  /** A connection of its own: a broker answers one question of a connection after the other, and this one may take long. */
  readonly line: (pod: string) => KafkaLine;
  readonly pods: () => readonly string[];
  readonly edges: LineEdges;
  readonly everyMs: number;
  readonly nowMs: () => number;
  /** When any broker answered anything. */
  readonly heardMs: () => number | undefined;
  readonly changed: (now: ControllerNow) => void;
}

/** Brokers answer, and none of them says who controls. */
const nobodyAfterMs = 1000;

export class ControllerWatch {
  readonly #parts: ControllerParts;
  readonly #life = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #line: { readonly pod: string; readonly line: KafkaLine } | undefined;
  #at = 0;
  #now: ControllerNow | undefined;
  #toldMs = 0;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  get node(): number | null {
    return this.#now?.node ?? null;
  }

  /** Resolves when it is known, or known not to be said. */
  async begin(signal: AbortSignal): Promise<void> {
    this.#toldMs = this.#parts.nowMs();
    void this.#run();
    await unlessAborted(this.#first.promise, signal);
  }

  dispose(): void {
    this.#life.abort();
    this.#line?.line.dispose();
    this.#first.resolve();
  }

  async #run(): Promise<void> {
    const { edges, everyMs } = this.#parts;
    const { signal } = this.#life;
    while (!signal.aborted) {
      const begunMs = edges.monotonicMs();
      const failure = await this.#ask();
      // Without KRaft there is no quorum to be asked.
      if (FaultlineError.is(failure, 'unsupported')) return this.#first.resolve();
      try {
        await edges.pause(Math.max(10, everyMs - (edges.monotonicMs() - begunMs)), signal);
      } catch {
        return;
      }
    }
  }

  async #ask(): Promise<FaultlineError | undefined> {
    const pods = this.#parts.pods();
    const pod = this.#line?.pod ?? pods[this.#at % Math.max(1, pods.length)];
    if (pod === undefined) return undefined;
    this.#line ??= { pod, line: this.#parts.line(pod) };
    try {
      const { leaderId, leaderEpoch } = await this.#line.line.once((client, signal) => client.quorum(signal));
      if (this.#life.signal.aborted) return undefined;
      this.#toldMs = this.#parts.nowMs();
      this.#tell({ node: leaderId < 0 ? null : leaderId, epoch: leaderEpoch });
      return undefined;
    } catch (error) {
      this.#line?.line.dispose();
      this.#line = undefined;
      this.#at++;
      if (this.#life.signal.aborted) return undefined;
      const { nowMs, heardMs } = this.#parts;
      const isOthersHeard = nowMs() - (heardMs() ?? -Infinity) < nobodyAfterMs;
      if (isOthersHeard && this.#at >= pods.length && nowMs() - this.#toldMs > nobodyAfterMs) this.#tell({ node: null });
      return normalise(error);
    }
  }

  #tell(now: ControllerNow): void {
    const before = this.#now;
    this.#now = now;
    this.#first.resolve();
    const isSame = before !== undefined && before.node === now.node && (now.node === null || before.epoch === now.epoch);
    if (!isSame) this.#parts.changed(now);
  }
}
