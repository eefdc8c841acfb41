/** When users felt it, and when that was over: by planned start. Browser-safe. */
import type { RecoveryRule } from '../../../journal/fault-plan.ts';
import type { Interval } from '../view.ts';
import { longestDeadlineMs } from './baseline.ts';
import { isBad, outcomeCode } from './samples.ts';
import { indexAt, type Stream } from './stream.ts';
import type { Placed } from './vantage.ts';
import { Windows } from './windows.ts';

/** Bad intervals closer to each other than that are one spell; a later spell is a relapse. */
const spellGapMs = 1000;

export interface Outage {
  /** Indices of the stream; -1: there is none. */
  readonly firstBad: number;
  readonly lastGoodBefore: number;
  readonly firstGood: number;
  /** First good sample after the last bad window: where recovery begins if its window is whole. */
  readonly stable: number;
  /** The window that begins there was observed to its end. */
  readonly confirmed: boolean;
}

export interface VantageOutage {
  readonly firstBadAt: number | null;
  readonly firstGoodAt: number | null;
  readonly bad: readonly Interval[];
  /** Nobody was answered any more: the last interval has no end. */
  readonly goesOn: boolean;
  /** By so much the intervals may be longer or shorter: beside them nothing was judged, or it is not known when it was. */
  readonly doubtMs: number;
}

/** Nothing is under way for longer. */
export const longestUnderWayMs = 60_000;

/**
 * A sample is of the fault's time when it was planned, or still under way, after *go*: what was in flight when it began may fail too,
 * and its planned start is before the fault.
 */
export function startOf(stream: Stream, goAt: number): { readonly isAfter: (index: number) => boolean; readonly first: number } {
  const isAfter = (index: number): boolean =>
    (stream.at[index] ?? 0) >= goAt || (stream.bad[index] === 1 && (stream.done[index] ?? 0) >= goAt);
  let first = indexAt(stream.at, goAt, stream.length);
  const planned = first;
  for (let i = planned - 1; i >= 0 && (stream.at[i] ?? 0) > goAt - longestUnderWayMs; i--) if (isAfter(i)) first = i;
  return { isAfter, first };
}

/** From *go* on. */
export function outageOf(stream: Stream, rule: RecoveryRule, goAt: number, vantages: number): Outage {
  const windows = new Windows(stream, rule);
  const { isAfter, first } = startOf(stream, goAt);
  const end = stream.length;
  let firstBad = windows.firstBad(first, end);
  while (firstBad >= 0 && !isAfter(firstBad)) firstBad = windows.firstBad(firstBad + 1, end);
  const none = { firstBad: -1, lastGoodBefore: -1, firstGood: -1, stable: -1, confirmed: false };
  if (firstBad < 0) return none;
  let lastGoodBefore = firstBad - 1;
  while (lastGoodBefore >= 0 && (stream.bad[lastGoodBefore] === 1 || stream.vantage[lastGoodBefore] !== stream.vantage[firstBad]))
    lastGoodBefore--;
  const firstGood = firstGoodOf(stream, firstBad, goAt, vantages);
  const lastBad = Math.max(windows.lastBad(firstBad, end), firstBad);
  // Not by a vantage that felt nothing, before the one that did was answered.
  const stable = firstGood < 0 ? -1 : windows.firstGood(Math.max(lastBad + 1, firstGood), end);
  if (stable < 0) return { firstBad, lastGoodBefore, firstGood, stable, confirmed: false };
  return { firstBad, lastGoodBefore, firstGood, stable, confirmed: windows.from(stable).complete && !windows.from(stable).bad };
}

/**
 * Of a vantage that had been bad: a vantage that felt nothing yet has good answers all the time. Planned after *go*: beside one that was
 * caught under way there are others, sooner answered, that knew nothing of a fault. And surely planned after its first bad one.
 */
function firstGoodOf(stream: Stream, firstBad: number, goAt: number, vantages: number): number {
  const badSince = new Float64Array(vantages).fill(Infinity);
  for (let i = firstBad; i < stream.length; i++) {
    const vantage = stream.vantage[i] ?? 0;
    const since = badSince[vantage] ?? Infinity;
    if (stream.bad[i] === 1) badSince[vantage] = Math.min(since, stream.at[i] ?? 0);
    else if ((stream.early[i] ?? 0) >= Math.max(goAt, since)) return i;
  }
  return -1;
}

/** Each from the first bad planned start to the next that is not bad. `afterAt`: *go*; samples before it are the baseline's. */
export function vantageOutage(vantage: Placed, afterAt: number): VantageOutage {
  const { length, at, took, outcome, intervalMs, early } = vantage;
  const bad: Interval[] = [];
  const spread = new Map<number, number>();
  let doubtMs = 0;
  let firstGoodAt: number | null = null;
  for (let i = 0; i < length; i++) {
    const planned = at[i] ?? 0;
    if (Number.isNaN(planned)) continue;
    const code = outcome[i] ?? 0;
    if (code === outcomeCode.ok && (early?.[i] ?? planned) >= Math.max(bad[0]?.fromAt ?? Infinity, afterAt)) firstGoodAt ??= planned;
    if (!isBad(code) || (planned < afterAt && planned + (took[i] ?? 0) < afterAt)) continue;
    let end = i + 1;
    while (end < length && isBad(outcome[end] ?? 0)) end++;
    bad.push({ fromAt: planned, toAt: end < length ? (at[end] ?? 0) : (at[end - 1] ?? 0) + intervalMs });
    doubtMs += unjudged(vantage, i, -1) + unjudged(vantage, end - 1, 1);
    for (const beside of [i - 1, end]) if (early !== null) spread.set(early[beside] ?? 0, vantage.errors[beside] ?? 0);
    i = end - 1;
  }
  const last = outcome.subarray(0, length).findLast((code) => code < outcomeCode.notJudged);
  return {
    ...{ firstBadAt: bad[0]?.fromAt ?? null, firstGoodAt, bad, goesOn: bad.length > 0 && last !== undefined && isBad(last) },
    doubtMs: doubtMs + [...spread.values()].reduce((sum, ms) => sum + ms, 0),
  };
}

/** ms beside a bad sample in which none was judged: it may have been bad as well. */
function unjudged({ length, at, outcome, inTime, intervalMs }: Placed, index: number, step: 1 | -1): number {
  let next = index + step;
  while (next >= 0 && next < length && (outcome[next] ?? 0) >= outcomeCode.notJudged && inTime[next] !== 1) next += step;
  const count = Math.abs(next - index) - 1;
  if (count === 0) return 0;
  const to = at[next];
  return to === undefined || Number.isNaN(to) ? count * intervalMs : Math.max(0, Math.abs(to - (at[index] ?? 0)) - intervalMs);
}

/** Of any vantage, ascending and apart from each other. */
export function union(intervals: readonly Interval[]): readonly Interval[] {
  const joined: { fromAt: number; toAt: number }[] = [];
  for (const { fromAt, toAt } of intervals.toSorted((a, b) => a.fromAt - b.fromAt || a.toAt - b.toAt)) {
    const last = joined.at(-1);
    if (last !== undefined && fromAt <= last.toAt) last.toAt = Math.max(last.toAt, toAt);
    else joined.push({ fromAt, toAt });
  }
  return joined;
}

/** Spells after the first of each fault. `goAts`: ascending. One that began with a probe that a fault caught under way is of that fault. */
export function relapsesOf(bad: readonly Interval[], goAts: readonly number[]): number {
  const spells = new Map<number, number>();
  let last = -Infinity;
  for (const { fromAt, toAt } of bad) {
    const caughtTo = Math.min(toAt, fromAt + longestDeadlineMs);
    const fault = goAts.findLastIndex((goAt) => goAt < caughtTo);
    if (fromAt - last >= spellGapMs) spells.set(Math.max(0, fault), (spells.get(Math.max(0, fault)) ?? 0) + 1);
    last = Math.max(last, toAt);
  }
  return [...spells.values()].reduce((sum, count) => sum + count - 1, 0);
}
