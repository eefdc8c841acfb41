/** What is there of installations beside their pods: workloads, and resources that operators make them from. */
import type { Pod, Workload } from '../objects.ts';
import { placeOf, placeOfResource, type Place, type Surroundings } from './installations.ts';
import type { ClusterSnapshot, EngineRole } from './model.ts';
import { refOf } from './pods.ts';
import { type Recognised, recognise } from './recognise.ts';
import { resourceSources } from './resources.ts';

/** `null`: none of our engines. */
export type WorkloadMemory = WeakMap<Workload, Recognised | null>;

export interface Around extends Omit<Surroundings, 'services'> {
  readonly place: Place;
}

interface Growing {
  readonly place: Place;
  readonly workloads: Surroundings['workloads'][number][];
  readonly asked: Map<EngineRole, number>;
  resource?: NonNullable<Surroundings['resource']>;
}

/** By the installation's id. */
export function surroundingsOf({ parts }: ClusterSnapshot, memory: WorkloadMemory): ReadonlyMap<string, Around> {
  const found = new Map<string, Growing>();
  const at = (place: Place): Growing => {
    const known = found.get(place.id) ?? { place, workloads: [], asked: new Map() };
    found.set(place.id, known);
    return known;
  };
  for (const [part, kind] of workloadKinds)
    for (const workload of parts[part]?.objects.values() ?? []) {
      let known = memory.get(workload);
      if (known === undefined) memory.set(workload, (known = templateOf(workload, kind) ?? null));
      if (known === null) continue;
      at(placeOf(known, workload.metadata.namespace ?? '')).workloads.push({ workload, ref: refOf('apps/v1', kind, workload), known });
    }
  for (const source of resourceSources)
    for (const object of parts[source.part]?.objects.values() ?? []) {
      const { name, namespace = '' } = object.metadata;
      const one = at(placeOfResource(source.engine, namespace, source.instanceOf(object) ?? name));
      if (source.isWhole) one.resource = { object, ref: refOf(source.apiVersion, source.kind, object) };
      const asked = source.asks(object);
      if (asked !== undefined) one.asked.set(asked.role, (one.asked.get(asked.role) ?? 0) + asked.count);
    }
  return found;
}

const workloadKinds = [
  ['deployments', 'Deployment'],
  ['statefulSets', 'StatefulSet'],
] as const;

/** A workload is known by the pods that it would make: so one without pods is there too. */
function templateOf({ metadata, spec }: Workload, kind: string): Recognised | undefined {
  const template = spec?.template;
  if (template === undefined) return undefined;
  const { name, namespace } = metadata;
  const own: Pod['metadata'] = { ...template.metadata, name, ...(namespace === undefined ? {} : { namespace }) };
  return recognise({ metadata: own, ...(template.spec === undefined ? {} : { spec: template.spec }) }, { kind, name });
}
