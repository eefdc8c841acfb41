/**
 * A deadline for what only the API ends: a Job inside of the cluster, away from the nodes that are hit, that runs before anything is
 * changed and sets the field back at the deadline, whether or not anybody else is alive. It may read and patch that one object, no more.
 */
import { createHash } from 'node:crypto';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { statusOf } from '../../cluster/connect/failure.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { KubeObject, Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import { longestFaultMs } from '../catalogue.ts';
import type { InjectorTiming } from '../injector.ts';
import { seen } from '../inject/wait.ts';
import { listAll } from '../list.ts';
import { deadlineMark, deadlineText, healerLabel, managedBy, runMark } from '../marks.ts';
import { leaseNamespace } from '../needs.ts';
import { healerProgram } from './program.ts';

export interface HealerOptions {
  /** Any with Node 20 or newer as `node`. */
  readonly image: string;
  readonly run: string;
  /** Of the fault in the run's plan: the same target may be broken once more. */
  readonly index: number;
  readonly target: FaultTarget;
  /** Path of the object at the API. */
  readonly path: string;
  /** `replicas`, `unschedulable`. */
  readonly field: string;
  /** Names of nodes on which it must not be. */
  readonly notOn: readonly string[];
  readonly timing: InjectorTiming;
}

export interface Healer {
  /** Takes it away: once it was healed, or was never applied. Asks an API that is away again until the signal. Fails as a request does. */
  remove(signal: AbortSignal): Promise<void>;
}

interface Made {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly body: object;
}

/** After "go" it may have to wait for an API that is away. */
const spareMs = 10 * 60_000;
const startLimitMs = 120_000;
const readyFolder = '/ready';
const readyFile = `${readyFolder}/ok`;
const isReady = `process.exit(require('node:fs').existsSync('${readyFile}') ? 0 : 1)`;
const AGAIN_MS = 500;
/** An API server that has just gone may be back by then; what stays nevertheless is swept. */
export const REMOVE_LIMIT_MS = 30_000;

/** Resolves when it could heal. Fails as a request does, and `timedOut` where its pod does not come to run; then nothing is left behind. */
export async function startHealer(connection: ClusterConnection, options: HealerOptions, signal: AbortSignal): Promise<Healer> {
  const name = nameOf(options);
  const namespace = options.target.namespace ?? leaseNamespace;
  const objects = objectsOf(connection, options, name, namespace);
  const healer: Healer = { remove: (ends) => removeAll(connection, objects, name, options.timing, ends) };
  try {
    for (const { body, ...at } of objects)
      await connection.request({ method: 'POST', path: collectionOf(at), query: { fieldManager: 'faultline' }, body, signal });
    await runs(connection, name, namespace, options.timing, signal);
  } catch (error) {
    // What was begun is taken back although the work was stopped.
    await healer.remove(AbortSignal.timeout(REMOVE_LIMIT_MS)).catch(() => undefined);
    throw error;
  }
  return healer;
}

function objectsOf(connection: ClusterConnection, options: HealerOptions, name: string, namespace: string): readonly Made[] {
  const { run, target, path, timing } = options;
  const isNode = target.kind === 'node';
  const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', ...(isNode ? {} : { namespace }) };
  const notAfterMs = timing.nowMs() + longestFaultMs + spareMs;
  const metadata = {
    name,
    labels: { ...managedBy, ...healerLabel },
    annotations: { [runMark]: run, [deadlineMark]: deadlineText(connection, notAfterMs) },
  };
  const local = { ...metadata, namespace };
  const [, group = ''] = /^\/apis\/([^/]+)\//.exec(path) ?? [];
  const [resource = '', object = ''] = path.split('/').slice(-2);
  const role = isNode ? 'ClusterRole' : 'Role';
  const rights = { apiGroups: [group], resources: [resource], resourceNames: [decodeURIComponent(object)], verbs: ['get', 'patch'] };
  return [
    { group: '', version: 'v1', plural: 'serviceaccounts', namespace, body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: local } },
    {
      ...rbac,
      plural: isNode ? 'clusterroles' : 'roles',
      body: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: role, metadata: isNode ? metadata : local, rules: [rights] },
    },
    {
      ...rbac,
      plural: isNode ? 'clusterrolebindings' : 'rolebindings',
      body: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: `${role}Binding`,
        metadata: isNode ? metadata : local,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role, name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    },
    { group: 'batch', version: 'v1', plural: 'jobs', namespace, body: jobOf(options, local) },
  ];
}

function jobOf({ image, run, target, path, field, notOn }: HealerOptions, metadata: KubeObject['metadata']): object {
  const env = {
    FAULTLINE_PATH: path,
    FAULTLINE_UID: target.uid,
    FAULTLINE_RUN: run,
    FAULTLINE_FIELD: field,
    FAULTLINE_WITHIN_MS: String(longestFaultMs + spareMs),
    FAULTLINE_READY: readyFile,
  };
  const elsewhere = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: notOn }] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      backoffLimit: 10,
      // Nothing stays where nobody takes it away. No `activeDeadlineSeconds`: that kills a healer, and heals nothing.
      ttlSecondsAfterFinished: 60,
      template: {
        metadata: { labels: { ...managedBy, ...healerLabel } },
        spec: {
          serviceAccountName: metadata.name,
          restartPolicy: 'OnFailure',
          terminationGracePeriodSeconds: 1,
          ...(notOn.length === 0
            ? {}
            : { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [elsewhere] } } } }),
          volumes: [{ name: 'ready', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }],
          // As the strictest Pod Security level wants it.
          securityContext: { runAsNonRoot: true, runAsUser: 65_534, runAsGroup: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'healer',
              image,
              command: ['node', '-e', healerProgram],
              env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
              // Once it has rehearsed its patch: that a container runs is no proof that it reaches the API.
              startupProbe: { exec: { command: ['node', '-e', isReady] }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 300 },
              volumeMounts: [{ name: 'ready', mountPath: readyFolder }],
              resources: { requests: { cpu: '10m', memory: '48Mi' }, limits: { memory: '128Mi' } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  };
}

async function runs(
  connection: ClusterConnection,
  job: string,
  namespace: string,
  timing: InjectorTiming,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(startLimitMs);
  const ends = AbortSignal.any([signal, limit]);
  let last = t('it has no pod');
  try {
    for (;;) {
      const pods = await listAll<Pod>(connection, pathOf(kinds.pods, { namespace }), ends, { labelSelector: `job-name=${job}` });
      for (const { status } of pods) {
        const container = status?.containerStatuses?.[0];
        if (container?.started === true) return;
        if (container?.state?.running !== undefined) last = t('it runs, and does not reach the API or may not change the object');
        else last = container?.state?.waiting?.reason ?? status?.phase ?? last;
      }
      await timing.pause(AGAIN_MS, ends);
    }
  } catch (error) {
    if (!limit.aborted || signal.aborted) throw error;
    throw new FaultlineError(
      'timedOut',
      {
        what: t('The healer {0}/{1} is not ready: {2}', namespace, job, last),
        meaning: t('Without it nobody would end the fault if this program did.'),
        remedy: t('See whether the cluster can pull its image and has room, and whether a network policy keeps it from the API.'),
      },
      error,
    );
  }
}

async function removeAll(
  connection: ClusterConnection,
  objects: readonly Made[],
  name: string,
  timing: InjectorTiming,
  signal: AbortSignal,
): Promise<void> {
  // The Job first: without its rights it would only fail.
  for (const { body: _body, ...at } of objects.toReversed()) {
    const path = `${collectionOf(at)}/${name}`;
    const removed = (ends: AbortSignal): Promise<string> => removeObject(connection, path, ends).then(() => path);
    const { proven, text } = await seen(removed, t('{0} was not removed.', path), timing, signal);
    if (!proven) throw new FaultlineError('timedOut', { what: text });
  }
}

export async function removeObject(connection: ClusterConnection, path: string, signal: AbortSignal): Promise<void> {
  try {
    await connection.request({
      method: 'DELETE',
      path,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
      signal,
    });
  } catch (error) {
    if (!FaultlineError.is(error, 'notFound') && statusOf(error) !== 409) throw error;
  }
}

function collectionOf({ namespace, ...kind }: Omit<Made, 'body'>): string {
  return pathOf(kind, namespace === undefined ? {} : { namespace });
}

/** Of this run, fault and target: a name that any kind of object may have. */
function nameOf({ run, index, target }: HealerOptions): string {
  return `faultline-healer-${createHash('sha256').update(`${run} ${index} ${target.uid}`).digest('hex').slice(0, 12)}`;
}
