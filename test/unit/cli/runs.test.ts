import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunSummary } from '../../../src/analysis/view.ts';
import { writeRun } from '../report/support.ts';
import { makeHome, type Home } from './support.ts';

const older = '20261120-090000-made-0a1b';
const newer = '20261121-140500-made-2c3d';

describe('faultline runs', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.remove());

  it('says how to make one where there is none', async () => {
    const { code, stdout } = await home.run(['runs']);
    assert.deepEqual([code, stdout], [0, 'No runs yet. “faultline bench tpch --engine duckdb” makes one.\n']);
    assert.equal((await home.run(['runs', '--json'])).stdout, '[]\n');
  });

  it('lists the newest first, an interrupted one as that', async () => {
    await writeRun(home.path, { run: older });
    await writeRun(home.path, { run: newer, end: 'none' });
    const { code, stdout } = await home.run(['runs']);
    assert.equal(code, 0);
    const [head, first, second, ...rest] = stdout.trimEnd().split('\n');
    assert.match(head ?? '', /^RUN +STARTED +VERDICT +ENGINE +DURATION +P99 +REASON$/);
    assert.match(
      first ?? '',
      new RegExp(`^${newer}  2026-11-2\\d \\d\\d:\\d\\d  interrupted  DuckDB 1\\.5\\.5, TPC-H 0\\.01 +725 ms +–  \\S`),
    );
    assert.match(second ?? '', new RegExp(`^${older} .* passed `));
    assert.deepEqual(rest, []);
  });

  it('as JSON prints whole summaries, at most as many as asked for', async () => {
    await writeRun(home.path, { run: older });
    await writeRun(home.path, { run: newer, failures: 2 });
    const runs = JSON.parse((await home.run(['runs', '--json', '--limit', '1'])).stdout) as readonly RunSummary[];
    assert.deepEqual(
      runs.map(({ run, verdict, planned, ok, failed }) => [run, verdict, planned, ok, failed]),
      [[newer, 'failed', 38, 36, 2]],
    );
  });

  it('lists what it can’t read as what it is', async () => {
    await writeRun(home.path, { run: older });
    await mkdir(join(home.path, 'runs', newer));
    await writeFile(join(home.path, 'runs', newer, 'journal.ndjson'), '{"faultline":99,"run":"x"}\n');
    const { code, stdout } = await home.run(['runs']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^${newer} +newer +.*recorded by a newer Faultline$`, 'm'));
    assert.match(stdout, new RegExp(`^${older} .* passed `, 'm'));
  });

  it('removes runs by a part of their name, and none when one of the names is wrong', async () => {
    await writeRun(home.path, { run: older });
    await writeRun(home.path, { run: newer });
    const wrong = await home.run(['runs', 'remove', '0a1b', 'nothing']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /There is no run nothing/);
    assert.deepEqual(await home.run(['runs', 'remove', '0a1b', older]), { code: 0, stdout: `Run ${older} removed\n`, stderr: '' });
    assert.deepEqual(
      (JSON.parse((await home.run(['runs', '--json'])).stdout) as readonly RunSummary[]).map(({ run }) => run),
      [newer],
    );
  });

  it('what is not a number of runs is an invalid request', async () => {
    const { code, stderr } = await home.run(['runs', '--limit', '0']);
    assert.equal(code, 2);
    assert.match(stderr, /not a whole number from 1/);
  });
});

describe('faultline report', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeHome();
    await writeRun(home.path, { run: older, name: 'older' });
    await writeRun(home.path, { run: newer, name: 'newer' });
  });
  afterEach(() => home.remove());

  it('prints the newest as Markdown, JSON and CSV', async () => {
    assert.match((await home.run(['report', 'last', '--format', 'md'])).stdout, /^# newer: Passed\n/);
    const parsed = JSON.parse((await home.run(['report', '0a1b', '--format', 'json'])).stdout) as { run: string };
    assert.equal(parsed.run, older);
    assert.match((await home.run(['report', newer, '--format', 'csv'])).stdout, /^query,.*\nq01,12,12,0,0,/);
  });

  it('writes one HTML file with the journal in it', async () => {
    const file = join(home.path, 'report.html');
    assert.deepEqual(await home.run(['report', 'last', '--format', 'html', '--output', file]), { code: 0, stdout: '', stderr: '' });
    assert.match(await readFile(file, 'utf8'), /^<!doctype html>[^]*<title>newer: Passed<\/title>[^]*faultline-journal-a/);
  });

  it('of an interrupted run says so', async () => {
    await writeRun(home.path, { run: newer, end: 'none' });
    const { code, stdout } = await home.run(['report', 'last', '--format', 'md']);
    assert.equal(code, 0);
    assert.match(stdout, /^# made: Inconclusive\n\n.*interrupted/i);
  });

  it('what can’t be found or written is said in words', async () => {
    for (const [args, expected, pattern] of [
      [['report', 'nothing', '--format', 'md'], 2, /There is no run nothing\.\n {2}The newest are/],
      [['report', 'made', '--format', 'md'], 2, /2 runs have made in their id/],
      [['report', 'last', '--format', 'pdf'], 2, /Allowed choices are html, md, junit, json, csv/],
      [['report', 'last'], 2, /required option '--format <format>' not specified/],
      [
        ['report', 'last', '--format', 'md', '--output', join(home.path, 'no/such/folder')],
        3,
        /could not be written to .*no\/such\/folder/,
      ],
    ] as const) {
      const { code, stdout, stderr } = await home.run(args);
      assert.deepEqual([code, stdout], [expected, ''], args.join(' '));
      assert.match(stderr, pattern);
    }
  });
});

describe('faultline compare', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeHome();
    await writeRun(home.path, { run: older, name: 'older' });
  });
  afterEach(() => home.remove());

  it('tells two runs apart, and what else differed', async () => {
    await writeRun(home.path, { run: newer, name: 'newer', threads: 4, responses: (q, pass) => 12 * (q + 1) + pass * 0.01 });
    const { code, stdout } = await home.run(['compare', '0a1b', 'last']);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^A  older \\(${older}\\)\nB  newer \\(${newer}\\)\n\nQUERY +A MEDIAN +± +B MEDIAN +± +A / B`));
    assert.match(stdout, /^q01 +10\.1 ms +0 % +12\.1 ms +0 % +0\.83\d +0\.83\d–0\.83\d  <0\.001 +−1\.00  faster$/m);
    assert.match(stdout, /^A is 1\d % faster \(95 %: 1\d to 1\d %\)\.$/m);
    assert.match(stdout, /^What else differed:\n {2}threads: 2 and 4$/m);
  });

  it('shows ~ where nothing can be said', async () => {
    await writeRun(home.path, { run: newer, passes: 9, responses: (q) => 1000 * (q + 1) });
    const { code, stdout } = await home.run(['compare', older, newer]);
    assert.equal(code, 0);
    assert.match(stdout, /^q01 .* ~$/m);
    assert.match(
      stdout,
      /^Nothing can be said: a comparison needs 10 samples a side, A has 12 and B 9\. Run both again with 10 passes or more \(--iterations 10\)\.$/m,
    );
  });

  it('as JSON prints the comparison', async () => {
    await writeRun(home.path, { run: newer });
    const parsed = JSON.parse((await home.run(['compare', older, newer, '--json'])).stdout) as Record<string, unknown>;
    assert.deepEqual([parsed['finding'], parsed['interleaved'], parsed['differences']], ['unsaid', false, []]);
  });

  it('writes an HTML report of both', async () => {
    await writeRun(home.path, { run: newer });
    const file = join(home.path, 'both.html');
    assert.equal((await home.run(['compare', older, newer, '--html', file])).code, 0);
    assert.match(await readFile(file, 'utf8'), /faultline-journal-a[^]*faultline-journal-b/);
  });

  it('compares the arms of one run', async () => {
    await writeRun(home.path, { run: newer, arms: ['old', 'new'], responses: (q, pass, arm) => (q + 1) * 10 * (1 + arm) + pass * 0.01 });
    const { code, stdout } = await home.run(['compare', 'last']);
    assert.equal(code, 0);
    assert.match(stdout, /^A  old .*\nB  new /);
    assert.ok(!stdout.includes('one after the other'));
  });

  it('a run with itself, and the arms of a run with one, are invalid requests', async () => {
    const itself = await home.run(['compare', older, '0a1b']);
    assert.equal(itself.code, 2);
    assert.match(itself.stderr, /Both names mean the run 20261120/);
    const single = await home.run(['compare', older]);
    assert.equal(single.code, 2);
    assert.match(single.stderr, /has one arm/);
  });
});
