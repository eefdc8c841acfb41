/** Finding statements that were run: a search over the whole history, opening, running again, clearing. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import type { HistoryEntry } from '../../query/history.ts';
import type { Commands } from '../contribute.ts';
import type { Statements } from '../editor/statements.ts';
import type { Notifier } from '../notify.ts';
import type { HistoryKeeper } from '../session/historyKeeper.ts';
import type { StatementRunner } from '../session/runner.ts';
import { firstWords } from '../session/statement.ts';
import { historyFacts, outcomeIcon } from '../tree/library.ts';
import { openCopy } from './library.ts';

export interface HistoryCommandParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly history: HistoryKeeper;
  readonly statements: Statements;
  readonly runner: StatementRunner;
  /** What an entry ran on, where that still exists; else what is selected now. */
  readonly targetOf: (entry: HistoryEntry) => Promise<EngineTarget>;
}

interface EntryItem extends vscode.QuickPickItem {
  readonly entry?: HistoryEntry;
}

const shown = 200;

export function registerHistoryCommands(parts: HistoryCommandParts): Disposable {
  const { commands, notifier, history } = parts;
  return vscode.Disposable.from(
    commands.register('faultline.searchHistory', () => search(parts)),
    commands.register('faultline.openHistoryEntry', async (id) => {
      const entry = typeof id === 'string' ? await history.find(id) : undefined;
      if (!entry) {
        throw new FaultlineError('notFound', {
          what: t('This statement is no longer in the history'),
          remedy: t('Search the history for another one.'),
        });
      }
      await open(parts, entry);
    }),
    commands.register('faultline.clearHistory', async () => {
      const clear = t('Clear History');
      const detail = t('Every statement is forgotten, in all windows and in the terminal. This can’t be undone.');
      if ((await vscode.window.showWarningMessage(t('Clear the query history?'), { modal: true, detail }, clear)) !== clear) return;
      await history.clear();
      notifier.tell(t('The query history is empty now.'));
    }),
  );
}

async function open({ statements }: HistoryCommandParts, entry: HistoryEntry): Promise<void> {
  const document = await openCopy(`${entry.statement};\n`);
  if (entry.title !== undefined) statements.name(document, entry.title);
}

/** Each key pressed asks the whole history, not only the entries in the list. */
function search(parts: HistoryCommandParts): Promise<void> {
  const { history, notifier, runner, targetOf } = parts;
  const pick = vscode.window.createQuickPick<EntryItem>();
  const runAgain: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('play'), tooltip: t('Run Again') };
  pick.title = t('Query History');
  pick.placeholder = t('Words of the statement, engine, data set or outcome');
  let asked = 0;

  const ask = async (words: string): Promise<void> => {
    const turn = ++asked;
    pick.busy = true;
    const entries = await history.search(words, shown);
    // A slow answer to an earlier key must not replace a newer one.
    if (turn !== asked) return;
    pick.busy = false;
    pick.items = entries.length > 0 ? entries.map((entry) => itemOf(entry, runAgain)) : [nothing(words)];
  };
  const asking = (words: string): void => {
    ask(words).catch((error: unknown) => {
      pick.hide();
      notifier.report(error, 'search of the history');
    });
  };

  return new Promise((resolve, reject) => {
    let chosen: (() => Promise<unknown>) | undefined;
    const choose = (action: () => Promise<unknown>): void => {
      chosen = action;
      pick.hide();
    };
    const registrations = vscode.Disposable.from(
      pick,
      pick.onDidChangeValue(asking),
      pick.onDidAccept(() => {
        const entry = pick.selectedItems[0]?.entry;
        if (entry) choose(() => open(parts, entry));
      }),
      pick.onDidTriggerItemButton(({ item: { entry } }) => {
        if (!entry) return;
        const statement = { sql: entry.statement, title: entry.title ?? firstWords(entry.statement), opens: 'rows' } as const;
        choose(async () => runner.run(statement, await targetOf(entry)));
      }),
      pick.onDidHide(() => {
        registrations.dispose();
        Promise.resolve(chosen?.()).then(() => resolve(), reject);
      }),
    );
    pick.show();
    asking('');
  });
}

function itemOf(entry: HistoryEntry, runAgain: vscode.QuickInputButton): EntryItem {
  return {
    label: entry.title ?? firstWords(entry.statement, 60),
    iconPath: outcomeIcon(entry.outcome),
    description: `${historyFacts(entry)} · ${entry.engine}, ${entry.target} · ${new Date(entry.at).toLocaleString()}`,
    detail: firstWords(entry.statement, 120),
    buttons: [runAgain],
    // The search is ours: VS Code must not filter its answers by label once more.
    alwaysShow: true,
    entry,
  };
}

function nothing(words: string): EntryItem {
  return { label: words === '' ? t('Nothing was run yet') : t('No statement with all of these words'), alwaysShow: true };
}
