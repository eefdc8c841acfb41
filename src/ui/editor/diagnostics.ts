/**
 * An engine's error as a squiggle at the place it named, with its proposals as quick fixes.
 * It follows its statement through edits elsewhere, and goes when the statement is edited or run again.
 */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import type { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { FinishedRun, StatementRunner } from '../session/runner.ts';
import { openDocument, sqlDocuments } from './statements.ts';
import type { SpanTracker, TrackedSpan } from './tracking.ts';

interface Problem {
  readonly statement: TrackedSpan;
  readonly error: FaultlineError;
  /** Offsets from the statement's start. */
  readonly start: number;
  readonly end: number;
  /** Names the tab that shows the error too. */
  readonly tab: string;
}

export class StatementProblems implements Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection('faultline');
  readonly #running = new Map<string, TrackedSpan>();
  readonly #problems = new Set<Problem>();
  readonly #registrations: Disposable;

  constructor(runner: StatementRunner, tracker: SpanTracker) {
    this.#registrations = vscode.Disposable.from(
      this.#collection,
      runner.started.listen(({ tab, statement }) => {
        if (!statement.source) return;
        const tracked = tracker.track(statement.source.uri, statement.source);
        this.#running.set(tab, tracked);
        this.#clear((problem) => problem.statement.uri === tracked.uri && overlap(problem.statement, tracked));
      }),
      runner.finished.listen((run) => this.#finished(run)),
      tracker.moved.listen((uri) => {
        this.#clear((problem) => problem.statement.uri === uri && problem.statement.touched);
        this.#publish(uri);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        const uri = document.uri.toString();
        this.#clear((problem) => problem.statement.uri === uri);
      }),
      vscode.languages.registerCodeActionsProvider(
        sqlDocuments,
        { provideCodeActions: (document, range) => this.#fixes(document, range) },
        {
          providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
        },
      ),
    );
  }

  /** Where the error of a tab stands now; nothing when its statement was edited or closed. */
  rangeOf(tab: string): { readonly document: vscode.TextDocument; readonly range: vscode.Range } | undefined {
    const problem = [...this.#problems].find((candidate) => candidate.tab === tab);
    const document = problem && openDocument(problem.statement.uri);
    return document ? { document, range: rangeIn(document, problem) } : undefined;
  }

  dispose(): void {
    for (const tracked of this.#running.values()) tracked.dispose();
    for (const problem of this.#problems) problem.statement.dispose();
    this.#registrations.dispose();
  }

  #finished({ tab, statement, error }: FinishedRun): void {
    const tracked = this.#running.get(tab);
    this.#running.delete(tab);
    if (!tracked) return;
    const document = openDocument(tracked.uri);
    const isUnchanged = document && !tracked.touched && textOf(document, tracked) === statement.sql;
    if (!isUnchanged || error?.reason !== 'engine') {
      tracked.dispose();
      return;
    }
    const { position } = error.facts;
    // An engine that names no place gets the statement's first line: the whole statement in red would hide it.
    const lineEnd = statement.sql.search(/\r?\n|$/);
    this.#problems.add({
      statement: tracked,
      error,
      start: position?.start ?? 0,
      end: Math.max(position?.end ?? lineEnd, (position?.start ?? 0) + 1),
      tab,
    });
    this.#publish(tracked.uri);
  }

  #clear(matches: (problem: Problem) => boolean): void {
    const uris = new Set<string>();
    for (const problem of this.#problems) {
      if (!matches(problem)) continue;
      this.#problems.delete(problem);
      problem.statement.dispose();
      uris.add(problem.statement.uri);
    }
    for (const uri of uris) this.#publish(uri);
  }

  #publish(uri: string): void {
    const document = openDocument(uri);
    const problems = [...this.#problems].filter((problem) => problem.statement.uri === uri);
    if (!document || problems.length === 0) {
      this.#collection.delete(vscode.Uri.parse(uri));
      return;
    }
    this.#collection.set(
      document.uri,
      problems.map((problem) => diagnosticOf(document, problem)),
    );
  }

  #fixes(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const uri = document.uri.toString();
    return [...this.#problems]
      .filter((problem) => problem.statement.uri === uri && rangeIn(document, problem).intersection(range) !== undefined)
      .flatMap((problem) =>
        (problem.error.facts.candidates ?? []).slice(0, 5).map((candidate, index) => {
          const action = new vscode.CodeAction(t('Replace with {0}', candidate), vscode.CodeActionKind.QuickFix);
          action.edit = new vscode.WorkspaceEdit();
          action.edit.replace(document.uri, rangeIn(document, problem), candidate);
          action.diagnostics = [diagnosticOf(document, problem)];
          action.isPreferred = index === 0;
          return action;
        }),
      );
  }
}

function diagnosticOf(document: vscode.TextDocument, problem: Problem): vscode.Diagnostic {
  const { facts } = problem.error;
  const message = [facts.what, facts.remedy].filter((part) => part !== undefined && part !== '').join('. ');
  const diagnostic = new vscode.Diagnostic(rangeIn(document, problem), message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'DuckDB';
  if (facts.code !== undefined) diagnostic.code = facts.code;
  return diagnostic;
}

function rangeIn(document: vscode.TextDocument, { statement, start, end }: Problem): vscode.Range {
  const at = (offset: number): vscode.Position => document.positionAt(Math.min(statement.span.start + offset, statement.span.end));
  return new vscode.Range(at(start), at(end));
}

function textOf(document: vscode.TextDocument, { span }: TrackedSpan): string {
  return document.getText(new vscode.Range(document.positionAt(span.start), document.positionAt(span.end)));
}

function overlap(a: TrackedSpan, b: TrackedSpan): boolean {
  return a.span.start < b.span.end && b.span.start < a.span.end;
}
