/** Figures of a recovery as lines of `expect`, verdicts and tables name them. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import type { MessageFigure, ProbeFigure, RecoveryMetric, RecoveryMoment } from '../../../journal/plan.ts';

/** 3.05 s, −0.02 s, 123.4 s: two decimals below 100 s, so that sums can be read. */
export function formatSeconds(ms: number): string {
  return `${secondsText(ms)} s`;
}

/** 3.05, −0.02, 123.4. A half is rounded up: 0.175 is no 0.17 because of its last bit. */
export function secondsText(ms: number): string {
  const unit = Math.abs(ms) < 99_995 ? 10 : 100;
  const units = Math.round(Math.abs(ms) / unit);
  return `${ms < 0 && units > 0 ? '−' : ''}${((units * unit) / 1000).toFixed(unit === 10 ? 2 : 1)}`;
}

/** +3.05, −0.02: of a moment on the axis. */
export function sinceSeconds(ms: number): string {
  const text = secondsText(ms);
  return text.startsWith('−') ? text : `+${text}`;
}

/** The limit of what is expected without a number: "recovered at all". */
export const noLimit = 1e12;

/** As `expect` has it: `recovered`, `messages.lost`. */
export function metricWord(metric: RecoveryMetric): string {
  switch (metric.kind) {
    case 'recovery':
      return metric.of;
    case 'probes':
    case 'messages':
      return `${metric.kind}.${metric.of}`;
    case 'unavailable':
    case 'relapses':
      return metric.kind;
  }
}

/** Part of a sentence whose number comes after it: "first good answer after 2.41 s". */
export function momentWords(of: RecoveryMoment): string {
  const words: Readonly<Record<RecoveryMoment, string>> = {
    detected: t('detected by users after'),
    firstGood: t('first good answer after'),
    recovered: t('recovered after'),
    baseline: t('back to baseline after'),
    failover: t('failover after'),
    rejoin: t('rejoin, from the heal on, after'),
    pod: t('pod back after'),
    redundancy: t('redundancy back after'),
  };
  return words[of];
}

export function probeWords(of: ProbeFigure): string {
  const words: Readonly<Record<ProbeFigure, string>> = {
    failed: t('failed'),
    slow: t('slow'),
    unknown: t('unknown'),
    wrong: t('answered wrong'),
    bad: t('bad'),
  };
  return words[of];
}

export function messageWords(of: MessageFigure): string {
  const words: Readonly<Record<MessageFigure, string>> = {
    lost: t('lost'),
    duplicated: t('duplicated'),
    redelivered: t('redelivered'),
    reordered: t('reordered'),
    rewritten: t('rewritten'),
    unknown: t('unknown'),
  };
  return words[of];
}

/** `value` and `limit`: with their units; `of`: what a share is made of, and why a moment had not to come. */
export function foundText(metric: RecoveryMetric, value: string, limit: string | null, of: string | undefined): string {
  const found = valueText(metric, value, of);
  return limit === null ? found : t('{0}, the limit is {1}', found, limit);
}

/** One part of a passed run's reason: "recovered after 3.05 s (limit 10 s)". */
export function metText(metric: RecoveryMetric, value: string, limit: string | null): string {
  const found = valueText(metric, value, undefined);
  return limit === null ? found : t('{0} (limit {1})', found, limit);
}

function valueText(metric: RecoveryMetric, value: string, of: string | undefined): string {
  switch (metric.kind) {
    case 'recovery':
      return of ?? `${momentWords(metric.of)} ${value}`;
    case 'unavailable':
      return of ?? t('unavailable for {0}', value);
    case 'relapses':
      return value === formatCount(1) ? t('1 relapse') : t('{0} relapses', value);
    case 'probes': {
      const found =
        metric.of === 'bad'
          ? t('{0} of the probes since the fault were bad', value)
          : t('{0} of the probes since the fault {1}', value, probeWords(metric.of));
      return of === undefined ? found : t('{0} ({1})', found, of);
    }
    case 'messages':
      return value === formatCount(1) ? t('1 message {0}', messageWords(metric.of)) : t('{0} messages {1}', value, messageWords(metric.of));
  }
}
