/** What was made in a cluster for a run's vantages, in the order in which it was; and what became of a pod of it. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { Pod } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { fieldManager } from '../../fault/marks.ts';
import { endOf, type RunningPod } from './running.ts';

const removeLimitMs = 15_000;

export class Made {
  readonly #connection: ClusterConnection;
  readonly #note: (text: string) => void;
  readonly #paths: string[] = [];
  #removed: Promise<void> | undefined;

  constructor(connection: ClusterConnection, note: (text: string) => void) {
    this.#connection = connection;
    this.#note = note;
  }

  /** Fails as a request does. */
  async create(collection: string, name: string, body: object, signal: AbortSignal): Promise<void> {
    // Also where the answer gets lost: it may be there then.
    this.#paths.push(`${collection}/${name}`);
    await this.#connection.request({ method: 'POST', path: collection, query: { fieldManager }, body, signal });
  }

  /** Safe to be called again. Never fails: what could not be removed ends by its deadline, and is swept. */
  remove(): Promise<void> {
    return (this.#removed ??= this.#remove());
  }

  async #remove(): Promise<void> {
    const signal = AbortSignal.timeout(removeLimitMs);
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', gracePeriodSeconds: 1 };
    const left = await Promise.all(
      this.#paths.toReversed().map(async (path) => {
        try {
          await this.#connection.request({ method: 'DELETE', path, body, signal });
          return [];
        } catch (error) {
          return FaultlineError.is(error, 'notFound') ? [] : [normalise(error).facts.what];
        }
      }),
    );
    const [why] = left.flat();
    if (why !== undefined)
      this.#note(t('Pods of probes could not be removed: {0}. They end by themselves, and “faultline sweep” removes them.', why));
  }
}

/** Why it is not there any more; undefined: it is. Fails where nobody knows: the API is away. */
export async function whyGoneOf(
  connection: ClusterConnection,
  namespace: string,
  { name, uid }: RunningPod,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const pod = await connection.request<Pod>({ path: pathOf(kinds.pods, { namespace, name }), signal });
    return pod.metadata.uid === uid ? endOf(pod) : t('it was deleted');
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return t('it was deleted');
    throw error;
  }
}
