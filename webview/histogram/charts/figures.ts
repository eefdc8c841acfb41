/** What the charts and the tables behind them show: the same figures in both, all computed by src/analysis. */
import type { HistogramBin, LatencyView, OverTime, RunView } from '../../../src/analysis/view.ts';
import type { Curve } from '../../../src/journal/plan.ts';
import type { Span } from '../arranged.ts';
import type { Limit } from '../words.ts';

export interface Figures {
  readonly view: RunView;
  /** Of the picked query and arm, all of the time. */
  readonly whole: LatencyView;
  /** Of the brushed time; null: nothing is brushed. */
  readonly part: LatencyView | null;
  readonly brush: Span | null;
  readonly overTime: OverTime;
  readonly limits: readonly Limit[];
  /** Name of the picked query. */
  readonly statement: string | null;
}

/** Of the brushed time where there is one. */
export function shown({ part, whole }: Figures): LatencyView {
  return part ?? whole;
}

/** The exact percentile where there is one, else the curve's; null: too few samples. What a chart says is what its table says. */
export function percentileOf({ percentiles, curves }: LatencyView, curve: Curve, quantile: number): number | null {
  const { p50, p90, p95, p99, p999, max } = percentiles[curve];
  const exact = new Map([
    [0.5, p50],
    [0.9, p90],
    [0.95, p95],
    [0.99, p99],
    [0.999, p999],
    [1, max],
  ]).get(quantile);
  if (exact !== undefined) return exact;
  const points = curves[curve];
  const point = points.find((each) => each.quantile >= quantile - 1e-9) ?? points.at(-1);
  return point === undefined || point.few ? null : point.ms;
}

export interface Bar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  /** Of those, planned in the brushed time. */
  readonly inBrush: number;
}

/** Neighbouring bins put together until there are at most so many. The bins of a span of time have the edges of the whole. */
export function barsOf({ whole, part }: Figures, most: number): readonly Bar[] {
  const together = Math.max(1, Math.ceil(whole.bins.length / Math.max(1, most)));
  const sum = (bins: readonly HistogramBin[]): number => bins.reduce((total, { count }) => total + count, 0);
  return Array.from({ length: Math.ceil(whole.bins.length / together) }, (_, i) => {
    const [from, to] = [i * together, (i + 1) * together];
    const group = whole.bins.slice(from, to);
    return {
      fromMs: group[0]?.fromMs ?? 0,
      toMs: group.at(-1)?.toMs ?? 0,
      count: sum(group),
      inBrush: sum(part?.bins.slice(from, to) ?? []),
    };
  });
}

export function middle({ fromMs, toMs }: Pick<HistogramBin, 'fromMs' | 'toMs'>): number {
  return Math.sqrt(Math.max(fromMs, 0.0005) * Math.max(toMs, 0.001));
}
