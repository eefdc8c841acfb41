/** Words and numbers that all reports share. */
import { t } from '../base/messages.ts';
import { formatBytes, formatCount, formatDuration } from '../base/units.ts';
import type { AnswerOutcome } from '../journal/events.ts';
import { answerWord, countsSum, pathInWords, verdictWord } from '../analysis/text.ts';
import type { Counts, RunView } from '../analysis/view.ts';

/** Too few samples, or no answer: never 0. */
export const none = '–';

export function verdictText({ verdict, status }: Pick<RunView, 'verdict' | 'status'>): string {
  if (verdict === null) return status === 'running' ? t('Running') : t('No verdict');
  return verdictWord(verdict);
}

export function countsText(counts: Counts): string {
  const sum = countsSum(counts);
  return counts.underway > 0 ? t('{0} + {1} underway', sum, formatCount(counts.underway)) : sum;
}

/** What a reader of the table could take for something else: whose times they are, and whose they are not. */
export function figureNotes({ arms, counts: { ok, wrong, errors, dropped } }: RunView): readonly string[] {
  const [a, b] = arms;
  const answered = formatCount(ok + wrong);
  return [
    ...(errors + dropped === 0
      ? []
      : [t('Times are of the {0} operations that were answered: what failed with an error or was dropped has none.', answered)]),
    ...(a === undefined || b === undefined
      ? []
      : [t('Figures are of {0} and {1} together; a comparison tells them apart.', a.label, b.label)]),
  ];
}

export function durationText(ms: number | null): string {
  return ms === null ? none : formatDuration(ms);
}

export function answerText(answer: AnswerOutcome | null): string {
  return answer === null ? none : answerWord(answer);
}

/** "2026-11-21 14:05:00 UTC": a report is read anywhere, so the zone is in it. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/^(.*)T(.*)\.\d+Z$/, '$1 $2 UTC');
}

/** What the run ran on, in rows of name and value. */
export function factsOf(view: RunView): readonly (readonly [name: string, value: string])[] {
  const { environment } = view;
  const arms = view.arms.map(({ label, title, target, threads, memoryLimitBytes, path }): readonly [string, string] => [
    view.arms.length > 1 ? t('Engine {0}', label) : t('Engine'),
    // An engine that was never opened has neither, nor has a server here.
    threads === 0
      ? [t('{0} on {1}', title, target), ...(path === undefined ? [] : [pathInWords(path)])].join(', ')
      : t(
          '{0} on {1}, {2}, {3} of memory',
          title,
          target,
          threads === 1 ? t('1 thread') : t('{0} threads', threads),
          formatBytes(memoryLimitBytes),
        ),
  ]);
  return [
    [t('Run'), view.run],
    [t('Started'), timeText(view.startedAt)],
    [t('Duration'), formatDuration(view.durationMs)],
    ...arms,
    [
      t('Machine'),
      t(
        '{0}, {1} processors, {2}, {3}',
        environment.processor,
        environment.processors,
        formatBytes(environment.memoryBytes),
        environment.system,
      ),
    ],
    [t('Made with'), t('Faultline {0}, Node.js {1}', environment.faultline, environment.node)],
    ...(environment.gitRevision === undefined ? [] : [[t('Git revision'), environment.gitRevision] as const]),
    ...(view.tpchPower === null
      ? []
      : [[t('Power'), `${formatCount(Number(view.tpchPower.value.toPrecision(4)))} (${view.tpchPower.label})`] as const]),
    ...(view.plan.fault === undefined ? [] : [[t('Cluster'), view.plan.fault.cluster.context] as const]),
    // Where nothing but probes asked there is no driver to trust or not.
    ...(view.plan.load.kind === 'none' ? [] : [[t('Driver'), driverText(view)] as const]),
  ];
}

function driverText({ driver }: RunView): string {
  const lag =
    driver.lagP99Ms === null
      ? t('too few operations for the p99 of its lag')
      : t('lag p99 {0}, limit {1}', durationText(driver.lagP99Ms), durationText(driver.lagLimitMs));
  return driver.valid ? t('valid: {0}', lag) : t('invalid: {0}', driver.reason ?? lag);
}
