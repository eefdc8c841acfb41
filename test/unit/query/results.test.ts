import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { Cell } from '../../../src/engine/engine.ts';
import type { Filter, ResultInfo } from '../../../src/query/results.ts';
import { StoreDatabase } from '../../../src/query/store/database.ts';
import { freeBytesOf } from '../../../src/query/store/disk.ts';
import { openService, wideSql, type Service } from './support.ts';

const values = [
  '1::TINYINT',
  '170141183460469231731687303715884105727::HUGEINT',
  '340282366920938463463374607431768211455::UHUGEINT',
  '9223372036854775807',
  '12345678901234567890.123456789::DECIMAL(38,9)',
  '1.5::FLOAT',
  "'nan'::DOUBLE",
  'NULL',
  "'\\x00\\xff'::BLOB",
  "'101'::BIT",
  "'2c2f5a7a-1e2f-4a5b-8c9d-0e1f2a3b4c5d'::UUID",
  'INTERVAL 3 MONTH + INTERVAL 2 DAY',
  "'2026-03-01 14:31:07.123456+00'::TIMESTAMPTZ",
  "TIME '12:00:00.5'",
  "'12:00:00+02'::TIMETZ",
  "'2020-01-01 00:00:00.123456789'::TIMESTAMP_NS",
  "'2020-01-01 00:00:00'::TIMESTAMP_S",
  "DATE '0044-03-15 (BC)'",
  "'b''c'::ENUM('a', 'b''c')",
  '[1, NULL, 2]',
  '[]',
  "{'a b': 1, 'c\"d': 'x', 'n': NULL}",
  "MAP{'a': [1.5], 'b': NULL}",
  '[1, 2, 3]::INTEGER[3]',
  "union_value(k := 'a')",
  '\'{"a": 1.0000000000000000001}\'::JSON',
  '123456789012345678901234567890::BIGNUM',
  'true',
];

describe('results', () => {
  let one: Service;
  before(() => (one = openService()));
  after(() => one.close());

  const rows = async (result: ResultInfo, offset = 0, limit = 500): Promise<readonly (readonly Cell[])[]> =>
    (await one.service.window({ result: result.id, offset, limit })).rows;

  it('shows values of every type the same from memory and from the disk', async () => {
    const result = await one.result(`SELECT ${values.join(', ')}`);
    const fromMemory = await rows(result);
    await one.service.setView({ result: result.id, view: { sort: [{ column: 0, descending: false }], filters: [] } });
    assert.deepEqual(await rows(result), fromMemory);
    assert.equal(fromMemory[0]?.[1], '170141183460469231731687303715884105727');
    assert.equal(fromMemory[0]?.[3], '9223372036854775807');
  });

  it('keeps an answer whose type no table can have', async () => {
    const result = await one.result(
      "CREATE TYPE mood AS ENUM ('sad', 'glad'); SELECT row(range, 'x') AS r, 'glad'::mood AS m FROM range(5000)",
    );
    assert.equal(result.rowCount, 5000);
    assert.deepEqual((await rows(result, 4999))[0], ['(4999, x)', 'glad']);
  });

  it('cuts a long value in the grid and gives it whole when asked', async () => {
    const hostile = `'<script>alert(1)</script>' || chr(1) || chr(10) || repeat('😀', 500000)`;
    for (const sql of [
      `SELECT ${hostile} AS x`,
      `SELECT ${hostile} AS x FROM range(3000) WHERE range % 1500 = 0 UNION ALL SELECT 'y' FROM range(3000)`,
    ]) {
      const result = await one.result(sql);
      const shown = (await rows(result, 0, 1))[0]?.[0];
      assert.ok(typeof shown === 'object' && shown?.kind === 'long' && shown.length === 1_000_027 && shown.text.length <= 2000);
      const whole = await one.service.cell({ result: result.id, row: 0, column: 0 });
      assert.ok(typeof whole === 'string' && whole.length === 1_000_027 && whole.startsWith('<script>alert(1)</script>\u0001\n😀'));
    }
  });

  it('can be read while it grows', async () => {
    const seen: Promise<[number, readonly (readonly Cell[])[]]>[] = [];
    one.onProgress = ({ result }) => {
      if (result === undefined || result.rowCount <= 2048) return;
      const offset = result.rowCount - 2;
      seen.push(one.service.window({ result: result.id, offset, limit: 2 }).then((window) => [offset, window.rows]));
    };
    const end = await one.run(wideSql(600_000));
    assert.equal(end.result?.rowCount, 600_000);
    assert.ok(seen.length > 0);
    for (const [offset, read] of await Promise.all(seen))
      assert.deepEqual([read[0]?.[0], read[1]?.[0]], [String(offset), String(offset + 1)]);
  });

  it('has no rows and its columns when nothing was found', async () => {
    const result = await one.result("SELECT 1 AS a, 'x' AS b WHERE false");
    assert.deepEqual([result.rowCount, result.columns.map((column) => column.name)], [0, ['a', 'b']]);
    assert.equal(
      (await one.service.setView({ result: result.id, view: { sort: [{ column: 1, descending: true }], filters: [] } })).viewRowCount,
      0,
    );
    assert.equal(
      (await one.service.summary({ result: result.id, range: { fromRow: 0, toRow: 1, fromColumn: 0, toColumn: 1 } }))[0]?.sum,
      null,
    );
  });

  it('tells how many rows a statement changed', async () => {
    await one.run('CREATE TABLE mine AS SELECT range AS i FROM range(7)');
    assert.equal((await one.run('DELETE FROM mine WHERE i < 3')).changedRows, 3);
  });

  describe('sorted', () => {
    it('keeps the order of equal rows and puts NULL last in both directions', async () => {
      const result = await one.result('SELECT CASE WHEN range % 10 = 0 THEN NULL ELSE range % 3 END AS k, range AS i FROM range(30000)');
      for (const descending of [false, true]) {
        await one.service.setView({ result: result.id, view: { sort: [{ column: 0, descending }], filters: [] } });
        const first = await rows(result, 0, 3);
        assert.deepEqual(
          first,
          descending
            ? [
                ['2', '2'],
                ['2', '5'],
                ['2', '8'],
              ]
            : [
                ['0', '3'],
                ['0', '6'],
                ['0', '9'],
              ],
        );
        assert.deepEqual(await rows(result, 29_998), [
          [null, '29980'],
          [null, '29990'],
        ]);
      }
      const whole = await one.service.setView({ result: result.id, view: { sort: [], filters: [] } });
      assert.deepEqual([whole.viewRowCount, (await rows(result, 0, 1))[0]], [30000, [null, '0']]);
    });

    it('by several columns and by nested values', async () => {
      const result = await one.result("SELECT range % 2 AS a, {'x': range} AS s FROM range(4)");
      await one.service.setView({
        result: result.id,
        view: {
          sort: [
            { column: 0, descending: true },
            { column: 1, descending: true },
          ],
          filters: [],
        },
      });
      assert.equal(
        await one.service.copy({ result: result.id, range: { fromRow: 0, toRow: 4, fromColumn: 0, toColumn: 2 }, headers: false }),
        "1\t{'x': 3}\n1\t{'x': 1}\n0\t{'x': 2}\n0\t{'x': 0}",
      );
    });
  });

  describe('filtered', () => {
    let result: ResultInfo;
    before(async () => {
      result = await one.result(
        "SELECT * FROM (VALUES (1, 1.10, 'Alpha', 0.5::DOUBLE, DATE '2026-01-01', 1::HUGEINT, [1], '2026-01-01 12:00:00+00'::TIMESTAMPTZ), " +
          "(2, 2.25, 'beta%', 1e20, DATE '2026-01-02', 170141183460469231731687303715884105727::HUGEINT, [2], '2026-01-02 12:00:00+00'), " +
          "(3, NULL, '', 'nan', DATE '2026-01-03', -5::HUGEINT, NULL, NULL), (NULL, -7.00, NULL, NULL, NULL, NULL, [3], NULL)) t",
      );
    });
    const cases: readonly (readonly [Filter, string])[] = [
      [{ column: 0, op: '=', text: '2' }, '2'],
      [{ column: 0, op: '=', text: ' 2.0 ' }, '2'],
      [{ column: 0, op: '=', text: '1.5' }, ''],
      [{ column: 0, op: '<>', text: '1.5' }, '1,2,3'],
      [{ column: 0, op: '>', text: '1.5' }, '2,3'],
      [{ column: 0, op: '>=', text: '1.5' }, '2,3'],
      [{ column: 0, op: '<', text: '-0.5' }, ''],
      [{ column: 0, op: '<', text: '99999999999999999999999999999999999999999999' }, '1,2,3'],
      [{ column: 1, op: '=', text: '1.1' }, '1'],
      [{ column: 1, op: '>', text: '1.105' }, '2'],
      [{ column: 1, op: '<=', text: '2.249' }, '1,null'],
      [{ column: 1, op: '<', text: '1e3' }, '1,2,null'],
      [{ column: 2, op: 'contains', text: 'ALPH' }, '1'],
      [{ column: 2, op: 'like', text: 'b%' }, '2'],
      [{ column: 2, op: '=', text: '' }, '3'],
      [{ column: 2, op: 'null' }, 'null'],
      [{ column: 2, op: 'notNull' }, '1,2,3'],
      [{ column: 2, op: 'in', values: ['Alpha', null] }, '1,null'],
      [{ column: 2, op: 'in', values: [] }, ''],
      [{ column: 2, op: 'contains', text: "'; DROP TABLE t; --" }, ''],
      [{ column: 3, op: '>', text: '1e19' }, '2,3'],
      [{ column: 3, op: 'in', values: ['nan', '0.5'] }, '1,3'],
      [{ column: 4, op: '>=', text: '2026-01-02' }, '2,3'],
      [{ column: 5, op: '>', text: '170141183460469231731687303715884105726' }, '2'],
      [{ column: 5, op: '<', text: '0' }, '3'],
      [{ column: 6, op: '=', text: '[2]' }, '2'],
      [{ column: 7, op: '<', text: '2026-01-02 00:00:00+00' }, '1'],
    ];
    for (const [filter, expected] of cases) {
      it(JSON.stringify(filter), async () => {
        const info = await one.service.setView({ result: result.id, view: { sort: [], filters: [filter] } });
        const found = await rows(result);
        assert.equal(found.map((row) => String(row[0])).join(','), expected);
        assert.equal(info.viewRowCount, found.length);
      });
    }

    it('says which text is no value of the column, and keeps the view', async () => {
      await one.service.setView({ result: result.id, view: { sort: [], filters: [{ column: 0, op: '=', text: '2' }] } });
      for (const [column, text] of [
        [0, 'two'],
        [4, 'yesterday'],
        [3, 'x'],
      ] as const) {
        await assert.rejects(
          one.service.setView({ result: result.id, view: { sort: [], filters: [{ column, op: '=', text }] } }),
          (error) => {
            assert.ok(FaultlineError.is(error, 'invalid') && error.message.includes(text));
            return true;
          },
        );
      }
      assert.equal((await rows(result)).length, 1);
    });
  });

  describe('figures', () => {
    const summary = async (sql: string): Promise<readonly (string | number | null)[]> => {
      const result = await one.result(sql);
      const found = await one.service.summary({
        result: result.id,
        range: { fromRow: 0, toRow: result.rowCount, fromColumn: 0, toColumn: 1 },
      });
      const { count, nulls, distinct, min, max, sum } = found[0] ?? assert.fail();
      return [count, nulls, distinct, min, max, sum];
    };
    const big = '170141183460469231731687303715884105727';
    const cases: readonly (readonly [string, readonly (string | number | null)[]])[] = [
      ['SELECT * FROM (VALUES (1), (2), (2), (NULL)) t', [4, 1, 2, '1', '2', '5']],
      [`SELECT ${big}::HUGEINT FROM range(3)`, [3, 0, 1, big, big, String(BigInt(big) * 3n)]],
      [
        `SELECT 340282366920938463463374607431768211455::UHUGEINT FROM range(2)`,
        [2, 0, 1, String(2n ** 128n - 1n), String(2n ** 128n - 1n), String(2n ** 129n - 2n)],
      ],
      [
        'SELECT 999999999999999999999999999999999999.99::DECIMAL(38,2) FROM range(300)',
        [
          300,
          0,
          1,
          '999999999999999999999999999999999999.99',
          '999999999999999999999999999999999999.99',
          '299999999999999999999999999999999999997.00',
        ],
      ],
      ['SELECT -0.01::DECIMAL(38,2) FROM range(3)', [3, 0, 1, '-0.01', '-0.01', '-0.03']],
      ['SELECT (range / 10.0)::DECIMAL(10,1) FROM range(10)', [10, 0, 10, '0.0', '0.9', '4.5']],
      ["SELECT unnest(['b', 'a', NULL])", [3, 1, 2, 'a', 'b', null]],
      ['SELECT unnest([[2], [1]])', [2, 0, 2, '[1]', '[2]', null]],
      ['SELECT 0.5::DOUBLE FROM range(2)', [2, 0, 1, '0.5', '0.5', '1.0']],
    ];
    for (const [sql, expected] of cases) it(`are exact: ${sql}`, async () => assert.deepEqual(await summary(sql), expected));

    it('count only the selected rows of the view', async () => {
      const result = await one.result('SELECT range AS i FROM range(10000)');
      await one.service.setView({ result: result.id, view: { sort: [{ column: 0, descending: true }], filters: [] } });
      const [figures] = await one.service.summary({ result: result.id, range: { fromRow: 0, toRow: 2, fromColumn: 0, toColumn: 5 } });
      assert.deepEqual([figures?.count, figures?.sum], [2, '19997']);
    });

    it('list the most frequent values first, with search', async () => {
      const result = await one.result("SELECT unnest(['b', 'a', 'b', NULL, 'Abc', NULL, repeat('x', 20000)]) AS v");
      const found = await one.service.distinct({ result: result.id, column: 0, search: '', limit: 2 });
      assert.deepEqual(found, {
        values: [
          { value: 'b', count: 2 },
          { value: 'Abc', count: 1 },
        ],
        distinct: 4,
        nulls: 2,
      });
      const searched = await one.service.distinct({ result: result.id, column: 0, search: 'A', limit: 10 });
      assert.deepEqual(
        searched.values.map(({ value }) => value),
        ['Abc', 'a'],
      );
    });
  });

  describe('copied', () => {
    it('as spreadsheets read it', async () => {
      const result = await one.result(
        `SELECT 1 AS a, 'x' || chr(9) || 'y"z' AS "b c", NULL AS a, chr(10) AS d UNION ALL SELECT 2, 'plain', NULL, ''`,
      );
      const text = await one.service.copy({
        result: result.id,
        range: { fromRow: 0, toRow: 9, fromColumn: 0, toColumn: 4 },
        headers: true,
      });
      assert.equal(text, 'a\tb c\ta\td\n1\t"x\ty""z"\t\t"\n"\n2\tplain\t\t');
    });

    it('not beyond 64 MB, and says what to do instead', async () => {
      const result = await one.result("SELECT repeat('x', 100000) FROM range(1000)");
      await assert.rejects(
        one.service.copy({ result: result.id, range: { fromRow: 0, toRow: 1000, fromColumn: 0, toColumn: 1 }, headers: false }),
        (error) => FaultlineError.is(error, 'invalid') && /Export/.test(error.message),
      );
    });
  });

  it('frees the disk when it is closed', async () => {
    const result = await one.result(wideSql(200_000));
    await one.service.setView({ result: result.id, view: { sort: [{ column: 0, descending: true }], filters: [] } });
    const files = (): string[] => readdirSync(one.place.settings.storeFolder).filter((name) => name.endsWith('.db'));
    const before = files();
    await one.service.release(result.id);
    assert.equal(before.length - files().length, 2);
    await assert.rejects(one.service.window({ result: result.id, offset: 0, limit: 1 }), (error) => FaultlineError.is(error, 'notFound'));
  });

  it('closed while its statement runs: the statement stops, and nothing stays on the disk', async () => {
    const files = (): string[] => readdirSync(one.place.settings.storeFolder).filter((name) => name.endsWith('.db'));
    await one.service.release((await one.result(wideSql(10_000))).id);
    const before = files();
    let released: Promise<void> | undefined;
    one.onProgress = ({ result }) => {
      if (result !== undefined) released ??= one.service.release(result.id);
    };
    const end = await one.run('SELECT * FROM range(1000000000)');
    one.onProgress = () => undefined;
    await released;
    assert.deepEqual([end.outcome, end.error?.facts.what], ['failed', 'The result was closed']);
    assert.deepEqual(files(), before);
  });

  it('an export that waits for its statement can be stopped', async () => {
    const path = join(one.place.folder, 'waiting.csv');
    let exporting: Promise<void> | undefined;
    one.onProgress = ({ runId, result }) => {
      if (result === undefined || exporting !== undefined) return;
      const ended = one.service.exportResult({ runId: 'waits', result: result.id, format: 'csv', path });
      exporting = assert.rejects(ended, (error) => FaultlineError.is(error, 'cancelled'));
      void one.service.stop('waits').then(() => one.service.stop(runId));
    };
    const end = await one.run('SELECT * FROM range(1000000000)');
    one.onProgress = () => undefined;
    await exporting;
    assert.deepEqual([end.outcome, existsSync(path)], ['cancelled', false]);
  });

  it('work on it that is stopped before it has begun is stopped', async () => {
    const folder = join(one.place.folder, 'early');
    const database = new StoreDatabase({ folder, memoryLimitBytes: 100e6, freeBytes: freeBytesOf });
    const stop = new AbortController();
    const runaway = 'SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3';
    const ended = assert.rejects(
      database.use('UTC', stop.signal, (connection) => connection.run(runaway)),
      (error) => FaultlineError.is(error, 'cancelled'),
    );
    stop.abort();
    await ended;
    await database.close();
  });
});
