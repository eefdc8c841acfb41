/** The Runs view. It holds no runs yet: its welcome text in package.json says what will be here. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { views } from '../../contributions.ts';
import { NodeTree } from './provider.ts';

export function registerRunsTree(): Disposable {
  const tree = new NodeTree(() => []);
  return vscode.Disposable.from(tree, vscode.window.createTreeView(views.runs, { treeDataProvider: tree }));
}
