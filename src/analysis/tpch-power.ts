/** The power metric of TPC-H (clause 5.4.1) without its refresh functions, so a 22nd root. Browser-safe. */
import { t } from '../base/messages.ts';
import { tpchScaleOf } from '../base/target.ts';
import type { RunPlan } from '../journal/plan.ts';
import type { Ranks } from './ranks.ts';
import { everything, outcomeCode, type Rows } from './rows.ts';
import type { TpchPower } from './view.ts';

const queries = 22;
/** Clause 5.4.1.4: a duration counts as at least the longest one by this. */
const widestRatio = 1000;

/**
 * 3600 · SF / geometric mean of the 22 response times in seconds, of every pass in which all were answered and none wrongly; the median
 * of the passes. null: not one stream of all 22, or no complete pass. Where operations came too fast to be recorded singly, passes
 * cannot be told apart: then of the medians of the queries' right answers, and the label says so.
 */
export function tpchPower(plan: RunPlan, rows: Rows, ranks: Ranks): TpchPower | null {
  const scale = scaleOf(plan);
  if (scale === null) return null;
  const label = t('derived from TPC-H: power of 22 queries without refresh functions (22nd root)');
  if (rows.weighted) {
    const queryMedians = plan.statements.map((_, statement) => {
      const { count } = ranks.read(rows.sample('response', { ...everything, statement }, outcomeCode.ok));
      return { count, median: ranks.quantile(0.5) };
    });
    const medians = queryMedians.map((query) => query.median).filter((each) => each !== null);
    if (medians.length < queries) return null;
    const value = power(medians, scale);
    return { label: t('{0}, of the queries’ medians', label), value, passes: Math.min(...queryMedians.map(({ count }) => count)) };
  }
  const passes = passesOf(rows).map((durations) => power(durations, scale));
  if (passes.length === 0) return null;
  return { label, value: median(passes), passes: passes.length };
}

function scaleOf({ load, arms, statements }: RunPlan): number | null {
  const [arm] = arms;
  if (load.kind !== 'closed' || load.clients !== 1 || arms.length !== 1 || arm === undefined) return null;
  const numbers = new Set(statements.map(({ tpchQuery }) => tpchQuery).filter((query) => query !== undefined));
  const once = statements.every(({ weight }) => weight === 1);
  return once && statements.length === queries && numbers.size === queries ? (tpchScaleOf(arm.target) ?? null) : null;
}

/** The n-th operation of every statement, by planned start, is the n-th pass. */
function passesOf(rows: Rows): readonly (readonly number[])[] {
  const { planned } = rows;
  const order = Uint32Array.from({ length: rows.length }, (_, row) => row);
  // One client's operations end in the order in which they were planned: sorting is for a journal that was put together.
  if (order.some((row) => row > 0 && (planned[row] ?? 0) < (planned[row - 1] ?? 0))) {
    order.sort((a, b) => (planned[a] ?? 0) - (planned[b] ?? 0));
  }
  const seen = new Map<number, number>();
  const passes: number[][] = [];
  for (const row of order) {
    const statement = rows.statement[row] ?? 0;
    const pass = seen.get(statement) ?? 0;
    seen.set(statement, pass + 1);
    passes[pass] ??= [];
    if (rows.outcome[row] === outcomeCode.ok) passes[pass].push(rows.response[row] ?? 0);
  }
  return passes.filter(({ length }) => length === queries);
}

function power(durationsMs: readonly number[], scale: number): number {
  const least = Math.max(...durationsMs) / widestRatio;
  const logs = durationsMs.map((ms) => Math.log(Math.max(ms, least) / 1000));
  return (3600 * scale) / Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
