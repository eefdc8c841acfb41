/** Completion and hover from the catalogue of what statements run on. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { engineOf } from '../../engine/target.ts';
import { completions, hoverAt, type Completion } from '../../query/completion.ts';
import type { Catalogues } from '../session/catalogues.ts';
import type { Session } from '../session/session.ts';
import { sqlDocuments } from './statements.ts';

const kinds: { readonly [K in Completion['kind']]: vscode.CompletionItemKind } = {
  column: vscode.CompletionItemKind.Field,
  alias: vscode.CompletionItemKind.Variable,
  table: vscode.CompletionItemKind.Struct,
  function: vscode.CompletionItemKind.Function,
  keyword: vscode.CompletionItemKind.Keyword,
};

/** A longer text is a dump: to look through 5 MB at each word takes 200 ms. */
const maxLength = 1_000_000;

export function registerAssistance(session: Session, catalogues: Catalogues): Disposable {
  const completing: vscode.CompletionItemProvider = {
    async provideCompletionItems(document, position, token) {
      const catalogue = await catalogues.of(session.target);
      if (!catalogue || token.isCancellationRequested) return undefined;
      const text = document.getText();
      if (text.length > maxLength) return undefined;
      const { start, end, items } = completions(catalogue, text, document.offsetAt(position), engineOf(session.target));
      const from = document.positionAt(start);
      const range = { inserting: new vscode.Range(from, position), replacing: new vscode.Range(from, document.positionAt(end)) };
      return items.map((item, rank) => completionItem(item, rank, range));
    },
  };
  const hovering: vscode.HoverProvider = {
    async provideHover(document, position, token) {
      const catalogue = await catalogues.of(session.target);
      if (!catalogue || token.isCancellationRequested) return undefined;
      const text = document.getText();
      const hover = text.length > maxLength ? undefined : hoverAt(catalogue, text, document.offsetAt(position), engineOf(session.target));
      if (!hover) return undefined;
      const shown = new vscode.MarkdownString().appendCodeblock(hover.code, 'sql');
      for (const line of hover.lines) shown.appendText(`${line}\n`);
      return new vscode.Hover(shown, new vscode.Range(document.positionAt(hover.start), document.positionAt(hover.end)));
    },
  };
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(sqlDocuments, completing, '.'),
    vscode.languages.registerHoverProvider(sqlDocuments, hovering),
  );
}

function completionItem(
  { kind, text, detail, documentation }: Completion,
  rank: number,
  range: { readonly inserting: vscode.Range; readonly replacing: vscode.Range },
): vscode.CompletionItem {
  const item = new vscode.CompletionItem({ label: text, ...(detail === undefined ? {} : { description: detail }) }, kinds[kind]);
  // A column behind its source's name is found by its own name too.
  item.filterText = text.includes('.') ? `${text.split('.').at(-1) ?? ''} ${text}` : text;
  // The order is that of relevance, not of the alphabet.
  item.sortText = String(rank).padStart(6, '0');
  item.insertText = text;
  item.range = range;
  if (documentation !== undefined) item.documentation = documentation;
  return item;
}
