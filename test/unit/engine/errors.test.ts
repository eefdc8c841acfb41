import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadDuckDb } from '../../../src/engine/duckdb/api.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { customer, failureOf, makeDatabase, open, run, temporaryFolder } from './support.ts';

describe('errors of the embedded engine', () => {
  let engine: Engine;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    await makeDatabase(join(folder.path, 'tpch.duckdb'), customer);
    engine = await open({ kind: 'tpch', scale: 0.01, path: join(folder.path, 'tpch.duckdb') }, folder.path);
  });
  after(async () => {
    await engine.close();
    await folder.remove();
  });
  const failure = async (sql: string): Promise<Awaited<ReturnType<typeof failureOf>>> => failureOf(run(engine, sql));
  const marked = async (sql: string): Promise<string | undefined> => {
    const { position } = (await failure(sql)).facts;
    return position === undefined ? undefined : sql.slice(position.start, position.end);
  };

  it('a misspelt column is named, with its place and what was probably meant', async () => {
    const error = await failure('SELECT\n  c_custkey,\n  c_naem\nFROM customer');
    assert.equal(error.reason, 'engine');
    assert.deepEqual(error.facts, {
      what: 'There is no column c_naem',
      meaning: 'DuckDB on TPC-H 0.01 refused the statement',
      remedy: 'Did you mean c_name?',
      position: { start: 22, end: 28 },
      candidates: ['c_name', 'c_custkey'],
      code: 'COLUMN_NOT_FOUND',
    });
  });

  it('a place is right behind letters of two, three and four bytes', async () => {
    assert.equal(await marked("SELECT 'é', '€', '😀', c_naem FROM customer"), 'c_naem');
    assert.equal(await marked("/* 😀😀 */ SELEC 'é'"), 'SELEC');
    assert.equal(await marked('SELECT "ä ö" FROM customer'), '"ä ö"');
  });

  it('the mark covers the whole wrong word', async () => {
    assert.equal(await marked('SELECT c.c_naem FROM customer c'), 'c.c_naem');
    assert.equal(await marked('SELECT * FROM custmer'), 'custmer');
    assert.equal(await marked('SELECT nosuch(c_name) FROM customer'), 'nosuch');
    assert.equal(await marked("SELECT 1 / 'abc def'"), "'abc def'");
    assert.equal(await marked('SELECT * FROM customer WHERE'), 'WHERE');
    assert.equal(await marked('SELECT 1 WHERE c_custkey =  '), '=');
  });

  it('what is missing is said in plain words', async () => {
    const said = async (sql: string): Promise<readonly unknown[]> => {
      const { facts } = await failure(sql);
      return [facts.what, facts.remedy];
    };
    assert.deepEqual(await said('SELECT * FROM custmer'), ['There is no table custmer', 'Did you mean customer?']);
    assert.deepEqual(await said('SELECT lenght(c_name) FROM customer'), ['There is no function lenght', 'Did you mean length?']);
    assert.deepEqual(await said('SELECT substr(1, 2, 3, 4)'), [
      'No form of substr takes these arguments',
      'It takes: substr(VARCHAR, BIGINT, BIGINT) -> VARCHAR; substr(VARCHAR, BIGINT) -> VARCHAR',
    ]);
    assert.deepEqual(await said('SELECT 1 FROM'), ['The statement ends too early', 'Something is missing after “FROM”.']);
    assert.deepEqual(await said("SELECT 'abc"), ['A quoted text starts here and does not end', undefined]);
    assert.deepEqual(await said('SELEC 1'), ['The statement can’t be read from “SELEC” on', undefined]);
    assert.deepEqual(await said('SELECT ?'), [
      'The statement has a parameter that nothing fills',
      'Write the value in place of ?, $1 or $name.',
    ]);
    assert.deepEqual(await said(' -- nothing'), ['There is no statement to run', undefined]);
  });

  it('a write to the data set says where own tables go, and there they can be made', async () => {
    for (const sql of [
      'INSERT INTO customer VALUES (1, NULL)',
      'DELETE FROM customer',
      'DROP TABLE customer',
      'ALTER TABLE customer ADD COLUMN x INTEGER',
    ]) {
      const { facts } = await failure(sql);
      assert.equal(facts.what, 'TPC-H 0.01 is read-only', sql);
      assert.match(facts.remedy ?? '', /CREATE TABLE … AS SELECT/);
    }
    await run(engine, 'CREATE TABLE mine AS SELECT * FROM customer WHERE c_custkey < 3');
    assert.equal((await run(engine, 'UPDATE mine SET c_name = NULL WHERE c_custkey > 0')).changedRows, 2);
    assert.deepEqual((await run(engine, 'SELECT count(c_name) FROM mine')).rows, [['1']]);
  });

  it('a statement that needs more memory than it may use says how to give it more', async () => {
    const small = await open({ kind: 'tpch', scale: 0.01, path: join(folder.path, 'tpch.duckdb') }, folder.path);
    await run(small, "SET memory_limit = '50MB'");
    await run(small, "SET temp_directory = ''");
    const { facts } = await failureOf(run(small, 'SELECT list(range ORDER BY hash(range)) FROM range(20000000)'));
    await small.close();
    assert.match(facts.what, /needs more memory/);
    assert.match(facts.remedy ?? '', /memoryLimitMB/);
  });

  it('a statement that fails after a million rows is not shown as complete', async () => {
    const sql = "SELECT CASE WHEN range = 1500000 THEN CAST('x' AS INTEGER) ELSE range END FROM range(3000000)";
    const error = await failure(sql);
    assert.equal(error.facts.what, "Could not convert string 'x' to INT32");
    assert.equal(sql.slice(error.facts.position?.start, error.facts.position?.end), 'CAST');
    assert.deepEqual((await run(engine, 'SELECT 1')).rows, [['1']]);
  });

  it('a package without the native binding says what to install', async () => {
    const error = await failureOf(loadDuckDb(() => Promise.reject(new Error('Cannot find module'))));
    assert.equal(error.reason, 'unsupported');
    assert.match(error.message, new RegExp(`faultline-${process.platform}-${process.arch}\\.vsix`));
  });
});
