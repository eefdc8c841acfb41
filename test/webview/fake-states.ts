/** Tabs in each of their states, as the extension host would show them. */
import type { Plan, PlanNode, TabState } from '../../src/ui/panels/results/protocol.ts';
import { columns } from './fake-rows.ts';

export const startedAt = Date.UTC(2026, 2, 1, 14, 31, 7);

const statement = `-- TPC-H 10, returned items
SELECT c_custkey,
       sum(l_extendedprice * (1 - l_discount)) AS revenue,
       c_naem,
       c_acctbal, n_name
FROM   customer, orders, lineitem, nation
WHERE  c_custkey = o_custkey AND l_orderkey = o_orderkey
GROUP BY c_custkey, c_name, c_acctbal, n_name`;

export function tab(id: string, change: Partial<TabState> = {}): TabState {
  return {
    id,
    title: 'q10 returned items',
    pinned: false,
    engine: 'DuckDB 1.5.5',
    target: 'TPC-H 0.01',
    startedAt,
    statement,
    status: 'done',
    durationMs: 2840,
    columns,
    rowCount: 37_967,
    viewRowCount: 37_967,
    view: { sort: [], filters: [] },
    opens: 'rows',
    messages: [
      { at: startedAt, text: 'Statement sent to DuckDB 1.5.5 on TPC-H 0.01' },
      { at: startedAt + 2840, text: '37,967 rows in 2.84 s' },
    ],
    ...change,
  };
}

const others: readonly TabState[] = [
  tab('t2', { title: 'q10, pinned', pinned: true }),
  tab('t3', { title: 'nations', rowCount: 25, viewRowCount: 25, durationMs: 3 }),
];

export const withOthers = (first: TabState): TabState[] => [first, ...others];

const node = (
  operator: string,
  detail: string,
  ownTimeMs: number,
  rowsExpected: number,
  rowsReal: number,
  sizeBytes: number | null,
  ...children: PlanNode[]
): PlanNode => ({
  operator,
  detail,
  ownTimeMs,
  rowsExpected,
  rowsReal,
  ...(sizeBytes === null ? {} : { sizeBytes }),
  children,
});

export const plan: Plan = {
  analyzed: true,
  totalMs: 2840,
  text: '┌─────────────┐\n│   ORDER_BY  │\n└──────┬──────┘\n┌──────┴──────┐\n│  HASH_JOIN  │\n└─────────────┘',
  root: node(
    'Output',
    '',
    10,
    37_967,
    37_967,
    null,
    node(
      'Sort',
      'revenue desc',
      60,
      37_967,
      37_967,
      4_100_000,
      node(
        'Aggregate',
        'sum(revenue) by c_custkey, c_name, c_acctbal, n_name',
        310,
        41_200,
        37_967,
        61_000_000,
        node(
          'Join',
          'l_orderkey = o_orderkey',
          1060,
          3_020,
          114_705,
          212_000_000,
          node('Scan', 'lineitem', 720, 1_480_000, 1_478_870, 940_000_000),
          node(
            'Join',
            'o_custkey = c_custkey',
            170,
            57_100,
            57_069,
            38_000_000,
            node('Scan', 'orders', 190, 57_100, 57_069, 310_000_000),
            node(
              'Join',
              'c_nationkey = n_nationkey',
              50,
              150_000,
              150_000,
              22_000_000,
              node('Scan', 'customer', 110, 150_000, 150_000, 170_000_000),
              node('Scan', 'nation', 3, 250, 25, 2_100),
            ),
          ),
        ),
      ),
    ),
  ),
};

const at = statement.indexOf('c_naem');

export const failed = tab('t4', {
  title: 'q10 edited',
  status: 'failed',
  durationMs: 90,
  columns: [],
  rowCount: 0,
  viewRowCount: 0,
  error: {
    reason: 'engine',
    firstLine: 0,
    facts: {
      what: 'There is no column c_naem',
      meaning: 'DuckDB on TPC-H 0.01 refused the statement',
      remedy: 'Check the spelling, or take one of the proposed names.',
      position: { start: at, end: at + 6 },
      candidates: ['c_name', 'n_name'],
      code: 'COLUMN_NOT_FOUND',
    },
  },
});
