/** Opening queries of the library, and adding own folders to it. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { systemClock } from '../../base/clock.ts';
import { t } from '../../base/messages.ts';
import { documentOf, type Library, type LibraryEntry } from '../../workload/library.ts';
import { variantFor } from '../../workload/variants.ts';
import { engineOf } from '../../engine/target.ts';
import { Doubled } from '../session/doubled.ts';
import type { Session } from '../session/session.ts';
import type { Commands, SettingsReader } from '../contribute.ts';
import type { Statements } from '../editor/statements.ts';
import { needsTrust } from '../notify.ts';

export interface LibraryCommandParts {
  readonly commands: Commands;
  readonly settings: SettingsReader;
  readonly statements: Statements;
  readonly library: () => Library;
  /** A query is opened in the words of the engine that is selected. */
  readonly session: Session;
}

export function registerLibraryCommands({ commands, settings, statements, library, session }: LibraryCommandParts): Disposable {
  const open = async (entry: LibraryEntry): Promise<vscode.TextDocument> => {
    const document = await openCopy(documentOf(variantFor(entry, engineOf(session.target))));
    statements.name(document, tabTitle(entry));
    return document;
  };
  const doubled = new Doubled<vscode.TextDocument>(systemClock, ({ isClosed }) => !isClosed);
  return vscode.Disposable.from(
    commands.register('faultline.openLibraryEntry', async (path) => {
      if (typeof path === 'string') return (await doubled.once(path, async () => open(await library().entry(path)))).uri;
      const entry = await chooseEntry(await library().entries());
      return entry && (await open(entry)).uri;
    }),
    commands.register('faultline.addLibraryFolder', async () => {
      if (!vscode.workspace.isTrusted) throw needsTrust(t('Own SQL folders are not read'));
      const chosen = await vscode.window.showOpenDialog({
        title: t('Add a folder of SQL files to the library'),
        openLabel: t('Add'),
        canSelectFolders: true,
        canSelectFiles: false,
        canSelectMany: true,
      });
      if (!chosen || chosen.length === 0) return;
      const paths = [...settings.read('faultline.library.folders'), ...chosen.map(({ fsPath }) => fsPath)];
      await settings.write('faultline.library.folders', [...new Set(paths)], settingPlace());
    }),
    commands.register('faultline.removeLibraryFolder', async (item) => {
      const folder = ownFolderOf(item);
      if (folder === undefined) return;
      const rest = settings.read('faultline.library.folders').filter((path) => path !== folder);
      await settings.write('faultline.library.folders', rest, settingPlace());
    }),
  );
}

/** A copy to edit: the library itself stays as it is. Beside nothing, in the place where files open. */
export async function openCopy(content: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument({ language: 'sql', content });
  await vscode.window.showTextDocument(document, { viewColumn: editorColumn(), preview: false });
  return document;
}

/** A SQL editor's own column where there is one: the results must not be covered by the query that they belong to. */
function editorColumn(): vscode.ViewColumn {
  const visible = vscode.window.visibleTextEditors.find(({ document }) => document.languageId === 'sql');
  return visible?.viewColumn ?? vscode.ViewColumn.One;
}

function tabTitle(entry: LibraryEntry): string {
  const name =
    entry.path
      .split(/[\\/]/)
      .pop()
      ?.replace(/\.sql$/i, '') ?? '';
  return /^q\d+$/i.test(name) ? `${name} ${entry.title.charAt(0).toLowerCase()}${entry.title.slice(1)}` : entry.title;
}

async function chooseEntry(entries: readonly LibraryEntry[]): Promise<LibraryEntry | undefined> {
  const items = entries.map((entry) => ({
    label: entry.title,
    description: entry.path,
    ...(entry.stresses === undefined ? {} : { detail: entry.stresses }),
    entry,
  }));
  const options = { title: t('Open from the SQL library'), matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.entry;
}

function settingPlace(): vscode.ConfigurationTarget {
  const set = vscode.workspace.getConfiguration().inspect('faultline.library.folders');
  return set?.workspaceValue === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
}

function ownFolderOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null || !('ownFolder' in item)) return undefined;
  return typeof item.ownFolder === 'string' ? item.ownFolder : undefined;
}
