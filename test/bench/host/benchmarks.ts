/** Benchmarks and their panels from inside the extension host, by the commands that a person has. */
import * as vscode from 'vscode';
import { latencyPanelType } from '../../../src/contributions.ts';
import type { ComputedSoFar } from './protocol.ts';

/** Opens the text as a benchmark file and runs it; its panel opens beside. */
export async function runSpec(name: string, text: string): Promise<string> {
  const uri = vscode.Uri.from({ scheme: 'untitled', path: `/faultline-bench/${name}.faultline.yaml` });
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(uri, new vscode.Position(0, 0), text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document, { preview: false });
  const run = await vscode.commands.executeCommand<string | undefined>('faultline.runSpec');
  if (run === undefined) throw new Error(`The benchmark ${name} was not started.`);
  return run;
}

export async function openPanel(run: string): Promise<void> {
  await vscode.commands.executeCommand('faultline.openRun', run);
}

export async function closePanels(): Promise<void> {
  await vscode.window.tabGroups.close(panels());
  if (panels().length > 0) throw new Error('A latency panel is still open.');
}

export async function stopRun(run: string): Promise<void> {
  await vscode.commands.executeCommand('faultline.stopRun', run);
}

/** Of all threads of this process, and of this one, which is the extensions'. */
export function computedSoFar(): ComputedSoFar {
  return { atMs: performance.now(), wallMs: Date.now(), processMs: ms(process.cpuUsage()), threadMs: ms(process.threadCpuUsage()) };
}

function ms({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

function panels(): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(latencyPanelType));
}
