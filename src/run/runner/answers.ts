/**
 * Is an answer right? Against the built-in answers of TPC-H where there is one; else only whether this engine repeats itself, which
 * tells an answer that changes, and not which one is right.
 */
import type { Cell, Column, Engine, RowBatch } from '../../engine/engine.ts';
import { t } from '../../base/messages.ts';
import { formatCount } from '../../base/units.ts';
import type { AnswerEvent, AnswerOutcome } from '../../journal/events.ts';
import type { RunPlan } from '../../journal/plan.ts';
import { checkAnswer, isCheckable, parseAnswer, type Answer, type AnswerRow } from '../../workload/tpch/answers.ts';
import { Digest } from './digest.ts';

/** Rows of an answer beyond which it is not checked: each one has to be converted on the driver's own thread. */
export const mostCheckedRows = 100_000;

/** An answer as it was received, nothing of it converted yet. */
export interface ReceivedAnswer {
  readonly columns: readonly Column[];
  /** Empty when there were more than `mostCheckedRows`. */
  readonly batches: readonly RowBatch[];
  readonly rowCount: number;
}

export interface AnswerSink {
  note(text: string): void;
  /** The first wrong answer of a statement and arm. */
  difference(found: Pick<AnswerEvent, 'q' | 'arm' | 'rowsExpected' | 'rowsGot' | 'differences'>): void;
}

/** By the number of the query. Empty where the engine has none for the scale. Fails as `Engine.query`. */
export async function readTpchAnswers(engine: Engine, scale: number, signal: AbortSignal): Promise<ReadonlyMap<number, Answer>> {
  const answers = new Map<number, Answer>();
  const sql = `SELECT query_nr, answer FROM tpch_answers() WHERE scale_factor = ${scale}`;
  for await (const event of engine.query(sql, {}, signal)) {
    if (event.kind !== 'rows') continue;
    for (const [query, answer] of event.batch.rows()) {
      if (typeof query === 'string' && typeof answer === 'string') answers.set(Number(query), parseAnswer(answer));
    }
  }
  return answers;
}

export class AnswerChecker {
  readonly #plan: Pick<RunPlan, 'statements' | 'arms'>;
  readonly #known: readonly ReadonlyMap<number, Answer>[];
  readonly #sink: AnswerSink;
  /** Of the first answer, by arm and statement. */
  readonly #digests: (string | undefined)[][];
  readonly #said = new Set<string>();

  /** `known`: the built-in answers, by arm. */
  constructor(plan: Pick<RunPlan, 'statements' | 'arms'>, known: readonly ReadonlyMap<number, Answer>[], sink: AnswerSink) {
    this.#plan = plan;
    this.#known = known;
    this.#sink = sink;
    this.#digests = plan.arms.map(() => []);
  }

  check(q: number, arm: number, answer: ReceivedAnswer): AnswerOutcome {
    if (answer.columns.length === 0) return 'unchecked';
    if (answer.rowCount > mostCheckedRows) {
      this.#once(`large ${q}`, t('{0}: answers above {1} rows are not checked', this.#name(q), formatCount(mostCheckedRows)));
      return 'unchecked';
    }
    const query = this.#plan.statements[q]?.tpchQuery;
    const known = query === undefined ? undefined : this.#known[arm]?.get(query);
    return query !== undefined && known !== undefined
      ? this.#compare(q, arm, query, known, answer)
      : this.#compareWithBefore(q, arm, answer);
  }

  #compare(q: number, arm: number, query: number, known: Answer, answer: ReceivedAnswer): AnswerOutcome {
    const rows = answer.batches.flatMap((batch) => batch.rows().map(answerRow));
    const { ok, rowsExpected, rowsGot, differences } = checkAnswer(query, known, rows);
    if (ok) return 'ok';
    if (this.#hasOtherTexts(arm)) {
      if (!isCheckable(query, 'other')) {
        this.#once(
          'texts',
          t('{0} searches in comments, which each generator of TPC-H data makes anew: its answer is only repeated', this.#name(q)),
        );
        return this.#compareWithBefore(q, arm, answer);
      }
      if (checkAnswer(query, known, rows, 1, 'other').ok) {
        this.#once(
          `texts ${q}`,
          t('{0}: addresses and comments, which each generator of TPC-H data makes anew, were not compared', this.#name(q)),
        );
        return 'ok';
      }
    }
    if (this.#first(`wrong ${q} ${arm}`)) {
      this.#sink.difference({ q, ...(this.#plan.arms.length > 1 ? { arm } : {}), rowsExpected, rowsGot, differences });
    }
    return 'wrong';
  }

  /** The tpch connector of Trino and Presto repeats TPC's own generator, not that of the built-in answers. */
  #hasOtherTexts(arm: number): boolean {
    const engine = this.#plan.arms[arm]?.engine;
    return engine === 'trino' || engine === 'presto';
  }

  #compareWithBefore(q: number, arm: number, answer: ReceivedAnswer): AnswerOutcome {
    const digest = new Digest(answer.columns);
    for (const batch of answer.batches) digest.add(batch.rows());
    const text = digest.text();
    const before = this.#digests[arm]?.[q];
    if (before === undefined) {
      const digests = this.#digests[arm];
      if (digests !== undefined) digests[q] = text;
      this.#compareArms(q, arm, text);
      return 'unchecked';
    }
    if (before === text) return 'repeatable';
    this.#once(`differs ${q}`, t('{0}: an answer differs from the one before it; which is right can’t be told', this.#name(q)));
    return 'unchecked';
  }

  #compareArms(q: number, arm: number, text: string): void {
    const other = this.#digests.findIndex((digests, index) => index !== arm && digests[q] !== undefined && digests[q] !== text);
    if (other < 0) return;
    const labels = [other, arm].sort((a, b) => a - b).map((index) => this.#plan.arms[index]?.label ?? '');
    this.#once(`arms ${q}`, t('{0}: {1} and {2} answer differently', this.#name(q), labels[0] ?? '', labels[1] ?? ''));
  }

  #once(key: string, text: string): void {
    if (this.#first(key)) this.#sink.note(text);
  }

  #first(key: string): boolean {
    if (this.#said.has(key)) return false;
    this.#said.add(key);
    return true;
  }

  #name(q: number): string {
    return this.#plan.statements[q]?.name ?? '';
  }
}

/** TPC-H has no nested columns. */
function answerRow(row: readonly Cell[]): AnswerRow {
  return row.map((cell) => (cell === null || typeof cell === 'string' ? cell : JSON.stringify(cell)));
}
