/** What a selection shows: counts, percentiles, histogram and percentile curves. Browser-safe. */
import type { Curve } from '../journal/plan.ts';
import { LogBins } from './log-bins.ts';
import { enough, rankOf, type Ranks } from './ranks.ts';
import type { Bounds, Rows, Sample } from './rows.ts';
import type { CurvePoint, HistogramBin, Percentiles } from './view.ts';

const mostBins = 60;
const curvePoints = 200;
/** Above it a curve's points are the middles of buckets, within 0.05 %; percentiles stay exact. */
const exactCurve = 50_000;

export interface Latencies {
  readonly percentiles: Readonly<Record<Curve, Percentiles>>;
  readonly bins: readonly HistogramBin[];
  readonly curves: Readonly<Record<Curve, readonly CurvePoint[]>>;
}

/** The bins' edges are those of the statement and arm over the whole run: a span of time and the rest are drawn on the same axis. */
export function latencies(rows: Rows, bounds: Bounds, ranks: Ranks): Latencies {
  const selected = rows.sample('response', bounds);
  const range = rows.range({ ...bounds, from: -Infinity, to: Infinity });
  const bins = range === undefined ? [] : binned(selected, new LogBins(range.min, range.max, mostBins));
  const one = (sample: Sample): { percentiles: Percentiles; points: readonly CurvePoint[] } => {
    ranks.read(sample);
    return { percentiles: ranks.percentiles(), points: curveOf(ranks) };
  };
  const [response, service, wait] = [one(selected), one(rows.sample('service', bounds)), one(rows.sample('wait', bounds))];
  return {
    percentiles: { response: response.percentiles, service: service.percentiles, wait: wait.percentiles },
    bins,
    curves: { response: response.points, service: service.points, wait: wait.points },
  };
}

function binned({ values, words, weights, from, to }: Sample, bins: LogBins): readonly HistogramBin[] {
  const counts = new Float64Array(bins.count);
  for (let i = from; i < to; i++) {
    const bin = bins.binOf(values[i] ?? 0, words[2 * i + 1] ?? 0);
    counts[bin] = (counts[bin] ?? 0) + (weights === null ? 1 : (weights[i] ?? 0));
  }
  return Array.from(counts, (count, i) => ({ fromMs: bins.edgesMs[i] ?? 0, toMs: bins.edgesMs[i + 1] ?? 0, count }));
}

/** Points at equal distances of -log10(1 - quantile). The last quantile is 1 - 1/2n, whose rank is n: the curve ends at the maximum. */
function curveOf(ranks: Ranks): readonly CurvePoint[] {
  const { count } = ranks;
  if (count === 0) return [];
  const end = Math.log10(2 * count);
  const quantiles = Array.from({ length: curvePoints }, (_, i) => 1 - 10 ** ((-end * i) / (curvePoints - 1)));
  const places = quantiles.map((quantile) => rankOf(count, quantile));
  const values = count > exactCurve ? ranks.near(places) : ranks.at(places);
  return quantiles.map((quantile, i) => ({
    quantile,
    ms: i === curvePoints - 1 ? ranks.max : (values[i] ?? ranks.max),
    few: count < 3 || (quantile > 0.5 && !enough(count, quantile)),
  }));
}
