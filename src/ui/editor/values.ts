/** Completion and hover in the values of a deploy, by the schema of its chart. The language server is loaded with the first of them. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { isDraft } from '../commands/deploy/mark.ts';
import type { SpecLanguage } from './spec/language.ts';

type Schema = Readonly<Record<string, unknown>>;

/** `chartsFolder`: of the built-in charts. A chart that is fetched has no schema before it is there. */
export function registerValues(chartsFolder: string, onError: (error: unknown) => void): Disposable {
  const languages = new Map<string, Promise<SpecLanguage | undefined>>();
  const languageOf = async (document: vscode.TextDocument): Promise<SpecLanguage | undefined> => {
    if (!isDraft(document)) return undefined;
    const { draftOf } = await import('../commands/deploy/draft.ts');
    const draft = draftOf(document.getText());
    if (draft === undefined) return undefined;
    const folder = isAbsolute(draft.chart) ? draft.chart : /^[\w-]+$/.test(draft.chart) ? join(chartsFolder, draft.chart) : undefined;
    if (folder === undefined) return undefined;
    let loading = languages.get(folder);
    if (loading === undefined) {
      loading = load(folder).catch((error: unknown) => {
        onError(error);
        return undefined;
      });
      languages.set(folder, loading);
    }
    return loading;
  };
  const completing: vscode.CompletionItemProvider = {
    async provideCompletionItems(document, position) {
      const language = await languageOf(document);
      if (language === undefined) return undefined;
      const { itemOf } = await import('./spec/items.ts');
      return (await language.complete(document.getText(), position)).map(itemOf);
    },
  };
  const hovering: vscode.HoverProvider = {
    async provideHover(document, position) {
      const found = await (await languageOf(document))?.hover(document.getText(), position);
      return found ? (await import('./spec/items.ts')).hoverOf(found) : undefined;
    },
  };
  const yaml = { language: 'yaml' };
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(yaml, completing, ':', ' '),
    vscode.languages.registerHoverProvider(yaml, hovering),
  );
}

async function load(folder: string): Promise<SpecLanguage | undefined> {
  const text = await readFile(join(folder, 'values.schema.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { SpecLanguage: Language } = await import('./spec/language.ts');
  return new Language(JSON.parse(text) as Schema);
}
