/** What the cluster's settings let expect, against what was measured. Browser-safe. */
import { t } from '../../../base/messages.ts';
import type { PredictionEvent } from '../../../journal/fault-events.ts';
import type { Figure, PredictionView } from '../view.ts';

/** `measured`: of the fault's failover where it lasts, else recovered. */
export function predictionView({ fault, from, to, formula, by }: PredictionEvent, measured: Figure): PredictionView {
  const facts = { fault, fromMs: from, toMs: to, formula, by };
  if (measured.kind === 'never') {
    const range = rangeText(from, to);
    // Who looked for no longer than was predicted has seen nothing against it.
    return measured.withinMs <= to
      ? { ...facts, measuredMs: null, finding: null, text: t('predicted {0}, and not looked for so long', range) }
      : { ...facts, measuredMs: null, finding: 'later', text: t('predicted {0}: it did not', range) };
  }
  if (measured.kind === 'none')
    return { ...facts, measuredMs: null, finding: null, text: t('predicted {0}: {1}', rangeText(from, to), measured.why) };
  if (measured.kind !== 'value') return { ...facts, measuredMs: null, finding: null, text: t('predicted {0}', rangeText(from, to)) };
  const { ms, errorMs } = measured;
  const finding = ms + errorMs < from ? 'sooner' : ms - errorMs > to ? 'later' : 'within';
  const text = {
    sooner: t('recovered {0} sooner', rangeText(from - ms, to - ms)),
    within: t('as predicted'),
    later: t('recovered {0} later', rangeText(ms - to, ms - from)),
  }[finding];
  return { ...facts, measuredMs: ms, finding, text };
}

/** "9–10 s", "0.1–1 s", "340 s" */
function rangeText(fromMs: number, toMs: number): string {
  const [from, to] = [fromMs, toMs].map((ms) => Number((ms / 1000).toPrecision(ms >= 2000 && ms < 10_000 ? 1 : 2)));
  // What differs only in the digits that are left out is told with more of them.
  if (from === to && toMs - fromMs >= 100) return t('{0}–{1} s', (fromMs / 1000).toFixed(1), (toMs / 1000).toFixed(1));
  return from === to ? t('{0} s', from ?? 0) : t('{0}–{1} s', from ?? 0, to ?? 0);
}
