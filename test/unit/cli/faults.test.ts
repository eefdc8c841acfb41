/** Runs that broke something among others: in lists, reports and comparisons. */
import assert from 'node:assert/strict';
import type { RecoveryJson } from '../../../src/analysis/recovery/show/json.ts';
import { madeRun, writeRun } from '../report/support.ts';
import { fresh, leaderKill, outage, pooled, type Script } from '../analysis/recovery/simulator.ts';
import { startedAt } from '../analysis/support.ts';
import { writeRecovery } from './recoveries.ts';
import { makeHome, type Home } from './support.ts';

const kill = '20261121-140500-kafka-kill-0a1b';
const bench = '20261121-130500-made-2c3d';

/** Served again after so long. */
function recovering(ms: number, seed: number): Script {
  return { seed, sigma: 0.1, vantages: [pooled, fresh].map((one) => ({ ...one, felt: outage(150, ms) })), observeMs: 30_000 };
}

describe('runs that broke something, in the terminal', () => {
  let home: Home;
  beforeEach(async () => {
    home = await makeHome();
  });
  afterEach(() => home.remove());

  it('are listed with what was broken, and when users were served again', async () => {
    await writeRun(home.path, { run: bench });
    assert.match((await home.run(['runs'])).stdout, /^RUN +STARTED +VERDICT +ENGINE +DURATION +P99 +REASON$/m);
    await writeRecovery(home.path, kill, leaderKill);
    const { stdout } = await home.run(['runs']);
    assert.match(stdout, /^RUN +STARTED +VERDICT +ENGINE OR FAULT +DURATION +RECOVERED +UNAVAILABLE +P99 +REASON$/m);
    assert.match(
      stdout,
      new RegExp(`^${kill} .* passed +kill kafka-1, leader of messages/17 +2:05 min +3\\.05 s +2\\.35 s +– +Users were served again`, 'm'),
    );
    assert.match(stdout, new RegExp(`^${bench} .* passed +DuckDB 1\\.5\\.5, TPC-H 0\\.01 `, 'm'));
  });

  it('are reported as Markdown, JUnit, JSON and CSV', async () => {
    await writeRecovery(home.path, kill, leaderKill);
    const report = async (format: string): Promise<string> => (await home.run(['report', kill, '--format', format])).stdout;
    const md = await report('md');
    assert.match(md, /^# kafka-leader-kill: Passed\n\nUsers were served again 3\.05 s/);
    assert.match(md, /^## Timeline, seconds since the fault\n\n```text\n[^`]*^users +█+▒+─+ +8\.45 s$[^`]*\n```$/m);
    assert.match(md, /^## Pod stages$/m);
    const json = JSON.parse(await report('json')) as { readonly format: number; readonly verdict: string; readonly recovery: RecoveryJson };
    assert.deepEqual(
      [json.format, json.verdict, json.recovery.recoveredMs, json.recovery.messages?.acknowledged],
      [1, 'passed', 3050, 41_230],
    );
    const csv = await report('csv');
    assert.match(csv, /^kind,of,name,atMs,tookMs,count\nfigure,users,detected,175,,\n/);
    assert.match(csv, /^stage,kafka-1,Started,1900,1860,$/m);
    assert.match(csv, /^messages,messages,lost,,,0$/m);
    assert.match(await report('junit'), /<testsuite name="kafka-leader-kill" tests="\d+" failures="0" errors="0" skipped="1"/);
  });

  it('a benchmark has its own comparison, and is not compared with a fault', async () => {
    await writeRun(home.path, { run: bench });
    await writeRecovery(home.path, kill, leaderKill);
    const { code, stderr } = await home.run(['compare', bench, kill]);
    assert.deepEqual([code, /breaks nothing, and others do/.test(stderr)], [2, true]);
    assert.equal((await home.run(['compare', kill])).code, 2);
    assert.equal((await home.run(['compare', kill, kill])).code, 2);
  });

  it('groups of recoveries are compared by their medians, and a claim needs 10 a side that took turns', async () => {
    for (let i = 0; i < 10; i++) {
      const two = String(i).padStart(2, '0');
      const at = startedAt + i * 600_000;
      await writeRecovery(home.path, `20261121-1${two}000-short-0a${two}`, recovering(2000 + 100 * i, i + 1), at);
      await writeRecovery(home.path, `20261121-1${two}030-long-0b${two}`, recovering(8000 + 100 * i, i + 1), at + 300_000);
    }
    const few = await home.run(['compare', 'short-0a01,short-0a02,short-0a03', 'long-0b01, long-0b02']);
    assert.equal(few.code, 0);
    assert.match(few.stdout, /^~ 2\.\d\d s and – \(medians of 3 and 2\): 10 runs a side are needed\.$/m);
    const { code, stdout } = await home.run(['compare', 'short*', 'long*']);
    assert.equal(code, 0);
    assert.match(stdout, /^A +10 +\d\.\d\d to \d\.\d\d s +2\.\d\d s +0 +0 /m);
    assert.match(stdout, /^A recovers faster than B: 2\.\d\d s and 8\.\d\d s \(medians of 10 and 10\)\.$/m);
    const json = JSON.parse((await home.run(['compare', 'short*', 'long*', '--json'])).stdout) as Record<string, unknown>;
    assert.deepEqual([json['finding'], json['interleaved']], ['faster', true]);
    assert.equal((await home.run(['compare', 'nothing*', 'long*'])).code, 2);
  });
});

describe('a run that breaks nothing', () => {
  it('has no recovery at all', () => {
    assert.equal(madeRun({}).recoveryView('ended'), null);
  });
});
