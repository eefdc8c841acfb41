/** Pods as the watches told of them, and which of them took whose place. Browser-safe. */
import type { PodEvent } from '../../../journal/fault-events.ts';
import type { FaultTarget, ObjectOwner } from '../../../journal/fault-plan.ts';
import type { PodView } from '../view.ts';

export interface PodHistory {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: ObjectOwner | null;
  readonly node: string | null;
  /** In order of time. */
  readonly events: readonly PodEvent[];
}

/** One each, in the order in which they were first told of. */
export function historiesOf(events: readonly PodEvent[]): readonly PodHistory[] {
  const byUid = new Map<string, PodEvent[]>();
  for (const event of events.toSorted((a, b) => a.t - b.t)) {
    const list = byUid.get(event.uid);
    if (list === undefined) byUid.set(event.uid, [event]);
    else list.push(event);
  }
  return [...byUid.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const last = <V>(of: (event: PodEvent) => V | undefined): V | null => list.map(of).findLast((value) => value !== undefined) ?? null;
    const { namespace, name, uid } = first;
    return [{ namespace, name, uid, owner: last(({ owner }) => owner), node: last(({ node }) => node), events: list }];
  });
}

/** A pod that a fault was aimed at, or that went with the node or workload that it was aimed at. */
export interface Victim {
  readonly pod: PodHistory;
  readonly target: FaultTarget;
  readonly fault: number;
  /** ms of the run. */
  readonly goAt: number;
  /** Proven without the watch, where the fault ends a container. */
  readonly goneAt: number | null;
  readonly goneText: string;
}

/** Stages that tell that a pod was hit. */
const hits: readonly string[] = ['terminating', 'stopped', 'gone', 'notReady', 'notServing'];

export function hitBy(target: FaultTarget, pods: readonly PodHistory[], goAt: number): readonly PodHistory[] {
  if (target.kind === 'pod') {
    const found = pods.find(({ uid }) => uid === target.uid);
    const { namespace = '', name, uid, owner = null, node = null } = target;
    return [found ?? { namespace, name, uid, owner, node, events: [] }];
  }
  return pods.filter((pod) => {
    if (target.kind === 'node' ? pod.node !== target.name : !isOf(pod.owner, target)) return false;
    return wasThere(pod, goAt) && pod.events.some(({ stage, t }) => t >= goAt && hits.includes(stage));
  });
}

/** A Deployment's pods are its ReplicaSet's. */
function isOf(owner: ObjectOwner | null, { name, uid }: FaultTarget): boolean {
  return owner !== null && (owner.uid === uid || owner.name === name || (owner.kind === 'ReplicaSet' && withoutHash(owner.name) === name));
}

function withoutHash(name: string): string {
  return name.replace(/-[a-z0-9]+$/, '');
}

function wasThere({ events }: PodHistory, goAt: number): boolean {
  const [first] = events;
  return first !== undefined && (first.stage === 'seen' || first.t < goAt);
}

export interface Pair {
  readonly victim: Victim;
  readonly replacement: PodHistory | null;
  readonly pairedBy: NonNullable<PodView['replacement']>['pairedBy'];
  readonly inPlace: boolean;
}

/**
 * By owner, never by who came first among all: with the same name where the owner gives names (StatefulSet), else the first that was
 * made after the victim was asked to go, in that order. Each is taken once. Whose container is started again has none.
 */
export function paired(victims: readonly Victim[], pods: readonly PodHistory[]): readonly Pair[] {
  const taken = new Set<string>();
  const found = new Map<Victim, { readonly pod: PodHistory; readonly pairedBy: Pair['pairedBy'] }>();
  const inOrder = victims.filter((victim) => !startsInPlace(victim)).toSorted((a, b) => leavesAt(a) - leavesAt(b));
  for (const byName of [true, false]) {
    for (const victim of inOrder.filter((each) => !found.has(each))) {
      const candidates = pods.filter((pod) => !taken.has(pod.uid) && replaces(pod, victim) && (!byName || pod.name === victim.pod.name));
      const pod = candidates.toSorted((a, b) => bornAt(a) - bornAt(b))[0];
      if (pod === undefined) continue;
      taken.add(pod.uid);
      const others = inOrder.some((each) => each !== victim && isSameOwner(each.pod.owner, victim.pod.owner));
      found.set(victim, { pod, pairedBy: byName ? 'name' : others ? 'order' : 'owner' });
    }
  }
  return victims.map((victim) => {
    const replacement = found.get(victim);
    const pair = { victim, replacement: replacement?.pod ?? null, pairedBy: replacement?.pairedBy ?? 'owner' };
    return { ...pair, inPlace: replacement === undefined && startsInPlace(victim) };
  });
}

function replaces(pod: PodHistory, { pod: victim, goAt }: Victim): boolean {
  const [first] = pod.events;
  if (pod.uid === victim.uid || first === undefined || first.stage === 'seen' || first.t < goAt) return false;
  return pod.namespace === victim.namespace && isSameOwner(pod.owner, victim.owner);
}

/** A rollout makes a new ReplicaSet: it is the same workload's. */
function isSameOwner(a: ObjectOwner | null, b: ObjectOwner | null): boolean {
  if (a === null || b === null) return false;
  return a.uid === b.uid || (a.kind === 'ReplicaSet' && b.kind === 'ReplicaSet' && withoutHash(a.name) === withoutHash(b.name));
}

function bornAt({ events }: PodHistory): number {
  return events.find(({ stage }) => stage === 'created')?.t ?? events[0]?.t ?? Infinity;
}

function leavesAt({ pod, goAt }: Victim): number {
  return (
    pod.events.find(({ stage, t }) => t >= goAt && (stage === 'terminating' || stage === 'gone' || stage === 'stopped'))?.t ?? Infinity
  );
}

function startsInPlace({ pod, goAt }: Victim): boolean {
  const after = pod.events.filter(({ t }) => t >= goAt);
  return after.some(({ stage }) => stage === 'started') && !after.some(({ stage }) => stage === 'gone');
}
