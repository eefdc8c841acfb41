/** Faults that a helper holds in the target's pod: of its network, its processes, and its own processors and memory. */
import { isIP } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import { longestFaultMs } from '../catalogue.ts';
import type { HelperProgram } from '../helper/binary.ts';
import { targetPod, type HelperTarget } from '../helper/container.ts';
import { openHelper, rehearseHelper } from '../helper/helper.ts';
import type { Exempt, HelperFault, HelperFaultKind } from '../helper/protocol.ts';
import type { FaultOf, Injection, Injector, PreparedFault } from '../injector.ts';
import { heldFault } from './held.ts';
import { rehearsed } from './wait.ts';

export interface HelperInjectorOptions {
  /** Any that the cluster can pull, with a shell. */
  readonly image: string;
  readonly program: HelperProgram;
  readonly clock: Clock;
}

type HelperPlanned = FaultOf<HelperFaultKind>;

const KINDS: readonly HelperFaultKind[] = [
  'networkCut',
  'packetLoss',
  'latency',
  'slowClose',
  'freeze',
  'containerCrash',
  'cpuStress',
  'memoryStress',
];

export function helperInjectors(options: HelperInjectorOptions): readonly Injector[] {
  return KINDS.map((kind) => helperInjector(kind, options));
}

function helperInjector(kind: HelperFaultKind, options: HelperInjectorOptions): Injector {
  return {
    kind,
    rehearse: ({ connection, target, run, timing }, signal) =>
      rehearsed(async () => {
        try {
          const deadlineMs = timing.nowMs() + longestFaultMs;
          await rehearseHelper(connection, await helperTarget(connection, target, signal), { ...options, run, kind, deadlineMs, signal });
        } catch (error) {
          if (!FaultlineError.is(error) || error.facts.code !== 'ALTERED') throw error;
          return { kind: 'altered', text: [error.facts.what, error.facts.meaning].join('. ') };
        }
        return undefined;
      }),
    prepare: (injection, signal) => prepared(injection as Injection<HelperPlanned>, options, signal),
  };
}

/** What is in the proxy when the fault is over goes on for so long at most, and as long as the run looks. */
const LINGER_MS = 10 * 60_000;

async function prepared(injection: Injection<HelperPlanned>, options: HelperInjectorOptions, signal: AbortSignal): Promise<PreparedFault> {
  const { connection, fault, target, run, timing } = injection;
  const place = await helperTarget(connection, target, signal);
  // The helper outlives the step that opens it.
  const life = new AbortController();
  const abort = (): void => life.abort();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    const helper = await openHelper(connection, place, {
      ...options,
      consent: injection.consent('fault'),
      run,
      kind: fault.kind,
      deadlineMs: timing.nowMs() + longestFaultMs,
      signal: life.signal,
    });
    try {
      const peers = fault.kind === 'networkCut' ? fault.peers : undefined;
      const addresses = async (ends: AbortSignal): Promise<readonly string[] | undefined> =>
        peers === undefined || peers.length === 0 ? undefined : peerAddresses(injection, peers, ends);
      const arm = async (ends: AbortSignal): Promise<void> => void (await helper.arm(helperFault(fault, helper, await addresses(ends))));
      await arm(signal);
      return heldFault({ injection, place, helper, clock: options.clock, addresses, arm });
    } catch (error) {
      await helper.close();
      throw error;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function helperTarget(
  connection: Injection['connection'],
  { kind, namespace, name, uid, container }: FaultTarget,
  signal: AbortSignal,
): Promise<HelperTarget> {
  if (kind !== 'pod' || namespace === undefined)
    throw new FaultlineError('unsupported', { what: t('{0} is no pod: a helper runs in pods', name) });
  if (container !== undefined) return { namespace, pod: name, uid, container };
  const place = { namespace, pod: name, uid, container: '' };
  const { metadata, spec } = await targetPod(connection, place, signal);
  const first = metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? spec?.containers?.[0]?.name;
  return { ...place, container: first ?? '' };
}

/** As the helper is told it. `peers`: addresses. */
export function helperFault(
  fault: HelperPlanned,
  { exempt, containerId }: { readonly exempt: Exempt; readonly containerId: string | undefined },
  peers: readonly string[] | undefined,
): HelperFault {
  const byProxy = { exempt, lingerMs: LINGER_MS };
  const container = containerId === undefined ? {} : { containerId };
  switch (fault.kind) {
    case 'networkCut':
      return { kind: 'networkCut', direction: fault.direction, exempt, ...(peers === undefined ? {} : { peers }) };
    case 'packetLoss':
      return { kind: 'packetLoss', percent: fault.percent, direction: 'in', exempt };
    case 'latency': {
      const { latencyMs, jitterMs, existing, port } = fault;
      return { kind: 'latency', latencyMs, jitterMs, existing, ...(port === undefined ? {} : { port }), ...byProxy };
    }
    case 'slowClose':
      return { kind: 'slowClose', delayMs: fault.delayMs, port: fault.port, existing: fault.existing, ...byProxy };
    case 'freeze':
    case 'containerCrash':
      return { kind: fault.kind, ...container };
    case 'cpuStress':
      return { kind: 'cpuStress', cores: fault.cores };
    case 'memoryStress':
      return { kind: 'memoryStress', bytes: fault.bytes };
  }
}

/** Of pods by name (`name` in the target's namespace, or `namespace/name`) as they are now; an address stays what it is. */
async function peerAddresses({ connection, target }: Injection, peers: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for (const peer of peers) {
    if (isIP(peer) !== 0) {
      found.push(peer);
      continue;
    }
    const [name = '', namespace = target.namespace ?? ''] = peer.split('/').reverse();
    try {
      const { status } = await connection.request<Pod & { status?: { readonly podIPs?: readonly { readonly ip?: string }[] } }>({
        path: pathOf(kinds.pods, { namespace, name }),
        signal,
      });
      const addresses = status?.podIPs?.flatMap(({ ip }) => ip ?? []) ?? [];
      found.push(...(addresses.length > 0 ? addresses : status?.podIP === undefined ? [] : [status.podIP]));
    } catch (error) {
      // It may be on its way: it is looked for again.
      if (normalise(error).reason !== 'notFound') throw error;
    }
  }
  return [...new Set(found)];
}
