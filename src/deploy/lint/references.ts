/** Names and selectors that lead to nothing. */
import { t } from '../../base/messages.ts';
import { labelOf } from '../objects.ts';
import type { Manifest } from '../objects.ts';
import { matches } from '../selector.ts';
import type { LintWarning, Rendering } from './warning.ts';
import { fieldOf, selectorOf, textsOf } from './shape.ts';
import type { LintSelector, LintWorkload } from './shape.ts';

export function referenceRules({ objects, workloads }: Rendering): readonly LintWarning[] {
  return [
    ...objects.flatMap((object) => [...scaleTarget(object, workloads), ...selectors(object, objects, workloads)]),
    ...workloads.flatMap((workload) => spreads(workload)),
    ...workloads.flatMap((workload) => ownedReplicas(workload, objects)),
  ];
}

const SCALERS = new Set(['HorizontalPodAutoscaler', 'ScaledObject', 'VerticalPodAutoscaler']);

function targetOf(object: Manifest): { readonly kind: string; readonly name: string } | undefined {
  if (!SCALERS.has(object.kind)) return undefined;
  const target = fieldOf(object, 'spec', object.kind === 'VerticalPodAutoscaler' ? 'targetRef' : 'scaleTargetRef');
  const name = fieldOf(target, 'name');
  // KEDA means a Deployment when it says nothing.
  return typeof name === 'string' ? { kind: String(fieldOf(target, 'kind') ?? 'Deployment'), name } : undefined;
}

function scaleTarget(object: Manifest, workloads: readonly LintWorkload[]): readonly LintWarning[] {
  const target = targetOf(object);
  if (target === undefined || !['Deployment', 'StatefulSet', 'DaemonSet'].includes(target.kind)) return [];
  if (workloads.some(({ kind, name }) => kind === target.kind && name === target.name)) return [];
  const same = workloads.find(({ name }) => name === target.name);
  const text =
    same === undefined
      ? t('It scales {0} {1}, which the chart does not make: nothing would be scaled.', target.kind, target.name)
      : t('It scales a {0} {1}, and the chart makes a {2} of that name: nothing would be scaled.', target.kind, target.name, same.kind);
  return [{ rule: 'hpa-target', object: labelOf(object), text }];
}

/** A number in the template and an autoscaler fight over the same field. */
function ownedReplicas({ kind, name, replicas, label }: LintWorkload, objects: readonly Manifest[]): readonly LintWarning[] {
  if (replicas === undefined) return [];
  const scaler = objects.find((object) => {
    const target = targetOf(object);
    return object.kind !== 'VerticalPodAutoscaler' && target?.kind === kind && target.name === name;
  });
  if (scaler === undefined) return [];
  const text = t('replicas: {0} is written down, and {1} scales it: each deploy sets the number back.', replicas, labelOf(scaler));
  return [{ rule: 'replicas-of-autoscaler', object: label, text }];
}

function selectors(object: Manifest, objects: readonly Manifest[], workloads: readonly LintWorkload[]): readonly LintWarning[] {
  const selector = podSelectorOf(object);
  if (selector === undefined) return [];
  const inJobs = objects.filter(({ kind }) => kind === 'Job' || kind === 'Pod');
  const hit =
    workloads.some(({ labels }) => matches(selector, labels)) ||
    inJobs.some((one) =>
      matches(selector, one.kind === 'Pod' ? (one.metadata.labels ?? {}) : textsOf(fieldOf(one, 'spec', 'template', 'metadata', 'labels'))),
    );
  // Pods that an operator makes of its own resource can't be known here.
  const operated = objects.some(({ apiVersion }) => /\.(?:strimzi\.io|altinity\.com|clickhouse\.com)\//.test(apiVersion));
  if (hit || operated) return [];
  const text = t('Its selector ({0}) matches no pod of this chart.', wordsOf(selector));
  return [{ rule: 'selector-matches-nothing', object: labelOf(object), text }];
}

function podSelectorOf(object: Manifest): LintSelector | undefined {
  switch (object.kind) {
    case 'Service': {
      const labels = textsOf(fieldOf(object, 'spec', 'selector'));
      return Object.keys(labels).length === 0 ? undefined : { matchLabels: labels };
    }
    case 'PodDisruptionBudget':
      return selectorOf(fieldOf(object, 'spec', 'selector'));
    case 'NetworkPolicy': {
      const selector = selectorOf(fieldOf(object, 'spec', 'podSelector'));
      return selector !== undefined && wordsOf(selector) !== '' ? selector : undefined;
    }
    default:
      return undefined;
  }
}

function spreads({ label, labels, spreads: wanted }: LintWorkload): readonly LintWarning[] {
  return wanted
    .filter((selector) => !matches(selector, labels))
    .map((selector) => ({
      rule: 'selector-matches-nothing',
      object: label,
      text: t('It spreads pods with {0} over nodes, and its own have other labels: they are not spread.', wordsOf(selector)),
    }));
}

function wordsOf({ matchLabels = {}, matchExpressions = [] }: LintSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...equal, ...matchExpressions.map(({ key, operator, values = [] }) => `${key} ${operator} ${values.join(' ')}`.trim())].join(
    ', ',
  );
}
