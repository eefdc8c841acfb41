import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError, toWire } from '../../../src/base/errors.ts';
import type { EngineFacts } from '../../../src/engine/engine.ts';
import type { RunEnd } from '../../../src/query/host/protocol.ts';
import { ResultTabs } from '../../../src/ui/panels/results/tabs.ts';
import { StatementRunner, type RunnerParts } from '../../../src/ui/session/runner.ts';

const target = { kind: 'tpch', scale: 0.01, path: '/data/x.duckdb' } as const;
const facts: EngineFacts = {
  engine: 'duckdb',
  title: 'DuckDB 1.5.5',
  target: 'TPC-H 0.01',
  version: '1.5.5',
  threads: 2,
  memoryLimitBytes: 1e9,
};
const statement = { sql: 'select 1', title: 'one', opens: 'rows' } as const;
const result = {
  id: 'r1',
  columns: [{ name: '1', type: 'INTEGER', kind: 'integer' }],
  rowCount: 1,
  viewRowCount: 1,
  view: { sort: [], filters: [] },
} as const;

function runner(host: Partial<RunnerParts['host']>, prepare: RunnerParts['prepare'] = async () => {}) {
  let ids = 0;
  let nowMs = 0;
  const tabs = new ResultTabs(() => {});
  const parts: RunnerParts = {
    host: {
      open: async () => facts,
      run: async () => ({ outcome: 'done', result, durationMs: 12 }),
      stop: async () => true,
      explain: async () => assert.fail('explain was not expected'),
      compare: async () => assert.fail('compare was not expected'),
      ...host,
    },
    tabs,
    clock: { monotonicMs: () => (nowMs += 5), wallMs: () => 1_700_000_000_000 },
    newId: () => `id${ids++}`,
    prepare,
  };
  return { runner: new StatementRunner(parts), tabs };
}

describe('a statement on two engines', () => {
  const server = {
    kind: 'server',
    engine: 'trino',
    name: 'shop/trino',
    at: { kind: 'url', url: 'http://localhost:8080' },
    user: 'ana',
    catalog: 'tpch',
    schema: 'tiny',
  } as const;
  const against = { ...statement, against: { target: server, sql: 'SELECT 1 -- in other words' } };

  it('is asked of both in their own words, and its tab says how the answers differ', async () => {
    const asked: unknown[] = [];
    const comparison = { rowsA: 3, rowsB: 3, equalRows: 2, differences: 1 };
    const { runner: it, tabs } = runner({
      compare: async (request) => {
        asked.push(request.a.sql, request.b.sql, request.b.target);
        return { outcome: 'done', result, durationMs: 40, comparison };
      },
    });
    const run = await it.run(against, target);
    assert.deepEqual(asked, [statement.sql, 'SELECT 1 -- in other words', server]);
    const tab = tabs.get(run.tab);
    assert.equal(tab?.state.target, 'TPC-H 0.01 against shop/trino, tpch.tiny');
    assert.match(tab?.state.messages.map(({ text }) => text).join('\n') ?? '', /2 rows equal of 3 rows; 1 differences/);
    assert.deepEqual(tab?.against, against.against);
  });

  it('that were asked two texts say so in the tab, and Messages hold both', async () => {
    const comparison = { rowsA: 1, rowsB: 1, equalRows: 1, differences: 0 };
    const { runner: it, tabs } = runner({ compare: async () => ({ outcome: 'done', result, durationMs: 40, comparison }) });
    const otherWords = 'Trino was asked something else.';
    const run = await it.run({ ...against, against: { ...against.against, otherWords } }, target);
    const state = tabs.get(run.tab)?.state;
    assert.equal(state?.otherWords, otherWords);
    const said = state?.messages.map(({ text }) => text).join('\n') ?? '';
    assert.match(said, /Compared in 40 ms$/);
    assert.match(said, /TPC-H 0\.01 was asked:\nselect 1\n.*trino, tpch\.tiny was asked:\nSELECT 1 -- in other words/s);
  });

  it('that one of them refuses has failed, with the words of that one', async () => {
    const error = { reason: 'engine', facts: { what: 'Trino knows no such table' }, log: '' } as const;
    const { runner: it } = runner({ compare: async () => ({ outcome: 'failed', durationMs: 4, error }) });
    const run = await it.run(against, target);
    assert.equal(run.outcome, 'failed');
    assert.equal(run.error?.facts.what, 'Trino knows no such table');
  });
});

describe('running a statement', () => {
  it('its tab shows the rows and how long the engine took', async () => {
    const { runner: it, tabs } = runner({});
    const run = await it.run(statement, target);
    const state = tabs.get(run.tab)?.state;
    assert.deepEqual([run.outcome, run.rowCount, run.durationMs], ['done', 1, 12]);
    assert.deepEqual([state?.status, state?.rowCount, state?.engine, state?.durationMs], ['done', 1, 'DuckDB 1.5.5', 12]);
    assert.equal(tabs.get(run.tab)?.result, 'r1');
    assert.match(
      state?.messages.map(({ text }) => text).join('\n') ?? '',
      /Running on TPC-H 0\.01\nDuckDB 1\.5\.5.*\nDone in 12 ms: 1 row/,
    );
    assert.deepEqual(it.active, []);
  });

  it('rows can be looked at while they still arrive', async () => {
    let finish: (end: RunEnd) => void = () => {};
    const { runner: it, tabs } = runner({ run: () => new Promise((resolve) => (finish = resolve)) });
    const running = it.run(statement, target);
    await new Promise<void>((resolve) => {
      const listening = it.changed.listen(() => {
        if (it.active[0]?.phase !== 'running') return;
        listening.dispose();
        resolve();
      });
    });
    const [active] = it.active;
    assert.ok(active);
    it.progress({ runId: active.runId, elapsedMs: 250, fraction: 0.5, result: { id: 'r1', columns: result.columns, rowCount: 2_048 } });
    const state = tabs.get(active.tab)?.state;
    assert.deepEqual([state?.status, state?.rowCount, state?.fraction, tabs.get(active.tab)?.result], ['running', 2_048, 0.5, 'r1']);
    finish({ outcome: 'done', result, durationMs: 300 });
    await running;
  });

  it('what the engine says about a wrong statement is in the tab, with its place', async () => {
    const error = new FaultlineError('engine', { what: 'There is no column c_naem', position: { start: 7, end: 13 } });
    const { runner: it, tabs } = runner({ run: async () => ({ outcome: 'failed', durationMs: 3, error: toWire(error) }) });
    const run = await it.run({ ...statement, source: { uri: 'untitled:a', start: 40, end: 60, firstLine: 4 } }, target);
    assert.equal(run.error?.reason, 'engine');
    const state = tabs.get(run.tab)?.state;
    assert.deepEqual([state?.status, state?.error?.firstLine, state?.error?.facts.position], ['failed', 4, { start: 7, end: 13 }]);
  });

  it('a query host that dies fails the statement in words, and the next one runs', async () => {
    let times = 0;
    const died = new FaultlineError('crashed', { what: 'The query host ended unexpectedly', remedy: 'Run it again.' });
    const run = async (): Promise<RunEnd> => {
      if (times++ === 0) throw died;
      return { outcome: 'done', result, durationMs: 1 };
    };
    const { runner: it, tabs } = runner({ run });
    const first = await it.run(statement, target);
    assert.deepEqual([first.outcome, first.error?.reason], ['failed', 'crashed']);
    const again = await it.run(statement, target, first.tab);
    assert.deepEqual([again.outcome, again.tab, tabs.all().length], ['done', first.tab, 1]);
  });

  it('stopped while its data is being made, it ends without an engine ever having run', async () => {
    const { runner: it } = runner({ run: async () => assert.fail('it was run') }, async (_target, report, signal) => {
      report('making TPC-H 0.01');
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const running = it.run(statement, target);
    const [active] = it.active;
    assert.equal(active?.preparing, 'making TPC-H 0.01');
    assert.equal(await it.stop(active?.runId ?? ''), true);
    assert.equal((await running).outcome, 'cancelled');
    assert.equal(await it.stop(active?.runId ?? ''), false, 'there is nothing left to stop');
  });

  it('a stop tells how long the engine took to stop', async () => {
    let finish: (end: RunEnd) => void = () => {};
    const { runner: it, tabs } = runner({
      run: () => new Promise((resolve) => (finish = resolve)),
      stop: async () => {
        finish({ outcome: 'cancelled', result, durationMs: 900, stopMs: 4 });
        return true;
      },
    });
    const running = it.run(statement, target);
    await new Promise<void>((resolve) => it.changed.listen(() => it.active[0]?.phase === 'running' && resolve()));
    assert.equal(await it.stop(it.active[0]?.runId ?? ''), true);
    const run = await running;
    const state = tabs.get(run.tab)?.state;
    assert.deepEqual([run.outcome, state?.stopMs, state?.rowCount], ['cancelled', 4, 1]);
    assert.match(state?.messages.at(-1)?.text ?? '', /DuckDB 1\.5\.5 took 4 ms to stop/);
  });
});
