/** Takes a release away, and says what stays. */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FaultlineError, invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ObjectList, PersistentVolumeClaim, Pod } from '../cluster/objects.ts';
import { exclusively, noRelease, stoppedLooking } from './change.ts';
import type { Place } from './change.ts';
import type { DeployEvent, UninstallOptions, UninstallPlan } from './deploy.ts';
import type { ReleaseName } from './release.ts';
import { definitionsOf } from './interrupted.ts';
import { fieldOf } from './lint/shape.ts';
import { ifAllowed, labelOf, parseManifests, unlessGone } from './objects.ts';
import type { Manifest } from './objects.ts';
import { KEEP } from './plan/diff.ts';
import { selectorText } from './selector.ts';
import { selectorOf } from './lint/shape.ts';

const LOOK_EVERY_MS = 500;

export function uninstallPlan(place: Place, name: ReleaseName, signal: AbortSignal): Promise<UninstallPlan> {
  return planOf(place, name, signal).catch((error: unknown) => {
    throw stoppedLooking(error);
  });
}

async function planOf({ helm, requests }: Place, name: ReleaseName, signal: AbortSignal): Promise<UninstallPlan> {
  const [state] = await helm.history(name, signal);
  if (state === undefined) throw noRelease(name);
  const { objects } = parseManifests(await helm.manifest(name, signal));
  const isKept = ({ metadata }: Manifest): boolean => metadata.annotations?.[KEEP] === 'keep';
  const path = `/api/v1/namespaces/${encodeURIComponent(name.namespace)}/persistentvolumeclaims`;
  const all = (await ifAllowed(requests.request<ObjectList<PersistentVolumeClaim>>({ path, signal })))?.items ?? [];
  const patterns = objects.flatMap(claimNames);
  const claims = all
    .filter(({ metadata }) => patterns.some((pattern) => pattern.test(metadata.name)))
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      size: status?.capacity?.['storage'] ?? spec?.resources?.requests?.['storage'] ?? '',
    }));
  const definitions = await definitionsOf(requests, state, signal);
  return {
    state,
    removed: objects.filter((object) => !isKept(object)).map(labelOf),
    kept: [
      ...claims.map((claim) => ({ name: `PersistentVolumeClaim/${claim.name}`, why: t('data of a StatefulSet') })),
      ...objects.filter(isKept).map((object) => ({ name: labelOf(object), why: `${KEEP}: keep` })),
      ...definitions.map((definition) => ({
        name: `CustomResourceDefinition/${definition}`,
        why: t('definitions of a chart stay, and all objects of them'),
      })),
    ],
    claims,
  };
}

/** `data-web-0`: of a claim template, the StatefulSet and the pod's number. */
function claimNames({ kind, metadata, ...rest }: Manifest): readonly RegExp[] {
  const templates = kind === 'StatefulSet' ? fieldOf(rest, 'spec', 'volumeClaimTemplates') : [];
  return (Array.isArray(templates) ? templates : []).flatMap((template: unknown) => {
    const name = fieldOf(template, 'metadata', 'name');
    return typeof name === 'string' ? [new RegExp(`^${escaped(name)}-${escaped(metadata.name)}-\\d+$`)] : [];
  });
}

export async function* uninstall(
  place: Place,
  name: ReleaseName,
  { signal, deadlineMs, purgeData }: UninstallOptions,
): AsyncGenerator<DeployEvent> {
  const { helm, requests, clock } = place;
  const startedMs = clock.monotonicMs();
  if (purgeData !== undefined && purgeData !== name.release) {
    throw invalid(t('“{0}” is not the name of the release {1}: its data stays', purgeData, name.release), t('Nothing was changed.'));
  }
  const plan = await uninstallPlan(place, name, signal);
  const { objects } = parseManifests(await helm.manifest(name, signal));
  const claims = purgeData === undefined ? [] : plan.claims;
  yield* exclusively(place, name, signal, async function* () {
    yield { kind: 'step', text: t('Uninstalling {0} ({1} objects)', name.release, plan.removed.length) };
    try {
      await helm.uninstall(name, deadlineMs, signal);
    } catch (error) {
      throw FaultlineError.is(error, 'cancelled') ? stoppedWithin(name, error) : error;
    }
    yield { kind: 'step', text: t('Waiting for its pods to end') };
    try {
      for (;;) {
        const left = await podsLeft(place, objects, name.namespace, signal);
        if (left.length === 0) break;
        if (clock.monotonicMs() - startedMs > deadlineMs) throw stillThere(name, left);
        await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
          throw cancelled();
        });
      }
      for (const { name: claim, size } of claims) {
        yield { kind: 'step', text: t('Deleting the data of {0} ({1})', claim, size) };
        const path = `/api/v1/namespaces/${encodeURIComponent(name.namespace)}/persistentvolumeclaims/${encodeURIComponent(claim)}`;
        await unlessGone(requests.request({ method: 'DELETE', path, signal }));
      }
    } catch (error) {
      throw goneAlready(error, name, claims);
    }
    yield { kind: 'done', state: { ...plan.state, status: 'uninstalled' }, durationMs: clock.monotonicMs() - startedMs };
  });
}

function stoppedWithin({ release, namespace }: ReleaseName, error: unknown): FaultlineError {
  const remedy = t('What is left of it stays: “faultline deploy uninstall {0} --namespace {1}” goes on from there.', release, namespace);
  return new FaultlineError('cancelled', { what: t('Stopped while {0} was uninstalled', release), remedy }, error);
}

/** The release is gone, so that the same command would not find it again. */
function goneAlready(error: unknown, { release, namespace }: ReleaseName, claims: UninstallPlan['claims']): unknown {
  if (!FaultlineError.is(error)) return error;
  const { what, remedy } = error.facts;
  const names = claims.map((claim) => claim.name).join(' ');
  const byHand =
    claims.length === 0
      ? []
      : [t('Of its data, what is still there stays until “kubectl delete pvc {0} --namespace {1}”.', names, namespace)];
  const remedies = [...(remedy === undefined ? [] : [remedy]), ...byHand].join(' ');
  return new FaultlineError(
    error.reason,
    {
      ...error.facts,
      what: error.reason === 'cancelled' ? t('Stopped: {0} is uninstalled, and its pods may still be ending', release) : what,
      ...(remedies === '' ? {} : { remedy: remedies }),
    },
    error,
  );
}

async function podsLeft(
  { requests }: Place,
  objects: readonly Manifest[],
  namespace: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet');
  const lists = await Promise.all(
    workloads.map(async (object) => {
      const labelSelector = selectorText(selectorOf(fieldOf(object, 'spec', 'selector')) ?? {});
      if (labelSelector === '') return [];
      const path = `/api/v1/namespaces/${encodeURIComponent(object.metadata.namespace ?? namespace)}/pods`;
      return (await ifAllowed(requests.request<ObjectList<Pod>>({ path, query: { labelSelector }, signal })))?.items ?? [];
    }),
  );
  return lists.flat().map(({ metadata }) => metadata.name);
}

function stillThere({ release }: ReleaseName, left: readonly string[]): FaultlineError {
  return new FaultlineError('timedOut', {
    what: t('{0} is uninstalled, and pods of it are still ending: {1}', release, left.join(', ')),
    remedy: t('They end by themselves after their grace period.'),
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
