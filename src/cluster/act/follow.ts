/** The pods of a selection, kept true by a watch. */
import type { Disposable } from '../../base/disposables.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { ContainerStatus, Pod } from '../objects.ts';
import { kinds } from '../watch/kinds.ts';
import { trimPod } from '../watch/trim.ts';
import { watchKind } from '../watch/watch.ts';
import type { Watched, WatchState } from '../watch/watch.ts';
import { Emitter, unlessAborted } from './signal.ts';
import type { Listenable } from './signal.ts';
import type { PodSelection } from './target.ts';

export interface FollowedPods extends Disposable {
  readonly pods: () => readonly Pod[];
  readonly state: () => WatchState;
  /** After each change of pods or state. */
  readonly changed: Listenable;
}

/** Once the list is known. Fails: `forbidden`, `notFound`, what kept the first list from coming, `cancelled`. */
export async function followPods(
  connection: ClusterConnection,
  namespace: string,
  { labelSelector, fieldSelector }: Pick<PodSelection, 'labelSelector' | 'fieldSelector'>,
  signal: AbortSignal,
): Promise<FollowedPods> {
  const watched: Watched<Pod> = watchKind(connection, kinds.pods, {
    namespaces: [namespace],
    trim: withDebugContainers,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  const changed = new Emitter();
  const listening = watched.changed.listen(() => changed.fire());
  const dispose = (): void => {
    listening.dispose();
    watched.dispose();
  };
  try {
    await unlessAborted(synced(watched), signal);
  } catch (error) {
    dispose();
    throw error;
  }
  return { pods: () => [...watched.objects().values()], state: () => watched.state, changed, dispose };
}

/** A tree shows no debug containers, and drops them. */
function withDebugContainers(pod: Pod & Debugged): Pod {
  const trimmed = trimPod(pod);
  const ephemeralContainerStatuses = pod.status?.ephemeralContainerStatuses;
  return ephemeralContainerStatuses === undefined
    ? trimmed
    : { ...trimmed, status: { ...trimmed.status, ...{ ephemeralContainerStatuses } } };
}

interface Debugged {
  readonly status?: { readonly ephemeralContainerStatuses?: readonly ContainerStatus[] };
}

function synced(watched: Watched<Pod>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    const { kind, error } = watched.state;
    if (kind === 'live') resolve();
    else if (error !== undefined) reject(error);
  };
  const listening = watched.changed.listen(look);
  look();
  return promise.finally(() => listening.dispose());
}
