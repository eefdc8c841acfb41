/** Run · Explain · Benchmark above each statement. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import type { Disposable } from '../../base/disposables.ts';
import { commandLink, type SettingsReader } from '../contribute.ts';
import type { Session } from '../session/session.ts';
import { targetName } from '../session/targets.ts';
import { sqlDocuments, type Statements } from './statements.ts';

/** A generated file of thousands of statements would be all lenses and no text. */
const maxStatements = 1_000;

/** Longer texts (dumps) get none: splitting 5 MB at each pause of typing takes 65 ms of everybody's time. */
const maxLength = 2_000_000;

export interface LensParts {
  readonly settings: SettingsReader;
  readonly session: Session;
  readonly statements: Statements;
}

export function registerCodeLens({ settings, session, statements }: LensParts): Disposable {
  const changed = new vscode.EventEmitter<void>();
  // VS Code asks again, debounced, after each edit; what it can't know is told here.
  const provider: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      if (!settings.read('faultline.editor.codeLens')) return [];
      if (document.offsetAt(document.lineAt(document.lineCount - 1).range.end) > maxLength) return [];
      const target = targetName(session.target);
      return statements
        .of(document)
        .slice(0, maxStatements)
        .flatMap(({ start, end }) => {
          const position = document.positionAt(start);
          const range = new vscode.Range(position, position);
          const ref = { uri: document.uri.toString(), start, end };
          const run = { ...commandLink('faultline.runStatement', t('Run'), ref), tooltip: t('Run on DuckDB, {0}', target) };
          const explain = {
            ...commandLink('faultline.explainStatement', t('Explain'), ref),
            tooltip: t('Run with the profiler of DuckDB on {0} and show where the time goes', target),
          };
          const benchmark = {
            ...commandLink('faultline.benchmarkStatement', t('Benchmark'), ref),
            tooltip: t('Run it many times on DuckDB, {0}, and show the distribution of its latency', target),
          };
          return [run, explain, benchmark].map((command) => new vscode.CodeLens(range, command));
        });
    },
  };
  return vscode.Disposable.from(
    changed,
    vscode.languages.registerCodeLensProvider(sqlDocuments, provider),
    settings.onDidChange(['faultline.editor.codeLens'], () => changed.fire()),
    session.changed.listen(() => changed.fire()),
  );
}
