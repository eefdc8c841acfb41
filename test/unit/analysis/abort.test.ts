import assert from 'node:assert/strict';
import { AbortWatch } from '../../../src/analysis/abort.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import type { AbortRule, Metric } from '../../../src/journal/plan.ts';
import { dropped, failed, histogram, op, phase, planOf } from './support.ts';

function rule(text: string, metric: Metric, limit: number, overMs: number, comparison: AbortRule['comparison'] = '>'): AbortRule {
  return { text, metric, comparison, limit, overMs };
}

const errors = rule('errors > 20 % over 10 s', { kind: 'errors' }, 0.2, 10_000);

/** Ends at `t`. */
function wentWrong(t: number): JournalEvent {
  return { ...failed(t - 2000, 0), wait: 0, service: 2000 };
}

function watch(rules: readonly AbortRule[], events: readonly JournalEvent[]): AbortWatch {
  const abort = new AbortWatch(rules, planOf(3));
  for (const event of [phase(0, 'measuring'), ...events]) abort.add(event);
  return abort;
}

function every(ms: number, from: number, to: number, make: (t: number) => JournalEvent): readonly JournalEvent[] {
  return Array.from({ length: Math.floor((to - from) / ms) }, (_, i) => make(from + i * ms));
}

describe('an abort rule', () => {
  it('ends a run with its text and what was measured', () => {
    const abort = watch([errors], [...every(300, 5100, 15_000, (t) => op(t, 0, 1)), ...every(500, 5500, 14_000, wentWrong)]);
    assert.equal(abort.check(15_000), 'errors > 20 % over 10 s: 34 % (17 of 50)');
  });

  it('does not hold before its window has passed once', () => {
    const abort = watch([errors], every(100, 0, 9000, wentWrong));
    assert.equal(abort.check(9999), null);
    assert.notEqual(abort.check(10_000), null);
  });

  it('looks at its newest window alone', () => {
    const abort = watch([errors], [...every(100, 0, 10_000, wentWrong), ...every(100, 10_000, 19_999, (t) => op(t, 0, 1))]);
    assert.equal(abort.check(20_500), null);
  });

  it('does not hold at its limit, nor where nothing happened', () => {
    const abort = watch([errors], [...every(100, 5000, 5400, (t) => op(t, 0, 1)), wentWrong(6000)]);
    assert.equal(abort.check(10_000), null);
    assert.equal(abort.check(60_000), null);
  });

  it('leaves the warm-up out', () => {
    const abort = new AbortWatch([errors], planOf(3));
    for (const event of every(100, 0, 20_000, wentWrong)) abort.add(Object.assign(event, { warmUp: true }));
    assert.equal(abort.check(20_000), null);
    abort.add(phase(20_000, 'measuring'));
    assert.equal(abort.check(40_000), null);
  });

  it('of a percentile needs enough samples, and takes histograms too', () => {
    const slow = rule('latency.p90 > 1 s over 5 s', { kind: 'latency', curve: 'response', percentile: 0.9 }, 1000, 5000);
    const few = watch(
      [slow],
      every(100, 1000, 5900, (t) => op(t, 1, 3000)),
    );
    assert.equal(few.check(9000), null);
    const single = watch(
      [slow],
      every(50, 1000, 5900, (t) => op(t, 1, 3000)),
    );
    assert.equal(single.check(8000), 'latency.p90 > 1 s over 5 s: 3.00 s');
    const packed = watch(
      [slow],
      [
        histogram(
          5000,
          250,
          Array.from({ length: 90 }, (_, i) => op(5000 + i, 1, i < 70 ? 5 : 3000)),
        ),
      ],
    );
    assert.match(packed.check(8000) ?? '', /^latency.p90 > 1 s over 5 s: 3.00 s$/);
    const other = watch(
      [rule('x', { kind: 'latency', curve: 'response', percentile: 0.9, statement: 'q01' }, 1000, 5000)],
      every(50, 1000, 5900, (t) => op(t, 1, 3000)),
    );
    assert.equal(other.check(8000), null);
  });

  it('can be on drops, answers and throughput', () => {
    const fine = every(100, 1, 5000, (t) => op(t, 0, 1));
    const drops = watch([rule('dropped > 5 % over 5 s', { kind: 'dropped' }, 0.05, 5000)], [...fine, dropped(4000, 1, 50)]);
    assert.equal(drops.check(5000), 'dropped > 5 % over 5 s: 50.5 % (50 of 99)');
    const answers = watch(
      [rule('answers wrong > 0 over 5 s', { kind: 'answers' }, 0, 5000)],
      [...fine, op(4500, 1, 2, { answer: 'wrong' })],
    );
    assert.equal(answers.check(5000), 'answers wrong > 0 over 5 s: 1');
    const slow = watch([rule('throughput < 10/s over 5 s', { kind: 'throughput' }, 10, 5000, '<')], fine);
    assert.equal(slow.check(5000), 'throughput < 10/s over 5 s: 9.8/s');
  });

  it('on throughput is over once all is sent: answers that are waited for are fewer', () => {
    const slow = rule('throughput < 5/s over 5 s', { kind: 'throughput' }, 5, 5000, '<');
    const abort = watch([slow, errors], [...every(100, 0, 10_000, (t) => op(t, 0, 1)), phase(10_000, 'draining')]);
    assert.equal(abort.check(20_000), null);
    for (const event of every(100, 20_000, 25_000, wentWrong)) abort.add(event);
    assert.match(abort.check(25_000) ?? '', /^errors > 20 %/);
  });

  it('tells what was measured from its limit', () => {
    const slow = rule('latency.max > 2 s over 5 s', { kind: 'latency', curve: 'response', percentile: 1 }, 2000, 5000);
    assert.equal(watch([slow], [op(4000, 0, 2004)]).check(8000), 'latency.max > 2 s over 5 s: 2.004 s');
  });

  it('is the first of those that hold', () => {
    const second = rule('errors > 10 % over 5 s', { kind: 'errors' }, 0.1, 5000);
    const abort = watch([errors, second], every(100, 0, 30_000, wentWrong));
    assert.match(abort.check(7000) ?? '', /^errors > 10 %/);
    assert.match(abort.check(12_000) ?? '', /^errors > 20 %/);
  });
});
