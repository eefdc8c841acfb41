/** Axes of latency (logarithmic: charts are given logarithms) and of the run's time. */
import { t } from '../../../src/base/messages.ts';
import type { Axis } from '../../kit/chart.ts';
import { clock, tick } from '../words.ts';

const leastMs = 0.001;

export function log(ms: number): number {
  return Math.log10(Math.max(ms, leastMs));
}

/** 1 and 3 of each decade, or 1 alone where there is no room for both. */
export function latencyTicks(min: number, max: number, roomPx: number, tickPx: number): readonly number[] {
  const decades = Math.max(1, max - min);
  const steps = roomPx / decades >= 2.2 * tickPx ? [1, 3] : [1];
  const every = Math.max(1, Math.ceil(tickPx / (roomPx / decades)));
  const ticks: number[] = [];
  for (let decade = Math.floor(min); decade <= Math.ceil(max); decade++) {
    if (decade % every !== 0) continue;
    for (const step of steps) {
      const at = decade + Math.log10(step);
      if (at >= min - 1e-9 && at <= max + 1e-9) ticks.push(at);
    }
  }
  return ticks;
}

export function latencyAxis(min: number, max: number, roomPx: number, tickPx: number, axisRoomPx: number): Axis {
  return {
    min,
    max,
    roomPx: axisRoomPx,
    ticks: latencyTicks(min, max, roomPx, tickPx).map((at) => ({ at, label: tick(10 ** at), line: false })),
  };
}

/** The largest of 1, 2, 5 … below and the smallest above, as logarithms. */
export function around(fromMs: number, toMs: number): { readonly min: number; readonly max: number } {
  const steps = [1, 1.5, 2, 3, 5, 7, 10];
  const nice = (ms: number, up: boolean): number => {
    const exact = log(ms);
    const decade = Math.floor(exact + 1e-9);
    const rest = 10 ** (exact - decade);
    const step = up ? (steps.find((value) => value >= rest - 1e-6) ?? 10) : (steps.findLast((value) => value <= rest + 1e-6) ?? 1);
    return decade + Math.log10(step);
  };
  const min = nice(fromMs, false);
  const max = nice(toMs, true);
  return max - min < 0.15 ? { min: min - 0.1, max: max + 0.1 } : { min, max };
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const timeSteps = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 4, 8, 24].map((n) => n * hour),
];

export function timeAxis(fromMs: number, toMs: number, roomPx: number, axisRoomPx: number, gapPx: number): Axis {
  const most = Math.max(2, Math.floor(roomPx / 40));
  const step = timeSteps.find((value) => (toMs - fromMs) / value <= most) ?? (toMs - fromMs) / most;
  const at: number[] = [];
  for (let time = Math.ceil(fromMs / step - 1e-9) * step; time <= toMs + 1e-6; time += step) at.push(time);
  return {
    min: fromMs,
    max: toMs,
    roomPx: axisRoomPx,
    gapPx,
    ticks: at.map((time, i) => ({ at: time, label: timeLabel(time, step, toMs, i === at.length - 1), line: false })),
  };
}

/** The unit stands at the last one: 0, 1, 2 … 10 min. */
function timeLabel(time: number, step: number, toMs: number, last: boolean): string {
  if (step >= minute && step < hour) return last ? t('{0} min', time / minute) : String(time / minute);
  if (step >= hour) return last ? t('{0} h', time / hour) : String(time / hour);
  if (toMs >= 2 * minute) return clock(time);
  const seconds = String(Number((time / second).toFixed(2)));
  return last ? t('{0} s', seconds) : seconds;
}
