/**
 * One deploy of a release at a time, on whatever machine it was begun: a Lease beside the release. Who was killed holds nobody up:
 * on the same machine its process is looked for, on another the lease ends by itself.
 */
import { hostname, userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { isAlive, ownerOf, ownerText, parseOwner } from '../base/owner.ts';
import { statusOf } from '../cluster/connect/failure.ts';
import type { KubeObject } from '../cluster/objects.ts';
import type { LockHolder } from './deploy.ts';
import type { ReleaseName } from './release.ts';
import { unlessGone } from './objects.ts';
import type { Requests } from './objects.ts';

interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

const DURATION_SECONDS = 15;
const RENEW_MS = 5000;
const RELEASE_LIMIT_MS = 3000;
/** Process of Helm that may outlive ours. */
const HELM_OWNER = 'faultline.dev/helm';
const OWNER = 'faultline.dev/owner';
const HOST = 'faultline.dev/host';

export interface Lock {
  /** Helm runs as this process. */
  helmRuns(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * Fails: `refusedByProtection` naming who holds it. Where leases may not be made, the lock is none: Helm's own refuses two at a time.
 */
export async function takeLock(requests: Requests, name: ReleaseName, nowMs: () => number, signal: AbortSignal): Promise<Lock> {
  const path = leasePath(name);
  const mine = ownerText(ownerOf(process.pid));
  const identity = `${userName()}@${hostname()}, process ${process.pid}`;
  let annotations: Record<string, string> = { [OWNER]: mine, [HOST]: hostname() };
  const written = (resourceVersion?: string): unknown => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(name),
      namespace: name.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'faultline' },
      annotations,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { holderIdentity: identity, leaseDurationSeconds: DURATION_SECONDS, acquireTime: since, renewTime: micro(nowMs()) },
  });
  const since = micro(nowMs());
  let version: string | undefined;
  try {
    const lease = await unlessGone(requests.request<Lease>({ path, signal }));
    const holder = lease === undefined ? undefined : holderOf(lease, nowMs());
    if (holder !== undefined) throw held(name, holder);
    const body = written(lease?.metadata.resourceVersion);
    const made =
      lease === undefined
        ? await requests.request<Lease>({ method: 'POST', path: path.replace(/\/[^/]+$/, ''), body, signal })
        : await requests.request<Lease>({ method: 'PUT', path, body, signal });
    version = made.metadata.resourceVersion;
  } catch (error) {
    if (FaultlineError.is(error, 'refusedByProtection')) throw error;
    // Somebody else was a moment faster.
    if (statusOf(error) === 409) throw held(name, { who: t('another process'), since: '' });
    if (FaultlineError.is(error, 'forbidden')) return { helmRuns: async () => undefined, release: async () => undefined };
    throw error;
  }
  let renewal: Promise<void> = Promise.resolve();
  const renew = (): Promise<void> => {
    renewal = renewal.then(async () => {
      try {
        version = (await requests.request<Lease>({ method: 'PUT', path, body: written(version) })).metadata.resourceVersion;
      } catch {
        // The next one is soon; a lease that ran out is taken by whoever comes.
      }
    });
    return renewal;
  };
  const timer = setInterval(() => void renew(), RENEW_MS);
  timer.unref();
  return {
    helmRuns: async (pid) => {
      annotations = { ...annotations, [HELM_OWNER]: ownerText(ownerOf(pid)) };
      await renew();
    },
    release: async () => {
      clearInterval(timer);
      // A cluster that is gone holds nobody up: who comes next looks for our process.
      await Promise.race([renewal, pause(RELEASE_LIMIT_MS, undefined, { ref: false })]);
      // With its namespace gone there is nothing to let go; what can't be deleted runs out.
      const preconditions = version === undefined ? {} : { preconditions: { resourceVersion: version } };
      await requests.request({ method: 'DELETE', path, body: preconditions, timeoutMs: RELEASE_LIMIT_MS }).catch(() => undefined);
    },
  };
}

/** Who deploys the release now. */
export async function lockHolder(
  requests: Requests,
  name: ReleaseName,
  nowMs: number,
  signal: AbortSignal,
): Promise<LockHolder | undefined> {
  try {
    const lease = await unlessGone(requests.request<Lease>({ path: leasePath(name), signal }));
    return lease === undefined ? undefined : holderOf(lease, nowMs);
  } catch (error) {
    if (FaultlineError.is(error, 'forbidden')) return undefined;
    throw error;
  }
}

function holderOf({ metadata, spec }: Lease, nowMs: number): LockHolder | undefined {
  const { holderIdentity, leaseDurationSeconds = DURATION_SECONDS, renewTime, acquireTime } = spec ?? {};
  if (holderIdentity === undefined || holderIdentity === null || holderIdentity === '') return undefined;
  const holder: LockHolder = { who: holderIdentity, since: acquireTime ?? '' };
  const { annotations = {} } = metadata;
  if (annotations[HOST] === hostname()) {
    const owners = [annotations[OWNER], annotations[HELM_OWNER]].map((text) => (text === undefined ? undefined : parseOwner(text)));
    // Its process tells for sure, and at once. Helm may go on for a while after whoever began it was killed.
    return owners.some((owner) => owner !== undefined && isAlive(owner)) ? holder : undefined;
  }
  const renewedMs = Date.parse(renewTime ?? '');
  return Number.isFinite(renewedMs) && nowMs - renewedMs < leaseDurationSeconds * 1000 ? holder : undefined;
}

function held({ release, namespace }: ReleaseName, { who, since }: LockHolder): FaultlineError {
  return new FaultlineError('refusedByProtection', {
    what: t('{0} in {1} is being deployed already, by {2}', release, namespace, who),
    ...(since === '' ? {} : { meaning: t('It began at {0}.', since) }),
    remedy: t('Wait until it has ended. One that was killed holds nobody up for more than {0} s.', DURATION_SECONDS),
  });
}

function leaseName({ release }: ReleaseName): string {
  return `faultline-deploy-${release}`;
}

function leasePath(name: ReleaseName): string {
  const within = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(name.namespace)}/leases`;
  return `${within}/${encodeURIComponent(leaseName(name))}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}

/** As the API wants it: RFC 3339 with microseconds. */
function micro(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}
