import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { ServerEngine } from '../../../src/base/target.ts';
import { packagePaths } from '../../../src/base/package.ts';
import { openDuckDb } from '../../../src/engine/duckdb/duckdb.ts';
import type { Cell, Engine, PlanNode } from '../../../src/engine/engine.ts';
import { cellText } from '../../../src/engine/text.ts';
import { openTrino } from '../../../src/engine/trino/trino.ts';
import { readTpchAnswers } from '../../../src/run/runner/answers.ts';
import { Library } from '../../../src/workload/library.ts';
import { variantFor } from '../../../src/workload/variants.ts';
import { checkAnswer, isCheckable, type Answer, type AnswerCheck, type AnswerRow } from '../../../src/workload/tpch/answers.ts';
import { failureOf, makeDatabase, run, temporaryFolder } from '../../unit/engine/support.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { prestoManifests, trinoManifests } from './trino-servers.ts';

const STARTS = { timeoutMs: 240_000 };
const ROOT = join(import.meta.dirname, '../../..');
const QUERIES = Array.from({ length: 22 }, (_, index) => index + 1);
const TABLES = ['region', 'nation', 'supplier', 'part', 'partsupp', 'customer', 'orders', 'lineitem'];
/** All columns of all tables. */
const COPIED = Object.fromEntries(TABLES.map((table) => [table, '*']));
const library = new Library(join(ROOT, 'snippets'), []);

describe('SQL on Trino and Presto in the lab', () => {
  let lab: TestLab;
  let trino: Engine;

  before(async function () {
    this.timeout(400_000);
    lab = await useLab({ profile: 'cluster' });
    await lab.apply([...trinoManifests()]);
    await lab.readyPods('app=trino', 2, STARTS);
    trino = await open('trino');
    await serving(trino, '2');
  });

  after(async () => {
    await trino.close();
  });

  /** A node that is ready has yet to be seen by the coordinator, which may have no other for this very question. */
  async function serving(engine: Engine, nodes: string): Promise<void> {
    const sql = `select count(*) from system.runtime.nodes where state = 'active'`;
    const seen = async (): Promise<unknown> => (await run(engine, sql, lab.signal)).rows[0]?.[0];
    const noNode = (error: unknown): void => {
      if (!(error instanceof FaultlineError && error.facts.code === 'NO_NODES_AVAILABLE')) throw error;
    };
    while ((await seen().catch(noNode)) !== nodes);
  }

  async function open(engine: ServerEngine, retryForMs?: number): Promise<Engine> {
    const forward = await lab.portForward({ service: engine }, 8080, STARTS);
    return openTrino(
      {
        kind: 'server',
        engine,
        name: `lab/${engine}`,
        at: { kind: 'url', url: forward.url },
        user: 'lab',
        catalog: 'tpch',
        schema: 'tiny',
      },
      { url: forward.url, path: 'portForward', close: () => forward.close() },
      { source: 'faultline', ...(retryForMs === undefined ? {} : { retryForMs }) },
    );
  }

  async function stateOf(queryId: string): Promise<string> {
    const sql = `select state || coalesce(' ' || error_code, '') from system.runtime.queries where query_id = '${queryId}'`;
    return cellText((await run(trino, sql, lab.signal)).rows[0]?.[0] ?? null) ?? '';
  }

  it('every type of value arrives exactly', async function () {
    this.timeout(60_000);
    const values: readonly (readonly [sql: string, text: string | null])[] = [
      ['9223372036854775807', '9223372036854775807'],
      ["decimal '12345678901234567890123456789012345678'", '12345678901234567890123456789012345678'],
      ['123.4500', '123.4500'],
      ['cast(0.1 as real)', '0.1'],
      ['1e10', '1.0E10'],
      ['nan()', 'NaN'],
      ['-infinity()', '-Infinity'],
      ["timestamp '2020-01-01 01:02:03.123456789012'", '2020-01-01 01:02:03.123456789012'],
      ["timestamp '2020-01-01 01:02:03.5 Europe/Berlin'", '2020-01-01 01:02:03.5 Europe/Berlin'],
      ["time '01:02:03.123456+02:00'", '01:02:03.123456+02:00'],
      ["date '-0044-03-15'", '-0044-03-15'],
      ["interval '3' day", '3 00:00:00.000'],
      ["interval '13' month", '1-1'],
      ["x'00ff61'", String.raw`\x00\xFFa`],
      ["uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", '12151fd2-7586-11e9-8f9e-2a86e4085a59'],
      ["ipaddress '10.0.0.1'", '10.0.0.1'],
      [`json '{"a":12345678901234567890}'`, '{"a":12345678901234567890}'],
      ["cast('ab' as char(4))", 'ab  '],
      ['array[1, null, 9223372036854775807]', '[1, NULL, 9223372036854775807]'],
      ['map(array[9223372036854775807], array[1.5])', '{9223372036854775807=1.5}'],
      ['cast(row(1, array[\'x\']) as row(a bigint, "B b" array(varchar)))', "{'a': 1, 'B b': [x]}"],
      ['null', null],
    ];
    const { rows } = await run(trino, `select ${values.map(([sql]) => sql).join(', ')}`, lab.signal);
    assert.deepEqual(
      rows[0]?.map((cell) => cellText(cell)),
      values.map(([, text]) => text),
    );
  });

  it('an error stands at its place', async () => {
    const sql = "select '😀',\n  n_naem from nation;";
    const { facts } = await failureOf(run(trino, sql, lab.signal));
    assert.equal(facts.code, 'COLUMN_NOT_FOUND');
    assert.equal(sql.slice(facts.position?.start, facts.position?.end), 'n_naem');
  });

  it('the session holds from one statement to the next', async () => {
    for (const sql of [
      'use tpch.sf1',
      "set session query_max_run_time = '9m'",
      'set session query_priority = 2',
      'prepare p from select ? + 1',
    ])
      await run(trino, sql, lab.signal);
    assert.deepEqual((await run(trino, 'select current_schema', lab.signal)).rows, [['sf1']]);
    assert.deepEqual((await run(trino, 'execute p using 2', lab.signal)).rows, [['3']]);
    const { rows } = await run(trino, 'show session', lab.signal);
    const set = new Map(rows.map(([name, value]) => [name, value]));
    assert.deepEqual([set.get('query_max_run_time'), set.get('query_priority')], ['9m', '2']);
    await run(trino, 'use tpch.tiny', lab.signal);
  });

  it('a plan is a tree down to its tables, with times and rows once it was run', async function () {
    this.timeout(60_000);
    const sql = 'select n_name, count(*) from nation join region on n_regionkey = r_regionkey group by 1';
    for (const analyze of [false, true]) {
      const { root, text } = await trino.explain(sql, { analyze }, lab.signal);
      const all = nodes(root);
      const scans = all.filter(({ operator }) => operator.includes('Scan'));
      assert.equal(scans.length, 2, text);
      assert.ok(scans.every(({ rowsExpected }) => rowsExpected !== undefined));
      if (analyze)
        assert.ok(
          all.every(({ ownTimeMs, rowsReal }) => ownTimeMs !== undefined && rowsReal !== undefined),
          text,
        );
    }
  });

  it('completion knows the tables of the schema by their names, those of others by theirs, and the functions', async function () {
    this.timeout(60_000);
    const { tables, functions } = await trino.catalogue(lab.signal);
    assert.deepEqual(tables.find(({ name }) => name === 'region')?.columns[0], { name: 'r_regionkey', type: 'bigint' });
    assert.ok(tables.some(({ name }) => name === 'sf1.lineitem'));
    assert.ok(functions.some(({ name }) => name === 'approx_distinct'));
  });

  it('an answer of 10 million rows that is stopped halfway is gone from the server within 2 s, and none of it was kept', async function () {
    this.timeout(300_000);
    const stop = new AbortController();
    const sql = 'select l_orderkey, l_partkey from tpch.sf10.lineitem limit 10000000';
    let queryId = '';
    let rowCount = 0;
    let stoppedAt = 0;
    let heapAtStart = 0;
    let heapAtMost = 0;
    await assert.rejects(async () => {
      for await (const event of trino.query(sql, {}, AbortSignal.any([stop.signal, lab.signal]))) {
        if (event.kind === 'started') queryId = event.queryId ?? '';
        if (event.kind !== 'rows') continue;
        rowCount += event.batch.rows().length;
        heapAtMost = Math.max(heapAtMost, process.memoryUsage().heapUsed);
        if (heapAtStart === 0 && rowCount > 500_000) heapAtStart = heapAtMost;
        if (rowCount < 5_000_000 || stoppedAt > 0) continue;
        stoppedAt = performance.now();
        stop.abort();
      }
    }, /Stopped\./);
    const tookMs = performance.now() - stoppedAt;
    assert.equal(await stateOf(queryId), 'FAILED USER_CANCELED');
    assert.ok(tookMs < 2_000, `${tookMs} ms`);
    // Kept, they would be a gigabyte.
    assert.ok(heapAtMost < heapAtStart + 400e6, `${heapAtStart} → ${heapAtMost}`);
  });

  it('a query that an administrator kills says who ended it, with the administrator’s words', async function () {
    this.timeout(60_000);
    let queryId = '';
    let killed = false;
    const error = await failureOf(
      (async () => {
        for await (const event of trino.query('select count(*) from tpch.sf100.lineitem', { progressEveryMs: 0 }, lab.signal)) {
          if (event.kind === 'started') queryId = event.queryId ?? '';
          // The server has it in its list once its second page was asked for: it can't be killed before.
          if (killed || event.kind !== 'progress' || (await stateOf(queryId)) !== 'RUNNING') continue;
          killed = true;
          await run(trino, `call system.runtime.kill_query(query_id => '${queryId}', message => 'makes room')`, lab.signal);
        }
      })(),
    );
    assert.equal(error.facts.code, 'ADMINISTRATIVELY_KILLED');
    assert.match(error.message, /makes room.*ended the statement from its side/);
  });

  it('all 22 answers of TPC-H on Trino are those of an independent engine on the same rows, and the built-in ones', async function () {
    this.timeout(900_000);
    await checkTpch(trino);
  });

  it('all 22 answers of TPC-H at scale factor 1 on Trino are the built-in ones, or those of an independent engine', async function () {
    this.timeout(900_000);
    await run(trino, 'use tpch.sf1', lab.signal);
    await checkTpchOfScale1(trino);
    await run(trino, 'use tpch.tiny', lab.signal);
  });

  it('all 22 answers of TPC-H on Presto are those of an independent engine on the same rows, and the built-in ones', async function () {
    this.timeout(900_000);
    await lab.apply([...prestoManifests()]);
    await lab.readyPods('app=presto', 1, STARTS);
    const presto = await open('presto');
    try {
      await serving(presto, '1');
      await checkTpch(presto);
    } finally {
      await presto.close();
      await lab.api.apps.deleteNamespacedDeployment({ name: 'presto', namespace: lab.namespace });
    }
  });

  it('a coordinator that is killed between two pages has lost the query, and says so; the next statement runs on its successor', async function () {
    this.timeout(400_000);
    const patient = await open('trino', 240_000);
    try {
      let killed = false;
      const error = await failureOf(
        (async () => {
          for await (const event of patient.query('select * from tpch.sf10.lineitem', {}, lab.signal)) {
            if (event.kind !== 'rows' || killed) continue;
            killed = true;
            const [pod] = await lab.readyPods('app=trino,role=coordinator', 1);
            const name = pod?.metadata?.name ?? '';
            await lab.api.core.deleteNamespacedPod({ name, namespace: lab.namespace, gracePeriodSeconds: 0 });
          }
        })(),
      );
      assert.equal(error.reason, 'crashed');
      assert.match(error.message, /is lost: the coordinator does not know it any more.*Run it again\./);
      await lab.readyPods('app=trino,role=coordinator', 1, STARTS);
      assert.deepEqual((await run(patient, 'select 1', lab.signal)).rows, [['1']]);
    } finally {
      await patient.close();
    }
  });

  /**
   * The rows of the schema at hand are copied into DuckDB through the engine under test, and each query runs on both. Beside that the built-in
   * answers, where they hold: the connector's random texts are other ones (see `RandomTexts`).
   */
  async function checkTpch(engine: Engine): Promise<void> {
    await withCopies(engine, COPIED, async (independent) => {
      const builtIn = await readTpchAnswers(independent, 0.01, lab.signal);
      for (const query of QUERIES) {
        const { rows, ofIndependent, known } = await ask(query, engine, independent, builtIn);
        assert.deepEqual(checkAnswer(query, await ofIndependent(), rows), right(rows), `query ${query}`);
        if (isCheckable(query, 'other'))
          assert.deepEqual(checkAnswer(query, known, rows, 10, 'other'), right(rows), `query ${query}, built-in`);
      }
    });
  }

  /** With so much data only what a query needs whose built-in answer holds for other texts only is copied. */
  async function checkTpchOfScale1(engine: Engine): Promise<void> {
    const copied = { customer: 'c_custkey', orders: 'o_orderkey, o_custkey, o_comment' };
    await withCopies(engine, copied, async (independent) => {
      const builtIn = await readTpchAnswers(independent, 1, lab.signal);
      for (const query of QUERIES) {
        const { rows, ofIndependent, known } = await ask(query, engine, independent, builtIn);
        if (isCheckable(query, 'other')) assert.deepEqual(checkAnswer(query, known, rows, 10, 'other'), right(rows), `query ${query}`);
        else assert.deepEqual(checkAnswer(query, await ofIndependent(), rows), right(rows), `query ${query}`);
      }
    });
  }

  async function ask(
    query: number,
    engine: Engine,
    independent: Engine,
    builtIn: ReadonlyMap<number, Answer>,
  ): Promise<{ readonly rows: readonly AnswerRow[]; readonly known: Answer; readonly ofIndependent: () => Promise<Answer> }> {
    const entry = await library.entry(`tpch/q${String(query).padStart(2, '0')}.sql`);
    const rows = (await run(engine, variantFor(entry, engine.facts.engine).sql, lab.signal)).rows.map(answerRow);
    const known = builtIn.get(query);
    assert.ok(known !== undefined);
    const ofIndependent = async (): Promise<Answer> => {
      const same = await run(independent, entry.sql, lab.signal);
      return { columns: same.columns.map(({ name }) => name), rows: same.rows.map(answerRow) };
    };
    return { rows, known, ofIndependent };
  }

  /** Tables by their names, with the columns that are copied. */
  async function withCopies(
    engine: Engine,
    tables: Readonly<Record<string, string>>,
    use: (independent: Engine) => Promise<void>,
  ): Promise<void> {
    const folder = await temporaryFolder();
    const path = join(folder.path, 'tpch.duckdb');
    const copies: string[] = [];
    for (const [table, columns] of Object.entries(tables)) {
      const file = join(folder.path, `${table}.csv`);
      await writeFile(file, csvOf(engine, `select ${columns} from ${table}`, lab.signal));
      const into = columns === '*' ? table : `${table} (${columns})`;
      // The tables want every column.
      const wanted = columns === '*' ? [] : [`CREATE OR REPLACE TABLE ${table} AS SELECT ${columns} FROM ${table}`];
      copies.push(...wanted, `COPY ${into} FROM '${file}' (FORMAT csv, HEADER false)`);
    }
    const { extensionFolder } = packagePaths();
    if (extensionFolder === undefined) throw new Error('dist/duckdb is not there: run “npm run build” first');
    // At scale 0 it makes the tables alone.
    await makeDatabase(path, `LOAD '${extensionFolder}/tpch.duckdb_extension'`, 'CALL dbgen(sf = 0)', ...copies);
    const options = { memoryLimitBytes: 1e9, threads: 2, tempFolder: join(folder.path, 'spill'), externalAccess: true, extensionFolder };
    const independent = await openDuckDb({ kind: 'file', path }, options);
    try {
      await use(independent);
    } finally {
      await independent.close();
      await folder.remove();
    }
  }
});

function nodes(root: PlanNode): readonly PlanNode[] {
  return [root, ...root.children.flatMap(nodes)];
}

function right(rows: readonly AnswerRow[]): AnswerCheck {
  return { ok: true, rowsExpected: rows.length, rowsGot: rows.length, differences: [] };
}

function answerRow(row: readonly Cell[]): AnswerRow {
  return row.map(cellText);
}

/** The rows of a statement as they come: a million of them are not kept. */
async function* csvOf(engine: Engine, sql: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const event of engine.query(sql, {}, signal)) {
    if (event.kind !== 'rows') continue;
    yield event.batch
      .rows()
      .map((row) => `${row.map(csv).join(',')}\n`)
      .join('');
  }
}

function csv(cell: Cell): string {
  return `"${(cellText(cell) ?? '').replaceAll('"', '""')}"`;
}
