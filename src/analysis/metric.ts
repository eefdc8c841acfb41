/** A metric's value of some operations: of a whole run (expectations), or of its newest seconds (abort rules). Browser-safe. */
import { t } from '../base/messages.ts';
import { formatCount } from '../base/units.ts';
import type { Curve, Expectation, Metric, RecoveryMetric } from '../journal/plan.ts';
import { needed } from './ranks.ts';
import { noLimit } from './recovery/judge/metric-text.ts';
import { percentileName } from './text.ts';

export interface Facts {
  readonly ok: number;
  /** Errors and wrong answers. */
  readonly failed: number;
  readonly wrong: number;
  readonly dropped: number;
  /** null: no time has passed. */
  readonly durationMs: number | null;
  /** Operations with that latency, and its percentile in ms (null: they are too few). undefined: there is no such statement. */
  latency(
    curve: Curve,
    percentile: number,
    statement: string | undefined,
  ): { readonly count: number; readonly ms: number | null } | undefined;
  /** Of a run that breaks something. */
  recovery?(metric: RecoveryMetric): Measured;
}

export type Measured =
  | {
      readonly kind: 'value';
      readonly value: number;
      /** What a share is made of: "17 of 50"; of a moment that had not to come: why, "no impact so far". */
      readonly of?: string;
      /** To either side, in the metric's unit: within it of the limit nothing can be said. */
      readonly error?: number;
    }
  /** More than that, and not known how much more: "not recovered within 120 s". It has no number of its own. */
  | {
      readonly kind: 'above';
      readonly value: number;
      readonly text: string;
      /** The run is over: it will not come. */ readonly never?: true;
    }
  /** "p99 needs 500 samples, there are 120" */
  | { readonly kind: 'unknown'; readonly why: string };

export function measure(metric: Metric, facts: Facts): Measured {
  const sent = facts.ok + facts.failed;
  switch (metric.kind) {
    case 'latency': {
      const found = facts.latency(metric.curve, metric.percentile, metric.statement);
      if (found === undefined) return unknown(t('there is no statement {0}', metric.statement ?? ''));
      return found.ms === null ? unknown(tooFew(metric.percentile, found.count, metric.statement)) : { kind: 'value', value: found.ms };
    }
    case 'errors':
      return sent === 0 ? unknown(t('nothing was sent')) : share(facts.failed, sent);
    case 'dropped':
      return sent + facts.dropped === 0 ? unknown(t('nothing was planned')) : share(facts.dropped, sent + facts.dropped);
    case 'throughput':
      return facts.durationMs === null ? unknown(t('no time has passed')) : { kind: 'value', value: (facts.ok / facts.durationMs) * 1000 };
    case 'answers':
      return sent === 0 ? unknown(t('nothing was answered')) : { kind: 'value', value: facts.wrong };
    case 'recovery':
    case 'unavailable':
    case 'relapses':
    case 'probes':
    case 'messages':
      return facts.recovery?.(metric) ?? unknown(t('nothing was broken in this run'));
  }
}

export function holds(value: number, { comparison, limit }: Pick<Expectation, 'comparison' | 'limit'>): boolean {
  switch (comparison) {
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
  }
}

/** null: it can't be told. */
export function outcomeOf(measured: Measured, expectation: Pick<Expectation, 'comparison' | 'limit'>): boolean | null {
  const { comparison, limit } = expectation;
  switch (measured.kind) {
    case 'unknown':
      return null;
    case 'above':
      if (measured.never === true && limit >= noLimit) return false;
      return measured.value < limit ? null : comparison === '>' || comparison === '>=';
    case 'value':
      return Math.abs(measured.value - limit) < (measured.error ?? 0) ? null : holds(measured.value, expectation);
  }
}

function tooFew(percentile: number, count: number, statement: string | undefined): string {
  const name = percentileName(percentile);
  const least = formatCount(needed(percentile));
  if (count === 1) {
    return statement === undefined
      ? t('{0} needs {1} samples, there is 1', name, least)
      : t('{0} of {1} needs {2} samples, there is 1', name, statement, least);
  }
  return statement === undefined
    ? t('{0} needs {1} samples, there are {2}', name, least, formatCount(count))
    : t('{0} of {1} needs {2} samples, there are {3}', name, statement, least, formatCount(count));
}

function share(part: number, of: number): Measured {
  return { kind: 'value', value: part / of, of: t('{0} of {1}', formatCount(part), formatCount(of)) };
}

function unknown(why: string): Measured {
  return { kind: 'unknown', why };
}
