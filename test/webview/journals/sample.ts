/**
 * Journals for the latency page, made by a seeded simulation: arrivals at a rate, connections, one stall, some errors, wrong answers
 * and dropped requests. The same call makes the same text.
 */
import type { Environment, JournalEvent, JournalHeader } from '../../../src/journal/events.ts';
import { journalFormat } from '../../../src/journal/events.ts';
import type { Arm, Expectation, Load, PlannedStatement, RunPlan } from '../../../src/journal/plan.ts';
import { newHistogram } from '../../../src/base/histogram.ts';

export const queryNames = Array.from({ length: 22 }, (_, i) => `q${String(i + 1).padStart(2, '0')}`);
/** Medians in ms of the 22 queries. */
const base = [380, 128, 230, 150, 265, 58, 240, 205, 455, 250, 84, 118, 190, 82, 108, 122, 300, 560, 140, 205, 640, 74];

export function rng(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const environment: Environment = {
  faultline: '0.1.0',
  node: 'v24.21.0',
  system: 'linux x64 6.1.0',
  processor: 'AMD EPYC 7B13',
  processors: 8,
  memoryBytes: 33_500_000_000,
  gitRevision: '3f2a91c, changed',
};

const duckdb: Arm = { label: 'duckdb', engine: 'duckdb', target: { kind: 'tpch', scale: 1 }, threads: 4, memoryLimitBytes: 8_000_000_000 };

const implied: readonly Expectation[] = [
  { text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true },
  { text: 'errors <= 0 %', metric: { kind: 'errors' }, comparison: '<=', limit: 0, implied: true },
  { text: 'dropped <= 0 %', metric: { kind: 'dropped' }, comparison: '<=', limit: 0, implied: true },
];

export const limit: Expectation = {
  text: 'latency.p99.9 <= 2 s',
  metric: { kind: 'latency', curve: 'response', percentile: 0.999 },
  comparison: '<=',
  limit: 2000,
};

export interface SampleOptions {
  readonly run?: string;
  readonly seed?: number;
  readonly durationMs?: number;
  readonly ratePerSecond?: number;
  /** Every duration times this. */
  readonly factor?: number;
  readonly stall?: boolean;
  readonly troubles?: boolean;
  readonly arms?: readonly Arm[];
  readonly queries?: number;
  readonly expectations?: readonly Expectation[];
  readonly name?: string;
  readonly startedAt?: number;
  /** ms of the run at which the text ends, without an end. */
  readonly until?: number;
  /** One histogram event each quarter of a second and statement in place of single operations. */
  readonly histograms?: boolean;
}

export interface Sample {
  readonly header: JournalHeader;
  readonly events: readonly JournalEvent[];
  readonly text: string;
}

export function planOf(options: SampleOptions = {}): RunPlan {
  const { durationMs = 600_000, ratePerSecond = 20, queries = 22, arms = [duckdb], seed = 20, name = 'tpch-1' } = options;
  const statements: PlannedStatement[] = queryNames.slice(0, queries).map((query, i) => ({
    name: query,
    sql: `-- ${query}\nselect ${i + 1}`,
    weight: 1,
    tpchQuery: i + 1,
  }));
  const load: Load = {
    kind: 'open',
    ratePerSecond,
    arrivals: 'poisson',
    durationMs,
    maxInFlight: 10,
    maxQueued: 100,
    order: 'shuffled',
  };
  return {
    name,
    arms,
    statements,
    load,
    timeoutMs: 60_000,
    expectations: options.expectations ?? [limit, ...implied],
    abortRules: [],
    seed,
    specText: 'name: tpch-1\n',
  };
}

export function headerOf(options: SampleOptions = {}): JournalHeader {
  return {
    faultline: journalFormat,
    run: options.run ?? '20261121-140500-tpch-1-a1b2',
    startedAt: options.startedAt ?? Date.UTC(2026, 10, 21, 14, 5),
    plan: planOf(options),
    environment,
  };
}

interface Planned {
  readonly t: number;
  readonly q: number;
  readonly arm: number;
  wait: number;
  service: number;
  kind: 'ok' | 'error' | 'wrong' | 'dropped';
}

export function sample(options: SampleOptions = {}): Sample {
  const { durationMs = 600_000, stall = true, troubles = true, until } = options;
  const header = headerOf(options);
  const operations = simulate(header.plan, options);
  if (troubles) trouble(operations, stall);
  const events: JournalEvent[] = [...opening(header.plan, durationMs)];
  const ends = (each: Planned): number => each.t + each.wait + each.service;
  const bySecond = driverEvents(header, durationMs);
  const all: { readonly at: number; readonly events: readonly JournalEvent[] }[] = [
    ...(options.histograms === true
      ? histogramEvents(operations)
      : operations.map((each) => ({ at: ends(each), events: eventsOf(header.plan, each) }))),
    ...bySecond,
  ];
  all.sort((a, b) => a.at - b.at);
  for (const each of all) if (until === undefined || each.at <= until) events.push(...each.events);
  const last = operations.reduce((latest, each) => (each.kind === 'dropped' ? latest : Math.max(latest, ends(each))), durationMs);
  if (until === undefined)
    events.push({ t: last, src: 'runner', kind: 'phase', phase: 'draining' }, { t: last + 5, src: 'runner', kind: 'end', how: 'finished' });
  return { header, events, text: textOf(header, events) };
}

export function textOf(header: JournalHeader, events: readonly JournalEvent[]): string {
  return [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
}

export function opening(plan: RunPlan, durationMs: number): readonly JournalEvent[] {
  return [
    { t: 0, src: 'runner', kind: 'phase', phase: 'preparing', text: 'opening the engine' },
    ...plan.arms.map((arm, i): JournalEvent => ({
      t: 0,
      src: 'runner',
      kind: 'engine',
      arm: i,
      title: 'DuckDB 1.5.5',
      version: '1.5.5',
      target: 'TPC-H 1',
      threads: arm.threads,
      memoryLimitBytes: arm.memoryLimitBytes,
    })),
    { t: 0, src: 'runner', kind: 'phase', phase: 'measuring', durationMs },
  ];
}

/** One client that runs the 22 queries of TPC-H in power order, three times. */
export function powerRun(): Sample {
  const listed = headerOf({ run: '20261121-150000-tpch-1-power', expectations: implied, name: 'tpch-1-power' });
  const power = [14, 2, 9, 20, 6, 17, 18, 8, 21, 13, 3, 22, 16, 4, 11, 15, 1, 10, 19, 5, 7, 12];
  const statements = power.map((n): PlannedStatement => ({ name: queryNames[n - 1] ?? '', sql: `select ${n}`, weight: 1, tpchQuery: n }));
  const plan: RunPlan = {
    ...listed.plan,
    statements,
    load: { kind: 'closed', clients: 1, iterations: 3, thinkTimeMs: 0, order: 'listed' },
  };
  const header: JournalHeader = { ...listed, plan };
  const random = rng(5);
  const events: JournalEvent[] = opening(plan, 0).map((event) =>
    event.kind === 'phase' && event.phase === 'measuring' ? measuring66 : event,
  );
  let t = 0;
  for (let pass = 0; pass < 3; pass++) {
    for (const [q, n] of power.entries()) {
      const service = micro((base[n - 1] ?? 100) * (0.9 + 0.3 * random()));
      events.push({ t: micro(t), src: 'runner', kind: 'op', q, wait: 0.05, service, rows: 10, answer: n === 11 ? 'repeatable' : 'ok' });
      t += service + 1;
    }
  }
  for (const { at, events: driver } of driverEvents(header, t)) if (at < t) events.push(...driver);
  events.push({ t: micro(t), src: 'runner', kind: 'end', how: 'finished' });
  return { header, events, text: textOf(header, events) };
}

const measuring66: JournalEvent = { t: 0, src: 'runner', kind: 'phase', phase: 'measuring', planned: 66 };

function simulate(
  plan: RunPlan,
  { durationMs = 600_000, ratePerSecond = 20, factor = 1, seed = 20, stall = true }: SampleOptions,
): Planned[] {
  const random = rng(seed);
  const gauss = (): number => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const count = Math.round((durationMs / 1000) * ratePerSecond);
  const gaps = Array.from({ length: count + 1 }, () => -Math.log(1 - random()));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  const slots = Array.from({ length: 10 }, () => 0);
  const standstill = { from: durationMs * 0.6207, to: durationMs * 0.6267 };
  const operations: Planned[] = [];
  let t = 0;
  for (let i = 0; i < count; i++) {
    t += ((gaps[i] ?? 0) / total) * durationMs;
    const q = Math.floor(random() * plan.statements.length);
    const arm = i % plan.arms.length;
    const slot = slots.indexOf(Math.min(...slots));
    const sent = Math.max(t, slots[slot] ?? 0);
    let service = (base[q] ?? 100) * factor * Math.exp(0.2 * gauss() + 0.12 * Math.abs(gauss())) * (1 + 0.06 * Math.sin(t / 47_000));
    if (plan.arms.length > 1) service *= arm === 0 ? 0.93 + 0.01 * ((q * 7) % 11) : 1;
    if (random() < 0.011) service *= 2.1;
    if (stall && sent < standstill.to && sent + service > standstill.from) service += standstill.to - Math.max(sent, standstill.from);
    slots[slot] = sent + service;
    operations.push({ t: micro(t), q, arm, wait: micro(sent - t), service: micro(service), kind: 'ok' });
  }
  return operations;
}

function micro(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function trouble(operations: Planned[], stall: boolean): void {
  const waited = operations.filter(({ wait }) => stall && wait > 500);
  for (const each of waited.slice(-14, -2)) each.kind = 'dropped';
  for (const each of waited.slice(2, 5)) each.kind = 'error';
  const wrong = operations.filter(({ q }) => q === 14);
  for (const i of [0.2, 0.45, 0.7]) {
    const each = wrong[Math.floor(i * wrong.length)];
    if (each !== undefined) each.kind = 'wrong';
  }
}

function eventsOf(plan: RunPlan, { t, q, arm, wait, service, kind }: Planned): readonly JournalEvent[] {
  const common = { t, src: 'runner' as const, q, ...(plan.arms.length > 1 ? { arm } : {}) };
  if (kind === 'dropped') return [{ ...common, kind: 'dropped', count: 1, ms: 250 }];
  if (kind === 'error') {
    return [{ ...common, kind: 'op', wait, service, error: { reason: 'timedOut', text: 'The statement was stopped after 60 s' } }];
  }
  const answer = kind === 'wrong' ? 'wrong' : q === 10 || q === 19 ? 'repeatable' : 'ok';
  const done: JournalEvent = { ...common, kind: 'op', wait, service, rows: 10 + q, answer };
  if (kind !== 'wrong') return [done];
  return [
    done,
    {
      t,
      src: 'runner',
      kind: 'answer',
      q,
      rowsExpected: 1,
      rowsGot: 1,
      differences: [
        { row: 1, column: 'total_revenue', rule: 'within 1 %, and $100 of a sum', expected: '1772627.2087', got: '1172627.2087' },
        { row: 1, column: 's_phone', rule: 'the same text', expected: '16-789-973-6601', got: null },
      ],
    },
  ];
}

function driverEvents(header: JournalHeader, durationMs: number): { readonly at: number; readonly events: readonly JournalEvent[] }[] {
  const lags = [120, 180, 240, 310, 800].map((lagUs) => {
    const histogram = newHistogram();
    histogram.record(lagUs, 20);
    return histogram.encode();
  });
  return Array.from({ length: Math.floor(durationMs / 1000) }, (_, i) => ({
    at: (i + 1) * 1000,
    events: [
      {
        t: (i + 1) * 1000,
        src: 'runner',
        kind: 'driver',
        lag: lags[i % (i % 40 === 0 ? 5 : 4)] ?? '',
        busy: 0.2 + 0.1 * ((i % 7) / 7),
        cores: 3.4,
        inFlight: 6,
        queued: 0,
        wallMs: header.startedAt + (i + 1) * 1000,
      },
    ],
  }));
}

function histogramEvents(operations: readonly Planned[]): { readonly at: number; readonly events: readonly JournalEvent[] }[] {
  const groups = Map.groupBy(operations, ({ t, q }) => `${Math.floor(t / 250)} ${q}`);
  return [...groups.values()].map((group) => {
    const curves = { response: newHistogram(), service: newHistogram(), wait: newHistogram() };
    for (const { wait, service } of group) {
      curves.response.record((wait + service) * 1000);
      curves.service.record(service * 1000);
      curves.wait.record(wait * 1000);
    }
    const first = group[0];
    const t = Math.floor((first?.t ?? 0) / 250) * 250;
    const event: JournalEvent = {
      t,
      src: 'runner',
      kind: 'histogram',
      q: first?.q ?? 0,
      ms: 250,
      count: group.length,
      rows: group.length * 10,
      answers: { ok: group.length },
      response: curves.response.encode(),
      service: curves.service.encode(),
      wait: curves.wait.encode(),
    };
    return { at: t + 250, events: [event] };
  });
}
