import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openDuckDb } from '../../../src/engine/duckdb/duckdb.ts';
import { memoryLimit } from '../../../src/engine/duckdb/settings.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { customer, failureOf, makeDatabase, never, open, run, temporaryFolder } from './support.ts';

const runaway = 'SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3';

describe('statements on the embedded engine', () => {
  let engine: Engine;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let data: string;
  before(async () => {
    folder = await temporaryFolder();
    data = join(folder.path, 'tpch.duckdb');
    await makeDatabase(data, customer, 'CREATE SCHEMA extra', 'CREATE TABLE extra."Odd Name" (a INTEGER)');
  });
  beforeEach(async () => {
    engine = await open({ kind: 'tpch', scale: 0.01, path: data }, folder.path);
  });
  afterEach(() => engine.close());
  after(() => folder.remove());

  it('a runaway cross join is stopped, and the next statement runs', async () => {
    const stop = new AbortController();
    const ended = failureOf(consume(engine, runaway, stop.signal, () => stop.abort()));
    assert.equal((await ended).reason, 'cancelled');
    assert.deepEqual((await run(engine, 'SELECT 42')).rows, [['42']]);
  });

  it('a stop while rows come is a stop and not the end of the rows', async () => {
    const stop = new AbortController();
    let batches = 0;
    const ended = failureOf(
      (async () => {
        for await (const event of engine.query('SELECT * FROM range(1000000000)', {}, stop.signal)) {
          if (event.kind === 'rows' && ++batches === 3) stop.abort();
        }
      })(),
    );
    assert.equal((await ended).reason, 'cancelled');
    assert.deepEqual((await run(engine, 'SELECT 1')).rows, [['1']]);
  });

  it('a reader that goes away in the middle ends the statement', async () => {
    for await (const event of engine.query('SELECT * FROM range(1000000000)', {}, never)) if (event.kind === 'rows') break;
    assert.deepEqual((await run(engine, 'SELECT 2')).rows, [['2']]);
  });

  it('SET, BEGIN and temporary tables hold for the next statement', async () => {
    await run(engine, 'CREATE TEMP TABLE mine AS SELECT 1 AS a');
    await run(engine, 'BEGIN');
    await run(engine, 'INSERT INTO mine VALUES (2)');
    assert.deepEqual((await run(engine, 'SELECT count(*) FROM mine')).rows, [['2']]);
    await run(engine, 'ROLLBACK');
    assert.deepEqual((await run(engine, 'SELECT count(*) FROM mine')).rows, [['1']]);
  });

  it('a statement on a temporary table that fails after many rows says why', async () => {
    await run(engine, 'CREATE TEMP TABLE mine AS SELECT range AS a FROM range(1000000)');
    const failing = "SELECT CASE WHEN a = 900000 THEN error('number 900000 is bad') ELSE a::VARCHAR END FROM mine";
    assert.match((await failureOf(run(engine, failing))).facts.what, /^Number 900000 is bad/);
    await run(engine, 'BEGIN');
    const inside = await failureOf(run(engine, failing));
    assert.match(inside.facts.remedy ?? '', /ROLLBACK/);
    await run(engine, 'ROLLBACK');
    assert.deepEqual((await run(engine, 'SELECT count(*) FROM mine')).rows, [['1000000']]);
  });

  it('a statement that fails inside of a transaction leaves it to the person to end it', async () => {
    await run(engine, 'BEGIN');
    await failureOf(run(engine, "SELECT CAST('x' AS INTEGER)"));
    assert.equal((await failureOf(run(engine, 'SELECT 1'))).facts.remedy, 'Run ROLLBACK to end the transaction.');
    assert.ok((await engine.catalogue(never)).tables.length > 0, 'the catalogue is there all the same');
    await run(engine, 'ROLLBACK');
    assert.deepEqual((await run(engine, 'SELECT 1')).rows, [['1']]);
  });

  it('several statements run side by side', async () => {
    const stop = new AbortController();
    const long = failureOf(
      consume(engine, runaway, stop.signal, () => {
        void Promise.all([run(engine, 'SELECT 1'), run(engine, 'SELECT count(*) FROM customer')]).then((answers) => {
          assert.deepEqual(
            answers.map(({ rows }) => rows),
            [[['1']], [['100']]],
          );
          stop.abort();
        });
      }),
    );
    assert.equal((await long).reason, 'cancelled');
  });

  it('closing stops what runs', async () => {
    const other = await open({ kind: 'tpch', scale: 0.01, path: data }, folder.path);
    let closing: Promise<void> | undefined;
    const ended = failureOf(
      consume(other, runaway, never, () => {
        closing = other.close();
      }),
    );
    assert.equal((await ended).reason, 'cancelled');
    await closing;
  });

  it('two processes read the same data set, and neither keeps the other out', async () => {
    const module = new URL('../../../src/engine/duckdb/duckdb.ts', import.meta.url).href;
    const program = `
      import { openDuckDb } from ${JSON.stringify(module)};
      const engine = await openDuckDb({ kind: 'tpch', scale: 0.01, path: ${JSON.stringify(data)} },
        { memoryLimitBytes: 1e9, threads: 1, tempFolder: ${JSON.stringify(join(folder.path, 'other'))}, externalAccess: false });
      for await (const event of engine.query('SELECT count(*) FROM customer', {}, new AbortController().signal))
        if (event.kind === 'rows') console.log(event.batch.rows()[0][0]);
      await engine.close();`;
    await run(engine, 'SELECT count(*) FROM customer');
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(output, '100\n');
    assert.deepEqual((await run(engine, 'SELECT count(*) FROM customer')).rows, [['100']]);
  });

  it('progress comes at its interval while the engine works, and columns once', async () => {
    const stop = new AbortController();
    const kinds: string[] = [];
    await failureOf(
      (async () => {
        for await (const event of engine.query(runaway, { progressEveryMs: 10 }, stop.signal)) {
          kinds.push(event.kind);
          if (kinds.filter((kind) => kind === 'progress').length === 3) stop.abort();
        }
      })(),
    );
    assert.deepEqual([kinds.length >= 4, kinds[0], [...new Set(kinds.slice(1))]], [true, 'started', ['progress']]);
  });

  it('a plan that was run has times and rows, one that was not has estimates', async () => {
    const sql = 'SELECT count(*) FROM customer WHERE c_custkey < 10';
    const real = await engine.explain(sql, { analyze: true }, never);
    assert.ok((real.totalMs ?? 0) > 0);
    const scan = leaf(real.root);
    assert.equal(scan.operator, 'Seq Scan');
    assert.match(scan.detail, /customer/);
    assert.equal(scan.rowsReal, 10);
    assert.equal(typeof scan.ownTimeMs, 'number');
    assert.match(real.text, /Seq Scan.*10 rows/);
    const planned = await engine.explain(sql, { analyze: false }, never);
    assert.equal(planned.totalMs, undefined);
    assert.equal(leaf(planned.root).rowsReal, undefined);
    assert.equal(typeof leaf(planned.root).rowsExpected, 'number');
    assert.match(planned.text, /SEQ_SCAN/);
  });

  it('a plan speaks of tables and columns, not of what DuckDB adds for itself, and expects nothing that was not estimated', async () => {
    const plan = await engine.explain('SELECT c_custkey, c_name FROM customer ORDER BY c_name', { analyze: true }, never);
    const nodes = [plan.root];
    for (const node of nodes) nodes.push(...node.children);
    assert.ok(nodes.length >= 3);
    for (const { operator, detail, rowsExpected } of nodes) {
      assert.doesNotMatch(`${operator} ${detail}`, /__internal|#\d|\.main\.|By by/);
      assert.notEqual(rowsExpected, 0);
    }
    assert.match(nodes.find(({ operator }) => operator === 'Order By')?.detail ?? '', /^customer\.c_name ASC/);
  });

  it('a plan that is run runs once', async () => {
    await run(engine, 'CREATE TABLE log (a INTEGER)');
    await engine.explain('INSERT INTO log VALUES (1)', { analyze: true }, never);
    assert.deepEqual((await run(engine, 'SELECT count(*) FROM log')).rows, [['1']]);
  });

  it('an error in an explained statement is marked in the statement', async () => {
    for (const analyze of [true, false]) {
      const { facts } = await failureOf(engine.explain('SELECT c_naem FROM customer', { analyze }, never));
      assert.deepEqual(facts.position, { start: 7, end: 13 });
    }
  });

  it('the catalogue has tables with columns and functions with signatures', async () => {
    await run(engine, 'CREATE TABLE mine (a INTEGER, "Order Key" VARCHAR)');
    const { tables, functions } = await engine.catalogue(never);
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['mine', 'customer', 'extra."Odd Name"'],
    );
    assert.equal(tables[1]?.rowsEstimate, 100);
    assert.deepEqual(tables[0]?.columns, [
      { name: 'a', type: 'INTEGER' },
      { name: '"Order Key"', type: 'VARCHAR' },
    ]);
    assert.match(functions.find(({ name }) => name === 'substr')?.signature ?? '', /^substr\(string VARCHAR, start BIGINT/);
    assert.equal(new Set(functions.map(({ name }) => name)).size, functions.length);
  });

  it('in an untrusted workspace no other file is read or written, and no setting opens one', async () => {
    const closed = await open({ kind: 'tpch', scale: 0.01, path: data }, folder.path, false);
    const secret = join(folder.path, 'secret.csv');
    await writeFile(secret, 'a\n1\n');
    const target = join(folder.path, 'out.csv');
    try {
      for (const sql of [
        `SELECT * FROM '${secret}'`,
        `SELECT * FROM read_csv('${secret}')`,
        `COPY customer TO '${target}'`,
        `ATTACH '${join(folder.path, 'new.db')}'`,
        'SET enable_external_access = true',
        `SET temp_directory = '${folder.path}'`,
        `PRAGMA profiling_output = '${target}'`,
        "SET memory_limit = '1TB'",
        'LOAD httpfs',
      ]) {
        assert.match((await failureOf(run(closed, sql))).reason, /^(engine|forbidden)$/, sql);
      }
      for (const sql of [`SELECT * FROM '${secret}'`, `SELECT * FROM read_csv('${secret}')`, `COPY customer TO '${target}'`]) {
        const { reason, message } = await failureOf(run(closed, sql));
        assert.equal(reason, 'forbidden', sql);
        assert.match(message, /This workspace is not trusted/);
      }
      assert.ok(!existsSync(target));
      await run(closed, "SET TimeZone = 'Europe/Berlin'");
      assert.deepEqual((await run(closed, 'SELECT count(*) FROM customer')).rows, [['100']]);
    } finally {
      await closed.close();
    }
  });

  it('what does not fit into memory goes to the store and never to the working folder', async () => {
    const spilling = await open({ kind: 'tpch', scale: 0.01, path: data }, folder.path);
    await run(spilling, "SET memory_limit = '40MB'");
    let spilled = false;
    for await (const event of spilling.query('SELECT range, hash(range) FROM range(3000000) ORDER BY 2', {}, never)) {
      if (event.kind !== 'rows') continue;
      spilled = readdirSync(join(folder.path, 'spill'), { recursive: true }).some((name) => String(name).includes('duckdb_temp'));
      break;
    }
    await spilling.close();
    assert.ok(spilled);
    assert.ok(!existsSync('.tmp'));
  });

  it('two engines that need the disk at the same time keep their rows apart', async () => {
    const file = { kind: 'tpch', scale: 0.01, path: data } as const;
    const options = { memoryLimitBytes: 60e6, threads: 1, tempFolder: join(folder.path, 'not', 'yet', 'there'), externalAccess: true };
    const engines = await Promise.all([openDuckDb(file, options), openDuckDb(file, options)]);
    const sorted = (k: number): string =>
      `SELECT count(*), sum(a), min(s), max(s) FROM (SELECT range * ${k} AS a, repeat('${k}', 40) AS s, row_number() OVER (ORDER BY hash(range)) FROM range(1000000))`;
    try {
      const answers = await Promise.all(engines.map((each, index) => run(each, sorted(index + 1))));
      const sum = 499_999_500_000;
      assert.deepEqual(
        answers.map((answer) => answer.rows),
        [1, 2].map((k) => [['1000000', String(sum * k), String(k).repeat(40), String(k).repeat(40)]]),
      );
    } finally {
      for (const each of engines) await each.close();
    }
  });

  it('the engine takes a quarter of the memory, or what it was given', () => {
    assert.equal(memoryLimit(0, 8e9), 2e9);
    assert.equal(memoryLimit(3e9, 8e9), 3e9);
    assert.ok(memoryLimit(0) > 0);
  });
});

/** Calls `onProgress` with the first sign that the engine works. */
async function consume(engine: Engine, sql: string, signal: AbortSignal, onProgress: () => void): Promise<void> {
  let told = false;
  for await (const event of engine.query(sql, { progressEveryMs: 20 }, signal)) {
    if (event.kind !== 'progress' || told) continue;
    told = true;
    onProgress();
  }
}

function leaf(node: Awaited<ReturnType<Engine['explain']>>['root']): typeof node {
  const [first] = node.children;
  return first === undefined ? node : leaf(first);
}
