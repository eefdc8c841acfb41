/** Which rights a fault takes: what injects it, and what heals it. Both are asked before a person confirms. */
import type { Wish } from '../cluster/act/permissions.ts';
import type { FaultKind, FaultTarget } from '../journal/fault-plan.ts';
import { factsOf } from './catalogue.ts';

export interface Need extends Wish {
  /** undefined: what belongs to no namespace. */
  readonly namespace: string | undefined;
  readonly for: 'injecting' | 'healing';
}

/** Leases of faults on what belongs to no namespace. */
export const leaseNamespace = 'default';

const plurals = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' } as const;

/** Of one target; an empty list for `none`. */
export function needsOf(kind: FaultKind, target: Pick<FaultTarget, 'kind' | 'namespace' | 'workload'>): readonly Need[] {
  if (factsOf(kind).mechanism === 'none') return [];
  return [...needsOfKind(kind, target), ...leaseNeeds(target.namespace ?? leaseNamespace)];
}

function needsOfKind(
  kind: FaultKind,
  { namespace, workload = 'Deployment' }: Pick<FaultTarget, 'namespace' | 'workload'>,
): readonly Need[] {
  const inject = (verb: string, resource: string, more: Partial<Wish> = {}): Need => ({
    verb,
    resource,
    ...more,
    namespace,
    for: 'injecting',
  });
  const heal = (verb: string, resource: string, more: Partial<Wish> = {}): Need => ({ verb, resource, ...more, namespace, for: 'healing' });
  // An exec begins with a GET, which counts as `get` up to Kubernetes 1.34 and as both from 1.35 on.
  const exec = [inject('create', 'pods', { subresource: 'exec' }), inject('get', 'pods', { subresource: 'exec' })];
  const execHeal = [heal('create', 'pods', { subresource: 'exec' }), heal('get', 'pods', { subresource: 'exec' })];
  const apps = { group: 'apps' };
  const node = (verb: string, purpose: Need['for']): Need => ({ verb, resource: 'nodes', namespace: undefined, for: purpose });
  switch (kind) {
    case 'podDelete':
    case 'podForget':
      return [inject('get', 'pods'), inject('delete', 'pods')];
    case 'rollingRestart':
      return [inject('get', plurals[workload], apps), inject('patch', plurals[workload], apps), inject('list', 'pods')];
    case 'scale':
      return [
        ...healerNeeds(namespace ?? leaseNamespace, namespace),
        inject('get', plurals[workload], apps),
        inject('patch', plurals[workload], apps),
        heal('get', plurals[workload], apps),
        heal('patch', plurals[workload], apps),
      ];
    case 'cordon':
      return [
        ...healerNeeds(leaseNamespace, undefined),
        node('get', 'injecting'),
        node('patch', 'injecting'),
        node('get', 'healing'),
        node('patch', 'healing'),
      ];
    case 'drain':
      return [
        ...healerNeeds(leaseNamespace, undefined),
        node('get', 'injecting'),
        node('patch', 'injecting'),
        { verb: 'list', resource: 'pods', namespace: undefined, for: 'injecting' },
        { verb: 'watch', resource: 'pods', namespace: undefined, for: 'injecting' },
        { verb: 'create', resource: 'pods', subresource: 'eviction', namespace: undefined, for: 'injecting' },
        node('get', 'healing'),
        node('patch', 'healing'),
      ];
    case 'cpuStress':
    case 'memoryStress':
      return [inject('get', 'pods'), ...exec, ...execHeal];
    case 'containerCrash':
    case 'freeze':
    case 'networkCut':
    case 'packetLoss':
    case 'latency':
    case 'slowClose':
      return [
        inject('get', 'pods'),
        inject('patch', 'pods', { subresource: 'ephemeralcontainers' }),
        ...exec,
        // What happens once can't be healed by anybody.
        ...(kind === 'containerCrash' ? [] : execHeal),
      ];
    // The lab does the rest by itself.
    case 'nodeStop':
    case 'nodeCut':
    case 'nodeFreeze':
      return [node('get', 'injecting')];
    case 'none':
      return [];
  }
}

/** Of vantages in the cluster, where their pods are made. */
export function needsOfProbes(namespace: string): readonly Need[] {
  const need = (verb: string, resource: string, purpose: Need['for'], more: Partial<Wish> = {}): Need => ({
    ...{ verb, resource, ...more, namespace },
    for: purpose,
  });
  // A port-forward begins with a GET, which counts as `get` up to Kubernetes 1.34 and as both from 1.35 on.
  const forward = { subresource: 'portforward' };
  return [
    need('create', 'configmaps', 'injecting'),
    ...['create', 'get', 'list'].map((verb) => need(verb, 'pods', 'injecting')),
    ...['create', 'get'].map((verb) => need(verb, 'pods', 'injecting', forward)),
    need('delete', 'configmaps', 'healing'),
    need('delete', 'pods', 'healing'),
  ];
}

/** The Job that ends it, and its rights to do so. */
function healerNeeds(namespace: string, ofRights: string | undefined): readonly Need[] {
  const group = 'rbac.authorization.k8s.io';
  const [role, binding] = ofRights === undefined ? ['clusterroles', 'clusterrolebindings'] : ['roles', 'rolebindings'];
  const parts = [
    { resource: 'serviceaccounts', namespace },
    { resource: role, group, namespace: ofRights },
    { resource: binding, group, namespace: ofRights },
    { resource: 'jobs', group: 'batch', namespace },
  ];
  return [
    ...parts.map((part): Need => ({ verb: 'create', ...part, for: 'injecting' })),
    { verb: 'list', resource: 'pods', namespace, for: 'injecting' },
    ...parts.map((part): Need => ({ verb: 'delete', ...part, for: 'healing' })),
  ];
}

/** One fault a target: the lock that says so, and until when. */
function leaseNeeds(namespace: string): readonly Need[] {
  const leases = { resource: 'leases', group: 'coordination.k8s.io', namespace } as const;
  return [
    { verb: 'create', ...leases, for: 'injecting' },
    { verb: 'get', ...leases, for: 'injecting' },
    { verb: 'update', ...leases, for: 'injecting' },
    { verb: 'delete', ...leases, for: 'healing' },
  ];
}
