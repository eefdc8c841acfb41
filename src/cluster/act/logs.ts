/** Logs of all containers of all pods of something, as they are written. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { PodsTarget } from './target.ts';

export interface LogLine {
  /** `notice`: not from the log, but what happened to it: a pod went, a container ended, the connection was cut. */
  readonly kind: 'line' | 'notice';
  readonly pod: string;
  /** Empty in a notice about a whole pod. */
  readonly container: string;
  /** RFC 3339 with nanoseconds as the node wrote it; of a notice with milliseconds, by this machine's clock. */
  readonly time: string;
  readonly text: string;
}

export interface LogRequest {
  readonly namespace: string;
  readonly target: PodsTarget;
  /** Names; all where it is left out, init and debug containers too. */
  readonly containers?: readonly string[];
  /** Goes on with what comes, also with pods that come. Else it ends with what is there. */
  readonly follow: boolean;
  /** Of each container that is there now, its last so many lines; all where it is left out. */
  readonly tailLines?: number;
  /** Of the runs before the present ones: why a container crashed. Not together with `follow`. */
  readonly previous?: boolean;
}

/**
 * Bounded: who does not read holds the servers up, not the memory. After a cut it resumes with the next line, none twice.
 * Fails: `notFound`, `forbidden`, `unreachable` (at the beginning), `cancelled`.
 */
export async function* logsOf(connection: ClusterConnection, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogLine, void> {
  yield* [];
  throw new FaultlineError('unsupported', { what: `${connection.server}${request.namespace}${String(signal)}` });
}
