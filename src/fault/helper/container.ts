/** The ephemeral container that the helper runs in: asked for, rehearsed, looked at after admission, and waited for. */
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { refuseSystem } from '../../cluster/act/protection.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { missingRight, statusOf } from '../../cluster/connect/failure.ts';
import type { ContainerStatus, Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { PID_FILE } from './start.ts';

/** Of Linux; each helper gets one. */
export type HelperCapability = 'NET_ADMIN' | 'SYS_PTRACE';

/** Held by UID: of another pod with the same name nothing is changed. */
export interface HelperTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  /** Whose processes are meant. */
  readonly container: string;
}

export interface ContainerOptions {
  readonly run: string;
  readonly image: string;
  readonly capability: HelperCapability;
  /** Wall clock: the latest moment at which anything of it may still be there. Stands in its environment. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** What of a pod is read here. */
export type TargetPod = Pod & {
  readonly spec?: {
    readonly hostNetwork?: boolean;
    readonly nodeName?: string;
    readonly ephemeralContainers?: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
  };
  readonly status?: {
    readonly hostIP?: string;
    readonly hostIPs?: readonly { readonly ip?: string }[];
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  };
};

/** They can't be removed from a pod: after so many it has to be a new one. */
const MOST_IN_A_POD = 10;
const START_LIMIT_MS = 60_000;
const AGAIN_MS = 200;

/**
 * Waits a minute for a helper to be started, and then until it has ended; ends at once when it is told to: else it would hold up the pod's
 * end. `start.ts` writes the file that it looks at.
 */
const KEEPER = [
  "trap 'exit 0' TERM INT",
  `f=${PID_FILE}; n=0`,
  'while [ ! -e $f ] && [ $n -lt 60 ]; do sleep 1 & wait $!; n=$((n+1)); done',
  // Without the file the number would be none, and so mean every process here: the shell would wait for itself, for ever.
  'while [ -s $f ] && kill -0 "$(cat $f)" 2>/dev/null; do sleep 1 & wait $!; done',
].join('; ');

export interface HelperContainer {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Fails: `refusedByProtection` (another pod by now, or it is going, or it is of the cluster itself), `unsupported`, `notFound`, and as every request. */
export async function targetPod(connection: ClusterConnection, target: HelperTarget, signal: AbortSignal): Promise<TargetPod> {
  refuseSystem(target.namespace, 'fault');
  const pod = await connection.request<TargetPod>({
    path: pathOf(kinds.pods, { namespace: target.namespace, name: target.pod }),
    signal,
  });
  if (pod.metadata.uid !== target.uid) throw anotherPod(target);
  if (pod.metadata.deletionTimestamp !== undefined)
    throw new FaultlineError('refusedByProtection', { what: t('Pod {0} is being deleted', target.pod) });
  if (pod.spec?.hostNetwork === true)
    throw new FaultlineError('unsupported', {
      what: t('Pod {0} has the network of its node', target.pod),
      meaning: t('A fault of its network would be one of the whole node.'),
      remedy: t('Choose a fault of the pod, or one of the node.'),
    });
  return pod;
}

/** Named `fl-<run>-<n>`. Fails with `unsupported` when the pod has ten of them. */
export function helperContainer(pod: TargetPod, target: HelperTarget, options: ContainerOptions): HelperContainer {
  const names = (pod.spec?.ephemeralContainers ?? []).map(({ name }) => name).filter((name) => name.startsWith('fl-'));
  if (names.length >= MOST_IN_A_POD)
    throw new FaultlineError('unsupported', {
      what: t('Pod {0} has had {1} helpers already', target.pod, names.length),
      meaning: t('They are part of the pod and can’t be removed from it.'),
      remedy: t('Recreate the pod: delete it, and its controller brings a new one.'),
    });
  const prefix = helperPrefix(options.run);
  let number = 1;
  while (names.includes(`${prefix}${number}`)) number++;
  const name = `${prefix}${number}`;
  return {
    name,
    body: {
      name,
      image: options.image,
      imagePullPolicy: 'IfNotPresent',
      // With the target's processes it would end, and a fault of the network is to outlast a container that it brings down.
      ...(options.capability === 'SYS_PTRACE' ? { targetContainerName: target.container } : {}),
      command: ['sh', '-c', KEEPER],
      env: [
        { name: 'FAULTLINE_RUN', value: options.run },
        { name: 'FAULTLINE_DEADLINE', value: new Date(options.deadlineMs).toISOString() },
      ],
      securityContext: {
        // Added capabilities have no effect for another user, and a pod's own `runAsNonRoot` would be inherited.
        runAsUser: 0,
        runAsGroup: 0,
        runAsNonRoot: false,
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: false,
        capabilities: { drop: ['ALL'], add: [options.capability] },
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
  };
}

/** Names of a run's helpers begin with it. A container's name is a DNS label of at most 63 characters. */
export function helperPrefix(run: string): string {
  return `fl-${run
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replaceAll(/^-+|-+$/g, '')}-`;
}

/**
 * Adds it, or lets the API play that through. Fails: `forbidden` (which right, or which level of Pod Security refused it, and what else
 * is possible), `refusedByProtection` (another pod by now; what came back is not what was asked for: a webhook), `unsupported`, and as every
 * request.
 */
export async function addContainer(
  connection: ClusterConnection,
  target: HelperTarget,
  container: HelperContainer,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<void> {
  let pod: TargetPod;
  try {
    pod = await connection.request<TargetPod>({
      method: 'PATCH',
      path: `${pathOf(kinds.pods, { namespace: target.namespace, name: target.pod })}/ephemeralcontainers`,
      query: { fieldManager: 'faultline', ...(dryRun ? { dryRun: 'All' } : {}) },
      contentType: 'application/strategic-merge-patch+json',
      // A uid can't be changed: of another pod the API refuses the patch.
      body: { metadata: { uid: target.uid }, spec: { ephemeralContainers: [container.body] } },
      signal,
    });
  } catch (error) {
    throw refusedPatch(error, target);
  }
  const there = pod.spec?.ephemeralContainers?.find(({ name }) => name === container.name);
  const altered = there === undefined ? ['name'] : differences(container.body, there);
  if (altered.length > 0)
    throw new FaultlineError('refusedByProtection', {
      what: t('Something in the cluster changes the helper for pod {0} on its way', target.pod),
      meaning: t('Other than asked for: {0}. Mostly that is an admission webhook.', altered.join(', ')),
      remedy: t('Exempt containers named fl-… from it, or choose a fault that needs no helper: Delete Pod, Scale, Rolling Restart.'),
      code: 'ALTERED',
    });
}

/** What the API adds by itself. */
const DEFAULTS = new Set(['terminationMessagePath', 'terminationMessagePolicy', 'resources']);

/** Names of fields that came back otherwise. */
export function differences(asked: Readonly<Record<string, unknown>>, got: Readonly<Record<string, unknown>>): readonly string[] {
  const names = new Set([...Object.keys(asked), ...Object.keys(got)]);
  return [...names].filter((name) => {
    if (!(name in asked)) return !(DEFAULTS.has(name) && (name !== 'resources' || isDeepStrictEqual(got[name], {})));
    return !isDeepStrictEqual(asked[name], got[name]);
  });
}

function refusedPatch(error: unknown, target: HelperTarget): unknown {
  if (!FaultlineError.is(error)) return error;
  const instead = t('Without a helper there are: Delete Pod, Rolling Restart, Scale, and stress in the pod’s own container.');
  const text = error.cause instanceof Error ? error.cause.message : error.message;
  // The server's words are the only place where the level stands.
  const level = /violates PodSecurity "([^":]+)/.exec(text)?.[1];
  if (level !== undefined)
    return new FaultlineError(
      'forbidden',
      {
        what: t('Namespace {0} refuses the helper: its Pod Security level is {1}', target.namespace, level),
        meaning: text,
        remedy: t(
          '{0} Or let whoever runs the cluster allow it: kubectl label namespace {1} pod-security.kubernetes.io/enforce=privileged --overwrite',
          instead,
          target.namespace,
        ),
        code: 'POD_SECURITY',
      },
      error,
    );
  const right = missingRight(error);
  const webhook = /admission webhook "([^"]+)" denied/.exec(text)?.[1];
  if (webhook !== undefined)
    return new FaultlineError(
      error.reason,
      { what: t('The webhook {0} refuses the helper', webhook), meaning: text, remedy: instead, code: 'WEBHOOK' },
      error,
    );
  if (right !== undefined)
    return new FaultlineError(
      'forbidden',
      {
        what: t('You may not {0} {1} in namespace {2}', right.verb, right.resource ?? right.path, target.namespace),
        meaning: text,
        remedy: t('{0} Or ask whoever runs the cluster for this right.', instead),
        code: 'PERMISSION',
      },
      error,
    );
  if (statusOf(error) === 409) return anotherPod(target, error);
  return error;
}

function anotherPod(target: HelperTarget, cause?: unknown): FaultlineError {
  return new FaultlineError(
    'refusedByProtection',
    { what: t('Pod {0} is another one by now', target.pod), remedy: t('Look at it again before you break it.') },
    cause,
  );
}

/** Reasons after which an image does not come by itself. */
const HOPELESS = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
]);

/** Fails: `timedOut`, `unsupported` (its image can't be had, or it does not start), `refusedByProtection`, and as every request. */
export async function untilRunning(
  connection: ClusterConnection,
  target: HelperTarget,
  { name, body }: HelperContainer,
  signal: AbortSignal,
  limitMs = START_LIMIT_MS,
): Promise<void> {
  const limit = AbortSignal.timeout(limitMs);
  let last = '';
  for (;;) {
    const pod = await targetPod(connection, target, signal);
    const state = pod.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state;
    if (state?.running !== undefined) return;
    const { reason = '', message = '' } = state?.waiting ?? state?.terminated ?? {};
    last = [reason, message].filter((part) => part !== '').join(': ');
    if (state?.terminated !== undefined || HOPELESS.has(reason))
      throw new FaultlineError('unsupported', {
        what: t('The helper does not start in pod {0}', target.pod),
        meaning: last === '' ? t('It ended at once.') : last,
        remedy: t(
          'The image {0} has to be one that this cluster can pull and that has a shell: choose another in the settings.',
          String(body['image']),
        ),
        code: reason,
      });
    if (limit.aborted)
      throw new FaultlineError('timedOut', {
        what: t('The helper did not start in pod {0} within {1} s', target.pod, limitMs / 1000),
        meaning: last === '' ? t('Its node has not said anything of it.') : last,
      });
    await pause(AGAIN_MS, undefined, { signal }).catch(() => {
      throw cancelled();
    });
  }
}
