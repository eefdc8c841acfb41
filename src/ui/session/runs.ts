/**
 * The benchmarks that this window has started: their handles, how they ended, and those that an earlier life of the window left behind
 * (a reload ends the extension host, not the run). No `vscode` import.
 */
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { RunSummary } from '../../analysis/view.ts';
import type { RunPlan } from '../../journal/plan.ts';
import type { RunRecord } from '../../journal/runs.ts';
import type { ConfirmedFaults } from '../../run/prepare/confirmed.ts';
import { Signal } from '../signal.ts';
import type { Memory } from './session.ts';

const key = 'faultline.runs.unfinished';

/** What a started run gives to its starter. */
export interface RunHandle {
  readonly run: string;
  /** Settles when the runner is gone, however the run ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** Lets go of the run, which goes on. */
  release(): void;
}

/** A connection to a run that somebody else has started. */
export interface RunConnection {
  stop(): Promise<void>;
  /** Ends what the run has broken; it goes on to observe. */
  heal(): Promise<void>;
  /** Keeps the run alive in place of who has started it. */
  adopt(): Promise<void>;
  readonly closed: Promise<void>;
  close(): void;
}

export interface RunEdge {
  /** `confirmed`: of a plan that breaks something. */
  start(plan: RunPlan, confirmed?: ConfirmedFaults): Promise<RunHandle>;
  connect(record: RunRecord): Promise<RunConnection>;
  record(run: string): Promise<RunRecord>;
  summary(record: RunRecord): Promise<RunSummary>;
}

export interface WindowRunsParts {
  readonly edge: RunEdge;
  /** Of the workspace: a reloaded window finds its runs by it. */
  readonly memory: Memory;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  readonly onError: (what: string, error: unknown) => void;
}

export interface ActiveBenchmark {
  readonly run: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly stopping: boolean;
}

export interface EndedBenchmark {
  readonly run: string;
  readonly name: string;
  /** Absent when its journal can't be read. */
  readonly summary?: RunSummary;
}

interface Held {
  active: ActiveBenchmark;
  readonly stop: () => Promise<void>;
  /** Lets go of the connection; the run goes on and waits for its next owner. */
  readonly letGo: () => void;
}

export class WindowRuns implements Disposable {
  readonly #parts: WindowRunsParts;
  readonly #held = new Map<string, Held>();
  #adopting: Promise<void> | undefined;
  #disposed = false;

  readonly changed = new Signal();
  readonly started = new Signal<ActiveBenchmark>();
  readonly ended = new Signal<EndedBenchmark>();

  constructor(parts: WindowRunsParts) {
    this.#parts = parts;
  }

  /** Runs of this window that have not ended, oldest first. */
  get active(): readonly ActiveBenchmark[] {
    return [...this.#held.values()].map(({ active }) => active);
  }

  /** Whether an earlier life of this window has left runs behind. Reads memory only. */
  get hasUnfinished(): boolean {
    return this.#unfinished.some((run) => !this.#held.has(run));
  }

  /** Answers with the run's id as soon as its journal is there. Fails as the start does. */
  async start(plan: RunPlan, confirmed?: ConfirmedFaults): Promise<string> {
    const handle = await this.#parts.edge.start(plan, confirmed);
    const active = { run: handle.run, name: plan.name, startedAt: this.#parts.wallMs(), stopping: false };
    this.#remember([...this.#unfinished, handle.run]);
    this.#hold({ active, stop: () => handle.stop(), letGo: () => handle.release() }, handle.ended);
    this.started.fire(active);
    return handle.run;
  }

  /** Answers when the stop is in the journal. Any run of this machine can be stopped. Fails `notFound` when it runs no more. */
  async stop(run: string): Promise<void> {
    const held = this.#held.get(run);
    if (!held) return this.#linked(run, (link) => link.stop());
    held.active = { ...held.active, stopping: true };
    this.changed.fire();
    try {
      await held.stop();
    } catch (error) {
      held.active = { ...held.active, stopping: false };
      this.changed.fire();
      throw error;
    }
  }

  /** Ends what a run has broken now, and lets it observe: of any run of this machine. Fails `notFound` when it runs no more. */
  heal(run: string): Promise<void> {
    return this.#linked(run, (link) => link.heal());
  }

  /** Takes up what an earlier life of this window has left behind, once. Does not fail: a run that can't be reached is told. */
  adopt(): Promise<void> {
    return (this.#adopting ??= this.#adoptAll());
  }

  /** The runs go on: each waits a minute for its next owner. */
  dispose(): void {
    this.#disposed = true;
    for (const { letGo } of this.#held.values()) letGo();
    this.#held.clear();
  }

  async #adoptAll(): Promise<void> {
    await Promise.all(this.#unfinished.filter((run) => !this.#held.has(run)).map((run) => this.#adoptOne(run)));
  }

  async #adoptOne(run: string): Promise<void> {
    const { edge, onError } = this.#parts;
    try {
      const record = await edge.record(run);
      if (record.state !== 'running') {
        await this.#over(run, record.header?.plan.name ?? run, record);
        return;
      }
      const link = await edge.connect(record);
      await link.adopt();
      if (this.#disposed) {
        link.close();
        return;
      }
      const { header } = record;
      const active = { run, name: header?.plan.name ?? run, startedAt: header?.startedAt ?? this.#parts.wallMs(), stopping: false };
      this.#hold({ active, stop: () => link.stop(), letGo: () => link.close() }, link.closed);
    } catch (error) {
      this.#forget(run);
      if (!FaultlineError.is(error, 'notFound')) onError(`run ${run} could not be taken up again`, error);
    }
  }

  #hold(held: Held, ended: Promise<void>): void {
    const { run, name } = held.active;
    this.#held.set(run, held);
    this.changed.fire();
    ended
      .then(
        () => undefined,
        (error: unknown) => this.#parts.onError(`run ${run}`, error),
      )
      .then(async () => {
        // A window that closes has let go of it: it has not ended, and stays remembered.
        if (this.#disposed || !this.#held.delete(run)) return;
        await this.#over(run, name);
      })
      .catch((error: unknown) => this.#parts.onError(`end of run ${run}`, error));
  }

  async #over(run: string, name: string, known?: RunRecord): Promise<void> {
    this.#forget(run);
    this.changed.fire();
    const { edge, onError } = this.#parts;
    try {
      this.ended.fire({ run, name, summary: await edge.summary(known ?? (await edge.record(run))) });
    } catch (error) {
      onError(`run ${run} can’t be read`, normalise(error));
      this.ended.fire({ run, name });
    }
  }

  async #linked(run: string, work: (link: RunConnection) => Promise<void>): Promise<void> {
    const { edge } = this.#parts;
    const record = await edge.record(run);
    if (record.state !== 'running') {
      throw new FaultlineError('notFound', { what: t('{0} is not running any more', record.header?.plan.name ?? run) });
    }
    const link = await edge.connect(record);
    try {
      await work(link);
    } finally {
      link.close();
    }
  }

  get #unfinished(): readonly string[] {
    const stored = this.#parts.memory.get(key);
    return Array.isArray(stored) ? stored.filter((run) => typeof run === 'string') : [];
  }

  #forget(run: string): void {
    this.#remember(this.#unfinished.filter((other) => other !== run));
  }

  #remember(runs: readonly string[]): void {
    this.#parts.memory.update(key, runs).then(undefined, (error: unknown) => this.#parts.onError('runs could not be remembered', error));
  }
}
