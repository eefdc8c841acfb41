/** The pods that a cut is from, by their names: each has to be there, and be another than the target. Pure. */
import { t } from '../../base/messages.ts';
import type { FaultSettings, FaultTarget } from '../../journal/fault-plan.ts';
import { refusal, type Refusal } from '../guard/refusal.ts';
import type { FaultScene, ScenePod } from '../scene.ts';

export interface Peers {
  /** With peers as `namespace/name`, in the order of their names. */
  readonly settings: FaultSettings;
  readonly refusals: readonly Refusal[];
}

export function peersOf({ pods }: FaultScene, settings: FaultSettings, targets: readonly FaultTarget[]): Peers {
  if (settings.kind !== 'networkCut' || settings.peers === undefined) return { settings, refusals: [] };
  const [target] = targets;
  const refusals: Refusal[] = [];
  const peers = new Set<string>();
  for (const written of settings.peers) {
    const found = peerOf(pods, written, target?.namespace);
    if (found === undefined) refusals.push(refusal('target', t('There is no pod “{0}” to cut it off from', written)));
    else if (targets.some(({ uid }) => uid === found.metadata.uid))
      refusals.push(refusal('target', t('{0} can’t be cut off from itself', written)));
    else peers.add(`${found.metadata.namespace ?? ''}/${found.metadata.name}`);
  }
  return { settings: { ...settings, peers: [...peers].toSorted((a, b) => (a < b ? -1 : 1)) }, refusals };
}

/** "kafka-0" in the target's namespace, or "other/kafka-0". */
function peerOf(pods: readonly ScenePod[], written: string, near: string | undefined): ScenePod | undefined {
  const [first = '', second] = written.split('/');
  const [namespace, name] = second === undefined ? [near, first] : [first, second];
  return pods.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
}
