/** What every change of a release has in common: one at a time, an interrupted one taken up, and a bound. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Clock } from '../base/clock.ts';
import { statusOf } from '../cluster/connect/failure.ts';
import type { DeployEvent } from './deploy.ts';
import type { ReleaseName, ReleaseState } from './release.ts';
import type { Helm } from './helm/helm.ts';
import { isPending, markFailed } from './interrupted.ts';
import { takeLock } from './lock.ts';
import type { Lock } from './lock.ts';
import { unlessGone } from './objects.ts';
import type { Requests } from './objects.ts';

export interface Place {
  readonly helm: Helm;
  readonly requests: Requests;
  readonly chartsFolder: string;
  readonly clock: Clock;
}

/** What happens inside of the lock; the history is that of the moment, an interrupted revision already marked. */
type Work = (lock: Lock, history: readonly ReleaseState[]) => AsyncIterable<DeployEvent>;

export async function* exclusively(
  { helm, requests, clock }: Place,
  name: ReleaseName,
  signal: AbortSignal,
  work: Work,
): AsyncGenerator<DeployEvent> {
  const lock = await takeLock(requests, name, clock.wallMs, signal);
  try {
    let history = await helm.history(name, signal);
    const [newest] = history;
    if (newest !== undefined && isPending(newest)) {
      yield { kind: 'note', text: await markFailed(requests, newest, signal) };
      history = [{ ...newest, status: 'failed' }, ...history.slice(1)];
    }
    yield* work(lock, history);
  } finally {
    await lock.release();
  }
}

/** The lock lies beside the release, so its namespace comes first. What may not be asked is left to Helm. Fails: `forbidden`. */
export async function ensureNamespace(requests: Requests, namespace: string, signal: AbortSignal): Promise<boolean> {
  try {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    if ((await unlessGone(requests.request({ path, signal }))) !== undefined) return false;
  } catch (error) {
    if (FaultlineError.is(error, 'forbidden')) return false;
    throw error;
  }
  try {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await requests.request({ method: 'POST', path: '/api/v1/namespaces', body, signal });
    return true;
  } catch (error) {
    if (statusOf(error) === 409) return false;
    if (!FaultlineError.is(error, 'forbidden')) throw error;
    const { what, meaning } = error.facts;
    const remedy = t('Name one that there is, or let somebody make it who may.');
    const facts = { what: t('There is no namespace {0}, and it may not be made', namespace), meaning: meaning ?? what, remedy };
    throw new FaultlineError('forbidden', facts, error);
  }
}

/** For what only looks: who stops that is told so. */
export function stoppedLooking(error: unknown): unknown {
  return FaultlineError.is(error, 'cancelled')
    ? new FaultlineError('cancelled', { what: t('Stopped'), remedy: t('Nothing was changed.') }, error)
    : error;
}

export function noRelease({ release, namespace }: ReleaseName): FaultlineError {
  return new FaultlineError('notFound', {
    what: t('There is no release {0} in {1}', release, namespace),
    remedy: t('“faultline deploy list” shows those that there are.'),
  });
}
