import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Library, type LibraryEntry, entriesOf } from '../../../src/workload/library.ts';
import { type AnswerRow, checkAnswer, parseAnswer } from '../../../src/workload/tpch/answers.ts';
import { pinnedDuckdbVersion } from '../../build/duckdb-extension.ts';
import { currentPlatform } from '../../build/platforms.ts';

const root = join(import.meta.dirname, '../../..');
/** Answers are built in for 0.01, 0.1 and 1: `FAULTLINE_TEST_SCALE=0.1` checks with more data. */
const scale = Number(process.env['FAULTLINE_TEST_SCALE'] ?? '0.01');

describe('the queries of the SQL library, on DuckDB with TPC-H data attached read-only', function () {
  this.timeout(scale > 0.01 ? 120_000 : 30_000);
  let folder: string;
  let database: DuckDBInstance;
  let connection: DuckDBConnection;
  let entries: readonly LibraryEntry[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-queries-'));
    const made = join(folder, 'tpch.duckdb');
    const extension = await tpchExtension();
    const writer = await DuckDBInstance.create(made);
    const writing = await writer.connect();
    await writing.run(`LOAD '${extension}'`);
    await writing.run(`CALL dbgen(sf = ${scale})`);
    writing.closeSync();
    writer.closeSync();
    database = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
    connection = await database.connect();
    await connection.run(`LOAD '${extension}'`);
    await connection.run(`ATTACH '${made}' AS tpch (READ_ONLY)`);
    await connection.run('USE tpch');
    entries = await new Library(join(root, 'snippets'), []).entries();
  });

  after(async () => {
    connection.closeSync();
    database.closeSync();
    await rm(folder, { recursive: true });
  });

  async function rowsOf(sql: string): Promise<readonly AnswerRow[]> {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell))));
  }

  for (let query = 1; query <= 22; query++) {
    const name = `q${String(query).padStart(2, '0')}`;
    it(`TPC-H ${name} gives the rows of the specification's answer`, async () => {
      const entry = entries.find(({ path }) => path === `tpch/${name}.sql`);
      assert(entry, `${name} is in the library`);
      const [built] = await rowsOf(`SELECT answer FROM tpch_answers() WHERE query_nr = ${query} AND scale_factor = ${scale}`);
      const answer = parseAnswer(built?.[0] ?? '');
      const check = checkAnswer(query, answer, await rowsOf(entry.sql));
      assert.deepEqual(check, { ok: true, rowsExpected: answer.rows.length, rowsGot: answer.rows.length, differences: [] });
    });
  }

  it('every probe and health query answers, and every query can be explained', async () => {
    const silent: string[] = [];
    for (const { path, sql } of entries) {
      assert((await rowsOf(`EXPLAIN ${sql}`)).length > 0, `${path} can be explained`);
      if (path.startsWith('tpch/')) continue;
      // An engine without temporary files or secrets says so with no rows.
      if ((await rowsOf(sql)).length === 0) silent.push(path);
    }
    assert.deepEqual(silent, ['health/duckdb-secrets.sql', 'health/duckdb-temporary-files.sql']);
  });

  it('the sample workspace answers, and its mistake gets the right name proposed', async () => {
    const sample = await readFile(join(root, 'test/workbench/sample/getting-started.sql'), 'utf8');
    const statements = sample.split(/;\n/).filter((text) => text.trim() !== '');
    const mistake = statements.pop();
    assert(mistake);
    for (const statement of statements) assert((await rowsOf(`FROM (${statement}\n) LIMIT 10`)).length > 0, statement);
    await assert.rejects(rowsOf(mistake), /c_naem.*not found[\s\S]*c_name/);
  });

  it('the secrets query names a secret and never shows its value', async () => {
    await connection.run("CREATE SECRET hidden_bucket (TYPE http, BEARER_TOKEN 'tell-nobody-4711')");
    const entry = entries.find(({ path }) => path === 'health/duckdb-secrets.sql');
    assert(entry);
    const rows = await rowsOf(entry.sql);
    assert.equal(rows[0]?.[0], 'hidden_bucket');
    assert(!JSON.stringify(rows).includes('tell-nobody-4711'));
  });
});

describe('the SQL library that comes with Faultline', () => {
  it('says of each query what it stresses or shows, with a prefix to type, and gives each folder its title', async () => {
    const nodes = await new Library(join(root, 'snippets'), []).list();
    assert.deepEqual(
      nodes.map(({ title }) => title),
      ['Health', 'Probes', 'TPC-H'],
    );
    assert(!nodes.some((node) => node.kind === 'folder' && node.children.some(({ kind }) => kind === 'problem')));
    for (const { path, prefix, stresses, shows, parameters, engines } of entriesOf(nodes)) {
      const folder = path.split('/')[0];
      assert.equal(prefix?.split('-')[0], folder, path);
      assert.deepEqual([stresses !== undefined, shows !== undefined], [folder !== 'health', folder === 'health'], path);
      assert.deepEqual(engines, folder === 'health' ? ['duckdb'] : [], path);
      assert(folder !== 'tpch' || parameters !== undefined, path);
    }
  });
});

/** The signed extension file, where the build put it. */
async function tpchExtension(): Promise<string> {
  const platform = currentPlatform();
  assert(platform, 'DuckDB has an extension for this platform');
  return join(root, 'dist/duckdb', `v${await pinnedDuckdbVersion(root)}`, platform.duckdb, 'tpch.duckdb_extension');
}
