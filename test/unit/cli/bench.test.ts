import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { readLease } from '../../../src/journal/lease.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { connectRun } from '../../../src/run/supervise/connect.ts';
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
      [/more than 0/, '--rate', '-5/s'],
      [/--duration is given without --rate/, '--duration', '10s'],
      [/--rate is given beside/, '--rate', '5', '--clients', '2'],
      [/Did you mean latency/, '--expect', 'latencyy.p99 <= 2 s'],
      [/whole number/, '--clients', '0'],
      [/not a scale factor/, '--scale', '0'],
      [/engine/, '--engine', 'oracle'],
      [/“10” has no unit/, '--rate', '5', '--duration', '10'],
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
    assert.equal((await home.run(['run', 'gone.faultline.yaml'])).code, 2);
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

  it('--detach returns at once, and the run goes on', async () => {
    const { code, stdout } = await home.run(['bench', 'tpch', '--queries', '6', '--rate', '10/s', '--duration', '10min', '--detach']);
    const [, run = ''] = /^Run (\S+) /.exec(stdout) ?? [];
    assert.equal(code, 0);
    const store = new RunStore({ home: home.path });
    const record = await store.record(run);
    assert.equal(record.state, 'running');
    await until(record.folder, (events) => events.some(({ kind }) => kind === 'op'));
    const link = await connectRun(record);
    await link.stop();
    await link.closed;
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
