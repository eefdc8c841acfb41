/** Everything that a SQL editor gets: lenses, running marks, problems, completion, the commands that run statements. */
import * as vscode from 'vscode';
import { engineOf } from '../../engine/target.ts';
import type { Services } from '../services.ts';
import { registerCodeLens } from './codelens.ts';
import { registerAssistance } from './assistance.ts';
import { StatementProblems } from './diagnostics.ts';
import { registerRunCommands } from './run.ts';
import { registerRunningMarks } from './running.ts';
import { Statements } from './statements.ts';
import { SpanTracker } from './tracking.ts';

export interface EditorParts {
  readonly statements: Statements;
  readonly problems: StatementProblems;
  readonly tracker: SpanTracker;
}

export function registerEditor(services: Services): EditorParts {
  const { store, commands, notifier, settings, session, runner } = services;
  const statements = store.add(new Statements(() => engineOf(session.target)));
  const tracker = new SpanTracker();
  store.add(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const changes = contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
        offset: rangeOffset,
        removed: rangeLength,
        inserted: text,
      }));
      tracker.edit(document.uri.toString(), changes);
    }),
  );
  const problems = store.add(new StatementProblems(runner, tracker));
  store.add(registerRunningMarks(runner, tracker));
  store.add(registerCodeLens({ settings, session, statements }));
  store.add(registerAssistance(session, services.catalogues));
  store.add(registerRunCommands({ commands, notifier, statements, runner, session }));
  return { statements, problems, tracker };
}
