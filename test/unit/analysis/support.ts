/** Runs as a journal would have them, made in memory. */
import { newHistogram } from '../../../src/base/histogram.ts';
import { RunProjection } from '../../../src/analysis/run.ts';
import type { RunView } from '../../../src/analysis/view.ts';
import type {
  DriverEvent,
  EndEvent,
  HistogramEvent,
  JournalEvent,
  JournalHeader,
  OperationEvent,
  PhaseEvent,
} from '../../../src/journal/events.ts';
import type { Expectation, Load, RunPlan } from '../../../src/journal/plan.ts';

export const startedAt = Date.UTC(2026, 10, 21, 14, 5, 0);

export const closed: Extract<Load, { kind: 'closed' }> = { kind: 'closed', clients: 1, iterations: 10, thinkTimeMs: 0, order: 'listed' };

export function open(ratePerSecond: number, durationMs = 60_000): Load {
  return { kind: 'open', ratePerSecond, arrivals: 'uniform', durationMs, maxInFlight: 4, maxQueued: 100, order: 'listed' };
}

/** Statements q01, q02, … as queries of TPC-H. */
export function planOf(statements: number, load: Load = closed, changes: Partial<RunPlan> = {}): RunPlan {
  return {
    name: 'a run',
    arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
    statements: Array.from({ length: statements }, (_, i) => ({
      name: `q${String(i + 1).padStart(2, '0')}`,
      sql: `select ${i + 1}`,
      weight: 1,
      tpchQuery: i + 1,
    })),
    load,
    timeoutMs: 60_000,
    expectations: [],
    abortRules: [],
    seed: 1,
    ...changes,
  };
}

export function headerOf(plan: RunPlan): JournalHeader {
  return {
    faultline: 1,
    run: '20261121-140500-a-run-a1b2',
    startedAt,
    plan,
    environment: {
      faultline: '0.1.0',
      node: 'v24.21.0',
      system: 'linux x64 6.1.0',
      processor: 'a processor',
      processors: 4,
      memoryBytes: 16e9,
    },
  };
}

const src = 'runner' as const;

export function op(t: number, q: number, service: number, more: Partial<OperationEvent> = {}): OperationEvent {
  return { t, src, kind: 'op', q, wait: 0, service, ...(more.error === undefined ? { rows: 4, answer: 'ok' } : {}), ...more };
}

export function failed(t: number, q: number, reason = 'timedOut', text = 'It took longer than 2 s'): OperationEvent {
  return op(t, q, 2000, { error: { reason, text } });
}

export function phase(t: number, of: PhaseEvent['phase']): PhaseEvent {
  return { t, src, kind: 'phase', phase: of };
}

export function end(t: number, how: EndEvent['how'] = 'finished', reason?: string): EndEvent {
  return { t, src, kind: 'end', how, ...(reason === undefined ? {} : { reason }) };
}

export function driver(t: number, lagsMs: readonly number[], more: Partial<DriverEvent> = {}): DriverEvent {
  return { t, src, kind: 'driver', lag: encoded(lagsMs), busy: 0.1, cores: 1, inFlight: 0, queued: 0, wallMs: startedAt + t, ...more };
}

export function dropped(t: number, q: number, count: number): JournalEvent {
  return { t, src, kind: 'dropped', q, count, ms: 250 };
}

/** The same operations as one event, as a recorder would write them: all of one statement and arm, none failed or wrong. */
export function histogram(t: number, ms: number, ops: readonly OperationEvent[]): HistogramEvent {
  const [first] = ops;
  if (first === undefined) throw new Error('A histogram is of operations.');
  const curve = (of: (each: OperationEvent) => number): string => encoded(ops.map(of));
  return {
    ...{ t, src, kind: 'histogram', q: first.q, ms, count: ops.length, rows: first.rows ?? 0, answers: { ok: ops.length } },
    ...(first.arm === undefined ? {} : { arm: first.arm }),
    response: curve(({ wait, service }) => wait + service),
    service: curve(({ service }) => service),
    wait: curve(({ wait }) => wait),
  };
}

export function encoded(valuesMs: readonly number[]): string {
  const values = newHistogram();
  for (const ms of valuesMs) values.record(ms * 1000);
  return values.encode();
}

export function projected(plan: RunPlan, events: readonly JournalEvent[]): RunProjection {
  const run = new RunProjection(headerOf(plan));
  for (const event of events) run.add(event);
  return run;
}

/** Of a run that measured from 0 on and ended. */
export function ended(plan: RunPlan, events: readonly JournalEvent[], how: EndEvent['how'] = 'finished', reason?: string): RunView {
  return projected(plan, [phase(0, 'measuring'), ...events, end(10_000, how, reason)]).view('ended');
}

export function expecting(
  text: string,
  metric: Expectation['metric'],
  limit: number,
  comparison: Expectation['comparison'] = '<=',
): Expectation {
  return { text, metric, comparison, limit };
}

/** Of latency.p99, say. */
export function latency(percentile: number, limit: number, statement?: string): Expectation {
  const name = percentile === 1 ? 'max' : `p${percentile * 100}`;
  return expecting(
    `latency.${name} <= ${limit} ms`,
    { kind: 'latency', curve: 'response', percentile, ...(statement === undefined ? {} : { statement }) },
    limit,
  );
}

/** The same numbers for the same seed (Lehmer's generator), 0 to 1. */
export function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** Everything that a run can have, at random times: two arms, errors, wrong answers, drops, waits. Times are whole milliseconds from 0. */
export function anyRun(seed: number, count: number, statements: number): readonly JournalEvent[] {
  const next = random(seed);
  return Array.from({ length: count }, (_, i): JournalEvent => {
    const t = Math.floor(next() * 30_000);
    const q = Math.floor(next() * statements);
    const arm = i % 2;
    const kind = next();
    if (kind < 0.03) return { ...failed(t, q, next() < 0.5 ? 'timedOut' : 'engine', `error ${i}`), arm };
    if (kind < 0.05) return { t, src, kind: 'dropped', q, arm, count: 1 + Math.floor(next() * 5), ms: 0 };
    const answer = kind < 0.06 ? 'wrong' : kind < 0.3 ? 'repeatable' : 'ok';
    return op(t, q, 3 * Math.exp(next() * 5), { wait: next() < 0.5 ? 0 : next() * 20, answer, arm, rows: q + 1 });
  });
}
