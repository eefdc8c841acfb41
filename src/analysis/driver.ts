/** Whether the driver kept its own time, as `measurement.md` (Load) defines it. Browser-safe. */
import { decodeHistogram } from '../base/histogram.ts';
import { t } from '../base/messages.ts';
import { formatDuration } from '../base/units.ts';
import type { DriverEvent, GapEvent } from '../journal/events.ts';
import { WeightedRanks } from './ranks.ts';
import { durationBeside, formatShare, percentileName, shareBeside } from './text.ts';
import type { DriverView } from './view.ts';

const busyLimit = 0.8;
/** Of the response median, but not less than the milliseconds. */
const lagShare = 0.05;
const leastLagLimitMs = 2;
/** Against the run's own clock, between two readings: more than a clock that is slowly corrected does. */
const clockJumpMs = 1000;

export class DriverWatch {
  readonly #startedAt: number;
  /** Operations by whole microseconds. */
  readonly #lag = new Map<number, number>();
  readonly #gaps: GapEvent[] = [];
  readonly #clockNotes: string[] = [];
  #busy: number | null = null;
  /** Wall clock against the run's. */
  #drift = 0;
  #measuringFrom: number | null = null;
  #underway = 0;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** What was before is not of the measured part. */
  measuring(fromMs: number): void {
    this.#measuringFrom = fromMs;
    this.#lag.clear();
    this.#busy = null;
  }

  add(event: DriverEvent): void {
    this.#readClock(event);
    this.#underway = event.inFlight + event.queued;
    if (this.#measuringFrom === null) return;
    this.#busy = Math.max(this.#busy ?? 0, event.busy);
    decodeHistogram(event.lag).forEachBucket((us, count) => this.#lag.set(us, (this.#lag.get(us) ?? 0) + count));
  }

  addGap(gap: GapEvent): void {
    this.#gaps.push(gap);
  }

  /** Sent and waiting, at the newest reading of the measured part. */
  get underway(): number {
    return this.#measuringFrom === null ? 0 : this.#underway;
  }

  get notes(): readonly string[] {
    return this.#clockNotes;
  }

  view(responseMedianMs: number | null): DriverView {
    const from = this.#measuringFrom ?? Infinity;
    const gaps = this.#gaps.filter(({ t: at, ms }) => at + ms > from).map(({ t: atMs, ms }) => ({ atMs, ms }));
    const lagLimitMs = Math.max(leastLagLimitMs, lagShare * (responseMedianMs ?? 0));
    const lagUs = new WeightedRanks([...this.#lag]);
    const lagMs = (percentile: number): number | null => {
      const us = lagUs.quantile(percentile);
      return us === null ? null : us / 1000;
    };
    const lagP99Ms = lagMs(0.99);
    // Too few for a p99 (a closed load of few operations): the highest percentile that they allow decides.
    const judged = [0.99, 0.95, 0.9, 0.5].find((percentile) => lagMs(percentile) !== null) ?? 0.99;
    const judgedMs = lagMs(judged);
    const longest = gaps.reduce((most, { ms }) => Math.max(most, ms), 0);
    let reason: string | null = null;
    if (longest > 0) {
      reason = t('the driver stood still for {0}: the machine slept or the process was stopped', formatDuration(longest));
    } else if (judgedMs !== null && judgedMs > lagLimitMs) {
      const values = [percentileName(judged), durationBeside(judgedMs, lagLimitMs), formatDuration(lagLimitMs)] as const;
      reason = t('driver lag {0} was {1}, the limit is {2}', ...values);
    } else if (this.#busy !== null && this.#busy > busyLimit) {
      reason = t('the driver was {0} busy, the limit is {1}', shareBeside(this.#busy, busyLimit), formatShare(busyLimit));
    }
    return { valid: reason === null, reason, lagP99Ms, lagLimitMs, busy: this.#busy, busyLimit, gaps };
  }

  #readClock({ t: at, wallMs }: DriverEvent): void {
    const drift = wallMs - (this.#startedAt + at);
    const jumped = drift - this.#drift;
    this.#drift = drift;
    if (Math.abs(jumped) <= clockJumpMs) return;
    const values = [formatDuration(Math.abs(jumped)), formatDuration(at)] as const;
    this.#clockNotes.push(
      jumped < 0
        ? t('The machine’s clock was set back by {0} at {1} of the run; no duration is measured with it', ...values)
        : t('The machine’s clock went ahead by {0} at {1} of the run: it was set, or the machine slept', ...values),
    );
  }
}
