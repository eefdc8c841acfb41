/** Workloads as they are now, read from the API, with the reasons for what is not ready. */
import type { Job, KubeEvent, Node, ObjectList, PersistentVolumeClaim, Pod, Workload } from '../../cluster/objects.ts';
import { eachOf, ifAllowed, labelOf } from '../objects.ts';
import type { Manifest, Requests } from '../objects.ts';
import { fieldOf } from '../lint/shape.ts';
import { selectorText } from '../selector.ts';
import { roomOf } from './nodes.ts';
import type { NodeRoom } from './nodes.ts';
import { countsOf, refusedPods, WORKLOAD_KINDS } from './ready.ts';
import type { WorkloadKind } from './ready.ts';
import type { Stuck, WorkloadProgress } from './progress.ts';
import { stuckOf } from './stuck.ts';

/** Pods whose reasons are looked for; further ones mostly have the same. */
const SHOWN_PODS = 3;
const LOG_LINES = 10;
const ROOM_FOR_MS = 5000;
const AT_ONCE = 6;

export interface WorkloadName {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly namespace: string;
}

/** What of a release has to become ready. */
export function workloadNames(manifests: readonly Manifest[], namespace: string): readonly WorkloadName[] {
  return manifests.flatMap(({ kind, apiVersion, metadata }) => {
    const known = WORKLOAD_KINDS.find((one) => one === kind);
    if (known === undefined || !/^(?:v1|apps\/v1|batch\/v1)$/.test(apiVersion)) return [];
    return [{ kind: known, name: metadata.name, namespace: metadata.namespace ?? namespace }];
  });
}

export interface Observed extends WorkloadProgress {
  readonly exists: boolean;
  /** It will never be ready. */
  readonly failed?: string;
  /** Pods of an older revision that a StatefulSet waits for in vain. */
  readonly inTheWay: readonly string[];
}

export class Observer {
  readonly #requests: Requests;
  readonly #names: readonly WorkloadName[];
  readonly #nowMs: () => number;
  #room: { readonly atMs: number; readonly nodes: Promise<readonly NodeRoom[] | undefined> } | undefined;

  constructor(requests: Requests, names: readonly WorkloadName[], nowMs: () => number) {
    this.#requests = requests;
    this.#names = names;
    this.#nowMs = nowMs;
  }

  /** In the order of the names. Fails as requests do; what may not be read is left out. */
  look(signal: AbortSignal): Promise<readonly Observed[]> {
    return eachOf(this.#names, AT_ONCE, (name) => this.#one(name, signal));
  }

  async #one(workload: WorkloadName, signal: AbortSignal): Promise<Observed> {
    const { kind, name, namespace } = workload;
    const object = await ifAllowed(this.#requests.request<Workload & Job & Pod>({ path: pathOf(workload), signal }));
    const { failed, ...counts } = countsOf(kind, object);
    const pods = counts.isReady || object === undefined ? [] : await this.#pods(workload, object, signal);
    const waiting = pods.filter(
      ({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') !== true,
    );
    const facts = await Promise.all(
      newest(kind, waiting)
        .slice(0, SHOWN_PODS)
        .map((pod) => this.#stuck(pod, signal)),
    );
    const label = labelOf({ kind, metadata: { name } });
    const stuck = facts.filter((one) => one !== undefined);
    const refused = pods.length < counts.desired && object !== undefined ? await this.#refused(workload, object, label, signal) : undefined;
    return {
      name: label,
      kind,
      namespace,
      exists: object !== undefined,
      ...counts,
      stuck: [...(refused === undefined ? [] : [refused]), ...stuck],
      inTheWay: kind === 'StatefulSet' ? blockers(object, waiting, stuck) : [],
      ...(failed === undefined ? {} : { failed }),
    };
  }

  async #pods({ kind, name, namespace }: WorkloadName, object: Workload & Pod, signal: AbortSignal): Promise<readonly Pod[]> {
    if (kind === 'Pod') return [object];
    const selector = object.spec !== undefined && 'selector' in object.spec ? object.spec.selector : undefined;
    const labelSelector = kind === 'Job' ? `batch.kubernetes.io/job-name=${name}` : selectorText(selector ?? {});
    if (labelSelector === '') return [];
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
    const list = await ifAllowed(this.#requests.request<ObjectList<Pod>>({ path, query: { labelSelector }, signal }));
    return list?.items ?? [];
  }

  async #stuck(pod: Pod, signal: AbortSignal): Promise<Stuck | undefined> {
    const namespace = pod.metadata.namespace ?? '';
    const claims = await this.#claims(pod, namespace, signal);
    const names = [pod.metadata.name, ...claims.filter(({ status }) => status?.phase === 'Pending').map(({ metadata }) => metadata.name)];
    const found = (await Promise.all(names.map((name) => this.#events(namespace, name, signal)))).flat();
    // A pod of a StatefulSet has the name of the one before it.
    const events = found.filter(({ involvedObject }) => involvedObject?.kind !== 'Pod' || involvedObject.uid === pod.metadata.uid);
    const isUnscheduled = pod.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False') === true;
    const nodes = isUnscheduled ? await this.#nodes(signal) : undefined;
    const logs = await this.#logs(pod, namespace, signal);
    return stuckOf({ pod, claims, events, nodes, logs });
  }

  async #claims(pod: Pod, namespace: string, signal: AbortSignal): Promise<readonly PersistentVolumeClaim[]> {
    const volumes = fieldOf(pod, 'spec', 'volumes');
    const names = (Array.isArray(volumes) ? volumes : []).flatMap((volume: unknown) => {
      const name = fieldOf(volume, 'persistentVolumeClaim', 'claimName');
      return typeof name === 'string' ? [name] : [];
    });
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/persistentvolumeclaims`;
    const found = await Promise.all(
      names.map((name) =>
        ifAllowed(this.#requests.request<PersistentVolumeClaim>({ path: `${path}/${encodeURIComponent(name)}`, signal })),
      ),
    );
    return found.filter((claim) => claim !== undefined);
  }

  async #events(namespace: string, name: string, signal: AbortSignal): Promise<readonly KubeEvent[]> {
    const query = { fieldSelector: `involvedObject.name=${name}` };
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    const list = await ifAllowed(this.#requests.request<ObjectList<KubeEvent>>({ path, query, signal }));
    return (list?.items ?? []).toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  }

  /** One look at all nodes and pods serves for a while. */
  async #nodes(signal: AbortSignal): Promise<readonly NodeRoom[] | undefined> {
    const now = this.#nowMs();
    if (this.#room === undefined || now - this.#room.atMs > ROOM_FOR_MS) {
      const nodes = Promise.all([
        ifAllowed(this.#requests.request<ObjectList<Node>>({ path: '/api/v1/nodes', signal })),
        ifAllowed(this.#requests.request<ObjectList<Pod>>({ path: '/api/v1/pods', signal })),
      ]).then(([all, pods]) => (all === undefined || pods === undefined ? undefined : roomOf(all.items ?? [], pods.items ?? [])));
      this.#room = { atMs: now, nodes };
    }
    return this.#room.nodes;
  }

  async #logs(pod: Pod, namespace: string, signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    const ended = statuses.filter(
      ({ state, lastState, ready }) => ready !== true && (state?.terminated ?? lastState?.terminated) !== undefined,
    );
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod.metadata.name)}/log`;
    const logs = await Promise.all(
      ended.map(async ({ name: container, state }): Promise<[string, readonly string[]]> => {
        const query = { container, tailLines: LOG_LINES, previous: state?.terminated === undefined };
        // A log that is gone by now is no reason to say nothing.
        const text = await this.#requests.request<unknown>({ path, query, accept: '*/*', signal }).catch(() => '');
        return [
          container,
          typeof text === 'string'
            ? text
                .trimEnd()
                .split('\n')
                .filter((line) => line !== '')
            : [],
        ];
      }),
    );
    return new Map(logs);
  }

  /** Who makes the pods tells why it could not: of a Deployment that is its ReplicaSet. */
  async #refused(
    { kind, name, namespace }: WorkloadName,
    object: Workload,
    label: string,
    signal: AbortSignal,
  ): Promise<Stuck | undefined> {
    if (kind === 'Pod') return undefined;
    const events = kind === 'Deployment' ? [] : await this.#events(namespace, name, signal);
    return refusedPods(label, object, events);
  }
}

/** Pods of an older ReplicaSet go anyhow. The one that was made last is of the newest, a ReplicaSet that is used again included. */
function newest(kind: WorkloadKind, pods: readonly Pod[]): readonly Pod[] {
  if (kind !== 'Deployment') return pods;
  const hashOf = ({ metadata }: Pod): string | undefined => metadata.labels?.['pod-template-hash'];
  const last = pods.toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '')).at(-1);
  return last === undefined ? pods : pods.filter((pod) => hashOf(pod) === hashOf(last));
}

/** A pod of an older revision that never was ready is not replaced by its StatefulSet: it waits for it (kubernetes/kubernetes#67250). */
function blockers(object: Workload | undefined, waiting: readonly Pod[], stuck: readonly Stuck[]): readonly string[] {
  const newest = object?.status?.updateRevision;
  if (newest === undefined) return [];
  const older = waiting.filter(({ metadata }) => {
    const revision = metadata.labels?.['controller-revision-hash'];
    return revision !== undefined && revision !== newest && metadata.deletionTimestamp === undefined;
  });
  return older.map(({ metadata }) => metadata.name).filter((name) => stuck.some(({ object: pod }) => pod === name));
}

function pathOf({ kind, name, namespace }: WorkloadName): string {
  const root = { Deployment: 'apps/v1', StatefulSet: 'apps/v1', DaemonSet: 'apps/v1', Job: 'batch/v1', Pod: '' }[kind];
  const base = root === '' ? '/api/v1' : `/apis/${root}`;
  return `${base}/namespaces/${encodeURIComponent(namespace)}/${kind.toLowerCase()}s/${encodeURIComponent(name)}`;
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: KubeEvent): string {
  return lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp ?? '';
}
