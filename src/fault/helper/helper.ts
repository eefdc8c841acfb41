/**
 * A helper in a target's pod: one small program that holds a fault there, and that the kernel ends. For faults of network and processes
 * it comes in an ephemeral container of its own, with one capability; for stress into the target's own container, whose limits are meant.
 * Nothing that it is asked for has an effect before `go`.
 */
import type { Clock } from '../../base/clock.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { Consent } from '../../cluster/act/protection.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { Node } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { HelperProgram } from './binary.ts';
import { helperClient, type HelperClient } from './client.ts';
import {
  addContainer,
  helperContainer,
  targetPod,
  untilRunning,
  type HelperCapability,
  type HelperTarget,
  type TargetPod,
} from './container.ts';
import type { Exempt, HelperFaultKind } from './protocol.ts';
import { startHelper } from './start.ts';

export type { HelperTarget } from './container.ts';

export interface Helper extends HelperClient {
  /** Of the ephemeral container, `fl-<run>-<n>`; of one in the target's own container that container's. */
  readonly name: string;
  /** Of the target's container when it was opened, without the runtime's name: for `freeze` and `containerCrash`. */
  readonly containerId: string | undefined;
  /** What faults of the network leave alone: the node's addresses as far as they are known, and DNS. */
  readonly exempt: Exempt;
}

export interface HelperOptions {
  /** Of the change `fault`. */
  readonly consent: Consent;
  readonly run: string;
  /** Decides where it runs and what it may do. */
  readonly kind: HelperFaultKind;
  /** Any that the cluster can pull, with a shell. */
  readonly image: string;
  readonly program: HelperProgram;
  /** Wall clock, milliseconds since the epoch: the latest moment at which anything of it may still be there. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Ends it at once: what it holds is healed. */
  readonly signal: AbortSignal;
}

/** undefined: it runs in the target's own container, with that one's rights. */
export function capabilityFor(kind: HelperFaultKind): HelperCapability | undefined {
  switch (kind) {
    case 'networkCut':
    case 'packetLoss':
    case 'latency':
    case 'slowClose':
      return 'NET_ADMIN';
    case 'freeze':
    case 'containerCrash':
      return 'SYS_PTRACE';
    case 'cpuStress':
    case 'memoryStress':
      return undefined;
  }
}

/** Lets the API play through what `openHelper` will ask for. Fails as it does; nothing is changed. */
export async function rehearseHelper(
  connection: ClusterConnection,
  target: HelperTarget,
  options: Pick<HelperOptions, 'run' | 'kind' | 'image' | 'deadlineMs' | 'signal'>,
): Promise<void> {
  const pod = await targetPod(connection, target, options.signal);
  const capability = capabilityFor(options.kind);
  if (capability === undefined) return;
  await addContainer(connection, target, helperContainer(pod, target, { ...options, capability }), { ...options, dryRun: true });
}

/**
 * Resolves when the program runs in the pod and has answered. Fails: `forbidden` (which right or which level of Pod Security refused it,
 * and what else is possible), `refusedByProtection` (consent; another pod by now; a webhook that changed it), `unsupported`, `notFound`,
 * `timedOut`, `unreachable`, `cancelled`. What was added to the pod then ends by itself within a minute, and was never armed.
 */
export async function openHelper(connection: ClusterConnection, target: HelperTarget, options: HelperOptions): Promise<Helper> {
  const { consent, kind, signal, run } = options;
  Consent.check(consent, connection, 'fault');
  const pod = await targetPod(connection, target, signal);
  const capability = capabilityFor(kind);
  let name = target.container;
  if (capability !== undefined) {
    const container = helperContainer(pod, target, { ...options, capability });
    ({ name } = container);
    await addContainer(connection, target, container, { dryRun: true, signal });
    await addContainer(connection, target, container, { dryRun: false, signal });
    await untilRunning(connection, target, container, signal);
  }
  const exempt = { addresses: await nodeAddresses(connection, pod, signal), kubelet: true, dns: true };
  const what = t('The helper in pod {0}', target.pod);
  const place = { namespace: target.namespace, pod: target.pod, container: name };
  const pipe = await startHelper(connection, place, { isOwn: capability !== undefined, program: options.program, what, signal });
  const tag = capability === undefined ? `${run}_stress` : name.replace(/^fl-/, '');
  const client = await helperClient(pipe, {
    clock: options.clock,
    what,
    name: tag
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .slice(0, 60),
    signal,
  });
  const missing = capability !== undefined && !client.hello.capabilities.includes(capability);
  if (missing) {
    await client.close();
    throw new FaultlineError('unsupported', {
      what: t('{0} runs without the capability {1}', what, capability),
      meaning: t('It was asked for and granted by the API, and the container runtime did not give it.'),
    });
  }
  return { ...client, name, containerId: containerIdOf(pod, target.container), exempt };
}

function containerIdOf({ status }: TargetPod, container: string): string | undefined {
  return status?.containerStatuses?.find(({ name }) => name === container)?.containerID?.replace(/^.*:\/\//, '');
}

/** Where networks note the address from which a node reaches its own pods: there the kubelet's probes come from. */
const ADDRESS_NOTES = [
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv6VXLANTunnelAddr',
  'network.cilium.io/ipv4-cilium-host',
  'network.cilium.io/ipv6-cilium-host',
  'io.cilium.network.ipv4-cilium-host',
  'io.cilium.network.ipv6-cilium-host',
];

/** As far as one may ask. The gateway, which mostly is the node, the helper sees by itself. */
async function nodeAddresses(connection: ClusterConnection, { spec, status }: TargetPod, signal: AbortSignal): Promise<readonly string[]> {
  const found = new Set((status?.hostIPs ?? []).flatMap(({ ip }) => ip ?? []));
  if (status?.hostIP !== undefined) found.add(status.hostIP);
  const name = spec?.nodeName;
  if (name === undefined) return [...found];
  try {
    const { metadata } = await connection.request<Node>({ path: pathOf(kinds.nodes, { name }), signal });
    for (const note of ADDRESS_NOTES) {
      const address = metadata.annotations?.[note]?.split('/')[0];
      if (address !== undefined && address !== '') found.add(address);
    }
  } catch (error) {
    // Many may not look at nodes; the addresses of the pod's own status are then all there is.
    if (!FaultlineError.is(error, 'forbidden') && !FaultlineError.is(error, 'notFound')) throw error;
  }
  return [...found];
}
