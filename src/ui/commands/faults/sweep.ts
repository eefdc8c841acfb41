/** What faults left behind when nobody was there to heal them: looked for when a context is opened, and by command. */
import * as vscode from 'vscode';
import { normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { mayChange } from '../../../cluster/act/protection.ts';
import type { KubeContext } from '../../../cluster/connect/kubeconfig.ts';
import { sweep, type Swept } from '../../../fault/sweep.ts';
import type { RunStore } from '../../../journal/store.ts';
import type { Log } from '../../log.ts';
import type { OpenCluster } from '../../session/clusters.ts';
import { isContextArgument, protectionOfCluster, type ClusterCommandParts } from '../cluster/lines.ts';

export interface SweepParts extends Pick<ClusterCommandParts, 'notifier' | 'settings' | 'clusters'> {
  readonly store: RunStore;
  readonly log: Log;
  readonly wallMs: () => number;
}

/** Quiet where there is nothing, and where it may not look. Does not fail. */
export async function sweepOpened(cluster: OpenCluster, parts: SweepParts): Promise<void> {
  const { log, notifier, clusters, settings } = parts;
  const { context } = cluster;
  try {
    // A read-only cluster is not changed from here, not even back.
    if (!mayChange(protectionOfCluster(cluster, await clusters.identify(cluster), { settings }))) return;
    const swept = await sweepOf(cluster, parts);
    const lines = sweptLines(swept, context.name);
    for (const line of lines) log.info(`sweep: ${line}`);
    if (swept.found.some(({ outcome }) => outcome !== 'healed'))
      notifier.warn(lines.join(' '), { title: t('Open Log'), run: () => log.show() });
    else if (swept.found.length > 0) notifier.tell(lines.join(' '));
  } catch (error) {
    const known = normalise(error);
    if (known.reason !== 'cancelled') log.info(`sweep of ${context.name}: ${known.facts.what}`);
  }
}

export async function sweepNow(argument: unknown, parts: SweepParts): Promise<void> {
  const { clusters, notifier, log, settings } = parts;
  const context = isContextArgument(argument) ? argument.context : await choose(parts);
  if (context === undefined) return;
  const cluster = await clusters.use(context);
  if (!mayChange(protectionOfCluster(cluster, await clusters.identify(cluster), { settings }))) {
    notifier.warn(t('{0} is protected as read-only: nothing is changed there from here.', context.name));
    return;
  }
  const options = { location: vscode.ProgressLocation.Notification, title: t('Looking for what faults left behind in {0}', context.name) };
  const swept = await vscode.window.withProgress(options, () => sweepOf(cluster, parts));
  const lines = sweptLines(swept, context.name);
  for (const line of [...lines, ...swept.unread]) log.info(`sweep: ${line}`);
  const unread = swept.unread.length === 0 ? [] : [t('Not everything could be looked at: {0}.', swept.unread.join(', '))];
  const text = [...(lines.length === 0 ? [t('Nothing was left behind in {0}.', context.name)] : lines), ...unread].join(' ');
  if (unread.length > 0 || swept.found.some(({ outcome }) => outcome !== 'healed')) notifier.warn(text);
  else notifier.tell(text);
}

async function sweepOf({ connection }: OpenCluster, { store, wallMs }: SweepParts): Promise<Swept> {
  // Those that run heal their own.
  const alive = new Set((await store.list()).flatMap(({ run, state }) => (state === 'running' ? [run] : [])));
  return sweep(connection, { nowMs: wallMs(), alive }, AbortSignal.timeout(60_000));
}

async function choose({ clusters }: SweepParts): Promise<KubeContext | undefined> {
  const items = clusters.open.map(({ context }) => ({ label: context.name, detail: context.file, context }));
  return (await vscode.window.showQuickPick(items, { title: t('Sweep which cluster?') }))?.context;
}

function sweptLines({ found, leases }: Swept, context: string): readonly string[] {
  return [
    ...found.map(({ title, outcome, text }) => {
      if (outcome === 'healed') return t('{0} in {1} was set back: a fault had left it changed.', title, context);
      return outcome === 'left'
        ? t('{0} in {1} was left as it is: {2}.', title, context, text ?? '')
        : t('{0} in {1} could not be set back: {2}.', title, context, text ?? '');
    }),
    ...(leases === 0 ? [] : [leases === 1 ? t('1 expired lock was removed.') : t('{0} expired locks were removed.', leases)]),
  ];
}
