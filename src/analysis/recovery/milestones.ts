/** Moments on the axis of a recovery. Browser-safe. */
import { t } from '../../base/messages.ts';
import type { Expectation } from '../../journal/plan.ts';
import { noLimit, secondsText } from './judge/metric-text.ts';
import type { Findings } from './findings.ts';
import type { FaultView, Figure, Milestone } from './view.ts';

export function milestonesOf(
  { zero, client, figures }: Findings,
  faults: readonly FaultView[],
  expectations: readonly Expectation[],
): readonly Milestone[] {
  const found: Milestone[] = [];
  for (const { title, appliedAt, goAt, healedAt, endsAt, lasts, state } of faults) {
    const at = appliedAt ?? goAt;
    if (at !== null) found.push({ of: 'fault', at, text: title });
    if (lasts && healedAt !== null) found.push({ of: 'healed', at: healedAt, text: t('healed') });
    else if (endsAt !== null && (state === 'active' || state === 'healing'))
      found.push({ of: 'ends', at: endsAt, text: t('heals by itself') });
  }
  if (zero === null) return found;
  const add = (of: Milestone['of'], figure: Figure | undefined, word: string): void => {
    if (figure?.kind === 'value') found.push({ of, at: zero.at + figure.ms, text: `${word} ${secondsText(figure.ms)}` });
  };
  const impact = client?.impact ?? null;
  if (impact !== null) found.push({ of: 'impact', at: impact.firstBadAt, text: t('first bad {0}', secondsText(impact.startMs)) });
  add('firstGood', figures?.firstGood, t('first good'));
  add('recovered', figures?.recovered, t('recovered'));
  add('baseline', figures?.baseline, t('baseline'));
  const limit = expectations.find(({ metric }) => metric.kind === 'recovery' && metric.of === 'recovered');
  if (limit !== undefined && limit.limit < noLimit)
    found.push({ of: 'limit', at: zero.at + limit.limit, text: t('limit {0}', Number((limit.limit / 1000).toFixed(2))) });
  return found.map((each) => ({ ...each, at: Math.round(each.at * 1000) / 1000 })).toSorted((a, b) => a.at - b.at);
}
