/** What a cluster is, whatever its context is called: the UID of its kube-system and the hash of its authority. */
import { createHash, X509Certificate } from 'node:crypto';
import { FaultlineError } from '../../base/errors.ts';
import { isLab } from '../act/lab.ts';
import type { Namespace } from '../objects.ts';
import type { ClusterConnection } from './connection.ts';

export interface ClusterIdentity {
  /** UID of namespace `kube-system`; missing where it may not be read, or there is none. */
  readonly uid?: string;
  /** SHA-256, hexadecimal, of the authority's first certificate (DER) that the kubeconfig names; missing where it names none. */
  readonly caHash?: string;
  /** The lab made it, which is known by its authority. */
  readonly isLab?: true;
}

/** Fails as a request does, apart from `forbidden` and `notFound`. */
export async function clusterIdentity(connection: ClusterConnection, signal?: AbortSignal): Promise<ClusterIdentity> {
  const [uid, pem, ofLab] = await Promise.all([
    connection
      .request<Namespace>({ path: '/api/v1/namespaces/kube-system', ...(signal === undefined ? {} : { signal }) })
      .then(({ metadata }) => metadata.uid)
      .catch((error: unknown) => {
        if (FaultlineError.is(error, 'forbidden') || FaultlineError.is(error, 'notFound')) return undefined;
        throw error;
      }),
    connection.authority(),
    isLab(connection),
  ]);
  const caHash = pem === undefined ? undefined : hashOf(pem);
  return { ...(uid === undefined ? {} : { uid }), ...(caHash === undefined ? {} : { caHash }), ...(ofLab ? { isLab: true } : {}) };
}

/** What was read last, for what is drawn; for what is decided it is read anew. */
export interface IdentityReader {
  readonly last: ClusterIdentity | undefined;
  /** Fails as `clusterIdentity`. */
  read(): Promise<ClusterIdentity>;
}

export function identityReader(connection: ClusterConnection): IdentityReader {
  let last: ClusterIdentity | undefined;
  return {
    get last() {
      return last;
    },
    read: async () => (last = await clusterIdentity(connection)),
  };
}

/** Whether both are one cluster, as far as that can be told. */
export function isSameCluster(a: ClusterIdentity, b: ClusterIdentity): boolean {
  return a.uid === b.uid && a.caHash === b.caHash;
}

/** The same whether the PEM came with other line ends or a comment. */
function hashOf(pem: string): string {
  const bytes = (() => {
    try {
      return new X509Certificate(pem).raw;
    } catch {
      return Buffer.from(pem.trim());
    }
  })();
  return createHash('sha256').update(bytes).digest('hex');
}
