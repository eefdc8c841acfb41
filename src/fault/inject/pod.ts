/** Pods that are taken away through the API: with their grace period, or at once from the API alone. Always this very pod. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { deletePod, deletePodRequest, type DeleteRequested, type Place } from '../../cluster/act/change.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import { factsOf } from '../catalogue.ts';
import type { FaultOf, Injection, Injector, PreparedFault } from '../injector.ts';
import { overAtOnce, rehearsed, seen } from './wait.ts';

export const podDelete: Injector<FaultOf<'podDelete'>> = {
  kind: 'podDelete',
  rehearse: ({ connection, target, fault }, signal) =>
    rehearsed(
      async () => void (await connection.request({ ...deletePodRequest(placeOf(target), requested(target, fault.graceSeconds)), signal })),
    ),
  prepare: (injection, signal) =>
    prepared(injection, signal, (ends) => {
      const { graceSeconds } = injection.fault;
      return deletePod(injection.connection, placeOf(injection.target), injection.consent('deletePod'), {
        uid: injection.target.uid,
        ...(graceSeconds === undefined ? {} : { graceSeconds }),
        signal: ends,
      });
    }),
};

export const podForget: Injector<FaultOf<'podForget'>> = {
  kind: 'podForget',
  rehearse: ({ connection, target }, signal) =>
    rehearsed(async () => {
      await connection.request({ ...deletePodRequest(placeOf(target), { ...requested(target, undefined), force: true }), signal });
      return undefined;
    }),
  prepare: (injection, signal) =>
    prepared(injection, signal, (ends) =>
      deletePod(injection.connection, placeOf(injection.target), injection.consent('deletePod'), {
        uid: injection.target.uid,
        // What a person typed was asked for at the preview, where something would be lost.
        force: { typedName: injection.target.name },
        signal: ends,
      }),
    ),
};

async function prepared(
  { connection, target, fault: { kind }, timing }: Injection<FaultOf<'podDelete' | 'podForget'>>,
  signal: AbortSignal,
  remove: (signal: AbortSignal) => Promise<void>,
): Promise<PreparedFault> {
  const pod = await connection.request<Pod>({ path: pathOf(kinds.pods, placeOf(target)), signal });
  if (pod.metadata.uid !== target.uid || pod.metadata.deletionTimestamp !== undefined)
    throw new FaultlineError('refusedByProtection', {
      what:
        pod.metadata.uid === target.uid
          ? t('Pod {0} is being deleted already', target.name)
          : t('Pod {0} is another one by now', target.name),
      remedy: t('Look at it again before you break it.'),
    });
  return overAtOnce(factsOf(kind).heals, {
    apply: (_, ends) => remove(ends),
    effect: (ends) => seen((looking) => goneText(connection, target, kind, looking), t('The pod is still there.'), timing, ends),
  });
}

async function goneText(
  connection: ClusterConnection,
  target: FaultTarget,
  kind: 'podDelete' | 'podForget',
  signal: AbortSignal,
): Promise<string | undefined> {
  const isGone =
    kind === 'podForget' ? t('The API has forgotten the pod; whether its processes have ended, it does not say.') : t('The pod is gone.');
  try {
    const { metadata, status } = await connection.request<Pod>({ path: pathOf(kinds.pods, placeOf(target)), signal });
    if (metadata.uid !== target.uid) return isGone;
    if (kind === 'podForget' || metadata.deletionTimestamp === undefined) return undefined;
    const container = status?.containerStatuses?.find(({ name }) => name === target.container);
    return container?.state?.terminated === undefined ? undefined : t('Container {0} has ended.', container.name);
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return isGone;
    throw error;
  }
}

function requested({ uid }: FaultTarget, graceSeconds: number | undefined): DeleteRequested {
  return { uid, dryRun: true, ...(graceSeconds === undefined ? {} : { graceSeconds }) };
}

function placeOf({ namespace = '', name }: FaultTarget): Place {
  return { namespace, name };
}
