/** What a cluster is, whatever its context is called: the UID of its kube-system and the hash of its authority. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from './connection.ts';

export interface ClusterIdentity {
  /** UID of namespace `kube-system`; missing where reading it is forbidden. */
  readonly uid?: string;
  /** SHA-256, hexadecimal, of the authority's certificate (DER) that the kubeconfig names; missing where it names none. */
  readonly caHash?: string;
}

/** Fails as a request does, apart from `forbidden`. */
export async function clusterIdentity(connection: ClusterConnection): Promise<ClusterIdentity> {
  throw new FaultlineError('unsupported', { what: connection.server });
}
