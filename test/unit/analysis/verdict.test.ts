import assert from 'node:assert/strict';
import type { JournalEvent, OperationEvent } from '../../../src/journal/events.ts';
import type { Expectation } from '../../../src/journal/plan.ts';
import { summaryOf } from '../../../src/analysis/summary.ts';
import {
  closed,
  driver,
  dropped,
  end,
  ended,
  expecting,
  failed,
  headerOf,
  latency,
  op,
  open,
  phase,
  planOf,
  projected,
  startedAt,
} from './support.ts';

/** One each 10 ms, their service times 1, 2, 3, … ms. */
function ops(count: number, more: (i: number) => Partial<OperationEvent> = () => ({})): readonly OperationEvent[] {
  return Array.from({ length: count }, (_, i) => op(i * 10, i % 3, i + 1, more(i)));
}

function verdict(events: readonly JournalEvent[], ...expectations: readonly Expectation[]): readonly [string | null, string] {
  const view = ended(planOf(3, open(50), { expectations }), events);
  return [view.verdict, view.reason];
}

const wrong = (i: number): Partial<OperationEvent> => (i < 9 && i % 3 === 0 ? { answer: 'wrong' } : i === 10 ? { answer: 'wrong' } : {});
const throughput = { kind: 'throughput' } as const;
const errors = { kind: 'errors' } as const;
const never = { kind: 'dropped' } as const;

describe('the verdict', () => {
  it('passes with every figure and its limit', () => {
    assert.deepEqual(verdict(ops(500), latency(0.99, 2000)), [
      'passed',
      'Every expectation was met: p99 495 ms (limit 2 s), no errors, none dropped, answers ok',
    ]);
  });

  it('passes a closed load without a word on drops, and without written expectations', () => {
    const view = ended(planOf(3), ops(3));
    assert.deepEqual([view.verdict, view.reason], ['passed', 'Every expectation was met: no errors, answers ok']);
    assert.deepEqual(
      view.expectations.map(({ expectation, text }) => [expectation.text, text, expectation.implied]),
      [
        ['errors <= 0 %', 'no errors', true],
        ['dropped <= 0 %', 'none dropped', true],
        ['answers ok', 'no wrong answer', true],
      ],
    );
  });

  it('does not claim more about answers than was checked', () => {
    const said = (...answers: readonly ('ok' | 'repeatable' | 'unchecked')[]): string =>
      ended(
        planOf(3),
        ops(3, (i) => ({ answer: answers[i] ?? 'ok' })),
      ).reason.replace('Every expectation was met: ', '');
    assert.equal(said('ok', 'repeatable'), 'no errors, answers ok (1 of 3 only repeatable)');
    assert.equal(said('ok', 'unchecked', 'repeatable'), 'no errors, answers ok (1 of 3 only repeatable, 1 not checked)');
    assert.equal(said('repeatable', 'repeatable', 'ok'), 'no errors, answers repeatable (1 of 3 ok)');
    assert.equal(said('repeatable', 'repeatable', 'repeatable'), 'no errors, answers repeatable');
    assert.equal(said('unchecked', 'unchecked', 'repeatable'), 'no errors, answers not checked (1 of 3 repeatable)');
    assert.equal(said('unchecked', 'unchecked', 'unchecked'), 'no errors, answers not checked');
  });

  it('names statements that were never answered', () => {
    assert.equal(ended(planOf(3), ops(2)).reason, 'Every expectation was met: no errors, answers ok (1 of 3 never answered)');
    const lenient = planOf(2, closed, { expectations: [expecting('errors <= 90 %', errors, 0.9)] });
    const view = ended(lenient, [op(0, 0, 5), failed(10, 1)]);
    assert.equal(view.reason, 'Every expectation was met: 50 % errors (limit 90 %), answers ok (1 of 2 never answered)');
  });

  it('tells a value from its limit in as many digits as that takes', () => {
    assert.equal(verdict([op(0, 0, 2004)], latency(1, 2000))[1], 'Max response time was 2.004 s, the limit is 2 s');
    assert.equal(verdict([op(0, 0, 0.1234)], latency(1, 0.123))[1], 'Max response time was 123.4 µs, the limit is 123 µs');
    const fewer = expecting('throughput >= 5/s', throughput, 5, '>=');
    assert.equal(verdict([op(0, 0, 200.1)], fewer)[1], 'Throughput was 4.998/s, the limit is 5/s');
    const events = [...ops(9999 - 2004), ...Array.from({ length: 2004 }, () => failed(1, 0))];
    assert.equal(
      verdict(events, expecting('errors <= 20 %', errors, 0.2))[1],
      '20.04 % failed (2,004 of 9,999), the limit is 20 %: It took longer than 2 s',
    );
  });

  it('is inconclusive where operations are missing in the journal', () => {
    const measuring = { ...phase(0, 'measuring'), planned: 100 };
    const said = (count: number, how: 'finished' | 'stopped' = 'finished'): readonly [string | null, string] => {
      const view = projected(planOf(3), [measuring, ...ops(count), end(10_000, how)]).view('ended');
      return [view.verdict, view.reason];
    };
    assert.deepEqual(said(98), ['inconclusive', 'The journal accounts for 98 of 100 planned operations']);
    assert.equal(said(100)[0], 'passed');
    assert.equal(said(98, 'stopped')[1], 'Stopped by a person after 10.0 s');
    // Clients that stop at a time say at its end how many there were.
    const timed = (planned?: number): string | null => {
      const plan = planOf(3, { ...closed, durationMs: 60_000 });
      const draining = { ...phase(9_000, 'draining'), ...(planned === undefined ? {} : { planned }) };
      return projected(plan, [{ ...measuring, durationMs: 60_000 }, ...ops(98), draining, end(10_000)]).view('ended').verdict;
    };
    assert.deepEqual([timed(98), timed(99), timed()], ['passed', 'inconclusive', 'passed']);
  });

  it('tells of wrong answers of the warm-up, which fail nothing', () => {
    const warm = [phase(0, 'warmUp'), op(0, 0, 1, { warmUp: true, answer: 'wrong' }), op(2, 1, 1, { warmUp: true })];
    const view = projected(planOf(2), [...warm, phase(10, 'measuring'), op(10, 0, 5), op(20, 1, 5), end(100)]).view('ended');
    assert.equal(view.verdict, 'passed');
    assert.deepEqual(view.notes, ['1 of 2 operations of the warm-up failed, 1 of them with a wrong answer']);
  });

  it('fails on a broken percentile', () => {
    assert.deepEqual(verdict(ops(500), latency(0.99, 400)), ['failed', 'p99 response time was 495 ms, the limit is 400 ms']);
    const ofStatement = latency(1, 400, 'q02');
    assert.deepEqual(verdict(ops(500), ofStatement), ['failed', 'Max response time of q02 was 500 ms, the limit is 400 ms']);
  });

  it('fails on the first that is broken', () => {
    assert.equal(
      verdict(ops(500), latency(0.5, 400), latency(0.99, 400), latency(1, 1))[1],
      'p99 response time was 495 ms, the limit is 400 ms',
    );
  });

  it('holds a limit to its very value', () => {
    assert.equal(verdict(ops(500), latency(0.99, 495))[0], 'passed');
    assert.equal(verdict(ops(500), { ...latency(0.99, 495), comparison: '<' })[0], 'failed');
    assert.equal(verdict(ops(500), expecting('throughput >= 1/s', throughput, 1, '>='))[0], 'passed');
    assert.equal(verdict(ops(500), expecting('throughput > 10 000/s', throughput, 10_000, '>'))[0], 'failed');
  });

  it('fails on low throughput', () => {
    const [result, reason] = verdict([op(0, 0, 1), op(1000, 1, 1000)], expecting('throughput >= 5/s', throughput, 5, '>='));
    assert.deepEqual([result, reason], ['failed', 'Throughput was 1/s, the limit is 5/s']);
  });

  it('fails on errors and names the most frequent one', () => {
    const events = [...ops(60), failed(1, 0), failed(2, 1), failed(3, 1, 'engine', 'Out of memory'), failed(4, 2)];
    assert.deepEqual(verdict(events), ['failed', '6.25 % failed (4 of 64), the limit is 0 %: It took longer than 2 s']);
    const lenient = verdict(events, expecting('errors <= 10 %', errors, 0.1));
    assert.deepEqual(lenient, ['passed', 'Every expectation was met: 6.25 % errors (limit 10 %), none dropped, answers ok']);
  });

  it('fails when the engine could not take the rate', () => {
    const events = [...ops(588), dropped(100, 0, 400), dropped(200, 1, 12)];
    assert.deepEqual(verdict(events), ['failed', 'The engine could not take 50/s: 412 of 1,000 were never sent']);
    const lenient = verdict(events, expecting('dropped <= 50 %', never, 0.5));
    assert.deepEqual(lenient, ['passed', 'Every expectation was met: 41.2 % dropped (limit 50 %), no errors, answers ok']);
  });

  it('fails on a wrong answer, whatever else was written, broken or invalid', () => {
    const reason = 'q01 answered wrong 3 times, q02 once';
    assert.deepEqual(verdict(ops(60, wrong)), ['failed', reason]);
    const lenient = [expecting('errors <= 50 %', errors, 0.5), expecting('answers wrong <= 9', { kind: 'answers' }, 9), latency(1, 1)];
    assert.deepEqual(verdict(ops(60, wrong), ...lenient), ['failed', reason]);
    assert.deepEqual(verdict([...ops(60, wrong), { t: 5, src: 'runner', kind: 'gap', ms: 30_100 }]), ['failed', reason]);
    for (const how of ['stopped', 'interrupted', 'failed'] as const) assert.equal(ended(planOf(3), ops(60, wrong), how).reason, reason);
    const many = Array.from({ length: 5 }, (_, q) => op(q, q, 1, { answer: 'wrong' }));
    assert.equal(ended(planOf(5), many).reason, 'q01 answered wrong once, q02 once, q03 once, 2 more statements too');
  });

  it('is inconclusive where a percentile has too few samples', () => {
    assert.deepEqual(verdict(ops(120), latency(0.99, 2000)), ['inconclusive', 'p99 needs 500 samples, there are 120']);
    assert.deepEqual(verdict(ops(120), latency(0.9, 2000, 'q02')), ['inconclusive', 'p90 of q02 needs 50 samples, there are 40']);
    assert.deepEqual(verdict(ops(1), latency(0.5, 2000)), ['inconclusive', 'p50 needs 3 samples, there is 1']);
    assert.deepEqual(verdict(ops(9), latency(1, 2000, 'q99')), ['inconclusive', 'There is no statement q99']);
    assert.deepEqual(verdict([]), ['inconclusive', 'Nothing was sent']);
  });

  it('fails on what is broken even where something else cannot be said', () => {
    assert.equal(verdict(ops(120), latency(0.99, 2000), latency(0.5, 1))[1], 'p50 response time was 60 ms, the limit is 1 ms');
  });

  it('of an aborted run is failed, and the rule is the reason', () => {
    const view = ended(planOf(3), ops(60, wrong), 'aborted', 'errors > 20 % over 10 s: 34 % (17 of 50)');
    assert.deepEqual([view.status, view.verdict, view.reason], ['aborted', 'failed', 'Errors > 20 % over 10 s: 34 % (17 of 50)']);
  });

  it('of a run that was stopped, interrupted or not carried out is inconclusive, also where an expectation is broken', () => {
    const before = process.env['TZ'];
    process.env['TZ'] = 'UTC';
    try {
      const said = (how: 'stopped' | 'interrupted' | 'failed', reason?: string): readonly [string | null, string] => {
        const view = ended(planOf(3, open(50), { expectations: [latency(1, 1)] }), ops(60), how, reason);
        return [view.verdict, view.reason];
      };
      assert.deepEqual(said('stopped'), ['inconclusive', 'Stopped by a person after 10.0 s']);
      assert.deepEqual(said('failed', 'The database file is gone'), ['inconclusive', 'The database file is gone']);
      assert.deepEqual(said('interrupted'), ['inconclusive', 'Interrupted after 10.0 s, the last event is from 2026-11-21 14:05:10 UTC']);
      const killed = projected(planOf(3), [phase(0, 'measuring'), op(251_000, 0, 1000)]).view('interrupted');
      assert.equal(killed.reason, 'Interrupted after 4:12 min, the last event is from 2026-11-21 14:09:12 UTC');
      assert.equal(killed.status, 'interrupted');
      process.env['TZ'] = 'Asia/Kolkata';
      const there = projected(planOf(3), [phase(0, 'measuring'), op(0, 0, 1000)]).view('interrupted');
      assert.equal(there.reason, 'Interrupted after 1.00 s, the last event is from 2026-11-21 19:35:01 +05:30');
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });

  it('is not there while it runs; the reason says how it stands', () => {
    const run = projected(planOf(3, open(50)), []);
    const said = (): string => {
      const view = run.view('running');
      assert.equal(view.verdict, null);
      return view.reason;
    };
    assert.equal(said(), 'Preparing');
    run.add({ ...phase(0, 'preparing'), text: 'making TPC-H 1, 42 %' });
    assert.equal(said(), 'Making TPC-H 1, 42 %');
    run.add(phase(10, 'warmUp'));
    assert.equal(said(), 'Warming up');
    run.add(phase(20, 'measuring'));
    assert.equal(said(), 'Nothing has been answered yet');
    for (const each of ops(60)) run.add(each);
    assert.equal(said(), 'So far no errors, response p50 30 ms');
    for (const each of ops(500, (i) => (i === 7 ? { answer: 'wrong' } : {}))) run.add(each);
    assert.equal(said(), 'So far 1 wrong answer, response p99 495 ms');
    run.add(failed(1, 0));
    run.add(dropped(1, 0, 1200));
    assert.equal(said(), 'So far 1 wrong answer, 1 error, 1,200 dropped, response p99 495 ms');
  });
});

describe('the driver', () => {
  const lags = (ms: number, count = 1000): readonly number[] => Array.from({ length: count }, () => ms);
  const said = (...events: readonly JournalEvent[]): readonly [string | null, string] => verdict([...ops(60), ...events]);

  it('that kept its time lets a run be judged', () => {
    const { driver: view } = ended(planOf(3), [...ops(60), driver(1000, lags(1.9)), driver(2000, [])]);
    assert.deepEqual([view.valid, view.reason, view.lagP99Ms, view.lagLimitMs, view.busy], [true, null, 1.9, 2, 0.1]);
  });

  it('that lagged makes it inconclusive, with the figure and its limit', () => {
    assert.deepEqual(said(driver(1000, lags(2.4))), ['inconclusive', 'Driver lag p99 was 2.4 ms, the limit is 2 ms']);
    assert.deepEqual(said(driver(1000, lags(14))), ['inconclusive', 'Driver lag p99 was 14 ms, the limit is 2 ms']);
  });

  it('that lagged beside an engine on all processors says what to do; drops are told with it', () => {
    const engine = (threads: number): JournalEvent => ({
      ...{ t: 0, src: 'runner', kind: 'engine', arm: 0, title: 'DuckDB 1.5.5', version: '1.5.5', target: 'TPC-H 0.01' },
      ...{ threads, memoryLimitBytes: 1e9 },
    });
    assert.deepEqual(said(engine(3), driver(1000, lags(14))), ['inconclusive', 'Driver lag p99 was 14 ms, the limit is 2 ms']);
    assert.deepEqual(said(engine(4), driver(1000, lags(14)), dropped(900, 0, 40)), [
      'inconclusive',
      'Driver lag p99 was 14 ms, the limit is 2 ms; 40 of 100 were never sent; ' +
        'the engine takes all 4 processors, so give it fewer threads',
    ]);
  });

  it('may lag by 5 % of the response median where that is more than 2 ms', () => {
    const slow = Array.from({ length: 60 }, (_, i) => op(i * 1000, 0, 400));
    const lagged = (ms: number): readonly [string | null, string] => verdict([...slow, driver(1000, lags(ms))]);
    assert.equal(lagged(19.9)[0], 'passed');
    assert.deepEqual(lagged(21), ['inconclusive', 'Driver lag p99 was 21 ms, the limit is 20 ms']);
  });

  it('is judged by a lower percentile where there are too few arrivals for a p99', () => {
    assert.deepEqual(said(driver(1000, lags(14, 60))), ['inconclusive', 'Driver lag p90 was 14 ms, the limit is 2 ms']);
    assert.equal(ended(planOf(3), [driver(1000, lags(14, 60))]).driver.lagP99Ms, null);
  });

  it('may have single lags above the limit', () => {
    assert.equal(said(driver(1000, [...lags(0.1, 2000), ...lags(300, 10)]))[0], 'passed');
  });

  it('that was above 80 % busy makes it inconclusive', () => {
    assert.deepEqual(said(driver(1000, [], { busy: 0.92 }), driver(2000, [])), [
      'inconclusive',
      'The driver was 92 % busy, the limit is 80 %',
    ]);
    assert.equal(said(driver(1000, [], { busy: 0.8 }))[0], 'passed');
  });

  it('that stood still makes it inconclusive', () => {
    const gap = { t: 5000, src: 'runner', kind: 'gap', ms: 30_100 } as const;
    const reason = 'The driver stood still for 30.1 s: the machine slept or the process was stopped';
    assert.deepEqual(said(gap), ['inconclusive', reason]);
    assert.deepEqual(ended(planOf(3), [...ops(9), gap]).driver.gaps, [{ atMs: 5000, ms: 30_100 }]);
  });

  it('before the measured part does not matter', () => {
    const early = [driver(500, lags(50), { busy: 1 }), { t: 100, src: 'runner', kind: 'gap', ms: 200 } as const, phase(1000, 'measuring')];
    const view = projected(planOf(3), [phase(0, 'warmUp'), ...early, op(1000, 0, 5), driver(2000, lags(0.1)), end(3000)]).view('ended');
    assert.deepEqual([view.driver.valid, view.verdict], [true, 'passed']);
  });

  it('whose clock was set says so, and no duration changes', () => {
    const at = (t: number, aheadMs: number): JournalEvent => driver(t, [], { wallMs: startedAt + t + aheadMs });
    const events = [...ops(60), at(1000, 20), at(2000, -3_599_980), at(3000, -3_599_970), at(4000, 1000)];
    const view = ended(planOf(3), events);
    const plain = ended(planOf(3), [...ops(60), ...[1000, 2000, 3000, 4000].map((t) => at(t, 0))]);
    assert.deepEqual(view.notes, [
      'The machine’s clock was set back by 1:00:00 h at 2.00 s of the run; no duration is measured with it',
      'The machine’s clock went ahead by 1:00:01 h at 4.00 s of the run: it was set, or the machine slept',
    ]);
    assert.deepEqual({ ...view, notes: [] }, plain);
  });

  it('whose figures cannot be read counts as a skipped line', () => {
    const view = projected(planOf(3), [phase(0, 'measuring'), ...ops(9), { ...driver(1, []), lag: 'AAAA' }, end(100)]).view('ended', 2);
    assert.equal(view.skippedLines, 3);
  });
});

describe('a run in one line', () => {
  it('has no scale where its arms have two', () => {
    const [arm] = planOf(1).arms;
    assert.ok(arm);
    const scaleOf = (...scales: readonly number[]): number | null =>
      summaryOf(ended(planOf(1, closed, { arms: scales.map((scale) => ({ ...arm, target: { kind: 'tpch', scale } })) }), [])).scale;
    assert.deepEqual([scaleOf(0.01), scaleOf(0.01, 0.01), scaleOf(0.01, 0.1)], [0.01, 0.01, null]);
  });

  it('has its figures, null where too few samples lie beyond', () => {
    const engine = {
      t: 0,
      src: 'runner',
      kind: 'engine',
      arm: 0,
      title: 'DuckDB 1.5.5',
      version: '1.5.5',
      target: 'TPC-H 0.01',
      threads: 2,
      memoryLimitBytes: 1e9,
    } as const;
    const view = ended(planOf(3, open(50)), [engine, ...ops(300), failed(7, 1), driver(1000, [0.5, 0.5, 0.5])]);
    const summary = summaryOf(view);
    assert.deepEqual(
      { ...summary, queries: summary.queries.slice(0, 1) },
      {
        run: headerOf(view.plan).run,
        name: 'a run',
        startedAt,
        durationMs: 10_000,
        status: 'finished',
        verdict: 'failed',
        reason: '0.332 % failed (1 of 301), the limit is 0 %: It took longer than 2 s',
        engine: 'DuckDB 1.5.5',
        engineKind: 'duckdb',
        scale: 0.01,
        planned: 301,
        ok: 300,
        failed: 1,
        dropped: 0,
        driver: { lagP99Ms: null, valid: true },
        latencyMs: { p50: 150, p95: 285, p99: null, max: 300 },
        queries: [{ query: 'q01', rows: 4, answer: 'ok', count: 100, errors: 0, latencyMs: { p50: 148, p95: 283, p99: null, max: 298 } }],
      },
    );
  });
});
