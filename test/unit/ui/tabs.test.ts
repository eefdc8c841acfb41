import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { maxUnpinnedTabs, ResultTabs, withoutRows, type Tab } from '../../../src/ui/panels/results/tabs.ts';
import { keepTabs, restoreTabs } from '../../../src/ui/panels/results/saved.ts';
import type { TabState } from '../../../src/ui/panels/results/protocol.ts';

const target = { kind: 'tpch', scale: 0.01, path: '/data/tpch-0.01.duckdb' } as const;

function tab(id: string, state: Partial<TabState> = {}, result: string | null = `rows of ${id}`): Tab {
  const whole: TabState = {
    id,
    title: id,
    pinned: false,
    engine: 'DuckDB 1.5.5',
    target: 'TPC-H 0.01',
    startedAt: 0,
    statement: `select '${id}'`,
    durationMs: 1,
    opens: 'rows',
    messages: [],
    ...withoutRows,
    status: 'done',
    ...state,
  };
  return { state: whole, target, runId: `run of ${id}`, ...(result === null ? {} : { result }) };
}

const ids = (tabs: ResultTabs): readonly string[] => tabs.all().map(({ state }) => state.id);

describe('tabs of the results panel', () => {
  let released: string[];
  let tabs: ResultTabs;
  beforeEach(() => {
    released = [];
    tabs = new ResultTabs((result) => released.push(result));
  });

  it('the oldest unpinned result goes when there are too many, and its rows are freed', () => {
    tabs.open(tab('pinned', { pinned: true }));
    for (let n = 0; n < maxUnpinnedTabs + 2; n++) tabs.open(tab(`t${n}`));
    assert.equal(ids(tabs).length, maxUnpinnedTabs + 1);
    assert.equal(ids(tabs)[0], 'pinned');
    assert.deepEqual(released, ['rows of t0', 'rows of t1']);
  });

  it('a running statement is never taken away by the limit', () => {
    tabs.open(tab('slow', { status: 'running' }));
    for (let n = 0; n < maxUnpinnedTabs + 3; n++) tabs.open(tab(`t${n}`));
    assert.ok(tabs.get('slow'));
  });

  it('closing the shown tab shows its neighbour', () => {
    for (const id of ['a', 'b', 'c']) tabs.open(tab(id));
    tabs.activate('b');
    tabs.close('b');
    assert.equal(tabs.active, 'c');
    tabs.close('c');
    assert.equal(tabs.active, 'a');
    tabs.close('a');
    assert.equal(tabs.active, null);
  });

  it('the same statement run again takes the place of its older result, other text and pinned tabs stay', () => {
    const statement = 'select 1';
    tabs.open(tab('old', { statement }));
    tabs.open(tab('kept', { statement, pinned: true }));
    tabs.open(tab('other'));
    tabs.open(tab('new', { statement }));
    tabs.closeSuperseded('new', true);
    assert.deepEqual(ids(tabs), ['kept', 'other', 'new']);
  });

  it('a run that failed leaves the earlier rows of the same statement and replaces its earlier failure', () => {
    const statement = 'select 1';
    tabs.open(tab('rows', { statement }));
    tabs.open(tab('failure', { statement, status: 'failed' }, null));
    tabs.open(tab('new', { statement, status: 'failed' }));
    tabs.closeSuperseded('new', false);
    assert.deepEqual(ids(tabs), ['rows', 'new']);
  });

  it('results of a query host that ended say that their rows are gone', () => {
    tabs.open(tab('a', { rowCount: 25, viewRowCount: 25 }));
    tabs.open(tab('running', { status: 'running' }));
    tabs.loseRows();
    assert.deepEqual([tabs.get('a')?.state.status, tabs.get('a')?.state.rowCount, tabs.get('a')?.result], ['gone', 0, undefined]);
    assert.equal(tabs.get('running')?.state.status, 'running');
    assert.deepEqual(released, [], 'there is nothing left to free');
  });

  it('rows that arrive for a tab that was closed meanwhile are freed', () => {
    tabs.open(tab('a', { status: 'running' }));
    tabs.close('a');
    tabs.update('run of a', { status: 'done' }, 'late rows');
    assert.deepEqual(released, ['rows of a', 'late rows']);
  });
});

describe('tabs after a window reload', () => {
  const memory = () => {
    const values = new Map<string, unknown>();
    return {
      get: (key: string) => JSON.parse(JSON.stringify(values.get(key) ?? null)) as unknown,
      update: async (key: string, value: unknown) => void values.set(key, value),
    };
  };
  const noError = (error: unknown): never => {
    throw error;
  };

  it('come back without rows, ready to be run again', () => {
    const kept = memory();
    const before = new ResultTabs(() => {});
    const keeping = keepTabs({ memory: kept, tabs: before, holdsSecret: () => false, onError: noError });
    before.open(tab('a', { statement: 'select 42', rowCount: 1 }));
    before.open(tab('b', { pinned: true }));
    before.activate('a');
    keeping.dispose();
    const after = new ResultTabs(() => {});
    restoreTabs({ memory: kept, tabs: after });
    const [a, b] = after.all();
    assert.deepEqual([a?.state.status, a?.state.statement, a?.state.rowCount, a?.target], ['gone', 'select 42', 0, target]);
    assert.equal(b?.state.pinned, true);
    assert.equal(after.active, 'a');
  });

  it('stand before those that were run before the panel came back', () => {
    const kept = memory();
    const before = new ResultTabs(() => {});
    const keeping = keepTabs({ memory: kept, tabs: before, holdsSecret: () => false, onError: noError });
    before.open(tab('old'));
    keeping.dispose();
    const after = new ResultTabs(() => {});
    after.open(tab('new', { rowCount: 3 }));
    restoreTabs({ memory: kept, tabs: after });
    assert.deepEqual(
      after.all().map(({ state }) => [state.id, state.status]),
      [
        ['old', 'gone'],
        ['new', 'done'],
      ],
    );
    assert.equal(after.active, 'new');
  });

  it('a statement with a secret is not written down', () => {
    const kept = memory();
    const tabs = new ResultTabs(() => {});
    const keeping = keepTabs({ memory: kept, tabs, holdsSecret: (sql) => sql.includes('hunter2'), onError: noError });
    tabs.open(tab('a', { statement: `set password = 'hunter2'` }));
    tabs.open(tab('b'));
    keeping.dispose();
    assert.ok(!JSON.stringify(kept.get('faultline.results.tabs')).includes('hunter2'));
    assert.ok(JSON.stringify(kept.get('faultline.results.tabs')).includes(`select 'b'`));
  });

  it('a stored state that someone broke brings no tabs and no error', () => {
    const tabs = new ResultTabs(() => {});
    restoreTabs({ memory: { get: () => ({ tabs: [{ id: 7 }], active: {} }), update: async () => {} }, tabs });
    assert.deepEqual(tabs.all(), []);
  });
});
