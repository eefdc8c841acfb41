/** Small changes: restart a workload, delete a pod. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { ApiRequest } from '../connect/request.ts';
import type { Pod, Workload } from '../objects.ts';
import { kinds, pathOf } from '../watch/kinds.ts';
import { Consent, refuseSystem } from './protection.ts';
import { controllerOf, kindOf } from './target.ts';

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export type RestartKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

export interface Restarted extends Place {
  readonly kind: RestartKind;
}

interface Ending {
  readonly signal?: AbortSignal;
}

export type WithStrategy = Workload & { readonly spec?: { readonly updateStrategy?: { readonly type?: string } } };

/**
 * Replaces all pods of a workload one after the other by its own strategy, as `kubectl rollout restart` does; resolves when it has begun.
 * Fails: `refusedByProtection`, `notFound`, `forbidden`, `unsupported` (a rollout that is paused, a strategy that replaces nothing by
 * itself), `unreachable`.
 */
export async function restartWorkload(
  connection: ClusterConnection,
  workload: Restarted,
  consent: Consent,
  ending: Ending = {},
): Promise<void> {
  Consent.check(consent, connection, 'restart');
  refuseSystem(workload.namespace, 'restart');
  const path = pathOf(kindOf(workload.kind), workload);
  refuseUnrestartable(workload, await connection.request<WithStrategy>({ path, ...ending }));
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await connection.request({ ...restartRequest(workload, annotations), ...ending });
}

/** Fails: `unsupported`. */
export function refuseUnrestartable(workload: Restarted, { spec }: WithStrategy): void {
  const about = `${workload.kind} ${workload.name}`;
  if (spec?.paused === true)
    throw new FaultlineError('unsupported', {
      what: t('{0} was not restarted: its rollout is paused', about),
      remedy: t('Resume it first: kubectl rollout resume -n {0} {1}/{2}', workload.namespace, workload.kind.toLowerCase(), workload.name),
    });
  if (spec?.updateStrategy?.type === 'OnDelete')
    throw new FaultlineError('unsupported', {
      what: t('{0} was not restarted: its strategy OnDelete replaces no pod by itself', about),
      remedy: t('Delete its pods one after the other.'),
    });
}

/** `uid`: only this very one. Nothing is asked of a person: for who has. */
export function restartRequest(workload: Restarted, annotations: Readonly<Record<string, string>>, uid?: string): ApiRequest {
  return {
    method: 'PATCH',
    path: pathOf(kindOf(workload.kind), workload),
    query: { fieldManager: 'faultline' },
    contentType: 'application/strategic-merge-patch+json',
    // A uid can't be changed: of another object the API refuses the patch.
    body: { ...(uid === undefined ? {} : { metadata: { uid } }), spec: { template: { metadata: { annotations } } } },
  };
}

/**
 * The workload whose restart brings a new pod in this one's place. Fails: `unsupported` for a pod that nobody would bring back (the text
 * says what can be done with it), `notFound`, `forbidden`, `unreachable`.
 */
export async function restarterOf(connection: ClusterConnection, pod: Place, ending: Ending = {}): Promise<Restarted> {
  const { namespace } = pod;
  const { metadata } = await connection.request<Pod>({ path: pathOf(kinds.pods, pod), ...ending });
  let owner = controllerOf(metadata.ownerReferences);
  if (owner?.kind === 'ReplicaSet') {
    const set = await connection.request<Workload>({ path: pathOf(kinds.replicaSets, { namespace, name: owner.name }), ...ending });
    owner = controllerOf(set.metadata.ownerReferences) ?? owner;
  }
  if (owner?.kind === 'Deployment' || owner?.kind === 'StatefulSet' || owner?.kind === 'DaemonSet')
    return { kind: owner.kind, namespace, name: owner.name };
  throw new FaultlineError('unsupported', {
    what: t('Pod {0} can’t be restarted', pod.name),
    meaning:
      owner === undefined
        ? t('It belongs to no workload: when it is deleted, nobody brings it back.')
        : t('It belongs to {0} {1}, which has no restart.', owner.kind, owner.name),
    remedy:
      owner === undefined
        ? t('Save its manifest before you delete it: kubectl get pod -n {0} {1} -o yaml', namespace, pod.name)
        : t('Delete the pod: {0} {1} decides what takes its place.', owner.kind, owner.name),
  });
}

export interface DeleteOptions extends Ending {
  /** The pod's own where it is left out. */
  readonly graceSeconds?: number;
  /** Takes the pod from the API at once, whether or not its processes have ended: of a StatefulSet two may then run under one name. */
  readonly force?: ForceConsent;
  /** Only this very pod, not one that took its name. */
  readonly uid?: string;
}

export interface ForceConsent {
  /** Name of the pod, as a person typed it. */
  readonly typedName: string;
}

/**
 * Resolves when the API has taken it. Fails: `refusedByProtection`, `notFound`, `invalid` (`uid` is that of another pod), `forbidden`,
 * `unreachable`.
 */
export async function deletePod(connection: ClusterConnection, pod: Place, consent: Consent, options: DeleteOptions = {}): Promise<void> {
  const { graceSeconds, force, uid, signal } = options;
  Consent.check(consent, connection, 'deletePod');
  refuseSystem(pod.namespace, 'deletePod');
  if (force !== undefined && force.typedName !== pod.name)
    throw new FaultlineError('refusedByProtection', {
      what: t('Pod {0} was not deleted by force', pod.name),
      meaning: t('Its processes may go on after its name is free again.'),
      remedy: t('Type {0} to confirm.', pod.name),
    });
  const asked = force === undefined ? { ...(graceSeconds === undefined ? {} : { graceSeconds }) } : { force: true as const };
  await connection.request({
    ...deletePodRequest(pod, { ...asked, ...(uid === undefined ? {} : { uid }) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

export interface DeleteRequested {
  readonly graceSeconds?: number;
  readonly force?: true;
  readonly uid?: string;
  /** The API plays it through and does nothing. */
  readonly dryRun?: true;
}

/** Nothing is asked of a person: for who has, and for dry runs. */
export function deletePodRequest(pod: Place, { graceSeconds, force, uid, dryRun }: DeleteRequested): ApiRequest {
  const gracePeriodSeconds = force === true ? 0 : graceSeconds === undefined ? undefined : Math.max(1, graceSeconds);
  return {
    method: 'DELETE',
    path: pathOf(kinds.pods, pod),
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
      ...(dryRun === true ? { dryRun: ['All'] } : {}),
    },
  };
}
