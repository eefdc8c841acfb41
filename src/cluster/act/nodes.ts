/** Nodes: no new pods on them, or none at all. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { Consent } from './protection.ts';

/** Fails: `refusedByProtection`, `notFound`, `forbidden`, `unreachable`. */
export async function cordon(connection: ClusterConnection, node: string, consent: Consent, signal?: AbortSignal): Promise<void> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${node}${consent.change}${String(signal)}` });
}

export async function uncordon(connection: ClusterConnection, node: string, consent: Consent, signal?: AbortSignal): Promise<void> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${node}${consent.change}${String(signal)}` });
}

export interface DrainOptions {
  readonly consent: Consent;
  /** Stops it: what was evicted stays so, the node stays cordoned. */
  readonly signal: AbortSignal;
  /** Pods (`namespace/name`) whose local data may be lost, or that nobody would bring back: each by its name, as `planDrain` lists them. */
  readonly alsoEvict?: readonly string[];
  /** 10 min where nothing is said. */
  readonly timeoutMs?: number;
}

export interface DrainPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly fate:
    /** Evicted, and brought back elsewhere by its controller. */
    | { readonly kind: 'evict' }
    /** Stays: a DaemonSet's, or one that the node itself runs. */
    | { readonly kind: 'skip'; readonly why: string }
    /** Only with consent by name. */
    | { readonly kind: 'consent'; readonly why: string };
}

export interface DrainPlan {
  readonly node: string;
  readonly isCordoned: boolean;
  readonly pods: readonly DrainPod[];
}

/** Changes nothing. Fails: `notFound`, `forbidden`, `unreachable`, `refusedByProtection` (control plane). */
export async function planDrain(connection: ClusterConnection, node: string, signal?: AbortSignal): Promise<DrainPlan> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${node}${String(signal)}` });
}

/** `pod` is `namespace/name`. */
export type DrainEvent =
  | { readonly kind: 'cordoned' }
  | { readonly kind: 'skipped'; readonly pod: string; readonly why: string }
  | { readonly kind: 'evicting'; readonly pod: string }
  /** Told when the reason changes: "PodDisruptionBudget trino: 2 of at least 2 are healthy, 0 may go". It is tried again. */
  | { readonly kind: 'blocked'; readonly pod: string; readonly why: string }
  | { readonly kind: 'gone'; readonly pod: string; readonly left: number }
  | { readonly kind: 'drained'; readonly evicted: number };

/**
 * Cordons, then evicts pod after pod as their budgets allow, until they are gone.
 * Fails: `refusedByProtection` (also: pods that need consent by name), `timedOut` and `cancelled` (both say that the node stays cordoned
 * and which pods are left), `forbidden`, `notFound`, `unreachable`.
 */
export async function* drainNode(connection: ClusterConnection, node: string, options: DrainOptions): AsyncGenerator<DrainEvent, void> {
  yield* [];
  throw new FaultlineError('unsupported', { what: `${connection.server}${node}${options.consent.change}` });
}
