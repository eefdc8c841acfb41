/**
 * A against B: two runs, or the two arms of one run. Browser-safe; pure.
 *
 * A difference is claimed ("faster", "slower") only where two runs of the same thing would rarely show it; all else is `unsaid`, the ~:
 *
 * - Per statement: at least 10 samples on both sides, and the two-sided rank test of Mann and Whitney, with the p-values of all
 *   statements corrected together (S. Holm, Scandinavian Journal of Statistics 6, 1979): at most 3 of 100 identical pairs of runs show
 *   one or more statements as different. The p shown is the uncorrected one.
 * - Over all: the rank test on rounds, at 1 %. A round's value is the geometric mean over the statements of its pass, so what slows a
 *   whole pass counts once and not once a statement. Of a single statement it is that statement's finding.
 *
 * Neither says what happened between two runs: runs made one after the other also differ by what the machine did meanwhile, which only
 * interleaved arms share.
 *
 * So at most 4 of 100 identical pairs claim anything. Intervals are 95 %. Above 500 samples a side a statement is tested on 50
 * stretches of neighbours: queued operations are not independent of each other. A stretch and a round have as many samples on both
 * sides, so that the side with more of them does not look different by that alone.
 */
import { invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { JournalHeader } from '../journal/events.ts';
import { differencesOf } from './compare/differences.ts';
import { medianInterval, ratioInterval } from './compare/intervals.ts';
import { rankTest } from './compare/ranks.ts';
import { roundMeans, roundSize } from './compare/rounds.ts';
import type { ComparedStatement, Comparison, RunView } from './view.ts';

/** What is compared of a run: a `RunProjection` is one. */
export interface ComparedRun {
  readonly header: JournalHeader;
  /** Response times in ms of measured operations with a right answer, in the order in which they were made. */
  rightResponses(statement: number, arm?: number): Float64Array;
  view(state: 'running' | 'ended' | 'interrupted'): RunView;
}

/** A claim needs that many samples a side. */
export const fewestSamples = 10;
const claimedStatement = 0.03;
const claimedOverall = 0.01;
const fewestForStretches = 500;
const stretches = 50;
/** A clock's zero has no ratio: a nanosecond. */
const leastMs = 1e-6;

/** Statements are matched by name; those that only one side has are among the differences. */
export function compareRuns(a: ComparedRun, b: ComparedRun): Comparison {
  const indexInB = new Map(b.header.plan.statements.map(({ name }, index) => [name, index]));
  const pairs = a.header.plan.statements.flatMap(({ name }, index) => {
    const other = indexInB.get(name);
    return other === undefined ? [] : [{ name, a: a.rightResponses(index), b: b.rightResponses(other) }];
  });
  return {
    a: { run: a.header.run, label: a.header.plan.name },
    b: { run: b.header.run, label: b.header.plan.name },
    interleaved: false,
    ...compareSamples(pairs),
    differences: differencesOf({ view: a.view('ended') }, { view: b.view('ended') }),
  };
}

/** The two arms of one run. A run with one arm is `invalid`. */
export function compareArms(run: ComparedRun): Comparison {
  const { plan } = run.header;
  const [first, second] = plan.arms;
  if (first === undefined || second === undefined) {
    throw invalid(t('{0} has one arm, so there is nothing to compare in it', run.header.run), t('Name two runs.'));
  }
  const view = run.view('ended');
  return {
    a: { run: run.header.run, label: first.label },
    b: { run: run.header.run, label: second.label },
    interleaved: true,
    ...compareSamples(
      plan.statements.map(({ name }, index) => ({ name, a: run.rightResponses(index, 0), b: run.rightResponses(index, 1) })),
    ),
    differences: differencesOf({ view, arm: 0 }, { view, arm: 1 }),
  };
}

/** Durations in ms of one statement, in the order in which they were made. */
export interface SamplePair {
  readonly name: string;
  readonly a: Float64Array;
  readonly b: Float64Array;
}

export type ComparedSamples = Pick<Comparison, 'roundsA' | 'roundsB' | 'statements' | 'geometricMean' | 'finding' | 'text'>;

export function compareSamples(given: readonly SamplePair[]): ComparedSamples {
  const pairs = given.map(({ name, a, b }) => ({ name, a: positive(a), b: positive(b) }));
  const statements = claim(pairs.map(compareStatement));
  const judged = pairs.filter(isJudged);
  const overall = compareOverall(judged, statements);
  return {
    roundsA: fewest(pairs.map(({ a }) => a.length)),
    roundsB: fewest(pairs.map(({ b }) => b.length)),
    statements,
    geometricMean: overall.geometricMean,
    finding: overall.finding,
    text: overallText(overall, statements, pairs),
  };
}

function compareStatement({ name, a, b }: SamplePair): ComparedStatement {
  const sorted = { a: a.toSorted(), b: b.toSorted() };
  const many = a.length > fewestForStretches && b.length > fewestForStretches;
  const tested = many ? roundsOf([{ a, b }], stretches, stretches) : sorted;
  const ratio = ratioInterval(tested.a, tested.b);
  return {
    name,
    a: medianInterval(sorted.a),
    b: medianInterval(sorted.b),
    ratio,
    p: ratio === null ? null : rankTest(tested.a, tested.b).p,
    effect: ratio === null ? null : rankTest(sorted.a, sorted.b).delta,
    finding: 'unsaid',
  };
}

/** Holm: from the smallest p on, each against its share of what the others left. */
function claim(statements: readonly ComparedStatement[]): readonly ComparedStatement[] {
  const judged = statements
    .flatMap((statement, index) => (enough(statement) && statement.p !== null ? [{ index, p: statement.p }] : []))
    .sort((x, y) => x.p - y.p);
  const claimed = new Set<number>();
  for (const [place, { index, p }] of judged.entries()) {
    if (p > claimedStatement / (judged.length - place)) break;
    claimed.add(index);
  }
  return statements.map((statement, index) => (claimed.has(index) ? { ...statement, finding: direction(statement.ratio) } : statement));
}

interface Overall {
  readonly geometricMean: Comparison['geometricMean'];
  readonly finding: Comparison['finding'];
  readonly judged: number;
}

/**
 * The geometric mean of the statements' ratios. How far it may be off comes from the rounds: their interval about their own ratio, moved
 * onto the mean, for the product of the column must be what the line below it says.
 */
function compareOverall(judged: readonly SamplePair[], statements: readonly ComparedStatement[]): Overall {
  const counted = statements.flatMap((statement) =>
    enough(statement) && statement.ratio !== null ? [{ ...statement, ratio: statement.ratio }] : [],
  );
  const [first, ...more] = counted;
  if (first === undefined) return { geometricMean: null, finding: 'unsaid', judged: 0 };
  if (more.length === 0) {
    const { value, low, high } = first.ratio;
    return { geometricMean: { ratio: value, low, high }, finding: first.finding, judged: 1 };
  }
  const [inA, inB] = [judged.map((pair) => pair.a.length), judged.map((pair) => pair.b.length)];
  const { a, b } = roundsOf(judged, Math.min(stretches, fewest(inA)), Math.min(stretches, fewest(inB)));
  const rounds = ratioInterval(a, b);
  if (rounds === null) return { geometricMean: null, finding: 'unsaid', judged: 0 };
  const ratio = Math.exp(counted.reduce((sum, statement) => sum + Math.log(statement.ratio.value), 0) / counted.length);
  const low = (ratio * rounds.low) / rounds.value;
  const high = (ratio * rounds.high) / rounds.value;
  const told = rankTest(a, b).p <= claimedOverall && (low > 1 || high < 1);
  return { geometricMean: { ratio, low, high }, finding: told ? direction({ value: ratio }) : 'unsaid', judged: counted.length };
}

/** Sorted means of as many rounds a side, which are of equally many samples on both. */
function roundsOf(
  pairs: readonly Omit<SamplePair, 'name'>[],
  countA: number,
  countB: number,
): { readonly a: Float64Array; readonly b: Float64Array } {
  const sizes = pairs.map(({ a, b }) => roundSize(a, countA, b, countB));
  const side = (of: 'a' | 'b', count: number): Float64Array => {
    const samples = pairs.map((pair) => pair[of]);
    return roundMeans(samples, count, sizes).sort();
  };
  return { a: side('a', countA), b: side('b', countB) };
}

function overallText(
  { geometricMean, finding, judged }: Overall,
  statements: readonly ComparedStatement[],
  pairs: readonly SamplePair[],
): string {
  if (pairs.length === 0) return t('Nothing can be said: the runs have no statement in common');
  if (geometricMean === null) {
    const [a, b] = [fewest(pairs.map((pair) => pair.a.length)), fewest(pairs.map((pair) => pair.b.length))];
    return t(
      'Nothing can be said: a comparison needs {0} samples a side, A has {1} and B {2}. Run both again with {0} passes or more ({3})',
      fewestSamples,
      a,
      b,
      `--iterations ${fewestSamples}`,
    );
  }
  const { ratio, low, high } = geometricMean;
  const part = judged < statements.length ? t(', on {0} of {1} statements', judged, statements.length) : '';
  if (finding === 'unsaid') {
    const range = t('A / B is {0} (95 %: {1} to {2})', factor(ratio), factor(low), factor(high));
    const said = t('No difference over all can be told: {0}', range);
    // The interval alone would make a reader wonder.
    const level = judged === 1 ? claimedStatement : claimedOverall;
    return (low > 1 || high < 1 ? t('{0}, and a claim needs {1} %', said, 100 * (1 - level)) : said) + part + exceptions(statements);
  }
  if (finding === 'faster')
    return t('A is {0} % faster (95 %: {1} to {2} %)', percent(1 - ratio), percent(1 - high), percent(1 - low)) + part;
  return t('A is {0} % slower (95 %: {1} to {2} %)', percent(ratio - 1), percent(low - 1), percent(high - 1)) + part;
}

function exceptions(statements: readonly ComparedStatement[]): string {
  const named = (finding: ComparedStatement['finding']): string =>
    statements.flatMap((statement) => (statement.finding === finding ? [statement.name] : [])).join(', ');
  const [faster, slower] = [named('faster'), named('slower')];
  return (faster === '' ? '' : t('; A is faster at {0}', faster)) + (slower === '' ? '' : t('; A is slower at {0}', slower));
}

function isJudged({ a, b }: SamplePair): boolean {
  return a.length >= fewestSamples && b.length >= fewestSamples;
}

function enough({ a, b }: ComparedStatement): boolean {
  return (a?.count ?? 0) >= fewestSamples && (b?.count ?? 0) >= fewestSamples;
}

function direction(ratio: { readonly value: number } | null): Comparison['finding'] {
  if (ratio === null || ratio.value === 1) return 'unsaid';
  return ratio.value < 1 ? 'faster' : 'slower';
}

function positive(samples: Float64Array): Float64Array {
  return samples.map((ms) => Math.max(ms, leastMs));
}

function fewest(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : Math.min(...counts);
}

/** Of a share: 0.0461 → "4.6". */
function percent(share: number): string {
  const value = share * 100;
  return Math.abs(value) < 9.95 ? value.toFixed(1) : value.toFixed(0);
}

function factor(ratio: number): string {
  return ratio >= 9.995 ? ratio.toFixed(1) : ratio.toFixed(3);
}
