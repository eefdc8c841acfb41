/** What a cluster shows, as tree items: one for each line of its model, with the menus that fit and are allowed. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import { mayChange, type Protection } from '../../cluster/act/protection.ts';
import { needs, type Wish } from '../../cluster/act/permissions.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import { filterLines } from '../../cluster/recognise/filter.ts';
import { linesOf } from '../../cluster/recognise/lines.ts';
import type { HealthState, KafkaInstance, Line, LineSubject } from '../../cluster/recognise/model.ts';
import { commandLink } from '../contribute.ts';
import { contextKey, isKafka, isSql, mayDo, type Clusters, type OpenCluster } from '../session/clusters.ts';
import { plainMarkdown, stateIcons, treeItem, type TreeNode } from './provider.ts';

/** Menus on what a cluster shows get this node. */
export interface LineNode extends TreeNode {
  readonly context: KubeContext;
  readonly line: Line;
}

export interface ContextNode extends TreeNode {
  readonly context: KubeContext;
}

/** More of one group at once would make the tree slow to draw; a filter finds the others. */
const shownAtOnce = 250;

export interface ClusterNodeParts {
  readonly clusters: Clusters;
  readonly filter: () => string;
  readonly protection: (cluster: OpenCluster) => Protection;
  /** What a person opened and shut, by the item's id: one that is drawn anew while it opens would be shut by that. */
  readonly opened: ReadonlyMap<string, boolean>;
}

/** The children of an open context; what is wrong with one that is not. */
export async function clusterNodes(context: KubeContext, parts: ClusterNodeParts): Promise<readonly TreeNode[]> {
  const state = parts.clusters.stateOf(context);
  if (state.kind === 'failed') return [failedNode(context, state.error.facts.what, state.error.message)];
  if (state.kind !== 'open') return [noteNode(`connecting:${contextKey(context)}`, t('connecting …'), 'sync~spin')];
  const { cluster } = state;
  const lines = linesOf(cluster.live.model());
  const text = parts.filter();
  if (text === '') return lineNodes(lines, cluster, parts);
  const { lines: found, shown, total } = filterLines(lines, text);
  const count = treeItem({
    id: `filter:${contextKey(context)}`,
    label: t('{0} of {1}', shown, total),
    description: t('filtered by “{0}”', text),
    icon: new vscode.ThemeIcon('filter-filled'),
    command: commandLink('faultline.filterClusters', t('Filter')),
  });
  return [{ item: count }, ...(await lineNodes(found, cluster, parts))];
}

async function lineNodes(lines: readonly Line[], cluster: OpenCluster, parts: ClusterNodeParts): Promise<readonly TreeNode[]> {
  const nodes: TreeNode[] = await Promise.all(lines.slice(0, shownAtOnce).map((line) => lineNode(line, cluster, parts)));
  const more = lines.length - nodes.length;
  if (more > 0) nodes.push(moreNode(lines[shownAtOnce]?.id ?? '', more, cluster));
  return nodes;
}

async function lineNode(line: Line, cluster: OpenCluster, parts: ClusterNodeParts): Promise<LineNode> {
  const { context } = cluster;
  const { id, label, description, health, subject, tooltip, children } = line;
  const filtered = parts.filter() !== '';
  const key = `${contextKey(context)}/${id}`;
  const isOpen = filtered || (parts.opened.get(key) ?? isOpenAtFirst(subject));
  const isLoginNote = subject.kind === 'note' && subject.note === 'login';
  const item = treeItem({
    id: key,
    label,
    description: isLoginNote ? t('click to log in') : description,
    icon: iconOf(subject, health?.state),
    contextValue: await menusOf(subject, cluster, parts.protection(cluster)),
    ...(children.length === 0 ? {} : { collapsible: isOpen ? 'expanded' : 'collapsed' }),
    ...(subject.kind === 'pod' ? { command: commandLink('faultline.describe', t('Describe'), { context, line }) } : {}),
    ...(isLoginNote ? { command: commandLink('faultline.kafkaLogin', t('Log In to Kafka…'), { context, line }) } : {}),
  });
  return {
    context,
    line,
    item,
    tooltip: async () => plainMarkdown([label, ...(health === undefined ? [] : [health.word]), ...tooltip]),
    ...(children.length === 0 ? {} : { children: () => lineNodes(children, cluster, parts) }),
  };
}

function moreNode(id: string, more: number, { context }: OpenCluster): TreeNode {
  const item = treeItem({
    id: `${contextKey(context)}/more:${id}`,
    label: t('{0} more', more),
    description: t('filter to find them'),
    icon: new vscode.ThemeIcon('ellipsis'),
    command: commandLink('faultline.filterClusters', t('Filter')),
  });
  return { item };
}

function failedNode(context: KubeContext, what: string, tooltip: string): TreeNode {
  const item = treeItem({
    id: `failed:${contextKey(context)}`,
    label: what,
    description: t('click to try again'),
    icon: stateIcons.failed(),
    command: commandLink('faultline.reconnectCluster', t('Try Again'), { context }),
    tooltip,
  });
  return { item };
}

function noteNode(id: string, label: string, icon: string): TreeNode {
  return { item: treeItem({ id, label, icon: new vscode.ThemeIcon(icon) }) };
}

function isOpenAtFirst(subject: LineSubject): boolean {
  return subject.kind === 'section' && (subject.section === 'engines' || subject.section === 'kafka' || subject.section === 'autoscaling');
}

const healthIcons: { readonly [S in HealthState]: () => vscode.ThemeIcon } = {
  ok: stateIcons.ready,
  starting: () => new vscode.ThemeIcon('loading', new vscode.ThemeColor('charts.blue')),
  degraded: stateIcons.limited,
  failed: stateIcons.failed,
  unknown: () => new vscode.ThemeIcon('question', new vscode.ThemeColor('descriptionForeground')),
  stopping: () => new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('charts.orange')),
};

const sectionIcons = {
  engines: 'server-process',
  autoscaling: 'arrow-both',
  kafka: 'broadcast',
  storage: 'archive',
  monitoring: 'graph',
  nodes: 'vm',
  releases: 'package',
} as const;

function iconOf(subject: LineSubject, health: HealthState | undefined): vscode.ThemeIcon {
  if (subject.kind === 'section') return new vscode.ThemeIcon(sectionIcons[subject.section]);
  if (subject.kind === 'note') {
    if (subject.note === 'blocked' || subject.note === 'stale') return stateIcons.limited();
    if (subject.note === 'forbidden') return new vscode.ThemeIcon('lock', new vscode.ThemeColor('charts.yellow'));
    if (subject.note === 'failed') return stateIcons.failed();
    if (subject.note === 'login')
      return subject.instance.login === 'wanted'
        ? new vscode.ThemeIcon('key', new vscode.ThemeColor('charts.yellow'))
        : stateIcons.failed();
    return new vscode.ThemeIcon(subject.note === 'syncing' ? 'sync~spin' : 'info');
  }
  return health === undefined ? new vscode.ThemeIcon('symbol-misc') : healthIcons[health]();
}

/** "pod;logs;shell": the kind of line, then each menu entry that fits it and may be used. */
async function menusOf(subject: LineSubject, cluster: OpenCluster, protection: Protection): Promise<string> {
  const entries: string[] = [subject.kind];
  const changes = mayChange(protection);
  const offer = async (entry: string, namespace: string | undefined, wishes: readonly Wish[]): Promise<void> => {
    if (await mayDo(cluster, namespace, wishes)) entries.push(entry);
  };
  switch (subject.kind) {
    case 'pod':
    case 'broker': {
      const pod = subject.kind === 'pod' ? subject.pod : subject.broker.pod;
      if (pod === undefined) break;
      const { namespace } = pod.ref;
      await offer('logs', namespace, needs.logs);
      await offer('forward', namespace, needs.portForward);
      entries.push('describe');
      if (!changes) break;
      await offer('shell', namespace, needs.shell);
      await offer('restart', namespace, needs.deletePod);
      await offer('delete', namespace, needs.deletePod);
      if (pod.engine === 'trino' && pod.role === 'worker') entries.push('drainTrino');
      break;
    }
    case 'engine': {
      const { instance } = subject;
      await offer('logs', instance.namespace, needs.logs);
      if (isSql(instance.engine) && instance.service !== undefined) await offer('sql', instance.namespace, needs.portForward);
      if (isKafka(instance)) entries.push(...loginEntries(instance));
      break;
    }
    case 'role': {
      const { namespace } = subject.instance;
      await offer('logs', namespace, needs.logs);
      if (changes && subject.role.workloads.length > 0) await offer('restart', namespace, needs.restartDeployment);
      break;
    }
    case 'shard':
      await offer('logs', subject.instance.namespace, needs.logs);
      break;
    case 'node':
      entries.push('describe');
      if (!changes) break;
      await offer(subject.node.isCordoned ? 'uncordon' : 'cordon', undefined, [{ verb: 'patch', resource: 'nodes' }]);
      await offer('drain', undefined, [{ verb: 'patch', resource: 'nodes' }]);
      break;
    case 'autoscaler':
      entries.push('describe');
      break;
    case 'release':
      if (changes) entries.push('testRelease', 'rollback', 'uninstall');
      break;
    case 'note':
      if (subject.note === 'login') entries.push(...loginEntries(subject.instance));
      break;
    case 'section':
    case 'topics':
    case 'topic':
      break;
  }
  return entries.join(';');
}

/** Whoever is let in without one may want to be somebody. */
function loginEntries({ login }: KafkaInstance): readonly string[] {
  const given = login === 'given' || login === 'refused' ? ['forgetLogin'] : [];
  return ['login', ...(login === 'wanted' || login === 'refused' ? ['loginWanted'] : []), ...given];
}
