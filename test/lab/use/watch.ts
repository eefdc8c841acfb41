/**
 * What a collection of objects holds, told anew after every event. A state is only told once the whole list is known: the informer of
 * the client tells object by object while its first list comes in, and "all pods are ready" would be true of the first of three.
 */
import { Watch } from '@kubernetes/client-node';
import type { KubernetesObject } from '@kubernetes/client-node';
import { ObjectSerializer } from '@kubernetes/client-node/dist/serializer.js';
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from './api.ts';
import { statusOf } from './api.ts';
import type { Kind, Kinds } from './kinds.ts';
import { apiVersionOf, isNamespaced, pathOf } from './kinds.ts';

export interface Selection<K extends Kind> {
  readonly kind: K;
  readonly name?: string;
  readonly labelSelector?: string;
  /** undefined: the test's own. */
  readonly namespace?: string;
}

/** Before a connection that was refused is tried again; not a wait for anything in the cluster. */
const RECONNECT_MS = 250;
const UNRECOVERABLE = new Set([400, 401, 403, 404, 405, 422]);

/** Never ends by itself: until the consumer leaves the loop, or `signal` aborts (then it throws the signal's reason). */
export async function* states<K extends Kind>(
  api: Api,
  selection: Selection<K>,
  namespace: string,
  signal: AbortSignal,
): AsyncGenerator<readonly Kinds[K][]> {
  const objects = new Map<string, Kinds[K]>();
  let version: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      if (version === undefined) {
        version = await list(api, selection, namespace, objects);
        yield [...objects.values()];
      }
      for await (const event of events(api, selection, namespace, version, signal)) {
        const { metadata } = event.object;
        if (event.type === 'ERROR') {
          // Mostly 410: the version that we stand at is no longer kept.
          version = undefined;
          break;
        }
        version = metadata?.resourceVersion ?? version;
        if (event.type === 'BOOKMARK') continue;
        const key = `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
        if (event.type === 'DELETED') objects.delete(key);
        else objects.set(key, decode(selection.kind, event.object));
        yield [...objects.values()];
      }
    } catch (error) {
      signal.throwIfAborted();
      const status = statusOf(error);
      if (status !== undefined && UNRECOVERABLE.has(status)) throw error;
      if (status === 410) version = undefined;
      await pause(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function list<K extends Kind>(
  api: Api,
  selection: Selection<K>,
  namespace: string,
  into: Map<string, Kinds[K]>,
): Promise<string | undefined> {
  const { kind, labelSelector } = selection;
  const found = await api.objects.list<Kinds[K] & KubernetesObject>(
    apiVersionOf(kind),
    kind,
    isNamespaced(kind) ? namespace : undefined,
    undefined,
    undefined,
    undefined,
    fieldSelectorOf(selection),
    labelSelector,
  );
  into.clear();
  for (const object of found.items) into.set(`${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`, object);
  return found.metadata?.resourceVersion;
}

interface WatchEvent {
  readonly type: string;
  readonly object: KubernetesObject;
}

/** Ends when the server ends the watch; throws when it can't be made or breaks. */
async function* events<K extends Kind>(
  api: Api,
  selection: Selection<K>,
  namespace: string,
  resourceVersion: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const queue: WatchEvent[] = [];
  let ended: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  const query = {
    resourceVersion,
    allowWatchBookmarks: true,
    fieldSelector: fieldSelectorOf(selection),
    labelSelector: selection.labelSelector,
  };
  const onAbort = (): void => {
    ended = { error: signal.reason };
    wake();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const controller = await new Watch(api.config).watch(
    pathOf(selection.kind, namespace),
    query,
    (type: string, object: KubernetesObject) => {
      queue.push({ type, object });
      wake();
    },
    (error: unknown) => {
      ended ??= { error };
      wake();
    },
  );
  try {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (ended === undefined)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      else if (ended.error === null || ended.error === undefined || isIdle(ended.error)) return;
      else throw ended.error instanceof Error ? ended.error : new Error(String(ended.error));
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    controller.abort();
  }
}

/** The client ends a watch that told nothing for half a minute; it goes on where it stood. */
function isIdle(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function fieldSelectorOf({ name }: Selection<Kind>): string | undefined {
  return name === undefined ? undefined : `metadata.name=${name}`;
}

/** Events come as plain JSON; what lists give has dates as Date, and so has this. */
function decode<K extends Kind>(kind: K, object: KubernetesObject): Kinds[K] {
  return ObjectSerializer.deserialize({ apiVersion: apiVersionOf(kind), kind, ...object }, 'KubernetesObject') as Kinds[K];
}
