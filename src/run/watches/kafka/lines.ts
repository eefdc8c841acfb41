/** One broker asked again and again, over a connection of its own: one that does not answer holds up nobody. */
import { normalise, type FaultlineError } from '../../../base/errors.ts';
import type { KafkaAccess, KafkaClient } from '../../../kafka/client.ts';

export interface LineEdges {
  readonly open: (access: KafkaAccess, signal: AbortSignal) => Promise<KafkaClient>;
  /** Fails with `cancelled` when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly monotonicMs: () => number;
}

export interface LineTimes {
  /** From question to question. */
  readonly everyMs: number;
  /** Of one answer, and of one connection. */
  readonly limitMs: number;
}

export class KafkaLine {
  readonly #access: KafkaAccess;
  readonly #edges: LineEdges;
  readonly #times: LineTimes;
  readonly #life = new AbortController();
  #client: KafkaClient | undefined;

  constructor(access: KafkaAccess, edges: LineEdges, times: LineTimes) {
    this.#access = { ...access, connectTimeoutMs: times.limitMs, requestTimeoutMs: times.limitMs };
    this.#edges = edges;
    this.#times = times;
  }

  /** Asks until it is disposed. `ask` is given a signal that aborts when the answer is too late. */
  follow(ask: (client: KafkaClient, signal: AbortSignal) => Promise<void>, failed: (error: FaultlineError) => void): void {
    void this.#run(ask, failed);
  }

  /** Once. Fails as the client does; the connection is made anew after a failure. */
  async once<T>(ask: (client: KafkaClient, signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const late = AbortSignal.timeout(this.#times.limitMs * 2);
    const limit = AbortSignal.any([this.#life.signal, late, ...(signal === undefined ? [] : [signal])]);
    try {
      this.#client ??= await this.#edges.open(this.#access, limit);
      return await ask(this.#client, limit);
    } catch (error) {
      this.#leave();
      throw normalise(error);
    } finally {
      if (this.#life.signal.aborted) this.#leave();
    }
  }

  dispose(): void {
    this.#life.abort();
    this.#leave();
  }

  async #run(ask: (client: KafkaClient, signal: AbortSignal) => Promise<void>, failed: (error: FaultlineError) => void): Promise<void> {
    const { monotonicMs, pause } = this.#edges;
    while (!this.#life.signal.aborted) {
      const begunMs = monotonicMs();
      try {
        await this.once(ask);
      } catch (error) {
        if (!this.#life.signal.aborted) failed(normalise(error));
      }
      try {
        await pause(Math.max(10, this.#times.everyMs - (monotonicMs() - begunMs)), this.#life.signal);
      } catch {
        return;
      }
    }
  }

  /** Nobody waits for an end. */
  #leave(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.close().catch(() => undefined);
  }
}
