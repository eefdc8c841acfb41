/** The health of one pod in words, from what Kubernetes says of it. Ages are left to whoever shows it. */
import { t } from '../../base/messages.ts';
import type { Condition, ContainerStatus, Pod } from '../objects.ts';
import type { Health } from './model.ts';
import { placementOf } from './placement.ts';

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

export function podHealth(pod: Pod): Health {
  const { metadata, status = {} } = pod;
  if (metadata.deletionTimestamp !== undefined) return stopping(pod);
  switch (status.phase) {
    case 'Succeeded':
      return { state: 'ok', word: t('completed') };
    case 'Failed':
      return failedPod(pod);
    case 'Unknown':
      return { state: 'unknown', word: t('unknown'), why: t('Its node does not answer.') };
    case 'Running':
    case 'Pending':
    default:
      return living(pod);
  }
}

export function isReady(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && condition(pod, 'Ready')?.status === 'True';
}

export function restartsOf({ status }: Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0);
}

export function wallMs(time: string | undefined): number | undefined {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? undefined : ms;
}

/** `{ sinceMs }`, or nothing where the time isn't known. */
export function since(time: string | number | undefined): { readonly sinceMs?: number } {
  const ms = typeof time === 'number' ? time : wallMs(time);
  return ms === undefined ? {} : { sinceMs: ms };
}

function condition({ status }: Pod, type: string): Condition | undefined {
  return status?.conditions?.find((one) => one.type === type);
}

function stopping({ metadata }: Pod): Health {
  const deadline = wallMs(metadata.deletionTimestamp);
  const graceMs = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const finalizers = metadata.finalizers ?? [];
  return {
    state: 'stopping',
    word: t('stopping'),
    why:
      finalizers.length > 0
        ? t('It was told to stop, and goes when {0} lets it.', finalizers.join(', '))
        : t('It was told to stop, with {0} s to do so.', metadata.deletionGracePeriodSeconds ?? 0),
    ...since(deadline === undefined ? undefined : deadline - graceMs),
  };
}

function failedPod({ status = {} }: Pod): Health {
  if (status.reason !== undefined)
    return {
      state: 'failed',
      word: status.reason === 'Evicted' ? t('evicted') : status.reason,
      ...(status.message === undefined ? {} : { why: sentence(status.message) }),
    };
  const ended = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].find(
    ({ state }) => state?.terminated !== undefined && (state.terminated.exitCode ?? 0) !== 0,
  );
  const terminated = ended?.state?.terminated;
  if (ended === undefined || terminated === undefined) return { state: 'failed', word: t('failed') };
  return { state: 'failed', word: exitWord(terminated), why: exitSentence(ended.name, terminated), ...since(terminated.finishedAt) };
}

function living(pod: Pod): Health {
  const { status = {} } = pod;
  const scheduled = condition(pod, 'PodScheduled');
  if (scheduled?.status === 'False') {
    if (scheduled.reason === 'SchedulingGated')
      return {
        state: 'starting',
        word: t('held back'),
        why: t('A scheduling gate holds it back.'),
        ...since(scheduled.lastTransitionTime),
      };
    const { word, why } = placementOf(scheduled.message ?? '');
    return { state: 'failed', word, why, ...since(scheduled.lastTransitionTime) };
  }
  const inits = status.initContainerStatuses ?? [];
  for (const one of inits) {
    const trouble = troubleOf(pod, one);
    if (trouble !== undefined) return trouble;
  }
  for (const one of status.containerStatuses ?? []) {
    const trouble = troubleOf(pod, one);
    if (trouble !== undefined) return trouble;
  }
  if (isReady(pod)) return ready(pod);
  const init = inits.find(({ state, started }) => state?.running !== undefined && started !== true);
  if (init !== undefined)
    return {
      state: 'starting',
      word: t('starting'),
      why: t('Its init container {0} runs.', init.name),
      ...since(init.state?.running?.startedAt),
    };
  return notReady(pod);
}

function ready(pod: Pod): Health {
  const restarted = (pod.status?.containerStatuses ?? []).find(({ restartCount }) => (restartCount ?? 0) > 0);
  const last = restarted?.lastState?.terminated;
  return {
    state: 'ok',
    word: t('healthy'),
    ...(restarted === undefined || last === undefined
      ? {}
      : {
          why: t(
            'Container {0} was restarted {1} times. Last: {2}',
            restarted.name,
            restarted.restartCount ?? 0,
            exitSentence(restarted.name, last),
          ),
        }),
  };
}

function notReady(pod: Pod): Health {
  const { status = {}, spec, metadata } = pod;
  const statuses = status.containerStatuses ?? [];
  const creating = statuses.find(({ state }) => state?.waiting !== undefined);
  if (status.phase !== 'Running' || creating !== undefined) {
    const placed = spec?.nodeName !== undefined;
    return {
      state: 'starting',
      word: t('starting'),
      why: placed ? t('Its containers are being made on {0}.', spec.nodeName ?? '') : t('It waits for a node.'),
      ...since(status.startTime ?? metadata.creationTimestamp),
    };
  }
  const isLate = condition(pod, 'Ready');
  const unready = statuses.find(({ ready: isOne }) => isOne !== true);
  const startedAt = unready?.state?.running?.startedAt;
  const changed = wallMs(isLate?.lastTransitionTime);
  const start = wallMs(startedAt);
  const name = unready?.name ?? '';
  // Not ready since before it started: it never was. Times have whole seconds.
  if (unready?.started === false || changed === undefined || start === undefined || changed <= start + 1000)
    return { state: 'starting', word: t('starting'), why: t('Container {0} runs and is not ready yet.', name), ...since(startedAt) };
  return {
    state: 'degraded',
    word: t('not ready'),
    why: t('Container {0} runs, and its readiness probe fails.', name),
    ...since(changed),
  };
}

/** What keeps a container from running, undefined where nothing does. */
function troubleOf(pod: Pod, container: ContainerStatus): Health | undefined {
  const { state, lastState, name } = container;
  const waiting = state?.waiting;
  const image = imageOf(pod, name) ?? container.image ?? '';
  switch (waiting?.reason) {
    case undefined:
    case 'ContainerCreating':
    case 'PodInitializing':
      break;
    case 'ImagePullBackOff':
    case 'ErrImagePull':
    case 'ErrImageNeverPull':
    case 'InvalidImageName':
    case 'RegistryUnavailable':
      return {
        state: 'failed',
        word: t('image cannot be pulled'),
        why: withDetail(t('Image {0} of container {1} cannot be pulled.', image, name), detailOf(waiting?.message)),
      };
    case 'CrashLoopBackOff': {
      const last = lastState?.terminated ?? state?.terminated;
      const times = container.restartCount ?? 0;
      return {
        state: 'failed',
        word: last === undefined ? t('keeps crashing') : exitWord(last, true),
        why: withDetail(
          t('Container {0} keeps crashing: restarted {1} times, and waits before the next start.', name, times),
          last === undefined ? undefined : exitSentence(name, last),
        ),
        ...since(last?.finishedAt),
      };
    }
    case 'CreateContainerConfigError':
      return {
        state: 'failed',
        word: t('configuration missing'),
        why: withDetail(t('Container {0} cannot be made.', name), waiting?.message),
      };
    default:
      return {
        state: 'failed',
        word: t('cannot start'),
        why: withDetail(t('Container {0} cannot be started: {1}.', name, waiting?.reason ?? ''), waiting?.message),
      };
  }
  const ended = state?.terminated;
  if (ended !== undefined && (ended.exitCode ?? 0) !== 0)
    return { state: 'failed', word: exitWord(ended), why: exitSentence(name, ended), ...since(ended.finishedAt) };
  return undefined;
}

function exitWord(ended: Terminated, isLoop = false): string {
  if (ended.reason === 'OOMKilled') return t('out of memory');
  return isLoop ? t('keeps crashing, exit code {0}', ended.exitCode ?? '?') : t('ended, exit code {0}', ended.exitCode ?? '?');
}

function exitSentence(container: string, ended: Terminated): string {
  if (ended.reason === 'OOMKilled') return t('Container {0} was killed for using more memory than its limit.', container);
  const detail = ended.message === undefined || ended.message === '' ? undefined : lastLine(ended.message);
  return withDetail(t('Container {0} ended with exit code {1}{2}.', container, ended.exitCode ?? '?', signalOf(ended)), detail);
}

function signalOf({ exitCode, signal, reason }: Terminated): string {
  const number = signal !== undefined && signal > 0 ? signal : (exitCode ?? 0) > 128 ? (exitCode ?? 0) - 128 : undefined;
  const name = number === 9 ? 'SIGKILL' : number === 15 ? 'SIGTERM' : number === 6 ? 'SIGABRT' : number === 11 ? 'SIGSEGV' : undefined;
  const known = reason === undefined || reason === 'Error' || reason === 'Completed' ? undefined : reason;
  const parts = [name, known].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function imageOf({ spec }: Pod, container: string): string | undefined {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find(({ name }) => name === container)?.image;
}

/** "Back-off pulling image …" says nothing that isn't said already; what comes after it does. */
function detailOf(message: string | undefined): string | undefined {
  const cause = message?.replace(/^Back-off pulling image "[^"]*":?\s*/, '');
  return cause === '' ? undefined : cause;
}

function withDetail(text: string, detail: string | undefined): string {
  return detail === undefined || detail === '' ? text : `${text} ${sentence(detail)}`;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
