/** Small changes: restart a workload, delete a pod. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { Consent } from './protection.ts';
import type { WorkloadKind } from './target.ts';

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Replaces all pods of a workload one after the other by its own strategy, as `kubectl rollout restart` does.
 * Fails: `refusedByProtection`, `notFound`, `forbidden`, `invalid` (a rollout that is paused), `unreachable`.
 */
export async function restartWorkload(
  connection: ClusterConnection,
  workload: Place & { readonly kind: WorkloadKind },
  consent: Consent,
  signal?: AbortSignal,
): Promise<void> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${workload.name}${consent.change}${String(signal)}` });
}

/** What restarts a pod: its workload; undefined for one that nobody would bring back. */
export async function restarterOf(
  connection: ClusterConnection,
  pod: Place,
  signal?: AbortSignal,
): Promise<(Place & { readonly kind: WorkloadKind }) | undefined> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${pod.name}${String(signal)}` });
}

export interface DeleteOptions {
  /** The pod's own where it is left out. */
  readonly graceSeconds?: number;
  /** Takes its name from the API at once, whether or not its processes have ended: two of a StatefulSet may then run at once. */
  readonly force?: boolean;
  /** Only this very pod, not one that took its name. */
  readonly uid?: string;
  readonly signal?: AbortSignal;
}

/** Resolves when the API has taken it. Fails: `refusedByProtection`, `notFound`, `forbidden`, `unreachable`. */
export async function deletePod(connection: ClusterConnection, pod: Place, consent: Consent, options: DeleteOptions = {}): Promise<void> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${pod.name}${consent.change}${String(options.force)}` });
}
