/** What a click in the results page starts outside of it. */
import * as vscode from 'vscode';
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { EngineTarget } from '../../../engine/engine.ts';
import type { Exports } from '../../commands/export.ts';
import type { StatementProblems } from '../../editor/diagnostics.ts';
import { openDocument } from '../../editor/statements.ts';
import { stopRun } from '../../editor/run.ts';
import type { Log } from '../../log.ts';
import type { Notifier } from '../../notify.ts';
import type { StatementRunner } from '../../session/runner.ts';
import { targetName } from '../../session/targets.ts';
import { textUri } from '../../texts.ts';
import type { PanelActions } from './calls.ts';
import type { Tab } from './tabs.ts';

export interface ActionParts {
  readonly exports: Exports;
  readonly runner: StatementRunner;
  readonly problems: StatementProblems;
  readonly notifier: Notifier;
  readonly log: Log;
}

export function panelActions({ exports, runner, problems, notifier, log }: ActionParts): PanelActions {
  return {
    // A dialog's failure belongs in a message: the page only shows what concerns its rows.
    export: async (tab, format) => {
      await exports.result(tab, format).catch((error: unknown) => notifier.report(error, 'export of a result'));
    },
    stop: (tab) => stopRun(tab.runId, runner, notifier),
    // The page needs no end of it: it is told by snapshots.
    runAgain: async (tab) => {
      if (tab.state.status === 'running') return;
      runner.run(statementOf(tab), tab.target, tab.state.id).catch((error: unknown) => notifier.report(error, 'run again'));
    },
    showTexts: async ({ state, target, against }) => {
      if (against === undefined) return;
      const [a, b] = [askedUri(target, state.statement), askedUri(against.target, against.sql ?? state.statement)];
      await vscode.commands.executeCommand('vscode.diff', a, b, state.title);
    },
    goToError: async (tab) => {
      const { document, range } = errorPlace(tab, problems);
      await vscode.window.showTextDocument(document, { selection: range, viewColumn: columnOf(document) });
    },
    replaceError: async (tab, text) => {
      const { document, range } = errorPlace(tab, problems);
      if (tab.state.error?.facts.candidates?.includes(text) !== true) return;
      const edit = new vscode.WorkspaceEdit();
      edit.replace(document.uri, range, text);
      await vscode.workspace.applyEdit(edit);
      await vscode.window.showTextDocument(document, { viewColumn: columnOf(document) });
    },
    copyText: async (text) => vscode.env.clipboard.writeText(text),
    openLog: () => log.show(),
  };
}

/** What an engine was asked. */
function askedUri(target: EngineTarget, sql: string): vscode.Uri {
  return textUri(`${targetName(target)}.sql`, sql);
}

/** The statement as it was run, at the place where it still stands unchanged. */
export function statementOf({ state, source, against }: Tab): Parameters<StatementRunner['run']>[0] {
  const document = source && openDocument(source.uri);
  const isThere =
    source !== undefined &&
    document?.getText(new vscode.Range(document.positionAt(source.start), document.positionAt(source.end))) === state.statement;
  return { sql: state.statement, title: state.title, opens: state.opens, ...(isThere ? { source } : {}), ...(against ? { against } : {}) };
}

function errorPlace(tab: Tab, problems: StatementProblems): { readonly document: vscode.TextDocument; readonly range: vscode.Range } {
  const place = problems.rangeOf(tab.state.id);
  if (place) return place;
  throw new FaultlineError('notFound', {
    what: t('The statement is no longer there as it was run'),
    remedy: t('Run it again from the editor to find the place of the error.'),
  });
}

function columnOf(document: vscode.TextDocument): vscode.ViewColumn {
  return vscode.window.visibleTextEditors.find((editor) => editor.document === document)?.viewColumn ?? vscode.ViewColumn.One;
}
