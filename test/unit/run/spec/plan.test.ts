import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planOf as planOrFail } from '../../../../src/run/spec/spec.ts';
import { head, library, minimal, planOf } from './kit.ts';

describe('the plan of a spec', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-spec-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('the shortest spec: every default, and what holds for every run', async () => {
    const { statements, specText, ...plan } = await planOf(minimal, { file: '/x/nightly.faultline.yaml' });
    assert.equal(specText, minimal);
    assert.deepEqual(statements.map(({ name, weight, tpchQuery }) => [name, weight, tpchQuery]).slice(0, 2), [
      ['q01', 1, 1],
      ['q02', 1, 2],
    ]);
    assert.equal(statements.length, 22);
    assert.deepEqual(plan, {
      name: 'nightly',
      arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
      load: { kind: 'closed', clients: 1, iterations: 3, thinkTimeMs: 0, order: 'listed' },
      timeoutMs: 300_000,
      expectations: [
        { text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true },
        { text: 'errors <= 0 %', metric: { kind: 'errors' }, comparison: '<=', limit: 0, implied: true },
        { text: 'dropped <= 0 %', metric: { kind: 'dropped' }, comparison: '<=', limit: 0, implied: true },
      ],
      abortRules: [],
      seed: 42,
    });
  });

  it('everything written', async () => {
    await writeFile(join(folder, 'sales.parquet'), '');
    await writeFile(join(folder, 'report.sql'), '\uFEFF-- two\nselect 1;\nselect 2;\n');
    const { specText: _, ...plan } = await planOf(
      `faultline: 1
name: Everything
engine: {kind: duckdb, file: sales.parquet, threads: 2, memory: 2 GB}
against: {kind: duckdb, scale: 0.1}
workload:
  statements:
    - {name: top customers, sql: "select 3", weight: 3}
    - {file: report.sql, weight: 2}
    - {library: probe/heartbeat.sql}
  order: shuffled
load: {rate: 300/min, arrivals: poisson, duration: 10 min, maxInFlight: 8, maxQueued: 0}
warmUp: {duration: 1 min}
timeout: 1.5 s
seed: 7
expect:
  - latency.p99(top customers) ≤ 2 s
  - service.median < 500ms
  - wait.max <= 1 min
  - throughput >= 4/s
  - errors <= 0.1 %
abort: ["errors > 20 % over 10 s"]
`,
      { folder },
    );
    assert.deepEqual(plan, {
      name: 'Everything',
      arms: [
        { label: 'A', engine: 'duckdb', target: { kind: 'file', path: join(folder, 'sales.parquet') }, threads: 2, memoryLimitBytes: 2e9 },
        { label: 'B', engine: 'duckdb', target: { kind: 'tpch', scale: 0.1 }, threads: 0, memoryLimitBytes: 0 },
      ],
      statements: [
        { name: 'top customers', sql: 'select 3', weight: 3 },
        { name: 'report-1', sql: 'select 1', weight: 2 },
        { name: 'report-2', sql: 'select 2', weight: 2 },
        { name: 'heartbeat', sql: plan.statements[3]?.sql, weight: 1 },
      ],
      load: {
        kind: 'open',
        ratePerSecond: 5,
        arrivals: 'poisson',
        durationMs: 600_000,
        maxInFlight: 8,
        maxQueued: 0,
        order: 'shuffled',
      },
      warmUp: { kind: 'duration', durationMs: 60_000 },
      timeoutMs: 1_500,
      expectations: [
        {
          text: 'latency.p99(top customers) ≤ 2 s',
          metric: { kind: 'latency', curve: 'response', percentile: 0.99, statement: 'top customers' },
          comparison: '<=',
          limit: 2_000,
        },
        { text: 'service.median < 500ms', metric: { kind: 'latency', curve: 'service', percentile: 0.5 }, comparison: '<', limit: 500 },
        { text: 'wait.max <= 1 min', metric: { kind: 'latency', curve: 'wait', percentile: 1 }, comparison: '<=', limit: 60_000 },
        { text: 'throughput >= 4/s', metric: { kind: 'throughput' }, comparison: '>=', limit: 4 },
        { text: 'errors <= 0.1 %', metric: { kind: 'errors' }, comparison: '<=', limit: 0.001 },
        { text: 'answers ok', metric: { kind: 'answers' }, comparison: '<=', limit: 0, implied: true },
        { text: 'dropped <= 0 %', metric: { kind: 'dropped' }, comparison: '<=', limit: 0, implied: true },
      ],
      abortRules: [{ text: 'errors > 20 % over 10 s', metric: { kind: 'errors' }, comparison: '>', limit: 0.2, overMs: 10_000 }],
      seed: 7,
    });
  });

  it('clients go on for passes, for a time, or until the first of both', async () => {
    const load = async (written: string) => (await planOf(`${minimal}load: ${written}\n`)).load;
    const client = { kind: 'closed', thinkTimeMs: 0, order: 'listed' };
    assert.deepEqual(await load('{clients: 4}'), { ...client, clients: 4, iterations: 3 });
    assert.deepEqual(await load('{clients: 4, duration: 1 min}'), { ...client, clients: 4, durationMs: 60_000 });
    const both = { ...client, clients: 1, iterations: 100, durationMs: 60_000 };
    assert.deepEqual(await load('{iterations: 100, duration: 1 min}'), both);
    // A day of it is no slip, however many answers that are.
    assert.deepEqual(await load('{clients: 250, duration: 24 h}'), { ...client, clients: 250, durationMs: 86_400_000 });
  });

  it('queries in the order written, and in that of the power test', async () => {
    const names = async (workload: string): Promise<string> =>
      (await planOf(`${head}workload: ${workload}\n`)).statements.map(({ name }) => name).join();
    assert.equal(await names('{tpch: [3, 1, 5-7]}'), 'q03,q01,q05,q06,q07');
    assert.equal(await names('{tpch: "1,3,5-10"}'), 'q01,q03,q05,q06,q07,q08,q09,q10');
    assert.equal(await names('{tpch: 6}'), 'q06');
    assert.equal(
      await names('{tpch: all, order: power}'),
      'q14,q02,q09,q20,q06,q17,q18,q08,q21,q13,q03,q22,q16,q04,q11,q15,q01,q10,q19,q05,q07,q12',
    );
  });

  it('a query of the library is known as one of TPC-H, so that its answer is checked', async () => {
    const { statements } = await planOf(
      `${head}workload: {statements: [{library: tpch/q06.sql, name: mine}, {library: probe/join.sql}]}\n`,
    );
    assert.deepEqual(
      statements.map(({ name, tpchQuery }) => [name, tpchQuery]),
      [
        ['mine', 6],
        ['join', undefined],
      ],
    );
  });

  it('one problem in words, for a command that can show only one', async () => {
    await assert.rejects(planOrFail(`${minimal}timeout: 30\nseed: x\n`, { folder, library, file: '/x/a.faultline.yaml' }), {
      reason: 'invalid',
      message: '“30” has no unit. a.faultline.yaml, line 4; 1 more. Write 30 s.',
    });
  });
});
