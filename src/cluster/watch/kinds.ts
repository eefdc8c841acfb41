/** Kinds of objects, where their API is, and what is kept of them. */
import type {
  AnyObject,
  ConfigMap,
  EndpointSlice,
  HorizontalPodAutoscaler,
  Job,
  KubeEvent,
  KubeObject,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  Secret,
  Service,
  Workload,
} from '../objects.ts';
import { trimMetadata, trimPod, trimWorkload } from './trim.ts';

export interface WatchedKind<T extends KubeObject = AnyObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** As in the path: `pods`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** The server sends names, labels and annotations alone: for what is large or secret. */
  readonly metadataOnly?: true;
  /** What is kept of each object. */
  readonly trim: (object: T) => T;
}

export const kinds = {
  pods: kind<Pod>('', 'v1', 'pods', 'Pod', trimPod),
  services: kind<Service>('', 'v1', 'services', 'Service'),
  configMaps: kind<ConfigMap>('', 'v1', 'configmaps', 'ConfigMap'),
  secrets: kind<Secret>('', 'v1', 'secrets', 'Secret'),
  persistentVolumeClaims: kind<PersistentVolumeClaim>('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  events: kind<KubeEvent>('', 'v1', 'events', 'Event'),
  nodes: { ...kind<Node>('', 'v1', 'nodes', 'Node'), namespaced: false },
  namespaces: { ...kind<Namespace>('', 'v1', 'namespaces', 'Namespace'), namespaced: false },
  deployments: kind<Workload>('apps', 'v1', 'deployments', 'Deployment', trimWorkload),
  statefulSets: kind<Workload>('apps', 'v1', 'statefulsets', 'StatefulSet', trimWorkload),
  replicaSets: kind<Workload>('apps', 'v1', 'replicasets', 'ReplicaSet', trimWorkload),
  daemonSets: kind<Workload>('apps', 'v1', 'daemonsets', 'DaemonSet', trimWorkload),
  jobs: kind<Job>('batch', 'v1', 'jobs', 'Job'),
  horizontalPodAutoscalers: kind<HorizontalPodAutoscaler>('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  podDisruptionBudgets: kind<PodDisruptionBudget>('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  endpointSlices: kind<EndpointSlice>('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
} as const;

/** A kind that a custom resource defines. */
export function customKind(group: string, version: string, plural: string, name: string, namespaced = true): WatchedKind {
  return { ...kind<AnyObject>(group, version, plural, name), namespaced };
}

/** Path of the kind's list, or of one object. */
export function pathOf(
  { group, version, plural }: Pick<WatchedKind, 'group' | 'version' | 'plural'>,
  place: { readonly namespace?: string; readonly name?: string; readonly subresource?: string } = {},
): string {
  const parts = [
    ...(group === '' ? ['api'] : ['apis', group]),
    version,
    ...(place.namespace === undefined ? [] : ['namespaces', place.namespace]),
    plural,
    ...(place.name === undefined ? [] : [place.name]),
    ...(place.subresource === undefined ? [] : [place.subresource]),
  ];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

function kind<T extends KubeObject>(
  group: string,
  version: string,
  plural: string,
  name: string,
  trim: (object: T) => T = trimMetadata,
): WatchedKind<T> {
  return { group, version, plural, kind: name, namespaced: true, trim };
}
