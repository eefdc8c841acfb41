/** Who made a pod, read from the pod alone: no ReplicaSet has to be watched for it. */
import type { ObjectMeta } from '../objects.ts';

export interface Owner {
  readonly kind: string;
  readonly name: string;
}

interface Owned {
  readonly metadata: ObjectMeta;
}

/** The Deployment in place of its ReplicaSet; the pod itself where nobody owns it. */
export function ownerOf({ metadata }: Owned): Owner {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true) ?? metadata.ownerReferences?.[0];
  if (owner === undefined) return { kind: 'Pod', name: metadata.name };
  const hash = metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return { kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) };
  return { kind: owner.kind, name: owner.name };
}

/** The number at the end of a pod's name where its owner counts its pods. */
export function ordinalOf({ metadata }: Owned): string | undefined {
  const index = metadata.labels?.['apps.kubernetes.io/pod-index'];
  if (index !== undefined) return index;
  const { kind } = ownerOf({ metadata });
  return kind === 'StatefulSet' || kind === 'StrimziPodSet' ? /-(\d+)$/.exec(metadata.name)?.[1] : undefined;
}
