/** The scene as the API tells it now: what a preview looks at is fresh, not what a watch last heard. */
import { normalise } from '../base/errors.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type { HorizontalPodAutoscaler, KubeObject, Node, PodDisruptionBudget, Service } from '../cluster/objects.ts';
import type { ClusterModel } from '../cluster/recognise/model.ts';
import { kinds, pathOf, type WatchedKind } from '../cluster/watch/kinds.ts';
import { leasesOfFaults } from './lease.ts';
import { listAll } from './list.ts';
import { leaseNamespace } from './needs.ts';
import { foreignFaults } from './others.ts';
import type { ActiveFault, FaultScene, ScenePart, ScenePod, SceneWorkload, UnreadPart, WorkloadNow } from './scene.ts';

export interface SceneOptions {
  /** What is known of the engines: of `openLiveCluster`, asked a moment ago. */
  readonly model: ClusterModel;
  /** Only there; absent: everywhere. */
  readonly namespace?: string;
  readonly tasks?: ReadonlyMap<string, number>;
  /** Wall clock. */
  readonly nowMs: () => number;
}

/** What may not be read is told in `unread`. Fails: `unreachable`, `unauthorised`, `timedOut`, `cancelled`. */
export async function readScene(connection: ClusterConnection, options: SceneOptions, signal: AbortSignal): Promise<FaultScene> {
  const { model, namespace, tasks, nowMs } = options;
  const unread: UnreadPart[] = [];
  const read = async <T>(part: ScenePart, work: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await work();
    } catch (error) {
      const known = normalise(error);
      if (known.reason !== 'forbidden' && known.reason !== 'notFound' && known.reason !== 'invalid') throw known;
      unread.push({ part, error: known });
      return [];
    }
  };
  const list = <T extends KubeObject>(kind: Pick<WatchedKind, 'group' | 'version' | 'plural'>, where = namespace): Promise<readonly T[]> =>
    listAll<T>(connection, pathOf(kind, where === undefined ? {} : { namespace: where }), signal);
  const workloads = (
    kind: SceneWorkload['kind'],
    from: Pick<WatchedKind, 'group' | 'version' | 'plural'>,
  ): Promise<readonly SceneWorkload[]> =>
    read('workloads', async () => (await list<WorkloadNow>(from)).map((workload) => ({ kind, workload })));
  const [pods, deployments, statefulSets, daemonSets, nodes, budgets, services, autoscalers, ours, ofNodes, foreign] = await Promise.all([
    read('pods', () => list<ScenePod>(kinds.pods)),
    workloads('Deployment', kinds.deployments),
    workloads('StatefulSet', kinds.statefulSets),
    workloads('DaemonSet', kinds.daemonSets),
    read('nodes', () => listAll<Node>(connection, pathOf(kinds.nodes), signal)),
    read('budgets', () => list<PodDisruptionBudget>(kinds.podDisruptionBudgets)),
    read('services', () => list<Service>(kinds.services)),
    read('autoscalers', () => list<HorizontalPodAutoscaler>(kinds.horizontalPodAutoscalers)),
    read<ActiveFault>('faults', () => leasesOfFaults(connection, namespace, nowMs(), signal)),
    // Those of nodes.
    read<ActiveFault>('faults', () =>
      namespace === undefined || namespace === leaseNamespace
        ? Promise.resolve([])
        : leasesOfFaults(connection, leaseNamespace, nowMs(), signal),
    ),
    read<ActiveFault>('faults', async () => {
      const { active, unread: missed } = await foreignFaults(connection, namespace, signal);
      unread.push(...missed);
      return active;
    }),
  ]);
  return {
    model,
    pods,
    workloads: [...deployments, ...statefulSets, ...daemonSets],
    nodes,
    budgets,
    services,
    autoscalers,
    others: [...ours, ...ofNodes, ...foreign],
    ...(tasks === undefined ? {} : { tasks }),
    unread,
  };
}
