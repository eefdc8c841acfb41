/** What a person does with contexts and lines without changing a cluster: look, filter, connect again, protect. */
import * as vscode from 'vscode';
import { invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { withLevel } from '../../../cluster/act/levels.ts';
import { protectionNotes, type ProtectionLevel } from '../../../cluster/act/protection.ts';
import type { LineSubject, ObjectRef } from '../../../cluster/recognise/model.ts';
import { isContextArgument, isLineArgument, podOf, protectionOfCluster, type ClusterCommandParts } from './lines.ts';

export interface ClusterViewParts extends ClusterCommandParts {
  readonly filter: { text: string; readonly set: (text: string) => void };
}

export function viewCommands(parts: ClusterViewParts) {
  const { clusters, filter, settings } = parts;
  return {
    describe: async (argument: unknown): Promise<void> => {
      const ref = isLineArgument(argument) ? refOf(argument.line.subject) : undefined;
      const chosen = ref === undefined ? await podOf(argument, t('Describe which pod?'), parts) : undefined;
      const described = ref ?? chosen?.pod.ref;
      const cluster = isLineArgument(argument) ? await clusters.use(argument.context) : chosen?.cluster;
      if (described === undefined || cluster === undefined) return;
      const { describe } = await import('../../../cluster/act/describe.ts');
      const text = await describe(cluster.connection, described, Date.now());
      const document = await vscode.workspace.openTextDocument({ content: text, language: 'yaml' });
      await vscode.window.showTextDocument(document, { preview: true });
    },
    filterClusters: async (): Promise<void> => {
      const text = await vscode.window.showInputBox({
        title: t('Filter clusters'),
        prompt: t('By name, engine, namespace or state: each word has to be found. Empty shows all.'),
        value: filter.text,
      });
      if (text !== undefined) filter.set(text.trim());
    },
    reconnectCluster: async (argument: unknown): Promise<void> => {
      if (!isContextArgument(argument)) return;
      clusters.close(argument.context);
      await clusters.use(argument.context);
    },
    disconnectCluster: async (argument: unknown): Promise<void> => {
      if (isContextArgument(argument)) clusters.close(argument.context);
    },
    protectCluster: async (argument: unknown): Promise<void> => {
      if (!isContextArgument(argument)) throw invalid(t('No cluster is meant'), t('Use the menu of a context in the Clusters view.'));
      const cluster = await clusters.use(argument.context);
      const identity = await clusters.identify(cluster);
      const { context, connection } = cluster;
      const protection = protectionOfCluster(cluster, identity, parts);
      const now = protection.level;
      const words: Readonly<Record<ProtectionLevel, readonly [string, string]>> = {
        open: [t('Open'), t('a click confirms a change')],
        confirm: [t('Protected'), t('its name has to be typed before it is changed')],
        readOnly: [t('Read-only'), t('nothing changes it from here')],
      };
      const items = (['open', 'confirm', 'readOnly'] as const).map((level) => ({
        label: words[level][0],
        description: level === now ? `${words[level][1]} · ${t('now')}` : words[level][1],
        level,
      }));
      const title = t('Protection of {0} ({1})', context.name, connection.server);
      const placeHolder = protectionNotes(protection).join(' ');
      const chosen = await vscode.window.showQuickPick(items, { title, placeHolder });
      if (chosen === undefined) return;
      const levels = withLevel(connection, identity, settings.read('faultline.clusters.protection'), chosen.level);
      await vscode.workspace.getConfiguration().update('faultline.clusters.protection', levels, vscode.ConfigurationTarget.Global);
    },
  };
}

function refOf(subject: LineSubject): ObjectRef | undefined {
  switch (subject.kind) {
    case 'pod':
      return subject.pod.ref;
    case 'broker':
      return subject.broker.pod?.ref;
    case 'node':
      return subject.node.ref;
    case 'autoscaler':
      return subject.autoscaler.ref;
    default:
      return undefined;
  }
}
