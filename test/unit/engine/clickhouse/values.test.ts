import assert from 'node:assert/strict';
import { fieldReader, LineBatch, TabBatch } from '../../../../src/engine/clickhouse/batch.ts';
import { parseType } from '../../../../src/engine/clickhouse/type-tree.ts';
import { columnOf } from '../../../../src/engine/clickhouse/types.ts';
import { cellText } from '../../../../src/engine/text.ts';
import type { Cell } from '../../../../src/engine/engine.ts';

function cells(types: readonly string[], line: string | Buffer): readonly Cell[] {
  const bytes = Buffer.concat([Buffer.from(line), Buffer.from('\n')]);
  const [row] = new TabBatch(
    [bytes],
    types.map((type) => fieldReader(parseType(type))),
  ).rows();
  assert(row);
  return row;
}

describe('values of ClickHouse', () => {
  const scalars: readonly (readonly [string, string, Cell])[] = [
    ['UInt64', '18446744073709551615', '18446744073709551615'],
    [
      'Int256',
      '-57896044618658097711785492504343953926634992332820282019728792003956564819968',
      '-57896044618658097711785492504343953926634992332820282019728792003956564819968',
    ],
    ['Decimal(15, 2)', '1.5', '1.50'],
    ['Decimal(15, 2)', '-7', '-7.00'],
    ['Nullable(Decimal(38, 10))', '0.0000000001', '0.0000000001'],
    ['Decimal(9, 0)', '7', '7'],
    ['Float64', 'nan', 'nan'],
    ['Float32', '-inf', '-inf'],
    ['Nullable(String)', '\\N', null],
    ['String', '\\\\N', '\\N'],
    ['String', "a\\tb\\nc\\\\d\\'e", "a\tb\nc\\d'e"],
    ['String', '', ''],
    ['FixedString(4)', 'ab\\0\\0', 'ab\0\0'],
    ["DateTime64(3, 'Europe/Berlin')", '2026-03-01 14:31:07.123', '2026-03-01 14:31:07.123'],
    ['UUID', '61f0c404-5cb3-11e7-907b-a6006ad3dba0', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
    ["Enum8('a b' = 1)", 'a b', 'a b'],
    ['Bool', 'true', 'true'],
  ];
  for (const [type, field, expected] of scalars)
    it(`${type} ${JSON.stringify(field)} keeps every digit and character`, () => {
      assert.deepEqual(cells([type], field), [expected]);
    });

  const nested: readonly (readonly [string, string, string])[] = [
    ['Array(Nullable(UInt8))', '[1,NULL,3]', '[1, NULL, 3]'],
    ['Array(String)', "['a\\'b\\n','NULL','']", "['a\\'b\n', 'NULL', '']"],
    ['Array(Decimal(9, 3))', '[1.5]', '[1.500]'],
    ['Map(String, Array(UInt8))', "{'k':[1,2],'l':[]}", '{k=[1, 2], l=[]}'],
    ['Tuple(a Int32, `b c` String)', "(1,'y')", "{'a': 1, 'b c': y}"],
    ['Tuple(UInt8)', '(1)', "{'1': 1}"],
    ['Nested(x String, y Date)', "[('a','2026-01-01')]", "[{'x': a, 'y': 2026-01-01}]"],
    ['Variant(Array(UInt64), String)', '[1,2]', '[1, 2]'],
    ['Variant(Array(UInt64), String)', '[not a list', '[not a list'],
    ['JSON', '{"a":{"b":12345678901234567890},"c":[1,2.50,"x\\\\n"]}', "{'a': {'b': 12345678901234567890}, 'c': [1, 2.50, 'x\n']}"],
    ['Point', '(1.5,2)', "{'1': 1.5, '2': 2}"],
  ];
  for (const [type, field, expected] of nested)
    it(`${type} ${field} keeps its structure`, () => {
      assert.equal(cellText(cells([type], field)[0] ?? null), expected);
    });

  it('bytes that are no text are shown as bytes, and beside each other differ', () => {
    const line = Buffer.concat([Buffer.from([0xff, 0x41]), Buffer.from('\t'), Buffer.from([0xc3]), Buffer.from('\tü\\\\')]);
    assert.deepEqual(cells(['String', 'String', 'String'], line), ['\\xFFA', '\\xC3', 'ü\\']);
  });

  it('rows are counted without reading them', () => {
    assert.equal(new TabBatch([Buffer.from('1\t2\n3\t4\n')], [undefined, undefined]).rowCount, 2);
    assert.deepEqual(new LineBatch([Buffer.from('a,"b"\r\nc\n')]).rows(), [['a,"b"'], ['c']]);
  });
});

describe('columns of ClickHouse', () => {
  it('are of the kind of what is in them, whatever wraps it', () => {
    const kinds = ['LowCardinality(Nullable(String))', 'Nullable(Int128)', 'SimpleAggregateFunction(sum, Decimal(38, 2))', 'AggregateFunction(sum, UInt8)', 'IntervalDay', 'IPv6', 'Date32', 'Bool', 'Nothing']; // prettier-ignore
    assert.deepEqual(
      kinds.map((type) => columnOf('c', type, 'UTC').kind),
      ['text', 'integer', 'decimal', 'other', 'interval', 'text', 'date', 'boolean', 'other'],
    );
  });

  it('of instants name their zone, also inside of others', () => {
    assert.equal(columnOf('c', 'Nullable(DateTime)', 'Asia/Tokyo').type, "Nullable(DateTime('Asia/Tokyo'))");
    assert.equal(columnOf('c', "Array(DateTime64(3, 'UTC'))", 'Asia/Tokyo').type, "Array(DateTime64(3, 'UTC'))");
    assert.equal(columnOf('c', 'Array(DateTime64(6))', 'Asia/Tokyo').children?.[0]?.type, "DateTime64(6, 'Asia/Tokyo')");
  });

  it('tell what is inside of them', () => {
    const column = columnOf('c', "Map(Enum8('a, (b' = 1), Tuple(x Array(Int8), `y z` String))", 'UTC');
    assert.deepEqual(
      column.children?.map(({ name, type }) => [name, type]),
      [
        ['key', "Enum8('a, (b' = 1)"],
        ['value', 'Tuple(x Array(Int8), `y z` String)'],
      ],
    );
    assert.deepEqual(
      column.children?.[1]?.children?.map(({ name, kind }) => [name, kind]),
      [
        ['x', 'nested'],
        ['y z', 'text'],
      ],
    );
  });
});
