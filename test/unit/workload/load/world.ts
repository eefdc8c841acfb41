/** A pacer in a world whose time the test makes: an engine with scripted service times, and a driver that can be stalled. */
import { decodeHistogram } from '../../../../src/base/histogram.ts';
import type { DriverEvent, HistogramEvent, JournalEvent, OperationEvent } from '../../../../src/journal/events.ts';
import type { DrivenLoad, WarmUp } from '../../../../src/journal/plan.ts';
import { PacerCore, type PacerPlan } from '../../../../src/workload/load/pacer/core.ts';
import type { EndedMessage, SendMessage, ToPacer } from '../../../../src/workload/load/protocol.ts';

export interface Sent extends SendMessage {
  readonly atMs: number;
}

export interface Script {
  /** How an operation goes. Default: answers at once. `never`: does not settle. */
  readonly answer?: (sent: Sent) => Partial<Omit<EndedMessage, 'kind' | 'id'>> & { readonly serviceMs?: number; readonly never?: true };
  /** How much later than it asked the pacer wakes. */
  readonly oversleepMs?: (wakeMs: number) => number;
  readonly stopAtMs?: number;
}

export const open: Extract<DrivenLoad, { kind: 'open' }> = {
  kind: 'open',
  ratePerSecond: 100,
  arrivals: 'uniform',
  durationMs: 1000,
  maxInFlight: 1000,
  maxQueued: 1000,
  order: 'listed',
};

export const closed: Extract<DrivenLoad, { kind: 'closed' }> = {
  kind: 'closed',
  clients: 2,
  iterations: 3,
  thinkTimeMs: 0,
  order: 'listed',
};

export function planOf(load: DrivenLoad, changes: Partial<PacerPlan> & { readonly warmUp?: WarmUp } = {}): PacerPlan {
  return { load, weights: [1, 1], arms: 1, seed: 1, stopGraceMs: 5000, ...changes };
}

export class World {
  readonly events: JournalEvent[] = [];
  readonly sent: Sent[] = [];
  finished = false;
  nowMs = 0;
  readonly #script: Script;
  /** Messages that come at a time, soonest first. */
  #coming: { readonly atMs: number; readonly message: ToPacer }[] = [];

  constructor(plan: PacerPlan, script: Script = {}) {
    this.#script = script;
    if (script.stopAtMs !== undefined) this.#coming.push({ atMs: script.stopAtMs, message: { kind: 'stop' } });
    new PacerCore(plan, {
      nowMs: () => this.nowMs,
      wallMs: () => 1_800_000_000_000 + this.nowMs,
      cpuMs: () => this.nowMs / 4,
      receive: () => (this.#dueMs() <= this.nowMs ? this.#coming.shift()?.message : undefined),
      wait: (durationMs, listening) => {
        const wakeMs = this.nowMs + durationMs;
        // A stop always wakes it.
        const heard = this.#coming.find(({ message }) => listening || message.kind === 'stop');
        const wakes = heard?.atMs ?? Infinity;
        const askedMs = Math.max(this.nowMs, Math.min(wakeMs, wakes));
        this.nowMs = askedMs + (script.oversleepMs?.(askedMs) ?? 0);
      },
      post: (message) => {
        if (message.kind === 'events') this.events.push(...message.events);
        else if (message.kind === 'finished') this.finished = true;
        else this.#send({ ...message, atMs: this.nowMs });
      },
    }).run();
  }

  of<K extends JournalEvent['kind']>(kind: K): Extract<JournalEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<JournalEvent, { kind: K }> => event.kind === kind);
  }

  /** Single and folded operations, and dropped ones: what is accounted for. */
  counted(warmUp: boolean): { readonly ended: number; readonly failed: number; readonly dropped: number } {
    const counts = { ended: 0, failed: 0, dropped: 0 };
    for (const event of this.events) {
      if (!('warmUp' in event) === warmUp) continue;
      if (event.kind === 'op') counts[event.error === undefined ? 'ended' : 'failed']++;
      if (event.kind === 'histogram') counts.ended += event.count;
      if (event.kind === 'dropped') counts.dropped += event.count;
    }
    return counts;
  }

  #dueMs(): number {
    return this.#coming[0]?.atMs ?? Infinity;
  }

  #send(sent: Sent): void {
    this.sent.push(sent);
    const { serviceMs = 0, never, ...rest } = this.#script.answer?.(sent) ?? {};
    if (never === true) return;
    const doneMs = sent.atMs + serviceMs;
    const message: EndedMessage = { kind: 'ended', id: sent.id, sentMs: sent.atMs, doneMs, settledMs: doneMs, rows: 1, ...rest };
    const at = this.#coming.findLastIndex(({ atMs }) => atMs <= message.settledMs);
    this.#coming.splice(at + 1, 0, { atMs: message.settledMs, message });
  }
}

/** Milliseconds of every operation without an error, ascending. */
export function curve(events: readonly JournalEvent[], name: 'response' | 'service' | 'wait'): number[] {
  const values: number[] = [];
  for (const event of events) {
    if (event.kind === 'op' && event.error === undefined) values.push(durationOf(event, name));
    if (event.kind === 'histogram') values.push(...valuesOf(event[name]));
  }
  return values.sort((a, b) => a - b);
}

export function lags(drivers: readonly DriverEvent[]): number[] {
  return drivers.flatMap(({ lag }) => valuesOf(lag)).sort((a, b) => a - b);
}

export function valuesOf(encoded: HistogramEvent['response']): number[] {
  const values: number[] = [];
  decodeHistogram(encoded).forEachBucket((valueUs, count) => {
    for (let i = 0; i < count; i++) values.push(valueUs / 1000);
  });
  return values;
}

function durationOf({ wait, service }: OperationEvent, name: 'response' | 'service' | 'wait'): number {
  return { response: wait + service, service, wait }[name];
}
