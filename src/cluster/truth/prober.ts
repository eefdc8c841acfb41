/**
 * Asks engines how they are, pod by pod, one question at a time, and only while somebody looks.
 * What a pod said stays until it says something else, is gone, or was not heard for long.
 */
import type { Disposable } from '../../base/disposables.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { ClusterModel, PodLine, PodTruth } from '../recognise/model.ts';
import { systemTiming, type Timing } from '../watch/timing.ts';
import { type Asked, askerOf } from './ask.ts';
import { type PodQuestion, questionOf, type Said } from './questions.ts';

export interface ProberOptions {
  readonly timing: Timing;
  /** From the end of one round to the next: 5 s. */
  readonly everyMs: number;
  /** A pod that did not answer is asked again after this, then twice as long, to the most: 5 s and 60 s. */
  readonly backOffMs: readonly [first: number, most: number];
  /** How a pod is asked; through the API server where nothing is said. */
  readonly ask: Asked;
}

interface Record {
  failures: number;
  nextAtMs: number;
}

export class EngineProber implements Disposable {
  readonly #model: () => ClusterModel;
  readonly #changed: () => void;
  readonly #timing: Timing;
  readonly #everyMs: number;
  readonly #backOffMs: readonly [first: number, most: number];
  readonly #ask: Asked;
  readonly #life = new AbortController();
  readonly #truth = new Map<string, PodTruth>();
  readonly #records = new Map<string, Record>();
  #isLooking = false;
  #timer: Disposable | undefined;
  #running: Promise<void> | undefined;

  constructor(connection: ClusterConnection, model: () => ClusterModel, options: Partial<ProberOptions>, changed: () => void) {
    this.#model = model;
    this.#changed = changed;
    this.#timing = options.timing ?? systemTiming;
    this.#everyMs = options.everyMs ?? 5000;
    this.#backOffMs = options.backOffMs ?? [5000, 60_000];
    this.#ask = options.ask ?? askerOf(connection);
  }

  /** By the pod's uid. */
  get truth(): ReadonlyMap<string, PodTruth> {
    return this.#truth;
  }

  look(isLooking: boolean): void {
    if (this.#isLooking === isLooking || this.#life.signal.aborted) return;
    this.#isLooking = isLooking;
    this.#timer?.dispose();
    this.#timer = undefined;
    if (isLooking) void this.#turn();
  }

  /** One round from now, whether somebody looks or not. */
  async round(signal: AbortSignal): Promise<void> {
    await this.#running;
    if (!signal.aborted) await this.#once(signal);
  }

  dispose(): void {
    this.#life.abort();
    this.#timer?.dispose();
  }

  async #turn(): Promise<void> {
    await this.#running;
    if (!this.#isLooking || this.#life.signal.aborted) return;
    await this.#once(this.#life.signal);
    // Who looked away and back meanwhile has begun a turn of its own.
    if (!this.#isLooking || this.#life.signal.aborted) return;
    this.#timer?.dispose();
    this.#timer = this.#timing.after(this.#everyMs, () => void this.#turn());
  }

  #once(signal: AbortSignal): Promise<void> {
    this.#running = this.#round(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #round(signal: AbortSignal): Promise<void> {
    const questions = questionsOf(this.#model());
    this.#forget(new Set(questions.map(({ pod }) => pod.id)));
    for (const question of questions) {
      if (signal.aborted || this.#life.signal.aborted) return;
      const record = this.#records.get(question.pod.id) ?? { failures: 0, nextAtMs: -Infinity };
      if (record.nextAtMs > this.#timing.monotonicMs()) continue;
      this.#records.set(question.pod.id, record);
      this.#note(question.pod, record, await this.#ask(question, AbortSignal.any([signal, this.#life.signal])));
    }
  }

  /** Undefined: it was stopped. */
  #note(pod: PodLine, record: Record, said: Said | undefined): void {
    if (said === undefined) return;
    const [first, most] = this.#backOffMs;
    const isHeard = said.state !== 'unknown';
    record.failures = isHeard ? 0 : record.failures + 1;
    record.nextAtMs = isHeard ? -Infinity : this.#timing.monotonicMs() + Math.min(first * 2 ** (record.failures - 1), most);
    const before = this.#truth.get(pod.id);
    // The same object while it says the same: nothing is drawn anew for a newer time.
    if (before !== undefined && same(before, said)) return;
    this.#truth.set(pod.id, { ...said, readAtMs: this.#timing.wallMs() });
    this.#changed();
  }

  #forget(asked: ReadonlySet<string>): void {
    let isLess = false;
    for (const id of [...this.#truth.keys()]) if (!asked.has(id)) isLess = this.#truth.delete(id) || isLess;
    for (const id of [...this.#records.keys()]) if (!asked.has(id)) this.#records.delete(id);
    if (isLess) this.#changed();
  }
}

/** Ready pods of engines that can be asked. What isn't ready is explained by Kubernetes already. */
function questionsOf({ engines }: ClusterModel): readonly PodQuestion[] {
  return engines.items.flatMap((instance) =>
    instance.roles.flatMap(({ pods }) => pods.filter(({ isReady }) => isReady).flatMap((pod) => questionOf(instance, pod) ?? [])),
  );
}

function same(a: PodTruth, b: Said): boolean {
  return a.state === b.state && a.word === b.word && a.why === b.why && a.version === b.version && a.isCoordinator === b.isCoordinator;
}
