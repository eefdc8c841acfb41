/** Which disruption budget keeps a pod from being evicted, and by which numbers. */
import { t } from '../../base/messages.ts';
import type { LabelSelector, Pod, PodDisruptionBudget } from '../objects.ts';

/** Whether a selector of the API chooses these labels; an empty one chooses all. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const byLabels = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    byLabels &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}

export function budgetsOf(pod: Pod, budgets: readonly PodDisruptionBudget[]): readonly PodDisruptionBudget[] {
  const { namespace, labels = {} } = pod.metadata;
  return budgets.filter(
    ({ metadata, spec }) => metadata.namespace === namespace && spec?.selector !== undefined && selects(spec.selector, labels),
  );
}

/** "PodDisruptionBudget trino: 2 of 3 pods are healthy and 2 must be: none may go now" */
export function budgetText({ metadata, status = {} }: PodDisruptionBudget): string {
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, disruptionsAllowed = 0 } = status;
  const numbers = t('{0} of {1} pods are healthy and {2} must be', currentHealthy, expectedPods, desiredHealthy);
  const allowed = disruptionsAllowed === 0 ? t('none may go now') : t('{0} may go now', disruptionsAllowed);
  return t('PodDisruptionBudget {0}: {1}: {2}', metadata.name, numbers, allowed);
}
