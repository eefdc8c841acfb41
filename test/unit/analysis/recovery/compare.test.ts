/** Two groups of recoveries. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { compareRecoveries, kaplanMeierMedian, type ComparedRecovery, type Group } from '../../../../src/analysis/recovery/compare.ts';
import type { CensoredTime } from '../../../../src/analysis/recovery/outcome.ts';
import { random } from '../support.ts';

function runs(side: number, times: readonly CensoredTime[]): readonly ComparedRecovery[] {
  return times.map((recovered, i) => ({
    run: `${side}-${i}`,
    startedAt: i * 2 + side,
    outcome: { title: 'kill', impactMs: 100, recovered, unavailableMs: 0, lost: 0 },
  }));
}

const value = (ms: number): CensoredTime => ({ kind: 'value', ms });
const never = (withinMs: number): CensoredTime => ({ kind: 'never', withinMs });
const group = (label: string, side: number, times: readonly CensoredTime[]): Group => ({ label, runs: runs(side, times) });
const spread = (from: number, count = 12): readonly CensoredTime[] => Array.from({ length: count }, (_, i) => value(from + i * 10));

describe('two groups of recoveries', () => {
  it('are told apart by medians from ten a side on', () => {
    const found = compareRecoveries(group('A', 0, spread(3000)), group('B', 1, spread(9000)));
    assert.deepEqual([found.finding, found.effect, found.a.medianMs, found.b.medianMs], ['faster', -1, 3055, 9055]);
    assert.equal(found.text, 'A recovers faster than B: 3.06 s and 9.06 s (medians of 12 and 12)');
    assert.equal(compareRecoveries(group('A', 0, spread(9000)), group('B', 1, spread(3000))).finding, 'slower');
    const few = compareRecoveries(group('A', 0, spread(3000, 9)), group('B', 1, spread(9000, 12)));
    assert.deepEqual([few.finding, few.text.startsWith('~')], ['unsaid', true]);
    assert.match(few.text, /10 runs a side are needed/);
  });

  it('claim nothing where the runs did not take turns', () => {
    const later = { label: 'B', runs: runs(1, spread(9000)).map((run) => ({ ...run, startedAt: run.startedAt + 1e6 })) };
    const found = compareRecoveries(group('A', 0, spread(3000)), later);
    assert.deepEqual([found.finding, found.interleaved], ['unsaid', false]);
    assert.match(found.text, /did not take turns/);
  });

  it('never average what never came: it lasted longer, and has no number', () => {
    const some = group('B', 1, [...spread(9000, 8), ...Array.from({ length: 4 }, () => never(120_000))]);
    const found = compareRecoveries(group('A', 0, spread(3000)), some);
    assert.deepEqual([found.b.censored, found.b.medianMs, found.finding], [4, 9055, 'faster']);
    const most = compareRecoveries(
      group('A', 0, spread(3000)),
      group('B', 1, [...spread(9000, 4), ...Array.from({ length: 8 }, () => never(120_000))]),
    );
    assert.deepEqual([most.b.medianMs, most.b.median, most.finding], [null, 'longer than 120.0 s', 'faster']);
  });

  it('leave out what could not be judged, and count it; no impact took no time', () => {
    const found = compareRecoveries(
      group('A', 0, [...spread(3000, 10), { kind: 'unknown' }]),
      group('B', 1, [{ kind: 'none' }, ...spread(3000, 10)]),
    );
    assert.deepEqual([found.a.leftOut, found.a.count, found.b.count], [1, 10, 11]);
    assert.equal(found.finding, 'unsaid');
  });

  it('of the same thing are claimed to differ as often as the test allows: 5 %', () => {
    const next = random(4711);
    let claims = 0;
    for (let i = 0; i < 400; i++) {
      const times = (): readonly CensoredTime[] =>
        Array.from({ length: 12 }, () => {
          const ms = 3000 - 4000 * Math.log(next());
          return ms > 12_000 ? never(12_000) : value(ms);
        });
      if (compareRecoveries(group('A', 0, times()), group('B', 1, times())).finding !== 'unsaid') claims++;
    }
    assert.ok(claims >= 4 && claims <= 36, `${claims} of 400`);
  });

  it('have the median of Kaplan and Meier', () => {
    const times = (list: readonly (readonly [ms: number, censored?: boolean])[]): { ms: number; censored: boolean }[] =>
      list.map(([ms, censored = false]) => ({ ms, censored }));
    assert.equal(kaplanMeierMedian(times([[1], [2], [3]])), 2);
    assert.equal(kaplanMeierMedian(times([[1], [2], [3], [4]])), 2.5);
    // Censored before anybody else: it says nothing about who came first.
    assert.equal(kaplanMeierMedian(times([[0.5, true], [1], [2], [3]])), 2);
    assert.equal(kaplanMeierMedian(times([[1], [2, true], [3, true], [4, true]])), null);
    // 5 of 6, then 4 of 5, then 3 of 3 left after two were lost: 5/6 · 4/5 · 2/3 = 0.44.
    assert.equal(kaplanMeierMedian(times([[1], [2], [2.5, true], [3], [9, true], [9, true]])), 3);
  });
});
