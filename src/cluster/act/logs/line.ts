/** Lines of logs, and where they are asked for. */
import { t } from '../../../base/messages.ts';
import type { ApiRequest } from '../../connect/connection.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../objects.ts';
import { kinds, pathOf } from '../../watch/kinds.ts';
import type { PodsTarget } from '../target.ts';
import { comparable } from './seen.ts';

export interface LogLine {
  /** `notice`: not from the log, but what happened to it: a pod went, a container ended, the connection was cut. */
  readonly kind: 'line' | 'notice';
  readonly pod: string;
  /** Empty in a notice about a whole pod. */
  readonly container: string;
  /** RFC 3339 with nanoseconds as the node wrote it; of a notice with milliseconds, by this machine's clock. */
  readonly time: string;
  readonly text: string;
}

export interface LogRequest {
  readonly namespace: string;
  readonly target: PodsTarget;
  /** Names; all where it is left out, init and debug containers too. */
  readonly containers?: readonly string[];
  /** Goes on with what comes, also with pods that come. Else it ends with what is there. */
  readonly follow: boolean;
  /** Of each container that is there now, its last so many lines; all where it is left out. */
  readonly tailLines?: number;
  /** Of the last runs that ended, in place of those that go on: why a container crashed. Not together with `follow`. */
  readonly previous?: boolean;
}

export interface ContainerName {
  readonly pod: string;
  readonly container: string;
}

export interface Stamped extends LogLine {
  /** For comparing; of a notice empty. */
  readonly order: string;
}

/** Of an answer with timestamps. What has none was not written by the container: the kubelet says there what it could not do. */
export function parseLine(name: ContainerName, line: string): Stamped {
  const space = line.indexOf(' ');
  const time = space < 0 ? line : line.slice(0, space);
  const order = comparable(time);
  if (order === undefined) return { ...notice(name, line), order: '' };
  return { kind: 'line', ...name, time, text: space < 0 ? '' : line.slice(space + 1), order };
}

export function notice({ pod, container }: ContainerName, text: string): LogLine {
  return { kind: 'notice', pod, container, time: new Date().toISOString(), text };
}

export interface LogQuery {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly sinceTime?: string;
}

export function logRequest(namespace: string, { pod, container }: ContainerName, query: LogQuery, signal: AbortSignal): ApiRequest {
  return {
    path: pathOf(kinds.pods, { namespace, name: pod, subresource: 'log' }),
    query: { container, timestamps: true, ...query },
    accept: '*/*',
    signal,
  };
}

/** Names of all containers, in the order in which they start. */
export function containersOf({ spec, status }: Pod): readonly string[] {
  const known = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name }) => name);
  return [...new Set([...known, ...statusesOf({ status }).map(({ name }) => name)])];
}

/** Debug containers are only told of here. */
interface WithEphemeral {
  readonly status?: (Pod['status'] & { readonly ephemeralContainerStatuses?: readonly ContainerStatus[] }) | undefined;
}

export function statusesOf({ status }: WithEphemeral): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
}

export function statusOf(pod: WithEphemeral, container: string): ContainerStatus | undefined {
  return statusesOf(pod).find(({ name }) => name === container);
}

/** "ended with exit code 137 (OOMKilled)" */
export function endText({ exitCode, signal, reason }: NonNullable<ContainerState['terminated']>): string {
  const how = signal !== undefined && signal > 0 ? t('ended by signal {0}', signal) : t('ended with exit code {0}', exitCode ?? 0);
  return reason === undefined || reason === 'Completed' || reason === 'Error' ? how : `${how} (${reason})`;
}
