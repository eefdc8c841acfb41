import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { activated, closeEditors, cursorAt, runsOf, sqlEditor, until } from './kit.ts';

describe('help in a SQL editor', () => {
  let faultline: TestApi;
  before(async () => {
    faultline = await activated();
  });
  afterEach(closeEditors);

  const run = () => runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
  const problemsOf = (document: vscode.TextDocument) => vscode.languages.getDiagnostics(document.uri);

  it('an error is a squiggle under the name that is wrong, with a fix that the engine proposes', async () => {
    const { document } = await sqlEditor(`select 'é😀', c_naem\nfrom customer`);
    await run();
    const [problem, ...more] = problemsOf(document);
    assert.ok(problem);
    assert.deepEqual(more, []);
    assert.equal(document.getText(problem.range), 'c_naem');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      problem.range,
    );
    const fix = actions.find(({ title }) => title === 'Replace with c_name');
    assert.ok(fix?.edit, actions.map(({ title }) => title).join());
    assert.equal(await vscode.workspace.applyEdit(fix.edit), true);
    assert.equal(document.getText(), `select 'é😀', c_name\nfrom customer`);
    assert.deepEqual(problemsOf(document), [], 'the squiggle goes with the edit');
  });

  it('a squiggle moves with text above it, and goes when the statement is run again', async () => {
    const editor = await sqlEditor('select c_naem from customer');
    await run();
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '-- a note\n\n'));
    const [moved] = problemsOf(editor.document);
    assert.equal(moved && editor.document.getText(moved.range), 'c_naem');
    cursorAt(editor, 'c_naem');
    const started = faultline.services.runner.started.listen(() => assert.deepEqual(problemsOf(editor.document), []));
    await run();
    started.dispose();
    assert.equal(problemsOf(editor.document).length, 1);
  });

  it('the page leads to the place of an error, and replaces the name there', async () => {
    const { document } = await sqlEditor('select 1;\nselect c_naem from customer;');
    const [only] = await runsOf(faultline, () => vscode.commands.executeCommand('faultline.runFile')).then((runs) => runs.slice(1));
    assert.ok(only);
    await faultline.calls.goToError(only.tab);
    assert.equal(document.getText(vscode.window.activeTextEditor?.selection), 'c_naem');
    await faultline.calls.replaceError(only.tab, 'drop table customer');
    assert.ok(!document.getText().includes('drop'), 'only what the engine proposed is put in');
    await faultline.calls.replaceError(only.tab, 'c_name');
    assert.equal(document.getText(), 'select 1;\nselect c_name from customer;');
  });

  it('lenses go with the setting', async () => {
    const { document } = await sqlEditor('select 1');
    const lenses = async () =>
      (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri)).length;
    const settings = vscode.workspace.getConfiguration();
    assert.equal(await lenses(), 3);
    await settings.update('faultline.editor.codeLens', false, vscode.ConfigurationTarget.Global);
    assert.equal(await lenses(), 0);
    await settings.update('faultline.editor.codeLens', undefined, vscode.ConfigurationTarget.Global);
    assert.equal(await lenses(), 3);
  });

  it('columns of the tables in FROM are proposed', async () => {
    const { document } = await sqlEditor('select  from nation');
    await run();
    const at = new vscode.Position(0, 7);
    const proposed = async (): Promise<readonly string[]> => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, at);
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    const labels = await proposed();
    for (const column of ['n_nationkey', 'n_name', 'n_regionkey', 'n_comment']) assert.ok(labels.includes(column), column);
    assert.ok(!labels.includes('l_orderkey'), 'columns of other tables are not proposed');
  });

  it('a name tells its type when it is pointed at', async () => {
    const { document } = await sqlEditor('select n_name from nation');
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(0, 9),
    );
    const text = hovers
      .flatMap(({ contents }) => contents.map((content) => (typeof content === 'string' ? content : content.value)))
      .join('\n');
    assert.match(text, /VARCHAR/);
  });

  it('settings of the wrong type count as unset', async () => {
    const { settings } = faultline.services;
    const all = vscode.workspace.getConfiguration();
    await all.update('faultline.results.maxRows', 'many', vscode.ConfigurationTarget.Global);
    await all.update('faultline.library.folders', { a: 1 }, vscode.ConfigurationTarget.Global);
    assert.equal(settings.read('faultline.results.maxRows'), 20_000_000);
    assert.deepEqual(settings.read('faultline.library.folders'), []);
    await all.update('faultline.results.maxRows', undefined, vscode.ConfigurationTarget.Global);
    await all.update('faultline.library.folders', undefined, vscode.ConfigurationTarget.Global);
  });

  it('the results page cannot ask for what makes no sense', async () => {
    const call = faultline.calls.window as (...args: unknown[]) => Promise<unknown>;
    await assert.rejects(call('x', 0, 1_000_000));
    await assert.rejects(call({ toString: () => 'x' }, -1, 1));
    await assert.rejects(call());
  });

  it('no statement is left marked once it has ended', async () => {
    const { runner } = faultline.services;
    await sqlEditor('select 1');
    await run();
    await until(
      (listener) => runner.changed.listen(listener),
      () => runner.active.length === 0,
    );
    assert.equal(
      faultline.tracker.size,
      vscode.languages.getDiagnostics().filter(([, all]) => all.some(({ source }) => source === 'DuckDB')).length,
    );
  });
});
