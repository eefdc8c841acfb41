/** Whether the cluster is heard: what is broken and not seen any more is healed. */
import type { Disposable } from '../../../base/disposables.ts';
import { normalise } from '../../../base/errors.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';

export interface Heard {
  /** Whose word it was: "vantage fresh". */
  readonly who: string;
  /** ms of the run. */
  readonly heardMs: number;
}

const everyMs = 1000;
const withinMs = 3000;

/** Asks the API once a second. An answer that refuses is one. */
export class ApiHearing implements Disposable {
  readonly #connection: ClusterConnection;
  readonly #nowMs: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #life = new AbortController();
  #heardMs: number;
  #isAsking = false;

  constructor(connection: ClusterConnection, nowMs: () => number) {
    this.#connection = connection;
    this.#nowMs = nowMs;
    this.#heardMs = nowMs();
    this.#timer = setInterval(() => void this.#ask(), everyMs);
  }

  /** ms of the run. */
  get heardMs(): number {
    return this.#heardMs;
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#life.abort();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(withinMs)]);
      await this.#connection.request({ path: '/version', signal });
      this.#heardMs = this.#nowMs();
    } catch (error) {
      const { reason } = normalise(error);
      if (reason === 'forbidden' || reason === 'notFound') this.#heardMs = this.#nowMs();
    } finally {
      this.#isAsking = false;
    }
  }
}
