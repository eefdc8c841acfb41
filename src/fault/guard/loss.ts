/** What healing does not bring back: a person types the target's name before that. Pure. */
import { t } from '../../base/messages.ts';
import { toleratedMs } from '../../cluster/act/nodes.ts';
import { controllerOf } from '../../cluster/act/target.ts';
import { quantity } from '../../cluster/recognise/quantity.ts';
import type { FaultSettings, FaultTarget } from '../../journal/fault-plan.ts';
import { workloadOf, type FaultScene, type ScenePod } from '../scene.ts';
import type { Hit } from './hit.ts';

export interface Loss {
  /** `namespace/name` */
  readonly pod: string;
  /** Whose it is, whatever the pod is called by now: "Deployment data/web"; the pod's own name where it keeps that, its uid where nobody brings it back. */
  readonly of: string;
  readonly why: string;
}

/** Beyond those that were confirmed: of each workload and kind as many may be lost as were told, whatever their pods are called by now. */
export function otherLosses(confirmed: readonly Loss[], now: readonly Loss[]): readonly Loss[] {
  const keyOfLoss = ({ of, why }: Loss): string => JSON.stringify([of, why]);
  const left = new Map<string, number>();
  for (const loss of confirmed) left.set(keyOfLoss(loss), (left.get(keyOfLoss(loss)) ?? 0) + 1);
  return now.filter((loss) => {
    const count = left.get(keyOfLoss(loss)) ?? 0;
    left.set(keyOfLoss(loss), count - 1);
    return count <= 0;
  });
}

/** In words, by pod; empty where all can be taken back. `durationMs`: of a kind that lasts. */
export function lossesOf(
  scene: FaultScene,
  settings: FaultSettings,
  targets: readonly FaultTarget[],
  { pods }: Hit,
  durationMs = 0,
): readonly Loss[] {
  switch (settings.kind) {
    case 'podDelete':
    case 'podForget':
    case 'rollingRestart':
    case 'scale':
    case 'drain':
      return pods.flatMap((pod) => {
        const why = [
          ...goneWithPod(pod),
          ...(settings.kind === 'podForget' ? twins(scene, pod) : []),
          ...(settings.kind === 'scale' ? goneClaims(scene, pod) : []),
        ];
        return why.length === 0 ? [] : [lossOf(scene, pod, why.join('; '))];
      });
    case 'nodeStop':
    case 'nodeCut':
    case 'nodeFreeze':
      return pods.flatMap((pod) => {
        // When a node is given up, nobody here knows: between 6 s (the lab's controller manager) and 50 s (its default) after its last sign of
        // life; and it is heard again some seconds after its fault. So neither is counted.
        const toleratesMs = toleratedMs(pod.spec?.tolerations);
        const why = toleratesMs <= durationMs ? goneWithPod(pod) : [];
        if (why.length === 0) return [];
        const given = t('it is deleted when its node is given up for {0} s', toleratesMs / 1000);
        return [lossOf(scene, pod, [given, ...why].join('; '))];
      });
    case 'memoryStress':
      return pods.flatMap((pod) => {
        const container = targets.find(({ uid }) => uid === pod.metadata.uid)?.container;
        const limit = pod.spec?.containers?.find(({ name }) => name === container)?.resources?.limits?.['memory'];
        if (limit === undefined) return [lossOf(scene, pod, t('it has no memory limit: its neighbours on the node may be killed for it'))];
        const bytes = quantity(limit);
        return bytes !== undefined && settings.bytes >= bytes
          ? [lossOf(scene, pod, t('that is its whole memory limit: the kernel kills the engine'))]
          : [];
      });
    default:
      return [];
  }
}

function goneWithPod(pod: ScenePod): readonly string[] {
  const owner = controllerOf(pod.metadata.ownerReferences);
  // What is in memory is gone with any restart: nobody keeps anything there.
  const volumes = (pod.spec?.volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory');
  return [
    ...(owner === undefined ? [t('nobody brings it back: it belongs to no workload')] : []),
    ...(volumes.length === 0 ? [] : [t('what is in its emptyDir {0} is lost', volumes.map(({ name }) => name).join(', '))]),
  ];
}

/** A StatefulSet may be told to delete the claims of those that it scales away: scaled up again they come back with empty ones. */
function goneClaims(scene: FaultScene, pod: ScenePod): readonly string[] {
  const { persistentVolumeClaimRetentionPolicy, volumeClaimTemplates = [] } = workloadOf(scene, pod)?.workload.spec ?? {};
  if (persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete' || volumeClaimTemplates.length === 0) return [];
  const claims = volumeClaimTemplates.map(({ metadata }) => `${metadata?.name ?? ''}-${pod.metadata.name}`).join(', ');
  return [t('its claim {0} is deleted with it (whenScaled: Delete), and it comes back with an empty one', claims)];
}

function twins({ nodes }: FaultScene, pod: ScenePod): readonly string[] {
  const owner = controllerOf(pod.metadata.ownerReferences);
  if (owner?.kind !== 'StatefulSet') return [];
  const node = nodes.find(({ metadata }) => metadata.name === pod.spec?.nodeName);
  const isReady = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
  return [
    isReady
      ? t('{0} begins another one of the same name, and both may write', `StatefulSet ${owner.name}`)
      : t('its node does not answer: it may run on there, beside another one of the same name'),
  ];
}

function lossOf(scene: FaultScene, pod: ScenePod, why: string): Loss {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const owner = workloadOf(scene, pod);
  const keepsName = owner?.kind === 'StatefulSet';
  const of = owner === undefined ? uid : `${owner.kind} ${namespace}/${keepsName ? name : owner.workload.metadata.name}`;
  return { pod: `${namespace}/${name}`, of, why };
}
