/** The run's own SQL as the client, where the plan has no probe. Its clock is the runner's. Browser-safe. */
import { decodeHistogram } from '../../../base/histogram.ts';
import type { DroppedEvent, GapEvent, HistogramEvent, OperationEvent } from '../../../journal/events.ts';
import type { Load } from '../../../journal/plan.ts';
import { judged, type JudgedColumns, type Lag } from './judge.ts';
import { outcomeCode, Reasons, Samples } from './samples.ts';
import type { Client, Placed, PlaceBy } from './vantage.ts';

/** An error of these may have come before or after the engine took the statement. */
const mayHaveWorked: readonly string[] = ['timedOut', 'unreachable'];

export class LoadClient implements Client {
  readonly source = 'runner';
  readonly title: string;
  readonly #samples = new Samples();
  readonly #reasons = new Reasons();
  readonly #lags: Lag[] = [];
  /** Of histograms. */
  readonly #spans: { readonly from: number; readonly ms: number }[] = [];
  readonly #intervalMs: number;
  readonly #writes: readonly boolean[];

  /** `writes`: by statement. Of a statement that only reads it does not matter whether it was carried out. */
  constructor(title: string, load: Load, writes: readonly boolean[]) {
    this.title = title;
    this.#writes = writes;
    this.#intervalMs = load.kind === 'open' ? 1000 / load.ratePerSecond : 0;
  }

  add(event: OperationEvent | HistogramEvent | DroppedEvent | GapEvent): void {
    switch (event.kind) {
      case 'gap':
        this.#lags.push({ at: event.t, ms: event.ms });
        break;
      case 'op':
        if (event.warmUp !== true) this.#operation(event);
        break;
      case 'histogram':
        if (event.warmUp !== true) this.#histogram(event);
        break;
      case 'dropped':
        if (event.warmUp === true) break;
        for (let k = 0; k < event.count; k++) this.#samples.push(event.t + (k * event.ms) / event.count, 0, outcomeCode.dropped);
        break;
    }
  }

  lastAt(): number {
    return this.#samples.columns().at.at(-1) ?? -Infinity;
  }

  place({ slowMs }: PlaceBy): Placed {
    const none = new Samples().columns();
    const columns = judged(this.#samples.columns(), { controls: none, lags: this.#lags, slowMs, intervalMs: null, until: null });
    const intervalMs = this.#intervalMs > 0 ? this.#intervalMs : meanDistance(columns.at);
    return {
      ...columns,
      ...{ source: this.source, title: this.title, intervalMs, ...this.#spread(columns) },
      ...{ reasons: this.#reasons, hasControl: false },
    };
  }

  /** What went well in the time of a histogram may have been planned anywhere in it. */
  #spread({ length, at, outcome }: JudgedColumns): Pick<Placed, 'early' | 'errors'> {
    const [early, errors] = [at.slice(), new Float64Array(length)];
    const spans = this.#spans.toSorted((a, b) => a.from - b.from);
    let next = 0;
    for (let i = 0; i < length; i++) {
      const planned = at[i] ?? 0;
      while ((spans[next + 1]?.from ?? Infinity) <= planned) next++;
      const { from, ms } = spans[next] ?? { from: Infinity, ms: 0 };
      if (planned < from || planned >= from + ms || (outcome[i] !== outcomeCode.ok && outcome[i] !== outcomeCode.slow)) continue;
      [early[i], errors[i]] = [from, ms];
    }
    return { early, errors };
  }

  #operation({ t: at, q, wait, service, answer, error }: OperationEvent): void {
    if (error === undefined) {
      this.#samples.push(at, wait + service, answer === 'wrong' ? outcomeCode.wrong : outcomeCode.ok);
      return;
    }
    const unknown = this.#writes[q] === true && mayHaveWorked.includes(error.reason);
    this.#samples.push(at, wait + service, unknown ? outcomeCode.unknown : outcomeCode.failed, this.#reasons.index(error, at));
  }

  /** Which of them was planned when is not recorded: they are spread over the interval, the fast and the slow ones alike. */
  #histogram({ t: from, ms, count, response }: HistogramEvent): void {
    const took = new Float64Array(count);
    let filled = 0;
    try {
      decodeHistogram(response).forEachBucket((us, many) => {
        took.fill(us / 1000, filled, Math.min(count, filled + many));
        filled += many;
      });
    } catch {
      // The run's own projection counts it as a line that can't be read.
      return;
    }
    this.#spans.push({ from, ms });
    const stride = strideOf(count);
    for (let k = 0; k < count; k++) this.#samples.push(from + (k * ms) / count, took[(k * stride) % count] ?? 0, outcomeCode.ok);
  }
}

/** A step that visits all of `count` places once, far apart from each other. */
function strideOf(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618));
  while (gcd(stride, count) !== 1) stride++;
  return stride;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function meanDistance(at: Float64Array): number {
  const length = (at.at(-1) ?? 0) - (at[0] ?? 0);
  return at.length < 2 ? 0 : length / (at.length - 1);
}
