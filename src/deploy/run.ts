/** Carries a plan out. */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FaultlineError, invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { Consent, refuseSystem } from '../cluster/act/protection.ts';
import { passwordText } from '../cluster/sqlLogin.ts';
import { ensureNamespace, exclusively } from './change.ts';
import type { Place } from './change.ts';
import type { DeployEvent, DeployOptions, DeployPlan } from './deploy.ts';
import type { ReleaseState } from './release.ts';
import { markReady, readyRevisions } from './interrupted.ts';
import { eachOf, Kinds, labelOf, unlessGone } from './objects.ts';
import type { Manifest } from './objects.ts';
import { passwordsOf } from './passwords.ts';
import { follow, wayBack } from './progress/follow.ts';
import { Observer, workloadNames } from './progress/observe.ts';
import { goBack, lastGood } from './rollback.ts';

export async function* runPlan(place: Place, plan: DeployPlan, consent: Consent, options: DeployOptions): AsyncGenerator<DeployEvent> {
  const { request, cluster } = plan;
  Consent.check(consent, { context: { name: cluster.context }, server: cluster.server }, 'install');
  refuseSystem(request.namespace, 'install');
  refuseImpossible(plan, options.recreate === true);
  try {
    if (await ensureNamespace(place.requests, request.namespace, options.signal))
      yield { kind: 'step', text: t('Made namespace {0}', request.namespace) };
    yield* carriedOut(place, plan, options);
  } catch (error) {
    throw FaultlineError.is(error, 'cancelled') ? explained(error, plan) : error;
  }
}

async function* carriedOut(place: Place, plan: DeployPlan, options: DeployOptions): AsyncGenerator<DeployEvent> {
  const { request } = plan;
  const { helm, requests, clock } = place;
  const { signal, deadlineMs } = options;
  const startedMs = clock.monotonicMs();
  yield* exclusively(place, request, signal, async function* (lock, history) {
    refuseStale(plan, history[0]);
    try {
      yield* recreate(place, plan, { signal, endMs: startedMs + deadlineMs });
    } catch (error) {
      throw explained(error, plan);
    }
    const isNew = history.length === 0;
    const chart = `${plan.chart.name} ${plan.chart.version}`;
    const isThere = isUnchanged(plan, history[0]);
    if (isThere) yield { kind: 'note', text: t('Nothing changes: {0} {1} runs already.', request.release, chart) };
    else
      yield {
        kind: 'step',
        text: isNew ? t('Installing {0} as {1}', chart, request.release) : t('Upgrading {0} to {1}', request.release, chart),
      };
    const { release, namespace } = request;
    const upgrade = {
      release,
      namespace,
      chart: plan.chartFolder,
      valuesFile: plan.valuesFile,
      timeoutMs: deadlineMs,
      description: request.profile === undefined ? 'faultline deploy' : `faultline deploy --profile ${request.profile}`,
    };
    const work = isThere ? Promise.resolve() : helm.upgrade(upgrade, signal, (pid) => void lock.helmRuns(pid));
    const hooks = new Observer(requests, workloadNames(plan.hooks, namespace), clock.monotonicMs);
    const observer = new Observer(requests, workloadNames(plan.manifests, namespace), clock.monotonicMs);
    try {
      yield* follow({
        name: request,
        isNew,
        observer,
        hooks,
        requests,
        helm: work,
        startedMs,
        deadlineMs,
        nowMs: clock.monotonicMs,
        signal,
      });
    } catch (error) {
      if (options.rollbackOnFailure !== true || signal.aborted) throw explained(error, plan);
      const good = lastGood(await helm.history(request, signal), await readyRevisions(requests, request, signal));
      yield { kind: 'note', text: t('It failed: {0}', error instanceof Error ? error.message : String(error)) };
      if (good === undefined) throw explained(error, plan);
      yield* goBack(place, lock, request, good.revision, { signal, deadlineMs });
      throw wentBack(error, good);
    }
    const [state] = await helm.history(request, signal);
    if (state === undefined) return;
    await markReady(requests, state, signal);
    for (const place of passwordsOf(plan.manifests, namespace)) yield { kind: 'note', text: passwordText(place) };
    yield { kind: 'done', state, durationMs: clock.monotonicMs() - startedMs };
  });
}

/** A deploy that was stopped while it waited goes on waiting: one more revision of the same would be noise. */
export function isUnchanged({ objects, chart }: Pick<DeployPlan, 'objects' | 'chart'>, newest: ReleaseState | undefined): boolean {
  return (
    newest?.status === 'deployed' && newest.chart === `${chart.name}-${chart.version}` && objects.every(({ action }) => action === 'none')
  );
}

/** With them goes what they hold. */
const HOLDS_DATA: ReadonlySet<string> = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'Namespace', 'CustomResourceDefinition']);

/** Nothing is begun that is known to fail in the middle. */
function refuseImpossible({ refusals, objects, chart }: DeployPlan, mayRecreate: boolean): void {
  if (refusals.length > 0) {
    throw new FaultlineError('invalid', {
      what: t('The cluster would not take what the chart {0} makes of these values', chart.name),
      meaning: refusals.map(({ object, text }) => `${object}: ${text}`).join('\n  '),
      remedy: t('Nothing was changed. Correct the values and deploy again.'),
    });
  }
  const stuck = objects.filter(({ action }) => action === 'recreate');
  const holders = stuck.filter(({ kind }) => HOLDS_DATA.has(kind));
  if (stuck.length === 0 || (mayRecreate && holders.length === 0)) return;
  const named = holders.length > 0 ? holders : stuck;
  throw new FaultlineError('invalid', {
    what: t('A field that can’t be changed has another value: {0}', named.map(labelOfPlanned).join(', ')),
    meaning: named.flatMap(({ why }) => why ?? []).join('\n  '),
    remedy:
      holders.length > 0
        ? t(
            'Nothing was changed. What holds data is never deleted by a deploy: leave the field as it is, or save the data and delete it by hand.',
          )
        : t('Nothing was changed. --recreate deletes them and makes them anew; the volumes of a StatefulSet stay.'),
  });
}

function labelOfPlanned({ kind, name }: DeployPlan['objects'][number]): string {
  return labelOf({ kind, metadata: { name } });
}

function refuseStale({ current, request }: DeployPlan, newest: ReleaseState | undefined): void {
  if (current?.revision === newest?.revision) return;
  throw invalid(
    t(
      '{0} was changed by somebody else since it was compared: revision {1}, then {2}',
      request.release,
      current?.revision ?? 0,
      newest?.revision ?? 0,
    ),
    t('Nothing was changed. Look at the changes and deploy again.'),
  );
}

const LOOK_EVERY_MS = 200;

/** Pods of a StatefulSet go on while it is made anew, and are then replaced one by one. */
async function* recreate(
  { requests, clock }: Place,
  plan: DeployPlan,
  { signal, endMs }: { readonly signal: AbortSignal; readonly endMs: number },
): AsyncGenerator<DeployEvent> {
  const names = new Set(plan.objects.filter(({ action }) => action === 'recreate').map(labelOfPlanned));
  const kinds = new Kinds(requests, signal);
  const objects = plan.manifests.filter((object) => names.has(labelOf(object)));
  for (const object of objects) yield { kind: 'note', text: t('{0} is deleted to be made anew', labelOf(object)) };
  await eachOf(objects, 4, async (object: Manifest) => {
    const path = await kinds.pathOf(object, plan.request.namespace);
    if (path === undefined) return;
    const propagationPolicy = object.kind === 'StatefulSet' ? 'Orphan' : 'Background';
    const there = await unlessGone(requests.request<Manifest>({ path, signal }));
    if (there === undefined) return;
    await unlessGone(requests.request({ method: 'DELETE', path, body: { propagationPolicy }, signal }));
    // It stays until its pods are let go; what Helm wrote into it until then would go with it.
    for (;;) {
      const now = await unlessGone(requests.request<Manifest>({ path, signal }));
      if (now === undefined || now.metadata.uid !== there.metadata.uid) return;
      if (clock.monotonicMs() > endMs) throw staysThere(object, now);
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
        throw cancelled();
      });
    }
  });
}

function staysThere(object: Manifest, { metadata }: Manifest): FaultlineError {
  return new FaultlineError('timedOut', {
    what: t('{0} was deleted to be made anew, and is still there', labelOf(object)),
    meaning: t('Its finalizers: {0}', (metadata.finalizers ?? []).join(', ') || t('none')),
    remedy: t('Who wrote them has to take them away; the same deploy then goes on from there.'),
  });
}

function explained(error: unknown, { request, current }: DeployPlan): unknown {
  if (!FaultlineError.is(error)) return error;
  if (error.reason === 'cancelled') {
    const remedy = t(
      'What runs stays as it is; the same deploy goes on from there, “faultline deploy status {0} --namespace {1}” says how far it is.',
      request.release,
      request.namespace,
    );
    return new FaultlineError('cancelled', { what: t('Stopped'), remedy }, error);
  }
  if (error.facts.remedy !== undefined) return error;
  return new FaultlineError(error.reason, { ...error.facts, remedy: wayBack(request, current === undefined) }, error);
}

function wentBack(error: unknown, { revision, release }: ReleaseState): FaultlineError {
  const known = FaultlineError.is(error) ? error : undefined;
  return new FaultlineError(
    known?.reason ?? 'engine',
    {
      what: known?.facts.what ?? t('The deploy failed'),
      ...(known?.facts.meaning === undefined ? {} : { meaning: known.facts.meaning }),
      remedy: t('{0} runs again as in revision {1}. Correct the values and deploy again.', release, revision),
    },
    error,
  );
}
