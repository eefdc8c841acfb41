/** How a server is reached: by its address, from inside its cluster by its name, else through a port-forward that outlives its pods. */
import { readFile } from 'node:fs/promises';
import { createHash, X509Certificate } from 'node:crypto';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Reach, ReachedServer, ServerPlace } from '../base/target.ts';
import { openForward } from './act/forward.ts';
import { unlessAborted } from './act/signal.ts';
import type { Forward } from './act/forward.ts';
import { connectCluster } from './connect/connection.ts';
import type { ClusterConnection } from './connect/connection.ts';
import { clusterIdentity } from './connect/identity.ts';
import { readKubeconfig } from './connect/kubeconfig.ts';

type KubernetesPlace = Extract<ServerPlace, { kind: 'kubernetes' }>;

/** A connection that somebody else may use too. */
export interface BorrowedConnection {
  readonly connection: ClusterConnection;
  /** Called once. */
  readonly release: () => void;
}

export interface ReachOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where connections are kept open already. A new one by the kubeconfig where it is left out. */
  readonly connect?: (kubeconfig: string, context: string, signal: AbortSignal) => Promise<BorrowedConnection>;
  /** How long a server may have no ready pod when it is first asked for: 60 s where nothing is said. */
  readonly readyMs?: number;
  /** Told of each forward that is opened, for who shows them. */
  readonly onForward?: (place: KubernetesPlace, forward: Forward) => void;
  /** Authority of the cluster that this process runs in; its usual place where nothing is said. */
  readonly ownAuthorityFile?: string;
}

const READY_MS = 60_000;
const OWN_AUTHORITY = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';

interface Shared {
  users: number;
  readonly life: AbortController;
  readonly opened: Promise<Opened>;
}

interface Opened {
  readonly url: string;
  readonly path: ReachedServer['path'];
  readonly serverName: string;
  end(): Promise<void>;
}

/** Whoever reaches the same place at the same time shares one forward; it ends with the last of them. */
export function reachWith(options: ReachOptions): Reach {
  const shared = new Map<string, Shared>();
  return async (place, signal) => {
    if (place.kind === 'url') return { url: place.url.replace(/\/+$/, ''), path: 'direct', close: () => Promise.resolve() };
    const key = JSON.stringify([place.kubeconfig, place.context, place.namespace, place.service, place.port, place.scheme]);
    const entry = shared.get(key) ?? begin(place, options);
    shared.set(key, entry);
    entry.users++;
    const leave = leaveOnce(shared, key, entry);
    try {
      const { url, path, serverName } = await unlessAborted(entry.opened, signal);
      return { url, path, serverName, close: leave };
    } catch (error) {
      await leave();
      throw error;
    }
  };
}

/** Not by the signal of the one who came first: others may wait for the same. */
function begin(place: KubernetesPlace, options: ReachOptions): Shared {
  const life = new AbortController();
  return { users: 0, life, opened: open(place, options, life.signal) };
}

function leaveOnce(shared: Map<string, Shared>, key: string, entry: Shared): () => Promise<void> {
  let left = false;
  return async () => {
    if (left) return;
    left = true;
    entry.users--;
    if (entry.users > 0) return;
    if (shared.get(key) === entry) shared.delete(key);
    entry.life.abort();
    const opened = await entry.opened.catch(() => undefined);
    await opened?.end();
  };
}

async function open(place: KubernetesPlace, options: ReachOptions, signal: AbortSignal): Promise<Opened> {
  const { connection, release } = await (options.connect ?? ownConnection(options))(place.kubeconfig, place.context, signal);
  const { namespace, service, port, scheme } = place;
  const serverName = `${service}.${namespace}.svc`;
  try {
    if (await isInside(connection, options)) {
      release();
      return { url: `${scheme}://${serverName}:${port}`, path: 'inCluster', serverName, end: () => Promise.resolve() };
    }
    const forward = await openForward(connection, { namespace, target: { kind: 'service', name: service }, port }, { signal });
    try {
      await forward.ready(options.readyMs ?? READY_MS, signal);
    } catch (error) {
      await forward.close();
      throw error;
    }
    options.onForward?.(place, forward);
    const end = async (): Promise<void> => {
      await forward.close();
      release();
    };
    return { url: `${scheme}://127.0.0.1:${forward.port}`, path: 'portForward', serverName, end };
  } catch (error) {
    release();
    throw error;
  }
}

function ownConnection({ env }: ReachOptions): NonNullable<ReachOptions['connect']> {
  return async (kubeconfig, name, signal) => {
    const context = (await readKubeconfig(kubeconfig)).find((one) => one.name === name);
    if (context === undefined)
      throw new FaultlineError('notFound', {
        what: t('There is no context {0} in {1}', name, kubeconfig),
        remedy: t('Choose the server’s cluster again.'),
      });
    const connection = await connectCluster(context, { env, signal });
    return { connection, release: () => connection.close() };
  };
}

/** Whether this process runs in a pod of that very cluster: both have the same authority. */
async function isInside(connection: ClusterConnection, options: ReachOptions): Promise<boolean> {
  if (options.env['KUBERNETES_SERVICE_HOST'] === undefined) return false;
  const { caHash } = await clusterIdentity(connection);
  if (caHash === undefined) return false;
  try {
    const { raw } = new X509Certificate(await readFile(options.ownAuthorityFile ?? OWN_AUTHORITY));
    return createHash('sha256').update(raw).digest('hex') === caHash;
  } catch {
    // Not in a pod after all, or in one without a service account.
    return false;
  }
}
