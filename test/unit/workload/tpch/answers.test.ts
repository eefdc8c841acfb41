import assert from 'node:assert/strict';
import { type AnswerRow, checkAnswer, isCheckable, parseAnswer } from '../../../../src/workload/tpch/answers.ts';

describe('an answer of TPC-H', () => {
  it('reads NULL, leading spaces and a last row of one empty cell', () => {
    assert.deepEqual(parseAnswer('a|b\n1| x \n|2\n'), {
      columns: ['a', 'b'],
      rows: [
        ['1', ' x '],
        [null, '2'],
      ],
    });
    assert.deepEqual(parseAnswer('avg_yearly\n\n'), { columns: ['avg_yearly'], rows: [[null]] });
    assert.throws(() => parseAnswer('a|b\n1|2|3\n'), /Line 2 of the answer has 3 cells, its header has 2/);
  });

  const ok = (query: number, answer: string, ...rows: readonly AnswerRow[]): boolean => checkAnswer(query, parseAnswer(answer), rows).ok;

  it('lets a sum of money be 100 off and no more', () => {
    const answer = 'revenue\n1193053.2253\n';
    assert(ok(6, answer, ['1193153.2253']));
    assert(ok(6, answer, ['1.1930532253E6']));
    assert(!ok(6, answer, ['1193153.2254']));
    assert(!ok(6, answer, [null]));
    assert(!ok(6, answer, ['many']));
  });

  it('lets a ratio be 1 % off after rounding to hundredths and no more', () => {
    const answer = 'promo_revenue\n16.380778626395543\n';
    assert(ok(14, answer, ['16.22']));
    assert(ok(14, answer, ['16.54']));
    assert(!ok(14, answer, ['16.20']));
    assert(!ok(14, answer, ['16.56']));
    assert(ok(8, 'o_year|mkt_share\n1995|0.0344358906\n', ['1995', '0.0349']));
    assert(!ok(8, 'o_year|mkt_share\n1995|0.0344358906\n', ['1995', '0.04']));
  });

  it('demands counts and copied values exactly, however the number is written', () => {
    const answer = 'o_orderpriority|order_count\n1-URGENT|100\n';
    assert(ok(4, answer, ['1-URGENT', '100.00']));
    assert(!ok(4, answer, ['1-URGENT', '101']));
    assert(!ok(4, answer, ['1-URGENT', '10']));
    assert(!ok(4, answer, ['1-URGENT ', '100']));
  });

  it('takes rows with equal sort keys in any order, and others only in the right one', () => {
    const answer = 'ps_partkey|value\n1|500.00\n2|400.00\n3|400.00\n4|50.00\n';
    assert(ok(11, answer, ['1', '500.00'], ['3', '400.00'], ['2', '400.00'], ['4', '50.00']));
    const swapped = checkAnswer(11, parseAnswer(answer), [
      ['2', '400.00'],
      ['1', '500.00'],
      ['3', '400.00'],
      ['4', '50.00'],
    ]);
    assert.deepEqual(swapped.differences.slice(0, 2), [
      { row: 1, column: 'ps_partkey', rule: 'exact', expected: '1', got: '2' },
      // 400 is within the 100 that a sum may be off, so only the part differs.
      { row: 2, column: 'ps_partkey', rule: 'exact', expected: '2', got: '1' },
    ]);
  });

  it('reports the first differences row by row, and a missing or added row by the count', () => {
    const answer = parseAnswer(`o_orderpriority|order_count\n${'x|1\n'.repeat(3)}y|2\nz|3\n`);
    const few = checkAnswer(
      4,
      answer,
      [
        ['x', '1'],
        ['x', '1'],
        ['x', '7'],
        ['y', '8'],
        ['z', '9'],
      ],
      2,
    );
    assert.deepEqual(few, {
      ok: false,
      rowsExpected: 5,
      rowsGot: 5,
      differences: [
        { row: 3, column: 'order_count', rule: 'exact', expected: '1', got: '7' },
        { row: 4, column: 'order_count', rule: 'exact', expected: '2', got: '8' },
      ],
    });
    const rows: readonly AnswerRow[] = [...answer.rows];
    assert.deepEqual(checkAnswer(4, answer, rows.slice(0, 4)), { ok: false, rowsExpected: 5, rowsGot: 4, differences: [] });
    assert.equal(checkAnswer(4, answer, [...rows, ['w', '4']]).ok, false);
    assert.equal(checkAnswer(4, answer, []).ok, false);
    const wide = rows.map((row) => [...row, null]);
    assert.equal(checkAnswer(4, answer, wide).differences[0]?.column, 'column 3');
  });

  it('from data with other random texts is judged by all its other columns', () => {
    const answer = parseAnswer('s_suppkey|s_name|s_address|s_phone|total_revenue\n7|Supplier#7|abc|20-1|1.50\n');
    const row = ['7', 'Supplier#7', 'xyz', '20-1', '1.50'];
    assert.equal(checkAnswer(15, answer, [row]).ok, false);
    assert.equal(checkAnswer(15, answer, [row], 10, 'other').ok, true);
    assert.deepEqual(
      checkAnswer(15, answer, [row.with(3, '20-2')], 10, 'other').differences.map(({ column }) => column),
      ['s_phone'],
    );
    assert.equal(checkAnswer(15, answer, [[...row, 'more']], 10, 'other').ok, false);
    assert.equal(isCheckable(13, 'other'), false);
    assert.equal(isCheckable(13, 'same') && isCheckable(15, 'other'), true);
  });

  it('is refused for another query', () => {
    assert.throws(() => checkAnswer(6, parseAnswer('a|b\n1|2\n'), []), /not the answer of TPC-H query 6/);
    assert.throws(() => checkAnswer(23, parseAnswer('a\n1\n'), []), /TPC-H has no query 23/);
  });
});
