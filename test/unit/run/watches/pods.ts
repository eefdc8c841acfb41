/** Pods as a kubelet and an API server would tell of them, state by state. */
import type { ContainerState, EndpointSlice, Pod } from '../../../../src/cluster/objects.ts';

export interface PodIs {
  readonly name?: string;
  readonly uid?: string;
  readonly node?: string;
  readonly state?: 'waiting' | 'running' | 'terminated';
  /** Of the container that runs or ended last. */
  readonly id?: string;
  readonly restarts?: number;
  /** A container has ended before. */
  readonly ended?: boolean;
  readonly ready?: boolean;
  readonly going?: boolean;
  readonly ip?: string;
  readonly version?: number;
}

export const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'kafka', uid: 'uid-kafka', controller: true } as const;
export const second = '2026-10-01T10:00:00Z';
const stateOf: Readonly<Record<NonNullable<PodIs['state']>, ContainerState>> = {
  waiting: { waiting: { reason: 'CrashLoopBackOff' } },
  running: { running: { startedAt: second } },
  terminated: { terminated: { exitCode: 137, finishedAt: second } },
};
const ended: ContainerState = { terminated: { exitCode: 137, finishedAt: second } };

export function podIs(is: PodIs): Pod {
  const { name = 'kafka-1', uid = `u-${name}`, node, state, id, restarts = 0, ready = false, going = false, version } = is;
  return {
    metadata: {
      ...{ name, namespace: 'shop', uid, creationTimestamp: second, ownerReferences: [owner], labels: { app: 'kafka' } },
      ...(version === undefined ? {} : { resourceVersion: String(version) }),
      ...(going ? { deletionTimestamp: '2026-10-01T10:00:30Z', deletionGracePeriodSeconds: 30 } : {}),
    },
    spec: { containers: [{ name: 'kafka' }, { name: 'exporter' }], ...(node === undefined ? {} : { nodeName: node }) },
    status: {
      phase: 'Running',
      ...(is.ip === undefined ? {} : { podIP: is.ip }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: second }],
      ...(state === undefined
        ? {}
        : {
            containerStatuses: [
              { name: 'exporter', containerID: 'containerd://exporter', restartCount: 0, state: { running: { startedAt: second } } },
              {
                ...{ name: 'kafka', restartCount: restarts, state: stateOf[state] },
                ...(id === undefined ? {} : { containerID: `containerd://${id}` }),
                ...(is.ended === true || restarts > 0 ? { lastState: ended } : {}),
              },
            ],
          }),
    },
  };
}

export const serving: PodIs = { node: 'worker-1', state: 'running', id: 'first', ready: true };

export function sliceOf(
  pods: readonly { readonly uid: string; readonly ready?: boolean; readonly serving?: boolean }[],
  name = 'kafka-x',
): EndpointSlice {
  return {
    metadata: { name, namespace: 'shop', uid: `u-${name}` },
    endpoints: pods.map(({ uid, ready = true, serving: serves = ready }) => ({
      addresses: ['10.0.0.1'],
      conditions: { ready, serving: serves, terminating: false },
      targetRef: { kind: 'Pod', uid },
    })),
  };
}
