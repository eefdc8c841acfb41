/**
 * What each state of a pod object tells: its stages, one after the other, however much happened between two states. Knows of every pod
 * what it has told. Pure: no clock, no watch.
 */
import type { ContainerStatus, Pod } from '../../../cluster/objects.ts';
import type { PodEvent } from '../../../journal/fault-events.ts';
import type { ObjectOwner } from '../../../journal/fault-plan.ts';

export type StageTold = Omit<PodEvent, 't' | 'src' | 'kind'>;

interface Known {
  pod: Pod;
  readonly container: string | undefined;
  runningId: string | undefined;
  /** Of its container, as they were told. */
  starts: number;
  stops: number;
  isScheduled: boolean;
  isTerminating: boolean;
  isReady: boolean;
  isServing: boolean;
  /** Its container was another one since it was told to be serving. */
  isAnew: boolean;
}

/** A container that was restarted more often than this between two states is told to have been restarted so often. */
const mostRestarts = 10;

export class PodStages {
  readonly #containerOf: (pod: Pod) => string | undefined;
  readonly #known = new Map<string, Known>();
  /** Pods that an EndpointSlice gives to clients, by uid: also those that are not told of, or not yet. */
  readonly #inSlices = new Set<string>();

  /** `containerOf`: whose start and end are meant. */
  constructor(containerOf: (pod: Pod) => string | undefined) {
    this.#containerOf = containerOf;
  }

  has(uid: string): boolean {
    return this.#known.has(uid);
  }

  get pods(): readonly Pod[] {
    return [...this.#known.values()].map(({ pod }) => pod);
  }

  /** It was there when the watch began. */
  seen(pod: Pod): readonly StageTold[] {
    const { uid } = pod.metadata;
    if (uid === undefined || this.#known.has(uid)) return [];
    const known = this.#begin(pod, uid);
    const status = statusOf(pod, known.container);
    known.runningId = runningId(status);
    known.starts = startsOf(status);
    known.stops = known.starts - (known.runningId === undefined ? 0 : 1);
    known.isScheduled = pod.spec?.nodeName !== undefined;
    known.isReady = isReady(pod);
    known.isServing = known.isReady && this.#inSlices.has(uid);
    known.isTerminating = pod.metadata.deletionTimestamp !== undefined;
    const first: StageTold = { ...told(known, 'seen'), isReady: known.isReady, isServing: known.isServing };
    return known.isTerminating ? [first, { ...told(known, 'terminating'), ...at(askedToGo(pod)) }] : [first];
  }

  put(pod: Pod): readonly StageTold[] {
    const { uid } = pod.metadata;
    if (uid === undefined) return [];
    const before = this.#known.get(uid);
    const known = before ?? this.#begin(pod, uid);
    known.pod = pod;
    const stages: StageTold[] = [];
    const tell = (stage: StageTold['stage'], when?: string): void => void stages.push({ ...told(known, stage), ...at(when) });
    if (before === undefined) tell('created', pod.metadata.creationTimestamp);
    if (!known.isScheduled && pod.spec?.nodeName !== undefined) {
      known.isScheduled = true;
      tell('scheduled', since(pod, 'PodScheduled'));
    }
    if (!known.isTerminating && pod.metadata.deletionTimestamp !== undefined) {
      known.isTerminating = true;
      tell('terminating', askedToGo(pod));
    }
    const ready = isReady(pod);
    if (known.isReady && !ready) {
      known.isReady = false;
      tell('notReady', since(pod, 'Ready'));
    }
    this.#container(known, tell);
    if (ready && !known.isReady) {
      known.isReady = true;
      tell('ready', since(pod, 'Ready'));
    }
    stages.push(...this.#serving(known, uid));
    return stages;
  }

  /** As it was when it went. */
  gone(pod: Pod): readonly StageTold[] {
    const { uid = '' } = pod.metadata;
    const known = this.#known.get(uid);
    if (known === undefined) return [];
    const last = this.put(pod).filter(({ stage }) => stage !== 'ready' && stage !== 'serving');
    this.#known.delete(uid);
    return [...last, told(known, 'gone')];
  }

  /** An EndpointSlice gives it to clients, or none does any more. */
  slices(uid: string, isIn: boolean): readonly StageTold[] {
    if (isIn) this.#inSlices.add(uid);
    else this.#inSlices.delete(uid);
    const known = this.#known.get(uid);
    return known === undefined ? [] : this.#serving(known, uid);
  }

  /** Its two watches may come in any order: it serves when both have said so. */
  #serving(known: Known, uid: string): readonly StageTold[] {
    const isIn = this.#inSlices.has(uid);
    if (known.isServing && !isIn) {
      known.isServing = false;
      known.isAnew = false;
      return [told(known, 'notServing')];
    }
    if (!isIn || !known.isReady || (known.isServing && !known.isAnew)) return [];
    known.isServing = true;
    known.isAnew = false;
    return [told(known, 'serving')];
  }

  /** Between two states it may have ended and begun several times: the number of restarts tells. */
  #container(known: Known, tell: (stage: StageTold['stage'], when?: string) => void): void {
    const status = statusOf(known.pod, known.container);
    if (status === undefined) return;
    const id = runningId(status);
    const ended = (status.state?.terminated ?? status.lastState?.terminated)?.finishedAt;
    const stop = (): void => {
      known.stops++;
      known.isReady = false;
      known.isAnew = known.isServing;
      tell('stopped', ended);
    };
    const start = (): void => {
      known.starts++;
      tell('started', status.state?.running?.startedAt);
    };
    const starts = startsOf(status);
    const stops = starts - (id === undefined ? 0 : 1);
    // Its number of restarts may begin anew, and may be late: the id is what counts.
    if (starts < known.starts || (starts === known.starts && id !== undefined && known.runningId !== undefined && id !== known.runningId)) {
      if (known.starts > known.stops) stop();
      if (id !== undefined) start();
      known.starts = starts;
      known.stops = stops;
    }
    const most = known.starts + mostRestarts;
    while (known.starts < starts || known.stops < stops) {
      if (known.starts > known.stops) stop();
      else start();
      if (known.starts < most) continue;
      known.starts = starts;
      known.stops = stops;
    }
    known.runningId = id;
  }

  #begin(pod: Pod, uid: string): Known {
    const known: Known = {
      ...{ pod, container: this.#containerOf(pod), runningId: undefined, starts: 0, stops: 0 },
      ...{ isScheduled: false, isTerminating: false, isReady: false, isServing: false, isAnew: false },
    };
    this.#known.set(uid, known);
    return known;
  }
}

export function ownerOfPod({ metadata }: Pod): ObjectOwner | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true) ?? metadata.ownerReferences?.[0];
  return owner === undefined ? undefined : { kind: owner.kind, name: owner.name, uid: owner.uid };
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

function told({ pod, container }: Known, stage: StageTold['stage']): StageTold {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const owner = ownerOfPod(pod);
  const node = pod.spec?.nodeName;
  return {
    ...{ stage, namespace, name, uid },
    ...(owner === undefined ? {} : { owner }),
    ...(node === undefined ? {} : { node }),
    ...(container === undefined ? {} : { container }),
  };
}

function statusOf(pod: Pod, container: string | undefined): ContainerStatus | undefined {
  const all = pod.status?.containerStatuses;
  return all?.find(({ name }) => name === container) ?? (container === undefined ? all?.[0] : undefined);
}

function runningId(status: ContainerStatus | undefined): string | undefined {
  const running = status?.state?.running;
  return running === undefined ? undefined : (status?.containerID ?? running.startedAt ?? '');
}

/** How often it was started. A kubelet counts a restart when it makes the new container. */
function startsOf(status: ContainerStatus | undefined): number {
  const { restartCount = 0, state, lastState } = status ?? {};
  const ever = state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;
  return restartCount + (ever ? 1 : 0);
}

function since({ status }: Pod, type: string): string | undefined {
  return status?.conditions?.find((condition) => condition.type === type)?.lastTransitionTime;
}

/** The API's stamp of a deletion is when its grace period is over. */
function askedToGo({ metadata }: Pod): string | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
  if (deletionTimestamp === undefined) return undefined;
  const ms = Date.parse(deletionTimestamp);
  return Number.isNaN(ms) ? undefined : new Date(ms - deletionGracePeriodSeconds * 1000).toISOString();
}

function at(stamp: string | undefined): { readonly at?: number } {
  const ms = stamp === undefined ? NaN : Date.parse(stamp);
  return Number.isNaN(ms) ? {} : { at: ms };
}
