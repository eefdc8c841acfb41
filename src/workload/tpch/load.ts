/**
 * TPC-H into a ClickHouse server, from the data set on this machine. A load that is killed at any moment goes on where it was:
 * a chunk (a range of the table's key) is inserted into a table beside, counted there, and moved over as a whole partition, which
 * happens or does not. What a chunk has in the table tells whether it is done, so nothing else has to be remembered.
 */
import { randomUUID } from 'node:crypto';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { LoadServer } from './load-server.ts';
import type { LoadSource } from './load-source.ts';
import { tpchTables, type ChunkPlan, type LoadTable } from './load-tables.ts';

export interface LoadProgress {
  readonly step: 'loading' | 'checking';
  readonly table: string;
  readonly rowsDone: number;
  readonly rowsTotal: number;
}

export interface LoadReport {
  readonly rows: number;
  /** Of them there before this load began. */
  readonly rowsBefore: number;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly checks: number }[];
}

export interface LoadOptions {
  readonly source: LoadSource;
  readonly server: LoadServer;
  readonly scale: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: LoadProgress) => void;
}

/**
 * Fails: `refusedByProtection` (tables that are not ours, or of another scale), `invalid` (rows in them that are not ours),
 * `unreachable`, `unauthorised`, `forbidden`, `engine`, `cancelled`.
 */
export async function loadTpch({ source, server, scale, signal, onProgress }: LoadOptions): Promise<LoadReport> {
  await server.prepare(scale, tpchTables, signal);
  const plans: ChunkPlan[] = [];
  const missing: (readonly [ChunkPlan, number])[] = [];
  for (const table of tpchTables) {
    const plan = await source.plan(table);
    plans.push(plan);
    for (const index of await missingChunks(plan, server, signal)) missing.push([plan, index]);
  }
  const rowsTotal = plans.reduce((sum, { rows }) => sum + rows, 0);
  const rowsBefore = rowsTotal - missing.reduce((sum, [plan, index]) => sum + (plan.rowsOf[index] ?? 0), 0);
  let rowsDone = rowsBefore;
  const beside = `faultline_loading_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  for (const [plan, index] of missing) {
    const { table, rowsOf } = plan;
    onProgress?.({ step: 'loading', table: table.name, rowsDone, rowsTotal });
    await server.load({ plan, index, rows: await source.chunk(plan, index), beside, signal });
    rowsDone += rowsOf[index] ?? 0;
  }
  if (missing.length > 0) await server.finish(beside, signal);
  const tables: { readonly name: string; readonly rows: number; readonly checks: number }[] = [];
  for (const { table, rows } of plans) {
    onProgress?.({ step: 'checking', table: table.name, rowsDone, rowsTotal });
    tables.push({ name: table.name, rows, checks: await compare(table, source, server, signal) });
  }
  return { rows: rowsTotal, rowsBefore, tables };
}

async function missingChunks(
  { table, minKey, step, rowsOf }: ChunkPlan,
  server: LoadServer,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const there = await server.countByChunk(table, minKey, step, signal);
  for (const [chunk, rows] of there) {
    if (rowsOf[chunk] !== rows) {
      throw invalid(
        t('The table {0} has rows that this load did not put there: {1} where {2} belong', table.name, rows, rowsOf[chunk] ?? 0),
        t('Drop the table, or the database, and load again; or choose another with --database.'),
      );
    }
  }
  return rowsOf.flatMap((rows, chunk) => (rows === 0 || there.has(chunk) ? [] : [chunk]));
}

/** How many figures were compared. */
async function compare(table: LoadTable, source: LoadSource, server: LoadServer, signal: AbortSignal): Promise<number> {
  const [expected, got] = [await source.check(table), await server.check(table, signal)];
  const wrong = expected.findIndex((value, index) => plain(value) !== plain(got[index] ?? ''));
  if (wrong < 0 && expected.length === got.length) return expected.length;
  throw new FaultlineError('engine', {
    what: t('The table {0} is not what was loaded: {1} in place of {2}', table.name, got[wrong] ?? '', expected[wrong] ?? ''),
    meaning: t('Something else wrote to it, or the server lost rows'),
    remedy: t('Drop the table and load again.'),
  });
}

/** `12.50` and `12.5` are one number. */
function plain(text: string): string {
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}
