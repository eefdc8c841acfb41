/** What changes a cluster by right-click: restart, delete, cordon, drain. Each is asked for first, as the cluster's protection wants it. */
import * as vscode from 'vscode';
import { invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { Place, Restarted } from '../../../cluster/act/change.ts';
import type { DrainEvent } from '../../../cluster/act/drain.ts';
import type { DrainPod } from '../../../cluster/act/nodes.ts';
import type { NodeLine } from '../../../cluster/recognise/model.ts';
import type { OpenCluster } from '../../session/clusters.ts';
import { askConsent, isLineArgument, podOf, type ClusterCommandParts } from './lines.ts';

export function changeCommands(parts: ClusterCommandParts) {
  return {
    restart: (argument: unknown) => restart(argument, parts),
    deletePod: (argument: unknown) => deleteOne(argument, parts),
    cordon: (argument: unknown) => setCordon(argument, true, parts),
    uncordon: (argument: unknown) => setCordon(argument, false, parts),
    drainNode: (argument: unknown) => drain(argument, parts),
    drainTrinoWorker: (argument: unknown) => drainWorker(argument, parts),
  };
}

/** Of a role its workloads; of a pod the one that would bring it back. */
async function restart(argument: unknown, parts: ClusterCommandParts): Promise<void> {
  const { restarterOf, restartWorkload } = await import('../../../cluster/act/change.ts');
  const { cluster, workloads } = await workloadsMeant(argument, parts, restarterOf);
  if (cluster === undefined) return;
  const names = workloads.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const question = {
    what: t('Restart {0} in {1}?', names, cluster.context.name),
    detail: t('Its pods are replaced one after the other, as its update strategy says.'),
    button: t('Restart'),
  };
  const consent = await askConsent(cluster, 'restart', question, parts);
  for (const workload of workloads) await restartWorkload(cluster.connection, workload, consent);
  vscode.window.setStatusBarMessage(t('{0} restarts.', names), 8_000);
}

async function workloadsMeant(
  argument: unknown,
  parts: ClusterCommandParts,
  restarterOf: (connection: OpenCluster['connection'], pod: Place) => Promise<Restarted>,
): Promise<{ readonly cluster?: OpenCluster; readonly workloads: readonly Restarted[] }> {
  if (isLineArgument(argument) && argument.line.subject.kind === 'role') {
    const workloads = argument.line.subject.role.workloads.flatMap(({ kind, namespace = '', name }): Restarted[] =>
      kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet' ? [{ kind, namespace, name }] : [],
    );
    if (workloads.length === 0) throw invalid(t('It has no workload that could be restarted'), t('Its operator restarts its pods.'));
    return { cluster: await parts.clusters.use(argument.context), workloads };
  }
  const chosen = await podOf(argument, t('Restart the workload of which pod?'), parts);
  if (!chosen) return { workloads: [] };
  const { namespace = '', name } = chosen.pod.ref;
  return { cluster: chosen.cluster, workloads: [await restarterOf(chosen.cluster.connection, { namespace, name })] };
}

async function deleteOne(argument: unknown, parts: ClusterCommandParts): Promise<void> {
  const chosen = await podOf(argument, t('Delete which pod?'), parts);
  if (!chosen) return;
  const { cluster, pod } = chosen;
  const { namespace = '', name, uid } = pod.ref;
  const question = {
    what: t('Delete pod {0} in {1}?', name, cluster.context.name),
    detail: t('It gets its grace period to end; its controller brings another one.'),
    button: t('Delete'),
  };
  const consent = await askConsent(cluster, 'deletePod', question, parts);
  const { deletePod } = await import('../../../cluster/act/change.ts');
  await deletePod(cluster.connection, { namespace, name }, consent, uid === undefined ? {} : { uid });
}

async function nodeOf(
  argument: unknown,
  title: string,
  { clusters }: ClusterCommandParts,
): Promise<{ cluster: OpenCluster; node: NodeLine } | undefined> {
  if (isLineArgument(argument) && argument.line.subject.kind === 'node')
    return { cluster: await clusters.use(argument.context), node: argument.line.subject.node };
  const items = clusters.open.flatMap((cluster) =>
    cluster.live.model().nodes.items.map((node) => ({
      label: node.ref.name,
      description: node.health.word,
      detail: cluster.context.name,
      chosen: { cluster, node },
    })),
  );
  if (items.length === 0) throw invalid(t('There is no node to choose from'), t('Open a cluster in the Clusters view first.'));
  return (await vscode.window.showQuickPick(items, { title }))?.chosen;
}

async function setCordon(argument: unknown, on: boolean, parts: ClusterCommandParts): Promise<void> {
  const chosen = await nodeOf(argument, on ? t('Cordon which node?') : t('Uncordon which node?'), parts);
  if (!chosen) return;
  const { cluster, node } = chosen;
  const { name } = node.ref;
  const question = on
    ? { what: t('Cordon node {0}?', name), detail: t('Its pods stay; no new ones are scheduled there.'), button: t('Cordon') }
    : { what: t('Uncordon node {0}?', name), detail: t('Pods are scheduled there again.'), button: t('Uncordon') };
  const consent = await askConsent(cluster, on ? 'cordon' : 'uncordon', question, parts);
  const { cordon, uncordon } = await import('../../../cluster/act/nodes.ts');
  await (on ? cordon : uncordon)(cluster.connection, name, consent);
}

async function drain(argument: unknown, parts: ClusterCommandParts): Promise<void> {
  const chosen = await nodeOf(argument, t('Drain which node?'), parts);
  if (!chosen) return;
  const { cluster, node } = chosen;
  const { name } = node.ref;
  const { planDrain } = await import('../../../cluster/act/nodes.ts');
  const { drainNode } = await import('../../../cluster/act/drain.ts');
  const { pods } = await planDrain(cluster.connection, name);
  const evicted = pods.filter(({ fate }) => fate.kind === 'evict');
  const asked = pods.filter(({ fate }) => fate.kind === 'consent');
  const alsoEvict = asked.length === 0 ? [] : await chooseMore(name, asked);
  if (alsoEvict === undefined) return;
  const question = {
    what: t('Drain node {0} in {1}?', name, cluster.context.name),
    detail: t(
      'It is cordoned, and {0} of its {1} pods are evicted, as their disruption budgets allow.',
      evicted.length + alsoEvict.length,
      pods.length,
    ),
    button: t('Drain'),
  };
  const consent = await askConsent(cluster, 'drainNode', question, parts);
  const options = { location: vscode.ProgressLocation.Notification, title: t('Draining {0}', name), cancellable: true };
  await vscode.window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    for await (const event of drainNode(cluster.connection, name, { consent, signal: stop.signal, alsoEvict }))
      progress.report({ message: drainText(event) });
  });
  parts.notifier.tell(t('Node {0} is drained. It stays cordoned until you uncordon it.', name));
}

async function chooseMore(node: string, asked: readonly DrainPod[]): Promise<readonly string[] | undefined> {
  const items = asked.map(({ namespace, name, fate }) => ({
    label: `${namespace}/${name}`,
    detail: fate.kind === 'consent' ? fate.why : '',
  }));
  const title = t('{0} has pods that lose data or do not come back: evict which of them too?', node);
  const chosen = await vscode.window.showQuickPick(items, { title, canPickMany: true, ignoreFocusOut: true });
  return chosen?.map(({ label }) => label);
}

function drainText(event: DrainEvent): string {
  switch (event.kind) {
    case 'cordoned':
      return t('cordoned');
    case 'skipped':
      return t('{0} stays: {1}', event.pod, event.why);
    case 'evicting':
      return t('evicting {0}', event.pod);
    case 'blocked':
      return t('{0} waits: {1}', event.pod, event.why);
    case 'gone':
      return t('{0} is gone, {1} left', event.pod, event.left);
    case 'drained':
      return t('{0} pods evicted', event.evicted);
  }
}

async function drainWorker(argument: unknown, parts: ClusterCommandParts): Promise<void> {
  const chosen = await podOf(argument, t('Drain which Trino worker?'), parts);
  if (!chosen) return;
  const { cluster, pod } = chosen;
  const { namespace = '', name } = pod.ref;
  const { activateTrinoWorker, drainTrinoWorker, trinoState } = await import('../../../cluster/act/trino.ts');
  const worker = { namespace, pod: name, user: 'admin' };
  const state = await trinoState(cluster.connection, worker, AbortSignal.timeout(15_000));
  const back = state === 'DRAINING' || state === 'DRAINED';
  const question = back
    ? { what: t('Give {0} work again?', name), detail: t('Trino has drained it.'), button: t('Activate') }
    : {
        what: t('Drain Trino worker {0}?', name),
        detail: t('It gets no new tasks; those it has end. It can be given work again.'),
        button: t('Drain'),
      };
  const consent = await askConsent(cluster, 'drainTrino', question, parts);
  const options = { location: vscode.ProgressLocation.Notification, title: name, cancellable: true };
  await vscode.window.withProgress(options, async (progress, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    if (back) return activateTrinoWorker(cluster.connection, worker, { consent, signal: stop.signal });
    for await (const event of drainTrinoWorker(cluster.connection, worker, { consent, signal: stop.signal }))
      progress.report({ message: event.state });
    return undefined;
  });
  parts.notifier.tell(back ? t('{0} is active again.', name) : t('{0} is drained: it can be deleted without a query noticing.', name));
}
