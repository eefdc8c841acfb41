/** When operations of an open load arrive: offsets in ms since the phase's start, ascending, made one at a time, never held. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { generator } from './random.ts';

/** Answers the next arrival each time; without an end. */
export type Arrivals = () => number;

/**
 * Arrival `i` is at i × 1000 / rate: one multiplication and one division of doubles each, exact to half a unit in the last place
 * as long as i × 1000 < 2^53 (9 × 10^12 arrivals), so nothing adds up over hours. An interval that is rounded to whole nanoseconds
 * and added up, as in OMB's UniformRateLimiter, is 0.1 % off at 3 million a second.
 */
export function uniformArrivals(ratePerSecond: number): Arrivals {
  let index = 0;
  return () => (index++ * 1000) / ratePerSecond;
}

/** A Poisson process: independent, exponentially distributed intervals with the mean 1000 / rate, by inversion. `stream`: its phase. */
export function poissonArrivals(ratePerSecond: number, seed: number, stream: string): Arrivals {
  const random = generator(seed, `${stream} arrivals`);
  const mean = 1000 / ratePerSecond;
  let at = 0;
  // 1 - u is in (0, 1]: the logarithm is finite.
  return () => (at += -Math.log(1 - uniformFloat64(random)) * mean);
}

/** How many uniform arrivals lie in [0, durationMs). */
export function uniformCount(ratePerSecond: number, durationMs: number): number {
  let count = Math.ceil((durationMs * ratePerSecond) / 1000);
  // The last one by the same arithmetic as the arrivals': else a rounding could say one more or less than will come.
  while (count > 0 && ((count - 1) * 1000) / ratePerSecond >= durationMs) count--;
  while ((count * 1000) / ratePerSecond < durationMs) count++;
  return count;
}
