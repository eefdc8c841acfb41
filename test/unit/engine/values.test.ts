import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DuckDBTypeId } from '@duckdb/node-api';
import { typeId } from '../../../src/engine/duckdb/types.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { makeDatabase, open, run, temporaryFolder } from './support.ts';

/** Values of every type with edges; the engine's own cast to text says how each has to read. */
const scalars: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['true', 'false'],
  TINYINT: ['-128', '127'],
  SMALLINT: ['-32768', '32767'],
  INTEGER: ['-2147483648', '2147483647', '0'],
  BIGINT: ['-9223372036854775808', '9223372036854775807', '9007199254740993'],
  UTINYINT: ['255'],
  USMALLINT: ['65535'],
  UINTEGER: ['4294967295'],
  UBIGINT: ['18446744073709551615'],
  HUGEINT: ["'-170141183460469231731687303715884105728'", "'170141183460469231731687303715884105727'"],
  UHUGEINT: ["'340282366920938463463374607431768211455'"],
  BIGNUM: ["'123456789012345678901234567890123456789012345678901234567890'", "'-1'"],
  FLOAT: ['0.1', '1', '-0.5', '3.4028235e38', '1e-45', '16777216', '123456.789', '1e16', '0.0001', '0.00001', "'nan'", "'-inf'", "'inf'"],
  DOUBLE: [
    '0.1',
    '1',
    "'-0.0'",
    '1e15',
    '9999999999999998',
    '1e16',
    '1.5e300',
    '1e-4',
    '0.00012345',
    '1e-5',
    '1.2345e-7',
    '4.9e-324',
    '1e21',
    '1e22',
    '123456789.12345679',
    "'nan'",
    "'inf'",
    "'-inf'",
  ],
  'DECIMAL(4,2)': ['-99.99', '0.05', '-0.05', '0'],
  'DECIMAL(9,4)': ['12345.6789'],
  'DECIMAL(18,3)': ['123456789012345.678', '-0.001'],
  'DECIMAL(38,10)': ["'1234567890123456789012345678.0123456789'", "'-0.0000000001'"],
  'DECIMAL(10,0)': ['1234567890'],
  DATE: [
    "'1970-01-01'",
    "'2024-02-29'",
    "'0001-01-01'",
    "'0044-03-15 (BC)'",
    "'9999-12-31'",
    "'290307-12-31'",
    "'infinity'",
    "'-infinity'",
  ],
  TIME: ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'", "'12:30:00.5'"],
  TIMETZ: ["'10:00:00+02'", "'10:00:00.25-05:30'", "'23:59:59+15:59:59'", "'00:00:00+00'"],
  TIMESTAMP: [
    "'2026-03-01 14:31:07.123456'",
    "'1969-12-31 23:59:59.999999'",
    "'1970-01-01'",
    "'0044-03-15 (BC) 10:00:00'",
    "'290000-01-01 00:00:00.000001'",
    "'infinity'",
    "'-infinity'",
  ],
  TIMESTAMP_S: ["'2026-03-01 14:31:07'", "'infinity'"],
  TIMESTAMP_MS: ["'2026-03-01 14:31:07.123'", "'-infinity'"],
  TIMESTAMP_NS: ["'2026-03-01 14:31:07.123456789'", "'1969-12-31 23:59:59.999999999'", "'2000-01-01 00:00:00.000001'", "'infinity'"],
  TIME_NS: ["'10:00:00.123456789'", "'00:00:00'"],
  INTERVAL: [
    "'1 year 2 months 3 days 04:05:06.789'",
    "'-1 month'",
    "'-3 days -00:00:01.5'",
    "'0 days'",
    "'100 hours'",
    "'1 day -13 months'",
  ],
  VARCHAR: ["''", "'é€😀'", "'a' || chr(0) || 'b'", "repeat('x', 5000)", 'chr(10) || chr(27)'],
  UUID: ["'00112233-4455-6677-8899-aabbccddeeff'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  BLOB: ["'\\x00\\xFFabc'", "''", "repeat('long', 10)"],
  BIT: ["'1'", "'0101010101'", "'00000000'"],
  "ENUM('a','b''c')": ["'a'", "'b''c'"],
};

describe('values', () => {
  let engine: Engine;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    await makeDatabase(join(folder.path, 'own.duckdb'), 'CREATE TABLE t (i INTEGER)');
    engine = await open({ kind: 'file', path: join(folder.path, 'own.duckdb') }, folder.path);
  });
  after(async () => {
    await engine.close();
    await folder.remove();
  });

  for (const [type, values] of Object.entries(scalars)) {
    it(`a ${type} reads exactly as the engine writes it`, async () => {
      const { rows } = await run(
        engine,
        values.map((value) => `SELECT v, v::VARCHAR FROM (SELECT (${value})::${type} AS v)`).join(' UNION ALL '),
      );
      assert.equal(rows.length, values.length);
      assert.deepEqual(
        rows.map(([value]) => value),
        rows.map(([, text]) => text),
      );
    });
  }

  it('a NULL of every type is null', async () => {
    for (const type of [
      ...Object.keys(scalars),
      'TIMESTAMPTZ',
      'INTEGER[]',
      'INTEGER[2]',
      'STRUCT(a INTEGER)',
      'MAP(INTEGER, INTEGER)',
      'JSON',
      'VARIANT',
    ]) {
      assert.deepEqual((await run(engine, `SELECT NULL::${type}`)).rows, [[null]], type);
    }
  });

  it('an instant reads in the time zone of the session, with the offset of its day', async () => {
    const instants = ['2024-01-01 00:00:00+00', '2024-07-01 12:30:00.5+00', '2024-10-27 01:00:00+00', '9999-01-01 00:00:00+00'];
    for (const zone of ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia']) {
      await run(engine, `SET TimeZone = '${zone}'`);
      const { rows } = await run(
        engine,
        instants.map((instant) => `SELECT t, t::VARCHAR FROM (SELECT TIMESTAMPTZ '${instant}' AS t)`).join(' UNION ALL '),
      );
      assert.deepEqual(
        rows.map(([value]) => value),
        rows.map(([, text]) => text),
        zone,
      );
    }
    // Of the time before standard time the engine's own text leaves the seconds out.
    await run(engine, "SET TimeZone = 'Europe/Berlin'");
    assert.deepEqual((await run(engine, "SELECT TIMESTAMPTZ '1880-07-01 00:00:00+00'")).rows, [['1880-07-01 00:53:28+00:53:28']]);
    await run(engine, "SET TimeZone = 'UTC'");
    assert.deepEqual((await run(engine, "SELECT TIMESTAMPTZ 'infinity', [TIMESTAMPTZ '2024-01-01 00:00:00+00']")).rows, [
      ['infinity', { kind: 'list', length: 1, values: ['2024-01-01 00:00:00+00'] }],
    ]);
  });

  it('nested values keep their structure and exact leaves', async () => {
    const { rows, columns } = await run(
      engine,
      `SELECT [1, NULL, 3] AS l, [1, 2, 3]::INTEGER[3] AS a, {'n': 9007199254740993, 'd e': [1.10::DECIMAL(5,2)]} AS s,
              MAP {'k': DATE '2024-02-29'} AS m, union_value(tag := 7) AS u, '{"x":1}'::JSON AS j, [[]::INTEGER[]] AS e`,
    );
    assert.deepEqual(rows, [
      [
        { kind: 'list', length: 3, values: ['1', null, '3'] },
        { kind: 'list', length: 3, values: ['1', '2', '3'] },
        {
          kind: 'struct',
          entries: [
            ['n', '9007199254740993'],
            ['d e', { kind: 'list', length: 1, values: ['1.10'] }],
          ],
        },
        { kind: 'map', length: 1, entries: [['k', '2024-02-29']] },
        { kind: 'struct', entries: [['tag', '7']] },
        '{"x":1}',
        { kind: 'list', length: 1, values: [{ kind: 'list', length: 0, values: [] }] },
      ],
    ]);
    assert.deepEqual(
      columns.map(({ kind }) => kind),
      ['nested', 'nested', 'nested', 'nested', 'nested', 'text', 'nested'],
    );
    assert.deepEqual(
      columns[2]?.children?.map(({ name, type }) => [name, type]),
      [
        ['n', 'BIGINT'],
        ['d e', 'DECIMAL(5,2)[]'],
      ],
    );
  });

  it('a VARIANT shows what it holds', async () => {
    const { rows } = await run(
      engine,
      "SELECT {'a': 1.50::DECIMAL(4,2), 'b': [TIMESTAMP '2024-01-01', NULL]}::VARIANT, 42::VARIANT, 'x'::VARIANT",
    );
    assert.deepEqual(rows, [
      [
        {
          kind: 'struct',
          entries: [
            ['a', '1.50'],
            ['b', { kind: 'list', length: 2, values: ['2024-01-01 00:00:00', null] }],
          ],
        },
        '42',
        'x',
      ],
    ]);
  });

  it('a long text and a long list are cut where a window is shown, and say how long they are', async () => {
    const { DuckDbBatch } = await import('../../../src/engine/duckdb/batch.ts');
    const { shortCells } = await import('../../../src/engine/duckdb/cells.ts');
    let checked = false;
    for await (const event of engine.query(
      "SELECT repeat('a', 1999) || '😀z', range(1000), repeat('b', 2000)",
      {},
      new AbortController().signal,
    )) {
      if (event.kind !== 'rows' || !(event.batch instanceof DuckDbBatch)) continue;
      const [[text, list, whole] = []] = event.batch.rows(shortCells);
      assert.deepEqual(text, { kind: 'long', length: 2002, text: 'a'.repeat(1999) });
      assert.equal(whole, 'b'.repeat(2000));
      assert.ok(list !== null && typeof list === 'object' && list.kind === 'list');
      assert.deepEqual([list.length, list.values.length, list.values[99]], [1000, 100, '99']);
      checked = true;
    }
    assert.ok(checked);
  });

  it('a result without rows still has its columns', async () => {
    const { columns, rows } = await run(engine, 'SELECT 1::DECIMAL(15,2) AS price, NULL AS nothing WHERE false');
    assert.deepEqual(rows, []);
    assert.deepEqual(
      columns.map(({ name, type, kind }) => [name, type, kind]),
      [
        ['price', 'DECIMAL(15,2)', 'decimal'],
        ['nothing', 'INTEGER', 'integer'],
      ],
    );
  });

  it('the numbers of types are those of the client', () => {
    const ids: Readonly<Record<string, unknown>> = { ...DuckDBTypeId };
    for (const [name, id] of Object.entries(typeId)) assert.equal(ids[name], id, name);
  });
});
