import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Cell, Column, ColumnKind } from '../../../src/engine/engine.ts';
import { compareAnswers, type Answer, type ComparisonRules } from '../../../src/query/comparison.ts';

function answer(kinds: readonly ColumnKind[], rows: readonly (readonly Cell[])[]): Answer {
  const columns = kinds.map((kind, at): Column => ({ name: `c${at}`, type: kind, kind }));
  return { columns, rows };
}

const ordered: ComparisonRules = { ordered: true };
const bag: ComparisonRules = { ordered: false };

describe('answers of two engines', () => {
  it('are equal by value, whatever the engines write', () => {
    const a = answer(
      ['integer', 'decimal', 'float', 'date', 'timestamp', 'boolean', 'text'],
      [
        ['1200', '1.50', '0.1', '2026-03-01', '2026-03-01 14:31:07', 'true', 'ab'],
        [null, null, 'NaN', null, null, null, null],
      ],
    );
    const b = answer(
      ['integer', 'decimal', 'float', 'timestamp', 'timestamp', 'integer', 'text'],
      [
        ['1200', '1.5', '0.10000000000000001', '2026-03-01 00:00:00.000000', '2026-03-01T14:31:07.000Z', '1', 'ab   '],
        [null, null, 'nan', null, null, null, null],
      ],
    );
    assert.deepEqual(compareAnswers(a, b, ordered), { rowsA: 2, rowsB: 2, equalRows: 2, differences: [] });
  });

  it('differ in the cell that differs, named by row and column', () => {
    const a = answer(
      ['text', 'integer'],
      [
        ['x', '1'],
        ['y', '2'],
      ],
    );
    const b = answer(
      ['text', 'integer'],
      [
        ['x', '1'],
        ['y', '3'],
      ],
    );
    for (const rules of [ordered, bag])
      assert.deepEqual(compareAnswers(a, b, rules).differences, [{ kind: 'value', row: 2, column: 'c1', a: '2', b: '3' }]);
  });

  it('do not take integers of 17 digits for equal because a float would round them', () => {
    const a = answer(['integer'], [['9007199254740993']]);
    const b = answer(['integer'], [['9007199254740992']]);
    assert.equal(compareAnswers(a, b, ordered).equalRows, 0);
  });

  it('an average with fewer places is equal within its rounding, and not beyond', () => {
    const one = (text: string): Answer => answer(['decimal'], [[text]]);
    assert.equal(compareAnswers(one('25.52'), one('25.522005853257337'), bag).equalRows, 1);
    assert.equal(compareAnswers(one('25.53'), one('25.522005853257337'), bag).equalRows, 0);
    assert.equal(compareAnswers(one('25'), one('25.4'), bag).equalRows, 0);
  });

  it('without an order are bags of rows: doubles count', () => {
    const a = answer(['text'], [['x'], ['y'], ['x']]);
    assert.equal(compareAnswers(a, answer(['text'], [['y'], ['x'], ['x']]), bag).equalRows, 3);
    assert.deepEqual(compareAnswers(a, answer(['text'], [['y'], ['x']]), bag).differences, [{ kind: 'onlyA', row: 3, a: 'x', b: null }]);
  });

  it('with an order may swap what stands in ties, and a wrong order with nothing missing is no difference of values', () => {
    const a = answer(
      ['text', 'integer'],
      [
        ['x', '1'],
        ['y', '1'],
        ['z', '2'],
      ],
    );
    const b = answer(
      ['text', 'integer'],
      [
        ['y', '1'],
        ['x', '1'],
        ['z', '2'],
      ],
    );
    assert.equal(compareAnswers(a, b, ordered).equalRows, 3);
  });

  it('name the rows that only one of them has', () => {
    const a = answer(
      ['text', 'integer'],
      [
        ['x', '1'],
        ['only', '7'],
      ],
    );
    const b = answer(
      ['text', 'integer'],
      [
        ['x', '1'],
        ['other', '8'],
        [null, null],
      ],
    );
    assert.deepEqual(compareAnswers(a, b, bag).differences, [
      { kind: 'onlyA', row: 2, a: 'only | 7', b: null },
      { kind: 'onlyB', row: 2, a: null, b: 'other | 8' },
      { kind: 'onlyB', row: 3, a: null, b: 'NULL | NULL' },
    ]);
  });

  it('of another number of columns are not compared, and say so', () => {
    const { shape, differences } = compareAnswers(answer(['text'], [['x']]), answer(['text', 'text'], [['x', 'y']]), bag);
    assert.equal(shape, '1 (c0), 2 (c0, c1)');
    assert.deepEqual(differences, []);
  });

  it('of 20,000 rows each with a difference in every tenth are compared in a few seconds', () => {
    const rows = Array.from({ length: 20_000 }, (_, at): Cell[] => [`k${at}`, String(at), `${at}.5`]);
    const other = rows.map((row, at): Cell[] => (at % 10 === 0 ? [row[0] ?? null, String(at + 1), row[2] ?? null] : row)).reverse();
    const found = compareAnswers(answer(['text', 'integer', 'decimal'], rows), answer(['text', 'integer', 'decimal'], other), bag);
    assert.equal(found.equalRows, 18_000);
    assert.equal(found.differences.length, 2_000);
  }).timeout(20_000);
});
