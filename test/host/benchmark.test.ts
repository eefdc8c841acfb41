import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { latencyPanelType } from '../../src/contributions.ts';
import type { RunSummary } from '../../src/analysis/view.ts';
import type { TestApi } from '../../src/extension.ts';
import { runFiles, type Lease } from '../../src/journal/runs.ts';
import type { EndedBenchmark } from '../../src/ui/session/runs.ts';
import { activated, closeEditors, sqlEditor, until } from './kit.ts';

describe('benchmarks in the editor', function () {
  this.timeout(120_000);
  let faultline: TestApi;
  before(async () => {
    faultline = await activated();
  });
  afterEach(closeEditors);
  after(async () => {
    assert.equal(faultline.latency.following, 0, 'journals are still followed after their panels were closed');
  });

  const panels = (): readonly vscode.Tab[] =>
    vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(latencyPanelType));

  /** Starts a benchmark by a command, and answers how it ended. */
  async function benchmark(command: string, ...args: unknown[]): Promise<EndedBenchmark> {
    const { runs } = faultline.services;
    const ended: EndedBenchmark[] = [];
    const listening = runs.ended.listen((each) => ended.push(each));
    try {
      const run = await vscode.commands.executeCommand<string | undefined>(command, ...args);
      assert.ok(run, `${command} started nothing`);
      const isOver = (): boolean => ended.some((each) => each.run === run);
      await until((listener) => runs.ended.listen(listener), isOver);
      const found = ended.find((each) => each.run === run);
      assert.ok(found);
      return found;
    } finally {
      listening.dispose();
    }
  }

  /** Nothing was wrong with the answers. A machine that was too busy to keep the driver's time makes an invalid run of it, and no other. */
  function assertGood(summary: RunSummary | undefined): asserts summary is RunSummary {
    assert.ok(summary);
    assert.deepEqual([summary.status, summary.failed, summary.dropped], ['finished', 0, 0], summary.reason);
    assert.equal(summary.verdict, summary.driver.valid ? 'passed' : 'inconclusive', summary.reason);
  }

  it('Benchmark on a statement runs it a hundred times; its panel opens beside and says in its title how it ended', async () => {
    const editor = await sqlEditor('select count(*) from region;\nselect count(*) as nations from nation;\n');
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', editor.document.uri);
    const lens = lenses.filter(({ command }) => command?.title === 'Benchmark')[1];
    assert.ok(lens?.command, 'there is no Benchmark above the second statement');
    const { run, summary } = await benchmark(lens.command.command, ...((lens.command.arguments ?? []) as readonly unknown[]));
    assertGood(summary);
    assert.deepEqual([summary.planned, summary.ok, summary.failed, summary.dropped], [100, 100, 0, 0]);
    assert.notEqual(summary.latencyMs.p95, null);
    await until(
      (listener) => faultline.latency.changed.listen(listener),
      () => faultline.latency.factsOf(run)?.a.state === 'ended',
    );
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => panels().some(({ label }) => label.endsWith(`· ${summary.verdict}`)),
    );
    assert.deepEqual([panels().length, panels()[0]?.group.viewColumn], [1, 2]);
  });

  it('a query opened from the library is benchmarked as that query of TPC-H, so that its answers are checked', async () => {
    await vscode.commands.executeCommand('faultline.openLibraryEntry', 'tpch/q06.sql');
    const { summary } = await benchmark('faultline.benchmarkStatement');
    assertGood(summary);
    assert.deepEqual(
      summary.queries.map(({ query, answer }) => [query, answer]),
      [['q06', 'ok']],
    );
  });

  it('the TPC-H folder runs all 22 queries in the order of the power test', async () => {
    const { run, summary } = await benchmark('faultline.benchmarkLibrary', 'tpch');
    assertGood(summary);
    assert.equal(summary.queries.length, 22);
    assert.ok(summary.queries.every(({ answer }) => answer === 'ok'));
    const { header } = await faultline.services.runRoom.record(run);
    assert.deepEqual(
      header?.plan.statements.map(({ tpchQuery }) => tpchQuery),
      [14, 2, 9, 20, 6, 17, 18, 8, 21, 13, 3, 22, 16, 4, 11, 15, 1, 10, 19, 5, 7, 12],
    );
  });

  it('a file that is wrong is not run: the cursor stands at its first problem', async () => {
    const uri = vscode.Uri.from({ scheme: 'untitled', path: '/faultline-test/wrong.faultline.yaml' });
    const document = await vscode.workspace.openTextDocument(uri);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), 'faultline: 1\nname: wrong\nengine: {kind: duckdb, scale: 0.01}\nworkload: {tpch: [23]}\n');
    await vscode.workspace.applyEdit(edit);
    await vscode.window.showTextDocument(document);
    assert.equal(await vscode.commands.executeCommand('faultline.runSpec'), undefined);
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), uri.toString());
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, 3);
  });

  it('a benchmark opened as text runs as it stands in the editor, unsaved', async () => {
    await sqlEditor('select 42 as answer;\n');
    const uri = await vscode.commands.executeCommand<vscode.Uri>('faultline.openBenchmarkSpec');
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /select 42 as answer.*iterations: 100, duration: 1 min/s);
    const edit = new vscode.WorkspaceEdit();
    const at = document.getText().indexOf('iterations: 100');
    edit.replace(uri, new vscode.Range(document.positionAt(at), document.positionAt(at + 'iterations: 100'.length)), 'iterations: 12');
    await vscode.workspace.applyEdit(edit);
    const { summary } = await benchmark('faultline.runSpec');
    assertGood(summary);
    assert.equal(summary.planned, 12);
  });

  it('a run that a terminal started is shown as running, and can be stopped from the view', async () => {
    const { runList, runs } = faultline.services;
    runList.follow();
    const root = vscode.extensions.getExtension('faultline.faultline')?.extensionPath;
    assert.ok(root);
    const sql = ['bench', 'tpch', '--scale', '0.01', '--queries', '1', '--rate', '5', '--duration', '300s'];
    const terminal = spawn(process.execPath, [join(root, 'dist/cli.js'), ...sql], { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
    let said = '';
    for (const stream of [terminal.stdout, terminal.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
    const ended = once(terminal, 'exit');
    void ended.then(() => runList.changed.fire());
    const running = (): string | undefined => runList.page.rows.find(({ record }) => record.state === 'running')?.record.run;
    while (running() === undefined && terminal.exitCode === null) {
      await new Promise<void>((resolve) => {
        const listening = runList.changed.listen(() => {
          listening.dispose();
          resolve();
        });
      });
      await runList.read();
    }
    const run = running();
    assert.ok(run, said);
    assert.deepEqual(
      runs.active.map((active) => active.run),
      [],
      'it is not a run of this window',
    );
    await vscode.commands.executeCommand('faultline.stopRun', { run });
    const [code] = (await ended) as [number | null];
    assert.equal(code, 4, said);
    assert.equal((await faultline.services.runRoom.record(run)).state, 'ended');
  });

  it('stopped in the middle, a run says so and keeps what was measured', async () => {
    const { runs } = faultline.services;
    await sqlEditor('select count(*) from lineitem a, lineitem b where a.l_orderkey + b.l_orderkey = 7;\n');
    const run = await vscode.commands.executeCommand<string>('faultline.benchmarkStatement');
    assert.equal(faultline.latency.factsOf(run)?.a.state, 'live');
    assert.equal(faultline.latency.following, 1);
    const ended: EndedBenchmark[] = [];
    const listening = runs.ended.listen((each) => ended.push(each));
    await vscode.commands.executeCommand('faultline.stopRun', run);
    await until(
      (listener) => runs.ended.listen(listener),
      () => ended.length > 0,
    );
    listening.dispose();
    assert.equal(ended[0]?.summary?.status, 'stopped');
    assert.equal(ended[0]?.summary?.verdict, 'inconclusive');
    await until(
      (listener) => faultline.latency.changed.listen(listener),
      () => faultline.latency.following === 0,
    );
  });

  it('a run whose process was killed is interrupted: view and panel say so, and what was measured is there', async () => {
    const { runList, runRoom } = faultline.services;
    runList.follow();
    await sqlEditor('select count(*) from lineitem a, lineitem b where a.l_orderkey + b.l_orderkey = 7;\n');
    const run = await vscode.commands.executeCommand<string>('faultline.benchmarkStatement');
    const { folder } = await runRoom.record(run);
    const { owner } = JSON.parse(await readFile(join(folder, runFiles.lease), 'utf8')) as Lease;
    process.kill(Number(owner.split('-')[0]), 'SIGKILL');
    await until(
      (listener) => faultline.latency.changed.listen(listener),
      () => faultline.latency.factsOf(run)?.a.state === 'interrupted',
    );
    const { rows } = await runList.read();
    assert.equal(rows.find(({ record }) => record.run === run)?.record.state, 'interrupted');
    assert.match((await faultline.latency.callsOf(run).read('a', 0)).text, /^\{"faultline":\d/);
    await until(
      (listener) => faultline.latency.changed.listen(listener),
      () => faultline.latency.following === 0,
    );
  });

  it('two runs are compared in the panel of the first; closing it ends every watcher', async () => {
    const { rows } = await faultline.services.runList.read();
    const [a, b] = rows.filter(({ record }) => record.state === 'ended').map(({ record }) => record.run);
    assert.ok(a !== undefined && b !== undefined);
    await vscode.commands.executeCommand('faultline.compareRuns', { run: a }, [{ run: a }, { run: b }]);
    const facts = faultline.latency.factsOf(a);
    assert.deepEqual([facts?.a.run, facts?.b?.run], [a, b]);
    assert.deepEqual(faultline.latency.open, [a]);
    await closeEditors();
    await until(
      (listener) => faultline.latency.changed.listen(listener),
      () => faultline.latency.open.length === 0,
    );
    assert.equal(faultline.latency.following, 0);
  });
});
