import assert from 'node:assert/strict';
import { poissonArrivals, uniformArrivals, uniformCount } from '../../../../src/workload/load/schedule.ts';

const hourMs = 3_600_000;

function within(next: () => number, durationMs: number): number[] {
  const times: number[] = [];
  for (let at = next(); at < durationMs; at = next()) times.push(at);
  return times;
}

describe('arrival schedules', () => {
  for (const rate of [500, 333, 7, 0.3, 1234.5]) {
    it(`uniform arrivals at ${rate}/s keep their rate over an hour within 0.01 %`, () => {
      const next = uniformArrivals(rate);
      let count = 0;
      let last = 0;
      for (let at = next(); at < hourMs; at = next()) {
        count++;
        last = at;
      }
      // The last of n arrivals is n - 1 intervals after the first.
      const measured = (count - 1) / (last / 1000);
      assert.ok(Math.abs(measured / rate - 1) <= 1e-12, `${measured}/s`);
      assert.ok(Math.abs(count / ((rate * hourMs) / 1000) - 1) <= Math.max(1e-4, 1000 / (rate * hourMs)), `${count} arrivals`);
    });
  }

  it('a rate whose interval is no whole nanosecond does not drift: 3 million a second', () => {
    const next = uniformArrivals(3_000_000);
    for (let i = 0; i < 3_000_000; i++) next();
    assert.equal(next(), 1000);
  });

  it('the number that is announced is the number that comes', () => {
    for (let rate = 1; rate < 400; rate++) {
      for (const durationMs of [1000, 999.9, 333, 1000 / rate, 3000 / rate, 0.001]) {
        assert.equal(uniformCount(rate, durationMs), within(uniformArrivals(rate), durationMs).length, `${rate}/s for ${durationMs} ms`);
      }
    }
  });

  it('Poisson arrivals have exponential intervals: mean and standard deviation are 1 / rate, and the long rate holds', () => {
    const rate = 500;
    const times = within(poissonArrivals(rate, 42, 'measuring'), hourMs);
    const gaps = times.map((at, i) => at - (times[i - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    // 1.8 million intervals: four standard errors are 0.3 % of the mean, and 0.85 % of the variance (of an exponential: √8 / √n).
    assert.ok(Math.abs(mean / 2 - 1) < 0.003, `mean ${mean} ms`);
    assert.ok(Math.abs(variance / 4 - 1) < 0.0085, `variance ${variance} ms²`);
  });

  it('counts of a Poisson process in equal spans have a variance equal to their mean', () => {
    const times = within(poissonArrivals(100, 7, 'measuring'), 2_000_000);
    const counts = Array.from({ length: 2000 }, () => 0);
    for (const at of times) counts[Math.floor(at / 1000)] = (counts[Math.floor(at / 1000)] ?? 0) + 1;
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    assert.ok(Math.abs(variance / mean - 1) < 0.13, `dispersion ${variance / mean}`);
  });

  it('the same seed has the same arrivals, another seed and another phase others', () => {
    const first = (seed: number, stream = 'measuring'): number[] => {
      const next = poissonArrivals(10, seed, stream);
      return Array.from({ length: 20 }, next);
    };
    assert.deepEqual(first(1), first(1));
    assert.notDeepEqual(first(1), first(2));
    assert.notDeepEqual(first(1), first(1, 'warmUp'));
  });
});
