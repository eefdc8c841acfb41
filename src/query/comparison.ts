/**
 * The same statement's answers of two engines, compared by type: numbers by value (floats and averages with a tolerance), instants
 * whatever their number of zeros, text as it is. Row by row where the statement says the order, else as a bag of rows. Pure.
 */
import type { Cell, Column, ColumnKind } from '../engine/engine.ts';

export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface ComparisonRules {
  /** The statement ends in an ORDER BY of its own. */
  readonly ordered: boolean;
  /** Relative, for floats and for averages that one engine gives as a decimal: 1e-9 unless named. */
  readonly tolerance?: number;
}

export interface Difference {
  readonly kind: 'value' | 'onlyA' | 'onlyB';
  /** From 1: of A; of `onlyB` of B. */
  readonly row: number;
  /** Absent for a row that only one has. */
  readonly column?: string;
  readonly a: string | null;
  readonly b: string | null;
}

export interface Comparison {
  readonly rowsA: number;
  readonly rowsB: number;
  /** Rows without a difference. */
  readonly equalRows: number;
  /** Names or number of columns that differ: then no row was compared. */
  readonly shape?: string;
  /** Rows that are equal stand elsewhere: of an ordered answer whose order leaves ties. */
  readonly differences: readonly Difference[];
}

export const defaultTolerance = 1e-9;

export function compareAnswers(a: Answer, b: Answer, { ordered, tolerance = defaultTolerance }: ComparisonRules): Comparison {
  const counts = { rowsA: a.rows.length, rowsB: b.rows.length };
  const shape = shapeDifference(a.columns, b.columns);
  if (shape !== undefined) return { ...counts, equalRows: 0, shape, differences: [] };
  const rules = a.columns.map((column, at) => ruleOf(column.kind, b.columns[at]?.kind ?? column.kind, tolerance));
  const left = a.rows.map((cells, row): Row => ({ row: row + 1, texts: cells.map(textOf) }));
  const right = b.rows.map((cells, row): Row => ({ row: row + 1, texts: cells.map(textOf) }));
  const pairs = ordered ? alignInOrder(left, right, rules) : alignAsBag(left, right, rules);
  const differences: Difference[] = [];
  let equalRows = 0;
  for (const { one, two } of pairs) {
    if (one === undefined || two === undefined) {
      const only = one ?? two;
      if (only === undefined) continue;
      const text = only.texts.map((each) => each ?? 'NULL').join(' | ');
      differences.push(
        one === undefined ? { kind: 'onlyB', row: only.row, a: null, b: text } : { kind: 'onlyA', row: only.row, a: text, b: null },
      );
      continue;
    }
    const found = rules.flatMap((rule, at): Difference[] => {
      const [x = null, y = null] = [one.texts[at], two.texts[at]];
      return rule.equal(x, y) ? [] : [{ kind: 'value', row: one.row, column: a.columns[at]?.name ?? '', a: x, b: y }];
    });
    if (found.length === 0) equalRows++;
    differences.push(...found);
  }
  return { ...counts, equalRows, differences: differences.sort((x, y) => x.row - y.row) };
}

interface Row {
  readonly row: number;
  readonly texts: readonly (string | null)[];
}

interface Pair {
  readonly one?: Row;
  readonly two?: Row;
}

/** Engines name an unnamed column each in its own way: only the number of columns has to be the same. */
function shapeDifference(a: readonly Column[], b: readonly Column[]): string | undefined {
  if (a.length === b.length) return undefined;
  const names = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ');
  return `${a.length} (${names(a)}), ${b.length} (${names(b)})`;
}

interface Rule {
  equal(a: string | null, b: string | null): boolean;
  /** The same for values that may be equal: a coarse one is allowed, a finer one is not. */
  key(text: string | null): string;
  /** Whether a row can be found again by it. */
  readonly names: boolean;
}

const numbers: ReadonlySet<ColumnKind> = new Set(['integer', 'decimal', 'float']);
const instants: ReadonlySet<ColumnKind> = new Set(['date', 'time', 'timestamp']);

function ruleOf(a: ColumnKind, b: ColumnKind, tolerance: number): Rule {
  if (numbers.has(a) && numbers.has(b)) {
    const exact = a === b && a !== 'float';
    // Decimals of two engines may have other scales: an average is rounded where its engine rounds.
    if (exact && a === 'integer') return exactRule(plainNumber, true);
    return {
      equal: (x, y) => x === y || (x !== null && y !== null && closeNumbers(x, y, tolerance)),
      key: (text) => (text === null ? '\0' : '#'),
      names: false,
    };
  }
  if (instants.has(a) && instants.has(b)) return exactRule(plainInstant, true);
  if (a === 'boolean' || b === 'boolean') return exactRule(plainBoolean, true);
  return exactRule((text) => text.trimEnd(), true);
}

function exactRule(plain: (text: string) => string, names: boolean): Rule {
  const key = (text: string | null): string => (text === null ? '\0' : plain(text));
  return { equal: (x, y) => key(x) === key(y), key, names };
}

function textOf(cell: Cell): string | null {
  return cell === null || typeof cell === 'string' ? cell : JSON.stringify(cell);
}

/** `1,200` of no engine; `1200.00` and `1200` are one number. */
function plainNumber(text: string): string {
  const digits = text.includes('.') && !/e/i.test(text) ? text.replace(/\.?0+$/, '') : text;
  return digits === '-0' ? '0' : digits.replace(/^\+/, '');
}

function closeNumbers(a: string, b: string, tolerance: number): boolean {
  if (plainNumber(a) === plainNumber(b)) return true;
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x === y;
  const difference = Math.abs(x - y);
  // Of two decimals the one with fewer digits was rounded: half of its last digit is no difference.
  return difference <= tolerance * Math.max(Math.abs(x), Math.abs(y)) || difference <= roundingOf(a, b);
}

function roundingOf(a: string, b: string): number {
  const places = [a, b].map((text) => (/e/i.test(text) ? Number.POSITIVE_INFINITY : (text.split('.')[1] ?? '').length));
  const fewer = Math.min(...places);
  // A whole number is not a rounded fraction.
  if (fewer === 0 || fewer === Number.POSITIVE_INFINITY || places[0] === places[1]) return 0;
  return 0.5000001 * 10 ** -fewer;
}

/** `2026-03-01`, `2026-03-01 00:00:00.000000` and `2026-03-01T00:00:00Z` are one instant. */
function plainInstant(text: string): string {
  return text
    .replace('T', ' ')
    .replace(/(\.\d*?)0+(?=\D|$)/, '$1')
    .replace(/\.(?=\D|$)/, '')
    .replace(/(?:Z|\+00(?::?00)?| UTC)$/, '')
    .replace(/ 00:00:00$/, '');
}

function plainBoolean(text: string): string {
  if (text === '1' || /^t(rue)?$/i.test(text)) return 'true';
  return text === '0' || /^f(alse)?$/i.test(text) ? 'false' : text;
}

/** Equal rows first wherever their keys meet within the same ties; the rest by place. */
function alignInOrder(a: readonly Row[], b: readonly Row[], rules: readonly Rule[]): readonly Pair[] {
  const pairs: Pair[] = [];
  const restA: Row[] = [];
  const restB: Row[] = [];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [one, two] = [a[at], b[at]];
    if (one !== undefined && two !== undefined && equalRows(one, two, rules)) pairs.push({ one, two });
    else {
      if (one !== undefined) restA.push(one);
      if (two !== undefined) restB.push(two);
    }
  }
  // Rows that stand elsewhere only because the order leaves ties are found as in a bag.
  return [...pairs, ...alignAsBag(restA, restB, rules)];
}

/** Equal rows leave in pairs; of the others those with the same names (keys of all columns that are no fractions) stand side by side. */
function alignAsBag(a: readonly Row[], b: readonly Row[], rules: readonly Rule[]): readonly Pair[] {
  const pairs: Pair[] = [];
  const waiting = new Map<string, Row[]>();
  const full = (row: Row): string => rules.map((rule, at) => rule.key(row.texts[at] ?? null)).join('\u0001');
  for (const row of b) {
    const key = full(row);
    const group = waiting.get(key);
    if (group === undefined) waiting.set(key, [row]);
    else group.push(row);
  }
  const restA: Row[] = [];
  for (const one of a) {
    const group = waiting.get(full(one)) ?? [];
    const at = group.findIndex((two) => equalRows(one, two, rules));
    const [two] = at < 0 ? [] : group.splice(at, 1);
    if (two === undefined) restA.push(one);
    else pairs.push({ one, two });
  }
  const restB = [...waiting.values()].flat().sort((x, y) => x.row - y.row);
  return [...pairs, ...alignByLikeness(restA, restB, rules)];
}

/** The row of B with the most cells in common, of those that share the first column that names rows; else each stands alone. */
function alignByLikeness(a: readonly Row[], b: readonly Row[], rules: readonly Rule[]): readonly Pair[] {
  const naming = rules.findIndex(({ names }) => names);
  const keyOf = (row: Row): string => (naming < 0 ? '' : (rules[naming]?.key(row.texts[naming] ?? null) ?? ''));
  const groups = new Map<string, Row[]>();
  for (const row of b) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  const pairs: Pair[] = [];
  for (const one of a) {
    const group = groups.get(keyOf(one)) ?? [];
    const scores = group
      .slice(0, mostCandidates)
      .map((two) => rules.filter((rule, at) => rule.equal(one.texts[at] ?? null, two.texts[at] ?? null)).length);
    const best = scores.indexOf(Math.max(...scores));
    const [two] = best < 0 ? [] : group.splice(best, 1);
    pairs.push(two === undefined ? { one } : { one, two });
  }
  return [...pairs, ...[...groups.values()].flat().map((two): Pair => ({ two }))];
}

/** Of rows that share their first name: more are not looked at, each against each would take minutes. */
const mostCandidates = 200;

function equalRows(one: Row, two: Row, rules: readonly Rule[]): boolean {
  return rules.every((rule, at) => rule.equal(one.texts[at] ?? null, two.texts[at] ?? null));
}
