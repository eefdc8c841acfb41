/** A plan and a header that tests of journals share, and operations in any number. */
import type { JournalEvent, JournalHeader, OperationEvent } from '../../../src/journal/events.ts';
import type { RunPlan } from '../../../src/journal/plan.ts';

export const plan: RunPlan = {
  name: 'TPC-H 0.01',
  arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
  statements: Array.from({ length: 22 }, (_, i) => ({
    name: `q${String(i + 1).padStart(2, '0')}`,
    sql: `select ${i + 1} as «n» from lineitem`,
    weight: 1,
    tpchQuery: i + 1,
  })),
  load: { kind: 'closed', clients: 1, iterations: 3, thinkTimeMs: 0, order: 'listed' },
  timeoutMs: 60_000,
  expectations: [{ text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true }],
  abortRules: [],
  seed: 7,
};

export const header: JournalHeader = {
  faultline: 1,
  run: '20261121-140500-tpch-0.01-a1b2',
  startedAt: 1_795_269_900_000,
  plan,
  environment: {
    faultline: '0.4.0',
    node: 'v24.21.0',
    system: 'linux x64 6.1.0',
    processor: 'AMD EPYC 7B13',
    processors: 2,
    memoryBytes: 8e9,
  },
};

/** The operation number `i`: all different, all to the microsecond. */
export function operation(i: number): OperationEvent {
  const service = ((i * 7919) % 100_000) / 1000 + 0.001;
  return { t: (i * 2004) / 1000, src: 'runner', kind: 'op', q: i % 22, wait: (i % 13) / 1000, service, rows: i % 5, answer: 'ok' };
}

export function operations(count: number, from = 0): OperationEvent[] {
  return Array.from({ length: count }, (_, i) => operation(from + i));
}

export const end: JournalEvent = { t: 60_000, src: 'runner', kind: 'end', how: 'finished' };
