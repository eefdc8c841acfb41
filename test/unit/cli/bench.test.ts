import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readLease } from '../../../src/journal/lease.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { until } from '../run/support.ts';
import { makeHome, type Home } from './support.ts';

describe('faultline bench and run', function () {
  this.timeout(60_000);
  let home: Home;
  before(async () => {
    home = await makeHome();
  });
  after(() => home.remove());

  it('runs all 22 queries in power order, and prints a table, the counts, the power and the verdict', async () => {
    const { code, stdout, stderr } = await home.run(['bench', 'tpch', '--engine', 'duckdb', '--scale', '0.01', '--iterations', '1']);
    assert.equal(stderr, '');
    assert.match(stdout, /^DuckDB \S+ on TPC-H 0\.01, \d+ threads?, memory limit [\d.]+ [GM]B · 1 client × 1 pass · /);
    const names = [...stdout.matchAll(/^(q\d\d) .* ok$/gm)].map(([, name]) => name);
    assert.deepEqual(
      names.map((name) => Number(name?.slice(1))),
      [14, 2, 9, 20, 6, 17, 18, 8, 21, 13, 3, 22, 16, 4, 11, 15, 1, 10, 19, 5, 7, 12],
    );
    assert.match(stdout, /^planned 22 = ok 22 \+ failed 0 \+ dropped 0$/m);
    assert.match(stdout, /derived from TPC-H/);
    // A machine that others keep busy may move an arrival: then the driver says so.
    assert.match(stdout, code === 0 ? /^PASSED: /m : /^INCONCLUSIVE: (Driver|The driver) /m);
    assert.match(stdout, /“faultline report \S+ --format html”/);
  });

  it('--json prints one object of the shape that the README gives', async () => {
    const { code, stdout } = await home.run(['bench', 'tpch', '--scale', '0.01', '--queries', '6,1', '--iterations', '5', '--json']);
    const { run, verdict, reason, driver, queries, ...rest } = JSON.parse(stdout) as Record<string, unknown> & {
      queries: readonly Record<string, unknown>[];
    };
    assert.match(String(run), /^\d{8}-\d{6}-tpc-h-0\.01/);
    assert.equal(verdict, code === 0 ? 'passed' : 'inconclusive');
    assert.equal(typeof reason, 'string');
    assert.deepEqual(rest, { engine: 'duckdb', scale: 0.01, planned: 10, ok: 10, failed: 0, dropped: 0 });
    assert.deepEqual(Object.keys(driver as object), ['lagP99Ms', 'valid']);
    assert.deepEqual(
      queries.map(({ query, rows, answer, count }) => ({ query, rows, answer, count })),
      [
        { query: 'q06', rows: 1, answer: 'ok', count: 5 },
        { query: 'q01', rows: 4, answer: 'ok', count: 5 },
      ],
    );
    const { p50, p95, p99, max } = (queries[0]?.['latencyMs'] ?? {}) as Record<string, unknown>;
    assert.deepEqual([typeof p50, p95, p99, typeof max], ['number', null, null, 'number']);
  });

  it('clients stop at --duration, wherever in a pass they are, and all that they began is in the figures', async () => {
    const { code, stdout } = await home.run(['bench', 'tpch', '--queries', '6,1', '--clients', '2', '--duration', '1s']);
    assert.match(stdout, / · 2 clients × 1 s · /);
    const [, planned, ok] = /^planned ([\d,]+) = ok ([\d,]+) \+ failed 0 \+ dropped 0$/m.exec(stdout) ?? [];
    assert.ok(planned !== undefined && planned === ok, stdout);
    assert.match(stdout, code === 0 ? /^PASSED: /m : /^INCONCLUSIVE: (Driver|The driver) /m);
  });

  it('a broken expectation is exit code 1, and its figure is the reason', async () => {
    const { code, stdout } = await home.run(['bench', 'tpch', '--queries', '6', '--expect', 'latency.max <= 1 us']);
    assert.match(stdout, /latency\.max <= 1 us/);
    if (!/^INCONCLUSIVE: (Driver|The driver) /m.test(stdout)) assert.deepEqual([code, /^FAILED: .*1 µs/m.test(stdout)], [1, true]);
  });

  it('what can’t be meant is refused with exit code 2, before anything runs', async () => {
    const before = readdirSync(join(home.path, 'runs')).length;
    const requests: readonly (readonly [RegExp, ...string[]])[] = [
      [/no query 23/, '--queries', '1,23'],
      [/named twice/, '--queries', '6,6'],
      [/--rate has to be more than 0/, '--rate', '-5/s'],
      [/--duration is given without --clients, --iterations or --rate/, '--duration', '10s'],
      [/--rate is given beside/, '--rate', '5', '--clients', '2'],
      [/Did you mean latency/, '--expect', 'latencyy.p99 <= 2 s'],
      [/--expect: The workload has no statement “q9”/, '--queries', '6', '--expect', 'latency.p50(q9) <= 2 s'],
      [/--queries: TPC-H has no query 0/, '--queries', '0'],
      [/--rate is 50,000\/s at most/, '--rate', '1e9/s'],
      [/--timeout: “5” has no unit/, '--timeout', '5'],
      [/--warm-up: “-1” is neither passes nor a time/, '--warm-up', '-1'],
      [/whole number from 1 to 250/, '--clients', '0'],
      [/whole number from 1 to 250/, '--clients', '600'],
      [/whole number from 1 to 256/, '--threads', '9999'],
      [/not a scale factor/, '--scale', '0'],
      [/engine/, '--engine', 'oracle'],
      [/--duration: “10” has no unit/, '--rate', '5', '--duration', '10'],
    ];
    for (const [message, ...args] of requests) {
      const { code, stderr } = await home.run(['bench', 'tpch', ...args]);
      assert.deepEqual([code, message.test(stderr)], [2, true], `${args.join(' ')}: ${stderr}`);
    }
    assert.equal(readdirSync(join(home.path, 'runs')).length, before);
  });

  it('a spec’s mistakes are shown at their lines', async () => {
    const file = join(home.path, 'wrong.faultline.yaml');
    await writeFile(file, 'faultline: 1\nengine: {kind: duckdb, scale: 0.01}\nworkload: {tpch: [6]}\nload: {rate: -5/s, duration: 10 s}\n');
    const { code, stderr } = await home.run(['run', 'wrong.faultline.yaml']);
    assert.equal(code, 2);
    assert.match(stderr, /^wrong\.faultline\.yaml:4:\d+: error: /m);
    const gone = await home.run(['run', 'gone.faultline.yaml']);
    assert.deepEqual([gone.code, gone.stderr], [2, 'faultline: There is no file gone.faultline.yaml.\n  Check the path.\n']);
    const folder = await home.run(['run', '.']);
    assert.deepEqual([folder.code, folder.stderr], [2, 'faultline: . is a folder.\n  Name one spec file in it.\n']);
  });

  it('a spec is carried out', async () => {
    await writeFile(
      join(home.path, 'six.faultline.yaml'),
      'faultline: 1\nengine: {kind: duckdb, scale: 0.01}\nworkload: {tpch: [6]}\nload: {clients: 1, iterations: 4}\n',
    );
    const { stdout } = await home.run(['run', 'six.faultline.yaml', '--json']);
    const { planned, ok } = JSON.parse(stdout) as { planned: number; ok: number };
    assert.deepEqual([planned, ok], [4, 4]);
  });

  it('an expectation that could never be judged is told before the run', async () => {
    const { code, stderr } = await home.run(['bench', 'tpch', '--queries', '6', '--expect', 'latency.p99 <= 2 s']);
    assert.equal(code, 4);
    assert.match(stderr, /^faultline: warning: --expect: “latency\.p99 <= 2 s” needs 500 samples, and 3 are planned: .*\. Plan more,/);
  });

  it('what could not begin is exit code 3, and says so in place of a verdict', async () => {
    await writeFile(join(home.path, 'junk.parquet'), 'no parquet');
    await writeFile(
      join(home.path, 'junk.faultline.yaml'),
      'faultline: 1\nengine: {kind: duckdb, file: junk.parquet}\nworkload: {statements: [{sql: select 1}]}\n',
    );
    const { code, stdout } = await home.run(['run', 'junk.faultline.yaml']);
    assert.equal(code, 3);
    assert.match(stdout, /^NOT CARRIED OUT: .*junk\.parquet can’t be opened/m);
    assert.doesNotMatch(stdout, /driver/);
  });

  it('arrivals that were dropped stand beside the figures of their query', async () => {
    await writeFile(
      join(home.path, 'flood.faultline.yaml'),
      'faultline: 1\nengine: {kind: duckdb, scale: 0.01}\nworkload: {tpch: 9}\n' +
        'load: {rate: 2000/s, duration: 1 s, maxInFlight: 1, maxQueued: 1}\n',
    );
    const { stdout } = await home.run(['run', 'flood.faultline.yaml']);
    assert.match(stdout, /^DuckDB .* · 2,000\/s for 1\.00 s · /);
    assert.match(stdout, /^QUERY +COUNT +FAILED +DROPPED +P50 /m);
    const [, dropped] = /^q09 +2,000 +0 +([\d,]+) /m.exec(stdout) ?? [];
    assert.match(stdout, new RegExp(`dropped ${dropped}$`, 'm'));
  });

  it('Ctrl+C stops the run, prints its figures so far, and is inconclusive', async () => {
    const child = home.start('bench', 'tpch', '--queries', '6', '--rate', '20/s', '--duration', '10min');
    const output = text(child.stdout);
    const folder = await newRun(home);
    await until(folder, (events) => events.filter(({ kind }) => kind === 'op').length > 30);
    child.kill('SIGINT');
    await once(child, 'exit');
    assert.equal(child.exitCode, 4);
    assert.match(await output, /^INCONCLUSIVE: Stopped by a person after /m);
    const [, planned, ok, failed, dropped] = /planned (\d+) = ok (\d+) \+ failed (\d+) \+ dropped (\d+)$/m.exec(await output) ?? [];
    assert.ok(Number(planned) >= 25);
    assert.equal(Number(planned), Number(ok) + Number(failed) + Number(dropped));
  });

  it('an engine that crashes its process is exit code 3, with how it ended and the figures so far', async () => {
    const child = home.start('bench', 'tpch', '--queries', '6', '--rate', '20/s', '--duration', '10min');
    const [output, errors] = [text(child.stdout), text(child.stderr)];
    const folder = await newRun(home);
    await until(folder, (events) => events.filter(({ kind }) => kind === 'op').length > 30);
    process.kill(Number.parseInt(readLease(folder)?.owner ?? '', 10), 'SIGSEGV');
    await once(child, 'exit');
    assert.equal(child.exitCode, 3);
    assert.match(await output, /^INCONCLUSIVE: Interrupted after /m);
    assert.match(await output, /^q06 +\d+ /m);
    assert.match(await errors, /runner \d+ ended: SIGSEGV/);
  });

  it('--detach returns at once, and the run goes on until “runs stop”', async () => {
    const { code, stdout } = await home.run(['bench', 'tpch', '--queries', '6', '--rate', '10/s', '--duration', '10min', '--detach']);
    const [, run = ''] = /^Run (\S+) /.exec(stdout) ?? [];
    assert.equal(code, 0);
    const store = new RunStore({ home: home.path });
    const record = await store.record(run);
    assert.equal(record.state, 'running');
    await until(record.folder, (events) => events.some(({ kind }) => kind === 'op'));
    assert.equal((await home.run(['runs', 'stop', run, 'nothing'])).code, 2);
    assert.equal((await store.record(run)).state, 'running');
    const stopped = await home.run(['runs', 'stop', 'last']);
    assert.deepEqual([stopped.code, stopped.stderr], [0, '']);
    assert.match(stopped.stdout, new RegExp(`^Run ${run} stopped; `));
    const again = await home.run(['runs', 'stop', run]);
    assert.equal(again.code, 2);
    assert.match(again.stderr, new RegExp(`The run ${run} is not running: there is nothing to stop\\.`));
    assert.match(readFileSync(join(record.folder, 'journal.ndjson'), 'utf8'), /"how":"stopped"\}\n$/);
  });

  it('leaves neither a temporary folder nor a socket', () => {
    const left = readdirSync(home.path, { recursive: true }).filter((name) => /control\.sock|plan\.json|^tmp.run-/.test(String(name)));
    assert.deepEqual(left, []);
  });
});

/** The folder of the run that is running, once its journal is there. */
async function newRun(home: Home): Promise<string> {
  const store = new RunStore({ home: home.path });
  return new Promise((resolve, reject) => {
    const look = (): void => {
      store.list().then((records) => {
        const running = records.find(({ state }) => state === 'running');
        if (running === undefined) return;
        watching.dispose();
        resolve(running.folder);
      }, reject);
    };
    const watching = store.watch(look);
    look();
  });
}
