/** What the query host does for the extension host: one method a call of its protocol. */
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { invalid, normalise, toWire } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Catalogue, Cell, Engine, EngineFacts, EngineTarget, Plan } from '../../engine/engine.ts';
import { targetKey } from '../../engine/target.ts';
import type { ColumnSummary, DistinctValues, ResultId, ResultInfo, ResultWindow } from '../results.ts';
import { ResultStore } from '../store/store.ts';
import type { FreeBytes } from '../store/disk.ts';
import { compareSides, keepDifferences } from './compare.ts';
import type { CompareEnd, CompareRequest, QueryHostApi, QueryHostSettings, RunEnd, RunProgress, RunRequest } from './protocol.ts';
import { runStatement } from './run.ts';

export interface ServiceDependencies {
  readonly settings: QueryHostSettings;
  readonly clock: Clock;
  readonly openEngine: (target: EngineTarget, passwordOf: (secret: string) => string | undefined, signal: AbortSignal) => Promise<Engine>;
  readonly freeBytes: FreeBytes;
  readonly progress: (event: RunProgress) => void;
  readonly collect: () => void;
}

/** Sorting and reading results; the engine has its own, larger share. */
const storeMemoryBytes = 256e6;

type Api = QueryHostApi;
type Request<M extends keyof Api> = Parameters<Api[M]>[0];

export class QueryService implements QueryHostApi {
  readonly #dependencies: ServiceDependencies;
  readonly #store: ResultStore;
  readonly #engines = new Map<string, Promise<Engine>>();
  /** By the name of the secret. */
  readonly #passwords = new Map<string, string>();
  readonly #closing = new AbortController();
  readonly #running = new Map<string, { readonly abort: AbortController; readonly ended: Promise<unknown> }>();

  constructor(dependencies: ServiceDependencies) {
    this.#dependencies = dependencies;
    const { settings, freeBytes, clock } = dependencies;
    this.#store = new ResultStore({ folder: settings.storeFolder, memoryLimitBytes: storeMemoryBytes, freeBytes }, clock);
  }

  async open(target: EngineTarget, password?: string): Promise<EngineFacts> {
    if (target.kind === 'server' && target.secret !== undefined && password !== undefined) this.#remember(target.secret, password);
    return (await this.#engine(target)).facts;
  }

  run({ runId, target, sql }: RunRequest): Promise<RunEnd> {
    const startedAt = this.#dependencies.clock.monotonicMs();
    const { settings, clock, progress, collect } = this.#dependencies;
    return this.#track(runId, (abort) =>
      runStatement(() => this.#engine(target), { runId, sql, startedAt }, abort, {
        store: this.#store,
        clock,
        maxRows: settings.maxRows,
        progress,
        collect,
      }),
    );
  }

  async stop(runId: string): Promise<boolean> {
    const running = this.#running.get(runId);
    if (running === undefined) return false;
    running.abort.abort();
    await running.ended;
    return true;
  }

  explain({ runId, target, sql, analyze }: Request<'explain'>): Promise<Plan> {
    return this.#track(runId, async (abort) => (await this.#engine(target)).explain(sql, { analyze }, abort.signal));
  }

  async catalogue(target: EngineTarget): Promise<Catalogue> {
    return (await this.#engine(target)).catalogue(new AbortController().signal);
  }

  async info(result: ResultId): Promise<ResultInfo> {
    return this.#store.get(result).info();
  }

  async window({ result, offset, limit }: Request<'window'>): Promise<ResultWindow> {
    return this.#store.get(result).window(offset, limit);
  }

  async cell({ result, row, column }: Request<'cell'>): Promise<Cell> {
    return this.#store.get(result).cell(row, column);
  }

  async setView({ result, view }: Request<'setView'>): Promise<ResultInfo> {
    return this.#store.get(result).setView(view);
  }

  async summary({ result, range }: Request<'summary'>): Promise<readonly ColumnSummary[]> {
    return this.#store.summary(result, range);
  }

  async distinct({ result, column, search, limit }: Request<'distinct'>): Promise<DistinctValues> {
    return this.#store.distinct(result, column, search, limit);
  }

  async copy({ result, range, headers }: Request<'copy'>): Promise<string> {
    return this.#store.copy(result, range, headers);
  }

  exportResult({ runId, result, format, path }: Request<'exportResult'>): Promise<{ rows: number; sizeBytes: number }> {
    return this.#track(runId, (abort) => this.#store.export(result, { format, path }, abort.signal));
  }

  exportStatement({ runId, target, sql, format, path }: Request<'exportStatement'>): Promise<{ rows: number; sizeBytes: number }> {
    return this.#track(runId, async (abort) => {
      const engine = await this.#engine(target);
      const events = engine.query(sql, {}, abort.signal);
      return this.#store.exportEvents(this.#collecting(events), { format, path }, abort.signal);
    });
  }

  /** Never rejects for what an engine says. */
  compare({ runId, a, b }: CompareRequest): Promise<CompareEnd> {
    const { clock } = this.#dependencies;
    const startedAt = clock.monotonicMs();
    return this.#track(runId, async ({ signal }) => {
      try {
        const [one, two] = await Promise.all([this.#engine(a.target), this.#engine(b.target)]);
        const found = await compareSides({ engine: one, sql: a.sql }, { engine: two, sql: b.sql }, signal);
        const [first, second] = titlesOf(one, two);
        const result = await keepDifferences(this.#store, found.differences, first, second);
        const { rowsA, rowsB, equalRows, shape, differences } = found;
        const comparison = { rowsA, rowsB, equalRows, differences: differences.length, ...(shape === undefined ? {} : { shape }) };
        return { outcome: 'done', durationMs: clock.monotonicMs() - startedAt, result: result.info(), comparison };
      } catch (error) {
        const known = normalise(error);
        const durationMs = clock.monotonicMs() - startedAt;
        return known.reason === 'cancelled'
          ? { outcome: 'cancelled', durationMs }
          : { outcome: 'failed', durationMs, error: toWire(known) };
      }
    });
  }

  release(result: ResultId): Promise<void> {
    return this.#store.release(result);
  }

  /** Stops everything, closes the engines and removes the results. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.allSettled([...this.#running.values()].map(({ ended }) => ended));
    for (const opening of this.#engines.values()) await opening.then((engine) => engine.close()).catch(() => undefined);
    await this.#store.close();
  }

  /** A password that was changed needs a new connection. */
  #remember(secret: string, password: string): void {
    if (this.#passwords.get(secret) === password) return;
    this.#passwords.set(secret, password);
    for (const [key, opening] of this.#engines) {
      if (!key.includes(JSON.stringify(secret))) continue;
      this.#engines.delete(key);
      opening.then((engine) => engine.close()).catch(() => undefined);
    }
  }

  #engine(target: EngineTarget): Promise<Engine> {
    const key = targetKey(target);
    let opening = this.#engines.get(key);
    if (opening === undefined) {
      opening = this.#dependencies.openEngine(target, (secret) => this.#passwords.get(secret), this.#closing.signal);
      this.#engines.set(key, opening);
      // A target that could not be opened may be there the next time.
      opening.catch(() => this.#engines.delete(key));
    }
    return opening;
  }

  async #track<T>(runId: string, work: (abort: AbortController) => Promise<T>): Promise<T> {
    if (this.#running.has(runId)) throw invalid(t('This run is already under way'));
    const abort = new AbortController();
    const ended = work(abort);
    this.#running.set(runId, { abort, ended: ended.catch(() => undefined) });
    try {
      return await ended;
    } finally {
      this.#running.delete(runId);
    }
  }

  async *#collecting<T>(events: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    let count = 0;
    for await (const event of events) {
      yield event;
      count++;
      if (count % 64 === 0) this.#dependencies.collect();
      if (count % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** "Trino 476", "ClickHouse 26.7"; of the same engine twice with what each runs on. */
function titlesOf({ facts: a }: Engine, { facts: b }: Engine): readonly [string, string] {
  return a.title === b.title ? [`${a.title}, ${a.target}`, `${b.title}, ${b.target}`] : [a.title, b.title];
}

/** The API as a plain object: only its own functions can be called from the other process. */
export function apiOf(service: QueryService): QueryHostApi {
  return {
    open: (target, password) => service.open(target, password),
    run: (request) => service.run(request),
    stop: (runId) => service.stop(runId),
    explain: (request) => service.explain(request),
    catalogue: (target) => service.catalogue(target),
    info: (result) => service.info(result),
    window: (request) => service.window(request),
    cell: (request) => service.cell(request),
    setView: (request) => service.setView(request),
    summary: (request) => service.summary(request),
    distinct: (request) => service.distinct(request),
    copy: (request) => service.copy(request),
    exportResult: (request) => service.exportResult(request),
    exportStatement: (request) => service.exportStatement(request),
    compare: (request) => service.compare(request),
    release: (result) => service.release(result),
  };
}

export function scratchFolder(settings: QueryHostSettings): string {
  return join(settings.storeFolder, 'spill-engine');
}
