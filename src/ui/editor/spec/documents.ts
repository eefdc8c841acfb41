/** Which documents are specs, and where their paths begin. */
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { SpecOptions } from '../../../run/spec/spec.ts';

/** Files and unsaved ones; not the older versions that Git shows beside them. */
export const specDocuments: readonly vscode.DocumentFilter[] = ['file', 'untitled'].flatMap((scheme) =>
  ['**/*.faultline.yaml', '**/*.faultline.yml'].map((pattern) => ({ scheme, pattern })),
);

export function isSpec(document: vscode.TextDocument): boolean {
  return vscode.languages.match(specDocuments, document) > 0;
}

/** Relative paths of a spec begin beside it; of one that is not saved yet, in the workspace. */
export function placeOf(uri: vscode.Uri | undefined): Pick<SpecOptions, 'file' | 'folder'> {
  if (uri?.scheme === 'file') return { file: uri.fsPath, folder: dirname(uri.fsPath) };
  const folder = vscode.workspace.workspaceFolders?.find((each) => each.uri.scheme === 'file')?.uri.fsPath;
  return { folder: folder ?? homedir(), ...(uri === undefined ? {} : { file: uri.path }) };
}
