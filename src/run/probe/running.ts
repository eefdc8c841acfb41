/** Waiting for the pods of vantages to run, and why one does not. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { pause } from '../../cluster/act/signal.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { listAll } from '../../fault/list.ts';
import { vantageRequests } from './objects.ts';

export interface RunningPod {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ip: string;
}

export interface Wanted {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly selector: string;
  readonly image: string;
  /** Nodes on which none may be. */
  readonly notOn: readonly string[];
}

const startLimitMs = 120_000;
/** A scheduler that makes room, or a new node, may come meanwhile. */
const unschedulableMs = 15_000;
/** The kubelet tries an image again and again: twice is enough. */
const hopeless: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
const ofImage: ReadonlySet<string> = new Set(['ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ErrImagePull']);
const againMs = 300;

/** Of the programs' start, and of what they need of their engines before they do their work. */
const beginLimitMs = 60_000;
const logLimitMs = 5000;

export interface Beginning {
  readonly connection: ClusterConnection;
  readonly namespace: string;
  readonly pods: readonly RunningPod[];
  /** What has not happened within so many seconds. */
  readonly late: (seconds: number) => string;
  readonly withinMs?: number;
}

/** Begins what runs. Fails as `work`; `timedOut`, with what their pods said last, when that takes longer. */
export async function begunInTime(
  { connection, namespace, pods, late, withinMs = beginLimitMs }: Beginning,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.timeout(withinMs);
  try {
    await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    // They are removed after this: nobody could read it later.
    const said = await Promise.all(pods.map(({ name }) => lastWordsOf(connection, namespace, name, signal)));
    throw new FaultlineError(
      'timedOut',
      {
        what: late(withinMs / 1000),
        meaning: said.join('; '),
        remedy: t('See that the engine answers, and that pods of namespace {0} may reach it; then run it again.', namespace),
      },
      error,
    );
  }
}

async function lastWordsOf(connection: ClusterConnection, namespace: string, name: string, signal: AbortSignal): Promise<string> {
  try {
    const text = await connection.request<unknown>({
      path: `${pathOf(kinds.pods, { namespace, name })}/log`,
      query: { tailLines: 3 },
      accept: '*/*',
      signal: AbortSignal.any([signal, AbortSignal.timeout(logLimitMs)]),
    });
    const words = typeof text === 'string' ? text.trim().replace(/\s*\n\s*/g, ' / ') : '';
    return words === '' ? t('pod {0} said nothing', name) : t('pod {0} said last: {1}', name, words);
  } catch (error) {
    return t('what pod {0} said could not be read: {1}', name, normalise(error).facts.what);
  }
}

/** In the order of `names`. Fails: `unsupported` (no node, no room, no image), `timedOut`, and as every request. */
export async function untilAllRun(connection: ClusterConnection, wanted: Wanted, signal: AbortSignal): Promise<readonly RunningPod[]> {
  const begun = performance.now();
  for (;;) {
    const { namespace, names, selector } = wanted;
    const pods = await listAll<Pod>(connection, pathOf(kinds.pods, { namespace }), signal, { labelSelector: selector });
    const found = names.map((name) => pods.find(({ metadata }) => metadata.name === name));
    const runs = found.map((pod) => (pod === undefined ? undefined : runningOf(pod)));
    if (runs.every((run) => run !== undefined)) return runs;
    const waitedMs = performance.now() - begun;
    for (const [index, pod] of found.entries()) refuseHopeless(pod, names[index] ?? '', wanted, waitedMs);
    if (waitedMs > startLimitMs)
      throw tooLong(
        found.find((pod, index) => pod !== undefined && runs[index] === undefined),
        names,
      );
    await pause(againMs, signal);
  }
}

function runningOf({ metadata: { name, uid = '' }, spec, status }: Pod): RunningPod | undefined {
  const isRunning = status?.containerStatuses?.[0]?.state?.running !== undefined;
  const { nodeName } = spec ?? {};
  const { podIP } = status ?? {};
  return isRunning && nodeName !== undefined && podIP !== undefined ? { name, uid, node: nodeName, ip: podIP } : undefined;
}

/** Why a pod that has run does so no more; undefined: it does, as far as is known. */
export function endOf({ metadata, status }: Pod): string | undefined {
  const { phase, reason, message } = status ?? {};
  const ended = status?.containerStatuses?.[0]?.state?.terminated;
  if (phase !== 'Failed' && phase !== 'Succeeded' && ended === undefined && metadata.deletionTimestamp === undefined) return undefined;
  const why = [reason ?? ended?.reason, message ?? ended?.message].filter((part) => part !== undefined && part !== '').join(': ');
  return why === '' ? (metadata.deletionTimestamp === undefined ? t('it ended') : t('it was deleted')) : why;
}

/** Fails where waiting on would change nothing: `unsupported`. */
export function refuseHopeless(
  pod: Pod | undefined,
  name: string,
  { image, notOn }: Pick<Wanted, 'image' | 'notOn'>,
  waitedMs: number,
): void {
  const state = pod?.status?.containerStatuses?.[0]?.state;
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (hopeless.has(reason)) {
    const isImage = ofImage.has(reason);
    throw new FaultlineError('unsupported', {
      what: isImage ? t('The image {0} of the probes can’t be pulled', image) : t('The probe {0} can’t be started', name),
      meaning: message === '' ? reason : `${reason}: ${message}`,
      ...(isImage ? { remedy: t('Name one with Node that this cluster can pull, in the settings or in the spec.') } : {}),
      code: reason,
    });
  }
  const end = pod === undefined ? undefined : endOf(pod);
  if (end !== undefined)
    throw new FaultlineError('unsupported', {
      what: t('The probe {0} ended before it began', name),
      meaning: end,
      remedy: t('The image {0} has to have Node 22 or newer as “node”.', image),
    });
  const scheduled = pod?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || waitedMs < unschedulableMs) return;
  throw noRoom(name, scheduled.message ?? '', notOn);
}

/** "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector." */
function noRoom(name: string, message: string, notOn: readonly string[]): FaultlineError {
  const short = [...new Set([...message.matchAll(/Insufficient ([\w./-]*\w)/g)].map(([, resource]) => resource ?? ''))];
  if (short.length > 0)
    return new FaultlineError('unsupported', {
      what: t('No node has room for the probe {0}: {1} is short', name, short.join(', ')),
      meaning: message,
      remedy: t(
        'It asks for {0} of cpu and {1} of memory: free that on a node that is not hit.',
        vantageRequests.cpu,
        vantageRequests.memory,
      ),
      code: 'NO_ROOM',
    });
  return new FaultlineError('unsupported', {
    what: t('There is no node for the probe {0}', name),
    meaning: notOn.length === 0 ? message : t('It must not be on what is hit ({0}). {1}', notOn.join(', '), message),
    remedy: t('Hit fewer nodes, or let pods of this namespace run on another one.'),
    code: 'NO_NODE',
  });
}

function tooLong(pod: Pod | undefined, names: readonly string[]): FaultlineError {
  const { reason, message } = pod?.status?.containerStatuses?.[0]?.state?.waiting ?? {};
  const last = [reason, message].filter((part) => part !== undefined && part !== '').join(': ');
  return new FaultlineError('timedOut', {
    what: t('The probe {0} did not start within {1} s', pod?.metadata.name ?? names[0] ?? '', startLimitMs / 1000),
    meaning: last === '' ? t('Its node has not said anything of it.') : last,
    remedy: t('See its events: kubectl describe pod -n {0} {1}', pod?.metadata.namespace ?? '', pod?.metadata.name ?? ''),
  });
}
