/** An engine on a file of its own, for one test file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FaultlineError } from '../../../src/base/errors.ts';
import { openDuckDb } from '../../../src/engine/duckdb/duckdb.ts';
import type { Cell, Column, Engine, EmbeddedTarget, QueryEvent } from '../../../src/engine/engine.ts';

export const never = new AbortController().signal;

export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly changedRows?: number;
}

export async function run(engine: Engine, sql: string, signal: AbortSignal = never): Promise<Answer> {
  let columns: readonly Column[] = [];
  const rows: (readonly Cell[])[] = [];
  let end: Extract<QueryEvent, { kind: 'finished' }> | undefined;
  for await (const event of engine.query(sql, {}, signal)) {
    if (event.kind === 'columns') columns = event.columns;
    if (event.kind === 'rows') rows.push(...event.batch.rows());
    if (event.kind === 'finished') end = event;
  }
  return { columns, rows, ...(end?.changedRows === undefined ? {} : { changedRows: end.changedRows }) };
}

/** The error that a statement ends with. */
export async function failureOf(work: Promise<unknown>): Promise<FaultlineError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FaultlineError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'faultline-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A database file with the tables that `statements` make. */
export async function makeDatabase(path: string, ...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

export function open(target: EmbeddedTarget, folder: string, externalAccess = true): Promise<Engine> {
  return openDuckDb(target, { memoryLimitBytes: 1e9, threads: 2, tempFolder: join(folder, 'spill'), externalAccess });
}

export const customer = "CREATE TABLE customer AS SELECT range AS c_custkey, 'Customer#' || range AS c_name FROM range(100)";
