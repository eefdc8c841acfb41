import assert from 'node:assert/strict';
import { closedLength } from '../../../src/analysis/text.ts';
import type { Counts, LatencyView, RunView } from '../../../src/analysis/view.ts';
import type { JournalEvent, OperationEvent } from '../../../src/journal/events.ts';
import { anyRun, closed, driver, dropped, end, failed, histogram, op, open, phase, planOf, projected, random } from './support.ts';

const twoArms = ['A', 'B'].map(
  (label) => ({ label, engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }) as const,
);
const plan = planOf(5, open(100), { arms: twoArms });

function runOf(events: readonly JournalEvent[]): ReturnType<typeof projected> {
  return projected(plan, [phase(0, 'measuring'), ...events, phase(30_000, 'draining'), end(33_000)]);
}

function shuffled(events: readonly JournalEvent[], seed: number): readonly JournalEvent[] {
  const next = random(seed);
  return events
    .map((event) => ({ event, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ event }) => event);
}

const summed = ['planned', 'ok', 'failed', 'dropped', 'errors', 'wrong'] as const;

function sumOf(all: readonly Counts[]): readonly number[] {
  return summed.map((field) => all.reduce((sum, counts) => sum + counts[field], 0));
}

describe('figures of a run', () => {
  for (const seed of [1, 2, 3]) {
    const events = anyRun(seed, 4000, 5);
    const run = runOf(events);
    const view = run.view('ended');

    it(`add up: planned = ok + failed + dropped, and the statements are the whole (run ${seed})`, () => {
      const { counts } = view;
      assert.equal(counts.planned, counts.ok + counts.failed + counts.dropped);
      assert.equal(counts.failed, counts.errors + counts.wrong);
      const told = events.reduce((sum, event) => sum + (event.kind === 'dropped' ? event.count : 1), 0);
      assert.equal(counts.planned, told);
      assert.deepEqual(sumOf(view.statements.map((statement) => statement.counts)), sumOf([counts]));
      assert.equal(
        counts.errorsByReason.reduce((sum, { count }) => sum + count, 0),
        counts.errors,
      );
    });

    it(`are those of every operation when everything is selected (run ${seed})`, () => {
      const all = run.latency({});
      assert.deepEqual(all.counts, view.counts);
      assert.deepEqual(all.percentiles.response, view.response);
      const { fromMs = 0, toMs = 0 } = view.measured ?? {};
      assert.deepEqual({ ...run.latency({ fromMs, toMs }), selection: {} }, all);
      assert.equal(
        all.bins.reduce((sum, { count }) => sum + count, 0),
        view.response.count,
      );
    });

    it(`of the parts of a time span add up to the whole (run ${seed})`, () => {
      const parts = [run.latency({ toMs: 7001 }), run.latency({ fromMs: 7001, toMs: 19_500 }), run.latency({ fromMs: 19_500 })];
      assert.deepEqual(sumOf(parts.map(({ counts }) => counts)), sumOf([view.counts]));
      const bins = (of: LatencyView): readonly number[] => of.bins.map(({ count }) => count);
      assert.deepEqual(
        bins(run.latency({})),
        parts.map(bins).reduce((a, b) => a.map((count, i) => count + (b[i] ?? 0))),
      );
      for (const part of parts)
        assert.deepEqual(
          part.bins.map(({ fromMs }) => fromMs),
          run.latency({}).bins.map(({ fromMs }) => fromMs),
        );
    });

    it(`of the arms add up to the whole (run ${seed})`, () => {
      const arms = [run.latency({ arm: 0 }), run.latency({ arm: 1 })];
      assert.deepEqual(sumOf(arms.map(({ counts }) => counts)), sumOf([view.counts]));
      assert.equal(run.responses(2, 0).length + run.responses(2, 1).length, run.responses(2).length);
      assert.equal(run.responses(2).length, view.statements[2]?.response.count);
    });

    it(`over time hold every operation once (run ${seed})`, () => {
      const { columns, edgesMs } = run.overTime({});
      assert.ok(columns.length <= 100 && columns.length >= 20, `${columns.length} columns`);
      assert.ok(edgesMs.length <= 25);
      const inCells = columns.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0);
      assert.equal(inCells, view.response.count);
      assert.equal(
        columns.reduce((sum, column) => sum + column.failed, 0),
        view.counts.failed,
      );
      assert.equal(
        columns.reduce((sum, column) => sum + column.dropped, 0),
        view.counts.dropped,
      );
    });

    it(`are the same in whatever order operations ended (run ${seed})`, () => {
      const other = runOf(shuffled(events, seed));
      assert.deepEqual(other.view('ended'), view);
      assert.deepEqual(other.latency({ statement: 1 }), run.latency({ statement: 1 }));
      assert.deepEqual(other.overTime({ arm: 1 }), run.overTime({ arm: 1 }));
    });

    it(`are the same however often somebody looked before (run ${seed})`, () => {
      const watched = projected(plan, [phase(0, 'measuring')]);
      for (const [i, event] of [...events, phase(30_000, 'draining'), end(33_000)].entries()) {
        watched.add(event);
        if (i % 1000 === 0) {
          watched.view('running');
          watched.latency({ statement: i % 5 });
          watched.overTime({});
        }
      }
      assert.deepEqual(watched.view('ended'), view);
    });
  }

  it('leave the warm-up out, but say that it failed', () => {
    const warmUp = { warmUp: true } as const;
    const events = [
      phase(0, 'warmUp'),
      op(0, 0, 900, warmUp),
      { ...failed(1, 1), ...warmUp },
      { ...dropped(2, 1, 7), ...warmUp } as JournalEvent,
    ];
    const view = projected(planOf(2), [...events, phase(1000, 'measuring'), op(1000, 0, 5), end(2000)]).view('ended');
    assert.equal(view.counts.planned, 1);
    assert.equal(view.response.max, 5);
    assert.equal(view.statements[1]?.rows, null);
    assert.deepEqual(view.notes, ['1 of 2 operations of the warm-up failed']);
  });

  it('of an operation with an error have no latency, of a wrong answer they have', () => {
    const view = projected(planOf(1), [
      phase(0, 'measuring'),
      op(0, 0, 5),
      failed(10, 0),
      op(20, 0, 9, { answer: 'wrong' }),
      end(3000),
    ]).view('ended');
    assert.deepEqual([view.counts.ok, view.counts.failed, view.counts.errors, view.counts.wrong], [1, 2, 1, 1]);
    assert.deepEqual([view.response.count, view.response.max], [2, 9]);
  });

  it('while it runs count as planned what is underway too', () => {
    const run = projected(planOf(1, open(50)), [phase(0, 'measuring'), op(0, 0, 5), driver(1000, [0.1], { inFlight: 3, queued: 2 })]);
    assert.deepEqual([run.view('running').counts.planned, run.view('running').counts.underway], [6, 5]);
    assert.deepEqual([run.view('interrupted').counts.planned, run.view('interrupted').counts.underway], [1, 0]);
  });

  it('count answers a second from the begin of the measured part to its last answer', () => {
    const ops = Array.from({ length: 100 }, (_, i) => op(1000 + i * 100, 0, 100));
    const view = projected(planOf(1), [phase(1000, 'measuring'), ...ops, end(60_000)]).view('ended');
    assert.deepEqual(view.measured, { fromMs: 1000, toMs: 11_000 });
    assert.equal(view.throughputPerSecond, 10);
  });

  it('name the worst answer, the newest rows and the first difference of a statement', () => {
    const difference = { src: 'runner', kind: 'answer', q: 0, rowsExpected: 4, rowsGot: 4, differences: [] } as const;
    const events = [op(0, 0, 5, { rows: 1 }), op(10, 0, 5, { rows: 3, answer: 'unchecked' }), op(5, 0, 2, { rows: 2 })];
    const [statement] = projected(planOf(1), [...events, { ...difference, t: 9 }, { ...difference, t: 3 }, end(100)]).view(
      'ended',
    ).statements;
    assert.equal(statement?.answer, 'unchecked');
    assert.equal(statement.rows, 3);
    assert.equal(statement.difference?.t, 3);
  });

  it('call a statement repeatable whose first answer had none before it, told singly or together', () => {
    const answers = (unchecked: number, repeatable: number): readonly unknown[] => {
      const outcomes = [...Array<'unchecked'>(unchecked).fill('unchecked'), ...Array<'repeatable'>(repeatable).fill('repeatable')];
      const ops = outcomes.map((answer, i) => op(i, 0, 5, { answer }));
      const packed = { ...histogram(0, 250, ops), answers: { unchecked, repeatable } };
      return [ops, [packed]].map((events) => projected(planOf(1), events).view('running').statements[0]?.answer);
    };
    assert.deepEqual(answers(1, 99), ['repeatable', 'repeatable']);
    assert.deepEqual(answers(2, 98), ['unchecked', 'unchecked']);
    assert.deepEqual(answers(5, 0), ['unchecked', 'unchecked']);
  });

  it('are without percentiles where too few samples lie beyond', () => {
    const some = (count: number): RunView =>
      projected(planOf(1), [phase(0, 'measuring'), ...Array.from({ length: count }, (_, i) => op(i, 0, i + 1)), end(9999)]).view('ended');
    const { response } = some(499);
    assert.deepEqual(response, { count: 499, p50: 250, p90: 450, p95: 475, p99: null, p999: null, max: 499 });
    assert.equal(some(500).response.p99, 495);
    assert.deepEqual(some(2).response, { count: 2, p50: null, p90: null, p95: null, p99: null, p999: null, max: 2 });
    assert.deepEqual(some(0).response, { count: 0, p50: null, p90: null, p95: null, p99: null, p999: null, max: null });
  });

  it('of a run without any operation can be drawn', () => {
    const run = projected(planOf(3, closed), []);
    assert.equal(run.view('running').measured, null);
    assert.deepEqual(run.latency({}).bins, []);
    assert.deepEqual(run.latency({}).curves.response, []);
    assert.deepEqual(run.overTime({}).columns, []);
  });

  it('draw a curve that ascends to the maximum and says where samples are few', () => {
    const run = runOf(anyRun(4, 3000, 5));
    const { curves, percentiles } = run.latency({});
    for (const curve of ['response', 'service', 'wait'] as const) {
      const points = curves[curve];
      assert.equal(points.length, 200);
      assert.equal(points.at(-1)?.ms, percentiles[curve].max);
      for (const [i, point] of points.entries()) assert.ok(point.ms >= (points[i - 1]?.ms ?? 0));
      const few = points.filter((point) => point.few);
      assert.ok(few.length > 0 && few.every(({ quantile }) => quantile > 0.998));
    }
  });
});

describe('a run with too many operations for single events', () => {
  const next = random(9);
  const intervals = Array.from({ length: 40 }, (_, interval) =>
    [0, 1, 2].map((q) =>
      Array.from({ length: 60 }, (_, i): OperationEvent => op(interval * 250 + i * 4, q, 0.2 * Math.exp(next() * 6), { wait: next() * 3 })),
    ),
  ).flat();
  const singly = runOf(intervals.flat());
  const packed = runOf(intervals.map((ops) => histogram(Math.floor((ops[0]?.t ?? 0) / 250) * 250, 250, ops)));

  it('has the same counts', () => {
    assert.deepEqual(packed.view('ended').counts, singly.view('ended').counts);
    assert.deepEqual(
      packed.latency({ statement: 1, fromMs: 2500, toMs: 5000 }).counts,
      singly.latency({ statement: 1, fromMs: 2500, toMs: 5000 }).counts,
    );
    assert.equal(packed.responses(1).length, singly.responses(1).length);
  });

  it('has the same percentiles to three significant digits, of all three curves', () => {
    for (const selection of [{}, { statement: 2 }, { fromMs: 1000, toMs: 4000 }]) {
      const [a, b] = [singly.latency(selection), packed.latency(selection)];
      for (const curve of ['response', 'service', 'wait'] as const) {
        assert.equal(b.percentiles[curve].count, a.percentiles[curve].count);
        for (const name of ['p50', 'p90', 'p95', 'p99', 'max'] as const) near(b.percentiles[curve][name], a.percentiles[curve][name]);
      }
    }
  });

  it('ends when all was sent and answered, not with the interval of its last event', () => {
    const events = [phase(1000, 'measuring'), histogram(1000, 250, [op(1000, 0, 40), op(1050, 0, 9)])];
    assert.deepEqual(projected(plan, events).view('interrupted').measured, { fromMs: 1000, toMs: 1250 });
    assert.deepEqual(projected(plan, [...events, phase(1051, 'draining'), end(1060)]).view('ended').measured, { fromMs: 1000, toMs: 1051 });
  });

  it('has the same picture over time', () => {
    const [a, b] = [singly.overTime({}), packed.overTime({})];
    assert.deepEqual([b.stepMs, b.fromMs], [a.stepMs, a.fromMs]);
    const total = ({ columns }: typeof a): number => columns.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0);
    assert.equal(total(b), total(a));
  });
});

function near(measured: number | null, exact: number | null): void {
  assert.ok(measured !== null && exact !== null, `${measured} and ${exact}`);
  // Whole microseconds, and a bucket of three digits.
  assert.ok(Math.abs(measured - exact) <= exact * 0.001 + 0.001, `${measured} is not ${exact}`);
}

describe('the tail over time', () => {
  const steady = (count: number): ReturnType<typeof runOf> =>
    runOf(Array.from({ length: count }, (_, i) => op((i * 30_000) / count, 0, i % 100 === 7 ? 500 : 5 + (i % 40))));

  it('is of the highest percentile that its steps have samples for, exact in each step', () => {
    for (const [count, quantile] of [
      [8000, 0.99],
      [1000, 0.95],
      [400, 0.9],
    ] as const) {
      const run = steady(count);
      const { tail, columns } = run.overTime({});
      assert.equal(tail?.quantile, quantile, `${count} operations`);
      assert.ok(tail.steps.length >= 4 && tail.steps.length < columns.length);
      for (const { fromMs, toMs, ms } of tail.steps.slice(0, -1)) {
        const { response } = run.latency({ fromMs, toMs }).percentiles;
        assert.equal(ms, { 0.99: response.p99, 0.95: response.p95, 0.9: response.p90 }[quantile]);
        assert.notEqual(ms, null);
      }
    }
  });

  it('is not there where four steps would have too few', () => {
    assert.equal(steady(100).overTime({}).tail, null);
    assert.equal(runOf([]).overTime({}).tail, null);
  });
});

describe('coordinated omission', () => {
  it('is not in the figures: a stall of 1.4 s at 500/s is what every arrival behind it waited', () => {
    const stall = { from: 20_000, ms: 1400 };
    const ops = Array.from({ length: 30_000 }, (_, i) => {
      const t = i * 2;
      const wait = t >= stall.from && t < stall.from + stall.ms ? stall.from + stall.ms - t : 0;
      return op(t, 0, 0, { wait });
    });
    const { response } = projected(planOf(1, open(500)), [phase(0, 'measuring'), ...ops, end(60_000)]).view('ended');
    // 700 of 30,000 wait 1400, 1398, … 2 ms: 300 lie beyond the p99, so it is 1400 - 2 · 299 = 802 ms.
    assert.ok(Math.abs((response.p99 ?? 0) - 802) <= 2, `${response.p99}`);
    assert.equal(response.max, 1400);
    assert.equal(response.p50, 0);
  });
});

describe('how far clients go, in words', () => {
  const load = { kind: 'closed', clients: 1, thinkTimeMs: 0, order: 'listed' } as const;

  it('names passes, a time, or both', () => {
    assert.equal(closedLength({ ...load, iterations: 1 }), '1 pass');
    assert.equal(closedLength({ ...load, iterations: 1_000 }), '1,000 passes');
    assert.equal(closedLength({ ...load, durationMs: 90_000 }), '90 s');
    assert.equal(closedLength({ ...load, iterations: 100, durationMs: 60_000 }), '100 passes, at most 1 min');
  });
});
