/** Objects as targets: held by uid, with why they were chosen. */
import { controllerOf } from '../../cluster/act/target.ts';
import type { Node } from '../../cluster/objects.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import { placedOf, type FaultScene, type ScenePod, type SceneWorkload } from '../scene.ts';

export function podTarget({ model }: FaultScene, pod: ScenePod, as: string | undefined, container?: string): FaultTarget {
  const { name, namespace, uid = '', ownerReferences } = pod.metadata;
  const meant = container ?? placedOf(model, uid)?.line.container ?? defaultContainer(pod);
  const owner = controllerOf(ownerReferences);
  const node = pod.spec?.nodeName;
  const containerId = pod.status?.containerStatuses?.find((status) => status.name === meant)?.containerID;
  return {
    kind: 'pod',
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    ...(meant === undefined ? {} : { container: meant }),
    ...(containerId === undefined ? {} : { containerId }),
    ...(node === undefined ? {} : { node }),
    ...(owner === undefined ? {} : { owner: { kind: owner.kind, name: owner.name, uid: owner.uid } }),
    ...(as === undefined ? {} : { as }),
  };
}

export function workloadTarget({ kind, workload }: SceneWorkload, as: string | undefined): FaultTarget {
  const { name, namespace, uid = '' } = workload.metadata;
  return {
    kind: 'workload',
    workload: kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
    ...(as === undefined ? {} : { as }),
  };
}

export function nodeTarget({ metadata }: Node, as: string | undefined): FaultTarget {
  return { kind: 'node', name: metadata.name, uid: metadata.uid ?? '', ...(as === undefined ? {} : { as }) };
}

function defaultContainer({ metadata, spec }: ScenePod): string | undefined {
  return metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? spec?.containers?.[0]?.name;
}
