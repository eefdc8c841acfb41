/** Nodes: no new pods on them, and which pods would have to go. */
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { Node, ObjectList, Pod, Toleration } from '../objects.ts';
import { kinds, pathOf } from '../watch/kinds.ts';
import { isOver } from './pool.ts';
import { Consent, refuseControlPlane } from './protection.ts';
import { controllerOf } from './target.ts';

interface Ending {
  readonly signal?: AbortSignal;
}

/** No new pod is placed on it. Fails: `refusedByProtection`, `notFound`, `forbidden`, `unreachable`. */
export async function cordon(connection: ClusterConnection, node: string, consent: Consent, ending: Ending = {}): Promise<void> {
  Consent.check(consent, connection, 'cordon');
  await setUnschedulable(connection, node, true, ending);
}

/** Fails as `cordon`. */
export async function uncordon(connection: ClusterConnection, node: string, consent: Consent, ending: Ending = {}): Promise<void> {
  Consent.check(consent, connection, 'uncordon');
  await setUnschedulable(connection, node, false, ending);
}

/** For who has checked the consent already. */
export async function setUnschedulable(connection: ClusterConnection, name: string, unschedulable: boolean, ending: Ending): Promise<void> {
  await connection.request({
    method: 'PATCH',
    path: pathOf(kinds.nodes, { name }),
    query: { fieldManager: 'faultline' },
    contentType: 'application/strategic-merge-patch+json',
    body: { spec: { unschedulable: unschedulable ? true : null } },
    ...ending,
  });
}

const unreachable = 'node.kubernetes.io/unreachable';

/** ms that a pod stays on a node that is given up; `Infinity`: as long as that lasts. */
export function toleratedMs(tolerations: readonly Toleration[] | undefined): number {
  const found = tolerations?.find(
    ({ key, effect }) => (key ?? unreachable) === unreachable && (effect === undefined || effect === 'NoExecute'),
  );
  return found === undefined ? 0 : (found.tolerationSeconds ?? Infinity) * 1000;
}

export interface DrainPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly fate: PodFate;
}

export type PodFate =
  /** Evicted, and brought back elsewhere by its controller. */
  | { readonly kind: 'evict' }
  /** Stays: a DaemonSet's, or one that the node itself runs. */
  | { readonly kind: 'skip'; readonly why: string }
  /** Only with consent by name: something is lost for good. */
  | { readonly kind: 'consent'; readonly why: string };

export interface DrainPlan {
  readonly node: string;
  readonly isCordoned: boolean;
  readonly pods: readonly DrainPod[];
}

/** Changes nothing. Fails: `notFound`, `forbidden`, `unreachable`, `refusedByProtection` (a node of the control plane). */
export async function planDrain(connection: ClusterConnection, name: string, ending: Ending = {}): Promise<DrainPlan> {
  const node = await connection.request<Node>({ path: pathOf(kinds.nodes, { name }), ...ending });
  refuseControlPlane(node);
  const { items } = await connection.request<ObjectList<Pod>>({
    path: pathOf(kinds.pods),
    query: { fieldSelector: `spec.nodeName=${name}` },
    ...ending,
  });
  const pods = (items ?? []).map((pod): DrainPod => {
    const { namespace = '', name: podName, uid = '' } = pod.metadata;
    return { namespace, name: podName, uid, fate: fateOf(pod) };
  });
  return { node: name, isCordoned: node.spec?.unschedulable === true, pods };
}

/** Written by the kubelet on the API's image of a pod that it runs from a file. */
const MIRROR = 'kubernetes.io/config.mirror';

export function fateOf(pod: Pod): PodFate {
  const { annotations = {}, ownerReferences } = pod.metadata;
  const owner = controllerOf(ownerReferences);
  if (MIRROR in annotations) return { kind: 'skip', why: t('the node itself runs it') };
  if (isOver(pod)) return { kind: 'evict' };
  if (owner?.kind === 'DaemonSet') return { kind: 'skip', why: t('DaemonSet {0} would bring it back at once', owner.name) };
  const reasons = [...(owner === undefined ? [t('nobody brings it back: it belongs to no workload')] : []), ...localData(pod)];
  return reasons.length === 0 ? { kind: 'evict' } : { kind: 'consent', why: reasons.join('; ') };
}

function localData({ spec }: Pod): readonly string[] {
  const volumes = (spec?.volumes ?? []).filter(({ emptyDir }) => emptyDir !== undefined);
  if (volumes.length === 0) return [];
  return [t('what is in its emptyDir {0} is lost', volumes.map(({ name }) => name).join(', '))];
}
