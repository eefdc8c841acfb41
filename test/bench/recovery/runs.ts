/** Runs that break something, as a person has them: the packaged program in a process of its own, then its journal by the product's own projection. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { RecoveryView } from '../../../src/analysis/recovery/view.ts';
import type { JournalEvent, JournalHeader } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { runFiles, type RunRecord } from '../../../src/journal/runs.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { projectRun, recoveryOfRun } from '../../../src/run/summaries.ts';
import type { TestLab } from '../../lab/use/lab.ts';

export interface RunContext {
  readonly lab: TestLab;
  /** The unpacked package. */
  readonly extension: string;
  /** For the stores of the runs. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export interface Carried {
  readonly view: RecoveryView;
  readonly header: JournalHeader;
  /** In the order in which the runner wrote them. */
  readonly events: readonly JournalEvent[];
  /** A moment of the machine's monotonic clock, as ms of the run. */
  readonly ofRun: (machineMs: number) => number;
  readonly ofMachine: (runMs: number) => number;
  /** For what is not as it should be: where its journal can be looked at later. */
  readonly keep: () => Promise<string>;
  /** How far the wall clock has moved against the monotonic one meanwhile, ms: what `ofRun` may be off. */
  readonly driftMs: number;
}

/** One that is under way. */
export interface Started {
  /** Who has started the runner, as an editor does. */
  readonly starter: ChildProcess;
  readonly home: string;
  /** Once its runner has a journal. */
  record(): Promise<RunRecord>;
  /** Once it has ended, also one that was killed. */
  read(): Promise<Carried>;
}

const keptFolder = join(import.meta.dirname, '../../../.test/bench-recovery');

/**
 * The machine itself kept the vantages from asking: their event loops stood still, or the echoes that nobody had broken did not answer.
 * Such a run says so and claims nothing; it is made again, and counted.
 */
export function wasDisturbed({ verdict, proofs, reason }: RecoveryView): boolean {
  const isJudged = proofs.every(({ of, state }) => of !== 'judged' || state !== 'missing');
  return verdict === 'inconclusive' && (!isJudged || /bad probes? before the fault/.test(reason));
}

/** One for each run: `spec` as a file has it. */
export async function start({ lab, extension, scratch, signal }: RunContext, spec: object): Promise<Started> {
  const home = await mkdtemp(join(scratch, 'run-'));
  const file = join(home, 'bench.faultline.yaml');
  await writeFile(file, stringify({ faultline: 1, ...spec }));
  const before = wallAhead();
  const args = [join(extension, 'dist', 'cli.js'), 'run', file, '--namespace', lab.namespace, '--yes'];
  const starter = spawn(process.execPath, args, {
    env: { ...process.env, FAULTLINE_HOME: home, KUBECONFIG: lab.kubeconfig },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  let words = '';
  starter.stderr?.on('data', (data: Buffer) => (words = (words + data.toString()).slice(-4000)));
  starter.on('error', (error) => (words += String(error)));
  const store = new RunStore({ home });
  const ended = new Promise<void>((resolve) => starter.once('close', () => resolve()));
  const record = async (): Promise<RunRecord> => {
    for (;;) {
      const [newest] = await store.list(1);
      if (newest !== undefined) return newest;
      if (starter.exitCode !== null) throw new Error(`the run was not begun:\n${words}`);
      await pause(100, undefined, { signal });
    }
  };
  return {
    starter,
    home,
    record,
    read: async () => {
      await ended;
      signal.throwIfAborted();
      const found = await record();
      const view = recoveryOfRun(await projectRun(found));
      if (view === null) throw new Error('the run broke nothing');
      const events: JournalEvent[] = [];
      const journal = join(found.folder, runFiles.journal);
      const { header } = await readJournal(journal, (some) => void events.push(...some));
      const originMs = header.startedAt - before;
      return {
        ...{ view, header, events, driftMs: Math.abs(wallAhead() - before) },
        ofRun: (machineMs) => machineMs - originMs,
        ofMachine: (runMs) => runMs + originMs,
        keep: async () => {
          const kept = join(keptFolder, `${found.run}.ndjson`);
          await mkdir(keptFolder, { recursive: true });
          await copyFile(journal, kept);
          return kept;
        },
      };
    },
  };
}

export async function carryOut(context: RunContext, spec: object): Promise<Carried> {
  return (await start(context, spec)).read();
}

/** What a journal holds while it grows; none yet: nothing. */
export async function eventsOf({ folder }: RunRecord): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  const path = join(folder, runFiles.journal);
  if (existsSync(path)) await readJournal(path, (some) => void events.push(...some));
  return events;
}

/** The wall clock minus the machine's monotonic one, ms: at a tick, since `Date` knows no fractions. */
function wallAhead(): number {
  const from = Date.now();
  let now = from;
  while (now === from) now = Date.now();
  return now - Number(process.hrtime.bigint()) / 1e6;
}
