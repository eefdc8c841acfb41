/** Whose pods a command is for: as a person picked it, and as the API selects it. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { LabelSelector, OwnerReference, Pod, Service, Workload } from '../objects.ts';
import { kinds, pathOf } from '../watch/kinds.ts';

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet';

export type PodsTarget =
  /** This pod, and whichever takes its place: the one of the same name, or another of the same controller. */
  | { readonly kind: 'pod'; readonly name: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'workload'; readonly workload: WorkloadKind; readonly name: string }
  | { readonly kind: 'selector'; readonly labelSelector: string };

export interface PodSelection {
  /** "service trino", "pod trino-0". */
  readonly what: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Name of the pod that is taken for as long as it is there. */
  readonly preferred?: string;
  /** The service that was asked for, where it was one: its ports are not the pods'. */
  readonly service?: Service;
}

/** Fails: `notFound`, `forbidden`, `unsupported` (a service that selects no pods), and what a request fails with. */
export async function selectionOf(
  connection: ClusterConnection,
  namespace: string,
  target: PodsTarget,
  signal: AbortSignal,
): Promise<PodSelection> {
  switch (target.kind) {
    case 'selector':
      return { what: target.labelSelector, labelSelector: target.labelSelector };
    case 'pod':
      return podSelection(
        await connection.request<Pod>({ path: pathOf(kinds.pods, { namespace, name: target.name }), signal }),
        t('pod {0}', target.name),
      );
    case 'service':
      return serviceSelection(await serviceOf(connection, namespace, target.name, signal), t('service {0}', target.name));
    case 'workload': {
      const path = pathOf(kindOf(target.workload), { namespace, name: target.name });
      const { spec } = await connection.request<Workload>({ path, signal });
      return { what: `${target.workload} ${target.name}`, labelSelector: selectorText(spec?.selector ?? {}) };
    }
  }
}

/** The API's own words name no namespace, and that is mostly what was wrong. */
async function serviceOf(connection: ClusterConnection, namespace: string, name: string, signal: AbortSignal): Promise<Service> {
  try {
    return await connection.request<Service>({ path: pathOf(kinds.services, { namespace, name }), signal });
  } catch (error) {
    if (!FaultlineError.is(error, 'notFound')) throw error;
    throw new FaultlineError(
      'notFound',
      {
        what: t('There is no Service {0} in namespace {1} of {2}', name, namespace, connection.context.name),
        remedy: t('Check name and namespace: “faultline tree” and the Clusters view show where it is.'),
      },
      error,
    );
  }
}

export function kindOf(workload: WorkloadKind): typeof kinds.deployments {
  switch (workload) {
    case 'Deployment':
      return kinds.deployments;
    case 'StatefulSet':
      return kinds.statefulSets;
    case 'DaemonSet':
      return kinds.daemonSets;
    case 'ReplicaSet':
      return kinds.replicaSets;
  }
}

/** Labels that differ between the pods of one workload after a rollout, or between its pods. */
const PASSING = new Set(['pod-template-hash', 'controller-revision-hash', 'pod-template-generation']);

export function podSelection({ metadata }: Pod, what: string): PodSelection {
  const { name, labels = {} } = metadata;
  const owner = controllerOf(metadata.ownerReferences);
  const lasting = Object.entries(labels).filter(([key]) => !PASSING.has(key));
  // A StatefulSet's pod comes back under its name, and nobody replaces a pod without a controller but under its name.
  if (owner === undefined || owner.kind === 'StatefulSet' || lasting.length === 0) return { what, fieldSelector: `metadata.name=${name}` };
  return { what, labelSelector: lasting.map(([key, value]) => `${key}=${value}`).join(','), preferred: name };
}

export function serviceSelection(service: Service, what: string): PodSelection {
  const entries = Object.entries(service.spec?.selector ?? {});
  if (entries.length === 0)
    throw new FaultlineError('unsupported', {
      what: t('{0} leads to no pods of its own', what),
      meaning: t('It has no selector: it stands for something outside of the cluster, or somebody else keeps its list of addresses.'),
      remedy: t('Choose a pod or a workload.'),
    });
  return { what, labelSelector: entries.map(([key, value]) => `${key}=${value}`).join(','), service };
}

export function controllerOf(owners: readonly OwnerReference[] = []): OwnerReference | undefined {
  return owners.find(({ controller }) => controller === true);
}

/** As the API's `labelSelector` wants it. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'In':
          return `${key} in (${values.join(',')})`;
        case 'NotIn':
          return `${key} notin (${values.join(',')})`;
        case 'Exists':
          return key;
        case 'DoesNotExist':
          return `!${key}`;
        default:
          throw new FaultlineError('unsupported', { what: t('The selector’s operator {0} is not known here', operator) });
      }
    }),
  ].join(',');
}

/**
 * The port of a container: of a service its `targetPort`, which may be a name; a name is looked up in each pod, since two versions of a
 * workload may use different numbers. Fails: `notFound`.
 */
export function portIn(pod: Pod, { service, what }: PodSelection, port: number | string): number {
  if (service === undefined) return typeof port === 'number' ? port : namedPort(pod, port);
  const ports = service.spec?.ports ?? [];
  const served = ports.find((candidate) => candidate.port === port || candidate.name === port);
  if (served === undefined)
    throw new FaultlineError('notFound', {
      what: t('{0} has no port {1}', what, port),
      meaning: t('It has: {0}.', ports.map((one) => (one.name === undefined ? String(one.port) : `${one.port} (${one.name})`)).join(', ')),
    });
  const to = served.targetPort ?? served.port;
  return typeof to === 'number' ? to : namedPort(pod, to);
}

function namedPort({ metadata, spec }: Pod, name: string): number {
  // A sidecar is an init container that stays.
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(({ ports = [] }) => ports);
  const found = all.find((candidate) => candidate.name === name);
  if (found !== undefined) return found.containerPort;
  throw new FaultlineError('notFound', {
    what: t('Pod {0} has no port {1}', metadata.name, name),
    meaning: t('It has: {0}.', all.map((one) => one.name ?? String(one.containerPort)).join(', ')),
  });
}
