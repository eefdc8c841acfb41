/** What is planned, and when: the two loops look the same to the pacer. Times are ms since the run's start. */
import type { DeckPlan } from '../deck.ts';

export interface Planned {
  readonly q: number;
  readonly arm: number;
  /** 0 in an open loop. */
  readonly client: number;
  readonly plannedMs: number;
  readonly warmUp: boolean;
}

export interface Phase {
  readonly phase: 'warmUp' | 'measuring' | 'draining';
  readonly t: number;
  /** As in the journal's event. */
  readonly planned?: number;
  readonly durationMs?: number;
}

export type OnPhase = (phase: Phase) => void;

export interface Planner {
  /** When `take` has something. Infinity: not before an operation ends, or never again. */
  readonly nextMs: number;
  /** Nothing more will be planned. */
  readonly allPlanned: boolean;
  /** To be called once `nextMs` has come. undefined: it was the border of two phases. */
  take(): Planned | undefined;
  /** An operation of this client ended. `settledMs`: when its answer was checked. */
  ended(client: number, doneMs: number, settledMs: number): void;
  /** Plans nothing more. */
  stop(nowMs: number): void;
}

export type DeckChoice = Omit<DeckPlan, 'order'>;
