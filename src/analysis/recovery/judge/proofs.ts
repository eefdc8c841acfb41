/** What a verdict stands on, apart from the figures themselves. Browser-safe. */
import { t } from '../../../base/messages.ts';
import { formatCount } from '../../../base/units.ts';
import type { ServerPath } from '../../../base/target.ts';
import { packetFaults } from '../../../journal/fault-kinds.ts';
import type { FaultPlan } from '../../../journal/fault-plan.ts';
import type { Expectation } from '../../../journal/plan.ts';
import { shareOf } from '../client/vantage.ts';
import type { FaultFacts } from '../faults.ts';
import type { BaselineView, Figure, Interval, Lane, NotJudgedBy, Proof, RecoveryView, VantageView } from '../view.ts';

/** Of each vantage's planned samples. */
export const leastJudged = 0.99;
/** Observation may end that much earlier: its end is a moment between two probes. */
const observedToleranceMs = 2000;

export interface ProofFacts {
  readonly plan: FaultPlan;
  readonly running: boolean;
  readonly zeroAt: number | null;
  readonly observedTo: number;
  readonly faults: readonly FaultFacts[];
  readonly vantages: readonly VantageView[];
  /** On which the load went. null: no load, or embedded. */
  readonly path: ServerPath | null;
  readonly gaps: RecoveryView['gaps'];
  readonly expectations: readonly Expectation[];
  readonly lanes: { readonly pod: Lane | null; readonly redundancy: Lane | null };
  readonly baseline: BaselineView;
  readonly badBefore: number;
  readonly recovered: Figure;
}

/** In the order in which the first that is missing is the reason of an inconclusive run. */
export function proofsOf(facts: ProofFacts): readonly Proof[] {
  return [effect(facts), heal(facts), ...duration(facts), judged(facts), watches(facts), baseline(facts), observed(facts)];
}

/** null: everything that *passed* needs is there. */
export function doubtOf(proofs: readonly Proof[]): string | null {
  return proofs.find(({ of, state }) => state === 'missing' && of !== 'observed')?.text ?? null;
}

/** Observed for too short: what failed has failed all the same, but nothing can be said to have held. */
export function cutShort(proofs: readonly Proof[]): string | null {
  return proofs.find(({ of, state }) => of === 'observed' && state === 'missing')?.text ?? null;
}

function effect({ faults, running }: ProofFacts): Proof {
  const of = 'effect';
  for (const { plan, refused } of faults) {
    if (refused === null) continue;
    const target = refused.target === undefined ? undefined : plan.targets[refused.target]?.name;
    const title = target === undefined || plan.targets.length === 1 ? plan.title : t('{0}, at {1}', plan.title, target);
    return { of, state: 'missing', text: t('{0}: refused, {1}', title, refused.text ?? t('nothing was injected')) };
  }
  const waiting = faults.find(({ goAt }) => goAt === null);
  if (waiting !== undefined) {
    if (running) return { of, state: 'pending', text: t('effect: not begun yet') };
    return { of, state: 'missing', text: t('{0}: never begun', waiting.plan.title) };
  }
  const real = faults.filter(({ plan }) => plan.kind !== 'none');
  if (real.length === 0) return { of, state: 'notApplicable', text: t('effect: not applicable, nothing is broken on purpose') };
  const open = real.find((each) => each.effect === null);
  if (open === undefined) return { of, state: 'ok', text: t('effect proven: {0}', real.map((each) => each.effect ?? '').join('; ')) };
  if (running) return { of, state: 'pending', text: t('effect: not proven yet') };
  return {
    of,
    state: 'missing',
    text: t('effect not proven: {0} was begun, and nothing but the clients tells that it did anything', open.plan.title),
  };
}

function heal({ faults, running }: ProofFacts): Proof {
  const of = 'heal';
  const unconfirmed = faults.find((each) => each.unconfirmed !== null)?.unconfirmed;
  if (unconfirmed !== undefined && unconfirmed !== null) {
    const command = unconfirmed.command === undefined ? '' : t('; type {0}', unconfirmed.command);
    return { of, state: 'missing', text: t('heal not confirmed: {0}', (unconfirmed.text ?? t('no answer')) + command) };
  }
  const early = faults.find((each) => each.early !== null);
  if (early !== undefined) {
    const why = early.early?.text === undefined ? '' : `: ${early.early.text}`;
    return { of, state: 'missing', text: t('{0} ended before its time{1}', early.plan.title, why) };
  }
  const lasting = faults.filter(isLasting);
  if (lasting.length === 0) {
    const instantaneous = faults.every(({ lasts }) => !lasts);
    return {
      of,
      state: 'notApplicable',
      text: instantaneous ? t('heal: not applicable, the fault is instantaneous') : t('heal: not begun'),
    };
  }
  const open = lasting.find(({ healedAt }) => healedAt === null);
  if (open === undefined) {
    const expired = lasting.every(
      ({ steps }) => steps.some(({ step }) => step === 'expired') && !steps.some(({ step }) => step === 'healed'),
    );
    return { of, state: 'ok', text: expired ? t('heal proven: ended by its own deadline') : t('heal proven') };
  }
  if (running) return { of, state: 'pending', text: t('heal: the fault is active') };
  return { of, state: 'missing', text: t('heal not proven: nobody saw {0} end', open.plan.title) };
}

const isLasting = ({ lasts, goAt }: FaultFacts): boolean => lasts && goAt !== null;

/** By hand, by an abort: what the rest of it would have done nobody knows. */
function duration({ faults }: ProofFacts): readonly Proof[] {
  const cut = faults
    .filter(isLasting)
    .find(({ steps }) => steps.some(({ step, why }) => step === 'heal' && why !== undefined && why !== 'duration'));
  if (cut === undefined) return [];
  const afterMs = (cut.healAskedAt ?? 0) - (cut.appliedAt ?? cut.goAt ?? 0);
  const seconds = [afterMs, cut.plan.durationMs ?? 0].map((ms) => (ms / 1000).toFixed(1));
  return [{ of: 'duration', state: 'missing', text: t('{0} was healed after {1} of its {2} s', cut.plan.title, ...seconds) }];
}

function judged({ vantages, running, path, faults }: ProofFacts): Proof {
  const of = 'judged';
  const planned = vantages.reduce((sum, { counts }) => sum + counts.planned, 0);
  const silent = vantages.find(({ judgedShare }) => judgedShare === null);
  if (vantages.length === 0 || planned === 0) {
    return running ? { of, state: 'pending', text: t('no sample yet') } : { of, state: 'missing', text: t('no sample was made') };
  }
  if (silent !== undefined && !running) return { of, state: 'missing', text: t('the vantage {0} made no sample', silent.title) };
  const worst = vantages.reduce((least, each) => ((each.judgedShare ?? 1) < (least.judgedShare ?? 1) ? each : least));
  const share = worst.judgedShare ?? 1;
  if (share < leastJudged) {
    const parts = [percent(share), worst.title, percent(leastJudged), whyNot(worst)];
    const text =
      share < shareOf(worst.counts)
        ? t('{0} of the samples of {1} since the fault judged, {2} needed: {3}', ...parts)
        : t('{0} of the samples of {1} judged, {2} needed: {3}', ...parts);
    return { of, state: running ? 'pending' : 'missing', text };
  }
  const blind = vantages.find(({ source, hasControl }) => !hasControl && source !== 'runner');
  if (blind !== undefined && !running)
    return { of, state: 'missing', text: t('the vantage {0} has no control: its failures may be its own', blind.title) };
  const unfelt = faults.find(({ plan }) => packetFaults.has(plan.kind))?.plan.title;
  if (path === 'portForward' && unfelt !== undefined && vantages.every(({ source }) => source === 'runner'))
    return {
      of,
      state: 'missing',
      text: t('the load went by a port-forward, which does not feel {0}: it needs probes in the cluster', unfelt),
    };
  const all = vantages.reduce((sum, { counts }) => sum + counts.planned - counts.notJudged - counts.dropped, 0);
  return { of, state: 'ok', text: t('{0} of {1} samples judged', percent(all / planned), formatCount(planned)) };
}

/** Down, so that 98.96 % is never 99 %. */
function percent(share: number): string {
  return `${Number((Math.floor(share * 1000 + 1e-9) / 10).toFixed(1))} %`;
}

function whyNot({ counts, notJudged, clockErrorMs }: VantageView): string {
  const { notJudgedBy, dropped } = counts;
  const [most] = Object.entries(notJudgedBy).sort(([, a], [, b]) => b - a) as [NotJudgedBy, number][];
  if (most === undefined || most[1] < dropped) return t('{0} were never sent', formatCount(dropped));
  const ms = notJudged.filter(({ by }) => by === most[0]).reduce((sum, { fromAt, toAt }) => sum + toAt - fromAt, 0);
  const [count, seconds] = [formatCount(most[1]), (ms / 1000).toFixed(1)];
  const words: Readonly<Record<NotJudgedBy, string>> = {
    control: t('its control failed for {0} s, {1} samples', seconds, count),
    lag: t('its own event loop stood still, {0} samples', count),
    missing: t('nothing was heard of it for {0} s, {1} samples', seconds, count),
    clock:
      clockErrorMs === null
        ? t('its clock was never compared, {0} samples', count)
        : t('its clock jumped against the run’s: when {0} samples were made is not known', count),
  };
  return words[most[0]];
}

type Watched = 'pod' | 'redundancy';

const watchesOf: Readonly<Record<Watched, readonly string[]>> = {
  pod: ['pods', 'endpoints'],
  redundancy: ['kafka', 'trino', 'clickhouse'],
};

function watches({ gaps, zeroAt, expectations, lanes, observedTo }: ProofFacts): Proof {
  const of = 'watches';
  const from = zeroAt ?? Infinity;
  for (const lane of ['pod', 'redundancy'] as const) {
    const used = uses(expectations, lane) || (lane === 'redundancy' && uses(expectations, 'rejoin'));
    if (!used) continue;
    const found = lanes[lane];
    const end = found === null || found.end !== 'complete' ? observedTo : from + found.totalMs;
    const gap = gaps.find((each) => watchesOf[lane].includes(each.of) && each.fromAt < end && each.toAt > from);
    if (gap !== undefined) return { of, state: 'missing', text: gapText(gap, from, lane) };
  }
  const after = gaps.filter(({ toAt }) => toAt > from);
  if (after.length === 0) return { of, state: 'ok', text: t('no watch gap') };
  return { of, state: 'ok', text: t('no watch gap in a stage that is used') };
}

function gapText({ of, fromAt, toAt }: Interval & { readonly of: string }, zeroAt: number, lane: Watched): string {
  const [from, to] = [fromAt, toAt].map((at) => `${at < zeroAt ? '−' : '+'}${(Math.abs(at - zeroAt) / 1000).toFixed(1)}`);
  const values = [of, from ?? '', to ?? ''] as const;
  return lane === 'pod'
    ? t('the watch of {0} was down from {1} to {2} s, and the pod lane is used by an expectation', ...values)
    : t('the watch of {0} was down from {1} to {2} s, and the redundancy lane is used by an expectation', ...values);
}

function uses(expectations: readonly Expectation[], of: string): boolean {
  return expectations.some(({ metric }) => metric.kind === 'recovery' && metric.of === of);
}

/** Without a steady one there is nothing to come back to: missing where that is asked for, or where it was no better before. */
function baseline({ baseline: found, zeroAt, badBefore, expectations }: ProofFacts): Proof {
  const of = 'baseline';
  if (zeroAt === null) return { of, state: 'pending', text: t('baseline: under way') };
  if (found.steady) return { of, state: 'ok', text: found.text };
  if (badBefore === 0) return { of, state: uses(expectations, 'baseline') ? 'missing' : 'notApplicable', text: found.text };
  const text = badBefore === 1 ? t('1 bad probe before the fault') : t('{0} bad probes before the fault', formatCount(badBefore));
  return { of, state: 'missing', text: t('{0}: what came after can’t be told from it', text) };
}

/** At least as long as planned after the last heal, and three times the recovery. */
function observed({ plan, running, zeroAt, faults, observedTo, recovered }: ProofFacts): Proof {
  const of = 'observed';
  if (zeroAt === null || running) return { of, state: 'pending', text: t('observation under way') };
  const last = Math.max(zeroAt, ...faults.map(({ healedAt, appliedAt, lasts }) => (lasts ? (healedAt ?? appliedAt) : appliedAt) ?? 0));
  const length = observedTo - last;
  const recovery = recovered.kind === 'value' ? zeroAt + recovered.ms - last : 0;
  const needed = Math.max(plan.observeMs, 3 * recovery);
  const [seconds, least] = [length, needed].map((ms) => (ms / 1000).toFixed(0));
  if (length >= needed - observedToleranceMs) return { of, state: 'ok', text: t('observed {0} s after the fault', seconds ?? '') };
  return { of, state: 'missing', text: t('observed for {0} s after the last heal, {1} s needed', seconds ?? '', least ?? '') };
}
