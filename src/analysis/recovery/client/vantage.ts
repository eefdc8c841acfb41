/** One vantage: what it told, placed on the runner's clock and judged. Browser-safe. */
import type { LagEvent, SampleEvent, VantageEvent } from '../../../journal/fault-events.ts';
import type { PlannedProbe } from '../../../journal/fault-plan.ts';
import type { Interval, NotJudgedBy, ProbeCounts } from '../view.ts';
import { SourceClock } from './clock.ts';
import { holesOf, judged, notJudgedBy, type JudgedColumns, type Lag } from './judge.ts';
import { outcomeCode, Reasons, Samples, sampleOutcomes } from './samples.ts';

/** A vantage as the figures see it. `at`: ms of the run, ascending. */
export interface Placed extends JudgedColumns {
  readonly source: string;
  readonly title: string;
  readonly intervalMs: number;
  /** By sample; ms to either side. */
  readonly errors: Float64Array;
  /** By sample: the earliest at which it may have been planned. null: all of `at` are the planned starts themselves. */
  readonly early: Float64Array | null;
  readonly reasons: Reasons;
  readonly hasControl: boolean;
}

export interface PlaceBy {
  readonly slowMs: number | null;
  /** ms of the run; null: it goes on. */
  readonly until: number | null;
}

/** What a vantage of any kind is made of. */
export interface Client {
  readonly source: string;
  readonly title: string;
  /** ms of the run by the latest of its samples; -Infinity: none yet. */
  lastAt(): number;
  place(by: PlaceBy): Placed;
}

export class ProbeClient implements Client {
  readonly probe: PlannedProbe;
  readonly source: string;
  readonly clock = new SourceClock();
  readonly #samples = new Samples();
  readonly #controls = new Samples();
  readonly #reasons = new Reasons();
  readonly #lags: Lag[] = [];
  #vantage: VantageEvent | null = null;

  constructor(probe: PlannedProbe) {
    this.probe = probe;
    this.source = `probe-${probe.id}`;
  }

  get title(): string {
    return this.probe.title;
  }

  get vantage(): VantageEvent | null {
    return this.#vantage;
  }

  add(event: SampleEvent | LagEvent | VantageEvent): void {
    switch (event.kind) {
      case 'sample': {
        const { t: at, wait, service, outcome, error, control } = event;
        const to = control === true ? this.#controls : this.#samples;
        to.push(at, wait + service, outcomeCode[outcome], error === undefined ? -1 : this.#reasons.index(error, at));
        break;
      }
      case 'lag':
        this.#lags.push({ at: event.t, ms: event.ms });
        break;
      case 'vantage':
        this.#vantage = event;
        break;
    }
  }

  lastAt(): number {
    const { at, length } = this.#samples.columns();
    return this.clock.place(at.subarray(Math.max(0, length - 1)))?.at[0] ?? -Infinity;
  }

  place({ slowMs, until }: PlaceBy): Placed {
    const samples = this.#samples.columns();
    const intervalMs = 1000 / this.probe.perSecond;
    const last = samples.at.subarray(Math.max(0, samples.length - 1));
    const lastPlaced = this.clock.place(last)?.at[0];
    // The end of the observation as this clock would tell it, by the offset of its last sample.
    const untilOwn = until === null || lastPlaced === undefined ? null : until - lastPlaced + (last[0] ?? 0);
    const columns = judged(samples, {
      ...{ controls: this.#controls.columns(), lags: this.#lags, slowMs, intervalMs },
      until: untilOwn,
    });
    const facts = {
      ...{ source: this.source, title: this.title, intervalMs, reasons: this.#reasons, hasControl: this.#controls.length > 0 },
      early: null,
    };
    const placed = this.clock.place(columns.at);
    if (placed !== null) {
      const { at, errors, jumped } = placed;
      if (!this.clock.hasJumped) return { ...columns, at, errors, ...facts };
      return { ...withoutHoles({ ...columns, at, errors, ...notJudged(columns, jumped) }, intervalMs), ...facts };
    }
    // Nobody knows when they were: they count, and stand nowhere.
    const nowhere = { at: new Float64Array(columns.length).fill(Number.NaN), errors: new Float64Array(columns.length) };
    return { ...columns, ...nowhere, ...facts, ...notJudged(columns, new Uint8Array(columns.length).fill(1)) };
  }
}

const byClock = notJudgedBy.indexOf('clock') + 1;

type OnTheRun = JudgedColumns & Pick<Placed, 'errors'>;

/** While its clock stood still nothing was planned on it: what should have been is put in as not judged. */
function withoutHoles(given: OnTheRun, intervalMs: number): OnTheRun {
  const holes = holesOf(given, intervalMs, null);
  if (holes.length === 0) return given;
  const length = given.length + holes.reduce((sum, { count }) => sum + count, 0);
  const filled = {
    ...{ length, at: new Float64Array(length), took: new Float64Array(length), errors: new Float64Array(length) },
    ...{ outcome: new Uint8Array(length).fill(outcomeCode.notJudged), by: new Uint8Array(length).fill(byClock) },
    ...{ error: new Int32Array(length).fill(-1), inTime: new Uint8Array(length) },
  };
  let from = 0;
  let to = 0;
  for (const { after, count } of [...holes, { after: given.length - 1, count: 0 }]) {
    for (const name of ['at', 'took', 'errors', 'outcome', 'by', 'error', 'inTime'] as const)
      filled[name].set(given[name].subarray(from, after + 1), to);
    to += after + 1 - from;
    from = after + 1;
    const start = given.at[after] ?? 0;
    for (let k = 1; k <= count; k++, to++) {
      filled.at[to] = start + k * intervalMs;
      filled.errors[to] = given.errors[after] ?? 0;
    }
  }
  return filled;
}

/** `unsure`: 1 where it is not known when it was. */
function notJudged({ outcome, by, inTime }: JudgedColumns, unsure: Uint8Array): Pick<JudgedColumns, 'outcome' | 'by' | 'inTime'> {
  if (!unsure.includes(1)) return { outcome, by, inTime };
  const is = (index: number): boolean => unsure[index] === 1 && outcome[index] !== outcomeCode.dropped;
  return {
    outcome: outcome.map((code, index) => (is(index) ? outcomeCode.notJudged : code)),
    by: by.map((code, index) => (is(index) ? byClock : code)),
    inTime: inTime.map((code, index) => (is(index) ? 0 : code)),
  };
}

/** Without what was planned before: a probe's first requests open connections and fill caches, and are in no figure. */
export function since(placed: Placed, fromAt: number): Placed {
  const { at, took, outcome, error, by, inTime, errors, early } = placed;
  let first = 0;
  while (first < placed.length && (at[first] ?? 0) < fromAt) first++;
  if (first === 0) return placed;
  return {
    ...placed,
    ...{ length: placed.length - first, at: at.subarray(first), took: took.subarray(first), outcome: outcome.subarray(first) },
    ...{ error: error.subarray(first), by: by.subarray(first), errors: errors.subarray(first) },
    inTime: inTime.subarray(first),
    early: early?.subarray(first) ?? null,
  };
}

/** Of samples `from` up to `to`. */
export function countsOf({ outcome, by }: Pick<Placed, 'outcome' | 'by'>, from = 0, to = outcome.length): ProbeCounts {
  const counts = new Float64Array(sampleOutcomes.length);
  const reasons = new Float64Array(notJudgedBy.length + 1);
  for (let i = from; i < to; i++) {
    const code = outcome[i] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
    if (code === outcomeCode.notJudged) reasons[by[i] ?? 0] = (reasons[by[i] ?? 0] ?? 0) + 1;
  }
  const [ok = 0, slow = 0, failed = 0, unknown = 0, wrong = 0, notJudgedCount = 0, dropped = 0] = counts;
  const [, control = 0, lag = 0, missing = 0, clock = 0] = reasons;
  return {
    planned: Math.max(0, to - from),
    ...{ ok, slow, failed, unknown, wrong, notJudged: notJudgedCount, dropped },
    notJudgedBy: { control, lag, missing, clock },
  };
}

/** Of those that were planned from there on. */
export function countsSince(vantage: Placed, fromMs: number): ProbeCounts {
  let first = vantage.length;
  while (first > 0 && (vantage.at[first - 1] ?? 0) >= fromMs) first--;
  return countsOf(vantage, first);
}

export function sumOf(all: readonly ProbeCounts[]): ProbeCounts {
  const sum = (of: Exclude<keyof ProbeCounts, 'notJudgedBy'>): number => all.reduce((total, each) => total + each[of], 0);
  const by = (of: NotJudgedBy): number => all.reduce((total, each) => total + each.notJudgedBy[of], 0);
  return {
    ...{ planned: sum('planned'), ok: sum('ok'), slow: sum('slow'), failed: sum('failed'), unknown: sum('unknown') },
    ...{ wrong: sum('wrong'), notJudged: sum('notJudged'), dropped: sum('dropped') },
    notJudgedBy: { control: by('control'), lag: by('lag'), missing: by('missing'), clock: by('clock') },
  };
}

/**
 * Of planned: dropped ones were not judged either. Of all, or of those planned after *go* where that is less: a long baseline must not
 * make up for them. null: nothing was planned.
 */
export function judgedShare(vantage: Placed, goAt: number | null): number | null {
  const counts = goAt === null ? [countsOf(vantage)] : [countsOf(vantage), countsSince(vantage, goAt)];
  const shares = counts.flatMap((each) => (each.planned === 0 ? [] : [shareOf(each)]));
  return shares.length === 0 ? null : Math.min(...shares);
}

export function shareOf({ planned, notJudged: not, dropped }: ProbeCounts): number {
  return (planned - not - dropped) / planned;
}

/** Stretches of samples that are not judged, each up to the next sample. */
export function notJudgedIntervals(vantage: Placed): readonly (Interval & { readonly by: NotJudgedBy })[] {
  const { length, at, by, intervalMs } = vantage;
  const found: (Interval & { by: NotJudgedBy })[] = [];
  for (let i = 0; i < length; i++) {
    const why = by[i] ?? 0;
    const fromAt = at[i] ?? 0;
    if (why === 0 || Number.isNaN(fromAt)) continue;
    let end = i + 1;
    while (end < length && by[end] === why) end++;
    found.push({ fromAt, toAt: at[end] ?? (at[end - 1] ?? 0) + intervalMs, by: notJudgedBy[why - 1] ?? 'clock' });
    i = end - 1;
  }
  return found;
}
