/** The kinds of objects that tests wait for: their types, and where the API serves them. */
import type {
  V1ConfigMap,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Job,
  V1Namespace,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ReplicaSet,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

export interface Kinds {
  ConfigMap: V1ConfigMap;
  DaemonSet: V1DaemonSet;
  Deployment: V1Deployment;
  EndpointSlice: V1EndpointSlice;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  Job: V1Job;
  Namespace: V1Namespace;
  Node: V1Node;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
  Pod: V1Pod;
  ReplicaSet: V1ReplicaSet;
  Service: V1Service;
  ServiceAccount: V1ServiceAccount;
  StatefulSet: V1StatefulSet;
}
export type Kind = keyof Kinds;

interface Served {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const SERVED: Readonly<Record<Kind, Served>> = {
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', namespaced: true },
  DaemonSet: { apiVersion: 'apps/v1', plural: 'daemonsets', namespaced: true },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments', namespaced: true },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', namespaced: true },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers', namespaced: true },
  Job: { apiVersion: 'batch/v1', plural: 'jobs', namespaced: true },
  Namespace: { apiVersion: 'v1', plural: 'namespaces', namespaced: false },
  Node: { apiVersion: 'v1', plural: 'nodes', namespaced: false },
  PersistentVolumeClaim: { apiVersion: 'v1', plural: 'persistentvolumeclaims', namespaced: true },
  Pod: { apiVersion: 'v1', plural: 'pods', namespaced: true },
  ReplicaSet: { apiVersion: 'apps/v1', plural: 'replicasets', namespaced: true },
  Service: { apiVersion: 'v1', plural: 'services', namespaced: true },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts', namespaced: true },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets', namespaced: true },
};

export function apiVersionOf(kind: Kind): string {
  return SERVED[kind].apiVersion;
}

export function isNamespaced(kind: Kind): boolean {
  return SERVED[kind].namespaced;
}

/** Path of the collection, as list and watch want it. */
export function pathOf(kind: Kind, namespace: string): string {
  const { apiVersion, plural, namespaced } = SERVED[kind];
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced ? `${group}/namespaces/${namespace}/${plural}` : `${group}/${plural}`;
}
