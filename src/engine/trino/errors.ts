/** What a coordinator says went wrong, and what a connection does, as our errors. */
import { FaultlineError, type ErrorFacts } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { wrongName } from '../tls.ts';
import type { HttpAnswer } from './http.ts';
import type { PageError } from './page.ts';
import { spanAt } from './position.ts';
import type { RetriesEnded } from './retry.ts';

/** Where a statement ran. */
export interface ErrorContext {
  /** "Trino", "Presto" */
  readonly engine: string;
  /** "analytics/trino" */
  readonly server: string;
}

/** A statement that failed. `prefixLength`: characters that we put in front of `sql`, on its first line. */
export function queryError(error: PageError, sql: string, context: ErrorContext, prefixLength = 0): FaultlineError {
  const { errorLocation: at, errorName, errorType } = error;
  // The message repeats the place: "line 1:8: Column 'x' cannot be resolved".
  const said = at === undefined ? error.message : error.message.replace(`line ${at.lineNumber}:${at.columnNumber}: `, '');
  // "mismatched input 'form'. Expecting: ',', 'EXCEPT', …"
  const [what = said, expecting] = said.split(/\.? Expecting: /, 2);
  const remedy = expecting === undefined ? remedyOf(errorName) : t('Expected here: {0}', expecting);
  const facts: ErrorFacts = {
    what: sentence(what),
    meaning: meaningOf(errorType, errorName, context),
    ...(remedy === undefined ? {} : { remedy }),
    ...(at === undefined ? {} : { position: spanAt(sql, at.lineNumber, at.columnNumber, prefixLength) }),
    code: errorName,
  };
  return new FaultlineError('engine', facts, error);
}

function meaningOf(type: string, name: string, { engine, server }: ErrorContext): string {
  if (stopped.has(name)) return t('{0} on {1} ended the statement from its side', engine, server);
  switch (type) {
    case 'INSUFFICIENT_RESOURCES':
      return t('{0} on {1} has not enough room for the statement', engine, server);
    case 'EXTERNAL':
      return t('A system behind {0} on {1} failed', engine, server);
    case 'INTERNAL_ERROR':
      return t('{0} on {1} failed by itself: the statement is not at fault', engine, server);
    default:
      return t('{0} on {1} refused the statement', engine, server);
  }
}

/** These are called USER_ERROR, and yet the statement is not wrong. */
const stopped: ReadonlySet<string> = new Set([
  'ADMINISTRATIVELY_KILLED',
  'ADMINISTRATIVELY_PREEMPTED',
  'USER_CANCELED',
  'ABANDONED_QUERY',
  'EXCEEDED_TIME_LIMIT',
]);

/** A node was lost, or is not there yet: the same statement may pass the next time. */
const worthRepeating: ReadonlySet<string> = new Set([
  'PAGE_TRANSPORT_ERROR',
  'PAGE_TRANSPORT_TIMEOUT',
  'NO_NODES_AVAILABLE',
  'REMOTE_TASK_ERROR',
  'REMOTE_TASK_MISMATCH',
  'REMOTE_HOST_GONE',
  'SERVER_SHUTTING_DOWN',
  'SERVER_STARTING_UP',
  'ABANDONED_TASK',
  'TOO_MANY_REQUESTS_FAILED',
  'CLUSTER_OUT_OF_MEMORY',
  'QUERY_QUEUE_FULL',
]);

function remedyOf(name: string): string | undefined {
  if (name === 'ADMINISTRATIVELY_KILLED') return t('Somebody with that right killed it. Ask before you run it again.');
  if (name === 'ABANDONED_QUERY') return t('Its answer was not read for too long. Run it again.');
  return worthRepeating.has(name) ? t('Run it again: it may pass, for no part of the statement is wrong.') : undefined;
}

function sentence(text: string): string {
  const trimmed = text.trim().replace(/[.!]+$/, '');
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
}

/** An answer that is no page. `queryId` where a statement was running. */
export function statusError(answer: HttpAnswer, context: ErrorContext, queryId?: string): FaultlineError {
  const { engine, server } = context;
  const said = plainText(answer);
  const meaning = said === '' ? {} : { meaning: t('It says: {0}', said) };
  switch (answer.status) {
    case 401:
      return new FaultlineError('unauthorised', {
        what: t('{0} on {1} did not accept the user or the password', engine, server),
        ...meaning,
        remedy: t('Correct them in the connection. A password is only accepted over https.'),
      });
    case 403:
      return new FaultlineError('forbidden', {
        what: t('{0} on {1} does not allow this user to do that', engine, server),
        ...meaning,
        remedy: t('Ask whoever runs it for the permission.'),
      });
    case 404:
    case 410:
      return queryId === undefined ? noServer(context, answer.status) : lostQuery(context, queryId);
    default:
      return new FaultlineError('invalid', {
        what: t('{0} on {1} answered with HTTP {2}', engine, server, answer.status),
        ...meaning,
        remedy: t('Check that the connection leads to {0}.', engine),
      });
  }
}

function plainText({ body, headers }: HttpAnswer): string {
  // A page of HTML says nothing that a person could use.
  if (/html/i.test(headers['content-type'] ?? '')) return '';
  return body.trim().split('\n')[0]?.slice(0, 300) ?? '';
}

function noServer({ engine, server }: ErrorContext, status: number): FaultlineError {
  return new FaultlineError('notFound', {
    what: t('There is no {0} at {1}', engine, server),
    meaning: t('Something answers there with HTTP {0} and does not know statements', status),
    remedy: t('Check the host and the port.'),
  });
}

/** Another coordinator stands at the place of the one that ran it. */
function lostQuery({ engine, server }: ErrorContext, queryId: string): FaultlineError {
  return new FaultlineError('crashed', {
    what: t('The query {0} is lost: the coordinator does not know it any more', queryId),
    meaning: t('The coordinator of {0} on {1} was restarted while it ran; what came of its answer is not all', engine, server),
    remedy: t('Run it again.'),
    code: 'QUERY_LOST',
  });
}

/** The limit of the retries was reached. */
export function gaveUp(ended: RetriesEnded, context: ErrorContext, queryId?: string): FaultlineError {
  const { engine, server } = context;
  const seconds = Math.round(ended.afterMs / 1000);
  const meaning =
    ended.status === 0
      ? t('The connection could not be had back within {0} s ({1})', seconds, codeOf(ended.cause))
      : t('It answered with HTTP {0} for {1} s', ended.status, seconds);
  if (queryId === undefined)
    return new FaultlineError(
      'unreachable',
      { what: t('{0} on {1} can’t be reached', engine, server), meaning, remedy: t('Check that it runs, then run the statement again.') },
      ended,
    );
  return new FaultlineError(
    'unreachable',
    {
      what: t('The query {0} is lost: its coordinator does not answer', queryId),
      meaning: `${t('{0} on {1} was reached before', engine, server)}. ${meaning}`,
      remedy: t('Check that the coordinator runs, then run the statement again: what came of its answer is not all.'),
      code: 'QUERY_LOST',
    },
    ended,
  );
}

/** A failure of the connection that trying again does not mend: a wrong name, a certificate that is not trusted. */
export function connectionError(error: unknown, { engine, server }: ErrorContext): FaultlineError {
  if (error instanceof FaultlineError) return error;
  const code = codeOf(error);
  const [meaning, remedy] = wrongName(error) ?? [
    code,
    /CERT|SIGNATURE|TLS|SSL/.test(code)
      ? t('Name the file of the authority that signed its certificate in the connection, or correct the host’s name.')
      : t('Check the host and the port.'),
  ];
  return new FaultlineError('unreachable', { what: t('{0} on {1} can’t be reached', engine, server), meaning, remedy, code }, error);
}

/** After a stop: the server did not say that the query is gone. */
export function unconfirmedStop(queryId: string | undefined, { engine, server }: ErrorContext, seconds: number): FaultlineError {
  return new FaultlineError('cancelled', {
    what: t('Stopped here, but {0} on {1} did not confirm it within {2} s', engine, server, seconds),
    meaning:
      queryId === undefined
        ? t('The statement was on its way to the server and may run there')
        : t('The query {0} may still run there', queryId),
    remedy: t('Look into the server’s own list of queries.'),
  });
}

export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
