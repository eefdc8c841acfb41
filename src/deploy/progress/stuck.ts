/** Why a pod is not further, in one sentence with the names that a person needs. Pure. */
import { t } from '../../base/messages.ts';
import type { ContainerStatus, KubeEvent, PersistentVolumeClaim, Pod } from '../../cluster/objects.ts';
import { unschedulable } from './nodes.ts';
import type { NodeRoom } from './nodes.ts';
import type { Stuck, StuckKind } from './progress.ts';

/** What is known of one pod. */
export interface PodFacts {
  readonly pod: Pod;
  /** Of the pod and of its claims. */
  readonly events: readonly KubeEvent[];
  /** Claims that it mounts. */
  readonly claims: readonly PersistentVolumeClaim[];
  /** undefined: they may not be read. */
  readonly nodes: readonly NodeRoom[] | undefined;
  /** Last lines of containers that ended, by container. */
  readonly logs: ReadonlyMap<string, readonly string[]>;
}

/** undefined: it is on its way, or there. */
export function stuckOf(facts: PodFacts): Stuck | undefined {
  const { pod } = facts;
  if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Succeeded') return undefined;
  const unscheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled !== undefined) return pending(facts, unscheduled.message ?? '');
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const found = ofContainer(facts, status);
    if (found !== undefined) return found;
  }
  const evicted = pod.status?.phase === 'Failed' ? (pod.status.message ?? pod.status.reason) : undefined;
  if (evicted !== undefined) return said(pod, 'node', t('It failed: {0}', evicted));
  return unmounted(facts) ?? unready(facts, statuses);
}

function pending(facts: PodFacts, message: string): Stuck {
  const unbound = facts.claims.find(({ status }) => status?.phase === 'Pending');
  const isVolume = /PersistentVolumeClaim|volume node affinity|persistentvolumeclaim/i.test(message);
  if (isVolume && unbound !== undefined) return said(facts.pod, 'volume', unboundText(facts, unbound));
  if (isVolume) return said(facts.pod, 'volume', t('No node has its volume: {0}', message));
  return said(facts.pod, 'unschedulable', unschedulable(facts.pod, message, facts.nodes));
}

function unboundText({ events }: PodFacts, claim: PersistentVolumeClaim): string {
  const why = events.findLast(
    ({ involvedObject, reason }) =>
      involvedObject?.kind === 'PersistentVolumeClaim' && involvedObject.name === claim.metadata.name && reason !== 'WaitForFirstConsumer',
  );
  const size = claim.spec?.resources?.requests?.['storage'] ?? '';
  const kind = claim.spec?.storageClassName;
  const of = kind === undefined || kind === '' ? t('no storage class is named and none is the default') : t('storage class {0}', kind);
  return t(
    'Its volume {0} ({1}, {2}) is not there{3}',
    claim.metadata.name,
    size,
    of,
    why?.message === undefined ? '' : `: ${why.message}`,
  );
}

const IMAGE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);
const CONFIG = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

function ofContainer(facts: PodFacts, status: ContainerStatus): Stuck | undefined {
  const { pod, events } = facts;
  const { waiting, terminated } = status.state ?? {};
  const image = imageOf(pod, status);
  if (waiting?.reason !== undefined && IMAGE.has(waiting.reason)) {
    // "Back-off pulling image" says nothing: the registry's own words stand in the event.
    const told = events.findLast(
      ({ reason, message = '' }) => reason === 'Failed' && /pull image/.test(message) && message.includes(image),
    )?.message;
    return said(
      pod,
      'image',
      t('Image {0} of {1} can’t be pulled: {2}', image, status.name, brief(told ?? waiting.message ?? waiting.reason)),
    );
  }
  if (waiting?.reason !== undefined && CONFIG.has(waiting.reason)) {
    return said(pod, 'config', t('{0} can’t be started: {1}', status.name, brief(waiting.message ?? waiting.reason)));
  }
  const ended = terminated ?? status.lastState?.terminated;
  const isCrash = waiting?.reason === 'CrashLoopBackOff' || (ended !== undefined && ended.exitCode !== 0 && status.ready !== true);
  if (!isCrash || ended === undefined) return undefined;
  const log = facts.logs.get(status.name);
  return { ...said(pod, 'crash', crashText(facts, status, ended)), ...(log === undefined || log.length === 0 ? {} : { log }) };
}

function crashText(
  { pod, events }: PodFacts,
  status: ContainerStatus,
  ended: { readonly exitCode?: number; readonly reason?: string; readonly message?: string },
): string {
  const often =
    status.restartCount === undefined || status.restartCount === 0
      ? ''
      : status.restartCount === 1
        ? t(', 1 restart')
        : t(', {0} restarts', status.restartCount);
  if (ended.reason === 'OOMKilled') {
    const limit = containerOf(pod, status.name)?.resources?.limits?.['memory'];
    return t(
      '{0} was killed because it took more memory than its limit{1} (OOMKilled){2}',
      status.name,
      limit === undefined ? '' : ` ${limit}`,
      often,
    );
  }
  const killed = events.findLast(({ reason, message = '' }) => reason === 'Killing' && /liveness|startup/.test(message));
  const probe = killed === undefined ? undefined : probeOutput(events, /Liveness|Startup/);
  if (probe !== undefined) return t('{0} was killed because its probe failed{1}: {2}', status.name, often, probe);
  const message = ended.message === undefined || ended.message === '' ? '' : `: ${brief(ended.message)}`;
  return t('{0} ended with exit code {1}{2}{3}', status.name, ended.exitCode ?? '?', often, message);
}

function unmounted({ pod, events }: PodFacts): Stuck | undefined {
  const last = events.findLast(
    ({ reason }) => reason === 'FailedMount' || reason === 'FailedAttachVolume' || reason === 'FailedCreatePodSandBox',
  );
  const isWaiting = pod.status?.containerStatuses?.some(({ state }) => state?.waiting !== undefined) === true;
  if (last?.message === undefined || !isWaiting) return undefined;
  const kind = last.reason === 'FailedCreatePodSandBox' ? 'node' : 'volume';
  return said(pod, kind, brief(last.message));
}

function unready({ pod, events }: PodFacts, statuses: readonly ContainerStatus[]): Stuck | undefined {
  const container = statuses.find(({ ready, state }) => ready !== true && state?.running !== undefined);
  if (container === undefined) return undefined;
  const output = probeOutput(events, container.started === false ? /Startup/ : /Readiness|Startup/);
  return output === undefined ? undefined : said(pod, 'probe', t('{0} runs and is not ready: {1}', container.name, output));
}

/** "its readiness probe said: HTTP probe failed with statuscode: 503" */
function probeOutput(events: readonly KubeEvent[], kind: RegExp): string | undefined {
  const last = events.findLast(({ reason, message = '' }) => reason === 'Unhealthy' && kind.test(message));
  const [, name, output] = /^(\w+) probe (?:failed|errored)[^:]*: ?([\s\S]*)$/.exec(last?.message ?? '') ?? [];
  if (last === undefined) return undefined;
  if (name === undefined || output === undefined) return brief(last.message ?? '');
  return t('its {0} probe said: {1}', name.toLowerCase(), brief(output) || t('(nothing)'));
}

function said(pod: Pod, kind: StuckKind, text: string): Stuck {
  return { kind, object: pod.metadata.name, text };
}

function imageOf(pod: Pod, { name, image }: ContainerStatus): string {
  return containerOf(pod, name)?.image ?? image ?? '';
}

function containerOf(pod: Pod, name: string): NonNullable<NonNullable<Pod['spec']>['containers']>[number] | undefined {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find((one) => one.name === name);
}

const SHOWN = 500;

function brief(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}
