/** Which pods a fault takes away, and of which groups they are: the blast radius. Pure. */
import { t } from '../../base/messages.ts';
import { fateOf } from '../../cluster/act/nodes.ts';
import type { EngineInstance, EngineRole, PodLine } from '../../cluster/recognise/model.ts';
import type { FaultSettings, FaultTarget } from '../../journal/fault-plan.ts';
import { titleOf } from '../target/engine.ts';
import { byName, instancesOf, isRunning, placedOf, podOf, podsOfWorkload, workloadOf, type FaultScene, type ScenePod } from '../scene.ts';

export interface Hit {
  /** All that it may be. */
  readonly pods: readonly ScenePod[];
  /** At one time: of a rolling restart one after the other, of a target that is chosen later one. */
  readonly atOnce: number;
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
      const pods = workloadPods(scene, targets);
      return { pods, atOnce: Math.min(1, pods.length) };
    }
    case 'scale': {
      // A StatefulSet takes its highest numbers away; of a Deployment nobody knows which.
      const pods = workloadPods(scene, targets).toReversed();
      const gone = Math.max(0, pods.length - settings.replicas);
      return { pods: pods.slice(0, gone), atOnce: gone };
    }
    case 'drain': {
      const pods = onNodes(scene, targets).filter((pod) => fateOf(pod).kind !== 'skip');
      return { pods, atOnce: pods.length };
    }
    case 'nodeStop':
    case 'nodeCut':
    case 'nodeFreeze': {
      const pods = onNodes(scene, targets);
      return { pods, atOnce: isChosenLater ? 1 : pods.length };
    }
    default: {
      const pods = targets.flatMap(({ uid }) => podOf(scene, uid) ?? []);
      return { pods, atOnce: isChosenLater ? 1 : pods.length };
    }
  }
}

/** The roles and shards that the pods are of; pods of no engine by their workload. `away`: how many are gone when it begins, at least. */
export function groupsOf(scene: FaultScene, { pods, atOnce }: Hit, away = 0): readonly HitGroup[] {
  const groups = new Map<string, HitGroup>();
  const add = (title: string, of: number, isQuorum: boolean, hit: number, gone: number): void => {
    if (hit > 0) groups.set(title, { title, hit: Math.min(hit, atOnce), of, away: isQuorum ? Math.max(gone, away) : gone, isQuorum });
  };
  const uids = new Set(pods.map(({ metadata }) => metadata.uid));
  const isHit = ({ ref }: PodLine): boolean => uids.has(ref.uid);
  for (const instance of instancesOf(scene.model)) {
    for (const { title, of, wanted, isQuorum } of engineGroups(instance)) {
      const all = Math.max(wanted, of.length);
      const serving = of.filter((line) => line.isReady || isHit(line)).length;
      add(title, all, isQuorum, of.filter(isHit).length, all - serving);
    }
  }
  for (const pod of pods) {
    if (placedOf(scene.model, pod.metadata.uid) !== undefined) continue;
    const workload = workloadOf(scene, pod);
    if (workload === undefined) continue;
    const siblings = podsOfWorkload(scene, workload);
    const title = t('pods of {0} {1}/{2}', workload.kind, pod.metadata.namespace ?? '', workload.workload.metadata.name);
    add(title, siblings.length, false, siblings.filter(({ metadata }) => uids.has(metadata.uid)).length, 0);
  }
  return [...groups.values()];
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

function workloadPods(scene: FaultScene, targets: readonly FaultTarget[]): readonly ScenePod[] {
  return scene.workloads
    .filter(({ workload }) => targets.some(({ uid }) => uid === workload.metadata.uid))
    .flatMap((workload) => podsOfWorkload(scene, workload).toSorted(byName));
}

function onNodes({ pods }: FaultScene, targets: readonly FaultTarget[]): readonly ScenePod[] {
  const names = new Set(targets.map(({ name }) => name));
  return pods.filter((pod) => isRunning(pod) && names.has(pod.spec?.nodeName ?? ''));
}
