/** What the tests inside the extension host share. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { TestApi } from '../../src/extension.ts';
import type { FinishedRun } from '../../src/ui/session/runner.ts';

/** The running extension's insides: those of its own bundle, not copies. */
export async function activated(): Promise<TestApi> {
  const extension = vscode.extensions.getExtension<TestApi | undefined>('faultline.faultline');
  assert.ok(extension, 'the workbench does not know the extension');
  const api = await extension.activate();
  assert.ok(api, 'the extension does not run in development mode');
  return api;
}

/**
 * An editor with an unsaved document of a name of its own. The workbench gives the name "Untitled-1" again as soon as it is free,
 * while its extension host may still hold the document that had it: then the old text would be taken for the new one.
 */
export async function sqlEditor(content: string, viewColumn = vscode.ViewColumn.One): Promise<vscode.TextEditor> {
  const uri = vscode.Uri.from({ scheme: 'untitled', path: `/faultline-test/${randomUUID()}.sql` });
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(uri, new vscode.Position(0, 0), content);
  await vscode.workspace.applyEdit(edit);
  const editor = await vscode.window.showTextDocument(document, { preview: false, viewColumn });
  editor.selection = new vscode.Selection(0, 0, 0, 0);
  return editor;
}

/** Puts the cursor before the first occurrence of a text. */
export function cursorAt(editor: vscode.TextEditor, text: string): void {
  const position = editor.document.positionAt(editor.document.getText().indexOf(text));
  editor.selection = new vscode.Selection(position, position);
}

/** Runs a command, and answers how the statements that it started ended. */
export async function runsOf({ services }: TestApi, work: () => PromiseLike<unknown>): Promise<readonly FinishedRun[]> {
  const runs: FinishedRun[] = [];
  const listening = services.runner.finished.listen((run) => runs.push(run));
  try {
    await work();
  } finally {
    listening.dispose();
  }
  return runs;
}

/** The rows of a tab as its page gets them. */
export async function rowsOf({ calls, services }: TestApi, run: FinishedRun | undefined): Promise<unknown> {
  assert.ok(run, 'no statement was run');
  const tab = services.tabs.get(run.tab);
  assert.ok(tab, 'the tab is gone');
  assert.equal(tab.state.status, 'done', JSON.stringify([run.error?.facts, run.error?.cause]));
  return (await calls.window(run.tab, 0, 500)).rows;
}

/** Answers when the condition holds; looked at each time the event fires. */
export async function until(event: (listener: () => void) => { dispose(): unknown }, holds: () => boolean): Promise<void> {
  if (holds()) return;
  await new Promise<void>((resolve) => {
    const listening = event(() => {
      if (!holds()) return;
      listening.dispose();
      resolve();
    });
  });
}

/** Throws away what was typed: closing it would ask. */
export async function closeEditors(): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    // Not the settings: they are unsaved for a moment when one is written, and VS Code saves them itself.
    const isOurs = document.isUntitled || vscode.workspace.getWorkspaceFolder(document.uri) !== undefined;
    if (!isOurs || (!document.isDirty && !document.isUntitled)) continue;
    await vscode.window.showTextDocument(document, { preview: false });
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
