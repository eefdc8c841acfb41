/** A run in one line, of its view. Browser-safe. */
import type { Percentiles, RunSummary, RunView } from './view.ts';

export function summaryOf(view: RunView): RunSummary {
  const [target] = view.plan.arms.map(({ target: of }) => of);
  return {
    run: view.run,
    name: view.name,
    startedAt: view.startedAt,
    durationMs: view.durationMs,
    status: view.status,
    verdict: view.verdict,
    reason: view.reason,
    engine: [...new Set(view.arms.map(({ title }) => title))].join(', '),
    scale: target?.kind === 'tpch' ? target.scale : null,
    planned: view.counts.planned,
    ok: view.counts.ok,
    failed: view.counts.failed,
    dropped: view.counts.dropped,
    driver: { lagP99Ms: view.driver.lagP99Ms, valid: view.driver.valid },
    latencyMs: figures(view.response),
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
