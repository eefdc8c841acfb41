import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { activated, closeEditors, runsOf, sqlEditor } from './kit.ts';

describe('library, history and clusters', () => {
  let faultline: TestApi;
  let folder: string;
  before(async () => {
    faultline = await activated();
    folder = await mkdtemp(join(tmpdir(), 'faultline-host-test-'));
  });
  after(async () => {
    await closeEditors();
    await rm(folder, { recursive: true });
  });

  it('an entry of the library opens as a SQL document that can be edited and was not saved', async () => {
    await vscode.commands.executeCommand('faultline.openLibraryEntry', 'tpch/q01.sql');
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document);
    assert.deepEqual([document.languageId, document.isUntitled], ['sql', true]);
    assert.match(document.getText(), /l_returnflag/);
    const runs = await runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
    assert.deepEqual([runs[0]?.outcome, runs[0]?.rowCount], ['done', 4]);
    assert.match(runs[0]?.statement.title ?? '', /^q01 /);
  });

  it('the history holds what was run, and no secret', async () => {
    const { history } = faultline.services;
    await sqlEditor(`select 'find-me-again' as a`);
    await runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
    await sqlEditor(`create secret s (type s3, key_id 'x', secret 'hunter2-find-me')`);
    await runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
    await history.written();
    const [found, ...more] = await history.search('find-me', 10);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [found?.statement, found?.outcome, found?.rows, found?.scale, found?.target],
      [`select 'find-me-again' as a`, 'done', 1, 0.01, 'TPC-H 0.01'],
    );
    await vscode.commands.executeCommand('faultline.openHistoryEntry', found?.id);
    assert.match(vscode.window.activeTextEditor?.document.getText() ?? '', /find-me-again/);
  });

  it('contexts of a kubeconfig are listed as not contacted, and the file is never written', async () => {
    const { services } = faultline;
    const file = join(folder, 'config');
    await writeFile(file, 'contexts:\n- name: lab\n  context: { cluster: c, user: u }\n');
    const before = await stat(file);
    await services.settings.write('faultline.kubeconfigs', [file], vscode.ConfigurationTarget.Global);
    const roots = await faultline.clusters.roots();
    await services.settings.write('faultline.kubeconfigs', [], vscode.ConfigurationTarget.Global);
    const [engine, ...contexts] = roots.map(({ item }) => [item.label, item.description]);
    assert.deepEqual(engine, ['DuckDB (embedded)', 'ready']);
    assert.deepEqual(contexts.at(-1), ['lab', 'not contacted']);
    assert.equal((await stat(file)).mtimeMs, before.mtimeMs);
    assert.equal(await readFile(file, 'utf8'), 'contexts:\n- name: lab\n  context: { cluster: c, user: u }\n');
  });

  it('TPC-H 0.01 is in the tree from the start, and what is selected says so', async () => {
    const [engine] = await faultline.clusters.roots();
    const [first] = (await engine?.children?.()) ?? [];
    assert.equal(first?.item.label, 'TPC-H 0.01');
    assert.match(String(first?.item.description), /^selected · /);
    assert.match(first?.item.accessibilityInformation?.label ?? '', /TPC-H 0\.01, selected/);
  });
});
