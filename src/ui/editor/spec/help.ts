/** Completion and hover in a spec. Loaded with the first of them, the YAML language server with it. */
import * as vscode from 'vscode';
import { t } from '../../../base/messages.ts';
import { parseQueries, queryName } from '../../../run/spec/queries.ts';
import { jsonSchema } from '../../../run/spec/schema.ts';
import type { LibraryEntry } from '../../../workload/library.ts';
import { contextAt, ruleProposals } from './context.ts';
import { hoverOf, itemOf } from './items.ts';
import { SpecLanguage } from './language.ts';

export interface HelpParts {
  /** Of the library that comes with Faultline. */
  readonly entries: () => Promise<readonly LibraryEntry[]>;
  /** Names of the workload's statements, as far as they can be told without this line. */
  readonly namesWithout: (document: vscode.TextDocument, line: number) => Promise<readonly string[]>;
}

export class SpecHelp {
  readonly #parts: HelpParts;
  readonly #language = new SpecLanguage(jsonSchema());

  constructor(parts: HelpParts) {
    this.#parts = parts;
  }

  async complete(document: vscode.TextDocument, position: vscode.Position): Promise<readonly vscode.CompletionItem[]> {
    const text = document.getText();
    const context = contextAt(text.split(/\r?\n/), position.line, position.character);
    if (context === undefined) return (await this.#language.complete(text, position)).map(itemOf);
    const range = (length: number): vscode.Range => new vscode.Range(position.translate(0, -length), position);
    if (context.kind === 'library') {
      const entries = await this.#parts.entries();
      return entries.map((entry, rank) => choice(entry.path, entry.title, range(context.typed.length), rank));
    }
    if (context.kind === 'queries') return this.#queries(context.inList, range(context.typed.length));
    const names = context.typed.includes('(') ? await this.#parts.namesWithout(document, position.line) : [];
    const { replaces, proposals } = ruleProposals(context.typed, context.of, names);
    return proposals.map(({ text: proposed, detail, goesOn }, rank) => {
      const item = choice(context.begins ? `- ${proposed}` : proposed, detail, range(replaces), rank);
      // What is typed has no dash either.
      item.filterText = proposed;
      if (goesOn) item.command = { command: 'editor.action.triggerSuggest', title: t('Go on') };
      return item;
    });
  }

  async hover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | undefined> {
    const found = await this.#language.hover(document.getText(), position);
    return found === null ? undefined : hoverOf(found);
  }

  async #queries(inList: boolean, range: vscode.Range): Promise<readonly vscode.CompletionItem[]> {
    const entries = await this.#parts.entries();
    const titles = new Map(entries.map(({ path, title }) => [path, title]));
    const single = parseQueries('all').map((query) => {
      return choice(String(query), titles.get(`tpch/${queryName(query)}.sql`), range, query);
    });
    const ranges = choice(inList ? '5-10' : '[1, 3, 5-10]', t('a list with ranges'), range, 30);
    return inList ? [...single, ranges] : [choice('all', t('all 22 queries'), range, 0), ...single, ranges];
  }
}

function choice(text: string, detail: string | undefined, range: vscode.Range, rank: number): vscode.CompletionItem {
  const label = { label: text.trimEnd(), ...(detail === undefined ? {} : { description: detail }) };
  const item = new vscode.CompletionItem(label, vscode.CompletionItemKind.Value);
  item.insertText = text;
  item.range = range;
  // In the order of use, not of the alphabet; digits would sort 1, 10, 11.
  item.sortText = String(rank).padStart(4, '0');
  return item;
}
