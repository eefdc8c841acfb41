import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { resultsPanelType } from '../../src/contributions.ts';
import type { TestApi } from '../../src/extension.ts';
import { activated, closeEditors, runsOf, sqlEditor, until } from './kit.ts';

describe('the results panel', () => {
  let faultline: TestApi;
  before(async () => {
    faultline = await activated();
    await closeEditors();
  });
  after(closeEditors);

  const panels = (): readonly vscode.Tab[] =>
    vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(resultsPanelType));

  it('of the earlier window, behind an editor when a statement is run, gives its tabs to the new one and goes', async () => {
    const { services, panel } = faultline;
    const { session, tabs, context } = services;
    assert.equal(panel.isOpen, false);
    // As VS Code keeps it after a reload: there, and not handed over as long as it is behind another editor.
    vscode.window.createWebviewPanel(resultsPanelType, 'Results', vscode.ViewColumn.One);
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels().length === 1,
    );
    // A group that an earlier panel has locked takes no other one: where it went is where the editor has to cover it.
    await sqlEditor('select 1', panels()[0]?.group.viewColumn);
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels().every(({ isActive }) => !isActive),
    );
    const earlier = { id: 'earlier', title: 'earlier', pinned: false, engine: 'DuckDB', targetName: 'TPC-H 0.01', startedAt: 1 };
    const kept = { active: 'earlier', tabs: [{ ...earlier, statement: 'select 0', opens: 'rows', target: session.target }] };
    // Written at the last moment: the tabs of the tests before this one may be about to be kept.
    const listening = tabs.changed.listen(() => {
      listening.dispose();
      void context.workspaceState.update('faultline.results.tabs', kept);
    });
    const [run] = await runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
    assert.equal(tabs.get('earlier')?.state.status, 'gone');
    assert.equal(tabs.active, run?.tab);
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels().length === 1,
    );
    assert.equal(panel.isOpen, true);
    tabs.close('earlier');
  });
});
