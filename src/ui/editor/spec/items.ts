/** What the YAML language server proposes, as VS Code wants it. */
import * as vscode from 'vscode';
import type { CompletionItem, Hover } from './language.ts';

export function itemOf(found: CompletionItem): vscode.CompletionItem {
  // Kinds are counted from 1 there, from 0 here.
  const item = new vscode.CompletionItem(found.label, found.kind === undefined ? vscode.CompletionItemKind.Property : found.kind - 1);
  const edit = found.textEdit;
  const text = edit?.newText ?? found.insertText ?? found.label;
  item.insertText = found.insertTextFormat === 2 ? new vscode.SnippetString(text) : text;
  if (edit !== undefined && 'range' in edit) {
    const { start, end } = edit.range;
    item.range = new vscode.Range(start.line, start.character, end.line, end.character);
  }
  if (found.filterText !== undefined) item.filterText = found.filterText;
  if (found.sortText !== undefined) item.sortText = found.sortText;
  if (found.documentation !== undefined) item.documentation = markdown(found.documentation);
  return item;
}

export function hoverOf({ contents, range }: Hover): vscode.Hover | undefined {
  const shown = (Array.isArray(contents) ? contents : [contents]).map(markdown);
  if (shown.every(({ value }) => value.trim() === '')) return undefined;
  return new vscode.Hover(
    shown,
    range === undefined ? undefined : new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character),
  );
}

function markdown(text: string | { readonly value: string }): vscode.MarkdownString {
  return new vscode.MarkdownString(typeof text === 'string' ? text : text.value);
}
