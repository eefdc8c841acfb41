/** Watches a run that breaks something for what should end it: on the figures that its report will show. Browser-safe. */
import { t } from '../../base/messages.ts';
import type { JournalEvent } from '../../journal/events.ts';
import type { AbortRule, RecoveryMetric, RunPlan } from '../../journal/plan.ts';
import { holds, outcomeOf, type Measured } from '../metric.ts';
import { formatMeasured, formatShare } from '../text.ts';
import { countsSince, sumOf } from './client/vantage.ts';
import { Collected } from './collected.ts';
import { findingsOf, measureFactsOf, type Findings } from './findings.ts';
import { measureRecovery } from './judge/measure.ts';

export type RecoveryAbortRule = AbortRule & { readonly metric: RecoveryMetric };

const manyEvents = 40_000;
const seldomMs = 500;

/**
 * A rule without a window counts from the fault on; one with a window over the newest `overMs`, and only once as much was observed.
 * Samples count when they are told, by when they were planned.
 */
export class RecoveryWatch {
  readonly #rules: readonly RecoveryAbortRule[];
  readonly #collected: Collected | null;
  #checkedMs = -Infinity;

  constructor(rules: readonly RecoveryAbortRule[], plan: Pick<RunPlan, 'load' | 'statements' | 'arms' | 'fault'>) {
    this.#rules = rules;
    this.#collected = rules.length === 0 || plan.fault === undefined ? null : new Collected(plan, plan.fault);
  }

  add(event: JournalEvent): void {
    this.#collected?.add(event);
  }

  /** "unavailable > 20 s: 20.35 s"; null: none holds. `nowMs`: of the run. */
  check(nowMs: number): string | null {
    const collected = this.#collected;
    if (collected === null) return null;
    // All figures are made anew each time: of a long run twice a second is often enough, and leaves the runner its time.
    if (collected.version > manyEvents && nowMs - this.#checkedMs < seldomMs) return null;
    this.#checkedMs = nowMs;
    const found = findingsOf(collected, true);
    const facts = measureFactsOf(collected, found);
    for (const rule of this.#rules) {
      if (rule.overMs > 0 && (collected.isWarmingUp || nowMs - found.observed.fromAt < rule.overMs)) continue;
      const measured = rule.overMs === 0 ? measureRecovery(rule.metric, facts) : over(rule, found, nowMs);
      if (measured.kind === 'value' ? !holds(measured.value, rule) : outcomeOf(measured, rule) !== true) continue;
      return t('{0}: {1}', rule.text, textOf(rule, measured));
    }
    return null;
  }
}

function over({ metric, overMs }: RecoveryAbortRule, { vantages, client }: Findings, nowMs: number): Measured {
  const fromMs = nowMs - overMs;
  if (metric.kind === 'unavailable') {
    const bad = client?.bad ?? [];
    return {
      kind: 'value',
      value: bad.reduce((sum, { fromAt, toAt }) => sum + Math.max(0, Math.min(toAt, nowMs) - Math.max(fromAt, fromMs)), 0),
    };
  }
  if (metric.kind !== 'probes') return { kind: 'unknown', why: '' };
  const counts = sumOf(vantages.map((vantage) => countsSince(vantage, fromMs)));
  const bad = counts.slow + counts.failed + counts.unknown + counts.wrong;
  const judged = counts.ok + bad;
  if (judged === 0) return { kind: 'unknown', why: '' };
  const count = metric.of === 'bad' ? bad : counts[metric.of];
  return { kind: 'value', value: count / judged, of: t('{0} of {1}', count, judged) };
}

function textOf({ metric, limit }: RecoveryAbortRule, measured: Measured): string {
  if (measured.kind === 'above') return measured.text;
  if (measured.kind === 'unknown') return measured.why;
  const value = metric.kind === 'probes' && limit === 0 ? formatShare(measured.value) : formatMeasured(metric, measured.value, limit);
  return measured.of === undefined ? value : t('{0} ({1})', value, measured.of);
}
