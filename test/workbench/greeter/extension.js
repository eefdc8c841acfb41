// Not part of Faultline: what a person would do by hand when npm start opens the workbench for the first time.
import * as vscode from 'vscode';

const SHOWN = 'shown';

/** @param {vscode.ExtensionContext} context */
export async function activate(context) {
  if (context.workspaceState.get(SHOWN) === true) return;
  await context.workspaceState.update(SHOWN, true);
  await vscode.commands.executeCommand('workbench.view.extension.faultline');
  const [first] = await vscode.workspace.findFiles('getting-started.sql', undefined, 1);
  if (first !== undefined) await vscode.window.showTextDocument(first);
}
