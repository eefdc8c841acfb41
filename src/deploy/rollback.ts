/** Back to a revision that ran. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { exclusively, noRelease } from './change.ts';
import type { Place } from './change.ts';
import type { DeployEvent, RunOptions } from './deploy.ts';
import type { ReleaseName, ReleaseState } from './release.ts';
import type { Lock } from './lock.ts';
import { markReady, readyRevisions } from './interrupted.ts';
import { parseManifests } from './objects.ts';
import { follow } from './progress/follow.ts';
import { Observer, workloadNames } from './progress/observe.ts';

/** The last before the newest that was ready; where nobody knows, that was sent. Helm's own choice is the one before, even where that failed. */
export function lastGood(history: readonly ReleaseState[], ready: ReadonlySet<number>): ReleaseState | undefined {
  const older = history.slice(1);
  return older.find(({ revision }) => ready.has(revision)) ?? older.find(({ status }) => status === 'deployed' || status === 'superseded');
}

export async function* rollback(
  place: Place,
  { revision, ...name }: ReleaseName & { readonly revision?: number },
  options: RunOptions,
): AsyncGenerator<DeployEvent> {
  const { helm, requests, clock } = place;
  const startedMs = clock.monotonicMs();
  if ((await helm.history(name, options.signal)).length === 0) throw noRelease(name);
  yield* exclusively(place, name, options.signal, async function* (lock, history) {
    const target =
      revision === undefined
        ? lastGood(history, await readyRevisions(requests, name, options.signal))
        : history.find((state) => state.revision === revision);
    if (target === undefined) throw nothingBefore(name, revision, history);
    try {
      yield* goBack(place, lock, name, target.revision, options);
    } catch (error) {
      throw FaultlineError.is(error, 'cancelled') ? stopped(name, target.revision, error) : error;
    }
    const [state] = await helm.history(name, options.signal);
    if (state !== undefined) yield { kind: 'done', state, durationMs: clock.monotonicMs() - startedMs };
  });
}

function stopped({ release, namespace }: ReleaseName, revision: number, error: unknown): FaultlineError {
  const command = `faultline deploy rollback ${release} --revision ${revision} --namespace ${namespace}`;
  return new FaultlineError(
    'cancelled',
    { what: t('Stopped'), remedy: t('What runs stays as it is; “{0}” goes on from there.', command) },
    error,
  );
}

/** Inside of the lock. */
export async function* goBack(
  { helm, requests, clock }: Place,
  lock: Lock,
  { release, namespace }: ReleaseName,
  revision: number,
  { signal, deadlineMs }: RunOptions,
): AsyncGenerator<DeployEvent> {
  const name = { release, namespace };
  const startedMs = clock.monotonicMs();
  yield { kind: 'step', text: t('Rolling {0} back to revision {1}', release, revision) };
  const { objects } = parseManifests(await helm.manifest(name, signal, revision));
  const work = helm.rollback(name, revision, deadlineMs, signal, (pid) => void lock.helmRuns(pid));
  const observer = new Observer(requests, workloadNames(objects, namespace), clock.monotonicMs);
  yield* follow({ name, observer, requests, helm: work, startedMs, deadlineMs, nowMs: clock.monotonicMs, signal });
  const [state] = await helm.history(name, signal);
  if (state !== undefined) await markReady(requests, state, signal);
}

function nothingBefore(
  { release, namespace }: ReleaseName,
  revision: number | undefined,
  history: readonly ReleaseState[],
): FaultlineError {
  const known = history.map((state) => `${state.revision} (${state.status})`).join(', ');
  return new FaultlineError('notFound', {
    what: revision === undefined ? t('No revision of {0} ran before this one', release) : t('{0} has no revision {1}', release, revision),
    meaning: t('There are: {0}', known),
    remedy: t('“faultline deploy uninstall {0} --namespace {1}” takes it away.', release, namespace),
  });
}
