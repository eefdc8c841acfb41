/** What a cluster shows, as tree items: one for each line of its model, with the menus that fit and are allowed. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import { mayChange, type Protection } from '../../cluster/act/protection.ts';
import { needs, type Wish } from '../../cluster/act/permissions.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import type { HealthState, KafkaInstance, Line, LineSubject } from '../../cluster/recognise/model.ts';
import { commandLink } from '../contribute.ts';
import { isSql } from '../../cluster/sqlServer.ts';
import { contextKey, isKafka, mayDo, type ClusterState, type OpenCluster } from '../session/clusters.ts';
import type { WatchedFault } from '../session/faultWatch.ts';
import { BreakRights } from '../session/break/rights.ts';
import { ActiveFaultNodes } from './activeFaults.ts';
import { plainMarkdown, stateIcons, treeItem, type TreeNode } from './provider.ts';
import { ClusterRows, type Row } from './rows.ts';

/** Menus on what a cluster shows get this node. */
export interface LineNode extends TreeNode {
  readonly context: KubeContext;
  readonly line: Line;
}

export interface ContextNode extends TreeNode {
  readonly context: KubeContext;
  /** Of it and of all below it those that are to be drawn anew since this was called last. */
  changed(): readonly TreeNode[];
  /** Those below whose text is another each second. */
  ticking(): readonly TreeNode[];
}

export interface ClusterNodeParts {
  readonly filter: () => string;
  readonly protection: (cluster: OpenCluster) => Protection;
  /** What a person opened and shut, by the item's id: one that is drawn anew while it opens would be shut by that. */
  readonly opened: ReadonlyMap<string, boolean>;
  /** What is broken there now. */
  readonly faults: () => readonly WatchedFault[];
  readonly wallMs: () => number;
}

/** In place of the children of a context that is not open. */
export function closedNodes(context: KubeContext, state: Exclude<ClusterState, { kind: 'open' }>): readonly TreeNode[] {
  if (state.kind === 'failed') return [failedNode(context, state.error.facts.what, state.error.message)];
  return [noteNode(`connecting:${contextKey(context)}`, t('connecting …'), 'sync~spin')];
}

/** What an open cluster shows. A node stays the same object while what it stands for is there, and always tells of it as it is now. */
export class ClusterNodes {
  readonly cluster: OpenCluster;
  readonly #parts: ClusterNodeParts;
  readonly #rows: ClusterRows;
  readonly #nodes = new WeakMap<Row, LineNode>();
  readonly #rights = new BreakRights();
  readonly #faults: ActiveFaultNodes;

  constructor(cluster: OpenCluster, parts: ClusterNodeParts) {
    this.cluster = cluster;
    this.#parts = parts;
    this.#rows = new ClusterRows(() => cluster.live.shown, parts.filter);
    const { faults, wallMs } = parts;
    this.#faults = new ActiveFaultNodes({ key: contextKey(cluster.context), faults, wallMs });
  }

  top(): readonly TreeNode[] | Promise<readonly TreeNode[]> {
    this.#rows.renew();
    const { rows, more, found } = this.#rows.top;
    const broken = this.#faults.top();
    const listed = this.#listed(rows, more);
    const nodes =
      broken.length === 0 ? listed : listed instanceof Promise ? listed.then((list) => [...list, ...broken]) : [...listed, ...broken];
    if (found === undefined) return nodes;
    const count = treeItem({
      id: `filter:${contextKey(this.cluster.context)}`,
      label: t('{0} of {1}', found.shown, found.total),
      description: t('filtered by “{0}”', found.text),
      icon: new vscode.ThemeIcon('filter-filled'),
      command: commandLink('faultline.filterClusters', t('Filter')),
    });
    return nodes instanceof Promise ? nodes.then((list) => [{ item: count }, ...list]) : [{ item: count }, ...nodes];
  }

  /** Those whose item or children are others than when this or `top` was called last; `all`: the list at the top is another. */
  changed(): readonly TreeNode[] | 'all' {
    const { rows, isTopOther } = this.#rows.renew();
    return isTopOther ? 'all' : rows.map((row) => this.#node(row));
  }

  ticking(): readonly TreeNode[] {
    return this.#faults.rows;
  }

  /** Waits only where nobody knows yet what the user may do there. */
  #listed(rows: readonly Row[], more: number): readonly TreeNode[] | Promise<readonly TreeNode[]> {
    const { permissions } = this.cluster;
    const unknown = namespacesOf(rows).filter((namespace) => permissions.now(namespace) === undefined);
    const nodes: TreeNode[] = rows.map((row) => this.#node(row));
    if (more > 0) nodes.push(moreNode(rows[0]?.line.id ?? '', more, this.cluster));
    if (unknown.length === 0) return nodes;
    return Promise.allSettled(unknown.map((namespace) => permissions.of(namespace))).then(() => nodes);
  }

  #node(row: Row): LineNode {
    const known = this.#nodes.get(row);
    if (known !== undefined) return known;
    const { cluster } = this;
    const { context } = cluster;
    const parts = this.#parts;
    const rights = this.#rights;
    const list = (): ReturnType<NonNullable<TreeNode['children']>> => this.#listed(row.rows(), row.more);
    const node: LineNode = {
      context,
      get line() {
        return row.line;
      },
      get item() {
        return lineItem(node, cluster, parts, rights);
      },
      tooltip: async () => {
        const { label, health, tooltip } = row.line;
        return plainMarkdown([label, ...(health === undefined ? [] : [health.word]), ...tooltip]);
      },
      children: list,
    };
    this.#nodes.set(row, node);
    return node;
  }
}

function lineItem(node: LineNode, cluster: OpenCluster, parts: ClusterNodeParts, rights: BreakRights): vscode.TreeItem {
  const { id, label, description, health, subject, children } = node.line;
  const key = `${contextKey(node.context)}/${id}`;
  const isOpen = parts.filter() !== '' || (parts.opened.get(key) ?? isOpenAtFirst(subject));
  const isLoginNote = subject.kind === 'note' && subject.note === 'login';
  return treeItem({
    id: key,
    label,
    description: isLoginNote ? t('click to log in') : description,
    icon: iconOf(subject, health?.state),
    contextValue: menusOf(subject, cluster, parts.protection(cluster), rights),
    ...(children.length === 0 ? {} : { collapsible: isOpen ? 'expanded' : 'collapsed' }),
    ...(subject.kind === 'pod' ? { command: commandLink('faultline.describe', t('Describe'), node) } : {}),
    ...(isLoginNote ? { command: commandLink('faultline.kafkaLogin', t('Log In to Kafka…'), node) } : {}),
  });
}

/** Where their menus ask for rights; undefined: in the whole cluster. */
function namespacesOf(rows: readonly Row[]): readonly (string | undefined)[] {
  const namespaces = new Set<string | undefined>();
  for (const { line } of rows) {
    const { subject } = line;
    if (subject.kind === 'pod') namespaces.add(subject.pod.ref.namespace);
    else if (subject.kind === 'broker' && subject.broker.pod !== undefined) namespaces.add(subject.broker.pod.ref.namespace);
    else if (subject.kind === 'engine' || subject.kind === 'role' || subject.kind === 'shard') namespaces.add(subject.instance.namespace);
    else if (subject.kind === 'node') namespaces.add(undefined);
  }
  return [...namespaces];
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
function menusOf(subject: LineSubject, cluster: OpenCluster, protection: Protection, rights: BreakRights): string {
  const entries: string[] = [subject.kind];
  const changes = mayChange(protection);
  if (changes && rights.offers(subject, cluster)) entries.push('break');
  const offer = (entry: string, namespace: string | undefined, wishes: readonly Wish[]): void => {
    if (mayDo(cluster, namespace, wishes)) entries.push(entry);
  };
  switch (subject.kind) {
    case 'pod':
    case 'broker': {
      const pod = subject.kind === 'pod' ? subject.pod : subject.broker.pod;
      if (pod === undefined) break;
      const { namespace } = pod.ref;
      offer('logs', namespace, needs.logs);
      if (pod.restarts > 0) offer('previousLogs', namespace, needs.logs);
      offer('forward', namespace, needs.portForward);
      entries.push('describe');
      if (!changes) break;
      offer('shell', namespace, needs.shell);
      offer('restart', namespace, needs.deletePod);
      offer('delete', namespace, needs.deletePod);
      if (pod.engine === 'trino' && pod.role === 'worker') entries.push('drainTrino');
      break;
    }
    case 'engine': {
      const { instance } = subject;
      offer('logs', instance.namespace, needs.logs);
      if (isSql(instance.engine) && instance.service !== undefined) offer('sql', instance.namespace, needs.portForward);
      if (isKafka(instance)) entries.push(...loginEntries(instance));
      break;
    }
    case 'role': {
      const { namespace } = subject.instance;
      offer('logs', namespace, needs.logs);
      if (changes && subject.role.workloads.length > 0) offer('restart', namespace, needs.restartDeployment);
      break;
    }
    case 'shard':
      offer('logs', subject.instance.namespace, needs.logs);
      break;
    case 'node':
      entries.push('describe');
      if (!changes) break;
      offer(subject.node.isCordoned ? 'uncordon' : 'cordon', undefined, [{ verb: 'patch', resource: 'nodes' }]);
      offer('drain', undefined, [{ verb: 'patch', resource: 'nodes' }]);
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
