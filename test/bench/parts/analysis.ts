/**
 * What a page waits for when it opens a run of a million operations: their projection with its view and its charts, against a bare
 * JSON.parse of the same lines in the same rounds. And what a live page pays at each refresh, late in a long run.
 */
import { RunProjection } from '../../../src/analysis/run.ts';
import type { JournalEvent, JournalHeader } from '../../../src/journal/events.ts';
import { measure } from '../part.ts';
import { atMost, median, type Finding } from '../table.ts';

const operations = 1_000_000;
/** An hour at 200/s, about. */
const liveOperations = 700_000;
const statements = 22;
const rounds = 5;
/** Lines are parsed and projected this many at a time, as a page does: a million parsed events at once would be the collector's test. */
const batch = 20_000;
const limits = { projectMs: 1000, ratio: 1, refreshRatio: 0.4 } as const;

const header: JournalHeader = {
  faultline: 1,
  run: 'bench',
  startedAt: 0,
  plan: {
    name: 'bench',
    arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
    statements: Array.from({ length: statements }, (_, i) => ({ name: `q${i + 1}`, sql: '', weight: 1 })),
    load: {
      kind: 'open',
      ratePerSecond: 200,
      arrivals: 'uniform',
      durationMs: operations * 5,
      maxInFlight: 4,
      maxQueued: 100,
      order: 'listed',
    },
    timeoutMs: 1000,
    expectations: [],
    abortRules: [],
    seed: 1,
  },
  environment: { faultline: '', node: '', system: '', processor: '', processors: 1, memoryBytes: 1 },
};

function linesOf(count: number): readonly string[] {
  let state = 1;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const micro = (ms: number): number => Math.round(ms * 1000) / 1000;
  return Array.from({ length: count }, (_, i) => {
    const wait = micro(next() * 0.2);
    const service = micro(20 * Math.exp(next() * 3));
    return JSON.stringify({ t: i * 5, src: 'runner', kind: 'op', q: i % statements, wait, service, rows: 4, answer: 'ok' });
  });
}

interface Round {
  readonly parseMs: number;
  readonly projectMs: number;
  readonly run: RunProjection;
}

function round(lines: readonly string[]): Round {
  const run = new RunProjection(header);
  run.add({ t: 0, src: 'runner', kind: 'phase', phase: 'measuring' });
  let parseMs = 0;
  let projectMs = 0;
  for (let first = 0; first < lines.length; first += batch) {
    const part = lines.slice(first, first + batch);
    const start = performance.now();
    const events = part.map((line) => JSON.parse(line) as JournalEvent);
    const parsed = performance.now();
    for (const event of events) run.add(event);
    projectMs += performance.now() - parsed;
    parseMs += parsed - start;
  }
  const start = performance.now();
  const shown = run.view('running').counts.ok + run.latency({}).counts.ok + run.overTime({}).columns.length;
  projectMs += performance.now() - start;
  if (shown <= 2 * lines.length) throw new Error(`${lines.length} operations were not all projected`);
  return { parseMs, projectMs, run };
}

function refresh(run: RunProjection): number {
  const start = performance.now();
  run.view('running');
  run.latency({});
  run.overTime({});
  return performance.now() - start;
}

await measure(async ({ progress }): Promise<readonly Finding[]> => {
  const lines = linesOf(operations);
  const times: Omit<Round, 'run'>[] = [];
  // The first is not counted.
  for (let i = -1; i < rounds; i++) {
    const took = round(lines);
    progress(`analysis ${i + 1}/${rounds}: parsing ${took.parseMs.toFixed(0)} ms, projecting ${took.projectMs.toFixed(0)} ms`);
    if (i >= 0) times.push({ parseMs: took.parseMs, projectMs: took.projectMs });
  }
  const live = round(lines.slice(0, liveOperations)).run;
  const refreshes = Array.from({ length: 20 }, () => refresh(live));
  const refreshMs = median(refreshes);
  const projectMs = median(times.map((time) => time.projectMs));
  const parseMs = median(times.map((time) => time.parseMs));
  const ratio = median(times.map((time) => time.projectMs / time.parseMs));
  const against = `a bare JSON.parse of the same lines ${parseMs.toFixed(0)} ms, n = ${rounds} in turns`;
  return Promise.resolve([
    atMost('projecting 1,000,000 events, with view, histogram, curves and latency over time', projectMs, limits.projectMs, 'ms', against),
    {
      name: 'the same, against parsing',
      measured: `${ratio.toFixed(2)} ×`,
      against,
      limit: `≤ ${limits.ratio} ×`,
      ok: ratio <= limits.ratio,
    },
    {
      name: 'one refresh of a live page at 700,000 operations, against parsing 1,000,000',
      measured: `${(refreshMs / parseMs).toFixed(2)} × (${refreshMs.toFixed(0)} ms)`,
      against: `all figures made anew, n = ${refreshes.length}, worst ${Math.max(...refreshes).toFixed(0)} ms; ${against}`,
      limit: `≤ ${limits.refreshRatio} ×`,
      ok: refreshMs / parseMs <= limits.refreshRatio,
    },
  ]);
});
