/** What of ours is in the cluster: listed by the marks that stand on it, by another client than ours. */
import { CustomObjectsApi } from '@kubernetes/client-node';
import { sweep } from '../../src/fault/sweep.ts';
import type { TestLab } from '../lab/use/lab.ts';
import type { Watched } from './truth.ts';

interface Marked {
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const RUN = 'faultline.dev/run';
const UNDO = 'faultline.dev/undo';
const KIND = 'faultline.dev/kind';
const RBAC = 'rbac.authorization.k8s.io';

/**
 * Of this run, after it was stopped: nothing. In words. `mayLock`: the API was away when it ended, and could not be told to give the target
 * free; its lock is over by itself within two minutes of the fault's end.
 */
export async function leftInCluster(lab: TestLab, watched: Watched, run: string, mayLock: boolean): Promise<readonly string[]> {
  return (await marked(lab, watched))
    .filter(({ title, annotations = {} }) => annotations[RUN] === run && !(mayLock && title.startsWith('leases ')))
    .map(({ title }) => title);
}

/** Of whatever run, once every deadline is over and somebody has swept: nothing. In words. */
export async function sweptLater(lab: TestLab, watched: Watched): Promise<readonly string[]> {
  const connection = await lab.api.connection();
  const namespace = namespaceOf(lab, watched);
  const nowMs = Date.now() + 60 * 60_000;
  const { found, unread } = await sweep(connection, { namespace, nowMs, alive: new Set() }, lab.signal);
  const failed = found.filter(({ outcome }) => outcome !== 'healed').map(({ title, text }) => `${title}: ${text ?? ''}`);
  const still = (await marked(lab, watched)).map(({ title }) => `${title}, which no sweep takes away`);
  return [...failed, ...unread, ...still];
}

function namespaceOf({ namespace }: TestLab, { kind }: Watched): string {
  return kind === 'cordon' ? 'default' : namespace;
}

interface Found {
  readonly title: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function marked(lab: TestLab, watched: Watched): Promise<readonly Found[]> {
  const { api } = lab;
  const namespace = namespaceOf(lab, watched);
  const custom = api.config.makeApiClient(CustomObjectsApi);
  const listed = async (group: string, plural: string, isOurs: (object: Marked) => boolean): Promise<readonly Found[]> => {
    const of = { group, version: 'v1', plural };
    const list: unknown = plural.startsWith('cluster')
      ? await custom.listClusterCustomObject(of)
      : await custom.listNamespacedCustomObject({ ...of, namespace });
    return found(plural, (list as { readonly items: readonly Marked[] }).items, isOurs);
  };
  const isHelper = ({ metadata }: Marked): boolean => metadata?.labels?.[KIND] !== undefined;
  const isChanged = ({ metadata }: Marked): boolean => metadata?.annotations?.[UNDO] !== undefined;
  const all = await Promise.all([
    listed('coordination.k8s.io', 'leases', isHelper),
    listed('apps', 'deployments', isChanged),
    listed('batch', 'jobs', isHelper),
    listed(RBAC, 'roles', isHelper),
    listed(RBAC, 'rolebindings', isHelper),
    ...(watched.kind === 'cordon' ? [listed(RBAC, 'clusterroles', isHelper), listed(RBAC, 'clusterrolebindings', isHelper)] : []),
    api.core.listNamespacedServiceAccount({ namespace }).then(({ items }) => found('serviceaccounts', items, isHelper)),
    api.core.listNode().then(({ items }) => (watched.kind === 'cordon' ? found('nodes', items, isChanged) : [])),
  ]);
  return all.flat();
}

function found(kind: string, items: readonly Marked[], isOurs: (object: Marked) => boolean): readonly Found[] {
  return items.filter(isOurs).map(({ metadata }) => ({
    title: `${kind} ${metadata?.name ?? ''}`,
    ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
  }));
}
