/** What a cluster is, whatever its context is called: the UID of its kube-system and the hash of its authority. */
import { createHash, X509Certificate } from 'node:crypto';
import { FaultlineError } from '../../base/errors.ts';
import type { Namespace } from '../objects.ts';
import type { ClusterConnection } from './connection.ts';

export interface ClusterIdentity {
  /** UID of namespace `kube-system`; missing where reading it is forbidden. */
  readonly uid?: string;
  /** SHA-256, hexadecimal, of the authority's first certificate (DER) that the kubeconfig names; missing where it names none. */
  readonly caHash?: string;
}

/** Fails as a request does, apart from `forbidden`. */
export async function clusterIdentity(connection: ClusterConnection, signal?: AbortSignal): Promise<ClusterIdentity> {
  const [uid, pem] = await Promise.all([
    connection
      .request<Namespace>({ path: '/api/v1/namespaces/kube-system', ...(signal === undefined ? {} : { signal }) })
      .then(({ metadata }) => metadata.uid)
      .catch((error: unknown) => {
        if (FaultlineError.is(error, 'forbidden')) return undefined;
        throw error;
      }),
    connection.authority(),
  ]);
  const caHash = pem === undefined ? undefined : hashOf(pem);
  return { ...(uid === undefined ? {} : { uid }), ...(caHash === undefined ? {} : { caHash }) };
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
