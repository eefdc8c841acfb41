/** What is kept of each statement beside its rows. Browser-safe. */
import type { AnswerEvent, AnswerOutcome } from '../journal/events.ts';

/** Worst last. */
const severity: readonly AnswerOutcome[] = ['ok', 'repeatable', 'unchecked', 'wrong'];

export class StatementNotes {
  rows: number | null = null;
  answer: AnswerOutcome | null = null;
  difference: AnswerEvent | undefined;
  #lastDone = -Infinity;

  /** `doneMs`: when the answer was there; answers may be told in any order. */
  answered(doneMs: number, rows: number | undefined, answer: AnswerOutcome | undefined): void {
    if (rows !== undefined && doneMs >= this.#lastDone) {
      this.#lastDone = doneMs;
      this.rows = rows;
    }
    if (answer !== undefined && (this.answer === null || severity.indexOf(answer) > severity.indexOf(this.answer))) this.answer = answer;
  }

  differs(event: AnswerEvent): void {
    if (this.difference === undefined || event.t < this.difference.t) this.difference = event;
  }
}
