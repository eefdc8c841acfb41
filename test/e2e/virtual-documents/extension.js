// Not part of Faultline: a read-only document that is on no disk, as version control and archives show them.
import * as vscode from 'vscode';

/** @param {vscode.ExtensionContext} context */
export function activate(context) {
  const uri = vscode.Uri.parse('demo:/virtual.sql');
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider('demo', {
      provideTextDocumentContent: () => "select 'from nowhere' as origin, count(*) as nations from nation;\nselect n_naem from nation;\n",
    }),
    vscode.commands.registerCommand('demo.open', async () => vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri))),
  );
}
