// Last of its folder: it ends the extension that the other tests use.
import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { activate, deactivate, type TestApi } from '../../src/extension.ts';
import { activated, closeEditors, runsOf, sqlEditor } from './kit.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function ours(): Promise<readonly string[]> {
  const extension = vscode.extensions.getExtension('faultline.faultline');
  assert.ok(extension);
  const { contributes } = extension.packageJSON as { contributes: { commands: readonly { command: string }[] } };
  const all = new Set(await vscode.commands.getCommands(true));
  return contributes.commands.map(({ command }) => command).filter((command) => all.has(command));
}

describe('the end of the extension', () => {
  let faultline: TestApi;
  before(async () => {
    faultline = await activated();
  });

  const lenses = async (document: vscode.TextDocument): Promise<number> =>
    (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri)).length;

  it('nothing of it is left: no process, command, lens or squiggle; and it can start again', async () => {
    const { document } = await sqlEditor('select nothing_of_that_name');
    await runsOf(faultline, () => vscode.commands.executeCommand('faultline.runStatement'));
    const { pid } = faultline.services.query;
    assert.ok(pid !== undefined && isAlive(pid));
    assert.equal(vscode.languages.getDiagnostics(document.uri).length, 1);

    await faultline.services.query.dispose();
    faultline.services.store.dispose();
    assert.equal(isAlive(pid), false, 'the query host is still there');
    assert.deepEqual(await ours(), []);
    assert.equal(await lenses(document), 0);
    assert.deepEqual(vscode.languages.getDiagnostics(document.uri), []);
    assert.equal(faultline.tracker.size, 0);
    assert.equal(faultline.services.store.size, 0);

    const { context } = faultline.services;
    const subscriptions: vscode.Disposable[] = [];
    const again = activate(Object.create(context, { subscriptions: { value: subscriptions } }) as vscode.ExtensionContext);
    assert.ok(again);
    const [run] = await runsOf(again, () => vscode.commands.executeCommand('faultline.runStatement'));
    assert.equal(run?.error?.reason, 'engine');
    const second = again.services.query.pid;
    assert.ok(second !== undefined && isAlive(second));
    await deactivate();
    assert.equal(isAlive(second), false, 'the query host outlives the extension');
    for (const subscription of subscriptions) await subscription.dispose();
    assert.deepEqual(await ours(), []);
    await closeEditors();
  });
});
