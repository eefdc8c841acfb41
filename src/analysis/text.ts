/** Figures as sentences name them. Browser-safe. */
import { t } from '../base/messages.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import type { Curve, Metric } from '../journal/plan.ts';

/** p50, p99, p99.9, max. */
export function percentileName(percentile: number): string {
  return percentile >= 1 ? t('max') : `p${Number((percentile * 100).toFixed(4))}`;
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
      return formatCount(value);
  }
}

/** As a person would write it: 2 s and not 2.00 s. */
export function formatLimit(metric: Metric, limit: number): string {
  return formatMetric(metric, limit).replace(/\.?0+ s$/, ' s');
}

export function curveName(curve: Curve): string {
  const names: Readonly<Record<Curve, string>> = { response: t('response time'), service: t('service time'), wait: t('wait') };
  return names[curve];
}

/** Of a local clock: 2026-11-21 14:05:09. */
export function formatInstant(epochMs: number): string {
  const at = new Date(epochMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function threeDigits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });
}
