/** A closed loop: each client plans its next operation when the answer of the one before is there and the think time is over. */
import type { DrivenLoad, WarmUp } from '../../../journal/plan.ts';
import { Deck } from '../deck.ts';
import type { DeckChoice, OnPhase, Planned, Planner } from './planner.ts';

type ClosedLoad = Extract<DrivenLoad, { kind: 'closed' }>;

export interface ClosedPlan {
  readonly load: ClosedLoad;
  readonly warmUp: WarmUp | undefined;
  readonly deck: DeckChoice;
}

interface Client {
  deck: Deck;
  /** Operations that it still plans in this phase. Infinity: only time ends it. */
  left: number;
  readyMs: number;
  busy: boolean;
}

/**
 * A client is ready when its last answer has been received *and* checked: what the driver does with an answer is neither waiting of
 * the next operation nor lag. The measured part begins when all clients have ended their warm-up.
 */
export class ClosedPlanner implements Planner {
  allPlanned = false;
  nextMs = Infinity;
  readonly #plan: ClosedPlan;
  readonly #onPhase: OnPhase;
  readonly #clients: readonly Client[];
  #warmUp = false;
  /** Of the phase. */
  #endMs = Infinity;
  /** In the measured part. */
  #taken = 0;

  constructor(plan: ClosedPlan, startMs: number, onPhase: OnPhase) {
    this.#plan = plan;
    this.#onPhase = onPhase;
    this.#clients = Array.from({ length: plan.load.clients }, (_, client) => {
      return { deck: this.#deckOf('measuring', client), left: 0, readyMs: startMs, busy: false };
    });
    if (plan.warmUp === undefined) this.#measure(startMs);
    else this.#warm(plan.warmUp, startMs);
  }

  take(): Planned | undefined {
    const next = this.#nextClient();
    if (next === undefined || this.#readyOf(next) >= this.#endMs) {
      const endMs = this.#endMs;
      this.#endMs = Infinity;
      for (const client of this.#clients) client.left = 0;
      this.#look(endMs);
      return undefined;
    }
    const client = this.#clients[next] as Client;
    const planned: Planned = { ...client.deck.draw(), client: next, plannedMs: client.readyMs, warmUp: this.#warmUp };
    client.left--;
    client.busy = true;
    if (!this.#warmUp) this.#taken++;
    this.#look(planned.plannedMs);
    return planned;
  }

  ended(index: number, doneMs: number, settledMs: number): void {
    const client = this.#clients[index];
    if (client === undefined) return;
    client.busy = false;
    client.readyMs = Math.max(doneMs + this.#plan.load.thinkTimeMs, settledMs);
    this.#look(settledMs);
  }

  stop(nowMs: number): void {
    if (!this.allPlanned) this.#drain(nowMs);
  }

  /** After anything has changed: is the phase over, and who is next? */
  #look(nowMs: number): void {
    if (this.allPlanned) return;
    const noneLeft = this.#clients.every(({ left }) => left === 0);
    if (noneLeft && !this.#warmUp) this.#drain(nowMs);
    else if (noneLeft && this.#clients.every(({ busy }) => !busy)) this.#measure(nowMs);
    else this.#schedule();
  }

  #schedule(): void {
    const next = this.#nextClient();
    this.nextMs = Math.min(next === undefined ? Infinity : this.#readyOf(next), this.#endMs);
  }

  #nextClient(): number | undefined {
    let best: number | undefined;
    for (const [index, { left, busy, readyMs }] of this.#clients.entries()) {
      if (left > 0 && !busy && (best === undefined || readyMs < this.#readyOf(best))) best = index;
    }
    return best;
  }

  #readyOf(client: number): number {
    return this.#clients[client]?.readyMs ?? Infinity;
  }

  #warm(warmUp: WarmUp, startMs: number): void {
    this.#warmUp = true;
    const { clients } = this.#plan.load;
    if (warmUp.kind === 'duration') {
      this.#endMs = startMs + warmUp.durationMs;
      this.#begin('warmUp', Infinity, startMs);
      this.#onPhase({ phase: 'warmUp', t: startMs, durationMs: warmUp.durationMs });
    } else {
      const each = warmUp.iterations * Deck.size(this.#plan.deck);
      this.#begin('warmUp', each, startMs);
      this.#onPhase({ phase: 'warmUp', t: startMs, planned: clients * each });
    }
    this.#look(startMs);
  }

  #measure(startMs: number): void {
    const { clients, iterations = Infinity, durationMs } = this.#plan.load;
    const each = iterations * Deck.size(this.#plan.deck);
    this.#warmUp = false;
    this.#endMs = durationMs === undefined ? Infinity : startMs + durationMs;
    this.#begin('measuring', each, startMs);
    const planned = each === Infinity ? {} : { planned: clients * each };
    this.#onPhase({ phase: 'measuring', t: startMs, ...planned, ...(durationMs === undefined ? {} : { durationMs }) });
    this.#look(startMs);
  }

  #drain(atMs: number): void {
    this.allPlanned = true;
    this.nextMs = Infinity;
    // One that was stopped, or that ends at a time, planned fewer than were announced.
    this.#onPhase({ phase: 'draining', t: atMs, ...(this.#warmUp ? {} : { planned: this.#taken }) });
  }

  #begin(stream: string, each: number, startMs: number): void {
    for (const [index, client] of this.#clients.entries()) {
      client.deck = this.#deckOf(stream, index);
      client.left = each;
      client.readyMs = Math.max(client.readyMs, startMs);
    }
  }

  #deckOf(stream: string, client: number): Deck {
    return new Deck({ ...this.#plan.deck, order: this.#plan.load.order }, stream, client);
  }
}
