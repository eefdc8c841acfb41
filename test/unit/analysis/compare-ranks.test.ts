import assert from 'node:assert/strict';
import { medianInterval, ratioInterval } from '../../../src/analysis/compare/intervals.ts';
import { upperTail } from '../../../src/analysis/compare/normal.ts';
import { outsideInterval, rankTest } from '../../../src/analysis/compare/ranks.ts';
import { generator } from '../../bench/simulated.ts';

const sorted = (...values: readonly number[]): Float64Array => Float64Array.from(values).sort();
const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected} ± ${within}`);

/** Permeability of the human chorioamnion: Hollander and Wolfe, Nonparametric Statistical Methods, 1973, table 4.1. */
const term = sorted(0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46);
const earlier = sorted(1.15, 0.88, 0.9, 0.74, 1.21);

describe('the rank test', () => {
  it('gives the published p-value of Hollander and Wolfe’s example', () => {
    const { u, p, exact } = rankTest(term, earlier);
    assert.deepEqual([u, exact], [35, true]);
    // One-sided 0.1272 in the book; no tie, so twice that.
    near(p, 2 * 0.1272, 0.0001);
  });

  it('gives 1/9 for 5 against 4 with U 17, as tables of U do', () => {
    const { u, p } = rankTest(sorted(19, 22, 16, 29, 24), sorted(20, 11, 17, 12));
    assert.equal(u, 17);
    near(p, 14 / 126, 1e-12);
  });

  it('is as far from saying anything one way as the other', () => {
    assert.equal(rankTest(term, earlier).p, rankTest(earlier, term).p);
    assert.equal(rankTest(term, earlier).delta, -rankTest(earlier, term).delta);
  });

  it('the effect is −1 where all of A are smaller, 1 where all are larger, 0 where nothing differs', () => {
    assert.equal(rankTest(sorted(1, 2, 3), sorted(4, 5)).delta, -1);
    assert.equal(rankTest(sorted(4, 5), sorted(1, 2, 3)).delta, 1);
    assert.equal(rankTest(sorted(1, 2, 3), sorted(1, 2, 3)).delta, 0);
    // 5 pairs larger, 3 smaller, 1 tied of 9.
    near(rankTest(sorted(2, 3, 6), sorted(1, 3, 5)).delta, 2 / 9, 1e-12);
  });

  it('with ties, is near what counting every arrangement gives', () => {
    const a = sorted(1, 2, 2, 3, 3, 3, 5, 6);
    const b = sorted(2, 3, 4, 4, 5, 5, 6, 7);
    const { p, exact } = rankTest(a, b);
    assert.equal(exact, false);
    near(p, permuted(a, b), 0.01);
  });

  it('of values that are all the same says nothing', () => {
    assert.equal(rankTest(new Float64Array(30).fill(2), new Float64Array(40).fill(2)).p, 1);
  });

  it('counts and approximates to the same p where the one hands over to the other', () => {
    const random = generator(1);
    const draw = (count: number, shift: number): Float64Array => Float64Array.from({ length: count }, () => random() + shift).sort();
    const a = draw(27, 0);
    const b = draw(27, 0.15);
    const exact = rankTest(a, b);
    assert.equal(exact.exact, true);
    // A tie of two changes nothing but the way it is worked out.
    const tied = rankTest(Float64Array.from([...a.slice(0, 25), 9, 9]).sort(), b);
    const untied = rankTest(Float64Array.from([...a.slice(0, 25), 9, 9.1]).sort(), b);
    assert.deepEqual([tied.exact, untied.exact], [false, true]);
    near(tied.p, untied.p, 0.005);
  });

  it('has the critical values of the tables of U', () => {
    // Two-sided 5 %: a U up to 23, 127, 13, 8 is significant (Siegel and Castellan, table J, and others).
    const sizes = [
      [10, 10, 24],
      [20, 20, 128],
      [8, 8, 14],
      [10, 5, 9],
      [3, 3, 0],
    ] as const;
    for (const [n, m, expected] of sizes) assert.equal(outsideInterval(n, m), expected, `${n} and ${m}`);
  });
});

describe('intervals without a distribution', () => {
  it('of a median are the published ones', () => {
    // Example of ci.median of the R package statpsych, by Snedecor and Cochran, Statistical Methods, 8th edition.
    const values = [30.2, 20.4, 15.1, 10.2, 10.5, 60.8, 20.8, 25, 20.7, 30.9, 10.8, 5.1, 50.9, 40, 20.9, 10.8, 0, 20.5, 50.8];
    assert.deepEqual(medianInterval(sorted(...values)), { count: 19, median: 20.7, low: 10.8, high: 30.9 });
    // The narrowest pairs of ranks with at least 95 % in printed tables for the median.
    const ranks = [
      [6, 1, 6],
      [9, 2, 8],
      [10, 2, 9],
      [12, 3, 10],
      [15, 4, 12],
      [17, 5, 13],
      [20, 6, 15],
    ] as const;
    for (const [count, low, high] of ranks) {
      const interval = medianInterval(Float64Array.from({ length: count }, (_, index) => index + 1));
      assert.deepEqual(interval, { count, median: (count + 1) / 2, low, high });
    }
  });

  it('are absent below six samples, and the median below three', () => {
    assert.deepEqual(medianInterval(sorted(1, 2, 3, 4, 9)), { count: 5, median: 3, low: null, high: null });
    assert.equal(medianInterval(sorted(1, 2)), null);
    assert.equal(ratioInterval(sorted(1, 2, 3), sorted(1, 2, 3)), null);
    assert.equal(ratioInterval(sorted(), sorted(1)), null);
  });

  it('grow without a jump where many samples are approximated', () => {
    const width = (count: number): number => {
      const { low, high } = medianInterval(Float64Array.from({ length: count }, (_, index) => index + 1)) ?? {};
      return (high ?? 0) - (low ?? 0);
    };
    assert.ok(Math.abs(width(1001) - width(1000)) <= 2, `${width(1000)}, ${width(1001)}`);
  });

  it('of a ratio are those of the pairs, counted one by one', () => {
    const pairs = [...term].flatMap((x) => [...earlier].map((y) => x / y)).sort((x, y) => x - y);
    const interval = ratioInterval(term, earlier);
    assert.ok(interval !== null);
    near(interval.value, Math.sqrt((pairs[24] ?? 0) * (pairs[25] ?? 0)), 1e-9);
    near(interval.low, pairs[8] ?? 0, 1e-9);
    near(interval.high, pairs[50 - 9] ?? 0, 1e-9);
  });

  it('of a ratio is the published shift where the values are logarithms', () => {
    // Hollander and Wolfe, example 4.2: the estimate of Hodges and Lehmann is 0.305.
    const interval = ratioInterval(term.map(Math.exp), earlier.map(Math.exp));
    near(Math.log(interval?.value ?? 0), 0.305, 1e-9);
  });

  it('of a ratio hold 1 just where the rank test sees nothing at 5 %', () => {
    const random = generator(2);
    let different = 0;
    for (let round = 0; round < 200; round++) {
      const a = Float64Array.from({ length: 12 }, () => 1 + random()).sort();
      const b = Float64Array.from({ length: 15 }, () => 1.25 + random()).sort();
      const interval = ratioInterval(a, b);
      const apart = interval !== null && (interval.low > 1 || interval.high < 1);
      if (apart) different++;
      assert.equal(apart, rankTest(a, b).p <= 0.05, `round ${round}`);
    }
    assert.ok(different > 20 && different < 180, `${different} of 200 differ: both cases were seen`);
  });
});

describe('the normal distribution', () => {
  it('has the tails of the tables', () => {
    // Abramowitz and Stegun, tables 26.1 and 26.2.
    near(upperTail(0), 0.5, 1e-15);
    near(upperTail(1.959963984540054), 0.025, 1e-15);
    near(upperTail(-1), 0.8413447460685429, 1e-15);
    near(upperTail(5) / 2.866515719e-7, 1, 1e-8);
    near(upperTail(8) / 6.22096057e-16, 1, 1e-5);
  });

  it('has no step where the series changes', () => near(upperTail(6) / upperTail(6.000001), 1, 1e-4));
});

/** Two-sided p over every way to give the values to both sides. */
function permuted(a: Float64Array, b: Float64Array): number {
  const all = [...a, ...b];
  const middle = (a.length * b.length) / 2;
  const distance = (side: readonly number[], rest: readonly number[]): number => {
    let u = 0;
    for (const x of side) for (const y of rest) u += x > y ? 1 : x === y ? 0.5 : 0;
    return Math.abs(u - middle);
  };
  const seen = distance([...a], [...b]);
  let arrangements = 0;
  let asFar = 0;
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    const side = all.filter((_, index) => (mask >> index) & 1);
    if (side.length !== a.length) continue;
    arrangements++;
    const rest = all.filter((_, index) => !((mask >> index) & 1));
    if (distance(side, rest) >= seen) asFar++;
  }
  return asFar / arrangements;
}
