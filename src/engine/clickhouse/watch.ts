/** Asks the server now and then about a statement: for its progress, and whether it still has it when nothing comes. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Disposable } from '../../base/disposables.ts';
import type { QueryEvent } from '../engine.ts';
import type { ClickHouseHttp } from './http.ts';
import { lookAt } from './processes.ts';

export type Progress = Extract<QueryEvent, { readonly kind: 'progress' }>;

export interface WatchOptions {
  readonly http: ClickHouseHttp;
  readonly queryId: string;
  readonly target: string;
  /** Without it nobody wants progress, and the server is asked rarely. */
  readonly progressEveryMs?: number;
  readonly nowMs: () => number;
  readonly ring: () => void;
  readonly watchEveryMs?: number;
  readonly silenceMs?: number;
}

const watchEveryMs = 10_000;
/** A statement that its server has lost, or a server that is gone, is given up after so long without a byte. */
const silenceMs = 30_000;
const misses = 3;

export class Watch implements Disposable {
  readonly #options: WatchOptions;
  readonly #life = new AbortController();
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #progress: Progress | undefined;
  #heardMs: number;
  #missed = 0;
  /** Where it was seen running. */
  #server: string | undefined;
  /** Set once: why the statement is given up. */
  lost: FaultlineError | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#heardMs = options.nowMs();
    this.#everyMs = options.progressEveryMs === undefined ? (options.watchEveryMs ?? watchEveryMs) : Math.max(50, options.progressEveryMs);
    this.#next();
  }

  get server(): string | undefined {
    return this.#server;
  }

  /** Something of the answer came. */
  heard(): void {
    this.#heardMs = this.#options.nowMs();
    this.#missed = 0;
  }

  takeProgress(): Progress | undefined {
    const taken = this.#progress;
    this.#progress = undefined;
    return taken;
  }

  dispose(): void {
    this.#life.abort();
    clearTimeout(this.#timer);
  }

  #next(): void {
    if (!this.#life.signal.aborted) this.#timer = setTimeout(() => void this.#look(), this.#everyMs);
  }

  async #look(): Promise<void> {
    const { http, queryId, ring, progressEveryMs } = this.#options;
    const { signal } = this.#life;
    try {
      const seen = await lookAt(http, queryId, signal);
      if (signal.aborted) return;
      if (seen.rowsRead === undefined) {
        if (this.#server !== undefined && this.#server === seen.server)
          this.#miss(t('The server no longer runs the statement, and its answer has not come'));
      } else {
        this.#missed = 0;
        this.#server = seen.server;
        if (progressEveryMs !== undefined) {
          const { rowsRead, bytesRead, rowsTotal } = seen;
          const fraction = rowsTotal > 0 ? { fraction: Math.min(1, rowsRead / rowsTotal) } : {};
          this.#progress = { kind: 'progress', ...fraction, rowsRead, bytesRead };
          ring();
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      // What refuses to be asked (no right to read system.processes) says nothing about the statement.
      if (FaultlineError.is(error, 'unreachable') || FaultlineError.is(error, 'timedOut')) this.#miss(error.facts.what);
    }
    this.#next();
  }

  #miss(why: string): void {
    const { nowMs, target, ring } = this.#options;
    this.#missed++;
    if (this.#missed < misses || nowMs() - this.#heardMs < (this.#options.silenceMs ?? silenceMs)) return;
    this.lost = new FaultlineError('unreachable', {
      what: t('The connection to ClickHouse on {0} was lost', target),
      meaning: why,
      remedy: t('Check that the server runs and can be reached from here, then run the statement again.'),
    });
    ring();
  }
}
