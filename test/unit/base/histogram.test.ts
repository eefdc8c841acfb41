import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import jsHistogram from 'hdr-histogram-js/dist/JsHistogram.js';
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { FaultlineError } from '../../../src/base/errors.ts';
import { decodeHistogram, newHistogram, type Histogram } from '../../../src/base/histogram.ts';

type Buckets = readonly (readonly [valueUs: number, count: number])[];

function bucketsOf(base64: string): Buckets {
  const found: [number, number][] = [];
  decodeHistogram(base64).forEachBucket((valueUs, count) => found.push([valueUs, count]));
  return found;
}

/** As the library reads it: every bucket that holds something, by its highest value. */
function bucketsByLibrary(base64: string): Buckets {
  const read = decodeFromCompressedBase64(base64, 64);
  assert.ok(read instanceof jsHistogram.JsHistogram);
  const found: [number, number][] = [];
  for (let index = 0; index < read.countsArrayLength; index++) {
    const count = read.getCountAtIndex(index);
    if (count > 0) found.push([read.highestEquivalentValue(read.valueFromIndex(index)), count]);
  }
  return found;
}

/** Without a library: three digits are 2048 buckets of 1 µs, then 1024 for each doubling. */
function expected(values: readonly number[]): Buckets {
  const counts = new Map<number, number>();
  for (const value of values) {
    let width = 1;
    while (value >= 2048 * width) width *= 2;
    const highest = Math.floor(value / width) * width + width - 1;
    counts.set(highest, (counts.get(highest) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b);
}

function recorded(values: readonly number[]): Histogram {
  const histogram = newHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The same numbers every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('histogram', () => {
  for (const [what, highest, count] of [
    ['a millisecond', 1e3, 500],
    ['a second', 1e6, 5000],
    ['an hour', 3.6e9, 5000],
    ['a year', 3.2e13, 500],
  ] as const) {
    it(`gives back every value up to ${what} in its bucket, as the library reads it too`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const next = random(seed);
        const values = Array.from({ length: count }, () => Math.floor(highest ** next()));
        const encoded = recorded(values).encode();
        assert.deepEqual(bucketsOf(encoded), expected(values));
        assert.deepEqual(bucketsByLibrary(encoded), expected(values));
        assert.equal(decodeHistogram(encoded).count, count);
      }
    });
  }

  it('puts a value at the edge of each bucket’s doubling where the library does', () => {
    const edges = Array.from({ length: 42 }, (_, i) => 2 ** (i + 11)).flatMap((value) => [value - 1, value, value + 1]);
    for (const value of edges) assert.deepEqual(bucketsOf(recorded([value]).encode()), expected([value]), String(value));
  });

  it('reads what the library wrote', () => {
    const written = build({ bitBucketSize: 64, autoResize: true, numberOfSignificantValueDigits: 3, useWebAssembly: false });
    const values = [0, 1, 2047, 2048, 2049, 1_400_000, 1_400_000, 3_600_000_000];
    for (const value of values) written.recordValue(value);
    assert.deepEqual(bucketsOf(encodeIntoCompressedBase64(written)), expected(values));
  });

  // Streams that other implementations wrote, with what was recorded, as their own tests tell it.
  it('reads the stream of HdrHistogram_c: 10,000 times 1 ms and once 100 s', () => {
    const encoded = 'HISTFAAAACl4nJNpmSzMwMBgyAABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAlWkH9g==';
    assert.deepEqual(bucketsOf(encoded), [[1000, 10_000], ...expected([100_000_000])]);
  });

  it('reads the stream that HdrHistogram for Java and C agree on: once 2048', () => {
    assert.deepEqual(bucketsOf('HISTFAAAACB4nJNpmSzMwMDAzAABMJoRQnEw2H+AsP7LMwEARZgDpQ=='), [[2049, 1]]);
  });

  it('reads a stream of another precision: once 100 with no digit, as Java writes it', () => {
    assert.deepEqual(bucketsOf('HISTFAAAAB14nJNpmSzMwMDAxIAKGCEU8wv7DxAWLxMASToDcw=='), [[127, 1]]);
  });

  it('is empty before the first value and after a reset', () => {
    const histogram = newHistogram();
    assert.deepEqual(bucketsOf(histogram.encode()), []);
    histogram.record(1_000_000);
    histogram.reset();
    assert.equal(histogram.count, 0);
    assert.deepEqual(bucketsOf(histogram.encode()), []);
    histogram.record(3);
    assert.deepEqual(bucketsOf(histogram.encode()), [[3, 1]]);
  });

  it('counts what can’t be a duration as 0, rounds, and takes no more than 2^53 - 1', () => {
    const histogram = recorded([-5, Number.NaN, 0.4, 0.5, 1.4]);
    assert.deepEqual(bucketsOf(histogram.encode()), [
      [0, 3],
      [1, 2],
    ]);
    const huge = recorded([Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, 1e300]);
    assert.deepEqual(bucketsOf(huge.encode()), expected(Array.from({ length: 3 }, () => Number.MAX_SAFE_INTEGER)));
  });

  it('keeps counts beyond four billion', () => {
    const histogram = newHistogram();
    histogram.record(700, 5_000_000_000);
    histogram.record(700);
    histogram.record(90_000, 2 ** 45);
    assert.equal(histogram.count, 5_000_000_001 + 2 ** 45);
    assert.deepEqual(
      bucketsOf(histogram.encode()),
      [
        [700, 5_000_000_001],
        [90_047, 2 ** 45],
      ].map(([value = 0, count = 0]) => [expected([value])[0]?.[0] ?? 0, count]),
    );
  });

  it('says that a text is no histogram', () => {
    const good = recorded([1, 20, 300]).encode();
    const bad = ['', 'HIST', 'not base64 at all!', good.slice(0, 20), good.slice(4), Buffer.from('{"p99": 3}').toString('base64')];
    for (const text of bad)
      assert.throws(
        () => decodeHistogram(text),
        (error) => FaultlineError.is(error, 'invalid'),
        text,
      );
  });
});
