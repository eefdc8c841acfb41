/** From the change until everything is ready, told as it goes. */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { DeployEvent } from '../deploy.ts';
import type { ReleaseName } from '../release.ts';
import type { Requests } from '../objects.ts';
import type { Observed, Observer } from './observe.ts';
import type { WorkloadProgress } from './progress.ts';

const LOOK_EVERY_MS = 1000;
/** A pod is taken out of the way only when two looks in a row find it there. */
const SURE_AFTER = 2;

export interface Follow {
  readonly name: ReleaseName;
  /** Nothing of it ran before. */
  readonly isNew?: boolean;
  readonly observer: Observer;
  /** What Helm waits for itself, and of which nothing is left afterwards. */
  readonly hooks?: Observer;
  readonly requests: Requests;
  /** Helm at work; what is not there yet is not missed until it has ended. */
  readonly helm: Promise<void>;
  readonly startedMs: number;
  readonly deadlineMs: number;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

/** Ends when all of it is ready. Fails: as Helm does, `engine` for a job that failed, `timedOut` with what is stuck, `cancelled`. */
export async function* follow({
  name,
  isNew = false,
  observer,
  hooks,
  requests,
  helm,
  startedMs,
  deadlineMs,
  nowMs,
  signal,
}: Follow): AsyncGenerator<DeployEvent> {
  const work: { ended: boolean; error?: unknown } = { ended: false };
  const ended = helm.then(
    () => {
      work.ended = true;
    },
    (error: unknown) => {
      work.ended = true;
      work.error = error;
    },
  );
  let told = '';
  let isSilent = false;
  const seenInTheWay = new Map<string, number>();
  for (;;) {
    // It ends by the same signal, and only when Helm has ended nothing is at work any more.
    if (signal.aborted) {
      await ended;
      throw asError(work.error ?? cancelled());
    }
    const wasEnded = work.ended;
    if (wasEnded && work.error !== undefined) throw asError(work.error);
    let all: readonly Observed[] | undefined;
    try {
      // Until Helm has ended the workloads are those of before.
      all = wasEnded ? await observer.look(signal) : ((await hooks?.look(signal)) ?? []);
      isSilent = false;
    } catch (error) {
      if (signal.aborted) continue;
      if (!isPassing(error)) throw error;
      if (!isSilent) yield { kind: 'note', text: t('The cluster does not answer; what was begun goes on there.') };
      isSilent = true;
    }
    if (all !== undefined) {
      const shown = all.filter(({ exists, isReady }) => wasEnded || (exists && !isReady));
      const workloads = shown.map(plain);
      const text = JSON.stringify(workloads);
      if (text !== told && shown.length > 0) yield { kind: 'progress', workloads, elapsedMs: nowMs() - startedMs };
      told = text;
      const failed = shown.find((one) => one.failed !== undefined);
      if (failed !== undefined && wasEnded) throw hopeless(name, failed, isNew);
      if (wasEnded && all.every(({ isReady }) => isReady)) return;
      for (const one of wasEnded ? shown : []) {
        for (const pod of one.inTheWay) {
          const times = (seenInTheWay.get(pod) ?? 0) + 1;
          seenInTheWay.set(pod, times);
          if (times !== SURE_AFTER) continue;
          yield {
            kind: 'note',
            text: t('{0} of an older revision never became ready, and {1} would wait for it: it is deleted.', pod, one.name),
          };
          await requests.request({ method: 'DELETE', path: podPath(one.namespace, pod), signal }).catch((error: unknown) => {
            if (!FaultlineError.is(error)) throw error;
          });
        }
      }
    }
    if (nowMs() - startedMs > deadlineMs && wasEnded) throw tooLong(name, deadlineMs, all, isNew);
    await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isPassing(error: unknown): boolean {
  return FaultlineError.is(error, 'unreachable') || FaultlineError.is(error, 'timedOut') || FaultlineError.is(error, 'internal');
}

function plain({ name, kind, namespace, desired, ready, updated, isReady, stuck }: Observed): WorkloadProgress {
  return { name, kind, namespace, desired, ready, updated, isReady, stuck };
}

/** What a person reads of everything that is not ready: one line each. */
export function stuckLines(workloads: readonly WorkloadProgress[]): readonly string[] {
  return workloads
    .filter(({ isReady }) => !isReady)
    .flatMap(({ name, ready, desired, stuck }) => {
      if (stuck.length === 0) return [t('{0}: {1}/{2} ready', name, ready, desired)];
      return stuck.flatMap(({ object, text, log = [] }) => [`${object}: ${text}`, ...log.map((line) => `  | ${line}`)]);
    });
}

/** `all`: undefined where the cluster did not answer. */
function tooLong(name: ReleaseName, deadlineMs: number, all: readonly WorkloadProgress[] | undefined, isNew: boolean): FaultlineError {
  return new FaultlineError('timedOut', {
    what: t('{0} in {1} is not ready after {2} s', name.release, name.namespace, Math.round(deadlineMs / 1000)),
    meaning: all === undefined ? t('The cluster does not answer; what was begun goes on there.') : stuckLines(all).join('\n  '),
    remedy: wayBack(name, isNew),
  });
}

function hopeless(name: ReleaseName, workload: Observed, isNew: boolean): FaultlineError {
  return new FaultlineError('engine', {
    what: t('{0} of {1} failed: {2}', workload.name, name.release, workload.failed ?? ''),
    meaning: stuckLines([workload]).join('\n  '),
    remedy: wayBack(name, isNew),
  });
}

export function wayBack({ release, namespace }: ReleaseName, isNew: boolean): string {
  const where = `${release} --namespace ${namespace}`;
  return isNew
    ? t('What runs stays as it is. A corrected deploy goes on from here; “faultline deploy uninstall {0}” takes it away.', where)
    : t('What runs stays as it is. “faultline deploy rollback {0}” goes back; a corrected deploy goes on from here.', where);
}

function podPath(namespace: string, pod: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
}
