/** The words of `expect` and `abort` for what a run that breaks something measures. Pure. */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { nearest } from '../../base/nearest.ts';
import type { Metric, RecoveryMetric } from '../../journal/plan.ts';

const figures: Readonly<Record<'probes' | 'messages', readonly string[]>> = {
  probes: ['failed', 'slow', 'unknown', 'wrong', 'bad'],
  messages: ['lost', 'duplicated', 'redelivered', 'reordered', 'rewritten', 'unknown'],
};

/** `recovered`, `unavailable`, `messages.lost`, …: as completion offers them. */
export const recoveryWords: readonly string[] = [
  ...['recovered', 'unavailable', 'detected', 'firstGood', 'baseline', 'failover', 'rejoin', 'pod', 'redundancy', 'relapses'],
  ...Object.entries(figures).flatMap(([name, of]) => of.map((figure) => `${name}.${figure}`)),
];

/** undefined: it is no word of these. Fails: `invalid`. */
export function recoveryMetricOf(name: string, figure: string): RecoveryMetric | undefined {
  if (name === 'probes' || name === 'messages') {
    const word = `${name}.${figure}`;
    const metric = metrics[word];
    if (metric !== undefined) return metric;
    const near = nearest(figure, figures[name]);
    const known = figures[name].map((each) => `${name}.${each}`).join(', ');
    throw invalid(
      figure === '' ? t('“{0}” does not say which', name) : t('“{0}” is not measured', word.slice(0, 60)),
      near === undefined ? t('Use {0}.', known) : t('Did you mean {0}?', `${name}.${near}`),
    );
  }
  const metric = metrics[name];
  if (metric !== undefined && figure !== '') throw invalid(t('“{0}” has no percentiles', name), t('Write {0} alone.', name));
  return metric;
}

const metrics: Readonly<Record<string, RecoveryMetric>> = {
  ...{ unavailable: { kind: 'unavailable' }, relapses: { kind: 'relapses' } },
  ...{ detected: { kind: 'recovery', of: 'detected' }, firstGood: { kind: 'recovery', of: 'firstGood' } },
  ...{ recovered: { kind: 'recovery', of: 'recovered' }, baseline: { kind: 'recovery', of: 'baseline' } },
  ...{ failover: { kind: 'recovery', of: 'failover' }, rejoin: { kind: 'recovery', of: 'rejoin' } },
  ...{ pod: { kind: 'recovery', of: 'pod' }, redundancy: { kind: 'recovery', of: 'redundancy' } },
  ...{ 'probes.failed': { kind: 'probes', of: 'failed' }, 'probes.slow': { kind: 'probes', of: 'slow' } },
  ...{ 'probes.unknown': { kind: 'probes', of: 'unknown' }, 'probes.wrong': { kind: 'probes', of: 'wrong' } },
  'probes.bad': { kind: 'probes', of: 'bad' },
  ...{ 'messages.lost': { kind: 'messages', of: 'lost' }, 'messages.duplicated': { kind: 'messages', of: 'duplicated' } },
  ...{ 'messages.redelivered': { kind: 'messages', of: 'redelivered' }, 'messages.reordered': { kind: 'messages', of: 'reordered' } },
  ...{ 'messages.rewritten': { kind: 'messages', of: 'rewritten' }, 'messages.unknown': { kind: 'messages', of: 'unknown' } },
};

export function isRecoveryMetric(metric: Metric): metric is RecoveryMetric {
  switch (metric.kind) {
    case 'recovery':
    case 'unavailable':
    case 'relapses':
    case 'probes':
    case 'messages':
      return true;
    case 'latency':
    case 'errors':
    case 'dropped':
    case 'throughput':
    case 'answers':
      return false;
  }
}

/** Whether a rule of `abort` has a window: `needed`, `possible`, or `none` where the figure counts from the fault on. */
export function abortWindow(metric: Metric): 'needed' | 'possible' | 'none' {
  switch (metric.kind) {
    case 'unavailable':
      return 'possible';
    case 'recovery':
    case 'relapses':
      return 'none';
    default:
      return 'needed';
  }
}
