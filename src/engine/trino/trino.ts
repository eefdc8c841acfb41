/** Trino and Presto: one client for both, which differ in the prefix of their headers and in few words. */
import { systemClock, type Clock } from '../../base/clock.ts';
import { cancelled, FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../../base/target.ts';
import type { Catalogue, Column, Engine, EngineFacts, EngineId, Plan, PlanNode, QueryEvent, QueryOptions } from '../engine.ts';
import { splitStatements } from '../sql/split.ts';
import { serverTls } from '../tls.ts';
import { planFromAnalyzed } from './analyzed.ts';
import { readCatalogue } from './catalogue.ts';
import { converterOf, PageBatch } from './cells.ts';
import { credentialsOf } from './credentials.ts';
import type { ErrorContext } from './errors.ts';
import { HttpLine } from './http.ts';
import { serverInfo } from './info.ts';
import type { Page } from './page.ts';
import { StatementPager, type StatementOptions } from './pager.ts';
import { planFromJson } from './plan.ts';
import { progressOf } from './progress.ts';
import { headerPrefix, Session } from './session.ts';
import { columnOf } from './signature.ts';

export interface TrinoOptions {
  readonly password?: string;
  /** What the server's own lists of queries show as the source: `faultline`. */
  readonly source: string;
  /** For how long a page is asked for again while the server refuses or can't be reached: 60,000 without. */
  readonly retryForMs?: number;
  /** For how long a stopped query is waited for: 10,000 without. */
  readonly confirmForMs?: number;
  readonly clock?: Clock;
}

/** By which a resource group or an administrator finds what we run. */
const CLIENT_TAGS = ['faultline'];

/** `Engine.close` closes `reached` too. Fails: `unreachable`, `unauthorised`, `invalid` (something else answers there). */
export async function openTrino(target: ServerTarget, reached: ReachedServer, options: TrinoOptions): Promise<Engine> {
  const context: ErrorContext = { engine: target.engine === 'presto' ? 'Presto' : 'Trino', server: target.name };
  const tls = await serverTls(target, reached);
  const line = new HttpLine(reached.url, tls);
  try {
    const prefix = headerPrefix(target.engine);
    const credentials = await credentialsOf(target.user, options.password);
    const version = await serverInfo(line, { [`${prefix}User`]: target.user, ...credentials.headers }, context);
    checkEngine(target, version);
    const session = new Session(prefix, {
      user: target.user,
      source: options.source,
      clientTags: CLIENT_TAGS,
      ...(target.catalog === undefined ? {} : { catalog: target.catalog }),
      ...(target.schema === undefined ? {} : { schema: target.schema }),
    });
    // Its package is loaded while nothing waits for it: a stop should not.
    const client = credentials.client(reached.url, options.source, `${prefix}User`, tls);
    client.catch(() => undefined);
    const pager = new StatementPager({
      line,
      session,
      credentials: credentials.headers,
      openClient: () => client,
      context,
      clock: options.clock ?? systemClock,
      retryForMs: options.retryForMs ?? 60_000,
      confirmForMs: options.confirmForMs ?? 10_000,
    });
    const facts: EngineFacts = {
      engine: target.engine,
      title: `${context.engine} ${version}`,
      target: target.name,
      version,
      path: reached.path,
    };
    return new TrinoEngine(facts, context, pager, session, async () => {
      line.close();
      await reached.close();
    });
  } catch (error) {
    line.close();
    throw error;
  }
}

/** Presto counts 0.x; what is called Trino today had Presto's headers up to version 350. Other forms of a version say nothing. */
function checkEngine({ engine, name }: ServerTarget, version: string): void {
  const number = Number(/^\d+/.exec(version)?.[0]);
  const presto = number < 351;
  if (Number.isNaN(number) || presto === (engine === 'presto')) return;
  const [is, chosen] = presto ? ['Presto', 'Trino'] : ['Trino', 'Presto'];
  throw invalid(t('At {0} is {1} {2}, not {3}', name, is, version, chosen), t('Choose {0} as the engine of the connection.', is));
}

class TrinoEngine implements Engine {
  readonly facts: EngineFacts;
  readonly #context: ErrorContext;
  readonly #pager: StatementPager;
  readonly #session: Session;
  readonly #letGo: () => Promise<void>;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(facts: EngineFacts, context: ErrorContext, pager: StatementPager, session: Session, letGo: () => Promise<void>) {
    this.facts = facts;
    this.#context = context;
    this.#pager = pager;
    this.#session = session;
    this.#letGo = letGo;
  }

  async *query(sql: string, options: QueryOptions, outer: AbortSignal): AsyncGenerator<QueryEvent, void, undefined> {
    yield* this.#events(statementOf(sql, this.facts.engine), options, outer);
  }

  async explain(sql: string, options: { readonly analyze: boolean }, outer: AbortSignal): Promise<Plan> {
    const statement = statementOf(sql, this.facts.engine);
    if (!options.analyze) {
      const json = await this.#text(`EXPLAIN (TYPE DISTRIBUTED, FORMAT JSON) `, statement, outer);
      const text = await this.#text('EXPLAIN (TYPE DISTRIBUTED) ', statement, outer);
      return { analyzed: false, root: planFromJson(json.text) ?? withoutTree(text.text), text: text.text };
    }
    const { text, elapsedMs } = await this.#text('EXPLAIN ANALYZE ', statement, outer);
    return {
      analyzed: true,
      root: planFromAnalyzed(text) ?? withoutTree(text),
      ...(elapsedMs === undefined ? {} : { totalMs: elapsedMs }),
      text,
    };
  }

  async catalogue(outer: AbortSignal): Promise<Catalogue> {
    const { catalog, schema } = this.#session;
    const scope = { ...(catalog === undefined ? {} : { catalog }), ...(schema === undefined ? {} : { schema }) };
    return readCatalogue((sql, signal) => this.#rows(sql, signal, { alone: true }), scope, outer);
  }

  /** Stops what runs, waits for its end, and closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
    await this.#letGo();
  }

  async *#events(
    sql: string,
    { progressEveryMs }: QueryOptions,
    outer: AbortSignal,
    options?: StatementOptions,
  ): AsyncGenerator<QueryEvent, void, undefined> {
    const done = this.#count();
    try {
      let convert: ReturnType<typeof converterOf> | undefined;
      let isUpdate = false;
      let started = false;
      let toldAt = -Infinity;
      let last: Page | undefined;
      for await (const page of this.#pager.pages(sql, AbortSignal.any([outer, this.#closing.signal]), options)) {
        last = page;
        if (!started) yield { kind: 'started', queryId: page.id };
        started = true;
        if (progressEveryMs !== undefined && performance.now() - toldAt >= progressEveryMs) {
          toldAt = performance.now();
          yield progressOf(page);
        }
        // What such a statement "returns" is a count, or Presto's `true`.
        isUpdate ||= page.updateType !== undefined;
        if (isUpdate) continue;
        if (convert === undefined && page.columns !== undefined) {
          const columns = page.columns.map(({ name, type }): Column => columnOf(name, type));
          convert = converterOf(columns);
          yield { kind: 'columns', columns };
        }
        if (convert !== undefined && page.data !== undefined && page.data.length > 0)
          yield { kind: 'rows', batch: new PageBatch(page.data, convert) };
      }
      yield finished(last, isUpdate);
    } finally {
      done();
    }
  }

  async #rows(
    sql: string,
    signal: AbortSignal,
    options: StatementOptions,
  ): Promise<{ readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }> {
    const rows: (readonly (string | null)[])[] = [];
    let columns: readonly string[] = [];
    for await (const event of this.#events(sql, {}, signal, options)) {
      if (event.kind === 'columns') columns = event.columns.map(({ name }) => name);
      if (event.kind !== 'rows') continue;
      for (const row of event.batch.rows()) rows.push(row.map((cell) => (typeof cell === 'string' ? cell : null)));
    }
    return { columns, rows };
  }

  async #text(prefix: string, sql: string, outer: AbortSignal): Promise<{ readonly text: string; readonly elapsedMs?: number }> {
    const done = this.#count();
    try {
      let text: string | undefined;
      let elapsedMs: number | undefined;
      const signal = AbortSignal.any([outer, this.#closing.signal]);
      for await (const page of this.#pager.pages(`${prefix}${sql}`, signal, { prefixLength: prefix.length, person: sql })) {
        elapsedMs = page.stats?.elapsedTimeMillis ?? elapsedMs;
        const [value] = page.data?.[0] ?? [];
        if (typeof value === 'string') text = value;
      }
      if (text === undefined) throw new FaultlineError('engine', { what: t('{0} has no plan for this statement', this.#context.engine) });
      return { text, ...(elapsedMs === undefined ? {} : { elapsedMs }) };
    } finally {
      done();
    }
  }

  #count(): () => void {
    if (this.#closing.signal.aborted) throw cancelled();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    return () => {
      this.#running.delete(promise);
      resolve();
    };
  }
}

function finished(last: Page | undefined, isUpdate: boolean): QueryEvent {
  const count = last?.updateCount;
  return { kind: 'finished', ...(isUpdate && count !== undefined ? { changedRows: Number(count) } : {}) };
}

function withoutTree(text: string): PlanNode {
  return { operator: text.trim().split('\n')[0] ?? '', detail: '', children: [] };
}

/**
 * The protocol takes one statement without its semicolon; what stands before it stays, for the positions of errors. Fails with `invalid`
 * when there is none.
 */
function statementOf(sql: string, engine: EngineId): string {
  const last = splitStatements(sql, engine).at(-1);
  if (last === undefined) throw invalid(t('There is no statement to run'));
  return sql.slice(0, last.end);
}
