/** An autoscaler's metrics: what is measured, what it is now, what it should be. */
import { t } from '../../base/messages.ts';
import type { Metric } from './kinds.ts';
import type { MetricLine } from './model.ts';

export function metricsOf(wanted: readonly Metric<'target'>[], current: readonly Metric<'current'>[]): readonly MetricLine[] {
  const now = new Map(current.map((metric) => [nameOf(metric), metric]));
  return wanted.map((metric) => {
    const name = nameOf(metric);
    const found = now.get(name);
    const target = sourceOf(metric)?.target;
    const seen = found === undefined ? undefined : sourceOf(found)?.current;
    const isShare = target?.averageUtilization !== undefined;
    const share = seen?.averageUtilization;
    return {
      name,
      now: isShare ? (share === undefined ? t('unknown') : `${share} %`) : (seen?.averageValue ?? seen?.value ?? t('unknown')),
      target: isShare ? `${target.averageUtilization ?? 0} %` : (target?.averageValue ?? target?.value ?? ''),
    };
  });
}

function nameOf(metric: Metric<'target'> | Metric<'current'>): string {
  const container = metric.containerResource;
  if (container !== undefined) return `${container.container ?? ''} ${container.name}`;
  return (
    metric.resource?.name ?? metric.pods?.metric.name ?? metric.object?.metric.name ?? metric.external?.metric.name ?? metric.type ?? ''
  );
}

function sourceOf<V extends 'target' | 'current'>(metric: Metric<V>): Metric<V>['resource'] | Metric<V>['pods'] {
  return metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external;
}
