/**
 * Plans: `EXPLAIN json = 1` as a tree, and `EXPLAIN ANALYZE` where the server has it. ClickHouse prints the figures of the latter for
 * people (`123.46 thousand`), so counts of rows and bytes are as exact as it prints them; there is no exact form of them yet.
 */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Cell, Plan, QueryEvent } from '../engine.ts';
import { readStatement } from './lexical.ts';
import { analyzedPlan, indentedPlan } from './plan-text.ts';
import { jsonPlan } from './plan-json.ts';

export interface ExplainWith {
  readonly run: (sql: string) => AsyncIterable<QueryEvent>;
  readonly target: string;
  readonly version: string;
}

const jsonPrefix = 'EXPLAIN json = 1, description = 1, indexes = 1, actions = 1 ';
const plainPrefix = 'EXPLAIN ';
const analyzePrefix = 'EXPLAIN ANALYZE ';

/** Fails: as `query` does; `unsupported` where the server can't say it. */
export async function explainStatement(sql: string, analyze: boolean, options: ExplainWith): Promise<Plan> {
  const statement = withoutFormat(sql);
  return analyze ? analyzeStatement(statement, options) : plan(statement, options);
}

async function plan(sql: string, options: ExplainWith): Promise<Plan> {
  const text = await explained(plainPrefix, sql, options).catch((error: unknown) => {
    throw isUnknownWord(error, plainPrefix) ? unsupported('EXPLAIN', options) : error;
  });
  const root = await explained(jsonPrefix, sql, options)
    .then(jsonPlan)
    .catch((error: unknown) => {
      // Older servers have the text form alone.
      if (FaultlineError.is(error, 'engine')) return undefined;
      throw error;
    });
  return { analyzed: false, root: root ?? indentedPlan(text), text };
}

async function analyzeStatement(sql: string, options: ExplainWith): Promise<Plan> {
  const started = performance.now();
  const text = await explained(analyzePrefix, sql, options).catch(async (error: unknown) => {
    if (!FaultlineError.is(error, 'engine') || error.facts.code !== 'SYNTAX_ERROR') throw error;
    // Is it the statement that can't be read, or the word ANALYZE? Explained alone it says so itself.
    await plan(sql, options);
    throw unsupported('EXPLAIN ANALYZE', options);
  });
  const { root, totalMs } = analyzedPlan(text);
  return { analyzed: true, root, totalMs: totalMs ?? performance.now() - started, text };
}

async function explained(prefix: string, sql: string, { run }: ExplainWith): Promise<string> {
  const lines: Cell[] = [];
  try {
    for await (const event of run(prefix + sql)) {
      if (event.kind === 'rows') for (const row of event.batch.rows()) lines.push(row[0] ?? '');
    }
  } catch (error) {
    throw shifted(error, prefix.length);
  }
  return lines.map((line) => (typeof line === 'string' ? line : '')).join('\n');
}

/** The same error at its place in the statement without our prefix. */
function shifted(error: unknown, by: number): unknown {
  if (!FaultlineError.is(error) || error.facts.position === undefined) return error;
  const { start, end } = error.facts.position;
  const { position: _position, ...facts } = error.facts;
  const moved = start < by ? {} : { position: { start: start - by, end: end - by } };
  return new FaultlineError(error.reason, { ...facts, ...moved }, error);
}

/** A syntax error in our own prefix has lost its position. */
function isUnknownWord(error: unknown, prefix: string): boolean {
  return FaultlineError.is(error, 'engine') && error.facts.code === 'SYNTAX_ERROR' && error.facts.position === undefined && prefix !== '';
}

function unsupported(what: string, { version, target }: ExplainWith): FaultlineError {
  return new FaultlineError('unsupported', {
    what: t('ClickHouse {0} on {1} has no {2}', version, target, what),
    remedy:
      what === 'EXPLAIN'
        ? t('Plans can be had from ClickHouse 20.6 on.')
        : t('Explain it without running it; ClickHouse 26.7 has it. Until then system.query_log tells what a statement took.'),
  });
}

/** The statement's own FORMAT would apply to its plan. */
function withoutFormat(sql: string): string {
  const { formatAt } = readStatement(sql);
  return formatAt === undefined ? sql : `${sql.slice(0, formatAt.start)}${sql.slice(formatAt.end)}`;
}
