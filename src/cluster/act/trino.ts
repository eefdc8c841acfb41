/** Trino's own drain of a worker: no new tasks, running ones end, and it can come back. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { Consent } from './protection.ts';

export type TrinoNodeState = 'ACTIVE' | 'DRAINING' | 'DRAINED' | 'SHUTTING_DOWN' | 'INACTIVE';

export interface TrinoWorker {
  readonly namespace: string;
  readonly pod: string;
  /** Of its container, by number or name. 8080 where nothing is said. */
  readonly port?: number | string;
  readonly scheme?: 'http' | 'https';
  /** A user that Trino's access control lets write system information. */
  readonly user: string;
  readonly password?: string;
}

/** Fails: `unreachable`, `forbidden`, `unauthorised`, `notFound`, `cancelled`. */
export async function trinoState(connection: ClusterConnection, worker: TrinoWorker, signal: AbortSignal): Promise<TrinoNodeState> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${worker.pod}${String(signal)}` });
}

export interface TrinoDrainOptions {
  readonly consent: Consent;
  /** Stops waiting; the worker stays as it is, which the error says. */
  readonly signal: AbortSignal;
  /** 15 min where nothing is said. */
  readonly timeoutMs?: number;
}

export interface TrinoDrainEvent {
  readonly state: TrinoNodeState;
  readonly sinceMs: number;
}

/**
 * Until DRAINED: the pod can be deleted then without a query noticing. Tells each state once.
 * Fails: `forbidden` (Trino's access control; the text says which setting), `unsupported` (a coordinator, or a Trino that knows no
 * draining), `invalid` (shutting down already), `timedOut`, `unreachable`, `cancelled`, `refusedByProtection`.
 */
export async function* drainTrinoWorker(
  connection: ClusterConnection,
  worker: TrinoWorker,
  options: TrinoDrainOptions,
): AsyncGenerator<TrinoDrainEvent, void> {
  yield* [];
  throw new FaultlineError('unsupported', { what: `${connection.server}${worker.pod}${options.consent.change}` });
}

/** Takes tasks again. Fails as `drainTrinoWorker`. */
export async function activateTrinoWorker(connection: ClusterConnection, worker: TrinoWorker, options: TrinoDrainOptions): Promise<void> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${worker.pod}${options.consent.change}` });
}
