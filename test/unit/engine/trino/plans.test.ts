import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PlanNode } from '../../../../src/engine/engine.ts';
import { planFromAnalyzed } from '../../../../src/engine/trino/analyzed.ts';
import { planFromJson } from '../../../../src/engine/trino/plan.ts';

/** Of Trino 476, shortened. */
const TRINO = `Trino version: 476
Queued: 1.30ms, Analysis: 18.13ms, Planning: 184.18ms, Execution: 8.91s
Fragment 1 [HASH]
    CPU: 45.82ms, Scheduled: 780.07ms, Blocked 52.62s (Input: 25.81s, Output: 0.00ns), Input: 25 rows (527B); per task: avg.: 12.50 std.dev.: 0.50, Output: 25 rows (527B)
    Peak Memory: 230.03kB, Tasks count: 2; per task: max: 229.77kB
    Output layout: [n_name, count]
    Output partitioning: SINGLE []
    Aggregate[type = FINAL, keys = [n_name]]
    │   Layout: [n_name:varchar(25), count:bigint]
    │   Estimates: {rows: 25 (527B), cpu: 527, memory: 527B, network: 0B}
    │   CPU: 36.00ms (3.67%), Scheduled: 630.00ms (7.89%), Blocked: 0.00ns (0.00%), Output: 25 rows (1.50kB)
    │   Input avg.: 6.25 rows, Input std.dev.: 17.44%
    │   count := count(count_1)
    └─ RemoteSource[sourceFragmentIds = [2]]
           Layout: [n_name:varchar(25), count_1:bigint]
           CPU: 2.00us (0.20%), Scheduled: 70.00ms (0.88%), Blocked: 25.81s (23.94%), Output: 25 rows (527B)
           Input avg.: 6.25 rows, Input std.dev.: 100.16%

Fragment 2 [SOURCE]
    CPU: 172.36ms, Scheduled: 2.74s, Blocked 55.09s (Input: 15.57s, Output: 0.00ns), Input: 35 rows (617B); per task: avg.: 17.50 std.dev.: 12.50, Output: 25 rows (527B)
    Amount of input data processed by the workers for this stage might be skewed
    Output layout: [n_name, count_1]
    Output partitioning: HASH [n_name]
    InnerJoin[criteria = (n_regionkey = r_regionkey), distribution = REPLICATED]
    │   Layout: [n_name:varchar(25)]
    │   Estimates: {rows: ? (?), cpu: ?, memory: 90B, network: 0B}
    │   CPU: 1.50s (9.17%), Scheduled: 985.00ms (12.34%), Blocked: 32.76s (30.39%), Output: 25 rows (302B)
    │   Left (probe) Input avg.: 3.13 rows, Input std.dev.: 264.58%
    │   Distribution: REPLICATED
    ├─ ScanFilter[table = tpch:tiny:nation, dynamicFilters = {n_regionkey = #df_377}]
    │      Layout: [n_name:varchar(25), n_regionkey:bigint]
    │      Estimates: {rows: 25 (527B), cpu: 527, memory: 0B, network: 0B}/{rows: 20 (400B), cpu: 527, memory: 0B, network: 0B}
    │      CPU: 29.00ms (2.96%), Scheduled: 613.00ms (7.68%), Blocked: 0.00ns (0.00%), Output: 25 rows (527B)
    │      n_name := tpch:n_name
    │      Dynamic filters: 
    │          - df_377, [ SortedRangeSet[type=bigint, ranges=5, {[0], ..., [4]}] ], collection time=6.35s
    └─ LocalExchange[partitioning = SINGLE]
       │   CPU: 2.00ms (0.20%), Scheduled: 98.00ms (1.23%), Blocked: 6.85s (6.35%), Output: 10 rows (90B)
       └─ TableScan[table = tpch:tiny:region]
              CPU: 779.00ms (79.41%), Scheduled: 4.88s (61.18%), Blocked: 0.00ns (0.00%), Output: 5 rows (45B)

`;

/** Of Presto 0.296, shortened. */
const PRESTO = `Fragment 1 [HASH]
    CPU: 7.03ms, Scheduled: 131.77ms, Input: 25 rows (675B); per task: avg.: 25.00 std.dev.: 0.00, Output: 25 rows (450B), 1 tasks
    Output layout: [nationkey, count]
    Output partitioning: SINGLE []
    Stage Execution Strategy: UNGROUPED_EXECUTION
    - Aggregate(FINAL)[nationkey][PlanNodeId 7] => [nationkey:bigint, count:bigint]
            CPU: 5.00ms (0.20%), Scheduled: 112.00ms (1.06%), Output: 1,025 rows (450B)
            Input avg.: 1.56 rows, Input std.dev.: 98.55%
            count := "presto.default.count"((count_14)) (1:35)
        - RemoteSource[2]  => [nationkey:bigint, count_14:bigint, $hashvalue_15:bigint]
                CPU: 0.00ns (0.00%), Scheduled: 0.00ns (0.00%), Output: 25 rows (675B)

Fragment 2 [SOURCE]
    CPU: 42.84ms, Scheduled: 1.29s, Input: 30 rows (90B); per task: avg.: 30.00 std.dev.: 0.00, Output: 25 rows (675B), 1 tasks
    - ScanProject[PlanNodeId 0,601][table = TableHandle {connectorId='tpch', connectorHandle='nation:sf0.01', layout='Optional[nation:sf0.01]'}, grouped = false] => [nationkey:bigint, $hashvalue_16:bigint]
            Estimates: {source: CostBasedSourceInfo, rows: 25 (675B), cpu: 450.00, memory: 0.00, network: 0.00}
            CPU: 1.00ms (0.04%), Scheduled: 1.00ms (0.01%), Output: 25 rows (675B)
            $hashvalue_16 := combine_hash(BIGINT'0', COALESCE($operator$hash_code(regionkey), BIGINT'0')) (1:71)
            nationkey := tpch:nationkey (1:49)
`;

describe('Plans of Trino and Presto', () => {
  it('the text of EXPLAIN ANALYZE becomes one tree, each fragment below the place where its rows arrive', () => {
    assert.deepEqual(outline(planFromAnalyzed(TRINO)), [
      'Aggregate',
      '  Remote Source',
      '    Inner Join',
      '      Scan Filter',
      '      Local Exchange',
      '        Table Scan',
    ]);
    assert.deepEqual(outline(planFromAnalyzed(PRESTO)), ['Aggregate (final)', '  Remote Source', '    Scan Project']);
  });

  it('times, rows and sizes are those of the text in our units, and what it leaves open stays open', () => {
    const root = planFromAnalyzed(TRINO);
    assert.deepEqual(figures(root), [36, 25, 25, 1536]);
    assert.deepEqual(figures(root?.children[0]), [0.002, undefined, 25, 527]);
    const join = root?.children[0]?.children[0];
    assert.deepEqual(figures(join), [1500, undefined, 25, 302]);
    // Of a scan that also filters the second estimate is the one for its rows.
    assert.deepEqual(figures(join?.children[0]), [29, 20, 25, 527]);
    assert.deepEqual(figures(planFromAnalyzed(PRESTO)), [5, undefined, 1025, 450]);
  });

  it('an operator says what it does, without ids and names of hashes', () => {
    const join = planFromAnalyzed(TRINO)?.children[0]?.children[0];
    assert.equal(join?.detail, 'criteria = (n_regionkey = r_regionkey), distribution = REPLICATED');
    assert.equal(join?.children[0]?.detail, 'table = tpch:tiny:nation, dynamicFilters = {n_regionkey = #df_377}');
    const presto = planFromAnalyzed(PRESTO);
    assert.equal(presto?.detail, '[nationkey] · count := "presto.default.count"((count_14))');
    assert.equal(presto?.children[0]?.children[0]?.detail, '[table = nation:sf0.01, grouped = false]');
  });

  it('the JSON of a plan that was not run becomes the same kind of tree', () => {
    const leaf = (name: string, rows: number | string, rest: object = {}): object => ({
      id: '1',
      name,
      descriptor: { table: 'tpch:tiny:nation', hash: '[]' },
      details: ['n_name := tpch:n_name', 'x := y + 1'],
      estimates: [{ outputRowCount: rows }],
      children: [],
      ...rest,
    });
    const trino = {
      '0': leaf('Output', 'NaN', { children: [leaf('RemoteSource', 5, { descriptor: { sourceFragmentIds: '[1, 2]' }, details: [] })] }),
      '1': leaf('TableScan', 25),
      '2': leaf('Values', 1),
    };
    const root = planFromJson(JSON.stringify(trino));
    assert.deepEqual(outline(root), ['Output', '  Remote Source', '    Table Scan', '    Values']);
    assert.deepEqual(figures(root), [undefined, undefined, undefined, undefined]);
    const scan = root?.children[0]?.children[0];
    assert.equal(scan?.rowsExpected, 25);
    assert.equal(scan?.detail, 'table tpch:tiny:nation · x := y + 1');

    const presto = {
      '1': {
        plan: {
          name: 'Output',
          identifier: '[name]',
          details: '',
          children: [{ name: 'RemoteSource', identifier: '[2] ', remoteSources: ['2'] }],
        },
      },
      '2': { plan: { name: 'Aggregate(PARTIAL)[name][$hashvalue]', identifier: '', details: 'c := count(*) (1:54)\n', remoteSources: [] } },
    };
    assert.deepEqual(outline(planFromJson(JSON.stringify(presto))), ['Output', '  Remote Source', '    Aggregate (partial)']);
    assert.equal(planFromJson(JSON.stringify(presto))?.children[0]?.children[0]?.detail, '[name] · c := count(*)');
  });

  it('what is no plan is none: fragments that name each other do not go round for ever', () => {
    assert.equal(planFromAnalyzed('CREATE TABLE t'), undefined);
    assert.equal(planFromJson('SET SESSION'), undefined);
    assert.equal(planFromJson('[]'), undefined);
    const remote = (id: string): object => ({ name: 'RemoteSource', descriptor: { sourceFragmentIds: `[${id}]` }, children: [] });
    assert.equal(outline(planFromJson(JSON.stringify({ '1': remote('2'), '2': remote('1') }))).length, 3);
  });
});

function outline(node: PlanNode | undefined, depth = 0): readonly string[] {
  if (node === undefined) return [];
  return [`${'  '.repeat(depth)}${node.operator}`, ...node.children.flatMap((child) => outline(child, depth + 1))];
}

function figures(node: PlanNode | undefined): readonly (number | undefined)[] {
  return [node?.ownTimeMs, node?.rowsExpected, node?.rowsReal, node?.sizeBytes];
}
