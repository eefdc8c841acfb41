/**
 * What is broken now, by the journals of this machine's runs: those that run are followed, of the others it is what they have left. No
 * cluster is contacted. No `vscode` import.
 */
import type { Disposable } from '../../base/disposables.ts';
import { JournalText } from '../../journal/parse.ts';
import type { FaultEvent } from '../../journal/fault-events.ts';
import { breaksSomething, type RunRecord } from '../../journal/runs.ts';
import { foundIn } from '../../run/stop/journal.ts';
import type { OpenFault, UnfinishedRun } from '../../run/stop/report.ts';
import type { JournalWindow } from '../panels/journal.ts';
import { Signal } from '../signal.ts';

export interface FaultWatchParts {
  /** Newest first; so many as could run. */
  readonly list: () => Promise<readonly RunRecord[]>;
  /** Whole lines from a byte on. */
  readonly read: (record: RunRecord, offset: number) => Promise<JournalWindow>;
  /** Of all runs, from disk alone. */
  readonly unfinished: () => Promise<readonly UnfinishedRun[]>;
  readonly onError: (what: string, error: unknown) => void;
  /** Between two looks while something runs that breaks something. */
  readonly everyMs?: number;
}

/** One that is broken, or may be. */
export interface WatchedFault extends OpenFault {
  readonly run: string;
  readonly name: string;
  /** `running`: its runner lives, and heals it. Of the others nobody does. */
  readonly state: UnfinishedRun['state'];
  readonly context: string;
  readonly kubeconfig: string;
}

/** Looks at the folder of runs so often, while journals are followed more often than that. */
const listEvery = 10;

interface Followed {
  readonly record: RunRecord;
  offset: number;
  readonly text: JournalText;
  readonly steps: FaultEvent[];
}

export class FaultWatch implements Disposable {
  readonly #parts: FaultWatchParts;
  readonly #followed = new Map<string, Followed>();
  #left: readonly UnfinishedRun[] = [];
  #faults: readonly WatchedFault[] = [];
  #looking: Promise<void> | undefined;
  #isAskedAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #turns = 0;
  #over = '';
  #disposed = false;

  /** Faults began or ended. Time that passes is not told. */
  readonly changed = new Signal();

  constructor(parts: FaultWatchParts) {
    this.#parts = parts;
  }

  /** Those of runs that run first, each by the end of its time. */
  get faults(): readonly WatchedFault[] {
    return this.#faults;
  }

  /** Runs that nobody carries on, with faults whose end nobody has seen. */
  get left(): readonly UnfinishedRun[] {
    return this.#left;
  }

  /** Does not fail. One at a time: who asks meanwhile is answered by a look of its own. */
  look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#isAskedAgain = true;
      return this.#looking;
    }
    this.#looking = this.#all().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  async #all(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      do {
        this.#isAskedAgain = false;
        this.#turns = 0;
        await this.#list();
      } while (this.#isAskedAgain && !this.#disposed);
    } catch (error) {
      this.#parts.onError('faults of this machine could not be read', error);
    }
    this.#again();
  }

  async #list(): Promise<void> {
    const { list, unfinished } = this.#parts;
    const records = (await list()).filter(breaksSomething);
    const running = records.filter(({ state }) => state === 'running');
    for (const run of this.#followed.keys()) if (!running.some((record) => record.run === run)) this.#followed.delete(run);
    for (const record of running)
      if (!this.#followed.has(record.run)) this.#followed.set(record.run, { record, offset: 0, text: new JournalText(), steps: [] });
    // Journals of runs that are over are read when there are others of them, and as long as one has something open: it may be stopped.
    const over = records.flatMap(({ run, state }) => (state === 'running' ? [] : [run])).join();
    if (over !== this.#over || this.#left.length > 0) this.#left = (await unfinished()).filter(({ state }) => state !== 'running');
    this.#over = over;
    await this.#follow();
  }

  async #follow(): Promise<void> {
    const { read } = this.#parts;
    for (const followed of this.#followed.values()) {
      for (;;) {
        const { text, next } = await read(followed.record, followed.offset);
        if (next === followed.offset) break;
        followed.offset = next;
        for (const event of followed.text.push(faultLines(text, followed.text.header === undefined)))
          if (event.kind === 'fault') followed.steps.push(event);
      }
    }
    this.#tell();
  }

  #tell(): void {
    const running = [...this.#followed.values()].flatMap(({ record: { run }, text: { header }, steps }): readonly WatchedFault[] => {
      const plan = header?.plan.fault;
      if (header === undefined || plan === undefined) return [];
      const { open } = foundIn(header, plan.faults, steps);
      return open.map(({ shown }) => ({
        ...shown,
        run,
        name: header.plan.name,
        state: 'running',
        context: plan.cluster.context,
        kubeconfig: plan.cluster.kubeconfig,
      }));
    });
    const left = this.#left.flatMap(({ run, name, state, cluster, faults }) =>
      faults.map((fault) => ({ ...fault, run, name, state, context: cluster.context, kubeconfig: cluster.kubeconfig })),
    );
    const now = [...running.toSorted((a, b) => a.deadlineMs - b.deadlineMs), ...left];
    const isSame = JSON.stringify(now) === JSON.stringify(this.#faults);
    this.#faults = now;
    if (!isSame && !this.#disposed) this.changed.fire();
  }

  #again(): void {
    if (this.#disposed || this.#followed.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#turns++;
      if (this.#turns % listEvery === 0) void this.look();
      else
        this.#follow().then(
          () => this.#again(),
          (error: unknown) => {
            this.#parts.onError('the journal of a run could not be followed', error);
            this.#again();
          },
        );
    }, this.#parts.everyMs ?? 1_000);
  }
}

/** Thousands of samples stand between two of them: only what may be one is parsed. */
function faultLines(text: string, withFirst: boolean): string {
  const found: string[] = [];
  let start = 0;
  for (;;) {
    const end = text.indexOf('\n', start);
    if (end < 0) break;
    const line = text.slice(start, end + 1);
    if ((withFirst && start === 0) || line.includes('"fault"')) found.push(line);
    start = end + 1;
  }
  return found.join('');
}

/** "0:42"; after it "0:00". */
export function leftText(deadlineMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((deadlineMs - nowMs) / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
