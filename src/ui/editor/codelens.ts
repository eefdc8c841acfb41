/** Run · Explain · Benchmark above each statement. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import { engineOf } from '../../engine/target.ts';
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
      const engine = engineNames[engineOf(session.target)];
      return statements
        .of(document)
        .slice(0, maxStatements)
        .flatMap(({ start, end }) => {
          const position = document.positionAt(start);
          const range = new vscode.Range(position, position);
          const ref = { uri: document.uri.toString(), start, end };
          const run = { ...commandLink('faultline.runStatement', t('Run'), ref), tooltip: t('Run on {0}, {1}', engine, target) };
          const explain = {
            ...commandLink('faultline.explainStatement', t('Explain'), ref),
            tooltip: t('Run with the profiler of {0} on {1} and show where the time goes', engine, target),
          };
          const benchmark = {
            ...commandLink('faultline.benchmarkStatement', t('Benchmark'), ref),
            tooltip: t('Run it many times on {0}, {1}, and show the distribution of its latency', engine, target),
          };
          const compare = {
            ...commandLink('faultline.compareEngines', t('Compare engines'), ref),
            tooltip: t('Run it on {0}, {1}, and on another engine, and show how their answers differ', engine, target),
          };
          const lenses = session.servers.length > 0 ? [run, explain, benchmark, compare] : [run, explain, benchmark];
          return lenses.map((command) => new vscode.CodeLens(range, command));
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
