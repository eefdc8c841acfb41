/** One vantage: what it told, placed on the runner's clock and judged. Browser-safe. */
import type { LagEvent, SampleEvent, VantageEvent } from '../../../journal/fault-events.ts';
import type { PlannedProbe } from '../../../journal/fault-plan.ts';
import type { Interval, NotJudgedBy, ProbeCounts } from '../view.ts';
import { SourceClock } from './clock.ts';
import { judged, notJudgedBy, type JudgedColumns, type Lag } from './judge.ts';
import { outcomeCode, Reasons, Samples, sampleOutcomes } from './samples.ts';

/** A vantage as the figures see it. `at`: ms of the run, ascending. */
export interface Placed extends JudgedColumns {
  readonly source: string;
  readonly title: string;
  readonly intervalMs: number;
  /** By sample; ms to either side. */
  readonly errors: Float64Array;
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
    const facts = { source: this.source, title: this.title, intervalMs, reasons: this.#reasons, hasControl: this.#controls.length > 0 };
    const placed = this.clock.place(columns.at);
    if (placed !== null) return { ...columns, ...placed, ...facts };
    // Nobody knows when they were: they count, and stand nowhere.
    return { ...columns, errors: new Float64Array(columns.length), ...facts, ...notJudged(columns) };
  }
}

function notJudged({ length, outcome }: JudgedColumns): Pick<JudgedColumns, 'outcome' | 'by' | 'at'> {
  const never = notJudgedBy.indexOf('clock') + 1;
  return {
    at: new Float64Array(length).fill(Number.NaN),
    outcome: outcome.map((code) => (code === outcomeCode.dropped ? code : outcomeCode.notJudged)),
    by: outcome.map((code) => (code === outcomeCode.dropped ? 0 : never)),
  };
}

/** Without what was planned before: a probe's first requests open connections and fill caches, and are in no figure. */
export function since(placed: Placed, fromAt: number): Placed {
  const { at, took, outcome, error, by, errors } = placed;
  let first = 0;
  while (first < placed.length && (at[first] ?? 0) < fromAt) first++;
  if (first === 0) return placed;
  return {
    ...placed,
    ...{ length: placed.length - first, at: at.subarray(first), took: took.subarray(first), outcome: outcome.subarray(first) },
    ...{ error: error.subarray(first), by: by.subarray(first), errors: errors.subarray(first) },
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

export function sumOf(all: readonly ProbeCounts[]): ProbeCounts {
  const sum = (of: Exclude<keyof ProbeCounts, 'notJudgedBy'>): number => all.reduce((total, each) => total + each[of], 0);
  const by = (of: NotJudgedBy): number => all.reduce((total, each) => total + each.notJudgedBy[of], 0);
  return {
    ...{ planned: sum('planned'), ok: sum('ok'), slow: sum('slow'), failed: sum('failed'), unknown: sum('unknown') },
    ...{ wrong: sum('wrong'), notJudged: sum('notJudged'), dropped: sum('dropped') },
    notJudgedBy: { control: by('control'), lag: by('lag'), missing: by('missing'), clock: by('clock') },
  };
}

/** Of planned: dropped ones were not judged either. null: nothing was planned. */
export function judgedShare({ planned, notJudged: not, dropped }: ProbeCounts): number | null {
  return planned === 0 ? null : (planned - not - dropped) / planned;
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
