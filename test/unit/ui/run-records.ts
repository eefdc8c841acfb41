/** Records and summaries of runs, as the store and the projections make them. */
import type { RunSummary } from '../../../src/analysis/view.ts';
import type { Environment } from '../../../src/journal/events.ts';
import type { RunPlan } from '../../../src/journal/plan.ts';
import type { RunRecord, RunState } from '../../../src/journal/runs.ts';

export const environment: Environment = {
  faultline: '0.1.0',
  node: 'v24.21.0',
  system: 'linux x64 6.1.0',
  processor: 'AMD EPYC 7B13',
  processors: 2,
  memoryBytes: 8e9,
  gitRevision: '3f2a91c, changed',
};

export function planOf(name: string): RunPlan {
  return {
    name,
    arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
    statements: [{ name: 'q06', sql: 'select 1', weight: 1, tpchQuery: 6 }],
    load: { kind: 'closed', clients: 1, iterations: 100, thinkTimeMs: 0, order: 'listed' },
    timeoutMs: 60_000,
    expectations: [],
    abortRules: [],
    seed: 42,
  };
}

export function recordOf(run: string, state: RunState, startedAt = 0): RunRecord {
  const isReadable = state !== 'newer' && state !== 'damaged';
  const header = { faultline: 1, run, startedAt, plan: planOf(run), environment };
  return { run, folder: `/runs/${run}`, state, journalBytes: 1_000, ...(isReadable ? { header } : {}) };
}

export function summaryOf(parts: Partial<RunSummary> = {}): RunSummary {
  return {
    run: 'r',
    name: 'q06',
    startedAt: 0,
    durationMs: 12_400,
    status: 'finished',
    verdict: 'passed',
    reason: 'Every expectation was met',
    engine: 'DuckDB 1.5.5',
    engineKind: 'duckdb',
    scale: 0.01,
    planned: 100,
    ok: 100,
    failed: 0,
    dropped: 0,
    driver: { lagP99Ms: 0.4, valid: true },
    latencyMs: { p50: 8, p95: 20, p99: 41, max: 60 },
    queries: [],
    ...parts,
  };
}
