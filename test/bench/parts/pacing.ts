/**
 * The pacer and the recorder: 500 operations a second on their planned times while TPC-H SF 0.1 runs on the same processors in another
 * process; what one recorded operation costs; and that a stall of the engine shows in the response times as arithmetic says.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeHistogram } from '../../../src/base/histogram.ts';
import { packagePaths } from '../../../src/base/package.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import type { DrivenLoad, PlannedStatement } from '../../../src/journal/plan.ts';
import { startLoad, type Operation } from '../../../src/workload/load/load.ts';
import { Recorder } from '../../../src/workload/load/recorder.ts';
import { DataSets } from '../../../src/workload/tpch/datasets.ts';
import { measure } from '../part.ts';
import { atMost, median, type Finding } from '../table.ts';

const scale = 0.1;
const limits = { startedMs: 2, corePercent: 5, recordNs: 100, stallPercent: 2 } as const;
const ratePerSecond = 500;
const stall = { durationMs: 60_000, fromMs: 20_000, lengthMs: 1400 } as const;
/** The slowest 300 of 30,000: 700 arrivals wait 1400, 1398, … ms, and 1400 - 299 × 2 is the 300th. */
const analyticMs = 802;

const statements: readonly PlannedStatement[] = Array.from({ length: 22 }, (_, i) => ({ name: `q${i + 1}`, sql: '', weight: 1 }));

interface Outcome {
  readonly events: readonly JournalEvent[];
  readonly planned: number;
  /** Operations and dropped ones of the measured part. */
  readonly counted: number;
  readonly wait: Curve;
  readonly response: Curve;
  readonly lag: Curve;
  /** Of the pacer's thread in the measured part, percent of a core. */
  readonly corePercent: number;
  readonly coreSource: string;
  /** Whether the system let the pacer have it. */
  readonly realTime: boolean;
}

/** Values in ms with how often each was counted, merged from singles and histograms. */
class Curve {
  readonly #counts = new Map<number, number>();

  add(valueUs: number, count = 1): void {
    this.#counts.set(valueUs, (this.#counts.get(valueUs) ?? 0) + count);
  }

  addAll(encoded: string): void {
    decodeHistogram(encoded).forEachBucket((valueUs, count) => this.add(valueUs, count));
  }

  get count(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Nearest rank, ms. */
  at(quantile: number): number {
    let left = Math.ceil(quantile * this.count);
    for (const [valueUs, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      left -= count;
      if (left <= 0) return valueUs / 1000;
    }
    return Number.NaN;
  }

  text(): string {
    return [0.5, 0.99, 0.999, 1]
      .map((quantile) => `${quantile === 1 ? 'max' : `p${quantile * 100}`} ${this.at(quantile).toFixed(2)}`)
      .join(', ');
  }
}

async function run(
  load: DrivenLoad,
  pacerEntry: string,
  execute: (operation: Operation, nowMs: number) => Promise<void>,
): Promise<Outcome> {
  const events: JournalEvent[] = [];
  const before = new Set(threads());
  const originNs = process.hrtime.bigint();
  let cpu: { readonly thread: string | undefined; readonly usedMs: number; readonly atMs: number } | undefined;
  let corePercent = Number.NaN;
  let realTime = false;
  const elapsedMs = (): number => Number(process.hrtime.bigint() - originNs) / 1e6;
  const started = startLoad({
    plan: {
      load,
      warmUp: { kind: 'duration', durationMs: 2000 },
      statements,
      arms: [{ label: 'duckdb', engine: 'duckdb', target: { kind: 'tpch', scale }, threads: 0, memoryLimitBytes: 0 }],
      seed: 1,
    },
    pacerEntry,
    originNs,
    execute: async (operation) => {
      operation.sent();
      await execute(operation, elapsedMs());
      return { doneNs: process.hrtime.bigint(), rows: 1, answer: 'ok' };
    },
    onEvents: (batch) => {
      events.push(...batch);
      for (const event of batch) {
        if (event.kind === 'phase' && event.phase === 'measuring') {
          const thread = pacerThread(before);
          realTime = isRealTime(thread);
          cpu = { thread, usedMs: cpuMs(thread) ?? 0, atMs: elapsedMs() };
        } else if (event.kind === 'driver' && cpu !== undefined) {
          const used = cpuMs(cpu.thread);
          // Once a second, and the last time before the thread has ended.
          if (used !== undefined) corePercent = ((used - cpu.usedMs) / (elapsedMs() - cpu.atMs)) * 100;
        }
      }
    },
  });
  await started.finished;
  const coreSource = cpu?.thread === undefined ? 'the whole process (no /proc here)' : '/proc/self/task';
  return { ...read(events), corePercent, coreSource, realTime };
}

function read(events: readonly JournalEvent[]): Omit<Outcome, 'corePercent' | 'coreSource' | 'realTime'> {
  const [wait, response, lag] = [new Curve(), new Curve(), new Curve()];
  const phases = events.filter((event) => event.kind === 'phase');
  const measuring = phases.find(({ phase }) => phase === 'measuring');
  let counted = 0;
  for (const event of events) {
    if (event.kind === 'driver' && event.t > (measuring?.t ?? 0)) lag.addAll(event.lag);
    if ('warmUp' in event) continue;
    if (event.kind === 'dropped') counted += event.count;
    if (event.kind === 'op') {
      counted++;
      wait.add(Math.round(event.wait * 1000));
      response.add(Math.round((event.wait + event.service) * 1000));
    }
    if (event.kind === 'histogram') {
      counted += event.count;
      wait.addAll(event.wait);
      response.addAll(event.response);
    }
  }
  return { events, planned: measuring?.planned ?? Number.NaN, counted, wait, response, lag };
}

function threads(): readonly string[] {
  return existsSync('/proc/self/task') ? readdirSync('/proc/self/task') : [];
}

/** By its name, which Node 24 gives it; else the new thread that has run most since the load began. */
function pacerThread(before: ReadonlySet<string>): string | undefined {
  const fresh = threads().filter((id) => !before.has(id));
  const named = fresh.find((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim() === 'pacer');
  return named ?? fresh.toSorted((a, b) => (cpuMs(b) ?? 0) - (cpuMs(a) ?? 0))[0];
}

/** Field 41 of `stat` (proc_pid_stat(5)): its policy; 2 is round robin. */
function isRealTime(thread: string | undefined): boolean {
  if (thread === undefined) return false;
  const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return fields[41 - 3] === '2';
}

/** CPU time of a thread, undefined when it has ended; on systems that do not tell, of the whole process, which holds it. */
function cpuMs(thread: string | undefined): number | undefined {
  if (thread === undefined) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
  try {
    // The first number of schedstat: nanoseconds on a processor.
    return Number(readFileSync(`/proc/self/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return undefined;
  }
}

/** Nanoseconds an operation: recording it, and folding it into events a quarter of a second's worth at a time. */
function recording(): { readonly recordNs: number; readonly foldNs: number; readonly bareNs: number } {
  const perFlush = 5000;
  const flushes = 200;
  const rounds: { readonly recordNs: number; readonly foldNs: number; readonly bareNs: number }[] = [];
  for (let round = -1; round < 5; round++) {
    const recorder = new Recorder({ arms: 1, statements: 22 });
    let recordMs = 0;
    let foldMs = 0;
    let bareMs = 0;
    for (let flush = 0; flush < flushes; flush++) {
      let start = performance.now();
      for (let i = 0; i < perFlush; i++) {
        const planned = flush * 250 + i / 20;
        recorder.record(i % 22, 0, false, planned, planned + 0.1, planned + 0.1 + (i % 100) / 7, i, 'ok');
      }
      recordMs += performance.now() - start;
      start = performance.now();
      let events = 0;
      for (const batch of recorder.fold()) events += batch.length;
      foldMs += performance.now() - start;
      if (events !== 22) throw new Error(`${events} events of 22 statements`);
      start = performance.now();
      const bare: object[] = [];
      for (let i = 0; i < perFlush; i++) {
        const planned = flush * 250 + i / 20;
        bare.push({ q: i % 22, arm: 0, planned, sent: planned + 0.1, done: planned + 0.1 + (i % 100) / 7, rows: i, answer: 'ok' });
      }
      bareMs += performance.now() - start;
    }
    const ns = (ms: number): number => (ms * 1e6) / (perFlush * flushes);
    if (round >= 0) rounds.push({ recordNs: ns(recordMs), foldNs: ns(foldMs), bareNs: ns(bareMs) });
  }
  return {
    recordNs: median(rounds.map(({ recordNs }) => recordNs)),
    foldNs: median(rounds.map(({ foldNs }) => foldNs)),
    bareNs: median(rounds.map(({ bareNs }) => bareNs)),
  };
}

const open: Extract<DrivenLoad, { kind: 'open' }> = {
  kind: 'open',
  ratePerSecond,
  arrivals: 'uniform',
  durationMs: 24_000,
  maxInFlight: 64,
  maxQueued: 10_000,
  order: 'listed',
};

await measure(async ({ scratch, extension, progress }) => {
  const paths = packagePaths(pathToFileURL(join(extension, 'dist/cli.js')).href);
  const pacerEntry = join(extension, 'dist/pacer.js');

  progress('recording');
  const recorded = recording();

  progress(`making TPC-H ${scale}`);
  const dataSets = new DataSets({
    home: scratch,
    generator: paths.datagen,
    ...(paths.extensionFolder === undefined ? {} : { extensionFolder: paths.extensionFolder }),
  });
  const path = await dataSets.ensure(scale);

  progress(`${ratePerSecond}/s, alone on the machine`);
  const alone = await run({ ...open, durationMs: 5000 }, pacerEntry, () => Promise.resolve());

  progress(`${ratePerSecond}/s, while TPC-H ${scale} runs`);
  const engine = fork(join(import.meta.dirname, 'tpch-loop.ts'), [path]);
  let passes = 0;
  await once(engine, 'message');
  engine.on('message', () => passes++);
  const beside = await run(open, pacerEntry, () => Promise.resolve());
  const passed = passes;
  const gone = once(engine, 'exit');
  engine.disconnect();
  await gone;
  if (passed < 3) throw new Error(`TPC-H made ${passed} passes: it was not running beside the load`);

  progress(`a stall of ${stall.lengthMs} ms in ${stall.durationMs / 1000} s`);
  let untilMs = Infinity;
  const stalled = await run({ ...open, durationMs: stall.durationMs, maxInFlight: 1024 }, pacerEntry, async (_, nowMs) => {
    if (nowMs >= stall.fromMs && untilMs === Infinity) untilMs = nowMs + stall.lengthMs;
    if (nowMs < untilMs && untilMs !== Infinity) await new Promise((resolve) => setTimeout(resolve, untilMs - nowMs));
  });
  const p99 = stalled.response.at(0.99);

  return [
    atMost(
      `pacing at ${ratePerSecond}/s while TPC-H ${scale} runs: planned to started, p99`,
      beside.lag.at(0.99),
      limits.startedMs,
      'ms',
      `ms: ${beside.lag.text()}; planned to sent: ${beside.wait.text()}; alone: ${alone.lag.text()}; TPC-H made ${passed} passes on ${availableParallelism()} processors; pacer ${beside.realTime ? 'is' : 'could not be made'} a real-time thread`,
    ),
    atMost(
      'pacing: the pacer’s thread',
      beside.corePercent,
      limits.corePercent,
      '% of a core',
      `CPU by ${beside.coreSource}; alone ${alone.corePercent.toFixed(1)} %`,
    ),
    accounted([alone, beside, stalled]),
    atMost(
      'recording an operation',
      recorded.recordNs,
      limits.recordNs,
      'ns',
      `folding it into events: ${recorded.foldNs.toFixed(0)} ns more; pushing a plain object: ${recorded.bareNs.toFixed(0)} ns`,
    ),
    atMost(
      `response p99 with a stall of ${stall.lengthMs / 1000} s: off the analytic value by`,
      Math.abs(p99 / analyticMs - 1) * 100,
      limits.stallPercent,
      '%',
      `p99 ${p99.toFixed(1)} ms, analytic ${analyticMs} ms, n = ${stalled.response.count}`,
    ),
  ];
});

function accounted(outcomes: readonly Outcome[]): Finding {
  const planned = outcomes.reduce((sum, outcome) => sum + outcome.planned, 0);
  const counted = outcomes.reduce((sum, outcome) => sum + outcome.counted, 0);
  return {
    name: 'planned arrivals that are accounted for',
    measured: `${counted} of ${planned}`,
    against: `${outcomes.length} loads; operations and dropped ones against what each announced`,
    limit: 'all',
    ok: outcomes.every((outcome) => outcome.planned === outcome.counted),
  };
}
