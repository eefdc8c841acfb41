/** The statements of open documents: split once for each version of a document. */
import * as vscode from 'vscode';
import type { StatementRef } from '../../contributions.ts';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { splitStatements, statementAt, trimmedRange, type Statement } from '../../query/split.ts';
import { documentName, firstWords, type StatementToRun } from '../session/statement.ts';

/** SQL documents wherever they live: files, untitled, virtual. */
export const sqlDocuments: vscode.DocumentFilter = { language: 'sql' };

export class Statements {
  readonly #cache = new WeakMap<vscode.TextDocument, { readonly version: number; readonly statements: readonly Statement[] }>();
  readonly #titles = new Map<string, string>();

  of(document: vscode.TextDocument): readonly Statement[] {
    const cached = this.#cache.get(document);
    if (cached?.version === document.version) return cached.statements;
    const statements = splitStatements(document.getText(), 'duckdb');
    this.#cache.set(document, { version: document.version, statements });
    return statements;
  }

  /** A document that has no name of its own (a copy from the library) is called so in tabs. */
  name(document: vscode.TextDocument, title: string): void {
    this.#titles.set(document.uri.toString(), title);
  }

  forget(document: vscode.TextDocument): void {
    this.#titles.delete(document.uri.toString());
  }

  /** As a command has to run it. */
  toRun(document: vscode.TextDocument, { start, end, text }: Statement, opens: StatementToRun['opens']): StatementToRun {
    const alone = this.of(document).length === 1;
    const name = alone ? (this.#titles.get(document.uri.toString()) ?? documentName(document.uri.path)) : undefined;
    const source = { uri: document.uri.toString(), start, end, firstLine: document.positionAt(start).line };
    const title = name ?? firstWords(text);
    return { sql: text, title: opens === 'plan' ? t('Plan: {0}', title) : title, source, opens };
  }

  /**
   * What a command means: the statement it names, else what is selected in the active SQL editor, else the statement at the cursor.
   * Fails with `invalid` when there is none.
   */
  meant(argument: unknown): { readonly document: vscode.TextDocument; readonly statements: readonly Statement[] } {
    const ref = asStatementRef(argument);
    if (ref) {
      const document = openDocument(ref.uri);
      if (!document) throw invalid(t('The document of this statement is closed'), t('Open it again, then run the statement.'));
      return { document, statements: one(statementAt(this.of(document), ref.start, document.getText())) };
    }
    const editor = sqlEditor();
    const { document, selection } = editor;
    const text = document.getText();
    if (selection.isEmpty) return { document, statements: one(statementAt(this.of(document), document.offsetAt(selection.active), text)) };
    const { start, end } = trimmedRange(text, document.offsetAt(selection.start), document.offsetAt(selection.end));
    const selected = splitStatements(text.slice(start, end), 'duckdb').map((statement) => ({
      start: statement.start + start,
      end: statement.end + start,
      text: statement.text,
    }));
    return { document, statements: some(selected) };
  }

  /** Every statement of a document, the active one without `uri`. Fails with `invalid` when there is none. */
  all(uri: unknown): { readonly document: vscode.TextDocument; readonly statements: readonly Statement[] } {
    const named = uri instanceof vscode.Uri ? uri.toString() : typeof uri === 'string' ? uri : undefined;
    const document = (named === undefined ? undefined : openDocument(named)) ?? sqlEditor().document;
    return { document, statements: some(this.of(document)) };
  }
}

export function openDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri && !document.isClosed);
}

/** The active SQL editor; while a panel has the focus, the only visible one. */
function sqlEditor(): vscode.TextEditor {
  const { activeTextEditor, visibleTextEditors } = vscode.window;
  if (activeTextEditor?.document.languageId === 'sql') return activeTextEditor;
  const visible = visibleTextEditors.filter((editor) => editor.document.languageId === 'sql');
  const [editor] = visible;
  if (editor) return editor;
  throw invalid(t('There is no SQL file to run'), t('Open one, or take a query from the SQL library.'));
}

function one(statement: Statement | undefined): readonly Statement[] {
  return some(statement ? [statement] : []);
}

function some(statements: readonly Statement[]): readonly Statement[] {
  if (statements.length > 0) return statements;
  throw invalid(t('There is no statement here'), t('Write one, or put the cursor into one.'));
}

function asStatementRef(value: unknown): StatementRef | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('uri' in value) || !('start' in value) || !('end' in value)) return undefined;
  const { uri, start, end } = value;
  return typeof uri === 'string' && typeof start === 'number' && typeof end === 'number' ? { uri, start, end } : undefined;
}
