/** Logs of all containers of all pods of something, as they are written. */
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { ObjectList, Pod } from '../objects.ts';
import { kinds, pathOf } from '../watch/kinds.ts';
import { followPods } from './follow.ts';
import { followAll } from './logs/follow.ts';
import { containersOf, logRequest, notice, parseLine, statusOf } from './logs/line.ts';
import type { ContainerName, LogLine, LogQuery, LogRequest, Stamped } from './logs/line.ts';
import { selectionOf } from './target.ts';
import type { PodSelection } from './target.ts';

export type { LogLine, LogRequest } from './logs/line.ts';

/**
 * Bounded: who does not read holds the servers up, not the memory. A followed log resumes after a cut with the next line, none is lost
 * or given twice; a log that only shows what is there comes in the order of time over all containers.
 * Fails: `notFound`, `forbidden`, `unreachable` (at the beginning), `cancelled`.
 */
export async function* logsOf(connection: ClusterConnection, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogLine, void> {
  if (signal.aborted) throw cancelled();
  const life = new AbortController();
  const ending = AbortSignal.any([signal, life.signal]);
  try {
    const selection = await selectionOf(connection, request.namespace, request.target, ending);
    if (request.follow) yield* followAll(connection, request, await followPods(connection, request.namespace, selection, ending), ending);
    else yield* whatIsThere(connection, request, selection, ending);
  } finally {
    life.abort();
  }
}

async function* whatIsThere(
  connection: ClusterConnection,
  request: LogRequest,
  selection: PodSelection,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void> {
  const { namespace, tailLines, previous = false } = request;
  const { labelSelector, fieldSelector, preferred } = selection;
  const { items } = await connection.request<ObjectList<Pod>>({
    path: pathOf(kinds.pods, { namespace }),
    query: { labelSelector, fieldSelector },
    signal,
  });
  // A pod was asked for, not its siblings.
  const there = items ?? [];
  const pods = preferred === undefined ? there : there.filter(({ metadata }) => metadata.name === preferred);
  const query: LogQuery = tailLines === undefined ? {} : { tailLines };
  const logs: AsyncGenerator<Stamped, void>[] = [];
  for (const pod of pods) {
    for (const container of containersOf(pod)) {
      if (request.containers?.includes(container) === false) continue;
      const status = statusOf(pod, container);
      const name = { pod: pod.metadata.name, container };
      const { waiting, terminated } = status?.state ?? {};
      const isCrash = terminated !== undefined && willReturn(pod, terminated.exitCode);
      if (previous && (status?.restartCount ?? 0) === 0 && !isCrash) continue;
      if (status === undefined || (waiting !== undefined && status.lastState?.terminated === undefined))
        yield notice(name, t('It has not begun: {0}', waiting?.reason ?? pod.status?.phase ?? t('unknown')));
      // In the moment between its end and its restart, the run that crashed is still the present one.
      else logs.push(readLog(connection, namespace, name, { ...query, previous: previous && !isCrash }, signal));
    }
  }
  if (previous && logs.length === 0)
    throw new FaultlineError('notFound', {
      what: t('No container of {0} was started again: there is no log before this one', selection.what),
    });
  yield* inOrder(logs);
}

function willReturn({ spec }: Pod, exitCode = 0): boolean {
  const policy = spec?.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

async function* readLog(
  connection: ClusterConnection,
  namespace: string,
  name: ContainerName,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<Stamped, void> {
  try {
    for await (const text of connection.lines(logRequest(namespace, name, query, signal))) yield parseLine(name, text);
  } catch (error) {
    if (!FaultlineError.is(error) || error.reason === 'cancelled' || error.reason === 'forbidden') throw error;
    // One node that does not answer keeps nobody from the others' logs.
    yield { ...notice(name, t('It could not be read: {0}', error.message)), order: '' };
  }
}

/** One line of each is held, and the oldest given. */
async function* inOrder(logs: readonly AsyncGenerator<Stamped, void>[]): AsyncGenerator<LogLine, void> {
  const heads: { line: Stamped; readonly rest: AsyncGenerator<Stamped, void> }[] = [];
  try {
    for (const rest of logs) {
      const first = await rest.next();
      if (first.done !== true) heads.push({ line: first.value, rest });
    }
    while (heads.length > 0) {
      const oldest = heads.reduce((a, b) => (b.line.order < a.line.order ? b : a));
      const { order: _order, ...line } = oldest.line;
      yield line;
      const next = await oldest.rest.next();
      if (next.done === true) heads.splice(heads.indexOf(oldest), 1);
      else oldest.line = next.value;
    }
  } finally {
    for (const rest of logs) void rest.return();
  }
}
