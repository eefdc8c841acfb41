/** How far a workload is. Pure. */
import { t } from '../../base/messages.ts';
import type { Condition, Job, KubeEvent, KubeObject, Pod, Workload } from '../../cluster/objects.ts';
import { fieldOf } from '../lint/shape.ts';
import type { Stuck, WorkloadProgress } from './progress.ts';

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'Pod'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

export interface Counts {
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
  readonly isReady: boolean;
  /** It will never be ready. */
  readonly failed?: string;
}

export function countsOf(kind: WorkloadKind, object: KubeObject | undefined): Counts {
  if (object === undefined) return { desired: 1, ready: 0, updated: 0, isReady: false };
  switch (kind) {
    case 'Deployment':
      return deployment(object);
    case 'StatefulSet':
      return statefulSet(object);
    case 'DaemonSet':
      return daemonSet(object);
    case 'Job':
      return job(object);
    case 'Pod':
      return pod(object);
  }
}

/** As `kubectl rollout status` counts: the newest revision everywhere, and nothing of an older one. */
function deployment({ metadata, spec, status = {} }: Workload): Counts {
  const desired = spec?.replicas ?? 1;
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: ready = 0 } = status;
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return { desired, ready, updated, isReady: isSeen && updated === desired && replicas === updated && ready === desired };
}

function statefulSet(object: Workload): Counts {
  const { metadata, spec, status = {} } = object;
  const desired = spec?.replicas ?? 1;
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0 } = status;
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  const strategy = fieldOf(spec, 'updateStrategy');
  const partition = Number(fieldOf(strategy, 'rollingUpdate', 'partition') ?? 0);
  const isRolled = fieldOf(strategy, 'type') === 'OnDelete' || updated >= desired - partition;
  return { desired, ready, updated, isReady: isSeen && isRolled && ready === desired };
}

function daemonSet({ metadata, status = {} }: Workload): Counts {
  const { desiredNumberScheduled: desired = 0, numberReady: ready = 0, updatedNumberScheduled: updated = 0 } = status;
  const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return { desired, ready, updated, isReady: isSeen && updated === desired && ready === desired };
}

function job({ spec, status = {} }: Job): Counts {
  const desired = spec?.completions ?? 1;
  const failed = status.conditions?.find(({ type, status: is }) => type === 'Failed' && is === 'True');
  return {
    desired,
    ready: status.succeeded ?? 0,
    updated: status.succeeded ?? 0,
    isReady: isTrue(status.conditions, 'Complete'),
    ...(failed === undefined ? {} : { failed: failed.message ?? failed.reason ?? '' }),
  };
}

function pod({ status = {} }: Pod): Counts {
  const isReady = status.phase === 'Succeeded' || isTrue(status.conditions, 'Ready');
  return { desired: 1, ready: isReady ? 1 : 0, updated: 1, isReady };
}

function isTrue(conditions: readonly Condition[] | undefined, wanted: string): boolean {
  return conditions?.some(({ type, status }) => type === wanted && status === 'True') === true;
}

/** Where no pod could be made: a quota, an admission webhook, a service account that is missing. */
export function refusedPods(name: string, object: Workload | undefined, events: readonly KubeEvent[]): Stuck | undefined {
  const condition = object?.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const event = events.findLast(({ reason, type }) => reason === 'FailedCreate' && type === 'Warning');
  const told = condition?.message ?? event?.message;
  if (told === undefined) return undefined;
  const isQuota = /exceeded quota|must specify .* for/.test(told);
  const words = told.replace(/^create Pod \S+ in \S+ \S+ failed error: /, '').replace(/^Error creating: /, '');
  return isQuota
    ? { kind: 'quota', object: name, text: t('No pod may be made: {0}', words) }
    : { kind: 'admission', object: name, text: t('The cluster refuses its pods: {0}', words) };
}

/** "web 1/3 ready, 2 of the new revision" */
export function progressLine({ name, desired, ready, updated, isReady }: WorkloadProgress): string {
  if (isReady) return t('{0}: {1}/{2} ready', name, ready, desired);
  return updated < desired
    ? t('{0}: {1}/{2} ready, {3} of the new revision', name, ready, desired, updated)
    : t('{0}: {1}/{2} ready', name, ready, desired);
}
