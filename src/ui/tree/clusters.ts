/** The Clusters view: the embedded engine with its data, servers, the contexts of the kubeconfig files, and port-forwards. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import { formatBytes } from '../../base/units.ts';
import { protectionNotes, type Protection } from '../../cluster/act/protection.ts';
import { kubeconfigPaths, type KubeContext, type Kubeconfigs } from '../../cluster/connect/kubeconfig.ts';
import type { HealthState } from '../../cluster/recognise/model.ts';
import { treeItems, views } from '../../contributions.ts';
import type { EngineFacts, EngineTarget } from '../../engine/engine.ts';
import { targetKey } from '../../engine/target.ts';
import type { Forwards } from '../session/forwards.ts';
import { protectionOfCluster } from '../commands/cluster/lines.ts';
import type { FaultUi } from '../faults/register.ts';
import { commandLink, type SettingsReader } from '../contribute.ts';
import { contextKey, type Clusters, type ClusterState, type OpenCluster } from '../session/clusters.ts';
import type { DataSetList, ListedDataSet } from '../session/dataSets.ts';
import type { Session } from '../session/session.ts';
import { sameTarget, targetName } from '../session/targets.ts';
import { Signal } from '../signal.ts';
import type { ClusterNodes, ContextNode } from './cluster.ts';
import { forwardNodes } from './forwards.ts';
import { NodeTree, plainMarkdown, stateIcons, treeItem, type ItemFacts, type TreeNode } from './provider.ts';

export interface ClusterTreeParts {
  readonly session: Session;
  readonly settings: SettingsReader;
  readonly dataSets: DataSetList;
  /** What is known of a target's engine without opening it. */
  readonly factsOf: (target: EngineTarget) => EngineFacts | undefined;
  /** Why the embedded engine can't be used, once that was seen. */
  readonly engineProblem: () => string | undefined;
  readonly factsChanged: Signal;
  readonly clusters: Clusters;
  readonly forwards: Forwards;
  readonly faults: Pick<FaultUi, 'active' | 'changed'>;
  readonly wallMs: () => number;
  /** What a person filters by; empty: nothing. */
  readonly filter: ClusterFilter;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** By then VS Code has drawn what it was told while the row opened. */
const reopenAfterMs = 500;

export class ClusterFilter {
  text = '';
  readonly changed = new Signal();

  readonly set = (text: string): void => {
    this.text = text;
    this.changed.fire();
  };
}

/** Menus on an engine's item get this node. */
export interface TargetNode extends TreeNode {
  readonly target: EngineTarget;
}

export function registerClustersTree(parts: ClusterTreeParts): Disposable & { roots(): Promise<readonly TreeNode[]> } {
  const { session, settings, dataSets, factsChanged, clusters, forwards, filter, faults } = parts;
  // Of contexts that are shown now: what changes in one is drawn without asking all others again.
  const shown = new Map<string, ContextNode>();
  const opened = new Map<string, boolean>();
  const tree = new NodeTree(() => rootsOf(parts, { shown, opened, keepOpen }));
  const view = vscode.window.createTreeView(views.clusters, { treeDataProvider: tree });
  // A row that opens while the list around it is drawn anew is left shut by VS Code, though what is below it was asked for.
  const reopening = new Set<NodeJS.Timeout>();
  const keepOpen = (node: TreeNode): void => {
    const timer = setTimeout(() => {
      reopening.delete(timer);
      if (opened.get(node.item.id ?? '') === false || !view.visible) return;
      view.reveal(node, { select: false, focus: false, expand: true }).then(undefined, () => undefined);
    }, reopenAfterMs);
    reopening.add(timer);
  };
  const refresh = (): void => tree.refresh();
  let watching: Disposable | undefined;
  const watch = (): void => {
    watching?.dispose();
    watching = view.visible && vscode.workspace.isTrusted ? watchFiles(pathsOf(parts), refresh) : undefined;
  };
  watch();
  clusters.look(view.visible);
  const ticking = setInterval(() => {
    if (view.visible) tree.update([...shown.values()].flatMap((node) => node.ticking()));
  }, 1_000);
  ticking.unref();
  const registrations = vscode.Disposable.from(
    tree,
    view,
    { dispose: () => clearInterval(ticking) },
    faults.changed.listen(() => tree.update(shown.values())),
    {
      dispose: () => {
        watching?.dispose();
        for (const timer of reopening) clearTimeout(timer);
      },
    },
    // Nothing is watched while nobody looks: what changed meanwhile is read again.
    view.onDidChangeVisibility(({ visible }) => {
      watch();
      clusters.look(visible);
      if (visible) refresh();
    }),
    view.onDidExpandElement(({ element }) => opened.set(element.item.id ?? '', true)),
    view.onDidCollapseElement(({ element }) => opened.set(element.item.id ?? '', false)),
    session.changed.listen(refresh),
    dataSets.changed.listen(refresh),
    clusters.changed.listen((context) => {
      const node = shown.get(contextKey(context));
      if (node !== undefined && view.visible) tree.update(node.changed());
    }),
    clusters.rightsChanged.listen((context) => {
      const node = shown.get(contextKey(context));
      if (node !== undefined && view.visible) tree.update([node]);
    }),
    forwards.changed.listen(refresh),
    filter.changed.listen(refresh),
    factsChanged.listen(refresh),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      watch();
      refresh();
    }),
    settings.onDidChange(['faultline.kubeconfigs', 'faultline.clusters.protection'], () => {
      watch();
      refresh();
    }),
  );
  return {
    roots: () => rootsOf(parts, { shown: new Map(), opened, keepOpen: () => undefined }),
    dispose: () => void registrations.dispose(),
  };
}

/** What the tree shows now. */
interface Drawn {
  /** Items of contexts, by the context's key. */
  readonly shown: Map<string, ContextNode>;
  /** What a person opened and shut, by the item's id. */
  readonly opened: ReadonlyMap<string, boolean>;
  /** Of a context that a person opened, when what is below it is there. */
  readonly keepOpen: (node: TreeNode) => void;
}

/** What the view shows, from top to bottom. */
async function rootsOf(parts: ClusterTreeParts, drawn: Drawn): Promise<readonly TreeNode[]> {
  return [engineNode(parts), ...serverNodes(parts), ...(await contextNodes(parts, drawn)), ...forwardNodes(parts.forwards)];
}

function serverNodes(parts: ClusterTreeParts): readonly TreeNode[] {
  const { servers } = parts.session;
  if (!vscode.workspace.isTrusted || servers.length === 0) return [];
  const item = treeItem({ id: 'servers', label: t('Servers'), icon: new vscode.ThemeIcon('server'), collapsible: 'expanded' });
  return [{ item, children: () => servers.map((server) => targetNode(server, engineNames[server.engine], treeItems.server, parts, [])) }];
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
  contextValue: 'tpchDataSet' | 'dataFile' | 'server',
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

async function contextNodes(parts: ClusterTreeParts, drawn: Drawn): Promise<readonly TreeNode[]> {
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
  const { shown } = drawn;
  const { contexts, problems } = await parts.clusters.contexts();
  const before = new Map(shown);
  shown.clear();
  const nodes = contexts.map((context) => {
    const known = before.get(contextKey(context));
    const node = known !== undefined && isDeepStrictEqual(known.context, context) ? known : contextNode(context, parts, drawn);
    shown.set(contextKey(context), node);
    return node;
  });
  if (nodes.length + problems.length > 0) return [...nodes, ...problems.map(problemNode)];
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

function problemNode({ file, error }: Kubeconfigs['problems'][number]): TreeNode {
  const label = file.split(/[\\/]/).pop() ?? file;
  const { message, facts } = error;
  return { item: treeItem({ id: `kubeconfig:${file}`, label, description: facts.what, icon: stateIcons.problem(), tooltip: message }) };
}

/** Opened by a click on its arrow, and not before: also one that was open when the window was last closed. */
const session = randomUUID();

function contextNode(context: KubeContext, parts: ClusterTreeParts, { opened, keepOpen }: Drawn): ContextNode {
  const { clusters, filter, settings } = parts;
  const protection = (of: OpenCluster): Protection => protectionOfCluster(of, of.identity.last, { settings });
  const facts = (): ItemFacts => {
    const state = clusters.stateOf(context);
    const level = state.kind === 'open' ? protection(state.cluster).level : undefined;
    const shield = level === 'readOnly' ? t('read-only') : level === 'confirm' ? t('protected') : undefined;
    const about = contextState(state);
    return {
      id: `context:${session}:${contextKey(context)}`,
      label: context.name,
      description: [about.word, ...(shield === undefined ? [] : [shield])].join(' · '),
      icon: about.icon,
      contextValue: state.kind === 'closed' ? treeItems.context : treeItems.openContext,
      // Another state than before is what VS Code goes by: what changes while it connects would shut it again.
      collapsible: state.kind === 'closed' ? 'collapsed' : 'expanded',
    };
  };
  let told: ItemFacts | undefined;
  let below: ClusterNodes | undefined;
  const node: ContextNode = {
    context,
    get item() {
      told = facts();
      return treeItem(told);
    },
    tooltip: async () => {
      const state = clusters.stateOf(context);
      return plainMarkdown([
        state.kind === 'closed'
          ? t('Context {0} of cluster {1}. It was not contacted.', context.name, context.cluster)
          : t('Context {0} of cluster {1}', context.name, context.cluster),
        ...(context.namespace === undefined ? [] : [t('Namespace {0}', context.namespace)]),
        context.file,
        ...(state.kind === 'open' ? [state.cluster.connection.server, ...protectionNotes(protection(state.cluster))] : []),
      ]);
    },
    children: async () => {
      // What it fails with stands in its place.
      await clusters.use(context).catch(() => undefined);
      const { ClusterNodes: Nodes, closedNodes } = await import('./cluster.ts');
      const state = clusters.stateOf(context);
      if (state.kind !== 'open') return closedNodes(context, state);
      if (below?.cluster !== state.cluster) {
        below = new Nodes(state.cluster, {
          filter: () => filter.text,
          protection,
          opened,
          faults: () => parts.faults.active(context),
          wallMs: parts.wallMs,
        });
        keepOpen(node);
      }
      return below.top();
    },
    ticking: () => below?.ticking() ?? [],
    changed: () => {
      const state = clusters.stateOf(context);
      if (state.kind !== 'open' || below?.cluster !== state.cluster) return [node];
      const nodes = below.changed();
      return nodes === 'all' || !isSameLook(told, facts()) ? [node] : nodes;
    },
  };
  return node;
}

function isSameLook(a: ItemFacts | undefined, b: ItemFacts): boolean {
  return a !== undefined && a.description === b.description && a.icon?.id === b.icon?.id && a.contextValue === b.contextValue;
}

function contextState(state: ClusterState): { readonly word: string; readonly icon: vscode.ThemeIcon } {
  switch (state.kind) {
    case 'closed':
      return { word: t('not contacted'), icon: stateIcons.notContacted() };
    case 'connecting':
      return { word: t('connecting …'), icon: new vscode.ThemeIcon('sync~spin') };
    case 'failed':
      return { word: state.error.facts.what, icon: stateIcons.failed() };
    case 'open': {
      const { health } = state.cluster.live.shown;
      return { word: health.word, icon: contextIcons[health.state]() };
    }
  }
}

const contextIcons: { readonly [S in HealthState]: () => vscode.ThemeIcon } = {
  ok: stateIcons.ready,
  starting: () => new vscode.ThemeIcon('sync~spin'),
  degraded: stateIcons.limited,
  failed: stateIcons.failed,
  unknown: stateIcons.notContacted,
  stopping: stateIcons.limited,
};

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
