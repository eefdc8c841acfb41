import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { ExportFormat } from '../../../src/query/results.ts';
import { openService, wideSql, type Service } from './support.ts';

const formats: readonly ExportFormat[] = ['csv', 'json', 'ndjson', 'parquet'];

const exactSql = `SELECT
  9223372036854775807 AS big, 170141183460469231731687303715884105::HUGEINT AS huge, 12345678901234567890.10::DECIMAL(38,2) AS dec,
  {'d': 12345678901234567890.10::DECIMAL(38,2), 'h': [99999999999999999999::HUGEINT], 'n': NULL} AS s,
  MAP{'a"b': 1.10::DECIMAL(5,2)} AS m, [[1.0::DECIMAL(38,9)], NULL, []] AS l, [1, 2]::UTINYINT[2] AS fixed,
  '{"x":' || chr(10) || ' 1.00000000000000000000001}' AS text, ('{"x":' || chr(10) || ' 1.00000000000000000000001}')::JSON AS j,
  'nan'::DOUBLE AS nan, '-inf'::FLOAT AS inf, 1e300::DOUBLE AS d, NULL AS nothing, '' AS empty, '2026-03-01 14:31:07.123456+00'::TIMESTAMPTZ AS moment,
  INTERVAL '1.123456' SECOND AS i, union_value(k := 'v') AS u, 'a"b,c' || chr(13) || chr(10) || '<script>' || chr(1) AS hostile,
  1 AS big, 2 AS "BIG", '2c2f5a7a-1e2f-4a5b-8c9d-0e1f2a3b4c5d'::UUID AS id, '\\x00'::BLOB AS b, true AS yes, 340282366920938463463::UHUGEINT AS uh`;

describe('export', () => {
  let one: Service;
  let reader: DuckDBConnection;
  before(async () => {
    one = openService();
    reader = await (await DuckDBInstance.create()).connect();
  });
  after(async () => {
    reader.closeSync();
    await one.close();
  });

  let files = 0;
  const fresh = (format: string): string => join(one.place.folder, `out-${++files}.${format}`);

  const write = async (
    sql: string,
    format: ExportFormat,
    how: 'result' | 'statement',
  ): Promise<{ path: string; rows: number; sizeBytes: number }> => {
    const path = fresh(format);
    if (how === 'statement') {
      return { path, ...(await one.service.exportStatement({ runId: path, target: one.place.target, sql, format, path })) };
    }
    const result = await one.result(sql);
    const written = await one.service.exportResult({ runId: path, result: result.id, format, path });
    await one.service.release(result.id);
    return { path, ...written };
  };

  const readAll = async (sql: string): Promise<unknown[][]> => (await reader.runAndReadAll(sql)).getRows().map((row) => row.map(String));

  for (const how of ['result', 'statement'] as const) {
    describe(`of a ${how}`, () => {
      it('JSON keeps every digit, also inside of lists, structs and maps', async () => {
        const { path, rows, sizeBytes } = await write(exactSql, 'json', how);
        const text = readFileSync(path, 'utf8');
        const [row] = JSON.parse(text) as [Record<string, unknown>];
        assert.deepEqual([rows, sizeBytes], [1, Buffer.byteLength(text)]);
        for (const exact of [
          '"big":9223372036854775807,',
          '"huge":170141183460469231731687303715884105,',
          '"dec":12345678901234567890.10,',
          '"s":{"d":12345678901234567890.10,"h":[99999999999999999999],"n":null},',
          '"m":{"a\\"b":1.10},',
          '"l":[[1.000000000],null,[]],',
          '"fixed":[1,2],',
          '"j":{"x":  1.00000000000000000000001},',
          '"nan":"nan","inf":"-inf","d":1e+300,',
          '"u":{"k":"v"},',
          '"uh":340282366920938463463}',
        ]) {
          assert.ok(text.includes(exact), `${exact} in ${text}`);
        }
        assert.equal(row['hostile'], 'a"b,c\r\n<script>\u0001');
        assert.equal(row['text'], '{"x":\n 1.00000000000000000000001}');
        assert.deepEqual([row['nothing'], row['empty'], row['yes'], row['big_2'], row['BIG_3']], [null, '', true, 1, 2]);
      });

      it('NDJSON has one object a line', async () => {
        const { path } = await write(`SELECT range AS i, 'x' || chr(10) AS t FROM range(3000)`, 'ndjson', how);
        const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
        assert.equal(lines.length, 3000);
        assert.deepEqual(JSON.parse(lines[2999] ?? ''), { i: 2999, t: 'x\n' });
      });

      it('CSV keeps names as they are, and tells NULL from an empty text', async () => {
        const { path } = await write(
          `SELECT 1 AS a, 2 AS a, 'x,y"z' AS "n,1", NULL AS e, '' AS f, 12345678901234567890.10::DECIMAL(38,2) AS d`,
          'csv',
          how,
        );
        assert.equal(readFileSync(path, 'utf8'), 'a,a,"n,1",e,f,d\n1,2,"x,y""z",,"",12345678901234567890.10\n');
      });

      it('Parquet rounds nothing and names no column twice', async () => {
        const { path } = await write(exactSql, 'parquet', how);
        const [row] = await readAll(
          `SELECT big, huge, dec, s, m, l, big_2, "BIG_3", uh, i, moment, b, empty, nothing IS NULL, hostile = 'a"b,c' || chr(13) || chr(10) || '<script>' || chr(1) FROM '${path}'`,
        );
        assert.deepEqual(row?.slice(0, 9), [
          '9223372036854775807',
          '170141183460469231731687303715884105',
          '12345678901234567890.10',
          "{'d': 12345678901234567890.10, 'h': [99999999999999999999], 'n': NULL}",
          "{'a\"b': 1.10}",
          '[[1.000000000], NULL, []]',
          '1',
          '2',
          '340282366920938463463',
        ]);
        assert.equal(row?.[9], '00:00:01.123456');
        assert.equal(row?.at(-1), 'true');
      });

      it('refuses a number that Parquet cannot hold, and writes no file', async () => {
        await assert.rejects(write('SELECT 170141183460469231731687303715884105727::HUGEINT AS wide', 'parquet', how), (error) => {
          assert.ok(FaultlineError.is(error, 'invalid') && error.message.includes('wide'), String(error));
          return true;
        });
        assert.deepEqual(
          readdirSync(one.place.folder).filter((name) => name.includes('.part') || name === `out-${files}.parquet`),
          [],
        );
      });

      for (const format of formats) {
        it(`of more rows than one part, in order: ${format}`, async () => {
          const { path, rows } = await write('SELECT range AS i, range % 7 AS k FROM range(1200000)', format, how);
          assert.equal(rows, 1_200_000);
          const read = format === 'parquet' ? `'${path}'` : format === 'csv' ? `read_csv('${path}')` : `read_json('${path}')`;
          const [row] = await readAll(
            `SELECT count(*), sum(i), sum(CASE WHEN i = r THEN 1 ELSE 0 END) FROM (SELECT i, row_number() OVER () - 1 AS r FROM ${read})`,
          );
          assert.deepEqual(row, ['1200000', '719999400000', '1200000']);
        }).timeout(60_000);

        it(`of no rows is a valid file: ${format}`, async () => {
          const { path, rows } = await write("SELECT 1 AS a, 'x' AS b WHERE false", format, how);
          assert.equal(rows, 0);
          if (format === 'parquet') assert.deepEqual(await readAll(`SELECT count(a) FROM '${path}'`), [['0']]);
          else assert.equal(readFileSync(path, 'utf8'), { csv: 'a,b\n', json: '[]\n', ndjson: '' }[format]);
        });
      }
    });
  }

  it('writes the view as it is shown', async () => {
    const result = await one.result('SELECT range AS i FROM range(5)');
    await one.service.setView({
      result: result.id,
      view: { sort: [{ column: 0, descending: true }], filters: [{ column: 0, op: '>', text: '2' }] },
    });
    const path = fresh('csv');
    assert.equal((await one.service.exportResult({ runId: 'view', result: result.id, format: 'csv', path })).rows, 2);
    assert.equal(readFileSync(path, 'utf8'), 'i\n4\n3\n');
  });

  it('leaves the file of yesterday as it was when it fails or is stopped', async () => {
    const folder = join(one.place.folder, 'target');
    mkdirSync(folder);
    const path = join(folder, 'out.csv');
    writeFileSync(path, 'yesterday');
    const fails = one.service.exportStatement({
      runId: 'fails',
      target: one.place.target,
      sql: "SELECT CASE WHEN range = 900000 THEN error('too far') ELSE range END FROM range(1000000)",
      format: 'csv',
      path,
    });
    await assert.rejects(fails, (error) => FaultlineError.is(error, 'engine'));
    const stopped = one.service.exportStatement({
      runId: 'stopped',
      target: one.place.target,
      sql: wideSql(50_000_000),
      format: 'json',
      path,
    });
    const rejected = assert.rejects(stopped, (error) => FaultlineError.is(error, 'cancelled'));
    assert.equal(await one.service.stop('stopped'), true);
    await rejected;
    const result = await one.result(wideSql(1_000_000));
    const exporting = one.service.exportResult({ runId: 'export', result: result.id, format: 'json', path });
    const interrupted = assert.rejects(exporting, (error) => FaultlineError.is(error, 'cancelled'));
    assert.equal(await one.service.stop('export'), true);
    await interrupted;
    await one.service.release(result.id);
    assert.deepEqual([readdirSync(folder), readFileSync(path, 'utf8')], [['out.csv'], 'yesterday']);
  }).timeout(60_000);

  it('says which folder is not there', async () => {
    for (const format of formats) {
      const result = await one.result('SELECT 1 AS a');
      const path = join(one.place.folder, 'none', `x.${format}`);
      await assert.rejects(one.service.exportResult({ runId: 'none', result: result.id, format, path }), (error) => {
        assert.ok(FaultlineError.is(error, 'storage') && error.message.includes(join(one.place.folder, 'none')), String(error));
        return true;
      });
    }
  });

  it('of a statement that returns nothing says so', async () => {
    const path = fresh('csv');
    const exporting = one.service.exportStatement({
      runId: 'ddl',
      target: one.place.target,
      sql: 'CREATE TABLE t1(a INTEGER)',
      format: 'csv',
      path,
    });
    await assert.rejects(exporting, (error) => FaultlineError.is(error, 'invalid'));
  });

  it('works where statements may not reach files', async () => {
    const closed = openService({ settings: { externalAccess: false } });
    for (const format of formats) {
      const path = join(closed.place.folder, `x.${format}`);
      const written = await closed.service.exportStatement({
        runId: format,
        target: closed.place.target,
        sql: 'SELECT range AS i FROM range(3)',
        format,
        path,
      });
      assert.equal(written.rows, 3);
      assert.ok(readdirSync(closed.place.folder).includes(`x.${format}`));
    }
    await closed.close();
  });
});
