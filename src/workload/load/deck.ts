/** Which statement comes next: passes over the statements, each as often as its weight says, on each arm. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { PassOrder } from '../../journal/plan.ts';
import { generator } from './random.ts';

export interface DeckPlan {
  /** By statement: how often a pass runs it. */
  readonly weights: readonly number[];
  /** 1, or 2. With two a pass runs every statement on both, one right after the other. */
  readonly arms: number;
  readonly order: PassOrder;
  readonly seed: number;
}

export interface Card {
  readonly q: number;
  readonly arm: number;
}

/**
 * `listed`: a statement of weight 3 stands three times in a row. `shuffled`: the pass's places are shuffled.
 *
 * With two arms the sides of a place alternate by pass, and those of neighbouring places are opposite (ABBA): in any two passes each
 * arm goes first exactly once at each place, so that neither has the warmer cache of having come second.
 */
export class Deck {
  readonly #plan: DeckPlan;
  readonly #stream: string;
  readonly #client: number;
  /** Statement of each place of a pass. */
  readonly #places: readonly number[];
  #order: readonly number[] = [];
  #pass = -1;
  #next = 0;

  /** `stream`: "warmUp" or "measuring"; each begins its own passes. */
  constructor(plan: DeckPlan, stream: string, client: number) {
    this.#plan = plan;
    this.#stream = stream;
    this.#client = client;
    this.#places = plan.weights.flatMap((weight, q) => Array.from({ length: weight }, () => q));
  }

  /** Operations of one pass. */
  static size({ weights, arms }: Pick<DeckPlan, 'weights' | 'arms'>): number {
    return weights.reduce((sum, weight) => sum + weight, 0) * arms;
  }

  draw(): Card {
    const { arms } = this.#plan;
    if (this.#next % (this.#places.length * arms) === 0) this.#beginPass();
    const place = this.#order[Math.floor(this.#next / arms)] ?? 0;
    const turn = this.#next % arms;
    this.#next++;
    const first = (this.#pass + place + this.#client) % arms;
    return { q: this.#places[place] ?? 0, arm: (first + turn) % arms };
  }

  #beginPass(): void {
    this.#pass++;
    this.#next = 0;
    const order = this.#places.map((_, place) => place);
    if (this.#plan.order === 'shuffled') shuffle(order, this.#plan.seed, this.#stream, this.#client, this.#pass);
    this.#order = order;
  }
}

/** Fisher and Yates, as by Durstenfeld (CACM algorithm 235). */
function shuffle(items: number[], seed: number, stream: string, client: number, pass: number): void {
  const random = generator(seed, stream, client, pass);
  for (let last = items.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    const held = items[last] ?? 0;
    items[last] = items[other] ?? 0;
    items[other] = held;
  }
}
