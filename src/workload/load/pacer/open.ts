/** An open loop: operations arrive at a rate, whether or not those before have ended. */
import type { DrivenLoad, WarmUp } from '../../../journal/plan.ts';
import { Deck } from '../deck.ts';
import { poissonArrivals, uniformArrivals, uniformCount, type Arrivals } from '../schedule.ts';
import type { DeckChoice, OnPhase, Planned, Planner } from './planner.ts';

type OpenLoad = Extract<DrivenLoad, { kind: 'open' }>;

export interface OpenPlan {
  readonly load: OpenLoad;
  readonly warmUp: WarmUp | undefined;
  readonly deck: DeckChoice;
}

/**
 * Arrivals are made one at a time from the schedule, so that a plan of 10^7 takes no memory, and never from the clock: after a stall
 * those that are due come out at their own planned times. The measured part follows the warm-up without a pause, whatever is still
 * under way: a steady load is what is to be measured.
 */
export class OpenPlanner implements Planner {
  nextMs: number;
  allPlanned = false;
  readonly #plan: OpenPlan;
  readonly #onPhase: OnPhase;
  #warmUp = false;
  #startMs = 0;
  #arrivals: Arrivals;
  #arrivalMs = 0;
  #endMs = Infinity;
  #left = Infinity;
  /** In the measured part. */
  #taken = 0;
  #deck: Deck;

  constructor(plan: OpenPlan, startMs: number, onPhase: OnPhase) {
    this.#plan = plan;
    this.#onPhase = onPhase;
    this.#arrivals = uniformArrivals(plan.load.ratePerSecond);
    this.#deck = new Deck({ ...plan.deck, order: plan.load.order }, 'measuring', 0);
    this.nextMs = startMs;
    if (plan.warmUp === undefined) this.#measure(startMs);
    else this.#warm(plan.warmUp, startMs);
  }

  take(): Planned | undefined {
    if (this.#left <= 0 || this.#arrivalMs >= this.#endMs) {
      this.#border(Math.min(this.#arrivalMs, this.#endMs));
      return undefined;
    }
    const planned: Planned = { ...this.#deck.draw(), client: 0, plannedMs: this.#arrivalMs, warmUp: this.#warmUp };
    this.#left--;
    this.#taken++;
    this.#advance();
    return planned;
  }

  ended(): void {
    // Arrivals do not wait for answers.
  }

  stop(nowMs: number): void {
    if (!this.allPlanned) this.#drain(nowMs);
  }

  #border(atMs: number): void {
    if (this.#warmUp) this.#measure(atMs);
    else this.#drain(atMs);
  }

  #warm(warmUp: WarmUp, startMs: number): void {
    this.#warmUp = true;
    if (warmUp.kind === 'iterations') this.#left = warmUp.iterations * Deck.size(this.#plan.deck);
    else this.#endMs = startMs + warmUp.durationMs;
    this.#begin('warmUp', startMs);
    const planned = warmUp.kind === 'iterations' ? this.#left : this.#countWithin(warmUp.durationMs);
    const length = warmUp.kind === 'duration' ? { durationMs: warmUp.durationMs } : {};
    this.#onPhase({ phase: 'warmUp', t: startMs, ...(planned === undefined ? {} : { planned }), ...length });
  }

  #measure(startMs: number): void {
    const { durationMs } = this.#plan.load;
    this.#warmUp = false;
    this.#taken = 0;
    this.#left = Infinity;
    this.#endMs = startMs + durationMs;
    const planned = this.#countWithin(durationMs);
    // Counted, not timed: adding the start rounds, and an arrival within a rounding of the end must be the one that was announced.
    if (planned !== undefined) this.#left = planned;
    this.#begin('measuring', startMs);
    this.#onPhase({ phase: 'measuring', t: startMs, ...(planned === undefined ? {} : { planned }), durationMs });
  }

  #drain(atMs: number): void {
    this.allPlanned = true;
    this.nextMs = Infinity;
    // One that was stopped planned fewer than were announced.
    this.#onPhase({ phase: 'draining', t: atMs, ...(this.#warmUp ? {} : { planned: this.#taken }) });
  }

  #begin(stream: string, startMs: number): void {
    const { load, deck } = this.#plan;
    this.#startMs = startMs;
    this.#deck = new Deck({ ...deck, order: load.order }, stream, 0);
    this.#arrivals =
      load.arrivals === 'uniform' ? uniformArrivals(load.ratePerSecond) : poissonArrivals(load.ratePerSecond, deck.seed, stream);
    this.#advance();
  }

  #advance(): void {
    this.#arrivalMs = this.#startMs + this.#arrivals();
    this.nextMs = Math.min(this.#arrivalMs, this.#endMs);
  }

  /** Of a Poisson process: not known before. */
  #countWithin(durationMs: number): number | undefined {
    const { arrivals, ratePerSecond } = this.#plan.load;
    return arrivals === 'uniform' ? uniformCount(ratePerSecond, durationMs) : undefined;
  }
}
