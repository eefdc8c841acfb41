/** Figures and outcomes as sentences name them. Browser-safe. */
import { t } from '../base/messages.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import type { ServerPath } from '../base/target.ts';
import type { AnswerOutcome } from '../journal/events.ts';
import type { Curve, Load, Metric } from '../journal/plan.ts';
import { formatSeconds } from './recovery/metric-text.ts';
import type { Counts, Verdict } from './view.ts';

/** p50, p99, p99.9, max. */
export function percentileName(percentile: number): string {
  return percentile >= 1 ? t('max') : `p${Number((percentile * 100).toFixed(4))}`;
}

/** 10 min, 90 s, 250 ms: as a person plans it. */
export function planLength(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${formatCount(ms / 60_000)} min`;
  const [value, unit] = ms >= 1000 ? [ms / 1000, 's'] : [ms, 'ms'];
  return `${value.toLocaleString('en-US', { maximumFractionDigits: 3 })} ${unit}`;
}

/** How far each client goes: "100 passes", "1 min", "100 passes, at most 1 min". */
export function closedLength({ iterations, durationMs }: Extract<Load, { kind: 'closed' }>): string {
  const length = durationMs === undefined ? '' : planLength(durationMs);
  if (iterations === undefined) return length;
  const passes = iterations === 1 ? t('1 pass') : t('{0} passes', formatCount(iterations));
  return durationMs === undefined ? passes : t('{0}, at most {1}', passes, length);
}

/** 0 %, 0.41 %, 33 %. */
export function formatShare(share: number): string {
  return `${threeDigits(share * 100)} %`;
}

/** 50/s, 3.25/s, 1,250/s. */
export function formatRate(perSecond: number): string {
  return `${threeDigits(perSecond)}/s`;
}

/** A value of a metric with its unit. */
export function formatMetric(metric: Metric, value: number): string {
  switch (metric.kind) {
    case 'latency':
      return formatDuration(value);
    case 'errors':
    case 'dropped':
      return formatShare(value);
    case 'throughput':
      return formatRate(value);
    case 'answers':
    case 'relapses':
    case 'messages':
      return formatCount(value);
    case 'probes':
      return formatShare(value);
    case 'recovery':
    case 'unavailable':
      return formatSeconds(value);
  }
}

/** A measured value beside its limit: in more digits where both would read the same ("2 ms, the limit is 2 ms"). */
export function formatMeasured(metric: Metric, value: number, limit: number): string {
  switch (metric.kind) {
    case 'latency':
      return durationBeside(value, limit);
    case 'errors':
    case 'dropped':
    case 'probes':
      return shareBeside(value, limit);
    case 'throughput':
      return formatRate(value) === formatRate(limit) ? `${finer(value, limit)}/s` : formatRate(value);
    case 'answers':
    case 'relapses':
    case 'messages':
      return formatCount(value);
    case 'recovery':
    case 'unavailable':
      return formatSeconds(value) === formatSeconds(limit) ? `${finer(value / 1000, limit / 1000)} s` : formatSeconds(value);
  }
}

/** ms, as `formatMeasured`. */
export function durationBeside(value: number, limit: number): string {
  const text = formatDuration(value);
  if (text !== formatDuration(limit)) return text;
  if (value < 0.9995) return `${finer(value * 1000, limit * 1000)} µs`;
  return value < 999.5 ? `${finer(value, limit)} ms` : `${finer(value / 1000, limit / 1000)} s`;
}

/** 0 to 1, as `formatMeasured`. */
export function shareBeside(value: number, limit: number): string {
  const text = formatShare(value);
  return text === formatShare(limit) ? `${finer(value * 100, limit * 100)} %` : text;
}

/** As a person would write it: 2 s and not 2.00 s. */
export function formatLimit(metric: Metric, limit: number): string {
  return formatMetric(metric, limit).replace(/\.?0+ s$/, ' s');
}

export function curveName(curve: Curve): string {
  const names: Readonly<Record<Curve, string>> = { response: t('response time'), service: t('service time'), wait: t('wait') };
  return names[curve];
}

export function verdictWord(verdict: Verdict): string {
  const words: Readonly<Record<Verdict, string>> = { passed: t('Passed'), failed: t('Failed'), inconclusive: t('Inconclusive') };
  return words[verdict];
}

export function answerWord(answer: AnswerOutcome): string {
  const words: Readonly<Record<AnswerOutcome, string>> = {
    ok: t('ok'),
    wrong: t('wrong'),
    repeatable: t('repeatable'),
    unchecked: t('unchecked'),
  };
  return words[answer];
}

/** "100 planned = 98 ok + 2 failed + 0 dropped": holds for every run that ended. */
export function countsSum({ planned, ok, failed, dropped }: Pick<Counts, 'planned' | 'ok' | 'failed' | 'dropped'>): string {
  return t('{0} planned = {1} ok + {2} failed + {3} dropped', ...[planned, ok, failed, dropped].map(formatCount));
}

/** "Stopped by a person": its first word gets a capital; a figure or a name (p99, q15, 20 %) stays as it is. */
export function sentence(text: string): string {
  return text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
}

/** Of a local clock, and which: 2026-11-21 14:05:09 +01:00. A report is read anywhere. */
export function formatInstant(epochMs: number): string {
  const at = new Date(epochMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const ahead = -at.getTimezoneOffset();
  const zone = `${ahead < 0 ? '−' : '+'}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${ahead === 0 ? 'UTC' : zone}`;
}

/** In as many digits as tell it from the other; as short as a person would write it where it is the other. */
function finer(value: number, other: number): string {
  const digits = [3, 4, 5, 6, 8, 10, 12].find((each) => value.toPrecision(each) !== other.toPrecision(each)) ?? 3;
  return Number(value.toPrecision(digits)).toLocaleString('en-US', { maximumFractionDigits: 12 });
}

function threeDigits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** The way to a server, as part of a sentence about an engine. */
export function pathInWords(path: ServerPath): string {
  if (path === 'direct') return t('reached directly');
  return path === 'inCluster' ? t('reached inside the cluster') : t('reached by port-forward');
}
