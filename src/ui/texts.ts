/** Documents that are no files: their address holds their text. */
import * as vscode from 'vscode';
import type { Disposable } from '../base/disposables.ts';

const scheme = 'faultline-text';

/** `name`: as it stands on the tab; its ending says the language. */
export function textUri(name: string, text: string): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${name.replaceAll('/', ' ')}`, query: text });
}

export function provideTexts(): Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, { provideTextDocumentContent: ({ query }) => query });
}
