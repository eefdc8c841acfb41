/**
 * Answers of TPC-H: reading the validation output, and comparing rows with it as clause 2.1.3.5 of the specification demands.
 * The answers hold for the queries' validation parameters only. Pure.
 */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

/** Cells are the engine's exact text; NULL is null. */
export type AnswerRow = readonly (string | null)[];

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly AnswerRow[];
}

/**
 * How a column is compared (clause 2.1.3.5):
 * - `exact`: values of the database, counts, and sums that count (its comments 2 and 4: query 12, `sum(l_quantity)`);
 * - `sum`: within 100 of the money's unit;
 * - `ratio`: ratios and averages, within 1 % after rounding to 1/100.
 */
export type AnswerRule = 'exact' | 'sum' | 'ratio';

export interface AnswerDifference {
  /** Counted from 1, in the expected answer. */
  readonly row: number;
  readonly column: string;
  readonly rule: AnswerRule;
  readonly expected: string | null;
  readonly got: string | null;
}

export interface AnswerCheck {
  readonly ok: boolean;
  readonly rowsExpected: number;
  readonly rowsGot: number;
  /** Row by row, the first ones only. Empty with `ok: false` when only the number of rows differs. */
  readonly differences: readonly AnswerDifference[];
}

/** The text of `tpch_answers()`: a header and rows, cells parted by `|`, an empty cell is NULL. Fails with `invalid` when a row has another width. */
export function parseAnswer(text: string): Answer {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const columns = (lines[0] ?? '').split('|');
  const rows = lines.slice(1).map((line, at) => {
    const cells = line.split('|').map((cell) => (cell === '' ? null : cell));
    if (cells.length !== columns.length)
      throw invalid(t('Line {0} of the answer has {1} cells, its header has {2}', at + 2, cells.length, columns.length));
    return cells;
  });
  return { columns, rows };
}

/**
 * Whose random texts (addresses and comments) the data has. The specification leaves them to a pseudo-random grammar, and generators
 * differ: the embedded engine's, from which the built-in answers come, writes other ones than TPC's own program, which the tpch
 * connector of Trino and Presto repeats letter by letter. All else is the same in both.
 */
export type RandomTexts = 'same' | 'other';

/** Without the same random texts no built-in answer holds for query 13, which counts the orders by a search in their comments. */
export function isCheckable(query: number, texts: RandomTexts): boolean {
  return texts === 'same' || query !== 13;
}

/**
 * Compares the rows of TPC-H query `query` (1 to 22) with the answer, in order. With other random texts these columns are left out. Rows that the query's ORDER BY leaves
 * in any order (equal keys in the answer) may be swapped. At most `maxDifferences` are reported.
 * Fails with `invalid` for a query that TPC-H does not have and an answer that is not of this query.
 */
export function checkAnswer(
  query: number,
  answer: Answer,
  rows: readonly AnswerRow[],
  maxDifferences = 10,
  texts: RandomTexts = 'same',
): AnswerCheck {
  const shape = shapes[query];
  if (!shape) throw invalid(t('TPC-H has no query {0}', query));
  if (shape.rules.length !== answer.columns.length)
    throw invalid(
      t('This is not the answer of TPC-H query {0}: {1} columns in place of {2}', query, answer.columns.length, shape.rules.length),
    );
  const rules = shape.rules.map((rule, column) => (texts === 'other' && shape.randomTexts?.includes(column) === true ? undefined : rule));
  const differences: AnswerDifference[] = [];
  for (let from = 0; from < Math.min(answer.rows.length, rows.length) && differences.length < maxDifferences;) {
    const to = endOfTies(answer.rows, from, shape.orderBy);
    const left = rows.slice(from, to);
    for (let at = from; at < to && left.length > 0; at++) {
      const compared = left.map((row) => compareRow(rules, answer, at, row));
      const match = Math.max(
        compared.findIndex((found) => found.length === 0),
        0,
      );
      left.splice(match, 1);
      differences.push(...(compared[match] ?? []));
    }
    from = to;
  }
  return {
    ok: differences.length === 0 && answer.rows.length === rows.length,
    rowsExpected: answer.rows.length,
    rowsGot: rows.length,
    differences: differences.slice(0, maxDifferences),
  };
}

interface AnswerShape {
  readonly rules: readonly AnswerRule[];
  /** Columns (from 0) of the ORDER BY. */
  readonly orderBy: readonly number[];
  /** Columns with addresses and comments. */
  readonly randomTexts?: readonly number[];
}

const E = 'exact';
const S = 'sum';
const R = 'ratio';
const shapes: Readonly<Record<number, AnswerShape>> = {
  1: { rules: [E, E, E, S, S, S, R, R, R, E], orderBy: [0, 1] },
  2: { rules: [E, E, E, E, E, E, E, E], orderBy: [0, 2, 1, 3], randomTexts: [5, 7] },
  3: { rules: [E, S, E, E], orderBy: [1, 2] },
  4: { rules: [E, E], orderBy: [0] },
  5: { rules: [E, S], orderBy: [1] },
  6: { rules: [S], orderBy: [] },
  7: { rules: [E, E, E, S], orderBy: [0, 1, 2] },
  8: { rules: [E, R], orderBy: [0] },
  9: { rules: [E, E, S], orderBy: [0, 1] },
  10: { rules: [E, E, S, E, E, E, E, E], orderBy: [2], randomTexts: [5, 7] },
  11: { rules: [E, S], orderBy: [1] },
  12: { rules: [E, E, E], orderBy: [0] },
  13: { rules: [E, E], orderBy: [1, 0] },
  14: { rules: [R], orderBy: [] },
  15: { rules: [E, E, E, E, S], orderBy: [0], randomTexts: [2] },
  16: { rules: [E, E, E, E], orderBy: [3, 0, 1, 2] },
  17: { rules: [R], orderBy: [] },
  18: { rules: [E, E, E, E, E, E], orderBy: [4, 3] },
  19: { rules: [S], orderBy: [] },
  20: { rules: [E, E], orderBy: [0], randomTexts: [1] },
  21: { rules: [E, E], orderBy: [1, 0] },
  22: { rules: [E, E, S], orderBy: [0] },
};

function endOfTies(rows: readonly AnswerRow[], from: number, orderBy: readonly number[]): number {
  let to = from + 1;
  while (to < rows.length && orderBy.every((column) => rows[to]?.[column] === rows[from]?.[column])) to++;
  return to;
}

function compareRow(rules: readonly (AnswerRule | undefined)[], answer: Answer, at: number, row: AnswerRow): AnswerDifference[] {
  const extra = row[rules.length];
  if (extra !== undefined) return [{ row: at + 1, column: t('column {0}', rules.length + 1), rule: 'exact', expected: null, got: extra }];
  return rules.flatMap((rule, column) => {
    const expected = answer.rows[at]?.[column] ?? null;
    const got = row[column] ?? null;
    return rule === undefined || equal(rule, expected, got)
      ? []
      : [{ row: at + 1, column: answer.columns[column] ?? '', rule, expected, got }];
  });
}

function equal(rule: AnswerRule, expected: string | null, got: string | null): boolean {
  if (expected === null || got === null) return expected === got;
  if (expected === got) return true;
  if (!isNumber(expected) || !isNumber(got)) return false;
  if (rule === 'exact') return plain(expected) === plain(got);
  if (rule === 'sum') return Math.abs(Number(got) - Number(expected)) <= 100;
  // The specification's answers are printed with two decimals; these have all digits, so both sides are rounded.
  const [wanted, real] = [hundredths(expected), hundredths(got)];
  return Math.abs(real - wanted) <= 0.01 * Math.abs(wanted);
}

function isNumber(text: string): boolean {
  return /^-?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text);
}

/** `380456.00` and `380456` are one number; exponents come from engines that answer with doubles. */
function plain(number: string): string {
  if (/e/i.test(number)) return String(Number(number));
  return number.includes('.') ? number.replace(/\.?0*$/, '') : number;
}

function hundredths(number: string): number {
  return Math.round(Number(number) * 100);
}
