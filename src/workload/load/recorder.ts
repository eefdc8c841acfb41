/**
 * What became of each operation, until it is handed on as events. Recording is a handful of stores into typed arrays; the work is in
 * `fold`, which can be done in small steps between two arrivals. Times are ms since the run's start.
 */
import { newHistogram, type Histogram } from '../../base/histogram.ts';
import type { AnswerOutcome, DroppedEvent, HistogramEvent, JournalEvent, OperationError, OperationEvent } from '../../journal/events.ts';

/** Operations of a quarter of a second that are written singly; more become histograms. */
export const mostSingles = 50;
/** Of a histogram's or a dropped event's planned starts, counted from the start of their phase: no event spans two phases. */
export const intervalMs = 250;

const answers: readonly (AnswerOutcome | undefined)[] = [undefined, 'ok', 'wrong', 'repeatable', 'unchecked'];
const answerCode: Readonly<Record<AnswerOutcome, number>> = { ok: 1, wrong: 2, repeatable: 3, unchecked: 4 };
const wrong = answerCode.wrong;
const warmUpBit = 1;
const runner = 'runner';

export class Recorder {
  readonly #arms: number;
  readonly #statements: number;
  /** Start of the measured part, and of the warm-up. */
  readonly #phaseMs = [0, 0];
  #active = new Batch();
  #folding = new Batch();
  readonly #curves = { response: newHistogram(), service: newHistogram(), wait: newHistogram() };

  constructor(plan: { readonly arms: number; readonly statements: number }) {
    this.#arms = plan.arms;
    this.#statements = plan.statements;
  }

  beginPhase(warmUp: boolean, atMs: number): void {
    this.#phaseMs[warmUp ? 1 : 0] = atMs;
  }

  /** One that succeeded; also with a wrong answer. */
  record(
    q: number,
    arm: number,
    warmUp: boolean,
    plannedMs: number,
    sentMs: number,
    doneMs: number,
    rows: number,
    answer?: AnswerOutcome,
  ): void {
    const batch = this.#active;
    if (batch.count === batch.capacity) batch.grow();
    const at = batch.count++;
    batch.planned[at] = plannedMs;
    batch.sent[at] = sentMs;
    batch.done[at] = doneMs;
    batch.rows[at] = rows;
    batch.what[at] = ((q * this.#arms + arm) << 1) | (warmUp ? warmUpBit : 0);
    batch.answer[at] = answer === undefined ? 0 : answerCode[answer];
  }

  fail(q: number, arm: number, warmUp: boolean, plannedMs: number, sentMs: number, doneMs: number, error: OperationError): void {
    this.#active.failures.push({
      t: micro(plannedMs),
      src: runner,
      kind: 'op',
      q,
      ...this.#armOf(arm),
      ...durations(plannedMs, sentMs, doneMs),
      error,
      ...(warmUp ? { warmUp } : {}),
    });
  }

  drop(q: number, arm: number, warmUp: boolean, plannedMs: number): void {
    const key = this.#keyOf(((q * this.#arms + arm) << 1) | (warmUp ? warmUpBit : 0), plannedMs);
    this.#active.dropped.set(key, (this.#active.dropped.get(key) ?? 0) + 1);
  }

  /**
   * Takes what was recorded since the last call, and makes events of it: each step is at most some tenths of a millisecond. The one
   * before must have been carried through. Operations end long after they were planned, so one flush can hold histograms of several
   * intervals, and an interval can come again in a later flush.
   */
  *fold(): Generator<readonly JournalEvent[], void> {
    const batch = this.#active;
    this.#active = this.#folding;
    this.#folding = batch;
    if (batch.failures.length > 0) yield batch.failures;
    const dropped = [...batch.dropped].map(([key, count]) => this.#dropped(key, count));
    if (dropped.length > 0) yield dropped;
    if (batch.count > 0) {
      if (batch.count + batch.failures.length <= mostSingles) yield this.#singles(batch, range(batch.count));
      else yield* this.#histograms(batch);
    }
    batch.clear();
  }

  *#histograms(batch: Batch): Generator<readonly JournalEvent[], void> {
    const groups = new Map<number, number[]>();
    const wrongOnes: number[] = [];
    for (let at = 0; at < batch.count; at++) {
      if (batch.answer[at] === wrong) wrongOnes.push(at);
      else {
        const key = this.#keyOf(batch.what[at] ?? 0, batch.planned[at] ?? 0);
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [at]);
        else group.push(at);
      }
    }
    yield wrongOnes.length > 0 ? this.#singles(batch, wrongOnes) : [];
    for (const [key, group] of [...groups].sort(([a], [b]) => a - b)) yield* this.#histogram(batch, key, group);
  }

  *#histogram(batch: Batch, key: number, group: readonly number[]): Generator<readonly JournalEvent[], void> {
    const { response, service, wait } = this.#curves;
    const counts: Partial<Record<Exclude<AnswerOutcome, 'wrong'>, number>> = {};
    for (const [done, at] of group.entries()) {
      const answer = answers[batch.answer[at] ?? 0];
      if (answer !== undefined && answer !== 'wrong') counts[answer] = (counts[answer] ?? 0) + 1;
      const planned = batch.planned[at] ?? 0;
      const sent = batch.sent[at] ?? 0;
      const ended = batch.done[at] ?? 0;
      response.record(micros(ended - planned));
      service.record(micros(ended - sent));
      wait.record(micros(sent - planned));
      if (done % 256 === 255) yield [];
    }
    const curves: Record<string, string> = {};
    for (const [name, histogram] of Object.entries<Histogram>(this.#curves)) {
      curves[name] = histogram.encode();
      histogram.reset();
      yield [];
    }
    const { t, q, arm, warmUp } = this.#read(key);
    const event: HistogramEvent = {
      t,
      src: runner,
      kind: 'histogram',
      q,
      ...arm,
      ms: intervalMs,
      count: group.length,
      rows: batch.rows[group.at(-1) ?? 0] ?? 0,
      answers: counts,
      response: curves['response'] ?? '',
      service: curves['service'] ?? '',
      wait: curves['wait'] ?? '',
      ...warmUp,
    };
    yield [event];
  }

  #singles(batch: Batch, ats: readonly number[]): readonly OperationEvent[] {
    return ats.map((at) => {
      const what = batch.what[at] ?? 0;
      const planned = batch.planned[at] ?? 0;
      const answer = answers[batch.answer[at] ?? 0];
      return {
        t: micro(planned),
        src: runner,
        kind: 'op',
        ...this.#parts(what),
        ...durations(planned, batch.sent[at] ?? 0, batch.done[at] ?? 0),
        rows: batch.rows[at] ?? 0,
        ...(answer === undefined ? {} : { answer }),
        ...((what & warmUpBit) === 0 ? {} : { warmUp: true as const }),
      };
    });
  }

  #dropped(key: number, count: number): DroppedEvent {
    const { t, q, arm, warmUp } = this.#read(key);
    return { t, src: runner, kind: 'dropped', q, ...arm, count, ms: intervalMs, ...warmUp };
  }

  /** Interval, statement, arm and phase in one number: below 2^53 for every run that ends. */
  #keyOf(what: number, plannedMs: number): number {
    const interval = Math.floor((plannedMs - (this.#phaseMs[what & warmUpBit] ?? 0)) / intervalMs);
    return interval * this.#span() + what;
  }

  #span(): number {
    return this.#statements * this.#arms * 2;
  }

  #read(key: number): { t: number; q: number; arm: { arm?: number }; warmUp: { warmUp?: true } } {
    const what = key % this.#span();
    const interval = Math.floor(key / this.#span());
    const { q, ...arm } = this.#parts(what);
    const warmUp = what & warmUpBit;
    return { t: micro((this.#phaseMs[warmUp] ?? 0) + interval * intervalMs), q, arm, warmUp: warmUp === 0 ? {} : { warmUp: true } };
  }

  #parts(what: number): { q: number; arm?: number } {
    return { q: Math.floor((what >> 1) / this.#arms), ...this.#armOf((what >> 1) % this.#arms) };
  }

  #armOf(arm: number): { arm?: number } {
    return this.#arms === 1 ? {} : { arm };
  }
}

/** Operations of one flush. Plain fields: `record` writes them. */
class Batch {
  capacity = 1024;
  count = 0;
  planned = new Float64Array(this.capacity);
  sent = new Float64Array(this.capacity);
  done = new Float64Array(this.capacity);
  rows = new Float64Array(this.capacity);
  /** (statement × arms + arm) × 2 + warm-up. */
  what = new Int32Array(this.capacity);
  answer = new Uint8Array(this.capacity);
  failures: OperationEvent[] = [];
  readonly dropped = new Map<number, number>();

  clear(): void {
    this.count = 0;
    this.failures = [];
    this.dropped.clear();
  }

  grow(): void {
    this.capacity *= 2;
    this.planned = larger(this.planned, new Float64Array(this.capacity));
    this.sent = larger(this.sent, new Float64Array(this.capacity));
    this.done = larger(this.done, new Float64Array(this.capacity));
    this.rows = larger(this.rows, new Float64Array(this.capacity));
    this.what = larger(this.what, new Int32Array(this.capacity));
    this.answer = larger(this.answer, new Uint8Array(this.capacity));
  }
}

function larger<T extends Float64Array | Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function durations(plannedMs: number, sentMs: number, doneMs: number): { wait: number; service: number } {
  return { wait: micro(sentMs - plannedMs), service: micro(doneMs - sentMs) };
}

/** To whole microseconds: a journal's lines stay short. */
export function micro(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}

function micros(durationMs: number): number {
  return Math.max(0, Math.round(durationMs * 1000));
}
