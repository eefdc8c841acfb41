import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ownerOf, ownerText } from '../../../src/base/owner.ts';
import { makeHome, type Home } from './support.ts';

const runaway = 'SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3';

describe('faultline sql', () => {
  let home: Home;
  before(async () => {
    home = await makeHome();
  });
  after(() => home.remove());

  it('makes the small data set without a word and prints its rows', async () => {
    assert.deepEqual(await home.run(['sql', 'SELECT count(*) AS lines FROM lineitem']), {
      code: 0,
      stdout: 'lines\n─────\n60175\n\n'.replace(/\n\n$/, '\n'),
      stderr: '',
    });
    assert.ok(existsSync(join(home.path, 'data/tpch/sf0.01/tpch.duckdb')));
  });

  it('a table is aligned, shows NULL, and keeps every digit', async () => {
    const { stdout } = await home.run([
      'sql',
      "SELECT 'a' AS t, 9223372036854775807 AS big, 1.50::DECIMAL(5,2) AS d UNION ALL SELECT NULL, 1, NULL ORDER BY 2",
    ]);
    assert.equal(
      stdout,
      [
        't                     big     d',
        '────  ───────────────────  ────',
        'NULL                    1  NULL',
        'a     9223372036854775807  1.50',
        '',
      ].join('\n'),
    );
  });

  it('a hostile value does not reach the terminal as control characters in a table', async () => {
    const { stdout } = await home.run(['sql', "SELECT chr(27) || '[2J' || chr(10) || 'x' || chr(8238) AS v"]);
    assert.equal(stdout, 'v\n───────────────────\n\\x1b[2J\\nx\\u202e\n'.replace(/─+/, '─'.repeat(16)));
  });

  it('csv quotes what has to be quoted, and tells NULL from an empty text', async () => {
    const { stdout } = await home.run([
      'sql',
      '--format',
      'csv',
      `SELECT NULL AS n, '' AS e, 'a,"b"' AS q, 'x' || chr(10) || 'y' AS l, [1, 2] AS "k,v"`,
    ]);
    assert.equal(stdout, 'n,e,q,l,"k,v"\n,"","a,""b""","x\ny","[1, 2]"\n');
  });

  it('json has exact number literals and keeps structure', async () => {
    const sql = `SELECT 9223372036854775807 AS b, 1.10::DECIMAL(38,2) AS d, 1e300 AS f, 'nan'::DOUBLE AS n, true AS t, NULL AS z, [1, NULL] AS l,
      {'a': 1.5::DECIMAL(3,1)} AS s, MAP {'k': 170141183460469231731687303715884105727} AS m, '{"x": [1]}'::JSON AS j, DATE '2024-02-29' AS day, 1 AS b`;
    const row =
      '{"b":9223372036854775807,"d":1.10,"f":1e+300,"n":"nan","t":true,"z":null,"l":[1,null],"s":{"a":1.5},' +
      '"m":{"k":170141183460469231731687303715884105727},"j":{"x": [1]},"day":"2024-02-29","b_1":1}';
    assert.equal((await home.run(['sql', '--format', 'json', sql])).stdout, `[\n${row}\n]\n`);
    assert.equal((await home.run(['sql', '--format', 'ndjson', sql])).stdout, `${row}\n`);
    assert.deepEqual(JSON.parse((await home.run(['sql', '--format', 'json', 'SELECT 1 WHERE false'])).stdout), []);
  });

  it('several statements run in order on one session', async () => {
    const { stdout, code } = await home.run([
      'sql',
      '--format',
      'csv',
      "CREATE TABLE t AS SELECT 1 AS a; INSERT INTO t VALUES (2); SELECT * FROM t; SELECT ';' AS s",
    ]);
    assert.deepEqual([code, stdout], [0, 'a\n1\n2\n\ns\n;\n']);
  });

  it('a statement may begin with a comment', async () => {
    assert.equal((await home.run(['sql', '--format', 'csv', '-- one\nSELECT 1 AS a'])).stdout, 'a\n1\n');
    assert.match((await home.run(['sql', '-- one\nSELECT 1 AS'])).stderr, /line 2, column 10/);
  });

  it('statements come from a file or from stdin', async () => {
    await writeFile(join(home.path, 'q.sql'), '-- two\nSELECT 1 AS a;\n');
    assert.equal((await home.run(['sql', '--format', 'csv', '-f', 'q.sql'])).stdout, 'a\n1\n');
    assert.equal((await home.run(['sql', '--format', 'csv', '-'], 'SELECT 2 AS a')).stdout, 'a\n2\n');
    assert.equal((await home.run(['sql', '--format', 'csv', '-f', '-'], 'SELECT 3 AS a')).stdout, 'a\n3\n');
  });

  it('an own file is an engine', async () => {
    await writeFile(join(home.path, 'my data.csv'), 'a,b\n1,x\n2,y\n');
    assert.equal((await home.run(['sql', '--format', 'csv', '--file', 'my data.csv', 'SELECT sum(a) AS s FROM my_data'])).stdout, 's\n3\n');
  });

  it('an error shows its line with a mark, and the request was invalid', async () => {
    await writeFile(join(home.path, 'wrong.sql'), "SELECT 'é';\n\n\tSELECT '😀', c_naem FROM customer;\n");
    assert.deepEqual(await home.run(['sql', '--format', 'csv', '-f', 'wrong.sql']), {
      code: 2,
      stdout: "'é'\né\n",
      stderr: [
        'faultline: There is no column c_naem.',
        '  DuckDB on TPC-H 0.01 refused the statement at line 3, column 15 of wrong.sql:',
        "  3 | \tSELECT '😀', c_naem FROM customer;",
        '      \t             ^^^^^^',
        '  Did you mean c_name?',
        '',
      ].join('\n'),
    });
  });

  it('a statement that is right but fails could not be carried out', async () => {
    const { code, stderr } = await home.run(['sql', 'SELECT CAST(c_name AS INTEGER) FROM customer']);
    assert.equal(code, 3);
    assert.match(stderr, /^faultline: Could not convert string 'Customer#\d+' to INT32/);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.equal((await home.run(['sql', 'DELETE FROM customer'])).code, 3);
  });

  for (const [said, args, what] of [
    ['an unknown command', ['nope'], /unknown command 'nope'/],
    ['an unknown format', ['sql', '--format', 'xml', 'SELECT 1'], /Allowed choices are table, csv, json, ndjson/],
    ['an unknown engine', ['sql', '--engine', 'oracle', 'SELECT 1'], /Allowed choices are duckdb/],
    ['a scale that is none', ['sql', '--scale', '0', 'SELECT 1'], /0 is not a scale factor\. Choose a number from 0\.001 to 1000/],
    ['a scale and a file', ['sql', '--scale', '1', '--file', 'x.csv', 'SELECT 1'], /cannot be used with option '--file/],
    ['no statement', ['sql'], /There is no statement to run/],
    ['a comment only', ['sql', '-- hm'], /There is no statement to run/],
    ['a file of statements that is not there', ['sql', '-f', 'missing.sql'], /missing\.sql can’t be read/],
    ['a data file that is not there', ['sql', '--file', 'missing.csv', 'SELECT 1'], /missing\.csv is not there/],
  ] as const) {
    it(`${said} is an invalid request, said in words`, async () => {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^faultline: /);
      assert.match(stderr, what);
    });
  }

  it('a reader that has enough ends it quietly, with the engine stopped', async () => {
    const child = home.start('sql', '--format', 'ndjson', 'SELECT * FROM range(10000000000)');
    const stderr = text(child.stderr);
    await once(child.stdout, 'data');
    (child.stdout as NodeJS.ReadableStream & { destroy(): void }).destroy();
    await once(child, 'exit');
    assert.deepEqual([child.exitCode, await stderr], [0, '']);
  });

  it('an output that the disk does not take is a failure, whole or at its end', async () => {
    for (const rows of [1, 1_000_000]) {
      const child = home.startInto('/dev/full', 'sql', '--format', 'csv', `SELECT * FROM range(${rows})`);
      const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      assert.equal(child.exitCode, 3);
      assert.match(stderr, /^faultline: The output could not be written\.\n.*ENOSPC.*\n {2}Make room there/);
    }
  });

  it('a slow reader does not let it run ahead', async () => {
    const child = home.start('sql', '--format', 'csv', 'SELECT * FROM range(3000000)');
    let lines = 0;
    for await (const data of child.stdout) {
      lines += String(data).split('\n').length - 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(lines, 3_000_001);
  });

  it('Ctrl+C stops the engine, leaves nothing behind and exits with 130', async () => {
    const child = home.start('sql', '--format', 'ndjson', `SELECT 1 AS a; ${runaway}`);
    const stderr = text(child.stderr);
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    await once(child, 'exit');
    assert.deepEqual([child.exitCode, await stderr], [130, '']);
    assert.deepEqual(await readdir(join(home.path, 'tmp')).catch(() => []), []);
  });

  it('what does not fit into memory goes to the home, and is gone after it, also when an earlier command was killed', async () => {
    const left = join(home.path, 'tmp', `terminal-${ownerText(ownerOf(spawnSync(process.execPath, ['--version']).pid))}`);
    await mkdir(left, { recursive: true });
    const rows = "SELECT repeat('x', 40) AS s, row_number() OVER (ORDER BY hash(range)) FROM range(1000000)";
    const sorted = `SELECT count(*) AS n, max(s) AS s FROM (${rows})`;
    const { code, stdout, stderr } = await home.run(['sql', '--format', 'csv', `SET threads = 1; SET memory_limit = '60MB'; ${sorted}`]);
    assert.deepEqual([code, stdout, stderr], [0, `n,s\n1000000,${'x'.repeat(40)}\n`, '']);
    assert.equal((await home.run(['sql', '--file', 'nothing.csv', 'SELECT 1'])).code, 2);
    assert.deepEqual(await readdir(join(home.path, 'tmp')), []);
  }).timeout(60_000);

  it('help names formats, exit codes and examples', async () => {
    for (const [args, pattern] of [
      [['--help'], /Exit codes: 0 done, 1 a verdict failed, 2 the request is invalid, 3 it could not be carried out/],
      [['sql', '--help'], /Examples:\n {2}faultline sql/],
      [['data', '--help'], /tpch .*\n(.*\n)* {2}list/],
      [['data', 'tpch', '--help'], /Example:\n {2}faultline data tpch --scale 1/],
      [['data', 'list', '--help'], /--json/],
      [['data', 'remove', '--help'], /--all/],
      [['bench', 'tpch', '--help'], /Exit codes: 0 passed, 1 failed [^]*Examples:\n {2}faultline bench tpch/],
      [['run', '--help'], /Examples:\n {2}faultline run /],
      [['--version'], /^\d+\.\d+\.\d+\n$/],
    ] as const) {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stderr], [0, ''], args.join(' '));
      assert.match(stdout, pattern);
    }
  });
});
