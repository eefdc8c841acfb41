import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { cellText } from '../../src/engine/text.ts';
import { eventsOf, modern, old, openPod, rowsOf, startClickHouse } from './use/clickhouse.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

async function failure(work: Promise<unknown>): Promise<FaultlineError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof FaultlineError, 'it fails');
  return error;
}

/** So long it may run that only a stop ends it, without any memory. */
const endless = 'SELECT sum(number) FROM (SELECT number FROM system.numbers LIMIT 1000000000000)';

describe('ClickHouse in a cluster', function () {
  this.timeout(360_000);
  let lab: TestLab;
  before(async () => {
    lab = await useLab({ profile: 'cluster' });
    await startClickHouse(lab, [modern, old]);
  });

  for (const pod of [modern, old])
    describe(`${pod.name === 'old' ? 'of 2018' : 'of today'}`, () => {
      let engine: Engine;
      before(async () => (engine = await openPod(lab, pod)));
      after(() => engine.close());

      const processes = async (queryId: string): Promise<number> => {
        const [row] = await rowsOf(engine, `SELECT count() FROM system.processes WHERE query_id = '${queryId}'`);
        return Number(row?.[0]);
      };

      it('says its version, and the way that statements take', () => {
        assert.match(engine.facts.title, pod === old ? /^ClickHouse 18\.16/ : /^ClickHouse 26\.7/);
        assert.equal(engine.facts.path, 'portForward');
      });

      it('values come exact: large numbers, decimals with their zeros, NULL, nested, bytes', async () => {
        const [row] = await rowsOf(
          engine,
          `SELECT toUInt64('18446744073709551615'), toInt64('-9223372036854775808'), toDecimal128('-1.5', 10), NULL, [1, NULL], ('a', toDate('2026-01-01')),
             toFixedString('ab', 3), 'ä\\t\\n\\\\N\\'', unhex('FF41'), 1 / 0, -1 / 0, 0 / 0, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')`,
        );
        assert.deepEqual(
          row?.map((cell) => cellText(cell)),
          ['18446744073709551615', '-9223372036854775808', '-1.5000000000', null, '[1, NULL]', "{'1': a, '2': 2026-01-01}", 'ab\0', "ä\t\n\\N'", '\\xFFA', 'inf', '-inf', 'nan', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'], // prettier-ignore
        );
      });

      it('ten million rows that nobody keeps do not grow the memory, and stopped halfway are gone from the server within 2 s', async () => {
        const stop = new AbortController();
        let queryId = '';
        let rows = 0;
        let stoppedAtMs = 0;
        const grownFrom = process.memoryUsage().rss;
        const error = await failure(
          (async () => {
            for await (const event of engine.query(
              "SELECT number, toString(number), 'abcdefghij' FROM numbers(10000000)",
              {},
              stop.signal,
            )) {
              if (event.kind === 'started') queryId = event.queryId ?? '';
              if (event.kind !== 'rows') continue;
              rows += event.batch.rowCount;
              if (rows < 5_000_000 || stop.signal.aborted) continue;
              stoppedAtMs = performance.now();
              stop.abort();
            }
          })(),
        );
        const tookMs = performance.now() - stoppedAtMs;
        assert.equal(error.facts.what, 'Stopped');
        assert.equal(await processes(queryId), 0);
        assert(rows < 6_000_000, `${rows} rows came`);
        assert(tookMs < 2000, `gone after ${tookMs.toFixed(0)} ms`);
        const grown = process.memoryUsage().rss - grownFrom;
        assert(grown < 300e6, `grown by ${(grown / 1e6).toFixed(0)} MB`);
        process.stdout.write(
          `      (gone ${tookMs.toFixed(0)} ms after the stop, ${rows} rows had come, memory grown by ${(grown / 1e6).toFixed(0)} MB)\n`,
        );
      });

      it('a statement that has not answered yet is stopped, and gone from the server within 2 s', async () => {
        const stop = new AbortController();
        let queryId = '';
        let stoppedAtMs = 0;
        const error = await failure(
          (async () => {
            for await (const event of engine.query(endless, { progressEveryMs: 100 }, stop.signal)) {
              if (event.kind === 'started') queryId = event.queryId ?? '';
              if (event.kind === 'progress' && (event.rowsRead ?? 0) > 0 && !stop.signal.aborted) {
                assert.equal(await processes(queryId), 1);
                stoppedAtMs = performance.now();
                stop.abort();
              }
            }
          })(),
        );
        assert.equal(error.facts.what, 'Stopped');
        assert.equal(await processes(queryId), 0);
        assert(performance.now() - stoppedAtMs < 2000);
      });

      it('a statement that an administrator kills says so', async () => {
        const other = await openPod(lab, pod);
        try {
          const error = await failure(
            (async () => {
              let killed = false;
              for await (const event of engine.query(endless, { progressEveryMs: 100 }, new AbortController().signal)) {
                if (event.kind !== 'progress' || killed) continue;
                killed = true;
                await eventsOf(other, `KILL QUERY WHERE query LIKE '%1000000000000)%' AND query NOT LIKE '%KILL%' ASYNC`);
              }
            })(),
          );
          assert.equal(error.reason, 'engine');
          assert.equal(error.facts.code, 'QUERY_WAS_CANCELLED');
          assert.match(error.message, /was killed on the server/);
        } finally {
          await other.close();
        }
      });

      it('a wrong password is said to be one', async () => {
        const error = await failure(openPod(lab, pod, undefined, 'wrong'));
        assert.equal(error.reason, 'unauthorised');
      });

      it('errors stand at their place, with names that were meant where the server knows some', async () => {
        const wrong = await failure(rowsOf(engine, 'SELECT\n  "ä", 1 frm x y'));
        assert.equal(wrong.facts.code, 'SYNTAX_ERROR');
        assert.deepEqual(wrong.facts.position, { start: 20, end: 21 });
        const column = await failure(rowsOf(engine, 'SELECT nam\nFROM system.tables'));
        assert.equal(column.facts.what, 'There is no column nam');
        assert.deepEqual(column.facts.position, { start: 7, end: 10 });
        if (pod === modern) assert.deepEqual(column.facts.candidates, ['name']);
        const table = await failure(rowsOf(engine, 'SELECT 1 FROM system.nosuch'));
        assert.equal(table.facts.code, 'UNKNOWN_TABLE');
        assert.deepEqual(table.facts.position, { start: 14, end: 27 });
      });

      it('completion gets tables, columns and functions', async () => {
        await rowsOf(engine, 'CREATE DATABASE IF NOT EXISTS `my shop`');
        await rowsOf(engine, 'CREATE TABLE `my shop`.`a b` (id Int64, `x y` Nullable(String)) ENGINE = MergeTree ORDER BY id');
        await rowsOf(engine, "INSERT INTO `my shop`.`a b` VALUES (1, 'x'), (2, NULL)");
        const { tables, functions } = await engine.catalogue(new AbortController().signal);
        assert.deepEqual(
          tables.find(({ schema }) => schema === 'my shop'),
          {
            name: '`my shop`.`a b`',
            schema: 'my shop',
            rowsEstimate: 2,
            columns: [
              { name: 'id', type: 'Int64' },
              { name: '`x y`', type: 'Nullable(String)' },
            ],
          },
        );
        assert(functions.some(({ name }) => name === 'toDate'));
      });
    });

  describe('today', () => {
    let engine: Engine;
    before(async () => (engine = await openPod(lab, modern)));
    after(() => engine.close());

    it('a plan is a tree; run, it says times and rows', async () => {
      const sql = 'SELECT number % 10 AS n, count() FROM numbers(100000) WHERE number % 3 = 1 GROUP BY n ORDER BY n FORMAT CSV';
      const plan = await engine.explain(sql, { analyze: false }, new AbortController().signal);
      const operators = (node: typeof plan.root): readonly string[] => [node.operator, ...node.children.flatMap(operators)];
      for (const operator of ['Sorting', 'Aggregating', 'ReadFromSystemNumbers']) assert(operators(plan.root).includes(operator), operator);
      const run = await engine.explain(sql, { analyze: true }, new AbortController().signal);
      let node = run.root;
      while (node.children[0] !== undefined) node = node.children[0];
      assert.equal(node.operator, 'ReadFromSystemNumbers');
      assert.equal(node.rowsReal, 100_000);
      assert((node.ownTimeMs ?? 0) > 0 && (run.totalMs ?? 0) > 0);
    });

    it('an error in an explained statement stands at its place in the statement', async () => {
      const error = await failure(engine.explain('SELECT 1 frm x y', { analyze: true }, new AbortController().signal));
      assert.deepEqual(error.facts.position, { start: 13, end: 14 });
    });

    it('settings in a statement count, and JSON keeps its digits', async () => {
      const empty = 'SELECT sum(number) FROM numbers(0) SETTINGS aggregate_functions_null_for_empty = 1';
      assert.deepEqual(await rowsOf(engine, empty), [[null]]);
      const [[json = null] = []] = await rowsOf(engine, `SELECT CAST('{"a": 12345678901234567890, "b": [1.25]}' AS JSON)`);
      assert.equal(cellText(json), "{'a': 12345678901234567890, 'b': [1.25]}");
    });
  });

  it('of 2018 has no plans, and says from when on there are', async () => {
    const engine = await openPod(lab, old);
    try {
      const error = await failure(engine.explain('SELECT 1', { analyze: false }, new AbortController().signal));
      assert.equal(error.reason, 'unsupported');
      assert.match(error.message, /18\.16.*has no EXPLAIN.*20\.6/s);
    } finally {
      await engine.close();
    }
  });

  it('of 2018 fails in the middle of an answer with rows before it, and is not taken for complete', async () => {
    const engine = await openPod(lab, old);
    try {
      let rows = 0;
      const error = await failure(
        (async () => {
          for await (const event of engine.query(
            'SELECT number, throwIf(number = 3000000) FROM system.numbers',
            {},
            new AbortController().signal,
          ))
            if (event.kind === 'rows') rows += event.batch.rowCount;
        })(),
      );
      assert.equal(error.facts.code, 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO');
      assert(rows > 1_000_000);
    } finally {
      await engine.close();
    }
  });
});
