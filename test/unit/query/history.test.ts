import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { History, type HistoryEntry } from '../../../src/query/history.ts';
import { FaultlineError } from '../../../src/base/errors.ts';

function entry(statement: string, at: number, more: Partial<HistoryEntry> = {}): Omit<HistoryEntry, 'id'> {
  return { at, engine: 'DuckDB 1.5.5', target: 'TPC-H 0.01', scale: 0.01, statement, rows: 1, durationMs: 3, outcome: 'done', ...more };
}

describe('query history', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'faultline-history-')), 'history');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

  it('is there again in the next window, newest first', async () => {
    const first = new History({ folder, maxEntries: 100 });
    await first.add(entry('select 1', 1), 'duckdb');
    await first.add(entry('select 2', 2, { title: 'q10 returned items', outcome: 'failed', error: 'There is no column' }), 'duckdb');
    const second = new History({ folder, maxEntries: 100 });
    assert.deepEqual(
      (await second.search('', 10)).map((found) => found.statement),
      ['select 2', 'select 1'],
    );
    assert.deepEqual(
      (await second.search('RETURNED failed', 10)).map((found) => found.statement),
      ['select 2'],
    );
    assert.equal((await second.search('tpc-h select', 1)).length, 1);
    assert.deepEqual(await second.search('nothing', 10), []);
  });

  it('shows at once what another window adds', async () => {
    const mine = new History({ folder, maxEntries: 100 });
    const other = new History({ folder, maxEntries: 100 });
    assert.deepEqual(await mine.search('', 10), []);
    await other.add(entry('select from other', 1), 'duckdb');
    assert.equal((await mine.search('', 10)).length, 1);
    await other.add(entry('select again', 2), 'duckdb');
    assert.equal((await mine.search('', 10)).length, 2);
  });

  it('what another window removed is gone, and what came after is there', async () => {
    const mine = new History({ folder, maxEntries: 100 });
    const other = new History({ folder, maxEntries: 100 });
    for (const at of [1, 2]) await mine.add(entry(`select removed ${at}`, at), 'duckdb');
    assert.equal((await mine.search('', 10)).length, 2);
    await other.clear();
    for (const at of [3, 4, 5]) await other.add(entry(`select kept ${at}`, at), 'duckdb');
    assert.deepEqual(
      (await mine.search('', 10)).map((found) => found.statement),
      ['select kept 5', 'select kept 4', 'select kept 3'],
    );
  });

  it('leaves out a statement that holds a secret', async () => {
    const history = new History({ folder, maxEntries: 100 });
    assert.equal(await history.add(entry("SET s3_secret_access_key='hunter2'", 1), 'duckdb'), 'secret');
    await history.add(entry('select 1', 2), 'duckdb');
    assert.ok(!(await readFile(join(folder, 'history.ndjson'), 'utf8')).includes('hunter2'));
  });

  it('skips torn and foreign lines', async () => {
    const history = new History({ folder, maxEntries: 100 });
    await history.add(entry('select 1', 1), 'duckdb');
    await appendFile(join(folder, 'history.ndjson'), '{"id":"x","at":\n{"foreign":true}\nnull\n');
    await history.add(entry('select 2', 2), 'duckdb');
    await appendFile(join(folder, 'history.ndjson'), '{"id":"to');
    assert.equal((await history.search('', 10)).length, 2);
    assert.equal((await new History({ folder, maxEntries: 100 }).search('', 10)).length, 2);
  });

  it('keeps the newest entries and lets go of old files', async () => {
    const history = new History({ folder, maxEntries: 20 });
    for (let at = 0; at < 200; at++) {
      await history.add(entry(`select ${at}`, at), 'duckdb');
      if (at % 3 === 0) await history.search('', 1);
    }
    const kept = await history.search('', 1000);
    assert.deepEqual(
      kept.map((found) => found.statement),
      Array.from({ length: 20 }, (_, index) => `select ${199 - index}`),
    );
    const lines = await Promise.all(
      (await readdir(folder)).map(async (name) => (await readFile(join(folder, name), 'utf8')).split('\n').length),
    );
    assert.ok(lines.reduce((sum, each) => sum + each, 0) < 60);
  });

  it('loses and tears nothing while two processes write and compact', async function () {
    this.timeout(30_000);
    const entryFile = new URL('history-writer.ts', import.meta.url).pathname;
    const writers = ['a', 'b'].map((name) => fork(entryFile, [folder, name, '150'], { execArgv: [] }));
    const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0] as unknown));
    assert.deepEqual(codes, [0, 0]);
    const kept = await new History({ folder, maxEntries: 400 }).search('', 1000);
    assert.equal(kept.length, 300);
    assert.equal(new Set(kept.map((found) => found.statement)).size, 300);
  });

  it('is empty in every window after clearing', async () => {
    const mine = new History({ folder, maxEntries: 10 });
    const other = new History({ folder, maxEntries: 10 });
    await mine.add(entry('select 1', 1), 'duckdb');
    assert.equal((await other.search('', 10)).length, 1);
    await mine.clear();
    assert.deepEqual(await other.search('', 10), []);
    await other.add(entry('select 2', 2), 'duckdb');
    assert.equal((await mine.search('', 10)).length, 1);
  });

  it('says which folder cannot be written', async () => {
    await writeFile(folder, 'a file in its place');
    const history = new History({ folder, maxEntries: 10 });
    await assert.rejects(history.add(entry('select 1', 1), 'duckdb'), (error) => {
      assert.ok(FaultlineError.is(error, 'storage'));
      assert.ok(error.message.includes(folder));
      return true;
    });
  });
});
