import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { after, before, describe, it } from 'mocha';
import { packagePaths } from '../../src/base/package.ts';
import type { Cell, Engine } from '../../src/engine/engine.ts';
import { Library, type LibraryEntry } from '../../src/workload/library.ts';
import { checkAnswer, parseAnswer } from '../../src/workload/tpch/answers.ts';
import { variantFor } from '../../src/workload/variants.ts';
import { modern, old, openPod, rowsOf, startClickHouse } from './use/clickhouse.ts';
import type { Forward } from './use/forward.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

/** Answers are built in for 0.01, 0.1 and 1: `FAULTLINE_TEST_SCALE=0.1` loads and checks more. */
const scale = process.env['FAULTLINE_TEST_SCALE'] ?? '0.01';
const { root, extensionFolder } = packagePaths();

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('faultline load tpch', function () {
  this.timeout(600_000);
  let lab: TestLab;
  let home: string;
  let forward: Forward;
  let engine: Engine;
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'faultline-load-'));
    lab = await useLab({ profile: 'cluster' });
    await startClickHouse(lab, [modern, old]);
    forward = await lab.portForward({ pod: 'clickhouse-modern' }, 8123);
    engine = await openPod(lab, modern);
  });
  after(async () => {
    await engine.close();
    await forward.close();
    rmSync(home, { recursive: true, force: true });
  });

  function start(url: string, database: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const args = [join(root, 'src/cli.ts'), 'load', 'tpch', '--url', url, '--scale', scale, '--database', database, ...more];
    return spawn(process.execPath, args, { env: { ...process.env, FAULTLINE_HOME: home, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async function ended(child: ChildProcess): Promise<Ended> {
    assert(child.stdout && child.stderr);
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      child.exitCode === null ? once(child, 'exit') : [],
    ]);
    return { code: child.exitCode, stdout, stderr };
  }

  const load = (database: string, more?: readonly string[]): Promise<Ended> => ended(start(forward.url, database, more));

  const rowsIn = async (table: string): Promise<number> => {
    const [row] = await rowsOf(engine, `SELECT sum(rows) FROM system.parts WHERE active AND database = 'tpch' AND table = '${table}'`);
    return Number(row?.[0] ?? 0);
  };

  it('killed in the middle goes on where it was, and nothing is there twice', async () => {
    const first = start(forward.url, 'tpch');
    while ((await rowsIn('orders')) === 0) {
      assert.equal(first.exitCode, null, 'it was done before it could be killed');
      await delay(5);
    }
    first.kill('SIGKILL');
    await once(first, 'exit');
    assert((await rowsIn('lineitem')) < 6_000_000 * Number(scale), 'it was killed before its end');
    const { code, stdout, stderr } = await load('tpch');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /of them there already/);
    assert.match(stdout, /Counts and sums of all tables are those of the source/);
    const twice = 'SELECT count() FROM (SELECT 1 FROM tpch.lineitem GROUP BY l_orderkey, l_linenumber HAVING count() > 1)';
    assert.deepEqual(await rowsOf(engine, twice), [['0']]);
    const left = "SELECT count() FROM system.tables WHERE database = 'tpch' AND name LIKE 'faultline_loading%'";
    assert.deepEqual(await rowsOf(engine, left), [['0']]);
  });

  it('once more finds everything there, and compares it again', async () => {
    const { code, stdout, stderr } = await load('tpch');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /all of them there already/);
  });

  it('a table that lost a row in place of another is found out', async () => {
    await rowsOf(engine, "ALTER TABLE tpch.region UPDATE r_name = 'NOWHERE' WHERE r_regionkey = 1 SETTINGS mutations_sync = 1");
    const { code, stderr } = await load('tpch');
    assert.equal(code, 3);
    assert.match(stderr, /The table region is not what was loaded/);
    await rowsOf(engine, "ALTER TABLE tpch.region UPDATE r_name = 'AMERICA' WHERE r_regionkey = 1 SETTINGS mutations_sync = 1");
  });

  it('tables of somebody else are left alone', async () => {
    await rowsOf(engine, 'CREATE DATABASE theirs');
    await rowsOf(engine, 'CREATE TABLE theirs.orders (id Int64) ENGINE = MergeTree ORDER BY id');
    const { code, stderr } = await load('theirs');
    assert.equal(code, 3);
    assert.match(stderr, /theirs has tables of these names that Faultline did not make: orders/);
    assert.match(stderr, /--database/);
    assert.deepEqual(await rowsOf(engine, "SELECT count() FROM system.tables WHERE database = 'theirs'"), [['1']]);
  });

  it('another scale does not mix with the one that is there', async () => {
    const { code, stderr } = await ended(start(forward.url, 'tpch', ['--scale', '0.002']));
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`tpch holds TPC-H ${scale} already`));
  });

  it('a wrong password and a server that is not there are said to be so', async () => {
    const wrong = await ended(start(forward.url, 'tpch', ['--user', 'nobody']));
    assert.match(wrong.stderr, /does not accept this user and password/);
    const gone = await ended(start('http://127.0.0.1:1', 'tpch'));
    assert.equal(gone.code, 3);
    assert.match(gone.stderr, /accepts no connection/);
  });

  it('fills a server of 2018 too', async () => {
    const way = await lab.portForward({ pod: 'clickhouse-old' }, 8123);
    const { code, stdout, stderr } = await ended(start(way.url, 'tpch', ['--user', old.user], { FAULTLINE_PASSWORD: old.password }));
    await way.close();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Counts and sums of all tables are those of the source/);
  });

  describe('all 22 answers', () => {
    let queries: Engine;
    let entries: readonly LibraryEntry[];
    before(async () => {
      queries = await openPod(lab, modern, 'tpch');
      entries = await new Library(join(root, 'snippets'), []).entries();
    });
    after(() => queries.close());

    for (let query = 1; query <= 22; query++) {
      const name = `q${String(query).padStart(2, '0')}`;
      it(`${name} is the specification's`, async () => {
        const entry = entries.find(({ path }) => path === `tpch/${name}.sql`);
        assert(entry);
        const rows = await rowsOf(queries, variantFor(entry, 'clickhouse').sql);
        const answer = parseAnswer(await builtInAnswer(query));
        const check = checkAnswer(
          query,
          answer,
          rows.map((row) => row.map(plain)),
        );
        assert.deepEqual(check, { ok: true, rowsExpected: answer.rows.length, rowsGot: answer.rows.length, differences: [] });
      });
    }
  });
});

function plain(cell: Cell): string | null {
  assert(cell === null || typeof cell === 'string');
  return cell;
}

async function builtInAnswer(query: number): Promise<string> {
  assert(extensionFolder !== undefined);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`LOAD '${join(extensionFolder, 'tpch.duckdb_extension')}'`);
    const reader = await connection.runAndReadAll(
      `SELECT answer FROM tpch_answers() WHERE query_nr = ${query} AND scale_factor = ${scale}`,
    );
    return String(reader.getRows()[0]?.[0]);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
