/**
 * One fault a target: a Lease named after the target's uid, with run and deadline. It is taken before anything is injected; when its
 * deadline is over it belongs to nobody, whether or not somebody came back to delete it.
 */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { statusOf } from '../cluster/connect/failure.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type { KubeObject } from '../cluster/objects.ts';
import { pathOf } from '../cluster/watch/kinds.ts';
import type { FaultTarget } from '../journal/fault-plan.ts';
import { deadlineMark, deadlineText, isPast, managedBy, runMark } from './marks.ts';
import { leaseNamespace } from './needs.ts';
import { listAll } from './list.ts';
import type { ActiveFault } from './scene.ts';

const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' } as const;
const kindLabel = { 'faultline.dev/kind': 'fault' } as const;
const titleMark = 'faultline.dev/fault';
const targetMark = 'faultline.dev/target';

export interface FaultLease {
  /** Until another moment, wall clock. Fails: `refusedByProtection` where somebody else has it by now, and as a request does. */
  extend(deadlineMs: number, signal: AbortSignal): Promise<void>;
  /** Gives the target free. Safe to be called again. Fails as a request does. */
  release(signal: AbortSignal): Promise<void>;
}

export interface LeaseOptions {
  readonly run: string;
  readonly target: FaultTarget;
  /** "Cut Network: kafka-1" */
  readonly title: string;
  /** Wall clock: of the fault, with what its healing may take. */
  readonly deadlineMs: number;
  readonly nowMs: number;
}

/** Fails: `refusedByProtection` naming the run that holds it, `forbidden`, `unreachable` … */
export async function takeLease(connection: ClusterConnection, options: LeaseOptions, signal: AbortSignal): Promise<FaultLease> {
  const { run, target } = options;
  const namespace = namespaceOf(target);
  const path = pathOf(leases, { namespace, name: leaseName(target.uid) });
  try {
    await connection.request({ method: 'POST', path: pathOf(leases, { namespace }), body: bodyOf(connection, options), signal });
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    await takeOver(connection, path, options, signal);
  }
  return {
    extend: (untilMs, ends) => extend(connection, path, options, untilMs, ends),
    release: (ends) => release(connection, path, run, ends),
  };
}

/** Faults of ours that are not over. */
export async function leasesOfFaults(
  connection: ClusterConnection,
  namespace: string | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly ActiveFault[]> {
  const found = await listFaults(connection, namespace, signal);
  return found.filter((lease) => isActive(connection, lease, nowMs)).map(activeOf);
}

/** Leases whose deadline is over, of runs that are not `alive`; answers how many there were. Fails as a request does. */
export async function removeExpiredLeases(
  connection: ClusterConnection,
  namespace: string | undefined,
  nowMs: number,
  alive: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const lease of await listFaults(connection, namespace, signal)) {
    const { name, namespace: where = '', annotations = {} } = lease.metadata;
    const run = annotations[runMark];
    if (run === undefined || alive.has(run) || isActive(connection, lease, nowMs)) continue;
    await release(connection, pathOf(leases, { namespace: where, name }), run, signal);
    removed++;
  }
  return removed;
}

/** Those of a run that is over, before their time. Fails as a request does. */
export async function releaseLeasesOf(connection: ClusterConnection, run: string, namespace: string, signal: AbortSignal): Promise<void> {
  for (const { metadata } of await listFaults(connection, namespace, signal))
    if (metadata.annotations?.[runMark] === run)
      await release(connection, pathOf(leases, { namespace: metadata.namespace ?? '', name: metadata.name }), run, signal);
}

function listFaults(connection: ClusterConnection, namespace: string | undefined, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const labelSelector = Object.entries(kindLabel)
    .map((pair) => pair.join('='))
    .join(',');
  return listAll<KubeObject>(connection, pathOf(leases, namespace === undefined ? {} : { namespace }), signal, { labelSelector });
}

async function takeOver(connection: ClusterConnection, path: string, options: LeaseOptions, signal: AbortSignal): Promise<void> {
  const { nowMs, target } = options;
  const found = await connection.request<KubeObject>({ path, signal });
  if (isActive(connection, found, nowMs)) throw held(target, activeOf(found));
  try {
    await connection.request({ method: 'PUT', path, body: bodyOf(connection, options, found), signal });
  } catch (error) {
    // Somebody else was a moment faster.
    if (statusOf(error) === 409) throw held(target, { title: t('another run'), tool: 'faultline' });
    throw error;
  }
}

async function extend(
  connection: ClusterConnection,
  path: string,
  options: LeaseOptions,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const found = await connection.request<KubeObject>({ path, signal });
  if (found.metadata.annotations?.[runMark] !== options.run) throw held(options.target, activeOf(found));
  await connection.request({ method: 'PUT', path, body: bodyOf(connection, { ...options, deadlineMs }, found), signal });
}

/** `instead`: of which lease. */
function bodyOf(connection: ClusterConnection, { run, target, title, deadlineMs, nowMs }: LeaseOptions, instead?: KubeObject): unknown {
  const resourceVersion = instead?.metadata.resourceVersion;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(target.uid),
      namespace: namespaceOf(target),
      labels: { ...managedBy, ...kindLabel },
      annotations: { [runMark]: run, [deadlineMark]: deadlineText(connection, deadlineMs), [titleMark]: title, [targetMark]: target.uid },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { holderIdentity: run.slice(0, 128), leaseDurationSeconds: Math.max(1, Math.ceil((deadlineMs - nowMs) / 1000)) },
  };
}

/** Only ours: after the deadline another run may have taken it over. */
async function release(connection: ClusterConnection, path: string, run: string, signal: AbortSignal): Promise<void> {
  for (let left = 3; ; left--) {
    try {
      const { metadata } = await connection.request<KubeObject>({ path, signal });
      if (metadata.annotations?.[runMark] !== run) return;
      const { uid, resourceVersion } = metadata;
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
      await connection.request({ method: 'DELETE', path, body, signal });
      return;
    } catch (error) {
      if (FaultlineError.is(error, 'notFound')) return;
      if (statusOf(error) !== 409 || left === 0) throw error;
    }
  }
}

function isActive(connection: ClusterConnection, { metadata }: KubeObject, nowMs: number): boolean {
  return !isPast(connection, metadata.annotations?.[deadlineMark], nowMs);
}

function activeOf({ metadata: { annotations = {} } }: KubeObject): ActiveFault {
  const run = annotations[runMark];
  const targetUid = annotations[targetMark];
  return {
    title: t('“{0}” of run {1}', annotations[titleMark] ?? t('A fault'), run ?? t('unknown')),
    tool: 'faultline',
    ...(run === undefined ? {} : { run }),
    ...(targetUid === undefined ? {} : { targetUid }),
  };
}

function namespaceOf({ namespace = leaseNamespace }: FaultTarget): string {
  return namespace;
}

function leaseName(uid: string): string {
  return `faultline-fault-${uid}`;
}

function held(target: FaultTarget, { title }: ActiveFault): FaultlineError {
  return new FaultlineError('refusedByProtection', {
    what: t('{0} is broken already: {1} is active', target.name, title),
    remedy: t('Stop that run, or wait until it is over.'),
  });
}
