/**
 * The load of a run: a plan's operations at their planned times, and what became of each. A thread of its own plans, paces and records
 * (`pacer/`); this side carries the operations out, so that neither row conversion nor a slow answer check moves an arrival.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { cancelled, FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { AnswerOutcome, JournalEvent, OperationError } from '../../journal/events.ts';
import type { DrivenLoad, RunPlan } from '../../journal/plan.ts';
import { bell, listening, type FromPacer, type PacerData, type SendMessage, type ToPacer } from './protocol.ts';
import { shortestShareMs } from './pacer/share.ts';

export interface LoadOptions {
  readonly plan: Pick<RunPlan, 'warmUp' | 'statements' | 'arms' | 'seed'> & { readonly load: DrivenLoad };
  /** `dist/pacer.js`, or its source. */
  readonly pacerEntry: string;
  /** `process.hrtime.bigint()` at `t` = 0. */
  readonly originNs: bigint;
  /** Carries one operation out. A rejection counts as a failed operation. `signal`: the load is stopped. */
  readonly execute: (operation: Operation, signal: AbortSignal) => Promise<OperationOutcome>;
  /** phase (warmUp, measuring, draining), op, histogram, dropped, driver and gap events, as they become known. If it throws, the load fails with that. */
  readonly onEvents: (events: readonly JournalEvent[]) => void;
  /** How long a stopped operation may take to settle before it is counted without having settled. Default 5,000. */
  readonly stopGraceMs?: number;
}

export interface Operation {
  /** Index of the statement in the plan. */
  readonly q: number;
  /** Index of the arm in the plan. */
  readonly arm: number;
  /** To be called right before the statement goes to the engine: service time begins. Without it the operation was all wait. */
  readonly sent: () => void;
}

/** `doneNs`: `process.hrtime.bigint()` when the last row, or the error, was there; before rows are converted or checked. */
export type OperationOutcome =
  | { readonly doneNs: bigint; readonly rows: number; readonly answer?: AnswerOutcome }
  | { readonly doneNs: bigint; readonly error: OperationError };

export interface LoadRun {
  /** Every planned operation is accounted for, and its event was handed on. Fails: `crashed` (the thread ended), or what `onEvents` threw. */
  readonly finished: Promise<void>;
  /**
   * Plans nothing more. Those underway are aborted and count as dropped, as queued ones do that were never sent. One that has not settled
   * `stopGraceMs` later counts as failed (`cancelled`): it may still run at the engine, and how it ends is not recorded.
   * Ends when `finished` has; never fails.
   */
  stop(): Promise<void>;
}

export function startLoad(options: LoadOptions): LoadRun {
  return new LoadThread(options);
}

class LoadThread implements LoadRun {
  readonly finished: Promise<void>;
  readonly #options: LoadOptions;
  readonly #worker: Worker;
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));
  readonly #underway = new Map<number, AbortController>();
  #utilization: readonly EventLoopUtilization[] = [performance.eventLoopUtilization()];
  #stopped = false;
  #failure: unknown;
  #accounted = false;

  constructor(options: LoadOptions) {
    const { plan, originNs, stopGraceMs = 5000 } = options;
    this.#options = options;
    const data: PacerData = {
      kind: 'faultline-pacer',
      originNs,
      load: plan.load,
      ...(plan.warmUp === undefined ? {} : { warmUp: plan.warmUp }),
      weights: plan.statements.map(({ weight }) => weight),
      arms: plan.arms.length,
      seed: plan.seed,
      stopGraceMs,
      shared: this.#shared.buffer,
    };
    this.#worker = new Worker(options.pacerEntry, { workerData: data, name: 'pacer' });
    this.finished = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromPacer) => this.#take(message));
      this.#worker.on('error', (error) => (this.#failure ??= crashed(error)));
      // Comes after its last message.
      this.#worker.on('exit', (code) => {
        this.#abortAll();
        if (this.#failure === undefined && this.#accounted) resolve();
        else reject(this.#failure ?? crashed(new Error(`exit code ${code}`)));
      });
    });
    // Whoever only stops it does not ask how it ended.
    this.finished.catch(() => undefined);
  }

  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#abortAll();
      this.#post({ kind: 'stop' });
    }
    await this.finished.catch(() => undefined);
  }

  #take(message: FromPacer): void {
    if (message.kind === 'send') void this.#carryOut(message);
    else if (message.kind === 'finished') this.#accounted = true;
    else this.#handOn(message.events);
  }

  async #carryOut({ id, q, arm }: SendMessage): Promise<void> {
    const controller = new AbortController();
    this.#underway.set(id, controller);
    let sentNs: bigint | undefined;
    const operation: Operation = { q, arm, sent: () => (sentNs ??= process.hrtime.bigint()) };
    let outcome: OperationOutcome;
    try {
      if (this.#stopped) throw cancelled();
      outcome = await this.#options.execute(operation, controller.signal);
    } catch (error) {
      outcome = { doneNs: process.hrtime.bigint(), error: operationError(error) };
    }
    this.#underway.delete(id);
    const settledMs = this.#sinceOrigin(process.hrtime.bigint());
    const doneMs = this.#sinceOrigin(outcome.doneNs);
    const sentMs = sentNs === undefined ? doneMs : this.#sinceOrigin(sentNs);
    if ('error' in outcome) this.#post({ kind: 'ended', id, sentMs, doneMs, settledMs, rows: 0, error: outcome.error });
    else {
      const { rows, answer } = outcome;
      this.#post({ kind: 'ended', id, sentMs, doneMs, settledMs, rows, ...(answer === undefined ? {} : { answer }) });
    }
  }

  #post(message: ToPacer): void {
    this.#worker.postMessage(message);
    Atomics.add(this.#shared, bell, 1);
    if (message.kind === 'stop' || Atomics.load(this.#shared, listening) === 1) Atomics.notify(this.#shared, bell);
  }

  #handOn(events: readonly JournalEvent[]): void {
    if (this.#failure !== undefined) return;
    try {
      this.#options.onEvents(events.map((event) => (event.kind === 'driver' ? { ...event, busy: this.#busier(event.busy) } : event)));
    } catch (error) {
      this.#failure = error;
      this.#stopped = true;
      void this.#worker.terminate();
    }
  }

  /** The pacer knows only its own thread's share. Like there, a short remainder is no measure of its own: it counts with the second before. */
  #busier(ofPacer: number): number {
    const now = performance.eventLoopUtilization();
    const [newest = now, before = newest] = this.#utilization;
    const sinceNewest = performance.eventLoopUtilization(now, newest);
    const long = sinceNewest.idle + sinceNewest.active >= shortestShareMs;
    if (long) this.#utilization = [now, newest];
    const { utilization } = long ? sinceNewest : performance.eventLoopUtilization(now, before);
    return Math.max(ofPacer, Math.round(utilization * 1000) / 1000);
  }

  #abortAll(): void {
    for (const controller of this.#underway.values()) controller.abort();
  }

  #sinceOrigin(ns: bigint): number {
    return Number(ns - this.#options.originNs) / 1e6;
  }
}

function operationError(error: unknown): OperationError {
  const { reason, message, facts } = normalise(error);
  return { reason, text: message, ...(facts.code === undefined ? {} : { code: facts.code }) };
}

function crashed(cause: unknown): FaultlineError {
  return new FaultlineError(
    'crashed',
    { what: t('The thread that paces the load ended unexpectedly'), meaning: t('What was recorded until then is in the journal') },
    cause,
  );
}
