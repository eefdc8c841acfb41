/** Which pods a fault takes away, and of which groups they are: the blast radius. Pure. */
import { t } from '../../base/messages.ts';
import { fateOf } from '../../cluster/act/nodes.ts';
import type { EngineInstance, EngineRole, PodLine } from '../../cluster/recognise/model.ts';
import type { FaultSettings, FaultTarget } from '../../journal/fault-plan.ts';
import { titleOf } from '../target/engine.ts';
import {
  byName,
  instancesOf,
  isRunning,
  placedOf,
  podOf,
  podsOfWorkload,
  workloadOf,
  type FaultScene,
  type ScenePod,
  type SceneWorkload,
} from '../scene.ts';

export interface Hit {
  /** All that it may be. */
  readonly pods: readonly ScenePod[];
  /** At one time: of a rolling restart as its strategy says, of a target that is chosen later one. */
  readonly atOnce: number;
  /** Of several workloads that restart side by side: each goes by its own strategy. */
  readonly parts?: readonly Omit<Hit, 'parts'>[];
}

/** A share of something that works together. */
export interface HitGroup {
  /** "brokers of shared/kafka" */
  readonly title: string;
  readonly hit: number;
  /** As many as there should be. */
  readonly of: number;
  /** Not hit, and not serving already, or not then: see `FaultCondition`. */
  readonly away: number;
  /** More than half of them have to be there. */
  readonly isQuorum: boolean;
}

export function hitOf(scene: FaultScene, settings: FaultSettings, targets: readonly FaultTarget[], isChosenLater: boolean): Hit {
  switch (settings.kind) {
    case 'none':
    case 'cordon':
      return { pods: [], atOnce: 0 };
    case 'rollingRestart': {
      const parts = workloadsOf(scene, targets).map((workload) => {
        const pods = podsOfWorkload(scene, workload).toSorted(byName);
        const atOnce = replacedAtOnce(workload, pods.length);
        return { pods: atOnce === 0 ? [] : pods, atOnce };
      });
      return { pods: parts.flatMap(({ pods }) => pods), atOnce: parts.reduce((sum, { atOnce }) => sum + atOnce, 0), parts };
    }
    case 'scale': {
      // A StatefulSet takes its highest numbers away; of a Deployment nobody knows which.
      const pods = workloadsOf(scene, targets).flatMap((workload) =>
        podsOfWorkload(scene, workload).toSorted(byName).slice(settings.replicas).toReversed(),
      );
      return { pods, atOnce: pods.length };
    }
    case 'drain': {
      const pods = onNodes(scene, targets).filter((pod) => fateOf(pod).kind !== 'skip');
      return { pods, atOnce: pods.length };
    }
    case 'nodeStop':
    case 'nodeCut':
    case 'nodeFreeze': {
      const pods = onNodes(scene, targets);
      return { pods, atOnce: pods.length };
    }
    default: {
      const pods = targets.flatMap(({ uid }) => podOf(scene, uid) ?? []);
      return { pods, atOnce: isChosenLater ? 1 : pods.length };
    }
  }
}

/** The roles and shards that the pods are of; pods of no engine by their workload. `away`: how many are gone when it begins, at least. */
export function groupsOf(scene: FaultScene, hit: Hit, away = 0): readonly HitGroup[] {
  const { pods } = hit;
  const groups = new Map<string, HitGroup>();
  const add = (title: string, of: number, isQuorum: boolean, uids: ReadonlySet<string | undefined>, gone: number): void => {
    const count = hitAtOnce(hit, ({ metadata }) => uids.has(metadata.uid));
    if (count > 0) groups.set(title, { title, hit: count, of, away: isQuorum ? Math.max(gone, away) : gone, isQuorum });
  };
  const all = new Set(pods.map(({ metadata }) => metadata.uid));
  const isHit = ({ ref }: PodLine): boolean => all.has(ref.uid);
  for (const instance of instancesOf(scene.model)) {
    for (const { title, of, wanted, isQuorum } of engineGroups(instance)) {
      const members = Math.max(wanted, of.length);
      const serving = of.filter((line) => line.isReady || isHit(line)).length;
      add(title, members, isQuorum, new Set(of.map(({ ref }) => ref.uid)), members - serving);
    }
  }
  for (const pod of pods) {
    if (placedOf(scene.model, pod.metadata.uid) !== undefined) continue;
    const workload = workloadOf(scene, pod);
    if (workload === undefined) continue;
    const siblings = podsOfWorkload(scene, workload);
    const title = t('pods of {0} {1}/{2}', workload.kind, pod.metadata.namespace ?? '', workload.workload.metadata.name);
    add(title, siblings.length, false, new Set(siblings.map(({ metadata }) => metadata.uid)), 0);
  }
  return [...groups.values()];
}

/** How many of those that are meant go at one time. */
export function hitAtOnce(hit: Hit, isMeant: (pod: ScenePod) => boolean): number {
  const parts = hit.parts ?? [hit];
  return parts.reduce((sum, { pods, atOnce }) => sum + Math.min(pods.filter(isMeant).length, atOnce), 0);
}

/**
 * Most pods that a rollout leaves without a substitute at one time, as the workload's controller counts them: of a Deployment rounded
 * down, and one where neither that nor a surge is left; of the others rounded up. With a surge the old one still goes, one at least.
 */
export function replacedAtOnce({ kind, workload: { spec } }: SceneWorkload, pods: number): number {
  const { type, rollingUpdate = {} } = (kind === 'Deployment' ? spec?.strategy : spec?.updateStrategy) ?? {};
  if (type === 'OnDelete') return 0;
  if (type === 'Recreate') return pods;
  const wanted = kind === 'DaemonSet' ? pods : (spec?.replicas ?? 1);
  const { maxUnavailable = kind === 'Deployment' ? '25%' : 1 } = rollingUpdate;
  const share = /^(\d+)%$/.exec(String(maxUnavailable))?.[1];
  const exact = share === undefined ? Number(maxUnavailable) : (Number(share) * wanted) / 100;
  return Math.min(pods, Math.max(1, kind === 'Deployment' ? Math.floor(exact) : Math.ceil(exact)));
}

/** Most of a quorum that may be away: of three one, of five two, of one none. */
export function minorityOf(voters: number): number {
  return Math.max(0, Math.ceil(voters / 2) - 1);
}

interface EngineGroup {
  readonly title: string;
  readonly of: readonly PodLine[];
  readonly wanted: number;
  readonly isQuorum: boolean;
}

function engineGroups(instance: EngineInstance): readonly EngineGroup[] {
  const group = (what: string, isQuorum: boolean, ...roles: readonly EngineRole[]): EngineGroup => {
    const found = instance.roles.filter(({ role }) => roles.includes(role));
    const wanted = found.reduce((sum, role) => sum + role.wanted, 0);
    return { title: t('{0} of {1}', what, titleOf(instance)), of: found.flatMap(({ pods }) => pods), wanted, isQuorum };
  };
  switch (instance.engine) {
    case 'kafka':
      return [
        group(t('brokers'), true, 'broker', 'broker and controller'),
        group(t('controllers'), true, 'controller', 'broker and controller'),
      ];
    case 'clickhouse': {
      const shards = instance.roles.flatMap(({ shards: all }) => all);
      const replicas = shards.map(({ shard, pods, total }) => ({
        title: t('{0} of {1}', t('replicas of shard {0}', shard), titleOf(instance)),
        of: pods,
        wanted: total,
        isQuorum: false,
      }));
      return [...(replicas.length === 0 ? [group(t('servers'), false, 'server')] : replicas), group(t('keepers'), true, 'keeper')];
    }
    default:
      return instance.roles.filter(({ role }) => role !== 'operator').map(({ role }) => group(`${role}s`, role === 'keeper', role));
  }
}

export function workloadsOf({ workloads }: FaultScene, targets: readonly FaultTarget[]): readonly SceneWorkload[] {
  return workloads.filter(({ workload }) => targets.some(({ uid }) => uid === workload.metadata.uid));
}

function onNodes({ pods }: FaultScene, targets: readonly FaultTarget[]): readonly ScenePod[] {
  const names = new Set(targets.map(({ name }) => name));
  return pods.filter((pod) => isRunning(pod) && names.has(pod.spec?.nodeName ?? ''));
}
