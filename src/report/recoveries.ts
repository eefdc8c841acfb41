/** Two groups of recoveries, compared: a table and what it means, drawn by the terminal and Markdown alike. */
import { fewestRecoveries, type ComparedRecovery, type Group, type RecoveryComparison } from '../analysis/recovery/compare.ts';
import { formatSeconds } from '../analysis/recovery/judge/metric-text.ts';
import type { RecoveryOutcome } from '../analysis/recovery/outcome.ts';
import { recoveredText } from '../analysis/recovery/show/words.ts';
import { t } from '../base/messages.ts';
import type { TextTable } from './table.ts';
import { none } from './text.ts';

/** One row a side. */
export function recoveriesTable(comparison: RecoveryComparison, a: Group, b: Group): TextTable {
  const number = (title: string): TextTable['columns'][number] => ({ title, isNumber: true });
  const sides = [
    { view: comparison.a, runs: a.runs },
    { view: comparison.b, runs: b.runs },
  ];
  return {
    columns: [
      { title: '', isNumber: false },
      ...[t('Runs'), t('Recovered'), t('Median'), t('Never'), t('Not judged'), t('Unavailable'), t('Lost')].map(number),
      { title: t('Fault'), isNumber: false },
    ],
    rows: sides.map(({ view, runs }) => {
      const outcomes = runs.map(({ outcome }) => outcome);
      return [
        view.label,
        String(view.count),
        recoveredOf(outcomes),
        view.median,
        String(view.censored),
        String(view.leftOut),
        unavailableOf(outcomes),
        lostOf(outcomes),
        titlesOf(runs).join(' | '),
      ];
    }),
  };
}

/** Sentences: what follows from the table, and what it does not say. */
export function recoveriesNotes(comparison: RecoveryComparison, a: Group, b: Group): readonly string[] {
  const differ = titlesOf(a.runs).join() !== titlesOf(b.runs).join();
  return [
    `${comparison.text}.`,
    t(
      '~ nothing can be said: fewer than {0} runs a side, runs that did not take turns, or no difference that the rank test can tell.',
      fewestRecoveries,
    ),
    t('A run that never recovered lasted longer than its observation: it counts in the median as that, and in no mean.'),
    ...(differ ? [t('Not the same was broken on both sides: what differs is that, too.')] : []),
  ];
}

/** One row a run: what each of them took, whichever side it is on. */
export function recoveryRunsTable(a: Group, b: Group): TextTable {
  return {
    columns: [
      ...['', t('Run'), t('Started')].map((title) => ({ title, isNumber: false })),
      ...[t('Outcome'), t('Unavailable'), t('Lost')].map((title) => ({ title, isNumber: true })),
    ],
    rows: [a, b].flatMap(({ label, runs }) =>
      runs.map(({ run, startedAt, outcome }) => [
        label,
        run,
        new Date(startedAt).toISOString().replace('T', ' ').slice(0, 19),
        recoveredText(outcome),
        unavailableOf([outcome]),
        lostOf([outcome]),
      ]),
    ),
  };
}

/** What the runs of a side broke, each once. */
export function titlesOf(runs: readonly ComparedRecovery[]): readonly string[] {
  return [...new Set(runs.map(({ outcome }) => outcome.title))];
}

/** "2.30 to 4.10 s": of few runs all that can be said. */
function spread(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return none;
  const [low = none, high = none] = [Math.min(...known), Math.max(...known)].map(formatSeconds);
  return low === high ? low : t('{0} to {1}', low.replace(/ s$/, ''), high);
}

/** Where its end was not seen, it was longer. */
function unavailableOf(outcomes: readonly RecoveryOutcome[]): string {
  const all = spread(outcomes.map(({ unavailableMs }) => unavailableMs));
  return outcomes.some(({ unavailableGoesOn }) => unavailableGoesOn === true) ? `≥ ${all}` : all;
}

/** Of those that did; the others are counted beside it. */
function recoveredOf(outcomes: readonly RecoveryOutcome[]): string {
  return spread(outcomes.map(({ recovered }) => (recovered.kind === 'value' ? recovered.ms : recovered.kind === 'none' ? 0 : null)));
}

function lostOf(outcomes: readonly RecoveryOutcome[]): string {
  const known = outcomes.flatMap(({ lost }) => lost ?? []);
  return known.length === 0 ? none : String(known.reduce((sum, lost) => sum + lost, 0));
}
