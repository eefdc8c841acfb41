import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { Cell, Engine } from '../../../../src/engine/engine.ts';
import { cellJson, cellText } from '../../../../src/engine/text.ts';
import { doubleText } from '../../../../src/engine/trino/cells.ts';
import { parseExact } from '../../../../src/engine/trino/json.ts';
import { columnOf } from '../../../../src/engine/trino/signature.ts';
import { run } from '../support.ts';
import { coordinator, engineOn, page, type Coordinator } from './coordinator.ts';

describe('Values of Trino and Presto', () => {
  let server: Coordinator;
  let engine: Engine;
  let types: readonly string[] = [];
  let json = '';

  before(async () => {
    // The values as text of JSON: JavaScript could not write them.
    server = await coordinator(() => {
      const columns = types.map((type, index) => ({ name: `c${index}`, type }));
      return { body: JSON.stringify({ ...(page().body as object), columns, data: [] }).replace('"data":[]', `"data":[[${json}]]`) };
    });
    engine = await engineOn(server);
  });

  after(async () => {
    await engine.close();
    await server.close();
  });

  async function cells(values: Readonly<Record<string, string>>): Promise<readonly Cell[]> {
    types = Object.keys(values);
    json = Object.values(values).join(',');
    return (await run(engine, 'select 1')).rows[0] ?? [];
  }

  const text = async (type: string, value: string): Promise<string | null> => cellText((await cells({ [type]: value }))[0] ?? null);

  it('whole numbers and decimals have all their digits', async () => {
    assert.deepEqual(
      await cells({
        bigint: '9223372036854775807',
        'bigint ': '-9223372036854775808',
        integer: '-5',
        'decimal(38, 2)': '"123456789012345678901234567890123456.70"',
      }),
      ['9223372036854775807', '-9223372036854775808', '-5', '123456789012345678901234567890123456.70'],
    );
  });

  it('times keep the digits that they were given, dates their era', async () => {
    assert.deepEqual(
      await cells({
        'timestamp(12)': '"2020-01-01 01:02:03.123456789012"',
        'timestamp(3) with time zone': '"2020-01-01 01:02:03.000 Europe/Berlin"',
        'time(6) with time zone': '"01:02:03.000000+02:00"',
        date: '"-0044-03-15"',
        'INTERVAL DAY TO SECOND': '"3 00:00:00.000"',
      }),
      [
        '2020-01-01 01:02:03.123456789012',
        '2020-01-01 01:02:03.000 Europe/Berlin',
        '01:02:03.000000+02:00',
        '-0044-03-15',
        '3 00:00:00.000',
      ],
    );
  });

  it('a CHAR keeps its padding, and a text its quotes and digits', async () => {
    const [padded, quoted, document] = ['ab   ', '[12345678901234567890,"\\', '{"a":12345678901234567890}'];
    assert.deepEqual(await cells({ 'char(5)': JSON.stringify(padded), varchar: JSON.stringify(quoted), json: JSON.stringify(document) }), [
      padded,
      quoted,
      document,
    ]);
  });

  it('doubles look as they do on the server, with what is no number', async () => {
    const shown = ['0.1', '100.0', '1.0E10', '-0.0', '1.0E-4', '0.001', '1.2345678E7', '1.7976931348623157E308'];
    for (const one of shown) assert.equal(await text('double', one), one);
    assert.equal(await text('double', '9.007199254740992E15'), '9.007199254740992E15');
    assert.equal(await text('real', '3.4028235E38'), '3.4028235E38');
    for (const one of ['NaN', 'Infinity', '-Infinity']) assert.equal(await text('double', `"${one}"`), one);
    assert.equal(doubleText(1e7), '1.0E7');
  });

  it('bytes look as on the embedded engine', async () => {
    assert.equal(await text('varbinary', `"${Buffer.from([0, 255, 0x61, 0x27]).toString('base64')}"`), String.raw`\x00\xFFa\x27`);
  });

  it('nested values are exact down to their last number, as Trino writes them', async () => {
    assert.equal(await text('array(bigint)', '[1,null,9223372036854775807]'), '[1, NULL, 9223372036854775807]');
    assert.equal(await text('map(bigint, decimal(2, 1))', '{"9223372036854775807":"1.5"}'), '{9223372036854775807=1.5}');
    assert.equal(
      await text('row(a bigint, "B b" array(row(x double)))', '[9223372036854775806,[[1.0E10],null]]'),
      "{'a': 9223372036854775806, 'B b': [{'x': 1.0E10}, NULL]}",
    );
    assert.equal(await text('array(varbinary)', '["AP8="]'), String.raw`['\\x00\\xFF']`);
  });

  it('nested values are the same from Presto, which writes them as text of JSON inside of text', async () => {
    const quoted = (value: string): string => JSON.stringify(value);
    assert.equal(await text('array(bigint)', quoted('[ 1, null, 9223372036854775807 ]')), '[1, NULL, 9223372036854775807]');
    assert.equal(await text('map(varchar(1),decimal(2,1))', quoted('{\n "a" : null,\n "b" : "1.5"\n}')), '{a=NULL, b=1.5}');
    assert.equal(await text('row(a bigint,c array(varchar(9)))', quoted(`[ 1, ${quoted('[ "[1]" ]')} ]`)), "{'a': 1, 'c': ['[1]']}");
  });

  it('JSON of an answer has long integers as numbers', async () => {
    const [cell = null] = await cells({ 'row(a bigint, j json)': String.raw`[9223372036854775807,"{\"x\":1}"]` });
    assert.equal(cellJson(cell, columnOf('c', 'row(a bigint, j json)')), '{"a":9223372036854775807,"j":{"x":1}}');
  });

  it('a value of a type that nobody foresaw is shown as it came', async () => {
    assert.equal(await text('Geometry', '"POINT (1 2)"'), 'POINT (1 2)');
    assert.equal(await text('unknown', 'null'), null);
    assert.equal(await text('qdigest(bigint)', '{"x":1}'), '{"x":1}');
  });
});

describe('Types of Trino and Presto', () => {
  it('a type has its kind, however the server writes it', () => {
    const kind = (type: string): string => columnOf('c', type).kind;
    assert.equal(kind('decimal(15, 2)'), 'decimal');
    assert.equal(kind('timestamp(6) with time zone'), 'timestamp');
    assert.equal(kind('timestamp'), 'timestamp');
    assert.equal(kind('time with time zone'), 'time');
    assert.equal(kind('INTERVAL YEAR TO MONTH'), 'interval');
    assert.equal(kind('interval day to second'), 'interval');
    assert.equal(kind('varchar'), 'text');
    assert.equal(kind('HyperLogLog'), 'other');
  });

  it('a nested type shows its parts, with names that have commas, quotes and brackets', () => {
    const parts = (type: string): readonly string[] => (columnOf('c', type).children ?? []).map((child) => `${child.name}: ${child.type}`);
    assert.deepEqual(parts('row(a bigint, "B, ""(b" varchar(3), c map(varchar, row(x date)))'), [
      'a: bigint',
      'B, "(b: varchar(3)',
      'c: map(varchar, row(x date))',
    ]);
    assert.deepEqual(parts('row(integer, timestamp(3) with time zone, interval day to second, array(row(a bigint)))'), [
      'field0: integer',
      'field1: timestamp(3) with time zone',
      'field2: interval day to second',
      'field3: array(row(a bigint))',
    ]);
    assert.deepEqual(parts('row(t timestamp(3) with time zone, i interval year to month)'), [
      't: timestamp(3) with time zone',
      'i: interval year to month',
    ]);
    assert.deepEqual(parts('map(varchar(1), decimal(2, 1))'), ['key: varchar(1)', 'value: decimal(2, 1)']);
    assert.deepEqual(columnOf('c', 'array(array(bigint))').children?.[0]?.children, [{ name: 'element', type: 'bigint', kind: 'integer' }]);
  });
});

describe('JSON with long integers', () => {
  it('keeps the digits of integers, and touches no text, fraction or key', () => {
    const source = String.raw`{"a":[1234567890123456789,-9223372036854775808 , 1234567890123456.5,1234567890123456E3],"1234567890123456789":"x,1234567890123456789,","\\":1234567890123456,"e":"\\\",1234567890123456,"}`;
    assert.deepEqual(parseExact(source), {
      a: ['1234567890123456789', '-9223372036854775808', 1234567890123456.5, 1234567890123456e3],
      '1234567890123456789': 'x,1234567890123456789,',
      '\\': '1234567890123456',
      e: '\\",1234567890123456,',
    });
  });

  it('agrees with the JSON of random values, whatever stands in their texts', () => {
    const pieces = ['"', '\\', ',', '[', ']', ':', '{', '}', '1234567890123456789', ' ', 'é', '😀', '\n'];
    let seed = 42;
    const next = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    for (let round = 0; round < 2_000; round++) {
      const words = Array.from({ length: 4 }, () => Array.from({ length: next(6) }, () => pieces[next(pieces.length)] ?? '').join(''));
      const digits = `${next(2) === 0 ? '-' : ''}${1_000_000_000_000_000 + next(1_000_000)}${next(1000)}`;
      const source = `{"w":${JSON.stringify(words)},"n":[${digits},{"k":${digits}}]}`;
      assert.deepEqual(parseExact(source), { w: words, n: [digits, { k: digits }] });
    }
  });
});
