/** A sweep that a person asks for. */
import * as vscode from 'vscode';
import { t } from '../../../base/messages.ts';
import type { KubeContext } from '../../../cluster/connect/kubeconfig.ts';
import { maySweep, sweepOf, sweptLines, type SweepParts } from '../../session/sweep.ts';
import { isContextArgument, type ClusterCommandParts } from '../cluster/lines.ts';

export interface SweepCommandParts extends SweepParts {
  readonly clusters: ClusterCommandParts['clusters'];
}

export async function sweepNow(argument: unknown, parts: SweepCommandParts): Promise<void> {
  const { clusters, notifier, log } = parts;
  const context = isContextArgument(argument) ? argument.context : await choose(parts);
  if (context === undefined) return;
  const cluster = await clusters.use(context);
  if (!(await maySweep(cluster, parts))) {
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

async function choose({ clusters }: SweepCommandParts): Promise<KubeContext | undefined> {
  const items = clusters.open.map(({ context }) => ({ label: context.name, detail: context.file, context }));
  return (await vscode.window.showQuickPick(items, { title: t('Sweep which cluster?') }))?.context;
}
