/** Follows the logs of pods that come and go. */
import { FaultlineError, normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { ClusterConnection } from '../../connect/connection.ts';
import type { Pod } from '../../objects.ts';
import type { FollowedPods } from '../follow.ts';
import { uidOf } from '../pool.ts';
import { ContainerFollower } from './container.ts';
import { containersOf, notice, statusOf } from './line.ts';
import type { LogLine, LogRequest } from './line.ts';
import { BoundedQueue } from './queue.ts';

/** Each holds a connection: a person can't follow more either. */
const MAX_CONTAINERS = 100;

interface FollowedPod {
  readonly name: string;
  readonly containers: Map<string, ContainerFollower>;
  /** All of its containers have told all. */
  readonly ends: Promise<void>[];
}

/** Disposes `followed` at its end. */
export async function* followAll(
  connection: ClusterConnection,
  request: LogRequest,
  followed: FollowedPods,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void> {
  const queue = new BoundedQueue<LogLine>();
  const known = new Map<string, FollowedPod>();
  let running = 0;
  let isFirst = true;
  let toldTooMany = false;

  const say = (pod: string, text: string): void => void queue.push(notice({ pod, container: '' }, text));
  const begin = (pod: Pod, one: FollowedPod, container: string): void => {
    if (running >= MAX_CONTAINERS) {
      if (!toldTooMany)
        say('', t('Only {0} containers are followed at once: not {1} of {2}, nor what comes', MAX_CONTAINERS, container, one.name));
      toldTooMany = true;
      return;
    }
    running++;
    const { namespace, tailLines } = request;
    const follower = new ContainerFollower(
      {
        connection,
        namespace,
        name: { pod: one.name, container },
        // What came later is shown from its beginning.
        tailLines: isFirst ? tailLines : undefined,
        put: (line) => queue.push(line),
        signal,
      },
      statusOf(pod, container),
    );
    one.containers.set(container, follower);
    one.ends.push(
      follower.run().then(
        () => void running--,
        (error: unknown) => queue.end(normalise(error)),
      ),
    );
  };

  const look = (): void => {
    const pods = new Map(followed.pods().map((pod) => [uidOf(pod), pod]));
    for (const [uid, pod] of pods) {
      let one = known.get(uid);
      if (one === undefined) {
        one = { name: pod.metadata.name, containers: new Map(), ends: [] };
        known.set(uid, one);
        if (!isFirst) say(one.name, t('New pod'));
      }
      for (const container of containersOf(pod)) {
        if (request.containers?.includes(container) === false) continue;
        const follower = one.containers.get(container);
        if (follower === undefined) begin(pod, one, container);
        else follower.update(statusOf(pod, container) ?? { name: container });
      }
    }
    for (const [uid, one] of known) {
      if (pods.has(uid)) continue;
      known.delete(uid);
      for (const follower of one.containers.values()) follower.update(undefined);
      void Promise.all(one.ends).then(() => say(one.name, t('The pod is gone')));
    }
    const { kind, error } = followed.state();
    if (kind === 'forbidden') queue.end(error ?? new FaultlineError('forbidden', { what: t('The pods may no longer be read') }));
    isFirst = false;
  };
  const listening = followed.changed.listen(look);
  const onAbort = (): void => queue.end(new FaultlineError('cancelled', { what: t('Stopped') }));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    look();
    yield* queue;
  } finally {
    listening.dispose();
    signal.removeEventListener('abort', onAbort);
    followed.dispose();
    queue.end();
  }
}
