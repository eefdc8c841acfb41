/** ClickHouse over HTTP. Stateless: a statement has its own `SETTINGS`; there are no sessions. */
import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../../base/clock.ts';
import { cancelled, FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../../base/target.ts';
import type { Catalogue, Engine, EngineFacts, Plan, QueryEvent, QueryOptions } from '../engine.ts';
import { readCatalogue } from './catalogue.ts';
import { explainStatement } from './explain.ts';
import { connectHttp, type ClickHouseHttp } from './http.ts';
import { readStatement } from './lexical.ts';
import { runStatement, type Running } from './run.ts';

export interface ClickHouseOptions {
  readonly password?: string;
  readonly clock?: Clock;
  /** How often a silent statement is looked after, after how long it is given up, and how long its end is waited for. Milliseconds. */
  readonly watchEveryMs?: number;
  readonly silenceMs?: number;
  readonly stopBoundMs?: number;
}

/** Asks the server for its version. `close()` closes `reached` too. Fails: `unreachable`, `unauthorised`, `timedOut`, `engine`. */
export async function openClickHouse(target: ServerTarget, reached: ReachedServer, options: ClickHouseOptions): Promise<Engine> {
  const http = await connectHttp(target, reached, options.password);
  try {
    const { rows } = await http.ask('SELECT version(), timezone()', { timeoutMs: 15_000 });
    const [version, zone] = rows[0] ?? [];
    if (version === undefined || !/^\d+\.\d+/.test(version)) throw noClickHouse(target.name);
    const facts: EngineFacts = {
      engine: 'clickhouse',
      title: `ClickHouse ${version}`,
      target: target.schema === undefined ? target.name : `${target.name} (${target.schema})`,
      version,
      path: reached.path,
    };
    return new ClickHouse(http, facts, { target: target.name, zone: zone ?? 'UTC' }, reached, options);
  } catch (error) {
    await http.close();
    throw error;
  }
}

function noClickHouse(target: string): FaultlineError {
  return new FaultlineError('unreachable', {
    what: t('What answers at {0} is not ClickHouse', target),
    remedy: t('Check the address and the port: ClickHouse speaks HTTP on 8123, or on 8443 with TLS.'),
  });
}

class ClickHouse implements Engine {
  readonly facts: EngineFacts;
  readonly #http: ClickHouseHttp;
  readonly #place: { readonly target: string; readonly zone: string };
  readonly #reached: ReachedServer;
  readonly #options: ClickHouseOptions;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(
    http: ClickHouseHttp,
    facts: EngineFacts,
    place: { readonly target: string; readonly zone: string },
    reached: ReachedServer,
    options: ClickHouseOptions,
  ) {
    this.#http = http;
    this.facts = facts;
    this.#place = place;
    this.#reached = reached;
    this.#options = options;
  }

  async *query(sql: string, options: QueryOptions, outer: AbortSignal): AsyncGenerator<QueryEvent, void, undefined> {
    if (readStatement(sql).first === '') throw invalid(t('There is no statement to run'));
    const signal = AbortSignal.any([outer, this.#closing.signal]);
    if (signal.aborted) throw cancelled();
    const done = this.#count();
    const running = this.#start();
    try {
      yield { kind: 'started', queryId: running.queryId };
      yield* runStatement(running, sql, options, signal);
    } finally {
      done();
    }
  }

  async explain(sql: string, { analyze }: { readonly analyze: boolean }, outer: AbortSignal): Promise<Plan> {
    if (readStatement(sql).first === '') throw invalid(t('There is no statement to explain'));
    const run = (statement: string): AsyncIterable<QueryEvent> => this.query(statement, {}, outer);
    return explainStatement(sql, analyze, { run, target: this.#place.target, version: this.facts.version });
  }

  async catalogue(outer: AbortSignal): Promise<Catalogue> {
    const signal = AbortSignal.any([outer, this.#closing.signal]);
    if (signal.aborted) throw cancelled();
    try {
      return await readCatalogue((sql) => this.#http.ask(sql, { signal }));
    } catch (error) {
      throw signal.aborted ? cancelled() : error;
    }
  }

  /** Stops what runs, waits for its end on the server, and closes. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
    await this.#http.close();
    await this.#reached.close();
  }

  #start(): Running {
    const { clock = systemClock, watchEveryMs, silenceMs, stopBoundMs } = this.#options;
    return {
      ...this.#place,
      http: this.#http,
      queryId: `faultline-${randomUUID()}`,
      clock,
      ...(watchEveryMs === undefined ? {} : { watchEveryMs }),
      ...(silenceMs === undefined ? {} : { silenceMs }),
      ...(stopBoundMs === undefined ? {} : { stopBoundMs }),
    };
  }

  #count(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.add(promise);
    return () => {
      this.#running.delete(promise);
      resolve();
    };
  }
}
