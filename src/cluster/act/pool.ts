/** The pods that a forward may lead to: which one it takes, and who waits for one. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Pod } from '../objects.ts';

export interface PoolOptions {
  readonly preferred?: string;
  /** Also pods that run and are not ready: where one pod was picked by name, it is looked at because it is not well. */
  readonly unready?: boolean;
}

interface Waiting {
  readonly take: (pod: Pod) => void;
}

/** One pod is kept for as long as it serves: a session, or the statement that is asked about, is on that one. */
export class PodPool {
  readonly #options: PoolOptions;
  #pods: readonly Pod[] = [];
  #chosen: string | undefined;
  readonly #waiting = new Set<Waiting>();
  readonly #avoided = new Set<string>();

  constructor(options: PoolOptions = {}) {
    this.#options = options;
  }

  set(pods: readonly Pod[]): void {
    this.#pods = pods;
    this.#hand();
  }

  /** Until `allow`: it did not take a connection, another one may. */
  avoid(uid: string): void {
    this.#avoided.add(uid);
    if (this.#chosen === uid) this.#chosen = undefined;
  }

  allow(uid: string): void {
    this.#avoided.delete(uid);
    this.#hand();
  }

  /** The one that the next connection goes to. */
  chosen(): Pod | undefined {
    const usable = this.#pods.filter((pod) => this.#isUsable(pod));
    const ready = usable.filter(isReady);
    const from = ready.length > 0 || this.#options.unready !== true ? ready : usable;
    const pod =
      from.find(({ metadata }) => metadata.name === this.#options.preferred) ??
      from.find((one) => uidOf(one) === this.#chosen) ??
      from.toSorted(byAge)[0];
    this.#chosen = pod === undefined ? undefined : uidOf(pod);
    return pod;
  }

  /** Waits until there is one. Fails with the signal's reason. */
  async one(signal: AbortSignal): Promise<Pod> {
    const now = this.chosen();
    if (now !== undefined) return now;
    const { promise, resolve, reject } = Promise.withResolvers<Pod>();
    const waiting: Waiting = { take: resolve };
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(waiting);
    try {
      return await promise;
    } finally {
      this.#waiting.delete(waiting);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Why there is none, in a sentence. */
  why(what: string): string {
    if (this.#pods.length === 0) return t('There is no pod of {0}.', what);
    return t('{0}: no pod is ready ({1}).', what, this.#pods.slice(0, SHOWN).map(stateOf).join(', '));
  }

  #isUsable(pod: Pod): boolean {
    if (this.#avoided.has(uidOf(pod)) || pod.metadata.deletionTimestamp !== undefined) return false;
    return pod.status?.phase === 'Running';
  }

  #hand(): void {
    const pod = this.chosen();
    if (pod !== undefined) for (const { take } of this.#waiting) take(pod);
  }
}

const SHOWN = 3;

export function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** Ready, and not about to go. */
export function isReady({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
  );
}

/** Gone for good, though its object may still be there. */
export function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** "trino-0 is pending: Unschedulable". */
export function stateOf(pod: Pod): string {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return t('{0} is terminating', metadata.name);
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting !== undefined)?.state?.waiting;
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const reason = waiting?.reason ?? status?.reason ?? (scheduled?.status === 'False' ? scheduled.reason : undefined);
  const phase = status?.phase ?? 'Unknown';
  const word = phase === 'Running' ? t('not ready') : phase.toLowerCase();
  return reason === undefined ? t('{0} is {1}', metadata.name, word) : t('{0} is {1}: {2}', metadata.name, word, reason);
}

function byAge(a: Pod, b: Pod): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
}

export function noPod(what: string, why: string, waitedMs: number): FaultlineError {
  return new FaultlineError('unreachable', {
    what: t('{0} has no pod that serves', what),
    meaning: t('{0} Waited {1} s for one.', why, Math.round(waitedMs / 1000)),
    remedy: t('Look at the pods’ events and logs.'),
  });
}
