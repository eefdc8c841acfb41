/** Runs one statement on one connection. */
import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBResult, DuckDBType } from '@duckdb/node-api';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { QueryEvent, QueryOptions } from '../engine.ts';
import { DuckDbBatch } from './batch.ts';
import { parse } from './errors.ts';
import { progressOf, Ticker } from './progress.ts';
import type { Session } from './sessions.ts';
import { ZonedTimes } from './times.ts';
import { columnOf, needsTimeZone } from './types.ts';

/** Numbers of DuckDB's `StatementType` and `ResultReturnType`; a test compares them. */
export const statementSelect = 1;
export const statementTransaction = 10;
export const returns = { changedRows: 1, nothing: 2, rows: 3 } as const;

/** A stream that ended without having sent everything; the engine keeps the reason to itself. */
export class BrokenStream extends Error {}

/**
 * Yields what the engine delivers. A SELECT is streamed; everything else is run to its end first.
 * Throws what the client throws, and `BrokenStream`.
 */
export async function* runStatement(
  session: Session,
  sql: string,
  options: QueryOptions,
  signal: AbortSignal,
): AsyncGenerator<QueryEvent, void, undefined> {
  const { connection } = session;
  const ticker = new Ticker(options.progressEveryMs);
  try {
    const preparing = prepareLast(session, sql);
    yield* ticker.until(preparing, () => progressOf(connection));
    const statement = await preparing;
    try {
      if (statement.parameterCount > 0) throw parametersError(statement.parameterCount);
      const zone = await zoneOf(connection, statement);
      if (statement.statementType === statementSelect) yield* streamed(session, statement, zone, ticker, signal);
      else yield* materialised(connection, statement, zone, ticker);
    } finally {
      if (statement.statementType === statementTransaction) session.inTransaction = await isInTransaction(connection);
      statement.destroySync();
    }
  } finally {
    ticker.dispose();
  }
}

/**
 * The client reports an error in the middle of a stream as its end (neither `fetchChunk` nor the result tells), and so would a wrong
 * answer be shown as complete. Inside of a transaction the error leaves a trace: the transaction is aborted. So every stream runs in
 * one (its own, or the person's) and the next statement on it tells whether all was sent.
 * Held by the test "a statement that fails after a million rows is not shown as complete".
 */
async function* streamed(
  session: Session,
  statement: DuckDBPreparedStatement,
  zone: ZonedTimes,
  ticker: Ticker,
  signal: AbortSignal,
): AsyncGenerator<QueryEvent, void, undefined> {
  const { connection } = session;
  const ownTransaction = !session.inTransaction;
  if (ownTransaction) await connection.run('BEGIN TRANSACTION');
  let complete = false;
  try {
    const starting = statement.stream();
    yield* ticker.until(starting, () => progressOf(connection));
    const result = await starting;
    const types = result.columnTypes();
    yield columnsOf(result, types);
    for (;;) {
      const fetching = result.fetchChunk();
      yield* ticker.until(fetching, () => progressOf(connection));
      const chunk = await fetching;
      if (signal.aborted) throw cancelled();
      if (chunk === null || chunk.rowCount === 0) break;
      yield { kind: 'rows', batch: new DuckDbBatch(chunk, types, zone) };
    }
    if (await isAborted(connection, ownTransaction)) throw new BrokenStream();
    complete = true;
  } finally {
    // The reader went away, or it failed: the rollback also ends a stream that is not read to its end.
    if (!complete) await endStream(connection, ownTransaction);
  }
  yield { kind: 'finished' };
}

async function* materialised(
  connection: DuckDBConnection,
  statement: DuckDBPreparedStatement,
  zone: ZonedTimes,
  ticker: Ticker,
): AsyncGenerator<QueryEvent, void, undefined> {
  const running = statement.run();
  yield* ticker.until(running, () => progressOf(connection));
  const result = await running;
  if (result.returnType !== returns.rows) {
    yield { kind: 'finished', ...(result.returnType === returns.changedRows ? { changedRows: result.rowsChanged } : {}) };
    return;
  }
  const types = result.columnTypes();
  yield columnsOf(result, types);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    yield { kind: 'rows', batch: new DuckDbBatch(chunk, types, zone) };
  }
  yield { kind: 'finished' };
}

function columnsOf(result: DuckDBResult, types: readonly DuckDBType[]): QueryEvent {
  return { kind: 'columns', columns: result.columnNames().map((name, index) => columnOf(name, types[index] ?? result.columnType(index))) };
}

/** Runs all statements of the text but the last (DuckDB makes two of a PIVOT), and prepares that. */
async function prepareLast(session: Session, sql: string): Promise<DuckDBPreparedStatement> {
  const { connection } = session;
  const statements = await connection.extractStatements(sql);
  for (let index = 0; index < statements.count - 1; index++) {
    const statement = await statements.prepare(index);
    try {
      await statement.run();
    } finally {
      if (statement.statementType === statementTransaction) session.inTransaction = await isInTransaction(connection);
      statement.destroySync();
    }
  }
  return statements.prepare(statements.count - 1);
}

/** Asked before the statement runs: another statement on its connection would end its stream. */
async function zoneOf(connection: DuckDBConnection, statement: DuckDBPreparedStatement): Promise<ZonedTimes> {
  for (let column = 0; column < statement.columnCount; column++) {
    if (needsTimeZone(statement.columnType(column))) return new ZonedTimes(await timeZone(connection));
  }
  return new ZonedTimes('UTC');
}

async function timeZone(connection: DuckDBConnection): Promise<string> {
  const reader = await connection.runAndReadAll("SELECT current_setting('TimeZone')");
  const value = reader.getRows()[0]?.[0];
  return typeof value === 'string' ? value : 'UTC';
}

/** Inside of a transaction the id stays the same. (A BEGIN that fails would abort the person's transaction.) */
async function isInTransaction(connection: DuckDBConnection): Promise<boolean> {
  try {
    return (await transactionId(connection)) === (await transactionId(connection));
  } catch (error) {
    return isTransactionError(error);
  }
}

async function transactionId(connection: DuckDBConnection): Promise<string> {
  const reader = await connection.runAndReadAll('SELECT txid_current()');
  return String(reader.getRows()[0]?.[0]);
}

/** Ends our own transaction on the way: a COMMIT alone would not complain. */
async function isAborted(connection: DuckDBConnection, ownTransaction: boolean): Promise<boolean> {
  try {
    await connection.run(ownTransaction ? 'SELECT 1; COMMIT' : 'SELECT 1');
    return false;
  } catch (error) {
    if (isTransactionError(error)) return true;
    throw error;
  }
}

function isTransactionError(error: unknown): boolean {
  return error instanceof Error && parse(error.message).kind === 'transactioncontext';
}

async function endStream(connection: DuckDBConnection, ownTransaction: boolean): Promise<void> {
  connection.interrupt();
  try {
    // Any statement ends the stream of its connection. It may be interrupted itself while a stop is under way.
    await connection.run(ownTransaction ? 'ROLLBACK' : 'SELECT 1');
  } catch (error) {
    if (!ownTransaction || isTransactionError(error)) return;
    await connection.run('ROLLBACK').catch(() => undefined);
  }
}

function parametersError(count: number): FaultlineError {
  return new FaultlineError('invalid', {
    what:
      count === 1 ? t('The statement has a parameter that nothing fills') : t('The statement has {0} parameters that nothing fills', count),
    remedy: t('Write the value in place of ?, $1 or $name.'),
  });
}
