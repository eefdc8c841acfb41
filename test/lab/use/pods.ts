/** Pods by their selector, and a container more in one that runs. */
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { V1Pod } from '@kubernetes/client-node';
import type { Bounds, Scope } from './wait.ts';
import { isReady, waitFor, waitForAll } from './wait.ts';

export interface EphemeralOptions extends Bounds {
  readonly image: string;
  readonly command: readonly string[];
  /** Container whose processes it sees. */
  readonly target?: string;
  /** "NET_ADMIN" */
  readonly capabilities?: readonly string[];
  readonly name?: string;
}

/** Waits until so many pods of the selector are ready, and no other is left over from before. */
export async function readyPods(scope: Scope, labelSelector: string, count: number, bounds: Bounds = {}): Promise<readonly V1Pod[]> {
  const what = `${count} pods of ${labelSelector} are ready`;
  return waitForAll(scope, what, { kind: 'Pod', labelSelector }, (pods) => pods.length === count && pods.every(isReady), bounds);
}

/** Waits until a pod of the selector is ready on this node. */
export async function podOnNode(scope: Scope, labelSelector: string, node: string, bounds: Bounds = {}): Promise<V1Pod> {
  const there = (pod: V1Pod): boolean => pod.spec?.nodeName === node && isReady(pod);
  const what = `A pod of ${labelSelector} is ready on ${node}`;
  const pods = await waitForAll(scope, what, { kind: 'Pod', labelSelector }, (all) => all.some(there), bounds);
  const pod = pods.find(there);
  if (pod === undefined) throw new Error(`${what}: gone again.`);
  return pod;
}

/** Adds a container to a running pod and waits until it runs or has ended; gives its name. */
export async function ephemeral(scope: Scope, pod: string, options: EphemeralOptions): Promise<string> {
  const { image, command, target, capabilities, timeoutMs, signal } = options;
  const { namespace, api } = scope;
  const { spec } = await api.core.readNamespacedPod({ name: pod, namespace });
  const name = options.name ?? `added-${(spec?.ephemeralContainers ?? []).length + 1}`;
  const container = {
    name,
    image,
    command,
    imagePullPolicy: 'IfNotPresent',
    ...(target === undefined ? {} : { targetContainerName: target }),
    ...(capabilities === undefined ? {} : { securityContext: { capabilities: { add: capabilities } } }),
  };
  await api.core.patchNamespacedPodEphemeralcontainers(
    { name: pod, namespace, body: { spec: { ephemeralContainers: [container] } } },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
  const started = ({ status }: V1Pod): boolean => {
    const state = status?.ephemeralContainerStatuses?.find((one) => one.name === name)?.state;
    return state?.running !== undefined || state?.terminated !== undefined;
  };
  await waitFor(scope, `Container ${name} runs in ${pod}`, { kind: 'Pod', name: pod }, started, {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  });
  return name;
}
