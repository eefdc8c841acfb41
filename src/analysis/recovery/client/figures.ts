/** The key numbers of the client, and its lane. Browser-safe. */
import { t } from '../../../base/messages.ts';
import type { RecoveryRule } from '../../../journal/fault-plan.ts';
import { sinceSeconds } from '../judge/metric-text.ts';
import { laneOf, partText, type Moment } from '../lanes/lane.ts';
import type { BaselineView, Figure, Impact, Interval, Lane } from '../view.ts';
import { backToBaseline, baselineNeedsMs } from './baseline.ts';
import { outageOf, relapsesOf, startOf, union, vantageOutage, type Outage, type VantageOutage } from './outage.ts';
import { outcomeCode } from './samples.ts';
import { indexAt, streamOf, upTo, type Stream } from './stream.ts';
import type { Placed } from './vantage.ts';

export interface Zero {
  readonly goAt: number;
  /** *applied*; *go* where that is not acknowledged. */
  readonly at: number;
  /** The fault began between *go* and *applied*. */
  readonly widthMs: number;
}

export interface ClientFacts {
  readonly vantages: readonly Placed[];
  readonly stream: Stream;
  readonly rule: RecoveryRule;
  readonly zero: Zero;
  /** Of every fault that was begun, ascending. */
  readonly goAts: readonly number[];
  /** ms of the run. */
  readonly observedTo: number;
  readonly running: boolean;
  /** Of every vantage at least 99 %. */
  readonly judgedEnough: boolean;
  readonly baseline: BaselineView;
}

export interface ClientFigures {
  readonly impact: Impact | null;
  readonly outage: Outage;
  readonly detected: Figure;
  readonly firstGood: Figure;
  readonly recovered: Figure;
  readonly baseline: Figure;
  readonly unavailable: Figure;
  readonly relapses: number;
  readonly bad: readonly Interval[];
  /** By vantage. */
  readonly vantages: readonly VantageOutage[];
  readonly lane: Lane;
}

export function clientFigures(facts: ClientFacts): ClientFigures {
  const { vantages, stream, rule, zero, running } = facts;
  const outage = outageOf(stream, rule, zero.goAt, vantages.length);
  const outages = vantages.map((vantage) => vantageOutage(vantage, zero.goAt));
  const bad = union(outages.flatMap((each) => each.bad));
  const impact = impactOf(facts, outage);
  const none: Figure = { kind: 'none', why: running ? t('no impact so far') : t('no impact') };
  const unseen = startOf(stream, zero.goAt).first >= stream.length;
  const quiet: Figure = unseen ? { kind: 'unknown', why: t('no sample since the fault') } : none;
  const recovered = recoveredOf(facts, outage, quiet);
  const figures = {
    detected: impact === null ? quiet : ({ kind: 'value', ms: impact.startMs, errorMs: impact.errorMs } as const),
    firstGood: firstGoodOf(facts, outage, quiet),
    recovered,
    baseline: baselineFigure(facts, outage, recovered, quiet),
    unavailable: unseen ? quiet : unavailableOf(vantages, outages, bad),
  };
  const lane = clientLane(facts, outage, bad, figures);
  return { impact, outage, ...figures, relapses: relapsesOf(bad, facts.goAts), bad, vantages: outages, lane };
}

/** Of one of several faults: from its own *applied* up to the next one's *go*. */
export function recoveredFrom(facts: ClientFacts, zero: Zero, untilAt: number): Figure {
  if (untilAt === Infinity) return recoveredFigure({ ...facts, zero });
  const stream = upTo(facts.stream, untilAt);
  const observedTo = Math.min(untilAt, facts.stream.at[stream.length] ?? untilAt);
  return recoveredFigure({ ...facts, zero, stream, observedTo, running: false });
}

function recoveredFigure(facts: ClientFacts): Figure {
  const outage = outageOf(facts.stream, facts.rule, facts.zero.goAt, facts.vantages.length);
  return notDoubted(facts, outage, { kind: 'none', why: facts.running ? t('no impact so far') : t('no impact') });
}

/**
 * To either side: the clock, half a probe interval, and the time in which the fault may have begun. Where samples before it are not
 * judged, it may have been as much earlier.
 */
export function errorAt({ vantages, stream, zero }: Pick<ClientFacts, 'vantages' | 'stream' | 'zero'>, index: number): number {
  const vantage = vantages[stream.vantage[index] ?? 0];
  if (vantage === undefined) return zero.widthMs;
  const row = stream.row[index] ?? 0;
  return (vantage.errors[row] ?? 0) + Math.max(vantage.intervalMs / 2, unseenBefore(vantage, row)) + zero.widthMs;
}

/** From half an interval after the last one of this vantage that was judged; 0: the one before it was. */
function unseenBefore({ at, outcome, intervalMs }: Placed, row: number): number {
  let before = row - 1;
  while (before >= 0 && (Number.isNaN(at[before]) || (outcome[before] ?? 0) >= outcomeCode.notJudged)) before--;
  return before === row - 1 || before < 0 ? 0 : (at[row] ?? 0) - (at[before] ?? 0) - intervalMs / 2;
}

function valueAt(facts: ClientFacts, index: number): Figure {
  return { kind: 'value', ms: (facts.stream.at[index] ?? 0) - facts.zero.at, errorMs: errorAt(facts, index) };
}

function impactOf(facts: ClientFacts, { firstBad, lastGoodBefore }: Outage): Impact | null {
  const { vantages, stream, zero } = facts;
  if (firstBad < 0) return null;
  const firstBadAt = stream.at[firstBad] ?? 0;
  const lastGoodAt = lastGoodBefore < 0 ? null : (stream.at[lastGoodBefore] ?? 0);
  const vantage = vantages[stream.vantage[firstBad] ?? 0]?.title ?? '';
  return { vantage, lastGoodAt, firstBadAt, startMs: firstBadAt - zero.at, errorMs: errorAt(facts, firstBad) };
}

function firstGoodOf(facts: ClientFacts, { firstBad, firstGood }: Outage, quiet: Figure): Figure {
  if (firstBad < 0) return quiet;
  if (firstGood >= 0) return valueAt(facts, firstGood);
  const sinceMs = facts.observedTo - facts.zero.at;
  return facts.running ? { kind: 'open', aboveMs: sinceMs } : { kind: 'never', withinMs: sinceMs };
}

function recoveredOf(facts: ClientFacts, outage: Outage, quiet: Figure): Figure {
  const { vantages, stream, rule, zero, observedTo, running, judgedEnough } = facts;
  const early = notDoubted(facts, outage, quiet);
  if (judgedEnough || running || early.kind === 'never') return early;
  const worst = streamOf(vantages, true);
  const late = outageOf(worst, rule, zero.goAt, vantages.length);
  if (late.firstBad < 0) return early;
  const toMs = (late.confirmed ? (worst.at[late.stable] ?? 0) : observedTo) - zero.at;
  const fromMs = early.kind === 'value' ? (stream.at[outage.stable] ?? 0) - zero.at : 0;
  if (toMs - fromMs < 1e-6) return early;
  return { kind: 'between', fromMs, toMs, why: t('samples in between are not judged') };
}

function notDoubted(facts: ClientFacts, { firstBad, stable, confirmed }: Outage, quiet: Figure): Figure {
  const { stream, rule, zero, observedTo, running } = facts;
  if (firstBad < 0) return quiet;
  if (confirmed) return valueAt(facts, stable);
  const aboveMs = (stable < 0 ? observedTo : (stream.at[stable] ?? 0)) - zero.at;
  if (!running) return { kind: 'never', withinMs: aboveMs };
  return stable < 0
    ? { kind: 'open', aboveMs }
    : { kind: 'open', aboveMs, goodForMs: observedTo - zero.at - aboveMs, neededMs: rule.windowMs };
}

function baselineFigure(facts: ClientFacts, { firstBad, stable }: Outage, recovered: Figure, quiet: Figure): Figure {
  const { vantages, stream, zero, observedTo, running, baseline } = facts;
  if (quiet.kind === 'unknown') return quiet;
  if (baseline.thresholds === null) return { kind: 'unknown', why: baseline.text };
  if (firstBad >= 0 && recovered.kind !== 'value')
    return recovered.kind === 'between' ? { kind: 'unknown', why: recovered.why } : recovered;
  const first = firstBad < 0 ? indexAt(stream.at, zero.at, stream.length) : stable;
  const lastAt = Math.min(...vantages.map(({ at, intervalMs }) => (at.at(-1) ?? -Infinity) + intervalMs));
  const back = backToBaseline(
    vantages,
    { thresholds: baseline.thresholds, goAt: zero.goAt, lastAt },
    stream.at.subarray(first, stream.length),
  );
  if (back !== null) {
    const index = indexAt(stream.at, back, stream.length);
    return firstBad < 0 && index <= first ? quiet : valueAt(facts, index);
  }
  const aboveMs = Math.max((stream.at[first] ?? zero.at) - zero.at, observedTo - zero.at - baselineNeedsMs(vantages, zero.goAt));
  return running ? { kind: 'open', aboveMs } : { kind: 'never', withinMs: aboveMs };
}

/** A bad interval may begin and end up to one probe interval off: together one interval each, at most; and more where it is not known. */
function unavailableOf(vantages: readonly Placed[], outages: readonly VantageOutage[], bad: readonly Interval[]): Figure {
  const interval = Math.max(0, ...vantages.map(({ intervalMs }) => intervalMs));
  const goesOn = outages.some(({ goesOn: one }) => one);
  const ms = bad.reduce((sum, { fromAt, toAt }) => sum + toAt - fromAt, 0);
  const doubtMs = Math.max(0, ...outages.map(({ doubtMs: one }) => one));
  return { kind: 'value', ms, errorMs: bad.length * interval + doubtMs, ...(goesOn ? { goesOn: true } : {}) };
}

function clientLane(
  { stream, zero, observedTo, running }: ClientFacts,
  { firstBad, firstGood }: Outage,
  bad: readonly Interval[],
  { recovered, baseline }: { readonly recovered: Figure; readonly baseline: Figure },
): Lane {
  const facts = { name: 'client', of: t('users') } as const;
  if (firstBad < 0)
    return laneOf({ ...facts, moments: [], end: 'none', endText: running ? t('no impact so far') : t('no impact'), total: '' });
  const since = (index: number): number => (stream.at[index] ?? 0) - zero.at;
  const dark = firstGood < 0 || !hasGood(stream, firstBad, firstGood);
  const moments: Moment[] = [{ at: since(firstBad), kind: 'before', label: t('to the first bad probe') }];
  if (firstGood >= 0) moments.push({ at: since(firstGood), kind: 'bad', label: dark ? t('no good answer') : t('bad') });
  const unstableTo = (toMs: number): Pick<Moment, 'label' | 'badMs'> => ({
    label: t('unstable'),
    badMs: firstGood < 0 ? 0 : lengthWithin(bad, stream.at[firstGood] ?? 0, zero.at + toMs),
  });
  const stableMs = recovered.kind === 'value' ? recovered.ms : recovered.kind === 'between' ? recovered.fromMs : -Infinity;
  if (recovered.kind === 'value' || (firstGood >= 0 && stableMs > since(firstGood)))
    moments.push({ at: stableMs, kind: 'unstable', ...unstableTo(stableMs) });
  if (baseline.kind === 'value') moments.push({ at: baseline.ms, kind: 'better', label: t('above baseline') });
  // What was good again when the observation ended may have been recovered: it is known for so long, and no longer.
  const within = ((recovered.kind === 'never' ? recovered.withinMs : observedTo - zero.at) / 1000).toFixed(0);
  const tail = recovered.kind === 'value' ? 'better' : firstGood >= 0 ? 'unstable' : 'bad';
  const tailText = tail === 'unstable' && recovered.kind !== 'between' ? partText(unstableTo(observedTo - zero.at)) : '';
  if (baseline.kind === 'value') return laneOf({ ...facts, moments, end: 'complete', endText: t('back to baseline') });
  if (recovered.kind === 'value') {
    // Without a steady baseline there is nothing to come back to: then this is the end of the lane.
    if (baseline.kind === 'unknown' || baseline.kind === 'none')
      return laneOf({ ...facts, moments, end: 'complete', endText: t('recovered') });
    const endText = running ? t('not yet back to baseline') : t('not back to baseline within {0} s', within);
    return laneOf({ ...facts, moments, end: running ? 'open' : 'never', tail, endText, total: t('longer than {0} s', within) });
  }
  if (recovered.kind === 'between') {
    const endText = t('recovered somewhere between {0} and {1}', sinceSeconds(recovered.fromMs), sinceSeconds(recovered.toMs));
    return laneOf({ ...facts, moments, end: 'unsure', tail, endText, total: '' });
  }
  if (running) {
    const good = recovered.kind === 'open' ? recovered.goodForMs : undefined;
    const endText =
      recovered.kind === 'open' && good !== undefined
        ? t('good for {0} of the {1} s that count as recovered', (good / 1000).toFixed(1), ((recovered.neededMs ?? 0) / 1000).toFixed(0))
        : t('not yet recovered');
    return laneOf({ ...facts, moments, end: 'open', tail, tailText, endText, total: '' });
  }
  return laneOf({
    ...facts,
    moments,
    end: 'never',
    tail,
    tailText,
    endText: t('not recovered'),
    total: t('longer than {0} s: no number', within),
  });
}

function lengthWithin(intervals: readonly Interval[], from: number, to: number): number {
  return intervals.reduce((sum, { fromAt, toAt }) => sum + Math.max(0, Math.min(to, toAt) - Math.max(from, fromAt)), 0);
}

function hasGood(stream: Stream, from: number, to: number): boolean {
  return (stream.badBefore[to] ?? 0) - (stream.badBefore[from] ?? 0) < to - from;
}
