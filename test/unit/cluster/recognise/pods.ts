/** Pods as charts and operators make them, for tests. */
import type { Container, ContainerStatus, Pod } from '../../../../src/cluster/objects.ts';

export interface PodFacts {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly Partial<Container>[];
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly status?: Pod['status'];
  readonly node?: string;
  readonly deletion?: { readonly at: string; readonly graceSeconds: number };
}

export function pod(facts: PodFacts): Pod {
  const name = facts.name ?? 'some-pod';
  return {
    metadata: {
      name,
      namespace: facts.namespace ?? 'data',
      uid: `uid-${facts.namespace ?? 'data'}-${name}`,
      labels: facts.labels ?? {},
      ...(facts.annotations === undefined ? {} : { annotations: facts.annotations }),
      ...(facts.owner === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: 'apps/v1', uid: `uid-${facts.owner.name}`, controller: true, ...facts.owner }] }),
      ...(facts.deletion === undefined
        ? {}
        : { deletionTimestamp: facts.deletion.at, deletionGracePeriodSeconds: facts.deletion.graceSeconds }),
    },
    spec: {
      ...(facts.node === undefined ? {} : { nodeName: facts.node }),
      containers: (facts.containers ?? [{}]).map((container) => ({ name: 'main', image: 'registry.example.com/app:1', ...container })),
    },
    status: facts.status ?? ready(),
  };
}

export function ready(statuses: readonly Partial<ContainerStatus>[] = [{}]): NonNullable<Pod['status']> {
  return {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-03-01T10:00:30Z' }],
    containerStatuses: statuses.map((status) => ({
      name: 'main',
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-03-01T10:00:00Z' } },
      ...status,
    })),
  };
}

/** Not ready, with these containers. */
export function unready(
  statuses: readonly Partial<ContainerStatus>[],
  more: Partial<NonNullable<Pod['status']>> = {},
): NonNullable<Pod['status']> {
  return {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-03-01T10:00:00Z' }],
    containerStatuses: statuses.map((status) => ({ name: 'main', ready: false, restartCount: 0, ...status })),
    ...more,
  };
}

export const appName = 'app.kubernetes.io/name';
export const appInstance = 'app.kubernetes.io/instance';
export const appComponent = 'app.kubernetes.io/component';
export const appPartOf = 'app.kubernetes.io/part-of';
