/** Percentiles of stretches, kinds of errors, and the strip of the whole run. Browser-safe. */
import { enough, rankOf } from '../../ranks.ts';
import type { Percentiles } from '../../view.ts';
import type { ErrorKind, Interval, LatencySpan, OverviewColumn } from '../view.ts';
import { longestUnderWayMs } from './outage.ts';
import { isAnswered, isBad, outcomeCode, sampleOutcomes } from './samples.ts';
import { indexAt } from './stream.ts';
import { countsOf, sumOf, type Placed } from './vantage.ts';

export function percentilesOf(values: Float64Array): Percentiles {
  const sorted = values.toSorted();
  const count = sorted.length;
  const at = (quantile: number): number | null => (enough(count, quantile) ? (sorted[rankOf(count, quantile) - 1] ?? null) : null);
  return { count, p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** Response times of judged answers that were planned in [from, to), right or wrong. */
export function responsesOf(vantages: readonly Placed[], from: number, to: number): Float64Array {
  const values: number[] = [];
  for (const { at, took, outcome, length } of vantages) {
    for (let i = indexAt(at, from, length); i < length && (at[i] ?? 0) < to; i++)
      if (isAnswered(outcome[i] ?? 0)) values.push(took[i] ?? 0);
  }
  return Float64Array.from(values);
}

type SpanOfTime = Interval & { readonly goAt: number };

/** `goAt`: a bad sample that was under way then is of the fault's time, as everywhere. */
export function spanOf(name: LatencySpan['name'], vantages: readonly Placed[], span: SpanOfTime): LatencySpan {
  const found = vantages.map((vantage) => {
    const { took, outcome, by } = vantage;
    const rows = rowsIn(vantage, span);
    return {
      counts: countsOf({ outcome: Uint8Array.from(rows, (i) => outcome[i] ?? 0), by: Uint8Array.from(rows, (i) => by[i] ?? 0) }),
      answers: rows.filter((i) => isAnswered(outcome[i] ?? 0)).map((i) => took[i] ?? 0),
    };
  });
  const response = percentilesOf(Float64Array.from(found.flatMap(({ answers }) => answers)));
  return { name, fromAt: span.fromAt, toAt: span.toAt, response, counts: sumOf(found.map(({ counts }) => counts)) };
}

function rowsIn({ length, at, took, outcome }: Placed, { fromAt, toAt, goAt }: SpanOfTime): readonly number[] {
  const rows: number[] = [];
  const mayBegin = fromAt <= goAt && goAt < toAt ? Math.min(fromAt, goAt - longestUnderWayMs) : fromAt;
  for (let i = indexAt(at, mayBegin, length); i < length && (at[i] ?? 0) < toAt; i++) {
    const planned = at[i] ?? 0;
    const isCaught = planned < goAt && isBad(outcome[i] ?? 0) && planned + (took[i] ?? 0) >= goAt;
    const moment = isCaught ? goAt : planned;
    if (moment >= fromAt && moment < toAt) rows.push(i);
  }
  return rows;
}

/** Of judged samples from *go* on, the most frequent first. */
export function errorsOf(vantages: readonly Placed[], fromAt: number): readonly ErrorKind[] {
  const kinds = new Map<string, { -readonly [K in keyof ErrorKind]: ErrorKind[K] }>();
  for (const { length, at, took, outcome, error, reasons } of vantages) {
    for (let i = 0; i < length; i++) {
      const name = sampleOutcomes[outcome[i] ?? 0];
      if (name !== 'failed' && name !== 'unknown' && name !== 'wrong') continue;
      const planned = at[i] ?? 0;
      if (planned + (took[i] ?? 0) < fromAt) continue;
      const { reason, text } = reasons.of(error[i] ?? -1) ?? { reason: name, text: '' };
      const key = `${name} ${reason}`;
      const kind = kinds.get(key);
      if (kind === undefined) {
        kinds.set(key, { outcome: name, reason, text, count: 1, firstAt: planned, lastAt: planned });
        continue;
      }
      kind.count++;
      if (planned < kind.firstAt) Object.assign(kind, { firstAt: planned, text });
      kind.lastAt = Math.max(kind.lastAt, planned);
    }
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count || a.firstAt - b.firstAt || a.reason.localeCompare(b.reason));
}

export function overviewOf(vantages: readonly Placed[], fromAt: number, toAt: number, columns: number): readonly OverviewColumn[] {
  const length = (toAt - fromAt) / Math.max(1, columns);
  if (!(length > 0)) return [];
  return Array.from({ length: columns }, (_, column): OverviewColumn => {
    const [from, to] = [fromAt + column * length, fromAt + (column + 1) * length];
    const values: number[] = [];
    let bad = 0;
    for (const { at, took, outcome, length: count } of vantages) {
      for (let i = indexAt(at, from, count); i < count && (at[i] ?? 0) < to; i++) {
        const code = outcome[i] ?? 0;
        if (isBad(code)) bad++;
        if (isAnswered(code)) values.push(took[i] ?? 0);
      }
    }
    values.sort((a, b) => a - b);
    return { fromAt: from, toAt: to, medianMs: values[values.length >> 1] ?? null, slowestMs: values.at(-1) ?? null, bad };
  });
}

/** As the panel draws them: an answer that never came has no response time. */
export function drawn({ source, at, took, outcome }: Placed): {
  readonly source: string;
  readonly at: Float64Array;
  readonly responseMs: Float64Array;
  readonly outcome: Uint8Array;
} {
  const answered = (code: number): boolean => isAnswered(code) || code === outcomeCode.notJudged;
  return { source, at, responseMs: took.map((ms, i) => (answered(outcome[i] ?? 0) ? ms : Number.NaN)), outcome };
}
