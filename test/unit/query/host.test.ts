import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { forkProcess } from '../../../src/base/fork.ts';
import { FaultlineError } from '../../../src/base/errors.ts';
import { hostEntry, openHost, place, wideSql, type Host } from './support.ts';

const endless = 'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range % 7 = 3';

describe('query host', function () {
  this.timeout(30_000);
  let one: Host;
  beforeEach(() => (one = openHost()));
  afterEach(() => one.close());

  it('answers a statement with exact rows', async () => {
    const { host, place: where } = one;
    const end = await host.run({ runId: 'r', target: where.target, sql: 'SELECT 9223372036854775807 AS big, a FROM small' });
    assert.equal(end.outcome, 'done');
    const result = end.result ?? assert.fail();
    assert.deepEqual((await host.window({ result: result.id, offset: 0, limit: 500 })).rows, [
      ['9223372036854775807', '1'],
      ['9223372036854775807', '2'],
    ]);
    assert.ok((await host.catalogue(where.target)).tables.some((table) => table.name === 'small'));
    assert.equal((await host.explain({ runId: 'e', target: where.target, sql: 'SELECT * FROM small', analyze: true })).analyzed, true);
  });

  it('tells the first rows before the statement has ended', async () => {
    const first = one.progress((event) => event.result !== undefined);
    const running = one.host.run({ runId: 'r', target: one.place.target, sql: wideSql(3_000_000) });
    const { result } = await first;
    const window = await one.host.window({ result: result?.id ?? '', offset: 0, limit: 500 });
    assert.equal(window.rows.length, 500);
    assert.equal(await one.host.stop('r'), true);
    const end = await running;
    assert.equal(end.outcome, 'cancelled');
    assert.ok((end.result?.rowCount ?? 0) < 3_000_000);
  });

  it('a runaway cross join is stopped within a second, and the next statement works', async () => {
    const { host, place: where } = one;
    const working = one.progress((event) => event.elapsedMs > 150);
    const running = host.run({ runId: 'runaway', target: where.target, sql: endless });
    await working;
    const asked = performance.now();
    assert.equal(await host.stop('runaway'), true);
    const end = await running;
    assert.ok(performance.now() - asked < 1000);
    assert.equal(end.outcome, 'cancelled');
    assert.ok(end.stopMs !== undefined && end.stopMs >= 0 && end.stopMs < 1000);
    assert.equal((await host.run({ runId: 'next', target: where.target, sql: 'SELECT 1' })).outcome, 'done');
    assert.equal(await host.stop('runaway'), false);
  });

  it('killed in the middle of a statement: the statement is lost within a second, the next one works', async () => {
    const { host, place: where } = one;
    const kept = await host.run({ runId: 'before', target: where.target, sql: 'SELECT 1' });
    const working = one.progress((event) => event.runId === 'doomed');
    const running = host.run({ runId: 'doomed', target: where.target, sql: endless });
    await working;
    const killed = performance.now();
    process.kill(host.pid ?? assert.fail(), 'SIGKILL');
    await assert.rejects(running, (error) => FaultlineError.is(error, 'crashed') && /Run the statement again/.test(error.message));
    assert.ok(performance.now() - killed < 1000);
    assert.deepEqual(one.exits, [false]);
    await assert.rejects(host.window({ result: kept.result?.id ?? '', offset: 0, limit: 1 }), (error) =>
      FaultlineError.is(error, 'notFound'),
    );
    assert.equal((await host.run({ runId: 'after', target: where.target, sql: 'SELECT 1' })).outcome, 'done');
    assert.ok(one.lines.some((line) => line.includes('SIGKILL')));
  });

  it('sorts more than fits into memory, with the first statement of a window', async () => {
    const small = openHost({ memoryLimitBytes: 50e6, threads: 1 });
    try {
      const sql = "SELECT hash(range), repeat('x', 60) FROM range(1000000) ORDER BY 1";
      const { outcome, result, error } = await small.host.run({ runId: 'sort', target: small.place.target, sql });
      assert.deepEqual([outcome, result?.rowCount, error], ['done', 1_000_000, undefined]);
    } finally {
      await small.close();
    }
  });

  it('leaves nothing on the disk when the window closes, whatever still runs', async () => {
    const { host, place: where } = one;
    await host.run({ runId: 'r', target: where.target, sql: wideSql(200_000) });
    assert.ok(readdirSync(where.settings.storeFolder).length > 0);
    const working = one.progress((event) => event.runId === 'endless');
    const running = host.run({ runId: 'endless', target: where.target, sql: endless });
    await working;
    const pid = host.pid ?? assert.fail();
    const rejected = running.then(
      (end) => assert.equal(end.outcome, 'cancelled'),
      (error: unknown) => assert.ok(FaultlineError.is(error, 'cancelled')),
    );
    await host.dispose();
    await rejected;
    assert.throws(() => process.kill(pid, 0));
    assert.equal(existsSync(where.settings.storeFolder), false);
    assert.deepEqual(one.exits, [true]);
    await assert.rejects(host.run({ runId: 'late', target: where.target, sql: 'SELECT 1' }), (error) =>
      FaultlineError.is(error, 'cancelled'),
    );
  });

  it('ends with its window, even when that could not say so', async () => {
    const { settings, target } = one.place;
    const child = forkProcess(hostEntry, [JSON.stringify(settings)]);
    const answered = once(child, 'message');
    child.send({ t: 'q', i: 'a', m: 'run', a: [{ runId: 'r', target, sql: wideSql(200_000) }] });
    await answered;
    const exit = once(child, 'exit');
    child.disconnect();
    assert.deepEqual((await exit)[0], 0);
    assert.equal(existsSync(settings.storeFolder), false);
  });

  it('two windows work on the same data at once', async () => {
    const other = openHost(
      {},
      { ...one.place, settings: { ...one.place.settings, storeFolder: `${one.place.settings.storeFolder}-2` }, remove: () => undefined },
    );
    const sql = 'SELECT count(*) FROM small';
    const ends = await Promise.all([one, other].map(({ host, place: where }) => host.run({ runId: 'r', target: where.target, sql })));
    assert.deepEqual(
      ends.map((end) => end.outcome),
      ['done', 'done'],
    );
    await other.close();
  });

  it('several statements run beside each other, a run id only once', async () => {
    const { host, place: where } = one;
    const long = host.run({ runId: 'long', target: where.target, sql: endless });
    await one.progress((event) => event.runId === 'long');
    assert.equal((await host.run({ runId: 'short', target: where.target, sql: 'SELECT 1' })).outcome, 'done');
    await assert.rejects(host.run({ runId: 'long', target: where.target, sql: 'SELECT 1' }), (error) =>
      FaultlineError.is(error, 'invalid'),
    );
    await host.stop('long');
    assert.equal((await long).outcome, 'cancelled');
  });

  it('a target that is not there is refused in words, and can be opened once it is', async () => {
    const missing = { kind: 'file', path: `${one.place.folder}/later.csv` } as const;
    await assert.rejects(one.host.open(missing), (error) => FaultlineError.is(error, 'notFound'));
    await writeFile(missing.path, 'a\n1\n');
    assert.equal((await one.host.open(missing)).target, 'later.csv');
  });
});

describe('ten million rows', function () {
  this.timeout(600_000);

  it('stay within 700 MB of memory, are readable everywhere, sorted and exported whole', async () => {
    const one = openHost({ memoryLimitBytes: 500e6 }, place({ memoryLimitBytes: 500e6 }));
    const { host, place: where } = one;
    let peakBytes = 0;
    const watch = setInterval(() => (peakBytes = Math.max(peakBytes, residentBytes(host.pid))), 50);
    const rows = 10_000_000;
    const end = await host.run({ runId: 'r', target: where.target, sql: wideSql(rows) });
    clearInterval(watch);
    assert.deepEqual([end.outcome, end.result?.rowCount], ['done', rows]);
    assert.ok(peakBytes > 0 && peakBytes < 700e6, `${Math.round(peakBytes / 1e6)} MB`);
    const result = end.result?.id ?? '';
    for (const offset of [0, 122_879, 5_000_000, rows - 500]) {
      const window = await host.window({ result, offset, limit: 500 });
      assert.deepEqual([window.rows.length, window.rows[0]?.[0], window.rows[499]?.[4]], [500, String(offset), String((offset + 499) * 5)]);
    }
    assert.deepEqual((await host.window({ result, offset: rows, limit: 500 })).rows, []);
    await host.setView({ result, view: { sort: [{ column: 0, descending: true }], filters: [] } });
    assert.equal((await host.window({ result, offset: 0, limit: 1 })).rows[0]?.[0], String(rows - 1));
    const [figures] = await host.summary({ result, range: { fromRow: 0, toRow: rows, fromColumn: 0, toColumn: 1 } });
    assert.deepEqual([figures?.count, figures?.sum], [rows, '49999995000000']);
    const path = `${where.folder}/out.parquet`;
    assert.equal((await host.exportResult({ runId: 'x', result, format: 'parquet', path })).rows, rows);
    const counted = await host.run({
      runId: 'c',
      target: where.target,
      sql: `SELECT count(*), sum(n0), count(DISTINCT n0) FROM '${path}'`,
    });
    assert.deepEqual((await host.window({ result: counted.result?.id ?? '', offset: 0, limit: 1 })).rows, [
      [String(rows), '49999995000000', String(rows)],
    ]);
    await one.close();
  });
});

/** Linux only, like the machines of CI. */
function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
