/** The Clusters view: the embedded engine with its data, then the contexts of the kubeconfig files, none of them contacted. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import { treeItems, views } from '../../contributions.ts';
import type { EngineFacts, EngineTarget } from '../../engine/engine.ts';
import { commandLink, type SettingsReader } from '../contribute.ts';
import type { DataSetList, ListedDataSet } from '../session/dataSets.ts';
import type { Session } from '../session/session.ts';
import { targetKey } from '../../engine/target.ts';
import { sameTarget, targetName } from '../session/targets.ts';
import type { Signal } from '../signal.ts';
import { kubeconfigPaths, readKubeconfigs, type KubeconfigFile } from '../../cluster/connect/kubeconfig.ts';
import { NodeTree, plainMarkdown, stateIcons, treeItem, type TreeNode } from './provider.ts';

export interface ClusterTreeParts {
  readonly session: Session;
  readonly settings: SettingsReader;
  readonly dataSets: DataSetList;
  /** What is known of a target's engine without opening it. */
  readonly factsOf: (target: EngineTarget) => EngineFacts | undefined;
  /** Why the embedded engine can't be used, once that was seen. */
  readonly engineProblem: () => string | undefined;
  readonly factsChanged: Signal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Menus on an engine's item get this node. */
export interface TargetNode extends TreeNode {
  readonly target: EngineTarget;
}

export function registerClustersTree(parts: ClusterTreeParts): Disposable & { roots(): Promise<readonly TreeNode[]> } {
  const { session, settings, dataSets, factsChanged } = parts;
  const tree = new NodeTree(() => rootsOf(parts));
  const view = vscode.window.createTreeView(views.clusters, { treeDataProvider: tree });
  const refresh = (): void => tree.refresh();
  let watching: Disposable | undefined;
  const watch = (): void => {
    watching?.dispose();
    watching = view.visible && vscode.workspace.isTrusted ? watchFiles(pathsOf(parts), refresh) : undefined;
  };
  watch();
  const registrations = vscode.Disposable.from(
    tree,
    view,
    { dispose: () => watching?.dispose() },
    // Nothing is watched while nobody looks: what changed meanwhile is read again.
    view.onDidChangeVisibility(({ visible }) => {
      watch();
      if (visible) refresh();
    }),
    session.changed.listen(refresh),
    dataSets.changed.listen(refresh),
    factsChanged.listen(refresh),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      watch();
      refresh();
    }),
    settings.onDidChange(['faultline.kubeconfigs'], () => {
      watch();
      refresh();
    }),
  );
  return { roots: () => rootsOf(parts), dispose: () => void registrations.dispose() };
}

/** What the view shows, from top to bottom. */
async function rootsOf(parts: ClusterTreeParts): Promise<readonly TreeNode[]> {
  return [engineNode(parts), ...(await contextNodes(parts))];
}

function engineNode(parts: ClusterTreeParts): TreeNode {
  const problem = parts.engineProblem();
  const facts = parts.factsOf(parts.session.target);
  return {
    item: treeItem({
      id: 'engine:duckdb',
      label: t('DuckDB (embedded)'),
      description: problem ?? t('ready'),
      icon: problem === undefined ? stateIcons.ready() : stateIcons.failed(),
      contextValue: treeItems.engine,
      collapsible: 'expanded',
    }),
    tooltip: async () => plainMarkdown(problem === undefined ? engineLines(facts) : [problem]),
    children: () => engineChildren(parts),
  };
}

function engineLines(facts: EngineFacts | undefined): readonly string[] {
  const what = t('Runs on this machine, in a process of its own. It needs no cluster.');
  if (facts?.threads === undefined || facts.memoryLimitBytes === undefined) return [what, t('Starts with the first statement.')];
  return [facts.title, what, t('{0} threads, memory limit {1}', facts.threads, formatBytes(facts.memoryLimitBytes))];
}

async function engineChildren(parts: ClusterTreeParts): Promise<readonly TreeNode[]> {
  const { session, dataSets } = parts;
  const sets = (await dataSets.list()).map((set) => dataSetNode(set, parts));
  const files = vscode.workspace.isTrusted ? session.files.map((path) => fileNode(path, parts)) : [];
  return [...sets, ...files];
}

function dataSetNode({ scale, path, sizeBytes }: ListedDataSet, parts: ClusterTreeParts): TargetNode {
  const target: EngineTarget = { kind: 'tpch', scale, path };
  const size = sizeBytes === undefined ? t('made at first use') : formatBytes(sizeBytes);
  return targetNode(target, size, treeItems.tpchDataSet, parts, sizeBytes === undefined ? [] : [path]);
}

function fileNode(path: string, parts: ClusterTreeParts): TargetNode {
  return targetNode({ kind: 'file', path }, t('data file'), treeItems.dataFile, parts, [path]);
}

function targetNode(
  target: EngineTarget,
  fact: string,
  contextValue: 'tpchDataSet' | 'dataFile',
  parts: ClusterTreeParts,
  more: readonly string[],
): TargetNode {
  const isSelected = sameTarget(target, parts.session.target);
  const name = targetName(target);
  return {
    target,
    item: treeItem({
      id: `target:${targetKey(target)}`,
      label: name,
      description: isSelected ? `${t('selected')} · ${fact}` : fact,
      icon: isSelected
        ? new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('charts.blue'))
        : new vscode.ThemeIcon('circle-outline', new vscode.ThemeColor('descriptionForeground')),
      contextValue,
      command: commandLink('faultline.selectEngine', t('Select'), target),
    }),
    tooltip: async () => {
      const first = isSelected ? t('SQL statements of this window run on {0}.', name) : t('Click to run SQL statements on {0}.', name);
      return plainMarkdown([first, fact, ...more, ...engineLines(parts.factsOf(target)).slice(0, 3)]);
    },
  };
}

async function contextNodes(parts: ClusterTreeParts): Promise<readonly TreeNode[]> {
  if (!vscode.workspace.isTrusted) {
    const item = treeItem({
      id: 'clusters:untrusted',
      label: t('Clusters need a trusted workspace'),
      description: t('kubeconfigs are not read'),
      icon: new vscode.ThemeIcon('workspace-untrusted'),
      contextValue: treeItems.kubeconfigHint,
      command: { command: 'workbench.trust.manage', title: t('Manage Workspace Trust') },
    });
    return [{ item }];
  }
  const files = await readKubeconfigs(pathsOf(parts), parts.settings.read('faultline.kubeconfigs'));
  const nodes = files.flatMap(fileContexts);
  if (nodes.length > 0) return nodes;
  const hint = treeItem({
    id: 'clusters:none',
    label: t('No cluster yet'),
    description: t('choose a kubeconfig'),
    icon: new vscode.ThemeIcon('add'),
    contextValue: treeItems.kubeconfigHint,
    command: commandLink('faultline.chooseKubeconfig', t('Choose a Kubeconfig…')),
    tooltip: t('Neither KUBECONFIG nor ~/.kube/config names a context. Choose a kubeconfig file; it is only ever read.'),
  });
  return [{ item: hint }];
}

function fileContexts(file: KubeconfigFile): readonly TreeNode[] {
  if ('error' in file) {
    const label = file.file.split(/[\\/]/).pop() ?? file.file;
    const { message, facts } = file.error;
    return [
      { item: treeItem({ id: `kubeconfig:${file.file}`, label, description: facts.what, icon: stateIcons.problem(), tooltip: message }) },
    ];
  }
  return file.contexts.map((context) => ({
    item: treeItem({
      id: `context:${context.file}:${context.name}`,
      label: context.name,
      description: t('not contacted'),
      icon: stateIcons.notContacted(),
      contextValue: treeItems.context,
    }),
    tooltip: async () =>
      plainMarkdown([
        t('Context {0} of cluster {1}. It was not contacted.', context.name, context.cluster),
        ...(context.namespace === undefined ? [] : [t('Namespace {0}', context.namespace)]),
        context.file,
      ]),
  }));
}

function pathsOf({ env, settings }: ClusterTreeParts): readonly string[] {
  return kubeconfigPaths(env, settings.read('faultline.kubeconfigs'));
}

/** By folder and name: kubectl replaces its file, and a watch on the file itself would stay with the old one. */
function watchFiles(paths: readonly string[], changed: () => void): Disposable {
  return vscode.Disposable.from(
    ...paths.map((path) => {
      const uri = vscode.Uri.file(path);
      const name = uri.path.split('/').pop() ?? '';
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.joinPath(uri, '..'), name));
      return vscode.Disposable.from(watcher, watcher.onDidCreate(changed), watcher.onDidChange(changed), watcher.onDidDelete(changed));
    }),
  );
}
