import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOf } from '../../../src/engine/duckdb/targets.ts';
import { customer, failureOf, makeDatabase, open, run, temporaryFolder } from './support.ts';

describe('own files as an engine', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  before(async () => {
    folder = await temporaryFolder();
    await makeDatabase(
      join(folder.path, 'shop.db'),
      customer,
      `COPY customer TO '${join(folder.path, 'sales 2024.parquet')}'`,
      `COPY customer TO '${join(folder.path, 'plain[1].csv')}'`,
      `COPY customer TO '${join(folder.path, 'tabs.tsv')}' (DELIMITER '\t')`,
      `COPY customer TO '${join(folder.path, 'list.json')}' (ARRAY true)`,
      `COPY customer TO '${join(folder.path, 'lines.ndjson')}' (FORMAT json)`,
    );
  });
  after(() => folder.remove());

  for (const [file, table] of [
    ['shop.db', 'customer'],
    ['sales 2024.parquet', 'sales_2024'],
    ['plain[1].csv', 'plain_1'],
    ['tabs.tsv', 'tabs'],
    ['list.json', 'list'],
    ['lines.ndjson', 'lines'],
  ] as const) {
    for (const trusted of [true, false]) {
      it(`${file} is there as ${table}${trusted ? '' : ', also where other files are closed'}`, async () => {
        const engine = await open({ kind: 'file', path: join(folder.path, file) }, folder.path, trusted);
        try {
          assert.equal(engine.facts.target, file);
          assert.deepEqual((await run(engine, `SELECT count(*), min(c_name) FROM ${table}`)).rows, [['100', 'Customer#0']]);
        } finally {
          await engine.close();
        }
      });
    }
  }

  it('a file that is not there, not readable as what it is called, or of no known kind is refused with its name', async () => {
    await writeFile(join(folder.path, 'broken.parquet'), 'this is not parquet');
    await writeFile(join(folder.path, 'broken.duckdb'), 'x'.repeat(10_000));
    await writeFile(join(folder.path, 'notes.txt'), 'hello');
    const opened = async (file: string): Promise<readonly unknown[]> => {
      const { reason, facts } = await failureOf(open({ kind: 'file', path: join(folder.path, file) }, folder.path));
      return [reason, facts.what];
    };
    assert.deepEqual(await opened('missing.csv'), ['notFound', 'missing.csv is not there']);
    assert.deepEqual(await opened('broken.parquet'), ['invalid', 'broken.parquet can’t be opened']);
    assert.deepEqual(await opened('broken.duckdb'), ['invalid', 'broken.duckdb can’t be opened']);
    assert.deepEqual(await opened('notes.txt'), ['invalid', 'notes.txt is not a kind of file that can be opened']);
    assert.deepEqual(await opened('.'), ['invalid', `${folder.path} is not a file`]);
  });

  it('a database that another program writes to says to close it there', async () => {
    const path = join(folder.path, 'written.duckdb');
    const script = `import { DuckDBInstance } from '@duckdb/node-api'; await DuckDBInstance.create(process.argv[1]); console.log('open'); setInterval(() => {}, 1000);`;
    const writer = spawn(process.execPath, ['--input-type=module', '-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(writer.stdout, 'data');
      const { reason, facts } = await failureOf(open({ kind: 'file', path }, folder.path));
      assert.deepEqual([reason, facts.what], ['storage', 'written.duckdb can’t be opened']);
      assert.match(facts.remedy ?? '', /close it there/);
    } finally {
      writer.kill();
    }
  });

  it('a table gets a name that needs no quotes', () => {
    assert.equal(nameOf('/data/sales 2024-05.parquet'), 'sales_2024_05');
    assert.equal(nameOf('/data/2024.csv'), 't_2024');
    assert.equal(nameOf('/data/memory.duckdb'), 'memory_file');
    assert.equal(nameOf('/data/übersicht.csv'), 'übersicht');
    assert.equal(nameOf('/data/--.csv'), 't_');
  });
});
