/** The one time axis of all lanes: which moments are in view, and where each stands. */
import type { Interval } from '../../src/analysis/recovery/view.ts';
import type { Measure } from './svg.ts';

export interface Frame {
  /** Of every plot, px; the first `gutter` are the y labels'. */
  readonly width: number;
  readonly gutter: number;
  readonly narrow: boolean;
  /** ms of the run. */
  readonly fromAt: number;
  readonly toAt: number;
  /** The 0 of the axis: ms of the run. */
  readonly zeroAt: number;
  /** A fault has begun: times are since it. Else they are of the run. */
  readonly signed: boolean;
  /** After it nothing is known yet; null: the run is over. */
  readonly nowAt: number | null;
  readonly measure: Measure;
  /** Where a moment stands, px; it may lie outside. */
  x(at: number): number;
  /** The moment at a place. */
  at(x: number): number;
}

/** From here down headers stand above their plots. */
export const narrowPx = 860;

export function frameOf(facts: Omit<Frame, 'x' | 'at'>): Frame {
  const { width, gutter, fromAt, toAt } = facts;
  const perMs = (width - gutter) / (toAt - fromAt);
  return { ...facts, x: (at) => gutter + (at - fromAt) * perMs, at: (x) => fromAt + (x - gutter) / perMs };
}

/** What of an interval is in view; null: nothing. */
export function inView({ fromAt, toAt }: Frame, interval: Interval): Interval | null {
  const from = Math.max(fromAt, interval.fromAt);
  const to = Math.min(toAt, interval.toAt);
  return to > from ? { fromAt: from, toAt: to } : null;
}

const steps = [1, 2, 5];

/** The smallest of 1, 2, 5 × 10ⁿ ms with at least `roomPx` between ticks. */
export function tickStepMs({ fromAt, toAt, width, gutter }: Frame, roomPx: number): number {
  const least = ((toAt - fromAt) / Math.max(1, width - gutter)) * roomPx;
  for (let power = 1; power < 1e9; power *= 10) {
    const found = steps.find((step) => step * power >= least);
    if (found !== undefined) return found * power;
  }
  return 1e9;
}

export function ticksOf(frame: Frame, stepMs: number): readonly number[] {
  const { fromAt, toAt, zeroAt } = frame;
  const first = Math.ceil((fromAt - zeroAt) / stepMs - 1e-9);
  const last = Math.floor((toAt - zeroAt) / stepMs + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * stepMs);
}

/** "+1.5", "−10", "0": seconds since the fault, with the decimals that the step needs. */
export function tickText({ signed }: Pick<Frame, 'signed'>, sinceMs: number, stepMs: number): string {
  if (sinceMs === 0) return '0';
  const decimals = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
  return `${sinceMs < 0 ? '−' : signed ? '+' : ''}${Math.abs(sinceMs / 1000).toFixed(decimals)}`;
}

/** Places that words have taken on one line. */
export class Taken {
  readonly #taken: (readonly [from: number, to: number])[] = [];

  constructor(taken: readonly (readonly [number, number])[] = []) {
    this.#taken.push(...taken);
  }

  isFree(from: number, to: number): boolean {
    return this.#taken.every(([a, b]) => to <= a || from >= b);
  }

  take(from: number, to: number): boolean {
    if (!this.isFree(from, to)) return false;
    this.#taken.push([from, to]);
    return true;
  }
}
