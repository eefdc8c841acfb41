import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { EngineTarget } from '../../../src/engine/engine.ts';
import { benchmarkText, libraryBenchmark, questionBefore, statementBenchmark } from '../../../src/ui/session/benchmark.ts';
import { documentOf, Library, type LibraryEntry } from '../../../src/workload/library.ts';

const tpch: EngineTarget = { kind: 'tpch', scale: 0.01, path: '/data/tpch.duckdb' };
const file: EngineTarget = { kind: 'file', path: '/home/me/sales.parquet' };

describe('what Benchmark runs', () => {
  let library: readonly LibraryEntry[];
  before(async () => {
    library = await new Library(join(import.meta.dirname, '../../../snippets'), []).entries();
  });

  it('a statement is run a hundred times, as p95 needs five samples beyond it, or for a minute: nobody knows how slow it is', () => {
    const benchmark = statementBenchmark({ sql: 'select 1', title: 'report' }, tpch, library);
    assert.deepEqual(benchmark.subject, { kind: 'statement', sql: 'select 1', name: 'report' });
    assert.deepEqual([benchmark.name, benchmark.iterations, benchmark.durationMs], ['report on TPC-H 0.01', 100, 60_000]);
    assert.equal(benchmarkText(benchmark), '100 passes over one statement by one client, at most 1 min, after a warm-up pass');
    const [query, ...others] = library.filter(({ path }) => path.startsWith('tpch/'));
    assert.ok(query);
    assert.equal(libraryBenchmark([query], 'q01', tpch, tpch).durationMs, 60_000);
    const several = libraryBenchmark(others, '21 queries', tpch, tpch);
    assert.equal(benchmarkText(several), '25 passes over 21 statements by one client, after a warm-up pass');
  });

  it('is asked about before a server is put under load, with what and where; this machine’s own engine is not', () => {
    const at = {
      kind: 'kubernetes',
      kubeconfig: '/k',
      context: 'prod',
      namespace: 'shop',
      service: 'trino',
      port: 8080,
      scheme: 'http',
    } as const;
    const server: EngineTarget = { kind: 'server', engine: 'trino', name: 'shop/trino', at, user: 'ana', tpchScale: 0.01 };
    const all = library.filter(({ path }) => path.startsWith('tpch/'));
    const question = questionBefore(libraryBenchmark(all, 'TPC-H', server, tpch));
    assert.equal(question?.what, 'Benchmark shop/trino?');
    assert.match(question?.detail ?? '', /^11 passes over 22 statements by one client, after a warm-up pass, on Trino at shop in prod\./);
    assert.equal(questionBefore(libraryBenchmark(all, 'TPC-H', tpch, tpch)), undefined);
  });

  it('the copy of a TPC-H query is that query, however it is laid out: its answers can be checked', () => {
    const entry = library.find(({ path }) => path === 'tpch/q06.sql');
    assert.ok(entry);
    const copy = documentOf(entry).replaceAll('\n', '\n  ').replace(/;\s*$/, '  ;\n');
    assert.deepEqual(statementBenchmark({ sql: copy, title: 'q06' }, tpch, library).subject, {
      kind: 'library',
      paths: ['tpch/q06.sql'],
    });
    const changed = statementBenchmark({ sql: copy.replace('< 24', '< 25'), title: 'q06' }, tpch, library);
    assert.equal(changed.subject.kind, 'statement');
    assert.equal(statementBenchmark({ sql: copy, title: 'q06' }, file, library).subject.kind, 'statement');
  });

  it('all 22 queries are TPC-H, in any order they were chosen', () => {
    const all = library.filter(({ path }) => path.startsWith('tpch/'));
    const benchmark = libraryBenchmark([...all].reverse(), 'TPC-H', tpch, tpch);
    assert.deepEqual([benchmark.subject, benchmark.name], [{ kind: 'tpch' }, 'TPC-H 0.01']);
    const some = libraryBenchmark(all.slice(0, 3), '3 queries', tpch, tpch);
    assert.deepEqual(some.subject, { kind: 'library', paths: ['tpch/q01.sql', 'tpch/q02.sql', 'tpch/q03.sql'] });
  });

  it('queries of TPC-H run on its data also while an own file is selected; others run on the file', () => {
    const of = (path: string) => library.filter((entry) => entry.path.startsWith(path));
    assert.equal(libraryBenchmark(of('tpch/'), 'TPC-H', file, tpch).target, tpch);
    assert.equal(libraryBenchmark(of('health/'), 'Health', file, tpch).target, file);
  });
});
