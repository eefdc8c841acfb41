import assert from 'node:assert/strict';
import { LogBins } from '../../../src/analysis/log-bins.ts';
import { codeOf, enough, lowerOf, needed, Ranks, rankOf } from '../../../src/analysis/ranks.ts';
import { everything, outcomeCode, Rows, type Sample } from '../../../src/analysis/rows.ts';
import { random } from './support.ts';

const none = Number.NaN;

function sampleOf(values: readonly number[], weights?: readonly number[]): Sample {
  const rows = new Rows();
  for (const [i, response] of values.entries()) {
    const row = { planned: i, statement: 0, arm: 0, outcome: outcomeCode.ok, response, service: none, wait: none, error: 0 };
    const weight = weights?.[i];
    rows.push(weight === undefined ? row : { ...row, weights: { response: weight, service: 0, wait: 0 } });
  }
  return rows.sample('response', everything);
}

function nearestRank(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[rankOf(sorted.length, quantile) - 1] ?? none;
}

function wordOf(value: number): number {
  return new Uint32Array(Float64Array.of(value).buffer)[1] ?? 0;
}

describe('percentiles', () => {
  it('are exactly those of the sorted values, whatever their number and spread', () => {
    const ranks = new Ranks();
    for (const [seed, count] of [7, 60, 999, 5000, 120_000].entries()) {
      const next = random(seed + 1);
      const spread = seed * 3;
      const values = Array.from({ length: count }, () => 0.01 * Math.exp(next() * spread));
      const { p50, p90, p95, p99, p999, max } = ranks.read(sampleOf(values)).percentiles();
      const shown = (quantile: number): number | null => (enough(count, quantile) ? nearestRank(values, quantile) : null);
      assert.deepEqual([p50, p90, p95, p99, p999], [0.5, 0.9, 0.95, 0.99, 0.999].map(shown), `${count} values`);
      assert.equal(max, Math.max(...values.slice(0, 60_000), ...values.slice(60_000)));
    }
  });

  it('count a weighted value as often as it weighs', () => {
    const values = [5, 1, 3, 3.0001, 2];
    const weights = [2, 7, 1, 400, 90];
    const all = values.flatMap((value, i) => Array.from({ length: weights[i] ?? 0 }, () => value));
    const ranks = new Ranks().read(sampleOf(values, weights));
    assert.equal(ranks.count, 500);
    for (const rank of [1, 7, 8, 97, 98, 99, 498, 499, 500]) assert.deepEqual(ranks.at([rank]), [all.sort((a, b) => a - b)[rank - 1]]);
  });

  it('are shown from 3 samples on (median), 50 (p90), 100 (p95), 500 (p99) and 5,000 (p99.9)', () => {
    for (const [quantile, least] of [
      [0.5, 3],
      [0.9, 50],
      [0.95, 100],
      [0.99, 500],
      [0.999, 5000],
      [1, 1],
    ] as const) {
      assert.equal(needed(quantile), least);
      assert.deepEqual([enough(least - 1, quantile), enough(least, quantile)], [false, true], `p${quantile * 100}`);
    }
  });

  it('of nothing but zeros are zero', () => {
    const zeros = new Ranks().read(sampleOf(Array.from({ length: 600 }, () => 0)));
    assert.deepEqual(zeros.percentiles(), { count: 600, p50: 0, p90: 0, p95: 0, p99: 0, p999: null, max: 0 });
  });

  it('of one sample do not remember the one before', () => {
    const ranks = new Ranks();
    ranks.read(sampleOf([1, 2, 3, 4, 5, 1000])).percentiles();
    assert.deepEqual(ranks.read(sampleOf([7, 7, 7])).at([1, 2, 3]), [7, 7, 7]);
    assert.equal(ranks.count, 3);
  });

  it('need buckets that are 0.1 % wide and follow each other without a gap', () => {
    for (const value of [0.0005, 0.017, 0.5, 1, 1.999, 765.4321, 3_600_000]) {
      const code = codeOf(wordOf(value));
      assert.ok(lowerOf(code) <= value && value < lowerOf(code + 1), `${value}`);
      assert.ok(lowerOf(code + 1) / lowerOf(code) < 1.001, `${value}`);
    }
  });
});

describe('bins of a histogram', () => {
  it('are 40 to 60 between the least and the greatest value, and hold every value between their edges', () => {
    const next = random(3);
    for (const decades of [0.3, 1, 2.3, 4, 6]) {
      const values = Array.from({ length: 500 }, () => 0.7 * 10 ** (next() * decades));
      const bins = new LogBins(Math.min(...values), Math.max(...values), 60);
      assert.ok(bins.count >= 40 && bins.count <= 60, `${bins.count} bins for ${decades} decades`);
      for (const value of [...values, ...bins.edgesMs.slice(0, -1)]) {
        const bin = bins.binOf(value, wordOf(value));
        assert.ok((bins.edgesMs[bin] ?? Infinity) <= value && value < (bins.edgesMs[bin + 1] ?? 0), `${value} in bin ${bin}`);
      }
    }
  });

  it('have the same edges while new values stay inside, and after the range grew the old ones where both have them', () => {
    const before = new LogBins(10, 900, 60);
    assert.deepEqual(new LogBins(10.1, 899, 60).edgesMs, before.edgesMs);
    const grown = new LogBins(10, 950, 60);
    assert.deepEqual(grown.edgesMs.slice(0, before.count + 1), before.edgesMs);
  });

  it('are one for a single value, and hold zero', () => {
    assert.equal(new LogBins(5, 5, 60).count, 1);
    assert.equal(new LogBins(0, 0, 60).binOf(0, 0), 0);
  });
});
