/** The log of a container, line by line. */
import { kinds, pathOf } from '../../../src/cluster/watch/kinds.ts';
import type { Api } from './api.ts';

export interface LogOptions {
  /** Needed where the pod has several. */
  readonly container?: string;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  /** Of the container's run before this one. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

/** Throws when the log can't be read or the connection breaks; ends with the signal's reason when that aborts. */
export async function* logLines(api: Api, namespace: string, pod: string, options: LogOptions = {}): AsyncGenerator<string> {
  const { signal, ...query } = options;
  signal?.throwIfAborted();
  const connection = await api.connection();
  try {
    yield* connection.lines({
      path: pathOf(kinds.pods, { namespace, name: pod, subresource: 'log' }),
      query,
      accept: '*/*',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
