/**
 * What faults have left behind when nobody was there to heal them: fields that were never set back, locks, healers, and the vantages of
 * probes. Only what is ours, only after its deadline, and never that of a run that is alive.
 */
import { FaultlineError, normalise } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type { KubeObject, Node, Workload } from '../cluster/objects.ts';
import { kinds, pathOf } from '../cluster/watch/kinds.ts';
import { removeObject } from './healer/healer.ts';
import { FieldEdit, undoOf, type Field } from './inject/edit.ts';
import { schedulingOf } from './inject/node.ts';
import { replicasOf } from './inject/scale.ts';
import { releaseLeasesOf, removeExpiredLeases } from './lease.ts';
import { listAll } from './list.ts';
import { deadlineMark, healerLabel, isPast, probeLabel, runMark } from './marks.ts';

export interface SweepOptions {
  /** Only there, and nodes; absent: everywhere. */
  readonly namespace?: string;
  /** Wall clock. */
  readonly nowMs: number;
  /** Runs whose lease of the run folder is alive: theirs is left to them. */
  readonly alive: ReadonlySet<string>;
}

export interface Swept {
  readonly found: readonly SweptObject[];
  readonly leases: number;
  /** What could not be looked at: "You may not list nodes". */
  readonly unread: readonly string[];
}

export interface SweptObject {
  /** "StatefulSet data/bus" */
  readonly title: string;
  readonly run: string;
  readonly outcome: 'healed' | 'left' | 'failed';
  /** Of `left` and `failed`: why. */
  readonly text?: string;
}

/** Fails: `unreachable`, `unauthorised`, `timedOut`, `cancelled`; what may not be read is told in `unread`. */
export async function sweep(connection: ClusterConnection, options: SweepOptions, signal: AbortSignal): Promise<Swept> {
  const { namespace, nowMs, alive } = options;
  const found: SweptObject[] = [];
  const unread: string[] = [];
  const looked = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!FaultlineError.is(error, 'forbidden')) throw error;
      unread.push(error.facts.what);
    }
  };
  const where = namespace === undefined ? {} : { namespace };
  const workloads = (kind: 'Deployment' | 'StatefulSet', from: typeof kinds.deployments): Promise<void> =>
    looked(async () => {
      for (const object of await listAll<Workload>(connection, pathOf(from, where), signal)) {
        const { name, namespace: at = '', uid = '' } = object.metadata;
        const field = replicasOf({ kind: 'workload', workload: kind, namespace: at, name, uid });
        found.push(...(await sweepOne(connection, field, object, options, signal)));
      }
    });
  await workloads('Deployment', kinds.deployments);
  await workloads('StatefulSet', kinds.statefulSets);
  await looked(async () => {
    for (const object of await listAll<Node>(connection, pathOf(kinds.nodes), signal))
      found.push(
        ...(await sweepOne(
          connection,
          schedulingOf({ name: object.metadata.name, uid: object.metadata.uid ?? '' }),
          object,
          options,
          signal,
        )),
      );
  });
  let leases = 0;
  await looked(async () => {
    leases = await removeExpiredLeases(connection, namespace, nowMs, alive, signal);
  });
  for (const [kind, label] of helpers)
    await looked(async () => {
      const place = kind.namespaced ? where : {};
      for (const object of await listAll<KubeObject>(connection, pathOf(kind, place), signal, { labelSelector: selectorOf(label) })) {
        const { name, namespace: at, annotations = {} } = object.metadata;
        const run = annotations[runMark];
        if (run === undefined || alive.has(run) || !isPast(connection, annotations[deadlineMark], nowMs)) continue;
        await removeObject(connection, pathOf(kind, { name, ...(at === undefined ? {} : { namespace: at }) }), signal);
      }
    });
  return { found, leases, unread };
}

/**
 * What a run that is over has left beside what it broke, before its time: locks, healers, vantages. Of what may not be listed it has made
 * none. Its faults have to have ended: a healer may be all that ends one. Fails as `sweep`.
 */
export async function removeLeftOf(
  connection: ClusterConnection,
  run: string,
  namespaces: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const there = [...namespaces];
  const remove = async (kind: (typeof helpers)[number][0], label: Readonly<Record<string, string>>, place: object): Promise<void> => {
    for (const { metadata } of await listAll<KubeObject>(connection, pathOf(kind, place), signal, { labelSelector: selectorOf(label) }))
      if (metadata.annotations?.[runMark] === run) await removeObject(connection, pathOf(kind, { ...place, name: metadata.name }), signal);
  };
  const all = [
    ...there.map((namespace) => () => releaseLeasesOf(connection, run, namespace, signal)),
    ...helpers.flatMap(([kind, label]) =>
      (kind.namespaced ? there.map((namespace) => ({ namespace })) : [{}]).map((place) => () => remove(kind, label, place)),
    ),
  ];
  for (const work of all) {
    try {
      await work();
    } catch (error) {
      if (!FaultlineError.is(error, 'forbidden')) throw error;
    }
  }
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
/** What a healer is made of, its Job first. */
const healerKinds = [
  { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true },
  { ...rbac, plural: 'rolebindings', namespaced: true },
  { ...rbac, plural: 'roles', namespaced: true },
  { ...rbac, plural: 'clusterrolebindings', namespaced: false },
  { ...rbac, plural: 'clusterroles', namespaced: false },
  { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true },
] as const;
/** What of ours runs in a cluster beside a fault: healers, and the vantages of probes. */
const helpers = [
  ...healerKinds.map((kind) => [kind, healerLabel] as const),
  [kinds.pods, probeLabel] as const,
  [kinds.configMaps, probeLabel] as const,
];

function selectorOf(label: Readonly<Record<string, string>>): string {
  return Object.entries(label)
    .map((pair) => pair.join('='))
    .join(',');
}

async function sweepOne<T extends KubeObject, V extends number | boolean>(
  connection: ClusterConnection,
  field: Field<T, V>,
  object: T,
  { nowMs, alive }: SweepOptions,
  signal: AbortSignal,
): Promise<readonly SweptObject[]> {
  const run = undoOf(object)?.run;
  // Without a deadline nobody knows whether it is over: left alone, and seen by whoever breaks it next.
  if (run === undefined || alive.has(run) || !isPast(connection, object.metadata.annotations?.[deadlineMark], nowMs)) return [];
  const edit = FieldEdit.ofMark(connection, field, object);
  const { title } = field;
  if (edit === undefined) return [{ title, run, outcome: 'left', text: t('Its mark can’t be read') }];
  try {
    const healing = await edit.heal(signal);
    return [healing.kind === 'left' ? { title, run, outcome: 'left', text: healing.text } : { title, run, outcome: 'healed' }];
  } catch (error) {
    const known = normalise(error);
    if (known.reason === 'unreachable' || known.reason === 'unauthorised' || known.reason === 'timedOut' || known.reason === 'cancelled')
      throw known;
    return [{ title, run, outcome: 'failed', text: known.facts.what }];
  }
}
