/**
 * This window's query host: what it has opened, what it told, and when it went. The process itself starts with the first call.
 * No `vscode` import.
 */
import { normalise } from '../../base/errors.ts';
import { engineNames } from '../../base/target.ts';
import type { EngineFacts, EngineTarget } from '../../engine/engine.ts';
import type { QueryHost, QueryHostOptions } from '../../query/host/client.ts';
import type { QueryHostApi, RunProgress } from '../../query/host/protocol.ts';
import { Signal } from '../signal.ts';
import { engineOf, targetKey } from '../../engine/target.ts';

export type MakeQueryHost = (listeners: Pick<QueryHostOptions, 'onProgress' | 'onExit'>) => QueryHost;

/** By the name of the secret. */
export type PasswordOf = (secret: string) => Promise<string | undefined>;

export class QueryLink {
  readonly #host: QueryHost;
  readonly #passwordOf: PasswordOf;
  readonly #facts = new Map<string, EngineFacts>();
  /** Keys of the targets that the running query host has open. */
  readonly #open = new Set<string>();
  #problem: string | undefined;

  readonly api: QueryHostApi;
  readonly progress = new Signal<RunProgress>();
  /** The process ended and took all rows along. */
  readonly ended = new Signal<{ readonly expected: boolean }>();
  readonly factsChanged = new Signal();

  constructor(make: MakeQueryHost, passwordOf: PasswordOf) {
    this.#passwordOf = passwordOf;
    this.#host = make({
      onProgress: (event) => this.progress.fire(event),
      onExit: (expected) => {
        this.#open.clear();
        this.ended.fire({ expected });
      },
    });
    const { run, stop, explain, catalogue, compare, info, window, cell, setView, summary, distinct, copy, release } = this.#host;
    const { exportResult, exportStatement } = this.#host;
    const rows = { info, window, cell, setView, summary, distinct, copy, exportResult, release };
    this.api = { open: (target) => this.#openTarget(target), run, stop, explain, catalogue, compare, exportStatement, ...rows };
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#host.pid;
  }

  /** What was said when the target was opened last. */
  factsOf(target: EngineTarget): EngineFacts | undefined {
    return this.#facts.get(targetKey(target));
  }

  /** Whether the running query host holds the target's files. */
  hasOpen(target: EngineTarget): boolean {
    return this.#open.has(targetKey(target));
  }

  /** Why the embedded engine can't be used on this machine, once that was seen. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** "DuckDB 1.5.5" once it is known. */
  engineTitle(target: EngineTarget): string {
    const engine = engineOf(target);
    // The embedded engine is the same one for all of its targets.
    const known = engine === 'duckdb' ? [...this.#facts.values()].find((facts) => facts.engine === engine) : this.factsOf(target);
    return known?.title ?? engineNames[engine];
  }

  /** Ends the process; the next call starts another one, with the settings of then. */
  end(): Promise<void> {
    return this.#host.end();
  }

  /** Ends the process for good. */
  dispose(): Promise<void> {
    return this.#host.dispose();
  }

  async #openTarget(target: EngineTarget): Promise<EngineFacts> {
    const key = targetKey(target);
    try {
      const password = target.kind === 'server' && target.secret !== undefined ? await this.#passwordOf(target.secret) : undefined;
      const facts = await (password === undefined ? this.#host.open(target) : this.#host.open(target, password));
      const isNews = this.#facts.get(key)?.title !== facts.title || this.#problem !== undefined;
      this.#facts.set(key, facts);
      this.#open.add(key);
      this.#problem = undefined;
      if (isNews) this.factsChanged.fire();
      return facts;
    } catch (error) {
      const known = normalise(error);
      // Of a person's own file the same reason speaks of the file, not of the engine.
      if (known.reason === 'unsupported' && target.kind === 'tpch') {
        this.#problem = known.facts.what;
        this.factsChanged.fire();
      }
      throw error;
    }
  }
}
