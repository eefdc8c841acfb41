/** A spec's problems, each at its place, while it is written. */
import * as vscode from 'vscode';
import type { Disposable } from '../../../base/disposables.ts';
import type { ReadSpec, SpecProblem } from '../../../run/spec/spec.ts';
import { isSpec } from './documents.ts';

/** After the last key: problems that come and go within a word help nobody. */
const pauseMs = 200;

export type ReadDocument = (document: vscode.TextDocument) => Promise<ReadSpec>;

export class SpecProblems implements Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('faultline.spec');
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #read: ReadDocument;
  readonly #failed: (error: unknown) => void;
  readonly #registrations: Disposable;

  constructor(read: ReadDocument, failed: (error: unknown) => void) {
    this.#read = read;
    this.#failed = failed;
    const all = (): void => {
      for (const document of vscode.workspace.textDocuments) this.#soon(document, 0);
    };
    this.#registrations = vscode.Disposable.from(
      this.#collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.#soon(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.#soon(document, pauseMs)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.#forget(uri);
        this.#collection.delete(uri);
      }),
      // A file of statements that a spec names may be the one that was saved.
      vscode.workspace.onDidSaveTextDocument(all),
      vscode.workspace.onDidGrantWorkspaceTrust(all),
    );
    all();
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#registrations.dispose();
  }

  #soon(document: vscode.TextDocument, afterMs: number): void {
    if (!isSpec(document)) return;
    this.#forget(document.uri);
    const check = (): void => {
      this.#waiting.delete(document.uri.toString());
      this.#check(document).catch(this.#failed);
    };
    this.#waiting.set(document.uri.toString(), setTimeout(check, afterMs));
  }

  #forget(uri: vscode.Uri): void {
    clearTimeout(this.#waiting.get(uri.toString()));
    this.#waiting.delete(uri.toString());
  }

  async #check(document: vscode.TextDocument): Promise<void> {
    const { version } = document;
    const { problems } = await this.#read(document);
    // What was typed meanwhile has its own check coming.
    if (document.version !== version || document.isClosed) return;
    this.#collection.set(document.uri, problems.map(diagnosticOf));
  }
}

function diagnosticOf({ line, column, endLine, endColumn, message, remedy, severity }: SpecProblem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(
    new vscode.Range(line, column, endLine, endColumn),
    remedy === undefined ? message : `${message}. ${remedy}`,
    severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
  );
  diagnostic.source = 'Faultline';
  return diagnostic;
}
