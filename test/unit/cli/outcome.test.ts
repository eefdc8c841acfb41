import assert from 'node:assert/strict';
import type { RunStatus, RunView, StatementView, Verdict } from '../../../src/analysis/view.ts';
import { lineOf } from '../../../src/cli/live.ts';
import { describeWrongAnswers, exitCodeOfRun } from '../../../src/cli/outcome.ts';

describe('what came of a run, in the terminal', () => {
  it('has an exit code that a script can act on', () => {
    const codes: readonly (readonly [RunStatus, Verdict, number])[] = [
      ['finished', 'passed', 0],
      ['finished', 'failed', 1],
      ['finished', 'inconclusive', 4],
      ['aborted', 'failed', 1],
      ['stopped', 'inconclusive', 4],
      ['failed', 'inconclusive', 3],
      ['interrupted', 'inconclusive', 3],
      // A wrong answer fails a run, however that ended.
      ['interrupted', 'failed', 1],
    ];
    for (const [status, verdict, code] of codes) assert.equal(exitCodeOfRun({ status, verdict }), code, `${status}, ${verdict}`);
  });

  it('shows a wrong answer row by row', () => {
    const wrong: Partial<StatementView> = {
      name: 'q05',
      difference: {
        t: 1,
        src: 'runner',
        kind: 'answer',
        q: 0,
        rowsExpected: 5,
        rowsGot: 1_234,
        differences: [
          { row: 1, column: 'revenue', rule: 'sum', expected: '55502041.1697', got: '1' },
          { row: 2, column: 'n_name', rule: 'exact', expected: 'CHINA', got: '\u001b[2J' },
        ],
      },
    };
    assert.equal(
      describeWrongAnswers({ statements: [wrong as StatementView, { name: 'q06' } as StatementView] }),
      'q05 answered wrong: 5 rows expected, 1,234 came\n' +
        '  row 1, revenue (sum): expected 55502041.1697, got 1\n' +
        '  row 2, n_name (exact): expected CHINA, got \\x1b[2J\n',
    );
  });

  it('one row is one row', () => {
    const difference = { t: 1, src: 'runner', kind: 'answer', q: 0, rowsExpected: 1, rowsGot: 0, differences: [] } as const;
    assert.equal(
      describeWrongAnswers({ statements: [{ name: 'q06', difference } as unknown as StatementView] }),
      'q06 answered wrong: 1 row expected, 0 came\n',
    );
  });

  it('says on one line how it goes', () => {
    const none = { p50: null, p90: null, p95: null, p99: null, p999: null, max: null };
    const view = {
      phase: { t: 0, src: 'runner', kind: 'phase', phase: 'preparing', text: 'making TPC-H 1, 42 %' },
      counts: { ok: 0, failed: 0, dropped: 0 },
      durationMs: 1000,
      response: { count: 0, ...none },
    } as unknown as RunView;
    assert.equal(lineOf(view), 'preparing: making TPC-H 1, 42 %');
    assert.equal(
      lineOf({
        ...view,
        phase: { t: 0, src: 'runner', kind: 'phase', phase: 'measuring', planned: 2000 },
        durationMs: 12_300,
        counts: { ...view.counts, ok: 1_198, failed: 2 },
        response: { ...view.response, p50: 3.2, p99: 1234 },
      }),
      'measuring 12.3 s · 1,198 ok · 2 failed · of 2,000 · median 3 ms · p99 1.23 s',
    );
    const plan = { load: { kind: 'closed' } } as RunView['plan'];
    const measuring = { t: 0, src: 'runner', kind: 'phase', phase: 'measuring', durationMs: 60_000 } as const;
    const timed = { ...view, plan, durationMs: 12_300, counts: { ...view.counts, ok: 7 } };
    assert.equal(lineOf({ ...timed, phase: measuring }), 'measuring 12.3 s · 7 ok · at most 1 min');
    assert.equal(lineOf({ ...timed, phase: { ...measuring, planned: 100 } }), 'measuring 12.3 s · 7 ok · of 100 · at most 1 min');
  });
});
