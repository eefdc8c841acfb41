/** Faults of other tools that are active now. Of one that can't be read in full it counts as active. */
import { FaultlineError } from '../base/errors.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { pathOf } from '../cluster/watch/kinds.ts';
import type { ActiveFault, UnreadPart } from './scene.ts';
import { listAll } from './list.ts';

interface Groups {
  readonly groups?: readonly { readonly name: string; readonly preferredVersion?: { readonly version: string } }[];
}

interface Resources {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly verbs?: readonly string[] }[];
}

export interface ChaosObject extends KubeObject {
  readonly spec?: { readonly action?: string; readonly engineState?: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly experiment?: { readonly desiredPhase?: string };
    readonly engineStatus?: string;
  };
}

const tools = [
  {
    tool: 'chaos-mesh',
    group: 'chaos-mesh.org',
    title: 'Chaos Mesh',
    isFault: (kind: string) => kind.endsWith('Chaos') && kind !== 'PhysicalMachineChaos',
  },
  { tool: 'litmus', group: 'litmuschaos.io', title: 'Litmus', isFault: (kind: string) => kind === 'ChaosEngine' },
] as const;

export interface ForeignFaults {
  readonly active: readonly ActiveFault[];
  /** Each part once: who may not list one kind often may list none. */
  readonly unread: readonly UnreadPart[];
}

/** Of all namespaces, since one there may select pods of this one; who may not list those sees `namespace` alone. Fails as a request does. */
export async function foreignFaults(
  connection: ClusterConnection,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<ForeignFaults> {
  const { groups = [] } = await connection.request<Groups>({ path: '/apis', signal });
  const active: ActiveFault[] = [];
  const unread = new Map<UnreadPart['part'], UnreadPart>();
  for (const { tool, group, title, isFault } of tools) {
    const version = groups.find(({ name }) => name === group)?.preferredVersion?.version;
    if (version === undefined) continue;
    const { resources = [] } = await connection.request<Resources>({ path: `/apis/${group}/${version}`, signal });
    const kinds = resources.filter(({ name, kind, verbs = [] }) => isFault(kind) && verbs.includes('list') && !name.includes('/'));
    for (const { name: plural, kind } of kinds) {
      const seen = await visible((where) => listAll<ChaosObject>(connection, pathOf({ group, version, plural }, where), signal), namespace);
      if (seen.unread !== undefined) unread.set(seen.unread.part, seen.unread);
      for (const one of seen.objects.filter((object) => isActive(tool, object)))
        active.push({ title: `${title} ${kind} ${one.metadata.namespace ?? ''}/${one.metadata.name}`, tool });
    }
  }
  return { active, unread: [...unread.values()] };
}

interface Visible {
  readonly objects: readonly ChaosObject[];
  readonly unread?: UnreadPart;
}

/** Everywhere, else in the namespace, else nowhere. */
async function visible(
  list: (where: { readonly namespace?: string }) => Promise<readonly ChaosObject[]>,
  namespace: string | undefined,
): Promise<Visible> {
  try {
    return { objects: await list({}) };
  } catch (error) {
    if (!FaultlineError.is(error, 'forbidden')) throw error;
    if (namespace === undefined) return { objects: [], unread: { part: 'faults', error } };
    try {
      return { objects: await list({ namespace }), unread: { part: 'faultsElsewhere', error } };
    } catch (own) {
      if (!FaultlineError.is(own, 'forbidden')) throw own;
      return { objects: [], unread: { part: 'faults', error: own } };
    }
  }
}

/**
 * Chaos Mesh says `AllRecovered` also in the moment between selection and injection, so only a phase that is to stop counts as over;
 * kinds that happen once stay in `Run` for ever and are over when all is injected.
 */
export function isActive(tool: 'chaos-mesh' | 'litmus', { metadata, spec = {}, status = {} }: ChaosObject): boolean {
  const is = (type: string): boolean =>
    status.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
  if (tool === 'litmus') return spec.engineState !== 'stop' && status.engineStatus !== 'completed' && status.engineStatus !== 'stopped';
  const isOnce = spec.action === 'pod-kill' || spec.action === 'container-kill';
  if (isOnce) return !is('AllInjected');
  const isMeantToStop = status.experiment?.desiredPhase === 'Stop' || metadata.annotations?.['experiment.chaos-mesh.org/pause'] === 'true';
  return !(isMeantToStop && is('AllRecovered'));
}
