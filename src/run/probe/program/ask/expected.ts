/** What a statement's answer has to be. */
import { t } from '../../../../base/messages.ts';
import { ok, type Answered } from './asker.ts';

/** So many equal answers are one that has to come again. */
const learnsFrom = 3;
const shown = 80;
/** TPC-H 4.2.5: `nation` has 25 rows at every scale. By statement, without a semicolon. */
const known: Readonly<Record<string, string>> = {
  'select 1': '1',
  'select count(*) from tpch.tiny.nation': '25',
};

/**
 * A known answer, or else the one that all of the baseline agrees in. Where it doesn't, the statement answers something else each time, or
 * somebody writes into what it reads, and that an answer came is all that can be checked.
 */
export class Expected {
  #answer: string | undefined;
  #isFixed: boolean;
  #seen = 0;
  #varies = false;
  readonly #onVaries: () => void;

  constructor(sql: string, onVaries: () => void) {
    this.#answer = known[sql.trim().replace(/;$/, '').replaceAll(/\s+/g, ' ').toLowerCase()];
    this.#isFixed = this.#answer !== undefined;
    this.#onVaries = onVaries;
  }

  judge(answer: string): Answered {
    if (this.#varies) return ok;
    this.#answer ??= answer;
    if (answer === this.#answer) {
      this.#seen++;
      return ok;
    }
    if (this.#isFixed) {
      const text = t('Answered “{0}” and not “{1}”', brief(answer), brief(this.#answer));
      return { outcome: 'wrong', error: { reason: 'engine', text, code: 'WRONG_ANSWER' } };
    }
    this.#varies = true;
    this.#onVaries();
    return ok;
  }

  /** The baseline is over: its answer has to come again, unless it was too short to tell. */
  fix(): void {
    this.#isFixed ||= this.#seen >= learnsFrom;
  }
}

function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > shown ? `${line.slice(0, shown)}…` : line;
}
