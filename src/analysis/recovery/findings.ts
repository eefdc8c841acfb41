/** The figures of what was collected: everything but words and verdict. Browser-safe. */
import { t } from '../../base/messages.ts';
import type { FaultPlan } from '../../journal/fault-plan.ts';
import type { Interval, PodView, RecoveryFigures, RedundancyView, BaselineView, Figure, Lane, RecoveryView } from './view.ts';
import { baselineNeedsMs, baselineOf } from './client/baseline.ts';
import { clientFigures, recoveredFrom, type ClientFacts, type ClientFigures } from './client/figures.ts';
import { failoverOf, rejoinOf, worst } from './client/lasting.ts';
import { startOf } from './client/outage.ts';
import { streamOf, type Stream } from './client/stream.ts';
import { countsOf, judgedShare, since, sumOf, type Placed } from './client/vantage.ts';
import type { Collected } from './collected.ts';
import { faultsOf, goneOf, goOf, type FaultFacts, type FaultFigures } from './faults.ts';
import type { MeasureFacts } from './judge/measure.ts';
import { messagesView } from './judge/messages.ts';
import { leastJudged } from './judge/proofs.ts';
import { longest } from './lanes/lane.ts';
import { historiesOf, hitBy, paired, type Victim } from './lanes/pods.ts';
import { lackOf, redundancyOf, type TimeFacts } from './lanes/redundancy.ts';
import { podView } from './lanes/stages.ts';

/** A share of the baseline: single slow answers are in every system's day. */
const mostBadBefore = 0.005;
/** A vantage's last samples may still be under way when the others' are there. */
const tailMs = 2000;

export interface Findings {
  readonly running: boolean;
  readonly vantages: readonly Placed[];
  readonly stream: Stream;
  readonly slowMs: number | null;
  readonly deadlineMs: number | null;
  readonly faults: readonly FaultFacts[];
  readonly zero: ClientFacts['zero'] | null;
  readonly applied: RecoveryView['applied'];
  readonly observed: Interval;
  readonly baseline: BaselineView;
  /** Bad samples of the baseline, above what the plan's ratio allows. */
  readonly badBefore: number;
  readonly client: ClientFigures | null;
  readonly figures: RecoveryFigures | null;
  readonly pods: readonly PodView[];
  readonly redundancy: readonly RedundancyView[];
  readonly lanes: { readonly pod: Lane | null; readonly redundancy: Lane | null };
  readonly ofFault: readonly FaultFigures[];
  readonly gaps: RecoveryView['gaps'];
  readonly time: TimeFacts;
}

export function findingsOf(collected: Collected, running: boolean): Findings {
  const { plan, clients, limits } = collected;
  // Nobody gives a load's answers up at the deadline: of them it is the limit.
  const slow = limits === null ? null : collected.probes.length > 0 ? limits.slow : Math.min(limits.slow, limits.deadline);
  const slowMs = plan.recovery.slowMs ?? slow;
  const until = running ? null : Math.max(...clients.map((client) => client.lastAt())) - tailMs;
  const vantages = clients.map((client) => since(client.place({ slowMs, until }), collected.measuringFrom));
  const stream = streamOf(vantages);
  const faults = faultsOf(plan, collected.faults);
  const { zero, applied } = zeroOf(faults);
  const firstAt = Math.min(...vantages.map(({ at }) => at[0] ?? Infinity));
  const lastAt = Math.max(...vantages.map(({ at, intervalMs }) => (at.at(-1) ?? -Infinity) + intervalMs));
  const observed =
    Number.isFinite(firstAt) && Number.isFinite(lastAt) ? { fromAt: firstAt, toAt: lastAt } : { fromAt: 0, toAt: collected.newest };
  const gaps = collected.gaps.toSorted((a, b) => a.t - b.t).map(({ of, t: fromAt, ms }) => ({ of, fromAt, toAt: fromAt + ms }));
  const before = badBeforeOf(stream, zero?.goAt ?? Infinity, plan.recovery.ratio);
  const baseline = baselineOf(vantages, zero?.goAt ?? observed.toAt, before);
  const judgedEnough = vantages.every((vantage) => (judgedShare(vantage, zero?.goAt ?? null) ?? 1) >= leastJudged);
  const span = { fromAt: Math.min(0, observed.fromAt), toAt: Math.max(observed.toAt, running ? collected.newest : observed.toAt) };
  const time: TimeFacts = {
    ...{ zeroAt: zero?.at ?? null, goAt: zero?.goAt ?? null, span, running },
    gaps: gaps.filter(({ of }) => of === 'kafka' || of === 'trino' || of === 'clickhouse'),
  };
  const redundancy = redundancyOf(collected.redundancy, collected.leaders, time);
  const facts = {
    running,
    vantages,
    stream,
    slowMs,
    deadlineMs: limits?.deadline ?? null,
    faults,
    zero,
    applied,
    observed,
    baseline,
    badBefore: before,
  };
  const notBegun = { kind: 'unknown', why: t('not begun') } as const;
  const none: FaultFigures = { recovered: notBegun, failover: notBegun, rejoin: notBegun };
  if (zero === null) {
    return {
      ...{ ...facts, client: null, figures: null, pods: [], redundancy, lanes: { pod: null, redundancy: null }, gaps, time },
      ofFault: faults.map(() => none),
    };
  }
  const clientFacts: ClientFacts = {
    goAts: faults.flatMap(({ goAt }) => (goAt === null ? [] : [goAt])).toSorted((a, b) => a - b),
    ...{ vantages, stream, rule: plan.recovery, zero, observedTo: observed.toAt, running, judgedEnough, baseline },
  };
  const client = clientFigures(clientFacts);
  const ofFault = faults.map((fault): FaultFigures => {
    const { goAt, appliedAt } = fault;
    if (goAt === null) return none;
    const at = appliedAt ?? goAt;
    const next = Math.min(...faults.map((each) => (each.goAt !== null && each.goAt > goAt ? each.goAt : Infinity)));
    const recovered = recoveredFrom(clientFacts, { goAt, at, widthMs: at - goAt }, next);
    return { recovered, failover: failoverOf(fault, clientFacts), rejoin: rejoinOf(fault, clientFacts, redundancy, next) };
  });
  const pods = podsOf(collected, faults, { ...time, zeroAt: zero.at, gaps: gaps.filter(({ of }) => of === 'pods' || of === 'endpoints') });
  const lanes = { pod: longest(pods.map(({ lane }) => lane)), redundancy: longest(redundancy.map(({ lane }) => lane)) };
  const begun = ofFault.filter((_, i) => faults[i]?.goAt !== null && faults[i]?.lasts === true);
  const sinceMs = observed.toAt - zero.at;
  const thinnest = redundancy.find(({ lane }) => lane === lanes.redundancy);
  const slowest = pods.find(({ lane }) => lane === lanes.pod)?.stages.at(-1);
  const figures: RecoveryFigures = {
    ...{ detected: client.detected, firstGood: client.firstGood, recovered: client.recovered, baseline: client.baseline },
    unavailable: client.unavailable,
    failover: begun.length === 0 ? { kind: 'none', why: t('the fault is instantaneous') } : worst(begun.map((each) => each.failover)),
    rejoin: begun.length === 0 ? { kind: 'none', why: t('the fault is instantaneous') } : worst(begun.map((each) => each.rejoin)),
    pod: laneFigure(lanes.pod, sinceMs, slowest?.earlierMs ?? 0, t('no pod was watched')),
    redundancy: laneFigure(lanes.redundancy, sinceMs, lackOf(thinnest?.steps ?? [], zero.goAt).errorMs, t('no redundancy was watched')),
  };
  return { ...facts, client, figures, pods, redundancy, lanes, ofFault, gaps, time };
}

function zeroOf(faults: readonly FaultFacts[]): Pick<Findings, 'zero' | 'applied'> {
  const begun = faults.filter(({ goAt, appliedAt }) => goAt !== null || appliedAt !== null);
  const first = begun.toSorted((a, b) => (a.goAt ?? a.appliedAt ?? 0) - (b.goAt ?? b.appliedAt ?? 0))[0];
  if (first === undefined) return { zero: null, applied: null };
  const goAt = first.goAt ?? first.appliedAt ?? 0;
  const at = first.appliedAt ?? goAt;
  return { zero: { goAt, at, widthMs: at - goAt }, applied: { fromAt: goAt, toAt: first.appliedAt } };
}

function badBeforeOf(stream: Stream, goAt: number, ratio: number): number {
  const { first, isAfter } = goAt === Infinity ? { first: stream.length, isAfter: () => false } : startOf(stream, goAt);
  let count = 0;
  let bad = 0;
  for (let i = 0; i < stream.length && ((stream.at[i] ?? 0) < goAt || i < first); i++) {
    if (isAfter(i)) continue;
    count++;
    bad += stream.bad[i] ?? 0;
  }
  return bad > Math.max(1 - ratio, mostBadBefore) * count ? bad : 0;
}

function podsOf(collected: Collected, faults: readonly FaultFacts[], facts: TimeFacts & { readonly zeroAt: number }): readonly PodView[] {
  if (collected.pods.length === 0) return [];
  const pods = historiesOf(collected.pods);
  const victims = new Map<string, Victim>();
  for (const fault of faults) {
    for (const [index, target] of fault.plan.targets.entries()) {
      const goAt = goOf(fault, index);
      if (goAt === null) continue;
      const gone = goneOf(fault, index);
      for (const pod of hitBy(target, pods, goAt)) {
        const goneAt = target.kind === 'pod' ? gone.at : null;
        if (!victims.has(pod.uid)) victims.set(pod.uid, { pod, target, fault: fault.index, goAt, goneAt, goneText: gone.text });
      }
    }
  }
  return paired([...victims.values()], pods).map((pair) => podView(pair, facts));
}

function laneFigure(lane: Lane | null, sinceMs: number, errorMs: number, unwatched: string): Figure {
  if (lane === null) return { kind: 'unknown', why: unwatched };
  switch (lane.end) {
    case 'complete':
      return { kind: 'value', ms: lane.totalMs, errorMs };
    case 'none':
      return { kind: 'none', why: lane.endText };
    case 'open':
      return { kind: 'open', aboveMs: sinceMs };
    case 'never':
    case 'unsure':
      return { kind: 'never', withinMs: sinceMs };
  }
}

export function measureFactsOf({ plan, messages }: Collected, { vantages, zero, figures, client, faults }: Findings): MeasureFacts {
  const from = zero?.goAt ?? Infinity;
  return {
    ...{ figures, relapses: client?.relapses ?? 0, lasts: faults.some(({ lasts }) => lasts) },
    counts: sumOf(vantages.map((vantage) => countsOf(vantage, firstFrom(vantage, from)))),
    messages: messages === null ? null : messagesView(messages),
    messagesPlanned: plan.messages !== undefined,
  };
}

/**
 * As long as planned after the last heal, and three times the recovery after it. Users who are served again at last get the whole window
 * that counts as recovered, and what *back to baseline* needs; those who are not are waited for until it is sure that the limit was not
 * kept. `limitMs`: of *recovered*; 0: there is none.
 */
export function observeUntil(
  { zero, faults, figures, baseline, vantages }: Findings,
  { observeMs, recovery }: FaultPlan,
  limitMs: number,
): number | null {
  if (
    zero === null ||
    faults.some(({ goAt, refused, lasts, healedAt, early }) =>
      goAt === null ? refused === null : lasts && healedAt === null && early === null,
    )
  )
    return null;
  const lastAt = Math.max(zero.at, ...faults.map(({ healedAt, appliedAt, lasts }) => (lasts ? healedAt : appliedAt) ?? 0));
  const recovered = figures?.recovered;
  if (recovered?.kind === 'value') {
    const stableAt = zero.at + recovered.ms;
    const backAt = baseline.steady ? stableAt + baselineNeedsMs(vantages, zero.goAt) : 0;
    return Math.max(backAt, lastAt + Math.max(observeMs, 3 * (stableAt - lastAt)));
  }
  if (recovered?.kind !== 'open') return lastAt + observeMs;
  const goodMs = recovered.goodForMs === undefined ? 0 : recovered.aboveMs;
  return Math.max(lastAt + observeMs, zero.at + Math.max(goodMs, limitMs) + recovery.windowMs);
}

function firstFrom({ at, length }: Placed, from: number): number {
  let first = length;
  while (first > 0 && (at[first - 1] ?? 0) >= from) first--;
  return first;
}
