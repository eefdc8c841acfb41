/** Waiting for a state of the cluster: by its events, with a bound, and with an error that shows what was there instead. */
import type { V1Pod } from '@kubernetes/client-node';
import { hasCondition } from './api.ts';
import type { Api } from './api.ts';
import { eventLines, logsOf, podLine, yamlOf } from './describe.ts';
import type { Kind, Kinds } from './kinds.ts';
import { states } from './watch.ts';
import type { Selection } from './watch.ts';

export interface Bounds {
  /** A minute where nothing is said. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const WAIT_LIMIT_MS = 60_000;
const SHOWN_EVENTS = 25;
const SHOWN_LOG_LINES = 20;
const SHOWN_PODS = 6;
const SHOWN_STATE_LINES = 150;
/** For the text of an error: the cluster may be what does not answer. */
const DESCRIBE_LIMIT_MS = 10_000;

/** Where a wait happens: the cluster, the test's namespace, and the test's life. */
export interface Scope {
  readonly api: Api;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/**
 * Waits until `isSo` holds for all objects of the selection together (none of them is a state too) and gives them.
 * Throws with `what` and the last state seen when the time is over.
 */
export async function waitForAll<K extends Kind>(
  scope: Scope,
  what: string,
  selection: Selection<K>,
  isSo: (objects: readonly Kinds[K][]) => boolean,
  bounds: Bounds = {},
): Promise<readonly Kinds[K][]> {
  const { timeoutMs = WAIT_LIMIT_MS } = bounds;
  const namespace = selection.namespace ?? scope.namespace;
  const timeout = AbortSignal.timeout(timeoutMs);
  const ends = bounds.signal === undefined ? [scope.signal, timeout] : [scope.signal, timeout, bounds.signal];
  let last: readonly Kinds[K][] | undefined;
  try {
    for await (const objects of states(scope.api, selection, namespace, AbortSignal.any(ends))) {
      last = objects;
      if (isSo(objects)) return objects;
    }
  } catch (error) {
    if (!timeout.aborted) throw error;
  }
  const seen = await lastSeen(scope.api, namespace, selection, last);
  throw new Error(`${what}: not within ${timeoutMs / 1000} s.\n${seen}`);
}

/** As `waitForAll`, for one object that need not be there yet. */
export async function waitFor<K extends Kind>(
  scope: Scope,
  what: string,
  one: Selection<K> & { readonly name: string },
  isSo: (object: Kinds[K]) => boolean,
  bounds: Bounds = {},
): Promise<Kinds[K]> {
  const [object] = await waitForAll(scope, what, one, ([first]) => first !== undefined && isSo(first), bounds);
  if (object === undefined) throw new Error(`${what}: gone again.`);
  return object;
}

async function lastSeen<K extends Kind>(
  api: Api,
  namespace: string,
  selection: Selection<K>,
  objects: readonly Kinds[K][] | undefined,
): Promise<string> {
  const { kind, name, labelSelector } = selection;
  const about = `${kind} ${name ?? labelSelector ?? '(all)'} in ${namespace}`;
  const state =
    objects === undefined
      ? ['The API did not answer.']
      : objects.length === 0
        ? ['There was none.']
        : limited(objects.map(yamlOf).join('---\n').split('\n'), SHOWN_STATE_LINES);
  return [`Last seen of ${about}:`, ...state, ...(await surroundings(api, namespace, selection))].join('\n');
}

async function surroundings(api: Api, namespace: string, { kind, name }: Selection<Kind>): Promise<string[]> {
  const signal = AbortSignal.timeout(DESCRIBE_LIMIT_MS);
  try {
    const events = await eventLines(api, namespace);
    const { items } = await api.core.listNamespacedPod({ namespace });
    const concerned = items.filter((pod) => (kind === 'Pod' && name !== undefined ? pod.metadata?.name === name : !isReady(pod)));
    const logs = await Promise.all(concerned.slice(0, SHOWN_PODS).map((pod) => logsOf(api, pod, signal, SHOWN_LOG_LINES)));
    return [
      'Pods:',
      ...items.map((pod) => `  ${podLine(pod)}`),
      'Events:',
      ...events.slice(-SHOWN_EVENTS).map((line) => `  ${line}`),
      ...logs.flatMap((containers, at) =>
        containers.flatMap(({ container, previous, text }) => [
          `Log of ${concerned[at]?.metadata?.name ?? ''} ${container}${previous ? ' (previous)' : ''}:`,
          ...text.split('\n').map((line) => `  ${line}`),
        ]),
      ),
    ];
  } catch (error) {
    return [`(Pods, events and logs could not be read: ${error instanceof Error ? error.message : String(error)})`];
  }
}

function limited(lines: readonly string[], most: number): readonly string[] {
  return lines.length <= most ? lines : [...lines.slice(0, most), `… ${lines.length - most} lines more`];
}

/** Ready, and not about to go. */
export function isReady({ metadata, status }: V1Pod): boolean {
  return metadata?.deletionTimestamp === undefined && hasCondition(status?.conditions, 'Ready');
}
