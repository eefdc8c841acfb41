/** Runs as they really are: a process of its own each, DuckDB in it, with a home of their own. */
import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, parseOwner } from '../../../src/base/owner.ts';
import { packagePaths } from '../../../src/base/package.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import type { RunPlan } from '../../../src/journal/plan.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { runFiles } from '../../../src/journal/runs.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { impliedExpectations } from '../../../src/run/spec/expectation.ts';
import { startRun, type StartedRun, type StartRequest } from '../../../src/run/supervise/start.ts';

/** Goes on until it is stopped. */
export const endless = 'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range % 7 = 3';

export interface Place {
  readonly home: string;
  readonly store: RunStore;
  /** A small table `sales` of three rows. */
  readonly file: string;
  plan(changes?: Partial<RunPlan>): RunPlan;
  start(plan: RunPlan, options?: Partial<StartRequest>): Promise<StartedRun>;
  /** Ends what still runs; fails when a run left a socket or a temporary folder behind. */
  close(): Promise<void>;
}

export async function makePlace(parent: string = tmpdir()): Promise<Place> {
  const home = await mkdtemp(join(parent, 'faultline-run-'));
  const store = new RunStore({ home });
  const file = join(home, 'sales.csv');
  await writeFile(file, 'region,amount\nnorth,1.5\nsouth,2\neast,3\n');
  const started: StartedRun[] = [];
  return {
    home,
    store,
    file,
    plan: (changes = {}) => ({ ...planOn(file), ...changes }),
    start: async (plan, options = {}) => {
      const run = await startRun({
        plan,
        store,
        home,
        paths: packagePaths(),
        log: () => undefined,
        ...options,
      });
      started.push(run);
      return run;
    },
    close: async () => {
      for (const run of started) {
        if (isRunning(run.pid)) process.kill(run.pid, 'SIGKILL');
        await run.ended;
      }
      const left = await leftovers(home);
      await rm(home, { recursive: true, force: true });
      assert.deepEqual(left, []);
    },
  };
}

function planOn(path: string): RunPlan {
  return {
    name: 'sales',
    arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'file', path }, threads: 1, memoryLimitBytes: 200e6 }],
    statements: [
      { name: 'count', sql: 'SELECT count(*) FROM sales', weight: 1 },
      { name: 'sum', sql: 'SELECT region, sum(amount) FROM sales GROUP BY ALL ORDER BY ALL', weight: 1 },
    ],
    load: { kind: 'closed', clients: 2, iterations: 5, thinkTimeMs: 0, order: 'listed' },
    timeoutMs: 60_000,
    expectations: impliedExpectations([]),
    abortRules: [],
    seed: 42,
  };
}

/** 20 short statements a second for an hour: a run in whose middle something happens. */
export const steady: Pick<RunPlan, 'load'> = {
  load: {
    kind: 'open',
    ratePerSecond: 20,
    arrivals: 'uniform',
    durationMs: 3_600_000,
    maxInFlight: 4,
    maxQueued: 100,
    order: 'listed',
  },
};

export async function eventsOf(folder: string): Promise<readonly JournalEvent[]> {
  const found: JournalEvent[] = [];
  await readJournal(join(folder, runFiles.journal), (events) => found.push(...events));
  return found;
}

/** Resolves when the journal's events are as wanted: looked at whenever the folder changes. */
export async function until(folder: string, isThere: (events: readonly JournalEvent[]) => boolean): Promise<readonly JournalEvent[]> {
  let onChange: () => void = () => undefined;
  const watcher = watch(join(folder, runFiles.journal), () => onChange());
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => (onChange = resolve));
      const events = await eventsOf(folder);
      if (isThere(events)) return events;
      await changed;
    }
  } finally {
    watcher.close();
  }
}

export const operations = (events: readonly JournalEvent[]): number => events.filter(({ kind }) => kind === 'op').length;

export function endOf(events: readonly JournalEvent[]): Extract<JournalEvent, { kind: 'end' }> | undefined {
  return events.find((event) => event.kind === 'end');
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Sockets, plans and temporary folders. A lease of a process that was killed stays: it tells who that was. */
async function leftovers(home: string): Promise<readonly string[]> {
  const names = await readdir(home, { recursive: true });
  const own = names.filter((name) => /control\.sock$|plan\.json$|reserve$|^tmp\/run-/.test(name));
  const short = (await readdir(tmpdir())).filter((name) => {
    const owner = name.startsWith('faultline-socket-') ? parseOwner(name.slice('faultline-socket-'.length)) : undefined;
    return owner !== undefined && !isAlive(owner);
  });
  return [...own, ...short];
}
