/** What a person would look at first when a cluster does not do what was expected, as text. */
import { stringify } from 'yaml';
import type { CoreV1Event, KubernetesObject, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Api } from './api.ts';
import { logLines } from './logs.ts';

/** Without what only machines read. */
export function yamlOf(object: KubernetesObject): string {
  const { managedFields: _fields, ...metadata } = object.metadata ?? {};
  // Plain JSON first: yaml would tag dates, and print a map that occurs twice as an anchor.
  return stringify(JSON.parse(JSON.stringify({ ...object, metadata })), { aliasDuplicateObjects: false });
}

/** "web-1 Running on lab-2 · app ready · side not ready: CrashLoopBackOff, 3 restarts, last ended with 1" */
export function podLine(pod: V1Pod): string {
  const { metadata, spec, status } = pod;
  const going = metadata?.deletionTimestamp === undefined ? '' : ', being deleted';
  const head = `${metadata?.name ?? '?'} ${status?.phase ?? '?'} on ${spec?.nodeName ?? 'no node'}${going}`;
  const statuses = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const why = (status?.conditions ?? []).filter(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  return [head, ...why.map(({ message }) => message ?? ''), ...statuses.map(containerText)].join(' · ');
}

function containerText({ name, ready, state, lastState, restartCount }: V1ContainerStatus): string {
  const reason = state?.waiting?.reason ?? state?.terminated?.reason;
  const last = state?.terminated ?? lastState?.terminated;
  return [
    `${name} ${ready ? 'ready' : 'not ready'}${reason === undefined ? '' : `: ${reason}`}`,
    ...(state?.waiting?.message === undefined ? [] : [state.waiting.message]),
    ...(restartCount === 0 ? [] : [`${restartCount} restarts`]),
    ...(last === undefined ? [] : [`ended with ${last.exitCode}`]),
  ].join(', ');
}

/** One line an event, oldest first. */
export async function eventLines(api: Api, namespace: string): Promise<string[]> {
  const { items } = await api.core.listNamespacedEvent({ namespace });
  return items
    .map((event) => ({ at: timeOf(event), event }))
    .sort((a, b) => a.at - b.at)
    .map(({ at, event }) => {
      const { involvedObject, type, reason, message, count } = event;
      const often = count === undefined || count < 2 ? '' : ` (${count} times)`;
      const when = at === 0 ? '-' : new Date(at).toISOString();
      return `${when} ${type ?? ''} ${involvedObject.kind ?? ''}/${involvedObject.name ?? ''} ${reason ?? ''}: ${message ?? ''}${often}`;
    });
}

/** The client leaves times of microseconds as text. */
function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  return new Date(lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? 0).getTime();
}

export interface ContainerLog {
  readonly container: string;
  readonly previous: boolean;
  readonly text: string;
}

const LOG_LIMIT_BYTES = 4_000_000;

/** Current and previous logs of all containers that ever ran; one that can't be read has the reason as its text. */
export async function logsOf(api: Api, pod: V1Pod, signal: AbortSignal, tailLines?: number): Promise<ContainerLog[]> {
  const namespace = pod.metadata?.namespace ?? '';
  const name = pod.metadata?.name ?? '';
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const wanted = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].flatMap((container) => [
    ...(container.state?.waiting !== undefined && container.restartCount === 0 ? [] : [{ container: container.name, previous: false }]),
    ...(container.restartCount > 0 ? [{ container: container.name, previous: true }] : []),
  ]);
  return Promise.all(
    wanted.map(async ({ container, previous }) => {
      const limits = tailLines === undefined ? { limitBytes: LOG_LIMIT_BYTES } : { tailLines };
      try {
        const lines = await Array.fromAsync(logLines(api, namespace, name, { container, previous, signal, ...limits }));
        return { container, previous, text: lines.join('\n') };
      } catch (error) {
        return { container, previous, text: `(no log: ${error instanceof Error ? error.message : String(error)})` };
      }
    }),
  );
}
