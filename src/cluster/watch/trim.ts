/** What is kept of objects: ten thousand pods as the server sends them would fill the extension host. */
import type { Container, ContainerStatus, KubeObject, ObjectMeta, Pod, PodSpec, Workload } from '../objects.ts';

/** kubectl's copy of the whole object, and the like. */
const maxAnnotationLength = 1024;

/** Without managedFields and large annotations. */
export function trimMetadata<T extends KubeObject>(object: T): T {
  return { ...object, metadata: metadataOf(object.metadata) };
}

export function trimPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  return {
    ...typeOf(apiVersion, kind),
    metadata: metadataOf(metadata),
    ...(spec === undefined ? {} : { spec: podSpecOf(spec) }),
    ...(status === undefined
      ? {}
      : {
          status: defined<NonNullable<Pod['status']>>({
            phase: status.phase,
            reason: status.reason,
            message: status.message,
            podIP: status.podIP,
            hostIP: status.hostIP,
            startTime: status.startTime,
            conditions: status.conditions,
            containerStatuses: status.containerStatuses?.map(containerStatusOf),
            initContainerStatuses: status.initContainerStatuses?.map(containerStatusOf),
          }),
        }),
  };
}

export function trimWorkload(workload: Workload): Workload {
  const { spec } = workload;
  const template = spec?.template;
  return {
    ...trimMetadata(workload),
    ...(spec === undefined || template?.spec === undefined
      ? {}
      : { spec: { ...spec, template: { ...template, spec: podSpecOf(template.spec) } } }),
  };
}

/** Absent fields are left out: a map of ten thousand objects pays for each name. */
function metadataOf(metadata: ObjectMeta): ObjectMeta {
  const { annotations } = metadata;
  return defined<ObjectMeta>({
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    creationTimestamp: metadata.creationTimestamp,
    deletionTimestamp: metadata.deletionTimestamp,
    deletionGracePeriodSeconds: metadata.deletionGracePeriodSeconds,
    labels: metadata.labels,
    annotations:
      annotations === undefined
        ? undefined
        : Object.fromEntries(Object.entries(annotations).filter(([, value]) => value.length <= maxAnnotationLength)),
    ownerReferences: metadata.ownerReferences,
    finalizers: metadata.finalizers,
  });
}

function podSpecOf(spec: PodSpec): PodSpec {
  return defined<PodSpec>({
    nodeName: spec.nodeName,
    serviceAccountName: spec.serviceAccountName,
    hostNetwork: spec.hostNetwork,
    restartPolicy: spec.restartPolicy,
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    containers: spec.containers?.map(containerOf),
    initContainers: spec.initContainers?.map(containerOf),
  });
}

function containerOf(container: Container): Container {
  return defined<Container>({
    name: container.name,
    image: container.image,
    command: container.command,
    args: container.args,
    ports: container.ports,
    env: container.env?.map(({ name, value }) => (value === undefined ? { name } : { name, value })),
    resources: container.resources,
    restartPolicy: container.restartPolicy,
  });
}

function containerStatusOf(status: ContainerStatus): ContainerStatus {
  return defined<ContainerStatus>({
    name: status.name,
    image: status.image,
    ready: status.ready,
    started: status.started,
    restartCount: status.restartCount,
    containerID: status.containerID,
    state: status.state,
    lastState: status.lastState,
  });
}

function typeOf(apiVersion: string | undefined, kind: string | undefined): { apiVersion?: string; kind?: string } {
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }) };
}

type Undefinable<T> = { readonly [K in keyof T]: T[K] | undefined };

function defined<T extends object>(fields: Undefinable<T>): T {
  const given: Readonly<Record<string, unknown>> = fields;
  const kept: Record<string, unknown> = {};
  // Of every field of every change of ten thousand pods: no list of the fields is made first.
  for (const name in given) if (given[name] !== undefined) kept[name] = given[name];
  // Every field of T that isn't optional is given by the callers; the compiler can't follow a loop over names.
  return kept as T;
}
