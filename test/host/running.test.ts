import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { activated, closeEditors, cursorAt, rowsOf, runsOf, sqlEditor, until } from './kit.ts';

describe('running statements from an editor', () => {
  let faultline: TestApi;
  before(async () => {
    faultline = await activated();
  });
  afterEach(closeEditors);

  const run = (command = 'faultline.runStatement', ...args: unknown[]) =>
    runsOf(faultline, () => vscode.commands.executeCommand(command, ...args));

  it('the statement at the cursor gives its exact rows, on data that was made without a question', async () => {
    const editor = await sqlEditor(
      `select 'not this one';\nselect count(*) as n, sum(l_extendedprice) as total, 9223372036854775807 as largest from lineitem;\n`,
    );
    cursorAt(editor, 'count(*)');
    const [only, ...more] = await run();
    assert.deepEqual(more, []);
    assert.deepEqual(await rowsOf(faultline, only), [['60175', '2152189760.47', '9223372036854775807']]);
  });

  it('a selection is run and nothing else', async () => {
    const editor = await sqlEditor('select 1; select 2; select 3');
    editor.selection = new vscode.Selection(0, 10, 0, 19);
    const [only, ...more] = await run();
    assert.deepEqual([await rowsOf(faultline, only), more], [[['2']], []]);
  });

  it('a file runs in order and stops at the first error', async () => {
    await sqlEditor('select 1;\nselect nothing_of_that_name;\nselect 3');
    const runs = await run('faultline.runFile');
    assert.deepEqual(
      runs.map(({ outcome }) => outcome),
      ['done', 'failed'],
    );
  });

  it('a file that is closed by now is not replaced by the one in sight', async () => {
    await sqlEditor('select 1');
    assert.deepEqual(await run('faultline.runFile', 'untitled:/closed/long-ago.sql'), []);
  });

  it('the lens of a statement runs that statement, wherever the cursor is', async () => {
    const editor = await sqlEditor('select 11;\n\nselect 22;\n');
    cursorAt(editor, 'select 11');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', editor.document.uri, 10);
    const runLenses = lenses.filter((lens) => lens.command?.command === 'faultline.runStatement');
    assert.deepEqual(
      runLenses.map((lens) => [lens.range.start.line, lens.command?.title]),
      [
        [0, 'Run'],
        [2, 'Run'],
      ],
    );
    const [only] = await run('faultline.runStatement', ...((runLenses[1]?.command?.arguments ?? []) as unknown[]));
    assert.deepEqual(await rowsOf(faultline, only), [['22']]);
  });

  it('stop ends a runaway cross join, and the next statement runs', async () => {
    const { runner } = faultline.services;
    await sqlEditor('select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7');
    const ended = run();
    await until(
      (listener) => runner.changed.listen(listener),
      () => runner.active[0]?.phase === 'running',
    );
    await vscode.commands.executeCommand('faultline.stopQuery');
    const [stopped] = await ended;
    assert.equal(stopped?.outcome, 'cancelled');
    assert.deepEqual(runner.active, []);
    await sqlEditor('select 5');
    const [next] = await run();
    assert.deepEqual(await rowsOf(faultline, next), [['5']]);
  });

  it('a document that is closed or edited while its statement runs harms nothing', async () => {
    const { runner } = faultline.services;
    const editor = await sqlEditor('select count(*) from range(10000) a, range(10000) b where a.range + b.range = 7');
    const ended = run();
    await until(
      (listener) => runner.changed.listen(listener),
      () => runner.active[0]?.phase === 'running',
    );
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '-- a note\n'));
    await closeEditors();
    const [only] = await ended;
    assert.deepEqual(await rowsOf(faultline, only), [['8']]);
  });

  it('a virtual document runs like any other', async () => {
    const provider = vscode.workspace.registerTextDocumentContentProvider('faultline-test', {
      provideTextDocumentContent: () => 'select 77',
    });
    const uri = vscode.Uri.parse('faultline-test:/query.sql');
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(await vscode.languages.setTextDocumentLanguage(document, 'sql'));
    const [only] = await run();
    provider.dispose();
    assert.deepEqual(await rowsOf(faultline, only), [['77']]);
  });

  it('a file with unsaved changes runs as it is seen', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-host-file-'));
    const file = join(folder, 'answer.sql');
    await writeFile(file, 'SELECT 42 AS answer;\n');
    // A browser saves by itself.
    const settings = vscode.workspace.getConfiguration();
    await settings.update('files.autoSave', 'off', vscode.ConfigurationTarget.Global);
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(file));
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 0, 0, 9), 'SELECT 43'));
    assert.equal(editor.document.isDirty, true);
    const [only] = await run();
    assert.deepEqual(await rowsOf(faultline, only), [['43']]);
    assert.equal(only?.statement.title, 'answer');
    await vscode.commands.executeCommand('workbench.action.files.revert');
    await settings.update('files.autoSave', undefined, vscode.ConfigurationTarget.Global);
    await rm(folder, { recursive: true });
  });

  it('a run that is asked for from the walkthrough runs the SQL file that was looked at last', async () => {
    await sqlEditor('select 321');
    await vscode.commands.executeCommand('faultline.openWalkthrough');
    await until(
      (listener) => vscode.window.onDidChangeVisibleTextEditors(listener),
      () => vscode.window.visibleTextEditors.length === 0,
    );
    const [only] = await run();
    assert.deepEqual(await rowsOf(faultline, only), [['321']]);
  });

  it('explain brings a plan with the time of each operator', async () => {
    await sqlEditor('select l_returnflag, count(*) from lineitem group by all');
    const [only] = await run('faultline.explainStatement');
    const tab = only && faultline.services.tabs.get(only.tab);
    assert.deepEqual([tab?.state.status, tab?.state.opens, tab?.state.plan?.analyzed], ['done', 'plan', true]);
    assert.ok((tab?.state.plan?.root.children.length ?? 0) > 0);
  });

  it('a query host that is killed fails the statement in words; the next one runs', async () => {
    const { runner, query, tabs } = faultline.services;
    await sqlEditor('select 1 as kept');
    const [earlier] = await run();
    assert.ok(earlier);
    await sqlEditor('select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7');
    const ended = run();
    await until(
      (listener) => runner.changed.listen(listener),
      () => runner.active[0]?.phase === 'running',
    );
    const { pid } = query;
    assert.ok(pid);
    process.kill(pid, 'SIGKILL');
    const [killed] = await ended;
    assert.deepEqual([killed?.outcome, killed?.error?.reason], ['failed', 'crashed']);
    assert.equal(tabs.get(earlier.tab)?.state.status, 'gone');
    const again = await runsOf(faultline, async () => {
      const finished = new Promise<void>((resolve) => {
        const listening = runner.finished.listen(() => {
          listening.dispose();
          resolve();
        });
      });
      await faultline.calls.runAgain(earlier.tab);
      await finished;
    });
    assert.deepEqual(await rowsOf(faultline, again[0]), [['1']]);
  });

  after(() => {
    for (const tab of faultline.services.tabs.all()) faultline.services.tabs.close(tab.state.id);
  });
});
