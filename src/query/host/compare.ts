/** Runs one statement on two engines side by side, and makes a result of their differences. */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatCount } from '../../base/units.ts';
import type { Cell, Column, Engine } from '../../engine/engine.ts';
import { tokens, type Dialect } from '../../engine/sql/lexer.ts';
import { compareAnswers, type Answer, type Comparison, type Difference } from '../comparison.ts';
import type { ResultStore } from '../store/store.ts';
import type { StoredResult } from '../store/result.ts';

/** Of each answer: both are held in memory. */
export const mostComparedRows = 100_000;

export interface Side {
  readonly engine: Engine;
  readonly sql: string;
}

/** Fails as the engines do, and with `invalid` for an answer that is too large or has no rows at all. */
export async function compareSides(a: Side, b: Side, signal: AbortSignal): Promise<Comparison> {
  // One that fails stops the other: its rows are of no use then.
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const reading = [a, b].map(async (side) => {
    try {
      return await read(side, both);
    } catch (error) {
      stop.abort();
      throw error;
    }
  });
  const ended = await Promise.allSettled(reading);
  const failed = ended.filter((end) => end.status === 'rejected').map(({ reason }): unknown => reason);
  // The first failure is the cause; the other one was stopped by it.
  if (failed.length > 0) throw failed.find((reason) => !isAbort(reason)) ?? failed[0];
  const [one, two] = ended.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  if (one === undefined || two === undefined) throw new Error('an answer is missing');
  return compareAnswers(one, two, { ordered: isOrdered(a.sql, a.engine.facts.engine) });
}

async function read({ engine, sql }: Side, signal: AbortSignal): Promise<Answer> {
  let columns: readonly Column[] | undefined;
  const rows: (readonly Cell[])[] = [];
  for await (const event of engine.query(sql, {}, signal)) {
    if (event.kind === 'columns') columns = event.columns;
    if (event.kind !== 'rows') continue;
    if (rows.length + event.batch.rowCount > mostComparedRows)
      throw invalid(
        t('{0} answers with more than {1} rows', engine.facts.title, formatCount(mostComparedRows)),
        t('Compare an aggregate of them, or add a LIMIT with an ORDER BY.'),
      );
    for (const row of event.batch.rows()) rows.push(row);
  }
  if (columns === undefined) throw invalid(t('The statement has no rows to compare'), t('Compare a SELECT.'));
  return { columns, rows };
}

function isAbort(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && 'reason' in reason && reason.reason === 'cancelled';
}

/** Whether an ORDER BY stands outside of all parentheses. */
export function isOrdered(sql: string, dialect: Dialect): boolean {
  let depth = 0;
  for (const { kind, start, end } of tokens(sql, dialect, { comments: false })) {
    const text = sql.slice(start, end);
    if (kind === 'symbol' && text === '(') depth++;
    else if (kind === 'symbol' && text === ')') depth--;
    else if (kind === 'word' && depth === 0 && text.toUpperCase() === 'ORDER') return true;
  }
  return false;
}

/** A row a difference: where, what kind, and what each of the two says. */
export async function keepDifferences(store: ResultStore, differences: readonly Difference[], a: string, b: string): Promise<StoredResult> {
  const text = (name: string): Column => ({ name, type: 'VARCHAR', kind: 'text' });
  const result = store.create([
    { name: t('row'), type: 'BIGINT', kind: 'integer' },
    text(t('difference')),
    text(t('column')),
    text(a),
    text(b),
  ]);
  const rows = differences.map(({ kind, row, column, a: one, b: two }): readonly Cell[] => [
    String(row),
    wordOf(kind, a, b),
    column ?? null,
    one,
    two,
  ]);
  await result.append({ rowCount: rows.length, rows: () => rows });
  result.finish();
  return result;
}

function wordOf(kind: Difference['kind'], a: string, b: string): string {
  if (kind === 'value') return t('value');
  return kind === 'onlyA' ? t('only in {0}', a) : t('only in {0}', b);
}
