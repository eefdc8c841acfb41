/** Port-forwards of this window: they outlive their pods, and end with the window or by hand. */
import * as vscode from 'vscode';
import { t } from '../../../base/messages.ts';
import type { Forwards, ListedForward } from '../../session/forwards.ts';
import { isLineArgument, podOf, type ClusterCommandParts } from './lines.ts';

export interface ForwardParts extends ClusterCommandParts {
  readonly forwards: Forwards;
}

export function forwardCommands(parts: ForwardParts) {
  const { forwards, notifier } = parts;
  return {
    forwardPort: async (argument: unknown): Promise<void> => {
      const chosen = await podOf(argument, t('Forward a port of which pod?'), parts);
      if (!chosen) return;
      const { cluster, pod } = chosen;
      const { namespace = '', name } = pod.ref;
      const text = await vscode.window.showInputBox({
        title: t('Forward a port of {0}', name),
        prompt: t(
          'The container’s port; “8080:9000” forwards the local port 8080 to 9000. A free local port is taken where none is named.',
        ),
        value: String(usualPorts[pod.engine] ?? ''),
        validateInput: (written) =>
          portsOf(written) === undefined ? t('Write a port such as 8080, or two such as 8080:9000.') : undefined,
      });
      const ports = text === undefined ? undefined : portsOf(text);
      if (ports === undefined) return;
      const { openForward } = await import('../../../cluster/act/forward.ts');
      const { local, remote } = ports;
      const request = {
        namespace,
        target: { kind: 'pod', name },
        port: remote,
        ...(local === undefined ? {} : { localPort: local }),
      } as const;
      const forward = await openForward(cluster.connection, request);
      forwards.add({ context: cluster.context, forward, title: `${name}:${remote}` });
      notifier.tell(
        t('{0} leads to port {1} of {2}, also when its pod is replaced.', forward.url, remote, name),
        { title: t('Open in Browser'), run: () => vscode.env.openExternal(vscode.Uri.parse(forward.url)) },
        { title: t('Copy Address'), run: () => vscode.env.clipboard.writeText(forward.url) },
      );
    },
    stopForward: async (argument: unknown): Promise<void> => {
      const listed = isForwardArgument(argument) ? argument.forward : await chooseForward(forwards);
      if (listed) await forwards.stop(listed);
    },
    copyName: async (argument: unknown): Promise<void> => {
      if (isForwardArgument(argument)) return vscode.env.clipboard.writeText(argument.forward.forward.url);
      if (!isLineArgument(argument)) return;
      const { subject, label } = argument.line;
      const pod = subject.kind === 'pod' ? subject.pod : subject.kind === 'broker' ? subject.broker.pod : undefined;
      return vscode.env.clipboard.writeText(pod?.ref.name ?? label);
    },
  };
}

const usualPorts: Readonly<Record<string, number>> = {
  trino: 8080,
  presto: 8080,
  clickhouse: 8123,
  kafka: 9092,
  minio: 9000,
  prometheus: 9090,
  grafana: 3000,
  alertmanager: 9093,
  spark: 4040,
};

export function portsOf(text: string): { readonly local?: number; readonly remote: number } | undefined {
  const match = /^\s*(?:(\d{1,5})\s*:\s*)?(\d{1,5})\s*$/.exec(text);
  if (match === null) return undefined;
  const local = match[1] === undefined ? undefined : Number(match[1]);
  const remote = Number(match[2]);
  if ([local ?? remote, remote].some((port) => port < 1 || port > 65_535)) return undefined;
  return local === undefined ? { remote } : { local, remote };
}

function isForwardArgument(value: unknown): value is { readonly forward: ListedForward } {
  return typeof value === 'object' && value !== null && 'forward' in value && typeof value.forward === 'object' && value.forward !== null;
}

async function chooseForward({ all }: Forwards): Promise<ListedForward | undefined> {
  const items = all.map((listed) => ({ label: listed.title, description: listed.forward.url, listed }));
  return (await vscode.window.showQuickPick(items, { title: t('Stop which port-forward?') }))?.listed;
}
