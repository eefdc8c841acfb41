/** Which samples of a vantage may be judged, and what they are then. On the vantage's own clock. Browser-safe. */
import type { NotJudgedBy } from '../view.ts';
import { isBad, outcomeCode, type SampleColumns } from './samples.ts';

/** An event loop that stood still for longer makes its samples worthless. */
export const mostLagMs = 50;
/** A sample whose nearest echo is further away has none. */
const mostControlDistanceMs = 5000;
/** Planned starts are a grid: a distance above that many intervals is a hole. */
const holeIntervals = 1.5;
/** A vantage that the machine slept with, say: beyond this a hole is no longer filled sample by sample. */
const mostMissing = 20_000;

export interface Lag {
  readonly at: number;
  readonly ms: number;
}

export interface JudgedColumns extends SampleColumns {
  /** Index into `notJudgedBy` + 1; 0: judged, or dropped. */
  readonly by: Uint8Array;
  /** 1: not judged, since the event loop stood still, and yet answered in time: how soon is not known, but it was not bad. */
  readonly inTime: Uint8Array;
}

export const notJudgedBy: readonly NotJudgedBy[] = ['control', 'lag', 'missing', 'clock'];

export interface JudgeBy {
  readonly controls: SampleColumns;
  readonly lags: readonly Lag[];
  readonly slowMs: number | null;
  /** Planned, ms; null: not at a steady rate. */
  readonly intervalMs: number | null;
  /** The end of the observation on the same clock, once the run is over: what is missing up to there was planned too. */
  readonly until: number | null;
}

/** Planned samples that nobody told about are put in as not judged: a vantage that fell silent must not look well. */
export function judged(given: SampleColumns, { controls, lags, slowMs, intervalMs, until }: JudgeBy): JudgedColumns {
  const { length, at, took, outcome, error, missing } = filled(given, intervalMs, until);
  const by = new Uint8Array(length);
  const inTime = new Uint8Array(length);
  const echo = new Echo(controls, slowMs);
  const stalls = lags.filter(({ ms }) => ms > mostLagMs).toSorted((a, b) => a.at - b.at);
  let first = 0;
  for (let i = 0; i < length; i++) {
    const planned = at[i] ?? 0;
    const code = outcome[i] ?? 0;
    if (missing[i] === 1) by[i] = 3;
    else if (code === outcomeCode.dropped) continue;
    else {
      if (code === outcomeCode.ok && slowMs !== null && (took[i] ?? 0) > slowMs) outcome[i] = outcomeCode.slow;
      while ((stalls[first]?.at ?? Infinity) + (stalls[first]?.ms ?? 0) < planned) first++;
      if (echo.failedAt(planned, isBad(outcome[i] ?? 0))) by[i] = 1;
      else if (stalledAt(stalls, first, planned, took[i] ?? 0, outcome[i] ?? 0, slowMs)) by[i] = 2;
    }
    if (by[i] === 2 && slowMs !== null && outcome[i] === outcomeCode.ok) inTime[i] = 1;
    if (by[i] !== 0) outcome[i] = outcomeCode.notJudged;
  }
  return { length, at, took, outcome, error, by, inTime };
}

/** Of what was planned into a stall nothing is known; of what was under way then only that it may have been that much sooner. */
function stalledAt(stalls: readonly Lag[], first: number, planned: number, took: number, code: number, slowMs: number | null): boolean {
  for (let i = first; i < stalls.length; i++) {
    const stall = stalls[i];
    if (stall === undefined || stall.at > planned + took) return false;
    if (stall.at <= planned) return true;
    if (isBad(code) && code !== outcomeCode.wrong && took - stall.ms <= (slowMs ?? Infinity) && took >= stall.ms) return true;
  }
  return false;
}

/** The echo that was planned nearest decides. A slow echo tells of a slow network, or a busy node, on the probe's own side. */
class Echo {
  readonly #controls: SampleColumns;
  readonly #slowMs: number;
  #i = 0;

  constructor(controls: SampleColumns, slowMs: number | null) {
    this.#controls = controls;
    this.#slowMs = slowMs ?? Infinity;
  }

  /**
   * Asked with ascending moments. Without any echo at all nothing is said here: the verdict says that. Of what went badly both echoes
   * beside it have to be good: its own network may have been cut between the one before and it.
   */
  failedAt(planned: number, isBadly: boolean): boolean {
    const { length, at } = this.#controls;
    if (length === 0) return false;
    while (this.#i + 1 < length && Math.abs((at[this.#i + 1] ?? 0) - planned) <= Math.abs((at[this.#i] ?? 0) - planned)) this.#i++;
    const i = this.#i;
    if (Math.abs((at[i] ?? 0) - planned) > mostControlDistanceMs) return true;
    return this.#failed(i) || (isBadly && this.#failed((at[i] ?? 0) <= planned ? i + 1 : i - 1));
  }

  #failed(i: number): boolean {
    const { length, took, outcome } = this.#controls;
    return i >= 0 && i < length && (outcome[i] !== outcomeCode.ok || (took[i] ?? 0) > this.#slowMs);
  }
}

interface Filled extends SampleColumns {
  /** 1: put in. */
  readonly missing: Uint8Array;
}

function filled(given: SampleColumns, intervalMs: number | null, until: number | null): Filled {
  const holes = intervalMs === null ? [] : holesOf(given, intervalMs, until);
  const length = given.length + holes.reduce((sum, { count }) => sum + count, 0);
  const columns = {
    ...{ length, at: new Float64Array(length), took: new Float64Array(length), outcome: new Uint8Array(length) },
    ...{ error: new Int32Array(length).fill(-1), missing: new Uint8Array(length) },
  };
  let to = 0;
  let from = 0;
  const copy = (upTo: number): void => {
    for (const name of ['at', 'took', 'outcome', 'error'] as const) columns[name].set(given[name].subarray(from, upTo), to);
    to += upTo - from;
    from = upTo;
  };
  for (const { after, count } of holes) {
    copy(after + 1);
    const start = given.at[after] ?? 0;
    for (let k = 1; k <= count; k++, to++) {
      columns.at[to] = start + k * (intervalMs ?? 0);
      columns.missing[to] = 1;
    }
  }
  copy(given.length);
  return columns;
}

/** Behind which samples how many of the grid are missing. */
export function holesOf(
  { length, at }: Pick<SampleColumns, 'length' | 'at'>,
  intervalMs: number,
  until: number | null,
): readonly { after: number; count: number }[] {
  const holes: { after: number; count: number }[] = [];
  for (let i = 0; i < length; i++) {
    const next = i + 1 < length ? (at[i + 1] ?? 0) : until;
    if (next === null) break;
    const distance = next - (at[i] ?? 0);
    if (distance <= holeIntervals * intervalMs) continue;
    holes.push({ after: i, count: Math.min(mostMissing, Math.round(distance / intervalMs) - 1) });
  }
  return holes;
}
