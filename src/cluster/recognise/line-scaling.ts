/** Autoscalers as lines: "3/5 → 8", and below it why not. */
import { t } from '../../base/messages.ts';
import { whyOf } from './line-instance.ts';
import type { AutoscalerLine, Line } from './model.ts';

export function scalingLines(autoscaler: AutoscalerLine, before?: Line): Line {
  if (before?.subject.kind === 'autoscaler' && before.subject.autoscaler === autoscaler) return before;
  const { id, label, health, kind, ref, metrics, blocked, target, min, max } = autoscaler;
  const measured = metrics.map((metric) => metricText(kind, metric.name, metric.now, metric.target));
  return {
    id,
    subject: { kind: 'autoscaler', autoscaler },
    label,
    description: [...numbers(autoscaler), kind, ref.namespace ?? '', health.word, ...measured].filter((part) => part !== '').join(' · '),
    health,
    tooltip: [
      ...whyOf(health),
      ...(autoscaler.desired === undefined
        ? []
        : [t('{0} ready of {1} there; {2} wanted', autoscaler.ready ?? 0, autoscaler.current ?? 0, autoscaler.desired)]),
      ...(min === undefined || max === undefined ? [] : [t('from {0} to {1} replicas', min, max)]),
      t('scales {0} {1}', target.kind, target.name),
    ],
    children:
      blocked === undefined
        ? []
        : [
            {
              id: `${id}#blocked`,
              subject: { kind: 'note', note: 'blocked' },
              label: t('blocked: {0}', blocked),
              description: '',
              tooltip: [],
              children: [],
            },
          ],
  };
}

function numbers({ ready, current, desired }: AutoscalerLine): readonly string[] {
  if (current === undefined || desired === undefined) return [];
  const now = `${ready ?? 0}/${current}`;
  return [desired === current ? now : `${now} → ${desired}`];
}

function metricText(kind: AutoscalerLine['kind'], name: string, now: string, target: string): string {
  if (target === '') return name;
  return kind === 'VPA' ? `${name} ${target}` : t('{0} {1} of {2}', name, now, target);
}
