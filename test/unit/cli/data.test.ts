import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, watch, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeHome, type Home } from './support.ts';

describe('faultline data', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.remove());

  it('makes, lists and removes data sets', async () => {
    assert.equal((await home.run(['data', 'list'])).stdout, 'No data sets yet. “faultline data tpch --scale 1” makes one.\n');
    const made = await home.run(['data', 'tpch', '--scale', '0.01']);
    const path = join(home.path, 'data/tpch/sf0.01/tpch.duckdb');
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.match(made.stdout, /^TPC-H 0\.01 made in .*, [45]\.\d+ MB: /);
    assert.ok(made.stdout.endsWith(`${path}\n`));
  });

  it('lists and removes what is there', async () => {
    const path = join(home.path, 'data/tpch/sf0.01/tpch.duckdb');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x'.repeat(4_470_000));
    assert.match((await home.run(['data', 'tpch', '--scale', '0.01'])).stdout, /^TPC-H 0\.01 was there already/);
    const listed: unknown = JSON.parse((await home.run(['data', 'list', '--json'])).stdout);
    assert.ok(Array.isArray(listed) && listed.length === 1);
    assert.deepEqual(Object.keys(listed[0] as object), ['scale', 'path', 'sizeBytes', 'madeAt']);
    assert.match((await home.run(['data', 'list'])).stdout, /^SCALE +SIZE +MADE +PATH\n +0\.01 +4\.47 MB +\d{4}-/);
    assert.deepEqual(await home.run(['data', 'remove', '--all']), { code: 0, stdout: 'TPC-H 0.01 removed\n', stderr: '' });
  });

  it('what can’t be removed, and what is not named, is an invalid request', async () => {
    for (const [args, pattern] of [
      [['data', 'remove', '1'], /There is no data set TPC-H 1\.\n {2}“faultline data list” shows/],
      [['data', 'remove'], /No scale factor is given/],
      [['data', 'remove', '1', '--all'], /Both a scale factor and --all/],
      [['data', 'remove', 'x'], /“x” is not a scale factor/],
      [['data', 'tpch'], /required option '--scale <factor>' not specified/],
      [['data', 'tpch', '--scale', '1e9'], /is not a scale factor/],
    ] as const) {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, pattern);
    }
  });

  it('a disk that can’t hold it is said before anything is made', async () => {
    const { code, stderr } = await home.run(['data', 'tpch', '--scale', '1000']);
    assert.equal(code, 3);
    assert.match(stderr, /The disk is too small for TPC-H 1000\.\n {2}317 GB are needed/);
  });

  it('a home that can’t be written is said in words', async () => {
    await writeFile(join(home.path, 'data'), '');
    const { code, stderr } = await home.run(['sql', 'SELECT 1']);
    assert.equal(code, 3);
    assert.match(stderr, /The data folder can’t be written/);
  });

  it('Ctrl+C while a data set is made leaves none', async () => {
    const child = home.start('data', 'tpch', '--scale', '5');
    // The maker's lock is the first thing that tells that it works.
    const stop = new AbortController();
    const seen = (async () => {
      try {
        for await (const { filename } of watch(home.path, { recursive: true, signal: stop.signal })) {
          if (filename?.includes('making_') === true) return;
        }
      } catch {
        // Ended without it: the exit code tells below.
      }
    })();
    void once(child, 'exit').then(() => stop.abort());
    await seen;
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 130);
    assert.equal((await home.run(['data', 'list', '--json'])).stdout, '[]\n');
  });
});
