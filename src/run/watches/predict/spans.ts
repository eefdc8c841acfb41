/** A prediction as it is put together: parts that add up, each with the setting that it is made of. Pure. */
import { t } from '../../../base/messages.ts';

/** Milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** Names settings with their values: "broker.session.timeout.ms 9 s". */
  readonly formula: string;
  /** Two words for the lane. */
  readonly by: string;
}

export function plus(span: Span, more: Pick<Span, 'fromMs' | 'toMs' | 'formula'>): Span {
  return { ...span, fromMs: span.fromMs + more.fromMs, toMs: span.toMs + more.toMs, formula: `${span.formula} + ${more.formula}` };
}

/** Whichever ends last: all of them have to be over. */
export function last(spans: readonly Span[]): Span | undefined {
  const longest = spans.reduce<Span | undefined>((most, span) => (most === undefined || span.toMs > most.toMs ? span : most), undefined);
  return longest === undefined ? undefined : { ...longest, fromMs: Math.max(...spans.map(({ fromMs }) => fromMs)) };
}

/** Which of both it will be is not known before. */
export function either(one: Span, other: Span): Span {
  const [from, to] = [Math.min(one.fromMs, other.fromMs), Math.max(one.toMs, other.toMs)];
  return { ...one, fromMs: from, toMs: to, formula: t('{0}; or {1}', one.formula, other.formula) };
}

/** What is over with its fault at the latest. */
export function atMost(span: Span, healed: Span): Span {
  if (span.toMs <= healed.toMs) return span;
  if (span.fromMs >= healed.fromMs) return healed;
  return { ...span, toMs: healed.toMs, formula: t('{0}; at the latest {1}', span.formula, healed.formula) };
}

/** Nothing takes its place: users wait until the fault is over. */
export function untilHealed(durationMs: number, why: string): Span {
  const formula = t('{0}: until the fault ends after {1}', why, seconds(durationMs));
  return { fromMs: durationMs, toMs: durationMs + 1000, formula, by: t('fault’s end') };
}

/** "9 s", "0.1 s", "2 min" */
export function seconds(ms: number): string {
  if (ms >= 120_000 && ms % 60_000 === 0) return t('{0} min', ms / 60_000);
  return t('{0} s', Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0)));
}
