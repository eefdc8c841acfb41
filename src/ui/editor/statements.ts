/** The statements of open documents: split once for each version of a document. */
import * as vscode from 'vscode';
import type { StatementRef } from '../../contributions.ts';
import type { Disposable } from '../../base/disposables.ts';
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { splitStatements, statementAt, trimmedRange, type Dialect, type Statement } from '../../engine/sql/split.ts';
import { documentName, firstWords, StatementTitles, type StatementToRun } from '../session/statement.ts';

export interface MeantStatements {
  readonly document: vscode.TextDocument;
  readonly statements: readonly Statement[];
}

/** SQL documents wherever they live: files, untitled, virtual. */
export const sqlDocuments: vscode.DocumentFilter = { language: 'sql' };

/** A document's statements, by the rules of the engine that was selected then. */
interface Split {
  readonly version: number;
  readonly dialect: Dialect;
  readonly statements: readonly Statement[];
}

export class Statements implements Disposable {
  readonly #dialect: () => Dialect;
  readonly #cache = new WeakMap<vscode.TextDocument, Split>();
  readonly #titles = new StatementTitles();
  readonly #listening: Disposable;
  #last: vscode.TextDocument | undefined = activeSqlEditor()?.document;

  constructor(dialect: () => Dialect) {
    this.#dialect = dialect;
    this.#listening = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor?.document.languageId === 'sql') this.#last = editor.document;
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.#titles.forget(document.uri.toString());
        if (this.#last === document) this.#last = undefined;
      }),
    );
  }

  dispose(): void {
    this.#listening.dispose();
  }

  of(document: vscode.TextDocument): readonly Statement[] {
    const cached = this.#cache.get(document);
    const dialect = this.#dialect();
    if (cached?.version === document.version && cached.dialect === dialect) return cached.statements;
    const statements = splitStatements(document.getText(), dialect);
    this.#cache.set(document, { version: document.version, dialect, statements });
    return statements;
  }

  /** A document that has no name of its own (a copy from the library) is called so in tabs, until another statement stands in it. */
  name(document: vscode.TextDocument, title: string): void {
    this.#titles.name(document.uri.toString(), title, document.getText());
  }

  /** As a command has to run it. */
  toRun(document: vscode.TextDocument, { start, end, text }: Statement, opens: StatementToRun['opens']): StatementToRun {
    const alone = this.of(document).length === 1;
    const name = alone ? (this.#titles.of(document.uri.toString(), text) ?? documentName(document.uri.path)) : undefined;
    const source = { uri: document.uri.toString(), start, end, firstLine: document.positionAt(start).line };
    const title = name ?? firstWords(text);
    return { sql: text, title: opens === 'plan' ? t('Plan: {0}', title) : title, source, opens };
  }

  /**
   * What a command means: the statement it names, else what is selected in the active SQL editor, else the statement at the cursor.
   * Fails with `invalid` when there is none.
   */
  async meant(argument: unknown): Promise<MeantStatements> {
    const ref = asStatementRef(argument);
    if (ref) {
      const document = openOrFail(ref.uri);
      return { document, statements: one(statementAt(this.of(document), ref.start, document.getText())) };
    }
    const { document, selection } = await this.#editor();
    const text = document.getText();
    if (selection.isEmpty) return { document, statements: one(statementAt(this.of(document), document.offsetAt(selection.active), text)) };
    const { start, end } = trimmedRange(text, document.offsetAt(selection.start), document.offsetAt(selection.end));
    const selected = splitStatements(text.slice(start, end), this.#dialect()).map((statement) => ({
      start: statement.start + start,
      end: statement.end + start,
      text: statement.text,
    }));
    return { document, statements: some(selected) };
  }

  /** Every statement of a document, the active one without `uri`. Fails with `invalid` when there is none, or the document is closed. */
  async all(uri: unknown): Promise<MeantStatements> {
    const named = uri instanceof vscode.Uri ? uri.toString() : typeof uri === 'string' ? uri : undefined;
    const document = named === undefined ? (await this.#editor()).document : openOrFail(named);
    return { document, statements: some(this.of(document)) };
  }

  /** The active SQL editor; while a panel or the walkthrough has the focus, the one that had it last. */
  async #editor(): Promise<vscode.TextEditor> {
    const active = activeSqlEditor() ?? vscode.window.visibleTextEditors.find(({ document }) => document.languageId === 'sql');
    if (active) return active;
    if (this.#last && !this.#last.isClosed) return vscode.window.showTextDocument(this.#last);
    throw invalid(t('There is no SQL file to run'), t('Open one, or take a query from the SQL library.'));
  }
}

export function openDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri && !document.isClosed);
}

/** Never another one than was named: its statements may change data. */
function openOrFail(uri: string): vscode.TextDocument {
  const document = openDocument(uri);
  if (document) return document;
  throw invalid(t('The document of this statement is closed'), t('Open it again, then run the statement.'));
}

function activeSqlEditor(): vscode.TextEditor | undefined {
  const { activeTextEditor } = vscode.window;
  return activeTextEditor?.document.languageId === 'sql' ? activeTextEditor : undefined;
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
