import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { packagePaths } from '../../../../src/base/package.ts';
import { DataSets } from '../../../../src/workload/tpch/datasets.ts';
import { takeLock } from '../../../../src/workload/tpch/lock.ts';
import { ownerOf, ownerText } from '../../../../src/base/owner.ts';
import { parseScale, stepsOf } from '../../../../src/workload/tpch/scale.ts';
import { forkWithFileLimit, makeStore, type Store } from './support.ts';

/** Two pieces: there is a middle. */
const small = 0.11;
const tables = ['customer', 'lineitem', 'nation', 'orders', 'part', 'partsupp', 'region', 'supplier'];

describe('TPC-H data sets', () => {
  let store: Store;
  beforeEach(async () => {
    store = await makeStore();
  });
  afterEach(() => store.remove());

  const folderOf = (scale: number): string => join(store.home, 'data', 'tpch', `sf${scale}`);
  const failureOf = async (work: Promise<unknown>): Promise<FaultlineError> => {
    const error: unknown = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof FaultlineError) return error;
    throw new Error(`no FaultlineError: ${String(error)}`);
  };

  it('one is made by a package that is reached by a link', async () => {
    const { root, datagen } = packagePaths();
    const link = join(store.home, 'package');
    await symlink(root, link);
    const sets = store.open({ generator: join(link, relative(root, datagen)) });
    assert.equal(await sets.ensure(0.001), sets.pathOf(0.001));
  });

  it('one is made once, is listed with its size, and is gone when it is removed', async () => {
    const sets = store.open();
    const path = await sets.ensure(0.01);
    assert.equal(path, sets.pathOf(0.01));
    assert.equal(await sets.ensure(0.01), path);
    assert.equal(store.children.length, 1, 'the second time nothing is started');
    const [listed, ...others] = await sets.list();
    assert.deepEqual(others, []);
    assert.equal(listed?.scale, 0.01);
    assert.ok(listed.sizeBytes > 1e6 && listed.sizeBytes < 1e7);
    assert.deepEqual(await readdir(folderOf(0.01)), ['tpch.duckdb', 'tpch.json']);
    const facts: unknown = JSON.parse(await readFile(join(folderOf(0.01), 'tpch.json'), 'utf8'));
    assert.ok(typeof facts === 'object' && facts !== null && 'rows' in facts && 'generator' in facts);
    assert.deepEqual(facts.rows, {
      customer: 1500,
      lineitem: 60175,
      nation: 25,
      orders: 15000,
      part: 2000,
      partsupp: 8000,
      region: 5,
      supplier: 100,
    });
    assert.match(String(facts.generator), /DuckDB v1\.5\.5/);
    await sets.remove(0.01);
    assert.deepEqual(await sets.list(), []);
    assert.equal((await failureOf(sets.remove(0.01))).reason, 'notFound');
  });

  it('made in pieces it holds the same rows as made at once', async () => {
    assert.ok(stepsOf(small) > 1);
    const path = await store.open().ensure(small);
    const reference = join(store.home, 'at-once.duckdb');
    const instance = await DuckDBInstance.create(reference);
    const connection = await instance.connect();
    await connection.run(`LOAD '${packagePaths().extensionFolder}/tpch.duckdb_extension'`);
    await connection.run(`CALL dbgen(sf = ${small})`);
    await connection.run(`ATTACH '${path}' AS pieces (READ_ONLY)`);
    for (const table of tables) {
      const rows = await connection.runAndReadAll(
        `SELECT count(*), sum(hash(t)::HUGEINT) FROM ${table} t UNION ALL SELECT count(*), sum(hash(t)::HUGEINT) FROM pieces.${table} t`,
      );
      const [atOnce, inPieces] = rows.getRows();
      assert.ok(Number(atOnce?.[0]) > 0);
      assert.deepEqual(inPieces, atOnce, table);
    }
    connection.closeSync();
    instance.closeSync();
  });

  it('one whose maker was killed in the middle is not there, and is made anew', async () => {
    const sets = store.open();
    const error = failureOf(
      sets.ensure(small, {
        onProgress: () => {
          store.children[0]?.kill('SIGKILL');
        },
      }),
    );
    assert.equal((await error).reason, 'crashed');
    assert.deepEqual(await sets.list(), []);
    assert.ok(!(await readdir(folderOf(small))).some((name) => name.startsWith('making')), 'its leftovers are swept');
    await sets.ensure(small);
    assert.deepEqual(
      (await sets.list()).map(({ scale }) => scale),
      [small],
    );
  });

  it('what a dead process left behind is swept, and what a living one makes is left alone', async () => {
    const dead = spawn(process.execPath, ['--eval', '0']);
    await once(dead, 'exit');
    const gone = `making_${dead.pid}-00000000-1.duckdb`;
    const growing = `making_${ownerText(ownerOf(process.pid))}.duckdb`;
    await mkdir(folderOf(1), { recursive: true });
    for (const name of [gone, `${gone}.wal`, growing]) await writeFile(join(folderOf(1), name), 'half');
    assert.deepEqual(await store.open().list(), []);
    assert.deepEqual(await readdir(folderOf(1)), [growing]);
  });

  it('the lock of a dead process is broken, that of a living one is not', async () => {
    const folder = folderOf(1);
    await mkdir(folder, { recursive: true });
    // This process's id, but not its start: another process had it before.
    await writeFile(join(folder, 'lock'), `${process.pid}-00000000-1`);
    const lock = takeLock(folder);
    assert.ok(lock);
    assert.equal(takeLock(folder), undefined);
    assert.equal((await failureOf(store.open().remove(1))).facts.what, 'TPC-H 1 is being made right now');
    lock.release();
    assert.deepEqual(await readdir(folder), []);
  });

  it('two processes that want the same one: one makes it, the other waits and uses it', async () => {
    const waits: boolean[] = [];
    const progress = ({ waiting }: { readonly waiting: boolean }): void => void waits.push(waiting);
    const paths = await Promise.all([
      store.open().ensure(small, { onProgress: progress }),
      store.open().ensure(small, { onProgress: progress }),
    ]);
    assert.deepEqual(paths, [store.open().pathOf(small), store.open().pathOf(small)]);
    assert.equal(store.children.length, 2);
    assert.ok(waits.includes(true), 'one waited');
    assert.equal(waits.filter((waiting) => !waiting).length, stepsOf(small), 'one made it');
  });

  it('when the maker dies, the one who waits makes it', async () => {
    const sets = store.open();
    const killOther = (own: number) => ({
      onProgress: ({ waiting }: { readonly waiting: boolean }): void => {
        if (waiting) store.children[1 - own]?.kill('SIGKILL');
      },
    });
    const outcomes = await Promise.allSettled([sets.ensure(small, killOther(0)), store.open().ensure(small, killOther(1))]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await sets.list()).length, 1);
  });

  it('a stop ends its process and leaves nothing', async () => {
    const stop = new AbortController();
    const sets = store.open();
    const error = await failureOf(sets.ensure(small, { signal: stop.signal, onProgress: () => stop.abort() }));
    assert.equal(error.reason, 'cancelled');
    assert.notEqual(store.children[0]?.signalCode ?? store.children[0]?.exitCode, null);
    assert.ok(!(await readdir(folderOf(small))).some((name) => name.startsWith('making')));
    assert.deepEqual(await sets.list(), []);
  });

  it('it is refused before it starts when the disk is too small', async () => {
    const sets = store.open({ freeBytes: () => Promise.resolve(100e6) });
    const { fits, freeBytes, sizeBytes } = await sets.estimate(1);
    assert.deepEqual([fits, freeBytes], [false, 100e6]);
    assert.ok(sizeBytes > 250e6 && sizeBytes < 350e6);
    const error = await failureOf(sets.ensure(1));
    assert.equal(error.reason, 'storage');
    assert.match(
      error.message,
      /The disk is too small for TPC-H 1\. \d+ MB are needed while it is made, 100 MB are free in .*Choose a smaller scale/,
    );
    assert.equal(store.children.length, 0);
    assert.ok(await sets.ensure(0.01));
  });

  it('a disk that fills up in the middle is said, and nothing half made stays', async () => {
    const sets = store.open({ fork: forkWithFileLimit(6e6) });
    const error = await failureOf(sets.ensure(small));
    assert.equal(error.reason, 'storage');
    assert.equal(error.facts.what, 'The data set could not be written');
    assert.deepEqual(await sets.list(), []);
    assert.ok(!(await readdir(folderOf(small))).some((name) => name.startsWith('making')));
  });

  it('a data folder that can’t be made is said in words', async () => {
    await writeFile(join(store.home, 'data'), 'a file is in the way');
    const error = await failureOf(store.open().ensure(0.01));
    assert.equal(error.reason, 'storage');
    assert.match(error.message, /The data folder can’t be written/);
  });

  it('a package without the generator says so, and still lists', async () => {
    const sets = new DataSets({ home: store.home, generator: packagePaths().datagen });
    assert.equal((await failureOf(sets.ensure(0.01))).reason, 'unsupported');
    assert.deepEqual(await sets.list(), []);
  });

  it('a scale factor is a number from 0.001 to 1000 and has one name', () => {
    assert.deepEqual(['0.01', '1.0', '1e1', '1000'].map(parseScale), [0.01, 1, 10, 1000]);
    for (const text of ['0', '-1', '0.0009', '1001', 'ten', '', 'Infinity', '0x10', '0.123456789']) {
      assert.throws(() => parseScale(text), /scale factor.*Choose a number from 0\.001 to 1000/, text);
    }
  });
});
