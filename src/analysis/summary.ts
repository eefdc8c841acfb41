/** A run in one line, of its view. Browser-safe. */
import { tpchScaleOf } from '../base/target.ts';
import type { Percentiles, RunSummary, RunView } from './view.ts';

export function summaryOf(view: RunView): RunSummary {
  const [scale, ...others] = new Set(view.plan.arms.map(({ target }) => tpchScaleOf(target) ?? null));
  return {
    run: view.run,
    name: view.name,
    startedAt: view.startedAt,
    durationMs: view.durationMs,
    status: view.status,
    verdict: view.verdict,
    reason: view.reason,
    engine: [...new Set(view.arms.map(({ title }) => title))].join(', '),
    engineKind: [...new Set(view.plan.arms.map(({ engine }) => engine))].join(', '),
    // Arms on two scales have none in common.
    scale: others.length === 0 ? (scale ?? null) : null,
    planned: view.counts.planned,
    ok: view.counts.ok,
    failed: view.counts.failed,
    dropped: view.counts.dropped,
    driver: { lagP99Ms: view.driver.lagP99Ms, valid: view.driver.valid },
    latencyMs: figures(view.response),
    ...(view.recovery === undefined ? {} : { recovery: view.recovery }),
    queries: view.statements.map((statement) => ({
      query: statement.name,
      rows: statement.rows,
      answer: statement.answer,
      count: statement.counts.planned,
      errors: statement.counts.errors,
      latencyMs: figures(statement.response),
    })),
  };
}

function figures({ p50, p95, p99, max }: Percentiles): RunSummary['latencyMs'] {
  return { p50, p95, p99, max };
}
