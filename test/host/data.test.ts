import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import { openDataFile } from '../../src/ui/commands/engines.ts';
import { activated, closeEditors, rowsOf, runsOf, sqlEditor, until } from './kit.ts';

describe('data that statements run on', () => {
  let faultline: TestApi;
  let folder: string;
  before(async () => {
    faultline = await activated();
    folder = await mkdtemp(join(tmpdir(), 'faultline-host-data-'));
  });
  after(async () => {
    const { dataSets, session } = faultline.services;
    await session.select({ kind: 'tpch', scale: 0.01, path: dataSets.pathOf(0.01) });
    await rm(folder, { recursive: true });
  });
  afterEach(closeEditors);

  const run = (sql: string) =>
    runsOf(faultline, async () => {
      await sqlEditor(sql);
      await vscode.commands.executeCommand('faultline.runStatement');
    });
  const open = (path: string) => {
    const { commands, session, dataSets, query } = faultline.services;
    return openDataFile(vscode.Uri.file(path), { commands, session, dataSets, open: (target) => query.api.open(target) });
  };
  const labels = async (): Promise<readonly string[]> => {
    const [engine] = await faultline.clusters.roots();
    return ((await engine?.children?.()) ?? []).map(({ item }) => `${String(item.label)}: ${String(item.description)}`);
  };

  it('another scale factor is made by a command, selected, and stands in the tree beside the first', async () => {
    await vscode.commands.executeCommand('faultline.createDataSet', 0.002);
    const [only] = await run('select count(*) from orders');
    assert.equal(only?.targetName, 'TPC-H 0.002');
    assert.deepEqual(await rowsOf(faultline, only), [['3000']]);
    const [smaller, first] = await labels();
    assert.match(smaller ?? '', /^TPC-H 0\.002: selected · /);
    assert.match(first ?? '', /^TPC-H 0\.01: (?:[\d.]+ MB|made at first use)$/);
  });

  it('a data set that was removed elsewhere is not made again in silence, unless it is the smallest one', async () => {
    const { dataSets } = faultline.services;
    await dataSets.remove(0.002);
    const [only] = await run('select 1');
    assert.deepEqual([only?.outcome, only?.error?.reason], ['failed', 'notFound']);
    assert.match(only?.error?.message ?? '', /Make a TPC-H Data Set/);
  });

  it('a CSV file is opened, asked and closed again', async () => {
    const { session } = faultline.services;
    const file = join(folder, 'sales.csv');
    await writeFile(file, 'region,amount\nnorth,9223372036854775807\nsouth,2\n');
    await open(file);
    assert.deepEqual(session.target, { kind: 'file', path: file });
    assert.ok((await labels()).includes('sales.csv: selected · data file'));
    const [only] = await run('select region, amount from sales order by region');
    assert.deepEqual(await rowsOf(faultline, only), [
      ['north', '9223372036854775807'],
      ['south', '2'],
    ]);
    await vscode.commands.executeCommand('faultline.forgetDataFile', { target: session.target });
    assert.deepEqual(session.target.kind, 'tpch');
    assert.ok(!(await labels()).some((label) => label.startsWith('sales.csv')));
  });

  it('a file that the engine cannot read does not get into the tree', async () => {
    const file = join(folder, 'broken.parquet');
    await writeFile(file, 'this is no parquet');
    await assert.rejects(open(file));
    assert.ok(!(await labels()).some((label) => label.startsWith('broken.parquet')));
  });

  it('a statement goes straight into a file', async () => {
    const { query, session } = faultline.services;
    await run('select 1');
    const path = join(folder, 'nations.csv');
    const written = await query.api.exportStatement({
      runId: 'export',
      target: session.target,
      sql: 'select n_nationkey from nation',
      format: 'csv',
      path,
    });
    assert.equal(written.rows, 25);
  });

  it('of several selected statements none is written to a file as if it were all of them', async () => {
    const editor = await sqlEditor('select 1; select 2');
    editor.selection = new vscode.Selection(0, 0, 0, 18);
    // It ends at once; with one statement it would wait for an answer to where and how.
    await vscode.commands.executeCommand('faultline.exportStatement');
  });

  it('a statement of thousands of rows can be looked at while it still runs', async () => {
    const { runner, tabs } = faultline.services;
    await sqlEditor('select range, md5(range::varchar) from range(3000000)');
    const ended = runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
    await until(
      (listener) => runner.changed.listen(listener),
      () => (runner.active[0]?.rowCount ?? 0) > 0,
    );
    const [active] = runner.active;
    assert.ok(active);
    assert.equal(tabs.get(active.tab)?.state.status, 'running');
    const window = await faultline.calls.window(active.tab, 0, 3);
    assert.deepEqual(
      window.rows.map(([first]) => first),
      ['0', '1', '2'],
    );
    await vscode.commands.executeCommand('faultline.stopQuery');
    await ended;
  });
});
