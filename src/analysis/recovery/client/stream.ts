/** The judged samples of all vantages in one row, by planned start. Browser-safe. */
import { isBad, outcomeCode } from './samples.ts';
import type { Placed } from './vantage.ts';

export interface Stream {
  readonly length: number;
  /** ms of the run, ascending. */
  readonly at: Float64Array;
  /** The earliest at which it may have been planned. */
  readonly early: Float64Array;
  /** Answered or given up, ms of the run. */
  readonly done: Float64Array;
  /** 1: slow, failed, unknown or wrong. */
  readonly bad: Uint8Array;
  /** Index of the vantage. */
  readonly vantage: Uint8Array;
  /** Index in the vantage's columns. */
  readonly row: Int32Array;
  /** How many of [0, i) are bad. */
  readonly badBefore: Int32Array;
}

/**
 * Of two with the same planned start the one of the earlier vantage is the first. `doubtful`: what is not judged, or was never sent,
 * is taken as bad, unless it was answered in time; else it is left out.
 */
export function streamOf(vantages: readonly Placed[], doubtful = false): Stream {
  const rows = vantages.map((vantage) => usable(vantage, doubtful));
  const length = rows.reduce((sum, { length: count }) => sum + count, 0);
  const stream = {
    ...{
      length,
      at: new Float64Array(length),
      early: new Float64Array(length),
      done: new Float64Array(length),
      bad: new Uint8Array(length),
    },
    ...{ vantage: new Uint8Array(length), row: new Int32Array(length), badBefore: new Int32Array(length + 1) },
  };
  const next = rows.map(() => 0);
  for (let i = 0; i < length; i++) {
    let from = -1;
    let earliest = Infinity;
    for (let v = 0; v < rows.length; v++) {
      const row = rows[v]?.[next[v] ?? 0];
      const at = row === undefined ? Infinity : (vantages[v]?.at[row] ?? Infinity);
      if (at < earliest) [from, earliest] = [v, at];
    }
    const vantage = vantages[from];
    const row = rows[from]?.[next[from] ?? 0] ?? 0;
    if (vantage === undefined) break;
    next[from] = (next[from] ?? 0) + 1;
    const code = vantage.outcome[row] ?? 0;
    const bad = isBad(code) || (code >= outcomeCode.notJudged && vantage.inTime[row] !== 1) ? 1 : 0;
    stream.at[i] = earliest;
    stream.early[i] = vantage.early?.[row] ?? earliest;
    stream.done[i] = earliest + (vantage.took[row] ?? 0);
    stream.bad[i] = bad;
    stream.vantage[i] = from;
    stream.row[i] = row;
    stream.badBefore[i + 1] = (stream.badBefore[i] ?? 0) + bad;
  }
  return stream;
}

function usable({ length, at, outcome }: Placed, doubtful: boolean): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (Number.isNaN(at[i])) continue;
    if (doubtful || (outcome[i] ?? 0) < outcomeCode.notJudged) rows[count++] = i;
  }
  return rows.subarray(0, count);
}

/** What is a fault's alone: planned before the next one's *go*, up to the first that this one may have caught under way. */
export function upTo(stream: Stream, untilAt: number): Stream {
  if (untilAt === Infinity) return stream;
  const length = indexAt(stream.at, untilAt, stream.length);
  const caught = stream.bad.subarray(0, length).findIndex((bad, i) => bad === 1 && (stream.done[i] ?? 0) >= untilAt);
  return { ...stream, length: caught < 0 ? length : caught };
}

/** The first index whose planned start is not before `at`. */
export function indexAt(times: Float64Array, at: number, length = times.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
