/**
 * Two groups of recoveries, of two settings or two engines, say. Browser-safe; pure.
 *
 * What never recovered is censored: it lasted longer than its observation, and is never averaged. Medians are those of Kaplan and Meier
 * (Journal of the American Statistical Association 53, 1958); the test is Gehan's generalisation of the rank test for such times
 * (Biometrika 52, 1965) with Mantel's variance, which is the test of Mann and Whitney where nothing is censored. A run without an
 * impact took no time; one that can't be judged is in neither group, and counted. A difference is claimed at 5 % from 10 a side on, and
 * only of runs that took turns: what the machine did meanwhile is shared only then. All else is `~`.
 */
import { t } from '../../base/messages.ts';
import { upperTail } from '../compare/normal.ts';
import { formatSeconds } from './judge/metric-text.ts';
import type { RecoveryOutcome } from './outcome.ts';

export const fewestRecoveries = 10;
const claimed = 0.05;
/** Runs of one side in a row, at most, where they take turns. */
const mostInARow = 2;

export interface ComparedRecovery {
  readonly run: string;
  readonly startedAt: number;
  readonly outcome: RecoveryOutcome;
}

export interface GroupView {
  readonly label: string;
  readonly count: number;
  /** Not recovered within their observation. */
  readonly censored: number;
  /** Not judged: in no figure. */
  readonly leftOut: number;
  /** null: more than half never recovered, or fewer than 3 runs. */
  readonly medianMs: number | null;
  /** "3.05 s", "longer than 120 s" */
  readonly median: string;
}

export interface RecoveryComparison {
  readonly a: GroupView;
  readonly b: GroupView;
  readonly interleaved: boolean;
  /** Two-sided; null: a side has none. */
  readonly p: number | null;
  /** −1: all of A are faster; 1: all are slower. */
  readonly effect: number | null;
  /** `unsaid` is the `~`. */
  readonly finding: 'faster' | 'slower' | 'unsaid';
  /** "A recovers faster: 3.05 s and 9.40 s (medians of 12 and 12)" */
  readonly text: string;
}

interface Time {
  readonly ms: number;
  /** It lasted longer. */
  readonly censored: boolean;
}

export interface Group {
  readonly label: string;
  readonly runs: readonly ComparedRecovery[];
}

export function compareRecoveries(a: Group, b: Group): RecoveryComparison {
  const [one, two] = [timesOf(a), timesOf(b)];
  const [first, second] = [groupView(a, one), groupView(b, two)];
  const interleaved = takeTurns(a, b);
  const test = one.length === 0 || two.length === 0 ? null : gehan(one, two);
  const enough = Math.min(one.length, two.length) >= fewestRecoveries;
  const finding = !enough || !interleaved || test === null || test.p > claimed ? 'unsaid' : test.effect < 0 ? 'faster' : 'slower';
  const facts = { a: first, b: second, interleaved, p: test?.p ?? null, effect: test?.effect ?? null, finding } as const;
  return { ...facts, text: textOf(facts, enough) };
}

function timesOf({ runs }: Group): readonly Time[] {
  return runs.flatMap(({ outcome: { recovered } }): readonly Time[] => {
    switch (recovered.kind) {
      case 'value':
        return [{ ms: recovered.ms, censored: false }];
      case 'never':
        return [{ ms: recovered.withinMs, censored: true }];
      case 'none':
        return [{ ms: 0, censored: false }];
      case 'unknown':
        return [];
    }
  });
}

function groupView({ label, runs }: Group, times: readonly Time[]): GroupView {
  const medianMs = times.length < 3 ? null : kaplanMeierMedian(times);
  const longest = Math.max(0, ...times.map(({ ms }) => ms));
  const none = times.length < 3 ? '–' : t('longer than {0}', formatSeconds(longest));
  const censored = times.filter((time) => time.censored).length;
  const median = medianMs === null ? none : formatSeconds(medianMs);
  return { label, count: times.length, censored, leftOut: runs.length - times.length, medianMs, median };
}

/** The first time by which half have recovered; between two such times where it is exactly half. null: it is never half. */
export function kaplanMeierMedian(times: readonly Time[]): number | null {
  const sorted = times.toSorted((a, b) => a.ms - b.ms || Number(a.censored) - Number(b.censored));
  let left = 1;
  let atHalf: number | null = null;
  for (const [i, { ms, censored }] of sorted.entries()) {
    if (censored) continue;
    if (atHalf !== null && ms > atHalf) return (atHalf + ms) / 2;
    left *= 1 - 1 / (sorted.length - i);
    if (left < 0.5 - 1e-9) return ms;
    if (left <= 0.5 + 1e-9) atHalf = ms;
  }
  return atHalf;
}

/** −1, 0, 1: what is certain of two times of which each may be censored. */
function order(one: Time, two: Time): number {
  if (one.ms < two.ms || (one.ms === two.ms && two.censored && !one.censored)) return one.censored ? 0 : -1;
  if (one.ms > two.ms || (one.ms === two.ms && one.censored && !two.censored)) return two.censored ? 0 : 1;
  return 0;
}

function gehan(a: readonly Time[], b: readonly Time[]): { readonly p: number; readonly effect: number } {
  const all = [...a, ...b];
  const scores = all.map((one) => all.reduce((sum, two) => sum + order(one, two), 0));
  const w = scores.slice(0, a.length).reduce((sum, score) => sum + score, 0);
  const pairs = a.length * b.length;
  const variance = (pairs / (all.length * (all.length - 1))) * scores.reduce((sum, score) => sum + score * score, 0);
  const effect = w / pairs;
  if (!(variance > 0)) return { p: 1, effect };
  // W moves in steps of 2 where nothing is tied: half of one is the correction for continuity.
  return { p: Math.min(1, 2 * upperTail(Math.max(0, Math.abs(w) - 1) / Math.sqrt(variance))), effect };
}

function takeTurns(a: Group, b: Group): boolean {
  const order = [...a.runs.map(({ startedAt }) => ({ startedAt, side: 0 })), ...b.runs.map(({ startedAt }) => ({ startedAt, side: 1 }))]
    .toSorted((one, two) => one.startedAt - two.startedAt)
    .map(({ side }) => side);
  let row = 0;
  return order.every((side, i) => (row = side === order[i - 1] ? row + 1 : 1) <= mostInARow);
}

function textOf({ a, b, interleaved, finding }: Omit<RecoveryComparison, 'text'>, enough: boolean): string {
  const medians = t('{0} and {1} (medians of {2} and {3})', a.median, b.median, a.count, b.count);
  if (finding === 'faster') return t('{0} recovers faster than {1}: {2}', a.label, b.label, medians);
  if (finding === 'slower') return t('{0} recovers slower than {1}: {2}', a.label, b.label, medians);
  if (!enough) return t('~ {0}: {1} runs a side are needed', medians, fewestRecoveries);
  return interleaved ? t('~ {0}: no difference that can be told', medians) : t('~ {0}: the runs did not take turns', medians);
}
