/**
 * The embedded engine: DuckDB in this process, on a read-only target, with an in-memory database in front of it for a person's own
 * tables. Only the query host, the runner and the terminal load it: a native crash then ends a statement and not the editor.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { cancelled, FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { targetTitle } from '../../base/target.ts';
import { formatBytes } from '../../base/units.ts';
import type { Catalogue, EmbeddedTarget, Engine, EngineFacts, Plan, QueryEvent, QueryOptions } from '../engine.ts';
import { loadDuckDb } from './api.ts';
import { readCatalogue } from './catalogue.ts';
import { engineError, unexplainedError, type ErrorContext } from './errors.ts';
import { explainStatement } from './explain.ts';
import { interruptOnAbort } from './interrupt.ts';
import { Sessions, type Session } from './sessions.ts';
import { databaseSettings, lockAccess, memoryLimit, quoteText, type DuckDbOptions } from './settings.ts';
import { BrokenStream, runStatement } from './statement.ts';
import { globSafe, openTarget } from './targets.ts';

export type { DuckDbOptions };

/** Without a target: what the engine knows by itself. Fails: `unsupported` (no binding), `notFound`, `forbidden`, `invalid` (no such kind of file, or not readable as one). */
export async function openDuckDb(target: EmbeddedTarget | undefined, options: DuckDbOptions): Promise<Engine> {
  const { DuckDBInstance: Instance, version } = await loadDuckDb();
  // DuckDB makes the last folder of the path only. One that can't be made is said by the statement that needs it.
  await mkdir(options.tempFolder, { recursive: true, mode: 0o700 }).catch(() => undefined);
  // It names its files without the engine's own name: two engines in one folder would read each other's rows.
  const tempFolder = join(options.tempFolder, randomUUID().slice(0, 8));
  const instance = await Instance.create(':memory:', databaseSettings({ ...options, tempFolder }));
  try {
    const connection = await instance.connect();
    await loadTpch(connection, options.extensionFolder);
    const searchPath = target === undefined ? 'memory.main' : await openTarget(connection, target);
    if (!options.externalAccess) await lockAccess(connection, target?.kind === 'file' ? [target.path, globSafe(target.path)] : []);
    const threads = await numberOf(connection, "SELECT current_setting('threads')");
    connection.closeSync();
    const facts: EngineFacts = {
      engine: 'duckdb',
      title: `DuckDB ${version().replace(/^v/, '')}`,
      target: target === undefined ? '' : targetTitle(target),
      version: version().replace(/^v/, ''),
      threads,
      memoryLimitBytes: memoryLimit(options.memoryLimitBytes),
    };
    return new DuckDb(instance, searchPath, facts, options);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

class DuckDb implements Engine {
  readonly facts: EngineFacts;
  readonly #instance: DuckDBInstance;
  readonly #sessions: Sessions;
  readonly #context: ErrorContext;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(instance: DuckDBInstance, searchPath: string, facts: EngineFacts, options: DuckDbOptions) {
    this.facts = facts;
    this.#instance = instance;
    this.#context = {
      target: facts.target,
      memoryLimit: formatBytes(memoryLimit(options.memoryLimitBytes)),
      externalAccess: options.externalAccess,
    };
    const open = async (): Promise<DuckDBConnection> => {
      const connection = await instance.connect();
      await connection.run(`SET search_path = ${quoteText(searchPath)}`);
      // Nothing is printed, and the figures are kept from the first moment on.
      await connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false; SET progress_bar_time = 0');
      return connection;
    };
    this.#sessions = new Sessions(open, { keep: options.keepConnections ?? false });
  }

  async *query(sql: string, options: QueryOptions, outer: AbortSignal): AsyncGenerator<QueryEvent, void, undefined> {
    if (isBlank(sql)) throw invalid(t('There is no statement to run'));
    const signal = AbortSignal.any([outer, this.#closing.signal]);
    if (signal.aborted) throw cancelled();
    const done = this.#count();
    const lease = await this.#sessions.lease().catch((error: unknown) => {
      done();
      throw engineError(error, sql, this.#context);
    });
    const interrupts = interruptOnAbort(lease.session.connection, signal);
    try {
      yield { kind: 'started' };
      yield* runStatement(lease.session, sql, options, signal);
    } catch (error) {
      if (signal.aborted) throw cancelled();
      throw error instanceof BrokenStream ? await this.#whyBroken(lease.session, sql, signal) : engineError(error, sql, this.#context);
    } finally {
      interrupts.dispose();
      lease.release();
      done();
    }
  }

  async explain(sql: string, options: { readonly analyze: boolean }, outer: AbortSignal): Promise<Plan> {
    if (isBlank(sql)) throw invalid(t('There is no statement to explain'));
    return this.#withConnection(outer, false, (connection) => explainStatement(connection, sql, options.analyze, this.#context));
  }

  async catalogue(outer: AbortSignal): Promise<Catalogue> {
    try {
      return await this.#withConnection(outer, false, readCatalogue);
    } catch (error) {
      // A transaction that failed refuses everything: then without its tables.
      if (FaultlineError.is(error, 'engine')) return this.#withConnection(outer, true, readCatalogue);
      throw error;
    }
  }

  /** Stops what runs, waits for its end, and closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
    this.#sessions.close();
    this.#instance.closeSync();
  }

  async #withConnection<T>(outer: AbortSignal, extra: boolean, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const signal = AbortSignal.any([outer, this.#closing.signal]);
    if (signal.aborted) throw cancelled();
    const done = this.#count();
    try {
      const lease = await (extra ? this.#sessions.extra() : this.#sessions.lease());
      const interrupts = interruptOnAbort(lease.session.connection, signal);
      try {
        return await work(lease.session.connection);
      } finally {
        interrupts.dispose();
        lease.release();
      }
    } catch (error) {
      throw signal.aborted ? cancelled() : engineError(error, '', this.#context);
    } finally {
      done();
    }
  }

  /**
   * Finds out why a stream broke by running the statement once more with its rows thrown away: the client has no other way to ask.
   * Takes as long as the statement took to fail, and can be stopped. It has to be its own session, which alone has its temporary
   * tables and settings; a transaction of the person's is aborted by now and runs nothing more.
   */
  async #whyBroken({ connection, inTransaction }: Session, sql: string, signal: AbortSignal): Promise<FaultlineError> {
    if (inTransaction) return unexplainedError(this.#context, t('Run ROLLBACK, then the statement by itself: it then says why.'));
    const prefix = 'EXPLAIN ANALYZE ';
    try {
      await connection.run(`${prefix}${sql}`);
      return unexplainedError(this.#context, t('Run it again.'));
    } catch (error) {
      return signal.aborted ? cancelled() : engineError(error, sql, { ...this.#context, prefixLength: prefix.length });
    }
  }

  #count(): () => void {
    let done: () => void = () => undefined;
    const running = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#running.add(running);
    return () => {
      this.#running.delete(running);
      done();
    };
  }
}

/** `dbgen` and `tpch_queries()` for statements, where the package has the extension. */
async function loadTpch(connection: DuckDBConnection, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  const file = join(folder, 'tpch.duckdb_extension');
  if (existsSync(file)) await connection.run(`LOAD ${quoteText(file)}`);
}

async function numberOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql);
  return Number(reader.getRows()[0]?.[0] ?? 0);
}

/** Nothing but white space, comments and semicolons. */
function isBlank(sql: string): boolean {
  return sql.replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\/|[\s;]/g, '') === '';
}
