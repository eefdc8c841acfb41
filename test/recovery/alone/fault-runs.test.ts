import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { parseOwner } from '../../../src/base/owner.ts';
import { readLease } from '../../../src/journal/lease.ts';
import type { StopReport } from '../../../src/run/stop/report.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { chartRelease } from '../../lab/use/release.ts';
import { ended, LabTerminal } from '../terminal.ts';

const MINUTE = 60_000;

describe('runs that break something, from the terminal to their verdict', () => {
  let lab: TestLab;
  let terminal: LabTerminal;

  before(async function () {
    this.timeout(12 * MINUTE);
    lab = await useLab({ profile: 'cluster' });
    terminal = new LabTerminal(lab);
    await (await chartRelease(lab, 'kafka')).deploy();
    await (await chartRelease(lab, 'clickhouse')).deploy();
  });
  after(() => terminal?.close());

  const here = (): readonly string[] => ['--namespace', lab.namespace, '--yes'];

  it('a control: all of it but the fault, and users felt nothing', async function () {
    this.timeout(6 * MINUTE);
    const { code, stdout, stderr } = await terminal.cli(
      'fault',
      'none',
      '--target',
      'engine=clickhouse',
      '--probe',
      'clickhouse',
      ...here(),
    );
    const found = await terminal.recovery();
    if (/stood still/.test(found.reason)) assert.deepEqual([found.verdict, code], ['inconclusive', 4]);
    else {
      assert.equal(found.verdict, 'passed', `${stdout}${stderr}`);
      assert.equal(code, 0);
      assert.deepEqual([found.impact, found.recoveredMs, found.unavailableMs], [null, 0, 0]);
    }
    assert.ok(found.samples.planned > 2 * 110 * 20, `${found.samples.planned}`);
  });

  it('the runner is killed in the middle: the fault ends without it, and whoever stops it later is told so', async function () {
    this.timeout(6 * MINUTE);
    const args = ['fault', 'networkCut', '--target', 'leader=messages/17', '--for', '20s', '--probe', 'kafka', '--baseline', '10s'];
    const child = terminal.start(...args, '--detach', '--json', ...here());
    const { code, stdout, stderr } = await ended(child);
    assert.equal(code, 0, stderr);
    const { run } = JSON.parse(stdout) as { readonly run: string };
    const folder = join(terminal.home, 'runs', run);
    const journal = (): string => readFileSync(join(folder, 'journal.ndjson'), 'utf8');
    await until(() => journal().includes('"step":"applied"') || journal().includes('"kind":"end"'), 3 * MINUTE);
    assert.ok(journal().includes('"step":"applied"'), journal().slice(-2000));
    process.kill(parseOwner(readLease(folder)?.owner ?? '')?.pid ?? 0, 'SIGKILL');
    await pause(25_000);
    const stopped = await terminal.cli('stop', '--all', '--json');
    const report = JSON.parse(stopped.stdout) as StopReport;
    const ends = report.runs.find((one) => one.run === run)?.faults.map(({ end }) => end);
    // Its helper heard nothing more of it, and took back what it held.
    assert.deepEqual(ends, ['healed'], stopped.stdout);
    const found = await terminal.recovery();
    assert.equal(found.verdict, 'inconclusive');
  });
});

async function until(holds: () => boolean, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!holds() && performance.now() < endMs) await pause(200);
}
