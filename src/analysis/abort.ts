/** Watches a run for what its plan says should end it. */
import type { JournalEvent } from '../journal/events.ts';
import type { AbortRule, RunPlan } from '../journal/plan.ts';

export class AbortWatch {
  readonly #rules: readonly AbortRule[];
  readonly #plan: Pick<RunPlan, 'statements'>;

  constructor(rules: readonly AbortRule[], plan: Pick<RunPlan, 'statements'>) {
    this.#rules = rules;
    this.#plan = plan;
  }

  add(event: JournalEvent): void {
    void event;
    void this.#plan;
  }

  /** The rule that holds now, with what was measured; null: none. `nowMs`: of the run, as `t`. */
  check(nowMs: number): string | null {
    void nowMs;
    void this.#rules;
    return null;
  }
}
