/** Disruption budgets that let nothing through, and workloads that lose everything at once. */
import { t } from '../../base/messages.ts';
import { labelOf } from '../objects.ts';
import { matches } from '../selector.ts';
import type { LintWarning, Rendering } from './warning.ts';
import { fieldOf, selectorOf } from './shape.ts';

export function budgetRules({ objects, workloads }: Rendering): readonly LintWarning[] {
  return objects.flatMap((object) => {
    if (object.kind !== 'PodDisruptionBudget') return [];
    const selector = selectorOf(fieldOf(object, 'spec', 'selector'));
    if (selector === undefined) return [];
    const guarded = workloads.filter(({ labels, kind }) => kind !== 'DaemonSet' && matches(selector, labels));
    const pods = guarded.reduce((sum, { replicas = 1 }) => sum + replicas, 0);
    if (guarded.length === 0) return [];
    const least = fieldOf(object, 'spec', 'minAvailable');
    const most = fieldOf(object, 'spec', 'maxUnavailable');
    const blocks =
      (least !== undefined && Math.ceil(countOf(least, pods)) >= pods) || (most !== undefined && Math.ceil(countOf(most, pods)) <= 0);
    if (!blocks) return [];
    const rule = least === undefined ? `maxUnavailable: ${String(most)}` : `minAvailable: ${String(least)}`;
    const text = t('{0} of {1} pods lets no pod be evicted: draining a node waits for ever.', rule, pods);
    return [{ rule: 'budget-blocks', object: labelOf(object), text }];
  });
}

function countOf(value: unknown, of: number): number {
  const text = String(value);
  return text.endsWith('%') ? (Number(text.slice(0, -1)) / 100) * of : Number(text);
}
