/** What a pod's own settings and its last start let expect of it. Pure. */
import { t } from '../../../base/messages.ts';
import { toleratedMs } from '../../../cluster/act/nodes.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../../cluster/objects.ts';
import { ownerOf } from '../../../cluster/recognise/owner.ts';
import { plus, seconds, type Span } from './spans.ts';

export interface ProbeSettings {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
}

/** With what a watch does not keep. */
export interface FullPod extends Pod {
  readonly spec?: Omit<PodSpec, 'containers' | 'volumes'> & {
    readonly containers?: readonly (Container & { readonly readinessProbe?: ProbeSettings })[];
    readonly tolerations?: readonly Toleration[];
    readonly volumes?: readonly { readonly name: string; readonly configMap?: { readonly name?: string } }[];
  };
}

export interface PodSettings {
  readonly name: string;
  /** The Deployment's or StatefulSet's kind; `Pod`: nobody makes another one. */
  readonly owner: string;
  readonly image: string;
  readonly graceMs: number;
  readonly readiness?: { readonly delayMs: number; readonly periodMs: number; readonly timeoutMs: number; readonly failures: number };
  /** From its container's start until it was ready, the last time: whole seconds. Absent where it was not ready since, or became so again. */
  readonly lastStartMs?: number;
  /** Of its container; and when it ended last, by the wall clock. */
  readonly restarts: number;
  readonly endedAtMs?: number;
  /** How long it stays on a node that is not heard of; absent: for ever. */
  readonly toleratesMs?: number;
}

export function settingsOf(pod: FullPod, container: string | undefined): PodSettings {
  const own = pod.spec?.containers?.find(({ name }) => name === container) ?? pod.spec?.containers?.[0];
  const status = pod.status?.containerStatuses?.find(({ name }) => name === own?.name);
  const ready = pod.status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True');
  const [startedMs, readyMs, endedMs] = [
    status?.state?.running?.startedAt,
    ready?.lastTransitionTime,
    status?.lastState?.terminated?.finishedAt,
  ].map((stamp) => Date.parse(stamp ?? ''));
  const tookMs = (readyMs ?? NaN) - (startedMs ?? NaN);
  const probe = own?.readinessProbe;
  const toleratesMs = toleratedMs(pod.spec?.tolerations);
  return {
    ...{ name: pod.metadata.name, owner: ownerOf(pod).kind, image: own?.image ?? '', restarts: status?.restartCount ?? 0 },
    graceMs: (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000,
    ...(probe === undefined
      ? {}
      : {
          readiness: {
            delayMs: (probe.initialDelaySeconds ?? 0) * 1000,
            periodMs: (probe.periodSeconds ?? 10) * 1000,
            timeoutMs: (probe.timeoutSeconds ?? 1) * 1000,
            failures: probe.failureThreshold ?? 3,
          },
        }),
    // Ten minutes later it was not its start that made it ready.
    ...(tookMs >= 0 && tookMs < 600_000 ? { lastStartMs: tookMs } : {}),
    ...(endedMs !== undefined && !Number.isNaN(endedMs) ? { endedAtMs: endedMs } : {}),
    ...(toleratesMs === Infinity ? {} : { toleratesMs }),
  };
}

/** From the start of its container until Services lead to it; `undefined`: how long it takes is not known. */
export function startOf({ lastStartMs, readiness }: PodSettings): Span | undefined {
  if (lastStartMs === undefined) return undefined;
  const { delayMs = 0, periodMs = 0 } = readiness ?? {};
  const text =
    readiness === undefined
      ? t('its last start: ready after {0}', seconds(lastStartMs))
      : t(
          'its last start: ready after {0} (readinessProbe: initialDelaySeconds {1}, periodSeconds {2})',
          ...[seconds(lastStartMs), delayMs / 1000, periodMs / 1000],
        );
  return {
    // Kubernetes' stamps are whole seconds.
    fromMs: Math.max(delayMs, lastStartMs - 1000),
    toMs: lastStartMs + 1000 + periodMs + 1000,
    formula: text,
    by: t('pod start'),
  };
}

const backOffMs = 10_000;
const mostBackOffMs = 300_000;
/** A container that ran for so long is started again at once. */
const forgetMs = 600_000;

/** Until the kubelet starts its container again in the same pod. */
export function restartDelay({ restarts, endedAtMs }: PodSettings, wallMs: number): Pick<Span, 'fromMs' | 'toMs' | 'formula'> {
  const isFresh = restarts === 0 || endedAtMs === undefined || wallMs - endedAtMs > forgetMs;
  if (isFresh) return { fromMs: 0, toMs: 2000, formula: t('restart in place: at once, the kubelet looks every second') };
  const toMs = Math.min(backOffMs * 2 ** (restarts - 1), mostBackOffMs);
  return { fromMs: 0, toMs: toMs + 2000, formula: t('restart back-off up to {0} ({1} restarts so far)', seconds(toMs), restarts) };
}

/** Until the container of the pod that takes its place is started; `undefined`: nobody makes one. `graceMs`: of this deletion. */
export function replacementDelay({ owner }: PodSettings, graceMs: number): Pick<Span, 'fromMs' | 'toMs' | 'formula'> | undefined {
  const placed = t('up to 3 s until the next one is placed and started, its image being there');
  if (owner === 'Pod' || owner === 'Job') return undefined;
  if (owner !== 'StatefulSet' && owner !== 'StrimziPodSet') return { fromMs: 0, toMs: 3000, formula: placed };
  return { fromMs: 0, toMs: graceMs + 3000, formula: t('terminationGracePeriodSeconds up to {0}, {1}', graceMs / 1000, placed) };
}

/** Killed or deleted, and alone: until it is back. */
export function backAfter(
  settings: PodSettings,
  how: { readonly kind: 'crash' } | { readonly kind: 'delete'; readonly graceMs: number },
  wallMs: number,
): Span | undefined {
  const start = startOf(settings);
  const delay = how.kind === 'crash' ? restartDelay(settings, wallMs) : replacementDelay(settings, how.graceMs);
  return start === undefined || delay === undefined ? undefined : plus({ ...delay, by: t('pod start') }, start);
}

/** A pod that hangs is taken out of its Services by its readiness probe; `undefined`: by nothing. */
export function outOfService({ readiness }: PodSettings): Span | undefined {
  if (readiness === undefined) return undefined;
  const { periodMs, timeoutMs, failures } = readiness;
  return {
    fromMs: (failures - 1) * periodMs,
    toMs: failures * periodMs + timeoutMs + 1000,
    formula: t(
      'readinessProbe: failureThreshold {0} × periodSeconds {1} + timeoutSeconds {2}, + up to 1 s until Services know it',
      failures,
      periodMs / 1000,
      timeoutMs / 1000,
    ),
    by: t('readiness probe'),
  };
}
