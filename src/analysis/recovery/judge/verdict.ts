/** Passed, failed or inconclusive, of a run that breaks something; and why, in one sentence. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import { formatLimit, formatMetric, sentence } from '../../text.ts';
import { notCarriedOut, type Carried } from '../../verdict.ts';
import type { ExpectationView, Verdict } from '../../view.ts';
import type { FaultView, Figure, MessagesView, ProbeCounts, RecoveryFigures } from '../view.ts';
import { formatSeconds, metText, noLimit } from './metric-text.ts';

/** What the run's own load has to say. */
export interface LoadFindings {
  readonly failed: string | null;
  readonly doubt: string | null;
}

export interface VerdictFacts extends Carried {
  readonly expectations: readonly ExpectationView[];
  readonly doubt: string | null;
  /** What stands against *passed* only. */
  readonly cutShort: string | null;
  readonly load: LoadFindings | null;
  readonly figures: RecoveryFigures | null;
  readonly slowMs: number | null;
  readonly relapses: number;
  readonly counts: ProbeCounts;
  readonly messages: MessagesView | null;
  readonly faults: readonly FaultView[];
  readonly title: string;
  readonly zeroAt: number | null;
  readonly nowAt: number;
  readonly phaseText: string | null;
}

/**
 * The order is the rule. A wrong answer and a lost message are what they are, whatever else is not known; what was not carried out or
 * not proven is not judged; then the expectations decide.
 */
export function recoveryVerdict(facts: VerdictFacts): { readonly verdict: Verdict | null; readonly reason: string } {
  const { status, end, expectations, load } = facts;
  if (status === 'running') return { verdict: null, reason: soFar(facts) };
  const failed = (reason: string): { verdict: Verdict; reason: string } => ({ verdict: 'failed', reason: sentence(reason) });
  if (status === 'aborted') return failed(end?.reason ?? t('an abort rule ended it'));
  // It begins with a statement's name.
  const wrong = load?.failed ?? null;
  if (wrong !== null) return { verdict: 'failed', reason: wrong };
  const definite = expectations.find(({ outcome, expectation }) => outcome === 'broken' && isDefinite(expectation.metric));
  if (definite !== undefined) return failed(brokenText(definite, facts));
  const doubt = notCarriedOut(facts) ?? facts.doubt ?? load?.doubt ?? null;
  if (doubt !== null) return { verdict: 'inconclusive', reason: sentence(doubt) };
  const broken = expectations.find(({ outcome }) => outcome === 'broken');
  if (broken !== undefined) return failed(brokenText(broken, facts));
  const open = facts.cutShort ?? expectations.find(({ outcome }) => outcome === 'unknown')?.text;
  if (open !== undefined) return { verdict: 'inconclusive', reason: sentence(open) };
  return { verdict: 'passed', reason: passed(facts) };
}

function isDefinite({ kind, of }: { readonly kind: string; readonly of?: string }): boolean {
  return (kind === 'probes' && of === 'wrong') || (kind === 'messages' && of !== 'unknown');
}

function brokenText({ expectation, text }: ExpectationView, { messages, relapses }: VerdictFacts): string {
  const { metric } = expectation;
  if (metric.kind === 'messages' && messages !== null) {
    const said = messages.sentences[0];
    return said === undefined || metric.of !== 'lost' ? text : said;
  }
  if (metric.kind !== 'recovery' || metric.of !== 'recovered' || relapses === 0) return text;
  return relapses === 1 ? t('{0}; 1 relapse', text) : t('{0}; {1} relapses', text, formatCount(relapses));
}

/** "Users were served again 3.05 s after the fault (limit 10 s), unavailable for 2.30 s (limit 5 s), no loss among 41,230 acknowledged". */
function passed({ expectations, figures, slowMs, messages }: VerdictFacts): string {
  const parts: string[] = [];
  const isRecovered = ({ expectation: { metric } }: ExpectationView): boolean => metric.kind === 'recovery' && metric.of === 'recovered';
  const recovered = expectations.find(isRecovered);
  const limit =
    recovered === undefined || recovered.expectation.limit >= noLimit
      ? null
      : formatLimit(recovered.expectation.metric, recovered.expectation.limit);
  parts.push(servedAgain(figures, limit, slowMs));
  for (const each of expectations) {
    const { metric, implied } = each.expectation;
    if (each === recovered || each.measured === null || (metric.kind === 'messages' && metric.of === 'lost')) continue;
    if (implied === true && each.measured === 0) continue;
    const value = formatMetric(metric, each.measured);
    const its = formatLimit(metric, each.expectation.limit);
    const isOfRecovery = 'of' in metric || metric.kind === 'unavailable' || metric.kind === 'relapses';
    // A moment that had not to come has no time: its finding says why.
    const hasTime = metric.kind !== 'recovery' || each.measured !== 0;
    parts.push(isOfRecovery && hasTime ? metText(metric, value, its) : each.text);
  }
  if (messages !== null) parts.push(messages.sentences[0] ?? '');
  return parts.join(', ');
}

function servedAgain(figures: RecoveryFigures | null, limit: string | null, slowMs: number | null): string {
  if (figures?.recovered.kind !== 'value') return notBad(figures?.baseline ?? null, slowMs);
  const time = formatSeconds(figures.recovered.ms);
  return limit === null
    ? t('Users were served again {0} after the fault', time)
    : t('Users were served again {0} after the fault (limit {1})', time, limit);
}

/** No probe was bad; but below the slow limit there is room to be felt. */
function notBad(baseline: Figure | null, slowMs: number | null): string {
  if (slowMs === null || (baseline?.kind !== 'value' && baseline?.kind !== 'never')) return t('Users felt no impact');
  const limit = formatSeconds(slowMs);
  return baseline.kind === 'value'
    ? t(
        'No answer was missing or took longer than the slow limit of {0}, but users waited longer until {1} after the fault',
        limit,
        formatSeconds(baseline.ms),
      )
    : t('No answer was missing or took longer than the slow limit of {0}, but users still waited longer at the end', limit);
}

function soFar({ phaseText, zeroAt, nowAt, faults, counts, figures, relapses }: VerdictFacts): string {
  if (zeroAt === null)
    return sentence(phaseText ?? (counts.planned === 0 ? t('Preparing') : t('Baseline: {0} samples so far', formatCount(counts.planned))));
  const stuck = faults.find(({ state }) => state === 'unconfirmed');
  if (stuck !== undefined) return t('{0}: whether it has ended is not confirmed', stuck.title);
  const active = faults.find(({ state }) => state === 'active' || state === 'healing');
  const since = ((nowAt - (active?.appliedAt ?? zeroAt)) / 1000).toFixed(1);
  const start = active === undefined ? t('{0} s since the fault', since) : t('Fault active for {0} s', since);
  return `${start}. ${[countsText(counts), standing(figures, relapses)].filter((text) => text !== '').join('; ')}`;
}

function countsText({ failed, slow, unknown, wrong }: ProbeCounts): string {
  const parts = [
    ...(failed > 0 ? [t('{0} failed', formatCount(failed))] : []),
    ...(slow > 0 ? [t('{0} slow', formatCount(slow))] : []),
    ...(unknown > 0 ? [t('{0} unknown', formatCount(unknown))] : []),
    ...(wrong > 0 ? [t('{0} wrong', formatCount(wrong))] : []),
  ];
  return parts.length === 0 ? t('No bad probe so far') : t('So far {0}', parts.join(', '));
}

function standing(figures: RecoveryFigures | null, relapses: number): string {
  const recovered = figures?.recovered;
  if (recovered === undefined || recovered.kind === 'none' || recovered.kind === 'unknown') return '';
  const again = relapses === 0 ? '' : relapses === 1 ? t(', after 1 relapse') : t(', after {0} relapses', relapses);
  if (recovered.kind === 'value') return t('recovered at +{0}', formatSeconds(recovered.ms)) + again;
  if (recovered.kind !== 'open' || recovered.goodForMs === undefined) return t('not good yet') + again;
  return t('good again since +{0}, which is not yet called recovered', formatSeconds(recovered.aboveMs)) + again;
}
