/** The SQL library with the query history below it. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import { formatDuration, formatRows } from '../../base/units.ts';
import { treeItems, views } from '../../contributions.ts';
import type { HistoryEntry } from '../../query/history.ts';
import type { Outcome } from '../../query/results.ts';
import type { Library, LibraryEntry, LibraryNode } from '../../workload/library.ts';
import { commandLink } from '../contribute.ts';
import type { HistoryKeeper } from '../session/historyKeeper.ts';
import { firstWords } from '../session/statement.ts';
import { NodeTree, plainMarkdown, stateIcons, treeItem, type TreeNode } from './provider.ts';

const historyShown = 50;

/** Folders of the built-in library by what a newcomer wants first; others follow in their own order. */
const firstFolders = ['tpch', 'probe', 'health'];

export interface LibraryTreeParts {
  readonly library: () => Library;
  readonly history: HistoryKeeper;
  /** Specs that break something. */
  readonly examples: () => Promise<readonly TreeNode[]>;
  /** Own folders, for watching. */
  readonly folders: () => readonly string[];
  /** Own folders were added or taken away. */
  readonly foldersChanged: (listener: () => void) => Disposable;
}

export function registerLibraryTree({ library, history, examples, folders, foldersChanged }: LibraryTreeParts): Disposable {
  const tree = new NodeTree(async () => {
    const nodes = [...(await library().list())].sort((a, b) => rankOf(a) - rankOf(b));
    return [...nodes.map((node) => libraryNode(node)), examplesNode(examples), historyNode(history)];
  });
  const view = vscode.window.createTreeView(views.library, { treeDataProvider: tree, showCollapseAll: true, canSelectMany: true });
  let watching: Disposable | undefined;
  const watch = (): void => {
    watching?.dispose();
    watching = undefined;
    if (!view.visible) return;
    watching = vscode.Disposable.from(
      ...folders().map((folder) => {
        const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(folder), '**/*.sql'));
        const refresh = (): void => tree.refresh();
        return vscode.Disposable.from(watcher, watcher.onDidCreate(refresh), watcher.onDidChange(refresh), watcher.onDidDelete(refresh));
      }),
    );
  };
  watch();
  return vscode.Disposable.from(
    tree,
    view,
    { dispose: () => watching?.dispose() },
    // Files that changed while nobody looked were not watched.
    view.onDidChangeVisibility(({ visible }) => {
      watch();
      if (visible) tree.refresh();
    }),
    history.changed.listen(() => tree.refresh()),
    foldersChanged(() => {
      watch();
      tree.refresh();
    }),
  );
}

function rankOf(node: LibraryNode): number {
  const rank = node.kind === 'folder' && !node.own ? firstFolders.indexOf(node.path.split(/[\\/]/).at(-1) ?? '') : -1;
  return rank < 0 ? firstFolders.length : rank;
}

/** What commands get of a library's item: `library` is what *Benchmark* runs. */
interface LibraryTreeNode extends TreeNode {
  readonly library?: LibraryNode;
  readonly ownFolder?: string;
}

/** Ids begin with the root's: a folder may be added beside one that holds it, and VS Code shows no tree in which two ids are the same. */
function libraryNode(node: LibraryNode, root?: string): LibraryTreeNode {
  const isRoot = root === undefined;
  const at = `${root ?? ''}:${node.path}`;
  switch (node.kind) {
    case 'entry':
      return entryNode(node, `entry:${at}`);
    case 'problem':
      return {
        item: treeItem({
          id: `problem:${at}`,
          label: node.title,
          description: node.error.facts.what,
          icon: stateIcons.problem(),
          tooltip: node.error.message,
          // A folder that can't be read can still be taken out of the library.
          ...(isRoot ? { contextValue: treeItems.ownLibraryFolder } : {}),
        }),
        ...(isRoot ? { ownFolder: node.path } : {}),
      };
    case 'folder': {
      const own = node.own && isRoot;
      const item = treeItem({
        id: `folder:${at}`,
        label: node.title,
        description: own ? node.path : t('{0} queries', countEntries(node)),
        icon: vscode.ThemeIcon.Folder,
        contextValue: own ? treeItems.ownLibraryFolder : treeItems.libraryFolder,
        collapsible: 'collapsed',
      });
      const children = (): TreeNode[] => node.children.map((child) => libraryNode(child, root ?? node.path));
      return { item, children, library: node, ...(own ? { ownFolder: node.path } : {}) };
    }
  }
}

function entryNode(entry: LibraryEntry, id: string): LibraryTreeNode {
  const number = /(?:^|[\\/])q(\d+)\.sql$/i.exec(entry.path)?.[1];
  const label = number === undefined ? entry.title : `Q${Number(number)} ${entry.title}`;
  return {
    item: treeItem({
      id,
      label,
      ...(entry.stresses === undefined ? {} : { description: entry.stresses }),
      icon: vscode.ThemeIcon.File,
      contextValue: treeItems.libraryEntry,
      command: commandLink('faultline.openLibraryEntry', t('Open'), entry.path),
    }),
    library: entry,
    tooltip: async () => {
      const lines = [label];
      if (entry.stresses !== undefined) lines.push(t('Stresses: {0}', entry.stresses));
      if (entry.parameters !== undefined) lines.push(t('Parameters: {0}', entry.parameters));
      if (entry.prefix !== undefined) lines.push(t('Type {0} in a SQL file to insert it.', entry.prefix));
      const tooltip = plainMarkdown(lines);
      tooltip.appendCodeblock(entry.sql.split('\n').slice(0, 20).join('\n'), 'sql');
      return tooltip;
    },
  };
}

function examplesNode(children: LibraryTreeParts['examples']): TreeNode {
  const item = treeItem({
    id: 'examples',
    label: t('Fault examples'),
    description: t('specs that break something'),
    icon: new vscode.ThemeIcon('zap'),
    contextValue: treeItems.examples,
    collapsible: 'collapsed',
    tooltip: t('A click opens a copy. Nothing is broken before you have confirmed a preview.'),
  });
  return { item, children };
}

function historyNode(history: HistoryKeeper): TreeNode {
  return {
    item: treeItem({
      id: 'history',
      label: t('History'),
      icon: new vscode.ThemeIcon('history'),
      contextValue: treeItems.history,
      collapsible: 'collapsed',
      tooltip: t('The newest {0} statements; search finds all of them', historyShown),
    }),
    children: async () => {
      const entries = await history.search('', historyShown);
      if (entries.length > 0) return entries.map(historyEntryNode);
      return [{ item: treeItem({ id: 'history:none', label: t('Nothing was run yet') }) }];
    },
  };
}

function historyEntryNode(entry: HistoryEntry): TreeNode {
  return {
    item: treeItem({
      id: `history:${entry.id}`,
      label: entry.title ?? firstWords(entry.statement),
      description: historyFacts(entry),
      icon: outcomeIcon(entry.outcome),
      contextValue: treeItems.historyEntry,
      command: commandLink('faultline.openHistoryEntry', t('Open'), entry.id),
    }),
    tooltip: async () => {
      const tooltip = plainMarkdown([
        `${entry.engine}, ${entry.target}`,
        `${new Date(entry.at).toLocaleString()} · ${outcomeWord(entry.outcome)} · ${historyFacts(entry)}`,
        ...(entry.error === undefined ? [] : [entry.error]),
      ]);
      tooltip.appendCodeblock(entry.statement.split('\n').slice(0, 20).join('\n'), 'sql');
      return tooltip;
    },
  };
}

/** "25 rows · 12 ms"; what failed or was stopped says so. */
export function historyFacts(entry: HistoryEntry): string {
  const took = formatDuration(entry.durationMs);
  const rows = formatRows(entry.rows);
  return entry.outcome === 'done' ? `${rows} · ${took}` : `${outcomeWord(entry.outcome)} · ${took}`;
}

export function outcomeWord(outcome: Outcome): string {
  switch (outcome) {
    case 'done':
      return t('done');
    case 'failed':
      return t('failed');
    case 'cancelled':
      return t('stopped');
    case 'limited':
      return t('stopped early');
  }
}

export function outcomeIcon(outcome: Outcome): vscode.ThemeIcon {
  switch (outcome) {
    case 'done':
      return stateIcons.done();
    case 'failed':
      return stateIcons.failed();
    case 'cancelled':
      return stateIcons.stopped();
    case 'limited':
      return stateIcons.limited();
  }
}

function countEntries(node: LibraryNode): number {
  if (node.kind === 'entry') return 1;
  return node.kind === 'folder' ? node.children.reduce((sum, child) => sum + countEntries(child), 0) : 0;
}
