import assert from 'node:assert/strict';
import { jsonPlan } from '../../../../src/engine/clickhouse/plan-json.ts';
import { analyzedPlan, indentedPlan } from '../../../../src/engine/clickhouse/plan-text.ts';
import type { PlanNode } from '../../../../src/engine/engine.ts';

const outline = (node: PlanNode, depth = 0): readonly string[] => [
  `${' '.repeat(depth)}${node.operator}${node.detail === '' ? '' : `: ${node.detail}`}`,
  ...node.children.flatMap((child) => outline(child, depth + 1)),
];

const analyzed = `Query summary:
  Time:        26.48 ms (planning 17.10 ms · execution 9.38 ms)
  Read:        101.00 thousand rows, 808.00 KB (10.77 million rows/s., 86.17 MB/s.)
  Peak memory: 32.12 KiB

Output: number, count()

Sorting (Sorting for ORDER BY)
│  Limit 10
│  I/O: rows 500 → 10 (2.00%) · 12.00 KB → 240 B
│    Stage (sorting): time 3.85 ms (41.0%) · parallelism 1.00/2
│    Stage (merge sorted streams): time 47.11 us (0.5%) · parallelism 1.00/1
└──Join (JOIN FillRightFirst)
   │  Type: inner | Strictness: all
   │  I/O: rows 1.00 thousand → 500 (50.00%)
   ├──ReadFromSystemNumbers
   │     I/O: rows 0 → 100.00 thousand · 0 B → 800.00 KB
   │       time 281.38 us (3.0%) · parallelism 1.00/1
   └──Filter ((WHERE + Change column names to column identifiers))
      │  Filter column: number MOD 2 = 0
      │  I/O: rows 1.00 thousand → 500 (50.00%) · 8.00 KB → 4.00 KB
      └──ReadFromSystemNumbers
            I/O: rows 0 → 1.00 thousand · 0 B → 8.00 KB
              time 661.00 ns (0.0%) · parallelism 0.91/1
`;

describe('plans of ClickHouse', () => {
  it('that were run are a tree with times, rows and bytes as the server printed them', () => {
    const { root, totalMs } = analyzedPlan(analyzed);
    assert.equal(totalMs, 26.48);
    assert.deepEqual(outline(root), [
      'Sorting: Sorting for ORDER BY · Limit 10',
      ' Join: JOIN FillRightFirst · Type: inner | Strictness: all',
      '  ReadFromSystemNumbers',
      '  Filter: WHERE + Change column names to column identifiers · Filter column: number MOD 2 = 0',
      '   ReadFromSystemNumbers',
    ]);
    assert.equal(root.ownTimeMs?.toFixed(5), '3.89711');
    assert.deepEqual([root.rowsReal, root.sizeBytes], [10, 240]);
    const [join] = root.children;
    assert.deepEqual([join?.rowsReal, join?.sizeBytes, join?.ownTimeMs], [500, undefined, undefined]);
    assert.deepEqual([join?.children[0]?.rowsReal, join?.children[0]?.sizeBytes], [100_000, 800_000]);
    assert.equal(join?.children[1]?.children[0]?.ownTimeMs, 0.000661);
  });

  it('as JSON say what a step works on, without what only the server needs', () => {
    const root = jsonPlan(
      JSON.stringify([
        {
          Plan: {
            'Node Type': 'Sorting',
            'Node Id': 'Sorting_10',
            Description: '(Before ORDER BY + Projection)',
            'Sort Description': [
              { Column: 'count()', Ascending: false },
              { Column: '__table1.number', Ascending: true },
            ],
            Plans: [
              { 'Node Type': 'Filter', 'Filter Column': 'equals(modulo(__table2.number, 2_UInt8), 0_UInt8)', 'Removes Filter': true },
            ],
          },
        },
      ]),
    );
    assert(root);
    assert.deepEqual(outline(root), [
      'Sorting: Before ORDER BY + Projection · Sort Description: count() DESC, number',
      ' Filter: Filter Column: equals(modulo(number, 2), 0)',
    ]);
    assert.equal(jsonPlan('Expression\n  ReadFromSystemOne'), undefined);
  });

  it('of older servers are read by their indentation', () => {
    const text =
      'Expression (Projection)\n  Limit (preliminary LIMIT)\n    ReadFromStorage (SystemNumbers)\n    Header: number UInt64\n  ReadNothing';
    assert.deepEqual(outline(indentedPlan(text)), [
      'Expression: Projection',
      ' Limit: preliminary LIMIT',
      '  ReadFromStorage: SystemNumbers · Header: number UInt64',
      ' ReadNothing',
    ]);
  });
});
