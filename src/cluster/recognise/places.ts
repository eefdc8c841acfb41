/** Nodes and Helm releases as lines. */
import { t } from '../../base/messages.ts';
import type { KubeObject, Node } from '../objects.ts';
import { since } from './health.ts';
import { compare } from './instances.ts';
import type { Health, NodeLine, ReleaseLine } from './model.ts';
import { refOf } from './pods.ts';
import { quantity } from './quantity.ts';

export function nodeLine(node: Node, pods: number): NodeLine {
  const { metadata, spec = {}, status = {} } = node;
  const labels = metadata.labels ?? {};
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'];
  const version = status.nodeInfo?.kubeletVersion;
  const cpuCores = quantity(status.allocatable?.['cpu']);
  const memoryBytes = quantity(status.allocatable?.['memory']);
  const most = quantity(status.allocatable?.['pods']);
  return {
    id: `node:${metadata.name}`,
    ref: refOf('v1', 'Node', node),
    health: nodeHealth(node),
    isCordoned: spec.unschedulable === true,
    roles: Object.keys(labels).flatMap((key) => /^node-role\.kubernetes\.io\/(.+)$/.exec(key)?.[1] ?? []),
    ...(zone === undefined ? {} : { zone }),
    ...(version === undefined ? {} : { version }),
    allocatable: {
      ...(cpuCores === undefined ? {} : { cpuCores }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(most === undefined ? {} : { pods: most }),
    },
    pods,
    taints: (spec.taints ?? []).map(
      ({ key, value, effect }) => `${key}${value === undefined || value === '' ? '' : `=${value}`}:${effect}`,
    ),
  };
}

export function isNodeLost(node: Node | undefined): boolean {
  return node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'Unknown';
}

function nodeHealth(node: Node): Health {
  const conditions = new Map((node.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const ready = conditions.get('Ready');
  if (ready === undefined) return { state: 'unknown', word: t('unknown'), why: t('It has not said anything yet.') };
  if (ready.status === 'Unknown')
    return { state: 'failed', word: t('does not answer'), why: t('Its kubelet stopped reporting.'), ...since(ready.lastTransitionTime) };
  if (ready.status !== 'True')
    return { state: 'failed', word: t('not ready'), why: ready.message ?? ready.reason ?? '', ...since(ready.lastTransitionTime) };
  for (const [type, word] of pressures()) {
    const pressure = conditions.get(type);
    if (pressure?.status === 'True')
      return { state: 'degraded', word, why: pressure.message ?? type, ...since(pressure.lastTransitionTime) };
  }
  if (node.spec?.unschedulable === true) return { state: 'stopping', word: t('cordoned'), why: t('No new pods are placed on it.') };
  return { state: 'ok', word: t('ready') };
}

function pressures(): readonly (readonly [type: string, word: string])[] {
  return [
    ['NetworkUnavailable', t('no network')],
    ['MemoryPressure', t('short of memory')],
    ['DiskPressure', t('short of disk')],
    ['PIDPressure', t('short of process ids')],
  ];
}

/** The newest revision of each release. `charts`: by `namespace/name` of the release, where an object says it. */
export function releasesOf(secrets: Iterable<KubeObject>, charts: ReadonlyMap<string, string>): readonly ReleaseLine[] {
  const newest = new Map<string, ReleaseLine>();
  for (const { metadata } of secrets) {
    const labels = metadata.labels ?? {};
    const name = labels['name'];
    const revision = Number(labels['version']);
    if (labels['owner'] !== 'helm' || name === undefined || Number.isNaN(revision)) continue;
    const namespace = metadata.namespace ?? '';
    const key = `${namespace}/${name}`;
    const known = newest.get(key);
    if (known !== undefined && known.revision > revision) continue;
    const status = labels['status'] ?? 'unknown';
    const chart = charts.get(key);
    const seconds = Number(labels['modifiedAt'] ?? labels['createdAt']);
    const changedAtMs = Number.isNaN(seconds) ? Date.parse(metadata.creationTimestamp ?? '') : seconds * 1000;
    newest.set(key, {
      id: `release:${key}`,
      name,
      namespace,
      revision,
      status,
      ...(chart === undefined ? {} : { chart }),
      health: releaseHealth(status),
      ...(Number.isNaN(changedAtMs) ? {} : { changedAtMs }),
    });
  }
  return [...newest.values()].sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
}

function releaseHealth(status: string): Health {
  switch (status) {
    case 'deployed':
      return { state: 'ok', word: t('deployed') };
    case 'failed':
      return { state: 'failed', word: t('failed'), why: t('The last change of this release failed; what it had changed before is there.') };
    case 'pending-install':
      return { state: 'starting', word: t('installing'), why: t('A Helm that was stopped leaves this behind too.') };
    case 'pending-upgrade':
      return { state: 'starting', word: t('upgrading'), why: t('A Helm that was stopped leaves this behind too.') };
    case 'pending-rollback':
      return { state: 'starting', word: t('rolling back'), why: t('A Helm that was stopped leaves this behind too.') };
    case 'uninstalling':
      return { state: 'stopping', word: t('uninstalling') };
    case 'uninstalled':
      return { state: 'unknown', word: t('uninstalled, history kept') };
    default:
      return { state: 'unknown', word: status };
  }
}
