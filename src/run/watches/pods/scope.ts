/** Which part of the cluster a run listens to: what it breaks, what belongs to it, and the engines that its users ask. Pure. */
import type { Pod } from '../../../cluster/objects.ts';
import type { ClusterModel, EngineInstance, KafkaInstance, PodLine } from '../../../cluster/recognise/model.ts';
import { ownerOf } from '../../../cluster/recognise/owner.ts';
import { instancesOf, isKafka } from '../../../fault/scene.ts';
import type { FaultPlan, FaultTarget } from '../../../journal/fault-plan.ts';

export interface WatchScope {
  readonly instances: readonly EngineInstance[];
  readonly targets: readonly FaultTarget[];
  /** Whose pods and EndpointSlices are listened to. */
  readonly namespaces: readonly string[];
  /** Of the targets and of the instances. */
  readonly uids: ReadonlySet<string>;
}

/** The whole cluster where a node is hit: what runs there is in any namespace. */
export function oneNamespace({ faults, probes }: FaultPlan): string | undefined {
  const targets = faults.flatMap((fault) => fault.targets);
  const places = new Set([
    ...targets.map(({ kind, namespace }) => (kind === 'node' ? undefined : namespace)),
    ...probes.map(({ address }) => serviceOf(address)?.namespace),
  ]);
  const [only] = places;
  return places.size === 1 ? only : undefined;
}

export function scopeOf(plan: FaultPlan, model: ClusterModel): WatchScope {
  const targets = plan.faults.flatMap((fault) => fault.targets);
  const instances = instancesOf(model).filter(
    (instance) => targets.some((target) => isHit(instance, target)) || plan.probes.some((probe) => isAsked(instance, plan, probe)),
  );
  const namespaces = [
    ...targets.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace])),
    ...instances.map(({ namespace }) => namespace),
  ];
  const uids = [...targets.map(({ uid }) => uid), ...instances.flatMap((instance) => podsOf(instance)).map(({ id }) => id)];
  return { instances, targets, namespaces: [...new Set(namespaces)].toSorted(), uids: new Set(uids) };
}

export function podsOf({ roles }: EngineInstance): readonly PodLine[] {
  return roles.flatMap(({ pods }) => pods);
}

export function kafkaIn({ instances }: WatchScope): readonly KafkaInstance[] {
  return instances.filter(isKafka);
}

/** The pod may be hit by a fault of the plan: its silence is what the fault does. */
export function isTarget(pod: PodLine, instance: EngineInstance, targets: readonly FaultTarget[]): boolean {
  return targets.some((target) => {
    switch (target.kind) {
      case 'pod':
        return target.uid === pod.id || (target.namespace === pod.ref.namespace && target.name === pod.ref.name);
      case 'node':
        return target.name === pod.node;
      case 'workload':
        return instance.roles.some(({ pods, workloads }) => pods.includes(pod) && workloads.some((ref) => isSame(ref, target)));
    }
  });
}

function isHit(instance: EngineInstance, target: FaultTarget): boolean {
  if (target.kind === 'workload')
    return instance.namespace === target.namespace && instance.roles.some(({ workloads }) => workloads.some((ref) => isSame(ref, target)));
  return podsOf(instance).some((pod) => isTarget(pod, instance, [target]));
}

function isSame(ref: { readonly kind: string; readonly name: string; readonly uid?: string }, target: FaultTarget): boolean {
  return ref.uid === target.uid || (ref.kind === target.workload && ref.name === target.name);
}

/** By the Service that the probe's users connect to; else the only one of its kind there. */
function isAsked(instance: EngineInstance, plan: FaultPlan, { engine, address }: FaultPlan['probes'][number]): boolean {
  const isKind = instance.engine === engine || (engine === 'trino' && instance.engine === 'presto');
  const service = serviceOf(address);
  if (!isKind || service === undefined) return false;
  const isThere = service.namespace === undefined || service.namespace === instance.namespace;
  return isThere && (instance.service === undefined || instance.service.name === service.name || plan.probes.length === 1);
}

/** `trino.analytics.svc:8080` */
function serviceOf(address: string): { readonly name: string; readonly namespace?: string } | undefined {
  const [host = ''] = address.split(':');
  const labels = host.split('.');
  const svc = labels.indexOf('svc');
  if (svc === -1) return labels.length === 2 && labels[1] !== '' ? named(labels[0], labels[1]) : named(labels[0], undefined);
  return svc < 2 ? named(labels[0], undefined) : named(labels[svc - 2], labels[svc - 1]);
}

function named(
  name: string | undefined,
  namespace: string | undefined,
): { readonly name: string; readonly namespace?: string } | undefined {
  return name === undefined || name === '' ? undefined : { name, ...(namespace === undefined ? {} : { namespace }) };
}

/** Pods that matter: known by uid, or made by what made those. */
export class PodFilter {
  readonly #uids: ReadonlySet<string>;
  readonly #owners = new Map<string, string | undefined>();
  readonly #containers = new Map<string, string>();

  constructor({ uids, targets, instances }: WatchScope, pods: Iterable<Pod>) {
    this.#uids = uids;
    for (const line of instances.flatMap((instance) => podsOf(instance))) this.#containers.set(line.id, line.container);
    for (const target of targets) {
      if (target.kind === 'pod' && target.container !== undefined) this.#containers.set(target.uid, target.container);
      if (target.kind === 'workload') this.#owners.set(`${target.namespace ?? ''}/${target.workload ?? ''}/${target.name}`, undefined);
    }
    for (const pod of pods) {
      const { uid } = pod.metadata;
      if (uid !== undefined && (uids.has(uid) || this.#owners.has(ownerKey(pod))))
        this.#owners.set(ownerKey(pod), this.#containers.get(uid) ?? this.#owners.get(ownerKey(pod)));
    }
  }

  matters(pod: Pod): boolean {
    const { uid } = pod.metadata;
    return (uid !== undefined && this.#uids.has(uid)) || this.#owners.has(ownerKey(pod));
  }

  /** Of the pods of one owner the same: that of the target, or that of its engine. */
  containerOf(pod: Pod): string | undefined {
    const name = this.#containers.get(pod.metadata.uid ?? '') ?? this.#owners.get(ownerKey(pod));
    const own = pod.spec?.containers ?? [];
    return own.find((container) => container.name === name)?.name ?? own[0]?.name;
  }
}

function ownerKey(pod: Pod): string {
  const { kind, name } = ownerOf(pod);
  return `${pod.metadata.namespace ?? ''}/${kind}/${name}`;
}
