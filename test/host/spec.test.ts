import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { activated, closeEditors, until } from './kit.ts';

const minimal = 'faultline: 1\nengine: {kind: duckdb, scale: 0.01}\nworkload: {tpch: all}\n';

describe('a spec in the editor', () => {
  before(activated);
  afterEach(closeEditors);

  /** `│` marks the cursor. */
  async function spec(content: string, extension = '.faultline.yaml') {
    const at = content.indexOf('│');
    const uri = vscode.Uri.from({ scheme: 'untitled', path: `/faultline-test/${randomUUID()}${extension}` });
    const document = await vscode.workspace.openTextDocument(uri);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), content.replace('│', ''));
    await vscode.workspace.applyEdit(edit);
    await vscode.window.showTextDocument(document, { preview: false });
    return { document, uri, position: document.positionAt(Math.max(0, at)) };
  }

  const problemsOf = (uri: vscode.Uri): readonly vscode.Diagnostic[] =>
    vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'Faultline');
  const problemsAre = (uri: vscode.Uri, holds: (problems: readonly vscode.Diagnostic[]) => boolean): Promise<void> =>
    until(
      (listener) => vscode.languages.onDidChangeDiagnostics(listener),
      () => holds(problemsOf(uri)),
    );
  const completed = async (content: string): Promise<readonly vscode.CompletionItem[]> => {
    const { uri, position } = await spec(content);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', uri, position);
    return list.items;
  };
  const labelsOf = (items: readonly vscode.CompletionItem[]): readonly string[] =>
    items.map(({ label }) => (typeof label === 'string' ? label : label.label));

  it('its language is YAML', async () => {
    const { document } = await spec(minimal);
    assert.equal(document.languageId, 'yaml');
  });

  it('a problem stands under the value that is wrong, says what to write, and goes with it', async () => {
    const { document, uri } = await spec(`${minimal}timeout: 30\nexpect:\n  - latency.p99 <= 2 s\n  - eror <= 1 %\n`);
    await problemsAre(uri, (problems) => problems.length > 0);
    assert.deepEqual(
      problemsOf(uri).map(({ range, message, severity }) => ({ text: document.getText(range), line: range.start.line, message, severity })),
      [
        { text: '30', line: 3, message: '“30” has no unit. Write 30 s.', severity: vscode.DiagnosticSeverity.Error },
        { text: 'eror', line: 6, message: '“eror” is not measured. Did you mean errors?', severity: vscode.DiagnosticSeverity.Error },
      ],
    );
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(3, 9, 3, 11), '30 s');
    edit.replace(uri, new vscode.Range(6, 4, 6, 8), 'errors');
    await vscode.workspace.applyEdit(edit);
    // What is left: 66 operations are no p99.
    await problemsAre(uri, ([first, ...more]) => first?.severity === vscode.DiagnosticSeverity.Warning && more.length === 0);
    assert.equal(document.getText(problemsOf(uri)[0]?.range), 'latency.p99 <= 2 s');
  });

  it('a text that is no YAML has its problem where the parser stopped', async () => {
    const { uri } = await spec('faultline: 1\nengine:\n\tkind: duckdb\n');
    await problemsAre(uri, (problems) => problems.length > 0);
    assert.equal(problemsOf(uri)[0]?.range.start.line, 2);
    assert.match(problemsOf(uri)[0]?.message ?? '', /spaces, not by tabs/);
  });

  it('other YAML files get no problems, lenses or proposals of ours', async () => {
    const { uri } = await spec('nonsense: [1, 2]\n', '.yaml');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
    assert.deepEqual(lenses, []);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      uri,
      new vscode.Position(1, 0),
    );
    assert.ok(!labelsOf(list.items).includes('workload'));
    const other = await spec('timeout: 3\n');
    await problemsAre(other.uri, (problems) => problems.length > 0);
    assert.deepEqual(problemsOf(uri), []);
  });

  it('Run this spec stands above the line that makes it one', async () => {
    const { uri } = await spec(`# a comment\n${minimal}`);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
    assert.deepEqual(
      lenses.map(({ range, command }) => ({
        line: range.start.line,
        title: command?.title,
        command: command?.command,
        uri: command?.arguments,
      })),
      [{ line: 1, title: 'Run this spec', command: 'faultline.runSpec', uri: [uri.toString()] }],
    );
  });

  it('keys are proposed where they belong, also between braces', async () => {
    const top = labelsOf(await completed(`${minimal}│`));
    for (const key of ['against', 'load', 'warmUp', 'timeout', 'expect', 'abort']) assert.ok(top.includes(key), key);
    assert.ok(!top.includes('engine'), 'a key that is there is not proposed again');
    assert.ok(labelsOf(await completed(`${minimal}load:\n  clients: 2\n  │`)).includes('thinkTime'));
    assert.ok(labelsOf(await completed(`${minimal}load: {clients: 2, │}`)).includes('iterations'));
  });

  it('values are proposed: the order of a pass, queries with their titles, entries of the library', async () => {
    assert.deepEqual(labelsOf(await completed('faultline: 1\nworkload:\n  tpch: all\n  order: │\n')).toSorted(), [
      'listed',
      'power',
      'shuffled',
    ]);
    const queries = await completed('faultline: 1\nworkload:\n  tpch: [1, │]\n');
    assert.ok(queries.some(({ label }) => typeof label !== 'string' && label.label === '6' && label.description?.includes('revenue')));
    const entries = labelsOf(await completed('faultline: 1\nworkload:\n  statements:\n    - {library: │}\n'));
    assert.ok(entries.includes('tpch/q01.sql') && entries.includes('probe/join.sql'), entries.join());
  });

  it('a line under expect is proposed part by part, with the names of the statements', async () => {
    const proposed: readonly (readonly [string, string])[] = [
      ['expect:\n  - │', 'errors <= 1 %'],
      ['expect:\n  - answers ok\n  │', '- errors <= 1 %'],
      ['expect:\n  - latency.│', 'p99'],
      ['expect:\n  - answers ok\n  - latency.p95(│', 'q22)'],
      ['expect:\n  - latency.p95(q22) │', '<='],
      ['abort:\n  - errors > 5 % │', 'over 10 s'],
    ];
    for (const [lines, label] of proposed) {
      const labels = labelsOf(await completed(`${minimal}${lines}`));
      assert.ok(labels.includes(label), `${lines} ⇒ ${labels.join()}`);
    }
  });

  it('a key says what it means when it is pointed at', async () => {
    const { uri, position } = await spec(`${minimal}load: {clients: 2, think│Time: 1 s}\n`);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, position);
    const text = hovers
      .flatMap(({ contents }) => contents.map((content) => (typeof content === 'string' ? content : content.value)))
      .join('\n');
    assert.match(text, /what a client waits between an answer and its next statement/);
  });
});
