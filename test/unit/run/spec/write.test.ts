import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagePaths } from '../../../../src/base/package.ts';
import { readSpec } from '../../../../src/run/spec/spec.ts';
import { withoutVariants } from '../../../../src/workload/variants.ts';
import { specText, type SpecSubject, type SpecTextOptions } from '../../../../src/run/spec/write.ts';
import { library, planOf } from './kit.ts';

const tpch: SpecTextOptions = { target: { kind: 'tpch', scale: 0.01 } };

describe('the spec that Benchmark makes', () => {
  const back = async (subject: SpecSubject, options: SpecTextOptions = tpch) => {
    const text = specText(subject, options);
    const { problems } = await readSpec(text, { folder: '/nowhere', library });
    assert.deepEqual(problems, [], text);
    return planOf(text);
  };

  it('of TPC-H: all queries in power order', async () => {
    const plan = await back({ kind: 'tpch' });
    assert.equal(plan.name, 'TPC-H 0.01');
    assert.equal(plan.statements.length, 22);
    assert.equal(plan.statements[0]?.name, 'q14');
    assert.deepEqual(plan.warmUp, { kind: 'iterations', iterations: 1 });
  });

  it('of one statement, whatever is in it', async () => {
    for (const sql of [
      'select 1',
      "select ': # x', '\"'",
      'select 1,\n  2 -- é: "x"\n\nfrom y',
      '- 1',
      'select 1\n\twhere tab',
      'select 1   \nfrom x  ',
      '# no comment\nselect 1',
      "select '\u2028\u0085'",
      'select\r\n 1',
      '{}',
      'null',
    ]) {
      const { statements } = await back({ kind: 'statement', sql });
      assert.deepEqual(statements, [{ name: 'statement-1', sql: sql.trimEnd(), weight: 1 }], JSON.stringify(sql));
    }
  });

  it('of one statement for a time at most: passes and time are both in it', async () => {
    const plan = await back({ kind: 'statement', sql: 'select 1' }, { ...tpch, iterations: 100, durationMs: 60_000 });
    assert.deepEqual(plan.load, { kind: 'closed', clients: 1, iterations: 100, durationMs: 60_000, thinkTimeMs: 0, order: 'listed' });
    const odd = await back({ kind: 'statement', sql: 'select 1' }, { ...tpch, durationMs: 1_234_567 });
    assert.equal(odd.load.durationMs, 1_234_567);
  });

  it('its names are such as can stand in a spec', async () => {
    for (const name of ['a (b): #x', '- x', '', ' ', "it's", '"', 'x'.repeat(200), 'two\nlines', 'null', '1', '~', 'ä: {']) {
      const plan = await back({ kind: 'statement', sql: 'select 1', name }, { ...tpch, name });
      assert.equal(plan.statements.length, 1);
    }
    assert.equal((await back({ kind: 'statement', sql: 'select 1', name: 'top (customers)' })).statements[0]?.name, 'top customers');
  });

  it('of entries of the library: queries of TPC-H as a list, the others by their path', async () => {
    const paths = ['tpch/q01.sql', 'tpch/q02.sql', 'tpch/q03.sql', 'tpch/q09.sql', 'probe/join.sql', 'probe/join.sql'];
    const text = specText({ kind: 'library', paths }, tpch);
    assert.match(text, /^ {2}tpch: \[1-3, 9\]\n {2}statements:\n {4}- \{library: probe\/join\.sql\}$/m);
    assert.equal((await back({ kind: 'library', paths })).statements.length, 5);
  });

  it('every entry of the library can be benchmarked', async () => {
    const files = (await readdir(library, { recursive: true }))
      .filter((name) => name.endsWith('.sql'))
      .map((name) => name.replaceAll('\\', '/'));
    const paths = withoutVariants(files);
    const { statements } = await back({ kind: 'library', paths });
    assert.equal(statements.length, paths.length);
  });

  it('own files of one name keep apart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline: #spec, {'));
    try {
      await writeFile(join(folder, 'q01.sql'), 'select 1');
      await writeFile(join(folder, 'data.parquet'), '');
      const plan = await back(
        { kind: 'library', paths: ['tpch/q01.sql', join(folder, 'q01.sql')] },
        { target: { kind: 'file', path: join(folder, 'data.parquet') }, threads: 2, memoryLimitBytes: 512e6, iterations: 7 },
      );
      assert.deepEqual(
        plan.statements.map(({ name }) => name),
        ['q01', 'q01-2'],
      );
      assert.deepEqual(plan.arms[0], {
        label: 'DuckDB',
        engine: 'duckdb',
        target: { kind: 'file', path: join(folder, 'data.parquet') },
        threads: 2,
        memoryLimitBytes: 512e6,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('the examples that come with Faultline are right', async () => {
    const folder = join(packagePaths().root, 'media', 'examples');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.faultline.yaml'));
    assert.ok(names.length >= 13, names.join());
    for (const name of names) {
      const { plan, breaks, problems } = await readSpec(await readFile(join(folder, name), 'utf8'), { folder, library });
      assert.deepEqual(problems, [], name);
      assert.ok(plan ?? breaks?.purpose, name);
    }
  });
});
