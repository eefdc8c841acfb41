/** No more than one target and a quorum's minority, unless a person allows it by name; no budget overrun unasked. Pure. */
import { t } from '../../base/messages.ts';
import { budgetsOf, budgetText } from '../../cluster/act/budgets.ts';
import type { PodDisruptionBudget } from '../../cluster/objects.ts';
import type { FaultKind, FaultTarget } from '../../journal/fault-plan.ts';
import type { FaultFlag } from '../draft.ts';
import type { FaultScene } from '../scene.ts';
import { hitAtOnce, minorityOf, type Hit, type HitGroup } from './hit.ts';
import { refusal, type Refusal } from './refusal.ts';

/** A budget that covers what is hit. */
export interface TouchedBudget {
  readonly budget: PodDisruptionBudget;
  readonly hit: number;
  readonly allowed: number;
  /** "PodDisruptionBudget trino: 2 of 3 pods are healthy and 2 must be: none may go now", and what that means for this kind. */
  readonly text: string;
}

export interface BlastFacts {
  readonly kind: FaultKind;
  readonly targets: readonly FaultTarget[];
  readonly isChosenLater: boolean;
  readonly hit: Hit;
  readonly groups: readonly HitGroup[];
  readonly budgets: readonly TouchedBudget[];
  readonly allow: readonly FaultFlag[];
}

export function blastRefusals({ kind, targets, isChosenLater, groups, budgets, allow }: BlastFacts): readonly Refusal[] {
  const count = isChosenLater ? 1 : targets.length;
  const found: Refusal[] = [];
  if (count > 1 && !allow.includes('several'))
    found.push(
      refusal('blast', t('{0} targets are more than one', count), {
        remedy: t('Choose one, or allow it by name: several.'),
        flag: 'several',
      }),
    );
  for (const { title, hit, of, away, isQuorum } of groups) {
    if (!isQuorum || hit + away <= minorityOf(of) || allow.includes('beyondMinority')) continue;
    const gone = away === 0 ? String(hit) : t('{0} and {1} that are away', hit, away);
    found.push(
      refusal('blast', t('{0} of {1} {2} are more than a minority: what needs a quorum would stop', gone, of, title), {
        remedy: t('Choose fewer, or allow it by name: beyondMinority.'),
        flag: 'beyondMinority',
      }),
    );
  }
  if (asksBudgets(kind) !== 'ignores' || allow.includes('againstBudget')) return found;
  for (const { hit, allowed, text } of budgets) {
    if (hit <= allowed) continue;
    found.push(
      refusal('budget', text.replace(/\.$/, ''), {
        remedy: t('Wait until it allows more, or allow it by name: againstBudget.'),
        flag: 'againstBudget',
      }),
    );
  }
  return found;
}

/** Who is gone when it begins, whoever that is: `count` of these pods, at least. */
export interface AwayThen {
  readonly count: number;
  readonly among: ReadonlySet<string>;
}

export function touchedBudgets({ budgets, pods }: FaultScene, kind: FaultKind, all: Hit, away: AwayThen): readonly TouchedBudget[] {
  const members = pods.filter(({ metadata }) => away.among.has(metadata.uid ?? ''));
  return budgets.flatMap((budget): TouchedBudget[] => {
    const hit = hitAtOnce(all, (pod) => budgetsOf(pod, [budget]).length > 0);
    if (hit === 0) return [];
    const now = budget.status?.disruptionsAllowed ?? 0;
    const counts = members.some((pod) => budgetsOf(pod, [budget]).length > 0);
    const { expectedPods = 0, currentHealthy = expectedPods } = budget.status ?? {};
    // Those that are away already it has counted itself.
    const more = counts ? Math.max(0, away.count - Math.max(0, expectedPods - currentHealthy)) : 0;
    const allowed = Math.max(0, now - more);
    const then = allowed < now ? ` ${t('When it begins {0} more will be away, and {1} may go.', more, allowed)}` : '';
    return [{ budget, hit, allowed, text: `${budgetText(budget)}.${then} ${budgetMeaning(kind)}` }];
  });
}

/** Eviction obeys a budget; a delete, a crash or a cut asks nobody; a rollout has rules of its own. */
function asksBudgets(kind: FaultKind): 'obeys' | 'ignores' | 'rollout' | 'untouched' {
  if (kind === 'drain') return 'obeys';
  if (kind === 'none' || kind === 'cordon') return 'untouched';
  return kind === 'rollingRestart' ? 'rollout' : 'ignores';
}

function budgetMeaning(kind: FaultKind): string {
  switch (asksBudgets(kind)) {
    case 'obeys':
      return t('Eviction obeys it: a pod that may not go stays, and that is a result.');
    case 'rollout':
      return t('A rollout does not ask it: it keeps to the workload’s own strategy.');
    case 'ignores':
      return t('This fault does not ask it.');
    case 'untouched':
      return '';
  }
}
