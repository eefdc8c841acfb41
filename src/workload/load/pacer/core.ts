/**
 * The pacer: acts on each planned operation at its time, and accounts for it. All that it needs of the world comes in as `PacerEdges`,
 * so that a test decides what o'clock it is; `main.ts` gives it a thread. Times are ms since the run's start.
 */
import { newHistogram } from '../../../base/histogram.ts';
import { t } from '../../../base/messages.ts';
import type { DriverEvent, JournalEvent } from '../../../journal/events.ts';
import type { EndedMessage, FromPacer, PacerData, ToPacer } from '../protocol.ts';
import { intervalMs, micro, Recorder } from '../recorder.ts';
import { ClosedPlanner } from './closed.ts';
import { OpenPlanner } from './open.ts';
import type { Phase, Planned, Planner } from './planner.ts';
import { Share } from './share.ts';
import { Waiting } from './waiting.ts';

export type PacerPlan = Omit<PacerData, 'kind' | 'originNs' | 'shared'>;

export interface PacerEdges {
  readonly nowMs: () => number;
  /** Milliseconds since the epoch. */
  readonly wallMs: () => number;
  /** CPU time of the whole process. */
  readonly cpuMs: () => number;
  /** The next message, if one is there. */
  readonly receive: () => ToPacer | undefined;
  /** Sleeps so long, or until a message comes if `listening`. May end early. */
  readonly wait: (durationMs: number, listening: boolean) => void;
  readonly post: (message: FromPacer) => void;
}

interface InFlight {
  readonly planned: Planned;
  readonly actedMs: number;
}

const driverEveryMs = 1000;
/** Later than it asked to be woken by more than this: it did not run. */
const gapMs = 1000;
/** Answers that nothing hangs on are read together: their times were taken where they came. */
const hearEveryMs = 10;
/** Arrivals that are acted on before messages are read again: after a stall answers must not wait for all of them. */
const burst = 64;
/** Recorded operations are folded only while the next arrival is at least so far away: a step takes less than that. */
const slackMs = 0.5;

export class PacerCore {
  readonly #edges: PacerEdges;
  readonly #plan: PacerPlan;
  readonly #planner: Planner;
  readonly #recorder: Recorder;
  readonly #maxInFlight: number;
  readonly #maxQueued: number;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #queue = new Waiting<Planned>();
  readonly #lag = newHistogram();
  #ids = 0;
  #fold: Iterator<readonly JournalEvent[]> | undefined;
  #events: JournalEvent[] = [];
  #flushAtMs: number;
  #driverAtMs: number;
  #sleptMs = 0;
  readonly #share: Share;
  /** When it was running for certain, or had asked to be woken. */
  #awakeMs: number;
  #isStopped = false;
  #giveUpMs = Infinity;
  #heardMs = -Infinity;

  constructor(plan: PacerPlan, edges: PacerEdges) {
    this.#plan = plan;
    this.#edges = edges;
    const { load, warmUp, weights, arms, seed } = plan;
    this.#recorder = new Recorder({ arms, statements: weights.length });
    const deck = { weights, arms, seed };
    const startMs = edges.nowMs();
    this.#awakeMs = startMs;
    this.#flushAtMs = startMs + intervalMs;
    this.#driverAtMs = startMs + driverEveryMs;
    this.#share = new Share({ atMs: startMs, sleptMs: 0, cpuMs: edges.cpuMs() });
    const onPhase = (phase: Phase): void => this.#enter(phase);
    if (load.kind === 'open') {
      this.#maxInFlight = load.maxInFlight;
      this.#maxQueued = load.maxQueued;
      this.#planner = new OpenPlanner({ load, warmUp, deck }, startMs, onPhase);
    } else {
      this.#maxInFlight = load.clients;
      this.#maxQueued = 0;
      this.#planner = new ClosedPlanner({ load, warmUp, deck }, startMs, onPhase);
    }
  }

  /** Ends when every planned operation is accounted for. */
  run(): void {
    for (;;) {
      this.#hear();
      this.#act();
      this.#giveUp();
      this.#keepBooks();
      if (this.#ended()) break;
      this.#sleep();
    }
    this.#flush();
    this.#emit([this.#driver(this.#edges.nowMs())]);
    this.#edges.post({ kind: 'finished' });
  }

  #hear(): void {
    const now = this.#runs();
    if (!this.#listening() && now - this.#heardMs < hearEveryMs && now < this.#driverAtMs) return;
    this.#heardMs = now;
    for (let message = this.#edges.receive(); message !== undefined; message = this.#edges.receive()) {
      if (message.kind === 'ended') this.#settle(message);
      else this.#stop();
    }
  }

  /** In an open loop that has room, nothing hangs on an answer: to be woken for it, or to read each alone, would only cost. */
  #listening(): boolean {
    if (this.#plan.load.kind === 'closed' || this.#planner.allPlanned) return true;
    return this.#queue.size > 0 || this.#inFlight.size * 2 >= this.#maxInFlight;
  }

  /** Between any two of these calls it was to run, or to sleep until `#awakeMs`: the rest it did not run. */
  #runs(): number {
    const now = this.#edges.nowMs();
    if (now - this.#awakeMs > gapMs) {
      this.#emit([{ t: micro(this.#awakeMs), src: 'runner', kind: 'gap', ms: micro(now - this.#awakeMs) }]);
    }
    this.#awakeMs = now;
    return now;
  }

  #act(): void {
    for (let i = 0; i < burst; i++) {
      const now = this.#edges.nowMs();
      if (this.#planner.nextMs > now) return;
      const planned = this.#planner.take();
      if (planned === undefined) continue;
      this.#lag.record(Math.max(0, Math.round((now - planned.plannedMs) * 1000)));
      if (this.#inFlight.size < this.#maxInFlight) this.#send(planned, now);
      else if (this.#queue.size < this.#maxQueued) this.#queue.push(planned);
      else this.#drop(planned);
    }
  }

  #send(planned: Planned, actedMs: number): void {
    const id = ++this.#ids;
    this.#inFlight.set(id, { planned, actedMs });
    this.#edges.post({ kind: 'send', id, q: planned.q, arm: planned.arm });
  }

  #drop({ q, arm, warmUp, plannedMs }: Planned): void {
    this.#recorder.drop(q, arm, warmUp, plannedMs);
  }

  #settle({ id, sentMs, doneMs, settledMs, rows, answer, error }: EndedMessage): void {
    const sent = this.#inFlight.get(id);
    // It settled after it was given up, and is accounted for.
    if (sent === undefined) return;
    this.#inFlight.delete(id);
    const { q, arm, warmUp, plannedMs, client } = sent.planned;
    if (error === undefined) this.#recorder.record(q, arm, warmUp, plannedMs, sentMs, doneMs, rows, answer);
    // The person stopped it, and the engine did stop: that is no fault of the engine's.
    else if (this.#isStopped && error.reason === 'cancelled') this.#drop(sent.planned);
    else this.#recorder.fail(q, arm, warmUp, plannedMs, sentMs, doneMs, error);
    this.#planner.ended(client, doneMs, settledMs);
    const waiting = this.#queue.shift();
    if (waiting !== undefined) this.#send(waiting, this.#edges.nowMs());
  }

  #stop(): void {
    this.#isStopped = true;
    const now = this.#edges.nowMs();
    this.#planner.stop(now);
    for (let waiting = this.#queue.shift(); waiting !== undefined; waiting = this.#queue.shift()) this.#drop(waiting);
    this.#giveUpMs = Math.min(this.#giveUpMs, now + this.#plan.stopGraceMs);
  }

  /** What was aborted and has not settled in its time. */
  #giveUp(): void {
    const now = this.#edges.nowMs();
    if (now < this.#giveUpMs) return;
    const error = { reason: 'cancelled', text: t('Stopped. The engine did not confirm that the statement ended.') };
    for (const { planned, actedMs } of this.#inFlight.values()) {
      this.#recorder.fail(planned.q, planned.arm, planned.warmUp, planned.plannedMs, actedMs, now, error);
    }
    this.#inFlight.clear();
  }

  #keepBooks(): void {
    const now = this.#edges.nowMs();
    if (now >= this.#flushAtMs) {
      // There was no time for it between arrivals: now it must be.
      this.#finishFold();
      this.#fold = this.#recorder.fold();
      this.#flushAtMs += Math.max(1, Math.ceil((now - this.#flushAtMs + 1) / intervalMs)) * intervalMs;
    }
    if (now >= this.#driverAtMs) this.#emit([this.#driver(now)]);
  }

  #foldStep(): void {
    const step = this.#fold?.next();
    if (step === undefined) return;
    if (step.done !== true) this.#events.push(...step.value);
    else {
      this.#fold = undefined;
      if (this.#events.length > 0) this.#edges.post({ kind: 'events', events: this.#events });
      this.#events = [];
    }
  }

  #finishFold(): void {
    while (this.#fold !== undefined) this.#foldStep();
  }

  #flush(): void {
    this.#finishFold();
    this.#fold = this.#recorder.fold();
    this.#finishFold();
  }

  #sleep(): void {
    const from = this.#runs();
    const wakeMs = Math.min(this.#planner.nextMs, this.#flushAtMs, this.#driverAtMs, this.#giveUpMs);
    if (wakeMs <= from) return;
    if (this.#fold !== undefined && this.#planner.nextMs - from > slackMs) {
      // One step, then messages again: in a closed loop an answer is the next arrival.
      this.#foldStep();
      return;
    }
    this.#awakeMs = wakeMs;
    this.#edges.wait(wakeMs - from, this.#listening());
    this.#sleptMs += Math.max(0, this.#edges.nowMs() - from);
  }

  #enter({ phase, t: atMs, planned, durationMs }: Phase): void {
    if (phase !== 'draining') this.#recorder.beginPhase(phase === 'warmUp', atMs);
    const known = { ...(planned === undefined ? {} : { planned }), ...(durationMs === undefined ? {} : { durationMs }) };
    // The driver's figures of a phase are of that phase alone.
    const driver = this.#lag.count > 0 ? [this.#driver(atMs)] : [];
    this.#emit([...driver, { t: micro(atMs), src: 'runner', kind: 'phase', phase, ...known }]);
  }

  #driver(atMs: number): DriverEvent {
    const now = this.#edges.nowMs();
    const { busy, cores } = this.#share.until({ atMs: now, sleptMs: this.#sleptMs, cpuMs: this.#edges.cpuMs() });
    const lag = this.#lag.encode();
    this.#lag.reset();
    this.#driverAtMs = now + driverEveryMs;
    return {
      t: micro(atMs),
      src: 'runner',
      kind: 'driver',
      lag,
      busy,
      cores,
      inFlight: this.#inFlight.size,
      queued: this.#queue.size,
      wallMs: this.#edges.wallMs(),
    };
  }

  #emit(events: readonly JournalEvent[]): void {
    this.#edges.post({ kind: 'events', events });
  }

  #ended(): boolean {
    return this.#planner.allPlanned && this.#inFlight.size === 0 && this.#queue.size === 0;
  }
}
