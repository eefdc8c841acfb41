/** What is kept of each statement beside its rows. Browser-safe. */
import type { AnswerEvent, AnswerOutcome } from '../journal/events.ts';

export class StatementNotes {
  rows: number | null = null;
  difference: AnswerEvent | undefined;
  readonly #arms: number;
  readonly #seen: Record<AnswerOutcome, number> = { ok: 0, repeatable: 0, unchecked: 0, wrong: 0 };
  #lastDone = -Infinity;

  constructor(arms: number) {
    this.#arms = arms;
  }

  /** `doneMs`: when the answer was there; answers may be told in any order. */
  answered(doneMs: number, rows: number | undefined, answer: AnswerOutcome | undefined, count = 1): void {
    if (rows !== undefined && doneMs >= this.#lastDone) {
      this.#lastDone = doneMs;
      this.rows = rows;
    }
    if (answer !== undefined) this.#seen[answer] += count;
  }

  /** The worst that was seen. The first answer of an arm has none before it: it is repeatable as soon as one after it agrees. */
  get answer(): AnswerOutcome | null {
    const { ok, repeatable, unchecked, wrong } = this.#seen;
    if (wrong > 0) return 'wrong';
    if (unchecked > (repeatable > 0 ? this.#arms : 0)) return 'unchecked';
    if (repeatable > 0) return 'repeatable';
    return ok > 0 ? 'ok' : null;
  }

  differs(event: AnswerEvent): void {
    if (this.difference === undefined || event.t < this.difference.t) this.difference = event;
  }
}
