import assert from 'node:assert/strict';
import type { JournalEvent } from '../../../src/journal/events.ts';
import type { RunPlan } from '../../../src/journal/plan.ts';
import { closed, end, ended, failed, histogram, op, open, planOf } from './support.ts';

const plan = planOf(22);

/** Pass after pass; `serviceMs` of each statement. */
function passes(count: number, serviceMs: (q: number, pass: number) => number): JournalEvent[] {
  return Array.from({ length: count * 22 }, (_, i) => op(i * 1000, i % 22, serviceMs(i % 22, Math.floor(i / 22))));
}

function powerOf(events: readonly JournalEvent[], of: RunPlan = plan): number | undefined {
  return ended(of, events).tpchPower?.value;
}

function close(measured: number | undefined, value: number): void {
  assert.ok(measured !== undefined && Math.abs(measured / value - 1) < 1e-9, `${measured} is not ${value}`);
}

describe('the power of TPC-H', () => {
  it('is 3600 · SF over the geometric mean of the 22 durations in seconds', () => {
    const view = ended(
      plan,
      passes(1, () => 500),
    );
    close(view.tpchPower?.value, (3600 * 0.01) / 0.5);
    assert.equal(view.tpchPower?.passes, 1);
    assert.equal(view.tpchPower?.label, 'derived from TPC-H: power of 22 queries without refresh functions (22nd root)');
    // Half of them 100 ms, half of them 400 ms: the geometric mean is 200 ms.
    close(powerOf(passes(1, (q) => (q % 2 === 0 ? 100 : 400))), 36 / 0.2);
  });

  it('is the median of the passes', () => {
    close(powerOf(passes(3, (_, pass) => [1000, 100, 250][pass] ?? 0)), 36 / 0.25);
    close(powerOf(passes(2, (_, pass) => [1000, 250][pass] ?? 0)), (36 / 1 + 36 / 0.25) / 2);
  });

  it('raises durations below a thousandth of the longest to that', () => {
    const mean = Math.exp((Math.log(10) + 21 * Math.log(0.01)) / 22);
    close(powerOf(passes(1, (q) => (q === 0 ? 10_000 : 1))), 36 / mean);
  });

  it('leaves out a pass in which something failed, was wrong or is missing', () => {
    const third = passes(3, (_, pass) => (pass === 1 ? 50 : 500));
    third[22 + 5] = failed(27_000, 5);
    close(powerOf(third), 36 / 0.5);
    third[4] = op(4000, 4, 500, { answer: 'wrong' });
    third.pop();
    assert.equal(powerOf(third), undefined);
    // Stopped by its time in the second pass.
    const cut = passes(2, (_, pass) => (pass === 0 ? 500 : 50)).slice(0, 40);
    close(powerOf(cut, planOf(22, { ...closed, durationMs: 60_000 })), 36 / 0.5);
  });

  it('is only of one client with each of the 22 queries once', () => {
    const events = passes(1, () => 500);
    assert.equal(powerOf(events, planOf(22, open(10))), undefined);
    assert.equal(powerOf(events, planOf(22, { ...closed, clients: 2 })), undefined);
    assert.equal(
      powerOf(
        events.filter((event) => event.kind === 'op' && event.q < 21),
        planOf(21),
      ),
      undefined,
    );
    const twice = plan.statements.map((statement) => ({ ...statement, weight: 2 }));
    assert.equal(powerOf(events, planOf(22, closed, { statements: twice })), undefined);
    const same = plan.statements.map((statement) => ({ ...statement, tpchQuery: 1 }));
    assert.equal(powerOf(events, planOf(22, closed, { statements: same })), undefined);
    const file = plan.arms.map((arm) => ({ ...arm, target: { kind: 'file', path: 'a.duckdb' } as const }));
    assert.equal(powerOf(events, planOf(22, closed, { arms: file })), undefined);
  });

  it('is of the queries’ medians, and says so, where operations were too many to be told apart', () => {
    const packed = Array.from({ length: 22 }, (_, q) =>
      histogram(
        0,
        250,
        [2, 4, 9].map((ms, i) => op(i, q, ms)),
      ),
    );
    const view = ended(plan, [...packed, end(1000)]);
    assert.ok(Math.abs((view.tpchPower?.value ?? 0) / (36 / 0.004) - 1) < 0.001, String(view.tpchPower?.value));
    assert.equal(view.tpchPower?.passes, 3);
    assert.match(view.tpchPower.label, /, of the queries’ medians$/);
    const wrong = Array.from({ length: 9 }, (_, i) => op(300 + i, 0, 4000, { answer: 'wrong' }));
    assert.deepEqual(ended(plan, [...packed, ...wrong, end(1000)]).tpchPower, view.tpchPower);
  });
});
