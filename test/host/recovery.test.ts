import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { latencyPanelType, recoveryPanelType } from '../../src/contributions.ts';
import type { TestApi } from '../../src/extension.ts';
import { runFiles } from '../../src/journal/runs.ts';
import { journalOf, leaderKill } from '../unit/analysis/recovery/simulator.ts';
import { activated, closeEditors, until } from './kit.ts';

describe('a run that broke something, in the editor', function () {
  this.timeout(60_000);
  let faultline: TestApi;
  let run: string;
  const another = '20260102-030405-another-recovery-ab12';
  before(async () => {
    faultline = await activated();
    const home = process.env['FAULTLINE_HOME'];
    assert.ok(home);
    const { header, events } = journalOf(leaderKill);
    run = header.run;
    for (const name of [run, another]) {
      const folder = join(home, 'runs', name);
      await mkdir(folder, { recursive: true });
      const lines = [{ ...header, run: name }, ...events].map((line) => `${JSON.stringify(line)}\n`);
      await writeFile(join(folder, runFiles.journal), lines.join(''));
    }
  });
  afterEach(closeEditors);
  after(() => {
    assert.equal(faultline.latency.following, 0, 'journals are still followed after their panels were closed');
  });

  const panels = (type: string): readonly vscode.Tab[] =>
    vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(type));

  it('opens its recovery, whose title says how it ended; its page reads the journal', async () => {
    await vscode.commands.executeCommand('faultline.openRun', run);
    assert.equal(faultline.latency.pageOf(run), 'recovery');
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels(recoveryPanelType).some(({ label }) => label.endsWith('· passed')),
    );
    assert.deepEqual([panels(recoveryPanelType).length, panels(latencyPanelType).length], [1, 0]);
    const calls = faultline.latency.recoveryCallsOf(run);
    assert.match((await calls.read('a', 0)).text, /^\{"faultline":\d/);
    assert.equal((await calls.ready()).a.state, 'ended');
  });

  it('opens the latency of the load beside as a panel of its own', async () => {
    await faultline.latency.show(run);
    await faultline.latency.recoveryCallsOf(run).openLatency();
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels(recoveryPanelType).length === 1 && panels(latencyPanelType).length === 1,
    );
    faultline.latency.close(run);
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels(recoveryPanelType).length + panels(latencyPanelType).length === 0,
    );
  });

  it('two of them are compared on a page of text', async () => {
    const opened: string[] = [];
    const opening = vscode.workspace.onDidOpenTextDocument((document) => {
      if (document.uri.path === '/Recoveries compared.md') opened.push(document.getText());
    });
    await vscode.commands.executeCommand('faultline.compareRuns', { run }, [{ run }, { run: another }]);
    const isShown = (): boolean =>
      vscode.window.tabGroups.all.flatMap((group) => group.tabs).some(({ label }) => label.includes('Recoveries compared'));
    await until((listener) => vscode.window.tabGroups.onDidChangeTabs(listener), isShown);
    await until(
      (listener) => vscode.workspace.onDidOpenTextDocument(listener),
      () => opened.length > 0,
    );
    opening.dispose();
    assert.match(opened[0] ?? '', /^# Recoveries compared\n\n\\~ .*10 runs a side are needed/);
    for (const name of [run, another]) assert.ok(opened[0]?.includes(name), opened[0]);
  });

  it('what a page asks for is checked', async () => {
    await faultline.latency.show(run);
    const calls = faultline.latency.recoveryCallsOf(run) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    await assert.rejects(async () => calls['export']?.('exe'), /makes no sense/);
    await assert.rejects(async () => calls['read']?.('b', 0), /makes no sense/);
  });
});
