/** What an editor of a `*.faultline.yaml` gets: *Run this spec*, problems, completion, hover. Other YAML files cost nothing. */
import * as vscode from 'vscode';
import type { Disposable } from '../../../base/disposables.ts';
import { t } from '../../../base/messages.ts';
import { commandLink, type SettingsReader } from '../../contribute.ts';
import type { LibraryEntry } from '../../../workload/library.ts';
import { placeOf, specDocuments } from './documents.ts';
import type { SpecHelp } from './help.ts';
import { SpecProblems, type ReadDocument } from './problems.ts';

export interface SpecEditorParts {
  readonly settings: SettingsReader;
  /** `snippets` of the package. */
  readonly library: string;
  readonly log: { error(message: string, error: unknown): void };
}

export function registerSpecEditor({ settings, library, log }: SpecEditorParts): Disposable {
  // A dynamic import of a module of ours: of a package that is CommonJS only `default` would be left in the bundle.
  const readText = async (text: string, uri: vscode.Uri, isTrusted: boolean) => {
    const { readSpec } = await import('../../../run/spec/spec.ts');
    return readSpec(text, { ...placeOf(uri), library, readsFiles: isTrusted });
  };
  const read: ReadDocument = (document) => readText(document.getText(), document.uri, vscode.workspace.isTrusted);
  const namesWithout = async (document: vscode.TextDocument, line: number): Promise<readonly string[]> => {
    const lines = document.getText().split(/\r?\n/);
    // A rule that is not whole yet would hide the names: one that is stands in for it.
    lines[line] = (lines[line] ?? '').replace(/-\s.*$/, '- errors <= 100 %');
    const { plan } = await readText(lines.join('\n'), document.uri, vscode.workspace.isTrusted);
    return plan?.statements.map(({ name }) => name) ?? [];
  };
  const entries = async (): Promise<readonly LibraryEntry[]> => {
    const { Library } = await import('../../../workload/library.ts');
    return new Library(library, []).entries();
  };
  let loading: Promise<SpecHelp> | undefined;
  const help = (): Promise<SpecHelp> => {
    loading ??= import('./help.ts').then(({ SpecHelp }) => new SpecHelp({ entries, namesWithout }));
    return loading;
  };
  const completing: vscode.CompletionItemProvider = {
    provideCompletionItems: async (document, position) => [...(await (await help()).complete(document, position))],
  };
  const hovering: vscode.HoverProvider = {
    provideHover: async (document, position) => (await help()).hover(document, position),
  };
  return vscode.Disposable.from(
    new SpecProblems(read, (error) => log.error('a spec could not be checked', error)),
    vscode.languages.registerCompletionItemProvider(specDocuments, completing, ':', ' ', '.', '(', '/'),
    vscode.languages.registerHoverProvider(specDocuments, hovering),
    registerLens(settings),
  );
}

function registerLens(settings: SettingsReader): Disposable {
  const changed = new vscode.EventEmitter<void>();
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      if (!settings.read('faultline.editor.codeLens')) return [];
      const line = /^\uFEFF?faultline\s*:/m.exec(document.getText());
      const position = document.positionAt(line?.index ?? 0);
      const breaks = /^faults\s*:/m.test(document.getText());
      const run = {
        ...commandLink('faultline.runSpec', breaks ? t('Preview this spec') : t('Run this spec'), document.uri.toString()),
        tooltip: breaks
          ? t('Check this spec and show what it would break; nothing is done before you confirm that')
          : t('Check this spec and start its run'),
      };
      return [new vscode.CodeLens(new vscode.Range(position, position), run)];
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider(specDocuments, provider),
    settings.onDidChange(['faultline.editor.codeLens'], () => changed.fire()),
  );
}
