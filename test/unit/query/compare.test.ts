import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { EngineTarget } from '../../../src/engine/engine.ts';
import { isOrdered } from '../../../src/query/host/compare.ts';
import { openService, type Service } from './support.ts';

describe('a statement on two targets', () => {
  let open: Service;
  let other: EngineTarget;
  let runs = 0;

  before(() => {
    open = openService();
    other = { kind: 'file', path: join(open.place.folder, 'small.json') };
    writeFileSync(other.path, '[{"a":1,"b":"x"},{"a":2,"b":"z"}]');
  });
  after(() => open.close());

  const compare = (sql: string, sqlB = sql) =>
    open.service.compare({ runId: `compare-${++runs}`, a: { target: open.place.target, sql }, b: { target: other, sql: sqlB } });

  it('with the same answers has no differences, and says how many rows are equal', async () => {
    const { outcome, comparison, result } = await compare('SELECT a FROM small ORDER BY a');
    assert.equal(outcome, 'done');
    assert.deepEqual(comparison, { rowsA: 2, rowsB: 2, equalRows: 2, differences: 0 });
    assert.equal(result?.rowCount, 0);
  });

  it('has a row for each difference, with what either says', async () => {
    const { result, comparison } = await compare('SELECT a, b FROM small ORDER BY a');
    assert.equal(comparison?.equalRows, 1);
    const { rows } = await open.service.window({ result: result?.id ?? '', offset: 0, limit: 10 });
    assert.deepEqual(rows, [['2', 'value', 'b', 'y', 'z']]);
  });

  it('says the error of the one that fails, not that the other was stopped by it', async () => {
    const { outcome, error } = await compare('SELECT a FROM small', 'SELECT nothing FROM small');
    assert.equal(outcome, 'failed');
    assert.match(error?.facts.what ?? '', /nothing/);
  });

  it('refuses what is too large to be compared, with a way out', async () => {
    const { outcome, error } = await compare('SELECT * FROM range(200000)');
    assert.equal(outcome, 'failed');
    assert.match(error?.facts.remedy ?? '', /aggregate/);
  });

  it('can be stopped', async () => {
    const runId = `compare-${++runs}`;
    const sql = 'SELECT count(*) FROM range(100000000000) a';
    const comparing = open.service.compare({ runId, a: { target: open.place.target, sql }, b: { target: other, sql } });
    assert.equal(await open.service.stop(runId), true);
    assert.equal((await comparing).outcome, 'cancelled');
  });

  it('is ordered by an ORDER BY outside of parentheses only', () => {
    assert.equal(isOrdered('SELECT * FROM t ORDER BY 1', 'duckdb'), true);
    assert.equal(isOrdered('SELECT * FROM (SELECT * FROM t ORDER BY 1)', 'trino'), false);
    assert.equal(isOrdered("SELECT 'order by' FROM t -- ORDER BY 1", 'clickhouse'), false);
  });
});
