import assert from 'node:assert/strict';
import type { Cell, Column, RowBatch } from '../../../../src/engine/engine.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { AnswerChecker, mostCheckedRows, type ReceivedAnswer } from '../../../../src/run/runner/answers.ts';

const columns: readonly Column[] = [
  { name: 'name', type: 'VARCHAR', kind: 'text' },
  { name: 'share', type: 'DOUBLE', kind: 'float' },
];

function answer(rows: readonly (readonly Cell[])[], rowCount = rows.length): ReceivedAnswer {
  const batch: RowBatch = { rowCount: rows.length, rows: () => rows };
  return { columns, batches: [batch], rowCount };
}

describe('an answer that nobody else knows', () => {
  let notes: string[];
  let checker: AnswerChecker;
  beforeEach(() => {
    notes = [];
    const arm: RunPlan['arms'][number] = {
      label: 'A',
      engine: 'duckdb',
      target: { kind: 'file', path: '/x.csv' },
      threads: 0,
      memoryLimitBytes: 0,
    };
    const plan: Pick<RunPlan, 'statements' | 'arms'> = {
      arms: [arm, { ...arm, label: 'B' }],
      statements: [{ name: 'shares', sql: '', weight: 1 }],
    };
    checker = new AnswerChecker(plan, [new Map(), new Map()], { note: (text) => notes.push(text), difference: () => assert.fail() });
  });

  it('is unchecked the first time, and repeatable from then on, in whatever order its rows come', () => {
    const rows = [
      ['a', '0.1'],
      ['b', null],
    ];
    assert.equal(checker.check(0, 0, answer(rows)), 'unchecked');
    assert.equal(checker.check(0, 0, answer(rows.toReversed())), 'repeatable');
    assert.deepEqual(notes, []);
  });

  it('is the same when threads added it up in another order, and another one when a figure really changed', () => {
    checker.check(0, 0, answer([['a', '0.30000000000000004']]));
    assert.equal(checker.check(0, 0, answer([['a', '0.3']])), 'repeatable');
    assert.equal(checker.check(0, 0, answer([['a', '0.300001']])), 'unchecked');
    assert.deepEqual(notes, ['shares: an answer differs from the one before it; which is right can’t be told']);
  });

  it('that changes is noted once, however often it does', () => {
    for (let at = 0; at < 10; at++) checker.check(0, 0, answer([['a', String(at)]]));
    assert.equal(notes.length, 1);
  });

  it('tells rows, columns and NULL apart', () => {
    checker.check(0, 0, answer([['ab', '1']]));
    for (const other of [
      [['a', 'b1']],
      [['ab', null]],
      [['ab1', null]],
      [],
      [
        ['ab', '1'],
        ['ab', '1'],
      ],
    ] as Cell[][][]) {
      assert.equal(checker.check(0, 0, answer(other)), 'unchecked', JSON.stringify(other));
    }
  });

  it('that two engines give differently is noted', () => {
    checker.check(0, 0, answer([['a', '1']]));
    checker.check(0, 1, answer([['a', '2']]));
    assert.equal(checker.check(0, 1, answer([['a', '2']])), 'repeatable');
    assert.deepEqual(notes, ['shares: A and B answer differently']);
  });

  it('that is too large to be looked at says so, once', () => {
    for (let at = 0; at < 3; at++) assert.equal(checker.check(0, 0, answer([], mostCheckedRows + 1)), 'unchecked');
    assert.deepEqual(notes, ['shares: answers above 100,000 rows are not checked']);
  });
});

describe('a known answer on data of another generator', () => {
  const texts: readonly Column[] = ['s_acctbal', 's_name', 'n_name', 'p_partkey', 'p_mfgr', 's_address', 's_phone', 's_comment'].map(
    (name) => ({
      name,
      type: 'varchar',
      kind: 'text',
    }),
  );
  const row = ['9828.21', 'Supplier#000000647', 'UNITED KINGDOM', '13120', 'Manufacturer#5', 'address', '33-258-202-4782', 'comment'];
  const known = new Map([[2, { columns: texts.map(({ name }) => name), rows: [row] }]]);
  const got = (cells: readonly Cell[]): ReceivedAnswer => ({
    columns: texts,
    batches: [{ rowCount: 1, rows: () => [cells] }],
    rowCount: 1,
  });

  const checkerOf = (engine: RunPlan['arms'][number]['engine'], notes: string[], wrong: number[]): AnswerChecker => {
    const arm: RunPlan['arms'][number] = { label: 'A', engine, target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 };
    const plan = { arms: [arm], statements: [{ name: 'q02', sql: '', weight: 1, tpchQuery: 2 }] };
    return new AnswerChecker(plan, [known], { note: (text) => notes.push(text), difference: ({ q }) => wrong.push(q) });
  };
  const otherTexts = row.with(5, 'somewhere else').with(7, 'something else');

  it('is right on Trino though addresses and comments differ, which is noted; any other column still counts', () => {
    const notes: string[] = [];
    const wrong: number[] = [];
    const checker = checkerOf('trino', notes, wrong);
    assert.equal(checker.check(0, 0, got(otherTexts)), 'ok');
    assert.match(notes[0] ?? '', /q02: addresses and comments/);
    assert.equal(checker.check(0, 0, got(otherTexts.with(3, '13121'))), 'wrong');
    assert.deepEqual(wrong, [0]);
  });

  it('is wrong on the embedded engine, whose texts are known', () => {
    assert.equal(checkerOf('duckdb', [], []).check(0, 0, got(otherTexts)), 'wrong');
  });
});
