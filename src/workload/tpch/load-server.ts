/** ClickHouse as a load sees it. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClickHouseHttp } from '../../engine/clickhouse/http.ts';
import { quote } from '../../engine/clickhouse/processes.ts';
import { checksOf } from './load-source.ts';
import type { ChunkPlan, LoadColumn, LoadTable } from './load-tables.ts';

/** An insert of some megabytes, a merge that is in its way: minutes are a fault. */
const statementMs = 300_000;
const orphanMs = 20_000;

export interface LoadChunk {
  readonly plan: ChunkPlan;
  readonly index: number;
  /** Tab-separated lines. */
  readonly rows: string;
  /** Name of the table beside: of this load alone. */
  readonly beside: string;
  readonly signal: AbortSignal;
}

export class LoadServer {
  readonly #http: ClickHouseHttp;
  readonly #database: string;
  readonly #target: string;
  #besideOf: string | undefined;

  /** `target` is what people call the server. */
  constructor(http: ClickHouseHttp, database: string, target: string) {
    this.#http = http;
    this.#database = database;
    this.#target = target;
  }

  /** Makes database and tables, refuses those of somebody else, and clears away what a killed load left. */
  async prepare(scale: number, tables: readonly LoadTable[], signal: AbortSignal): Promise<void> {
    const version = (await this.#ask('SELECT version()', signal))[0]?.[0] ?? '';
    await this.#ask(`CREATE DATABASE IF NOT EXISTS ${name(this.#database)}`, signal);
    const listed = await this.#ask(`SELECT name FROM system.tables WHERE database = ${quote(this.#database)}`, signal);
    const there = listed.map(([one = '']) => one);
    this.#mustBeOurs(there, scale, tables);
    // The mark first: a load that is killed right here has made nothing that another one would take for a stranger's.
    await this.#ask(`CREATE TABLE IF NOT EXISTS ${this.#table(markOf(scale))} (made DateTime) ENGINE = MergeTree ORDER BY made`, signal);
    await this.#endOrphans(signal);
    for (const left of there.filter((one) => /^faultline_loading_[0-9a-f]{12}$/.test(one)))
      await this.#ask(`DROP TABLE IF EXISTS ${this.#table(left)}`, signal);
    const codec = Number.parseInt(version, 10) < 19 ? '' : ' CODEC(LZ4)';
    for (const { name: table, columns, order } of tables) {
      const list = columns.map((column) => `${column.name} ${typeOf(column)}${codec}`).join(', ');
      await this.#ask(
        `CREATE TABLE IF NOT EXISTS ${this.#table(table)} (${list}) ENGINE = MergeTree ORDER BY (${order.join(', ')})`,
        signal,
      );
    }
  }

  /** Rows of each chunk that is there. */
  async countByChunk(
    { name: table, key }: LoadTable,
    minKey: number,
    step: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, number>> {
    const sql = `SELECT intDiv(${key} - ${minKey}, ${step}) AS chunk, count() FROM ${this.#table(table)} GROUP BY chunk`;
    return new Map((await this.#ask(sql, signal)).map(([chunk, rows]) => [Number(chunk), Number(rows)]));
  }

  async load({ plan, index, rows, beside, signal }: LoadChunk): Promise<void> {
    const { table, minKey, step, rowsOf } = plan;
    if (this.#besideOf !== table.name) {
      await this.#ask(`DROP TABLE IF EXISTS ${this.#table(beside)}`, signal);
      await this.#ask(`CREATE TABLE ${this.#table(beside)} AS ${this.#table(table.name)}`, signal);
      this.#besideOf = table.name;
    } else await this.#ask(`TRUNCATE TABLE ${this.#table(beside)}`, signal);
    await this.#ask(`INSERT INTO ${this.#table(beside)} FORMAT TabSeparated`, signal, rows);
    const arrived = await this.#count(beside, '', signal);
    if (arrived !== rowsOf[index]) throw this.#incomplete(table.name, arrived, rowsOf[index] ?? 0);
    const from = minKey + index * step;
    const before = await this.#count(table.name, ` WHERE ${table.key} >= ${from} AND ${table.key} < ${from + step}`, signal);
    if (before !== 0) throw this.#twoLoads(table.name);
    await this.#ask(`ALTER TABLE ${this.#table(table.name)} ATTACH PARTITION tuple() FROM ${this.#table(beside)}`, signal);
  }

  /** Removes the table beside. */
  async finish(beside: string, signal: AbortSignal): Promise<void> {
    await this.#ask(`DROP TABLE IF EXISTS ${this.#table(beside)}`, signal);
  }

  /** The figures of `LoadSource.check`. */
  async check({ name: table, columns }: LoadTable, signal: AbortSignal): Promise<readonly string[]> {
    const checks = columns.flatMap((column) => checksOf(column, 'clickhouse')).join(', ');
    return (await this.#ask(`SELECT count(), ${checks} FROM ${this.#table(table)}`, signal))[0] ?? [];
  }

  async #count(table: string, where: string, signal: AbortSignal): Promise<number> {
    return Number((await this.#ask(`SELECT count() FROM ${this.#table(table)}${where}`, signal))[0]?.[0] ?? 0);
  }

  #mustBeOurs(there: readonly string[], scale: number, tables: readonly LoadTable[]): void {
    const marks = there.filter((one) => one.startsWith(markPrefix));
    const taken = tables.filter(({ name: table }) => there.includes(table));
    if (marks.length === 0 && taken.length > 0) {
      throw new FaultlineError('refusedByProtection', {
        what: t(
          'The database {0} has tables of these names that Faultline did not make: {1}',
          this.#database,
          taken.map((one) => one.name).join(', '),
        ),
        meaning: t('Nothing was changed'),
        remedy: t('Choose another database with --database.'),
      });
    }
    const other = marks.find((mark) => mark !== markOf(scale));
    if (other === undefined) return;
    throw new FaultlineError('refusedByProtection', {
      what: t('The database {0} holds TPC-H {1} already', this.#database, other.slice(markPrefix.length).replace('_', '.')),
      meaning: t('Nothing was changed'),
      remedy: t('Choose another database with --database, or drop this one first.'),
    });
  }

  /** Statements of a load that was killed may still run: their end is waited for, or they would add what this one adds too. */
  async #endOrphans(signal: AbortSignal): Promise<void> {
    const where = `position(query_id, ${quote(this.#prefix)}) = 1`;
    const until = performance.now() + orphanMs;
    while (performance.now() < until) {
      const running = await this.#http.ask(`SELECT count() FROM system.processes WHERE ${where}`, { signal, timeoutMs: statementMs });
      if (running.rows[0]?.[0] === '0') return;
      await this.#http.ask(`KILL QUERY WHERE ${where} ASYNC`, { signal, timeoutMs: statementMs });
      await delay(50, undefined, { signal }).catch(() => undefined);
    }
    throw new FaultlineError('timedOut', {
      what: t('Statements of an earlier load into {0} still run on {1}', this.#database, this.#target),
      remedy: t('End that load, or wait until the server has ended them; then load again.'),
    });
  }

  async #ask(sql: string, signal: AbortSignal, data?: string): Promise<readonly (readonly string[])[]> {
    if (signal.aborted) throw cancelled();
    try {
      const queryId = `${this.#prefix}${randomUUID()}`;
      return (await this.#http.ask(sql, { signal, timeoutMs: statementMs, queryId, ...(data === undefined ? {} : { data }) })).rows;
    } catch (error) {
      if (signal.aborted) throw cancelled();
      throw goesOn(error);
    }
  }

  get #prefix(): string {
    return `faultline-load-${this.#database}-`;
  }

  #table(table: string): string {
    return `${name(this.#database)}.${name(table)}`;
  }

  #incomplete(table: string, got: number, expected: number): FaultlineError {
    return new FaultlineError('engine', {
      what: t('Of {0} rows for {1} only {2} arrived on {3}', expected, table, got, this.#target),
      remedy: t('Load again: it goes on where it was.'),
    });
  }

  #twoLoads(table: string): FaultlineError {
    return new FaultlineError('engine', {
      what: t('Another load fills the table {0} of {1} at the same time', table, this.#database),
      remedy: t('Wait for its end; nothing was added twice.'),
    });
  }
}

const markPrefix = 'faultline_tpch_sf';

function markOf(scale: number): string {
  return `${markPrefix}${String(scale).replace('.', '_')}`;
}

function typeOf({ type }: LoadColumn): string {
  const types = { key: 'Int64', integer: 'Int32', money: 'Decimal(15, 2)', text: 'String', date: 'Date' } as const;
  return types[type];
}

function name(text: string): string {
  return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** What breaks a load breaks nothing that is there. */
function goesOn(error: unknown): unknown {
  if (!FaultlineError.is(error, 'unreachable') && !FaultlineError.is(error, 'timedOut')) return error;
  return new FaultlineError(
    error.reason,
    { ...error.facts, remedy: t('Load again when the server can be reached: it goes on where it was.') },
    error,
  );
}
