/** One run from its plan to its end in the journal. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AbortWatch } from '../../analysis/abort.ts';
import { recoveryOf, type RecoveryProjection } from '../../analysis/recovery/recovery.ts';
import { collector } from '../../base/collector.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { tempFolderOf } from '../../base/temp.ts';
import type { EngineEvent, JournalEvent, JournalHeader } from '../../journal/events.ts';
import { runFiles } from '../../journal/runs.ts';
import type { RunPlan } from '../../journal/plan.ts';
import { JournalWriter } from '../../journal/writer.ts';
import { startLoad } from '../../workload/load/load.ts';
import type { ConfirmedFaults } from '../prepare/confirmed.ts';
import { AnswerChecker } from './answers.ts';
import { closeArms, openArms, type OpenArm, type ServerAccess } from './arms.ts';
import type { EndRequest, HealRequest, HowItEnded } from './ending.ts';
import type { RoomEdges } from './faults/room.ts';
import { executorOf, operationError } from './executor.ts';
import type { RunnerSettings } from './settings.ts';

/** A statement that does not stop must not keep the process. */
const closeWithinMs = 5000;
const watchEveryMs = 250;
/** Progress of a data set, in the journal. */
const progressEveryMs = 500;

export interface RunOptions {
  readonly settings: RunnerSettings;
  readonly plan: RunPlan;
  /** What a person confirmed of the plan's faults. */
  readonly confirmed?: ConfirmedFaults;
  readonly header: JournalHeader;
  readonly servers: ServerAccess;
  readonly cluster: RoomEdges;
  /** `process.hrtime.bigint()` at `t` = 0. */
  readonly originNs: bigint;
  readonly end: EndRequest;
  readonly healing: HealRequest;
}

export class Run {
  readonly #options: RunOptions;
  readonly #writer: JournalWriter;
  readonly #watch: AbortWatch;
  readonly #recovery: RecoveryProjection | null;
  #measuringMs: number | undefined;

  /** Makes the journal, its header synced. Fails: `storage`. */
  constructor(options: RunOptions) {
    this.#options = options;
    const { settings, plan, header } = options;
    this.#writer = JournalWriter.create(join(settings.folder, runFiles.journal), header);
    this.#writer.sync();
    this.#watch = new AbortWatch(plan.abortRules, plan);
    this.#recovery = recoveryOf(header);
  }

  /** Resolves when the end is in the journal and synced, or can't be written. Never rejects. */
  async carryOut(): Promise<void> {
    const { settings, end } = this.#options;
    const tempFolder = await tempFolderOf(settings.home, 'run');
    let arms: readonly OpenArm[] = [];
    const watching = setInterval(() => this.#check(), watchEveryMs);
    try {
      this.#append([{ ...this.#now(), kind: 'phase', phase: 'preparing' }]);
      arms = await this.#prepare(tempFolder);
      if (this.#recovery !== null) await this.#break(this.#recovery, arms);
      else if (!end.signal.aborted) await this.#load(arms, end.signal);
      end.request({ how: 'finished' });
    } catch (error) {
      // Whoever asked for the end before it failed is the reason.
      end.request(failed(error));
    } finally {
      clearInterval(watching);
    }
    // Before the engines are closed, which may take a while, or crash.
    this.#close(end.how ?? { how: 'finished' });
    await Promise.race([closeArms(arms), sleep(closeWithinMs, undefined, { ref: false })]);
    await rm(tempFolder, { recursive: true, force: true }).catch(() => undefined);
  }

  async #prepare(tempFolder: string): Promise<readonly OpenArm[]> {
    const { plan, settings, servers, end } = this.#options;
    let saidAt = Number.NEGATIVE_INFINITY;
    const arms = await openArms(
      plan,
      settings,
      tempFolder,
      servers,
      {
        progress: (text) => {
          const now = this.#now();
          if (now.t - saidAt < progressEveryMs) return;
          saidAt = now.t;
          this.#append([{ ...now, kind: 'phase', phase: 'preparing', text }]);
        },
        note: (text) => this.#append([{ ...this.#now(), kind: 'note', text }]),
      },
      end.signal,
    );
    this.#append(
      arms.map(({ engine }, arm): EngineEvent => {
        const { title, version, target, threads = 0, memoryLimitBytes = 0, path } = engine.facts;
        const way = path === undefined ? {} : { path };
        return { ...this.#now(), kind: 'engine', arm, title, version, target, threads, memoryLimitBytes, ...way };
      }),
    );
    return arms;
  }

  /** Its load goes on beside it, and ends with it. */
  async #break(projection: RecoveryProjection, arms: readonly OpenArm[]): Promise<void> {
    const { header, plan, confirmed, end, healing, cluster } = this.#options;
    if (confirmed === undefined) throw new FaultlineError('refusedByProtection', { what: t('Nobody has confirmed what this run breaks') });
    const { FaultRun } = await import('./faults/fault-run.ts');
    const faults = await FaultRun.open({
      run: header.run,
      plan: projection.plan,
      confirmed,
      projection,
      end,
      healing,
      edges: cluster,
      hasLoad: plan.load.kind !== 'none',
      measuringMs: () => this.#measuringMs,
      record: {
        nowMs: () => this.#now().t,
        append: (events) => this.#append(events),
        sync: () => this.#writer.sync(),
        note: (text) => this.#append([{ ...this.#now(), kind: 'note', text }]),
      },
    });
    const over = new AbortController();
    try {
      const load = this.#load(arms, AbortSignal.any([over.signal, end.signal])).catch((error: unknown) => end.request(failed(error)));
      await faults.carryOut();
      over.abort();
      await load;
    } finally {
      over.abort();
      await faults.close();
    }
  }

  /** Ends when every planned operation is accounted for, also after it was stopped. */
  async #load(arms: readonly OpenArm[], signal: AbortSignal): Promise<void> {
    const { plan, settings, originNs } = this.#options;
    const { load: planned } = plan;
    if (planned.kind === 'none') return;
    const answers = new AnswerChecker(
      plan,
      arms.map((arm) => arm.answers),
      {
        note: (text) => this.#append([{ ...this.#now(), kind: 'note', text }]),
        difference: (found) => this.#append([{ ...this.#now(), kind: 'answer', ...found }]),
      },
    );
    const load = startLoad({
      plan: { ...plan, load: planned },
      pacerEntry: settings.pacer,
      originNs,
      execute: executorOf({ plan, engines: arms.map(({ engine }) => engine), answers, collect: collector() }),
      onEvents: (events) => this.#append(events),
    });
    const stop = (): void => void load.stop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await load.finished;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #check(): void {
    const reason = this.#watch.check(this.#now().t);
    if (reason !== null) this.#options.end.request({ how: 'aborted', reason });
  }

  /** A disk that takes nothing more ends the run: it can't be recorded. Fails: `storage`, then also whoever wanted to write. */
  #append(events: readonly JournalEvent[]): void {
    if (events.length === 0) return;
    try {
      this.#writer.append(events);
    } catch (error) {
      this.#options.end.request(failed(error));
      throw error;
    }
    for (const event of events) {
      this.#watch.add(event);
      this.#recovery?.add(event);
      if (event.kind === 'phase' && event.phase === 'measuring') this.#measuringMs ??= event.t;
    }
  }

  #close(how: HowItEnded): void {
    try {
      this.#writer.append([{ ...this.#now(), kind: 'end', ...how }]);
      this.#writer.sync();
    } catch (error) {
      process.stderr.write(`${t('The end of the run could not be written')}: ${String(error)}\n`);
    }
    this.#writer.close();
  }

  #now(): { readonly t: number; readonly src: 'runner' } {
    return { t: Math.round(Number(process.hrtime.bigint() - this.#options.originNs) / 1e3) / 1e3, src: 'runner' };
  }
}

function failed(error: unknown): HowItEnded {
  if (FaultlineError.is(error, 'cancelled')) return { how: 'stopped' };
  const found = operationError(error);
  return { how: 'failed', reason: found.text, error: found };
}
