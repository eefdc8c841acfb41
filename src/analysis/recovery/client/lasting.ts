/** The two clocks of a fault that lasts: failover from *applied*, rejoin from *heal confirmed*. Browser-safe. */
import { t } from '../../../base/messages.ts';
import type { FaultFacts } from '../faults.ts';
import { lackOf } from '../lanes/redundancy.ts';
import type { Figure, RedundancyView } from '../view.ts';
import { errorAt, type ClientFacts } from './figures.ts';
import { startOf } from './outage.ts';
import { indexAt, upTo } from './stream.ts';
import { Windows } from './windows.ts';

/** Users were served again while it lasted: the first whole window after the last bad one before the heal was asked for. */
export function failoverOf(fault: FaultFacts, facts: ClientFacts): Figure {
  const { stream, rule, running } = facts;
  const { lasts, goAt, appliedAt, healAskedAt, healedAt, early } = fault;
  if (!lasts) return { kind: 'none', why: t('the fault is instantaneous') };
  if (goAt === null) return { kind: 'unknown', why: t('it was not begun') };
  const zeroAt = appliedAt ?? goAt;
  const endAt = healAskedAt ?? early?.t ?? healedAt ?? Infinity;
  const windows = new Windows(stream, rule);
  const { first, isAfter } = startOf(stream, goAt);
  const end = Math.min(stream.length, indexAt(stream.at, endAt, stream.length));
  let bad = -1;
  for (let i = end - 1; i >= first && bad < 0; i--) if (stream.bad[i] === 1 && isAfter(i) && windows.from(i).bad) bad = i;
  if (bad < 0) return { kind: 'none', why: running && endAt === Infinity ? t('no impact so far') : t('no impact while it lasted') };
  // An answer that only the heal has set free was not had while it lasted.
  const next = windows.firstGood(bad + 1, end);
  const stable = next >= 0 && (stream.done[next] ?? 0) >= endAt ? -1 : next;
  const withinMs = Math.min(endAt, facts.observedTo) - zeroAt;
  const open = running && endAt === Infinity;
  if (stable < 0) return open ? { kind: 'open', aboveMs: withinMs } : { kind: 'never', withinMs };
  const aboveMs = (stream.at[stable] ?? 0) - zeroAt;
  const window = windows.from(stable);
  const zero = { goAt, at: zeroAt, widthMs: appliedAt === null ? 0 : appliedAt - goAt };
  const isWhole = window.complete && window.end <= end && (stream.at[stable] ?? 0) + rule.windowMs <= endAt;
  if (isWhole && !window.bad) return { kind: 'value', ms: aboveMs, errorMs: errorAt({ ...facts, zero }, stable) };
  if (open) return { kind: 'open', aboveMs, goodForMs: facts.observedTo - zeroAt - aboveMs, neededMs: rule.windowMs };
  const goodFor = ((Math.min(endAt, facts.observedTo) - (stream.at[stable] ?? 0)) / 1000).toFixed(1);
  return { kind: 'unknown', why: t('good for {0} s before the heal, shorter than a window of {1} s', goodFor, rule.windowMs / 1000) };
}

/** What was missing is back: the redundancy where it is watched, else the users. `untilAt`: the next fault's *go*. */
export function rejoinOf(fault: FaultFacts, facts: ClientFacts, redundancy: readonly RedundancyView[], untilAt: number): Figure {
  const { rule } = facts;
  const running = facts.running && untilAt === Infinity;
  const observedTo = Math.min(facts.observedTo, untilAt);
  const stream = upTo(facts.stream, untilAt);
  const { lasts, goAt, healedAt } = fault;
  if (!lasts) return { kind: 'none', why: t('the fault is instantaneous') };
  if (goAt === null) return { kind: 'unknown', why: t('it was not begun') };
  if (healedAt === null) return { kind: 'unknown', why: running ? t('not healed yet') : t('its heal is not confirmed') };
  const lacking = redundancy.map(({ steps }) => lackOf(steps, goAt, untilAt)).filter(({ lackAt }) => lackAt !== null);
  if (lacking.length > 0) {
    const times = lacking.flatMap(({ fullAt, errorMs }) => (fullAt === null ? [] : [{ fullAt, errorMs }]));
    if (times.length < lacking.length) {
      return running ? { kind: 'open', aboveMs: observedTo - healedAt } : { kind: 'never', withinMs: observedTo - healedAt };
    }
    const last = times.reduce((latest, one) => (one.fullAt > latest.fullAt ? one : latest));
    if (last.fullAt <= healedAt) return { kind: 'none', why: t('all was back before the heal') };
    return { kind: 'value', ms: last.fullAt - healedAt, errorMs: last.errorMs };
  }
  if (redundancy.length > 0) return { kind: 'none', why: t('nothing was missing') };
  const windows = new Windows(stream, rule);
  const from = indexAt(stream.at, healedAt, stream.length);
  const bad = windows.lastBad(from, stream.length);
  if (bad < 0) return { kind: 'none', why: t('no impact after the heal') };
  const stable = windows.firstGood(bad + 1, stream.length);
  const withinMs = (stable < 0 ? observedTo : (stream.at[stable] ?? 0)) - healedAt;
  if (stable >= 0 && windows.from(stable).complete) {
    return { kind: 'value', ms: withinMs, errorMs: errorAt({ ...facts, zero: { goAt: healedAt, at: healedAt, widthMs: 0 } }, stable) };
  }
  return running ? { kind: 'open', aboveMs: withinMs } : { kind: 'never', withinMs };
}

/** Of several faults the one that took longest, which is the one that counts. */
export function worst(figures: readonly Figure[]): Figure {
  const rank = (figure: Figure): number => {
    switch (figure.kind) {
      case 'none':
        return -1e15;
      case 'value':
        return figure.ms;
      case 'between':
        return 1e12 + figure.toMs;
      case 'open':
        return 1e13 + figure.aboveMs;
      case 'unknown':
        return 1e14;
      case 'never':
        return 1e15 + figure.withinMs;
    }
  };
  const [first, ...more] = figures;
  if (first === undefined) return { kind: 'none', why: t('nothing was broken') };
  return more.reduce((most, figure) => (rank(figure) > rank(most) ? figure : most), first);
}
