/** Watches a run for what its plan says should end it. */
import { decodeHistogram } from '../base/histogram.ts';
import { t } from '../base/messages.ts';
import type { HistogramEvent, JournalEvent, OperationEvent } from '../journal/events.ts';
import type { AbortRule, Curve, RunPlan } from '../journal/plan.ts';
import { holds, measure, type Facts } from './metric.ts';
import { WeightedRanks, type Weighted } from './ranks.ts';
import { formatMeasured } from './text.ts';

/** What became known at one moment of the run. */
interface Known {
  /** ms of the run: when it was done, or given up. */
  readonly at: number;
  readonly statement: number;
  readonly ok: number;
  readonly failed: number;
  readonly wrong: number;
  readonly dropped: number;
  /** Latencies of a curve in ms, with their counts. */
  readonly latencies: Readonly<Record<Curve, readonly Weighted[]>>;
}

const noLatencies: Known['latencies'] = { response: [], service: [], wait: [] };

/**
 * A rule holds when its metric is on the wrong side over the newest `overMs`, by when things became known: what was slow counts when it
 * has ended. It can hold from `overMs` after the begin of the measured part on, so that a first error is not 100 %; a percentile with
 * too few samples in the window never does. Operations of the warm-up don't count. Once all is sent, throughput falls because nothing
 * more is asked for: it is no longer watched.
 */
export class AbortWatch {
  readonly #rules: readonly AbortRule[];
  readonly #names: readonly string[];
  readonly #longestMs: number;
  #known: Known[] = [];
  #measuringFrom: number | null = null;
  #draining = false;

  constructor(rules: readonly AbortRule[], plan: Pick<RunPlan, 'statements'>) {
    this.#rules = rules;
    this.#names = plan.statements.map(({ name }) => name);
    this.#longestMs = Math.max(0, ...rules.map(({ overMs }) => overMs));
  }

  add(event: JournalEvent): void {
    if (this.#rules.length === 0) return;
    if (event.kind === 'phase' && event.phase === 'measuring') this.#measuringFrom = event.t;
    if (event.kind === 'phase' && event.phase === 'draining') this.#draining = true;
    if ((event.kind !== 'op' && event.kind !== 'histogram' && event.kind !== 'dropped') || event.warmUp === true) return;
    if (event.kind === 'op') this.#known.push(operation(event));
    else if (event.kind === 'histogram') this.#known.push(histogram(event));
    else {
      const at = event.t + event.ms;
      this.#known.push({ at, statement: event.q, ok: 0, failed: 0, wrong: 0, dropped: event.count, latencies: noLatencies });
    }
  }

  /** The rule that holds now, with what was measured: "errors > 20 % over 10 s: 34 % (17 of 50)"; null: none. `nowMs`: of the run, as `t`. */
  check(nowMs: number): string | null {
    if (this.#rules.length === 0) return null;
    this.#known = this.#known.filter(({ at }) => at > nowMs - this.#longestMs);
    for (const rule of this.#rules) {
      if (this.#measuringFrom === null || nowMs - this.#measuringFrom < rule.overMs) continue;
      if (this.#draining && rule.metric.kind === 'throughput') continue;
      const measured = measure(rule.metric, this.#facts(nowMs - rule.overMs, rule.overMs));
      if (measured.kind !== 'value' || !holds(measured.value, rule)) continue;
      const value = formatMeasured(rule.metric, measured.value, rule.limit);
      return measured.of === undefined ? t('{0}: {1}', rule.text, value) : t('{0}: {1} ({2})', rule.text, value, measured.of);
    }
    return null;
  }

  #facts(afterMs: number, overMs: number): Facts {
    const window = this.#known.filter(({ at }) => at > afterMs);
    const sum = (of: 'ok' | 'failed' | 'wrong' | 'dropped'): number => window.reduce((total, known) => total + known[of], 0);
    return {
      ok: sum('ok'),
      failed: sum('failed'),
      wrong: sum('wrong'),
      dropped: sum('dropped'),
      durationMs: overMs,
      latency: (curve, percentile, name) => {
        const statement = name === undefined ? -1 : this.#names.indexOf(name);
        if (name !== undefined && statement < 0) return undefined;
        const known = window.filter((each) => statement < 0 || each.statement === statement);
        const ranks = new WeightedRanks(known.flatMap(({ latencies }) => latencies[curve]));
        return { count: ranks.count, ms: ranks.quantile(percentile) };
      },
    };
  }
}

function operation({ t: planned, q, wait, service, answer, error }: OperationEvent): Known {
  const wrong = answer === 'wrong' ? 1 : 0;
  const failed = error !== undefined || wrong === 1 ? 1 : 0;
  const latencies: Known['latencies'] =
    error === undefined ? { response: [[wait + service, 1]], service: [[service, 1]], wait: [[wait, 1]] } : noLatencies;
  return { at: planned + wait + service, statement: q, ok: 1 - failed, failed, wrong, dropped: 0, latencies };
}

function histogram({ t: from, ms, q, count, response, service, wait }: HistogramEvent): Known {
  const latencies = { response: bucketsOf(response), service: bucketsOf(service), wait: bucketsOf(wait) };
  return { at: from + ms, statement: q, ok: count, failed: 0, wrong: 0, dropped: 0, latencies };
}

function bucketsOf(encoded: string): readonly Weighted[] {
  const buckets: Weighted[] = [];
  decodeHistogram(encoded).forEachBucket((us, count) => buckets.push([us / 1000, count]));
  return buckets;
}
