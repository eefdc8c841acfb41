import assert from 'node:assert/strict';
import { parseQueries } from '../../../../src/run/spec/queries.ts';
import { tpchPlan } from '../../../../src/run/spec/tpch.ts';
import { library } from './kit.ts';

describe('the plan of a TPC-H benchmark', () => {
  it('all 22 queries, once to warm up and three times to measure', async () => {
    const { statements, ...plan } = await tpchPlan({ scale: 0.01, library });
    assert.equal(statements.length, 22);
    for (const { sql, tpchQuery, name } of statements) {
      assert.equal(name, `q${String(tpchQuery).padStart(2, '0')}`);
      assert.match(sql, /^(select|with)\b/i);
      assert.ok(!sql.endsWith(';'));
    }
    assert.deepEqual(plan, {
      name: 'TPC-H 0.01',
      arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
      load: { kind: 'closed', clients: 1, iterations: 3, thinkTimeMs: 0, order: 'listed' },
      warmUp: { kind: 'iterations', iterations: 1 },
      timeoutMs: 300_000,
      expectations: plan.expectations,
      abortRules: [],
      seed: 42,
    });
    assert.deepEqual(
      plan.expectations.map(({ text, implied }) => [text, implied]),
      [
        ['answers ok', true],
        ['errors <= 0 %', true],
        ['dropped <= 0 %', true],
      ],
    );
  });

  it('chosen queries, against a second engine', async () => {
    const { arms, statements, warmUp, name } = await tpchPlan({
      scale: 1,
      queries: parseQueries('3,1'),
      warmUp: null,
      against: { label: '', engine: 'duckdb', target: { kind: 'tpch', scale: 1 }, threads: 1, memoryLimitBytes: 0 },
      library,
    });
    assert.deepEqual(
      { labels: arms.map(({ label }) => label), names: statements.map((each) => each.name), warmUp, name },
      { labels: ['A', 'B'], names: ['q03', 'q01'], warmUp: undefined, name: 'TPC-H 1, 2 queries' },
    );
  });

  it('of a server is called as the editor calls it', async () => {
    const at = { kind: 'url', url: 'http://localhost:8080' } as const;
    const server = { kind: 'server', engine: 'trino', name: 'shop/trino', at, user: 'ana', catalog: 'tpch', schema: 'tiny' } as const;
    assert.equal((await tpchPlan({ scale: 0.01, server, library })).name, 'shop/trino, tpch.tiny');
    assert.equal((await tpchPlan({ scale: 0.01, server, queries: [6], library })).name, 'shop/trino, tpch.tiny, q06');
  });

  it('what can’t be is refused', async () => {
    await assert.rejects(tpchPlan({ scale: 0, library }), { reason: 'invalid' });
    await assert.rejects(tpchPlan({ scale: 1, queries: [23], library }), { reason: 'invalid', message: /TPC-H has no query 23/ });
    await assert.rejects(tpchPlan({ scale: 1, queries: [1, 1], library }), { reason: 'invalid' });
    await assert.rejects(
      tpchPlan({ scale: 1, library, load: { kind: 'closed', clients: 1, iterations: 1e9, thinkTimeMs: 0, order: 'listed' } }),
      { message: /1 client × 1,000,000,000 iterations × 22 statements a pass is 22,000,000,000 operations/ },
    );
    for (const text of ['', '23', '1,,2', '1-', 'all,1', '5-3', '1,1', 'q0', '-1', '1e1']) {
      assert.throws(() => parseQueries(text), { reason: 'invalid' }, text);
    }
    assert.deepEqual(parseQueries(' Q1 , 5–7'), [1, 5, 6, 7]);
  });
});
