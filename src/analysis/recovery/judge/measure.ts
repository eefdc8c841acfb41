/** A recovery's figures as lines of `expect` and `abort` measure them. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import type { ProbeFigure, RecoveryMetric, RecoveryMoment } from '../../../journal/plan.ts';
import type { Measured } from '../../metric.ts';
import type { Figure, MessagesView, ProbeCounts, RecoveryFigures } from '../view.ts';
import { sinceSeconds } from './metric-text.ts';

export interface MeasureFacts {
  /** null: nothing was begun yet. */
  readonly figures: RecoveryFigures | null;
  readonly relapses: number;
  /** From *go* on. */
  readonly counts: ProbeCounts;
  /** Whether any of the faults lasts. */
  readonly lasts: boolean;
  readonly messages: MessagesView | null;
  readonly messagesPlanned: boolean;
}

export function measureRecovery(metric: RecoveryMetric, facts: MeasureFacts): Measured {
  const { figures } = facts;
  switch (metric.kind) {
    case 'recovery':
      if (figures === null) return unknown(t('nothing was broken'));
      if ((metric.of === 'failover' || metric.of === 'rejoin') && !facts.lasts)
        return unknown(t('the fault is instantaneous: it has no {0}', metric.of));
      return ofFigure(figures[metric.of], metric.of);
    case 'unavailable':
      return figures === null ? unknown(t('nothing was broken')) : ofFigure(figures.unavailable, null);
    case 'relapses':
      return figures === null ? unknown(t('nothing was broken')) : { kind: 'value', value: facts.relapses };
    case 'probes':
      return share(metric.of, facts.counts);
    case 'messages':
      return messages(metric, facts);
  }
}

function ofFigure(figure: Figure, of: RecoveryMoment | null): Measured {
  switch (figure.kind) {
    case 'value':
      return figure.goesOn === true
        ? { kind: 'above', value: figure.ms - figure.errorMs, text: neverText(of, figure.ms - figure.errorMs) }
        : { kind: 'value', value: figure.ms, error: figure.errorMs };
    case 'none':
      // Nothing was felt, or nothing went: it took no time to be over.
      return { kind: 'value', value: 0, of: figure.why };
    case 'never':
      return { kind: 'above', value: figure.withinMs, text: neverText(of, figure.withinMs), never: true };
    case 'open':
      return { kind: 'above', value: figure.aboveMs, text: neverText(of, figure.aboveMs) };
    case 'between': {
      const bounds = [sinceSeconds(figure.fromMs), sinceSeconds(figure.toMs)] as const;
      return unknown(t('recovered somewhere between {0} and {1} s: {2}', ...bounds, figure.why));
    }
    case 'unknown':
      return unknown(figure.why);
  }
}

/** "not recovered within 120 s" */
export function neverText(of: RecoveryMoment | null, withinMs: number): string {
  // Down: it is known for so long at least.
  const unit = withinMs < 10_000 ? 100 : 1000;
  const within = t('{0} s', Number(((Math.floor(withinMs / unit) * unit) / 1000).toFixed(1)));
  const texts: Readonly<Record<RecoveryMoment, string>> = {
    detected: t('not detected within {0}', within),
    firstGood: t('no good answer within {0}', within),
    recovered: t('not recovered within {0}', within),
    baseline: t('not back to baseline within {0}', within),
    failover: t('not served again within {0} while the fault lasted', within),
    rejoin: t('not rejoined within {0} of the heal', within),
    pod: t('the pod was not back within {0}', within),
    redundancy: t('redundancy was not back within {0}', within),
  };
  return of === null ? t('unavailable for more than {0}', within) : texts[of];
}

function share(of: ProbeFigure, { ok, slow, failed, unknown: unknowns, wrong }: ProbeCounts): Measured {
  const judged = ok + slow + failed + unknowns + wrong;
  if (judged === 0) return unknown(t('no probe was judged'));
  const counted = { slow, failed, unknown: unknowns, wrong, bad: slow + failed + unknowns + wrong }[of];
  return { kind: 'value', value: counted / judged, of: t('{0} of {1} judged', formatCount(counted), formatCount(judged)) };
}

function messages({ of }: Extract<RecoveryMetric, { kind: 'messages' }>, { messages: found, messagesPlanned }: MeasureFacts): Measured {
  if (found === null) return unknown(messagesPlanned ? t('the messages were not checked') : t('no messages were written'));
  const count = found[of];
  if (found.judged || of === 'unknown') return { kind: 'value', value: count };
  const [why = ''] = found.sentences.filter((each) => each.startsWith(t('not judged')));
  // What was found is there; how much more there is can't be told.
  return count === 0 ? unknown(why) : { kind: 'above', value: count - 1, text: t('at least {0} messages {1}', formatCount(count), of) };
}

function unknown(why: string): Measured {
  return { kind: 'unknown', why };
}
