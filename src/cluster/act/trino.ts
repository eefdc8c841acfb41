/** Trino's own drain of a worker: no new tasks, running ones end, and it can come back. */
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { openForward } from './forward.ts';
import { Consent } from './protection.ts';
import { pause } from './signal.ts';

export type TrinoNodeState = 'ACTIVE' | 'DRAINING' | 'DRAINED' | 'SHUTTING_DOWN' | 'INACTIVE';

export interface TrinoWorker {
  readonly namespace: string;
  readonly pod: string;
  /** Of its container, by number or name. 8080 where nothing is said. */
  readonly port?: number | string;
  readonly scheme?: 'http' | 'https';
  /** A user that Trino's access control lets write system information. */
  readonly user: string;
  readonly password?: string;
}

export interface TrinoDrainOptions {
  readonly consent: Consent;
  /** Stops waiting; the worker stays as it is, which the error says. */
  readonly signal: AbortSignal;
  /** 15 min where nothing is said. */
  readonly timeoutMs?: number;
}

export interface TrinoDrainEvent {
  readonly state: TrinoNodeState;
  /** By the wall clock. */
  readonly sinceMs: number;
}

const DRAIN_LIMIT_MS = 900_000;
const REQUEST_LIMIT_MS = 15_000;
const READY_LIMIT_MS = 10_000;
/** Trino tells its state when it is asked, and only then. */
const ASK_AGAIN_MS = 1000;
const STATES: readonly string[] = ['ACTIVE', 'DRAINING', 'DRAINED', 'SHUTTING_DOWN', 'INACTIVE'] satisfies TrinoNodeState[];

/** Fails: `unreachable`, `forbidden`, `unauthorised`, `notFound`, `cancelled`. */
export function trinoState(connection: ClusterConnection, worker: TrinoWorker, signal: AbortSignal): Promise<TrinoNodeState> {
  return withWorker(connection, worker, signal, (node) => node.state());
}

/**
 * Until DRAINED: the pod can be deleted then without a query noticing. Tells each state once.
 * Fails: `forbidden` (Trino's access control; the text says which setting), `unsupported` (a coordinator, or a Trino that knows no
 * draining), `invalid` (shutting down already), `timedOut`, `unreachable`, `cancelled`, `refusedByProtection`.
 */
export async function* drainTrinoWorker(
  connection: ClusterConnection,
  worker: TrinoWorker,
  { consent, signal, timeoutMs = DRAIN_LIMIT_MS }: TrinoDrainOptions,
): AsyncGenerator<TrinoDrainEvent, void> {
  Consent.check(consent, connection, 'drainTrino');
  const timeout = AbortSignal.timeout(timeoutMs);
  const ending = AbortSignal.any([signal, timeout]);
  const node = await openWorker(connection, worker, ending);
  let last: TrinoNodeState | undefined;
  try {
    const before = await node.state();
    if (before !== 'DRAINING' && before !== 'DRAINED') await node.become('DRAINING');
    for (;;) {
      const state = await node.state();
      if (state !== last) yield { state, sinceMs: Date.now() };
      last = state;
      if (state === 'DRAINED') return;
      if (state === 'ACTIVE' || state === 'SHUTTING_DOWN')
        throw new FaultlineError('invalid', { what: t('{0} is {1}: somebody else changed its state', worker.pod, state) });
      await pause(ASK_AGAIN_MS, ending);
    }
  } catch (error) {
    throw last === undefined ? normalise(error) : leftAs(worker, last, error, timeout.aborted && !signal.aborted ? timeoutMs : undefined);
  } finally {
    await node.close();
  }
}

/** Takes tasks again. Fails as `drainTrinoWorker`. */
export async function activateTrinoWorker(connection: ClusterConnection, worker: TrinoWorker, options: TrinoDrainOptions): Promise<void> {
  Consent.check(options.consent, connection, 'drainTrino');
  await withWorker(connection, worker, options.signal, (node) => node.become('ACTIVE'));
}

function leftAs({ pod }: TrinoWorker, state: TrinoNodeState, error: unknown, timeoutMs: number | undefined): FaultlineError {
  const known = normalise(error);
  const remedy = t('It takes no new tasks until it is made active again.');
  const facts = { meaning: t('{0} stays {1}.', pod, state), remedy };
  if (timeoutMs !== undefined)
    return new FaultlineError('timedOut', { what: t('{0} was not drained after {1} s', pod, timeoutMs / 1000), ...facts }, error);
  if (known.reason === 'cancelled')
    return new FaultlineError('cancelled', { what: t('Waiting for {0} was stopped', pod), ...facts }, error);
  return known;
}

interface Worker {
  state(): Promise<TrinoNodeState>;
  become(state: TrinoNodeState): Promise<void>;
  close(): Promise<void>;
}

async function withWorker<T>(
  connection: ClusterConnection,
  worker: TrinoWorker,
  signal: AbortSignal,
  use: (node: Worker) => Promise<T>,
): Promise<T> {
  const node = await openWorker(connection, worker, signal);
  try {
    return await use(node);
  } finally {
    await node.close();
  }
}

/** Through a forward: the API server's proxy passes no header on that says which user asks. */
async function openWorker(connection: ClusterConnection, worker: TrinoWorker, signal: AbortSignal): Promise<Worker> {
  const { namespace, pod, port = 8080 } = worker;
  const forward = await openForward(connection, { namespace, target: { kind: 'pod', name: pod }, port }, { podWaitMs: READY_LIMIT_MS });
  const send = async (method: 'GET' | 'PUT', body?: string): Promise<Answer> => {
    try {
      return await ask(worker, forward.port, method, body, AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]));
    } catch (error) {
      if (signal.aborted) throw new FaultlineError('cancelled', { what: t('Stopped') });
      throw new FaultlineError(
        'unreachable',
        { what: t('Trino in {0} did not answer', pod), meaning: forward.problem?.message ?? String(error) },
        error,
      );
    }
  };
  return {
    state: async () => {
      const { status, text } = await send('GET');
      const state = text.replaceAll('"', '').trim();
      if (status === 200 && isState(state)) return state;
      throw refused(worker, status, text);
    },
    become: async (state) => {
      const { status, text } = await send('PUT', JSON.stringify(state));
      if (status >= 300) throw refused(worker, status, text);
    },
    close: () => forward.close(),
  };
}

function isState(text: string): text is TrinoNodeState {
  return STATES.includes(text);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(worker: TrinoWorker, port: number, method: 'GET' | 'PUT', body: string | undefined, signal: AbortSignal): Promise<Answer> {
  const { user, password, scheme = 'http' } = worker;
  const headers = {
    'x-trino-user': user,
    connection: 'close',
    ...(password === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  const options = { host: '127.0.0.1', port, path: '/v1/info/state', method, headers, signal };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const answered = (response: IncomingMessage): void => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk));
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', reject);
  };
  // The cluster has shown already that this is the pod; its certificate is made out to a name that nobody asks for here.
  const request = scheme === 'https' ? httpsRequest({ ...options, rejectUnauthorized: false }, answered) : httpRequest(options, answered);
  request.on('error', reject);
  request.end(body);
  return promise;
}

const SHOWN = 300;

function refused({ pod, user }: TrinoWorker, status: number, text: string): FaultlineError {
  const said = text.trim().slice(0, SHOWN);
  const meaning = said === '' ? t('It answered {0}.', status) : t('It answered {0}: {1}', status, said);
  switch (status) {
    case 401:
      return new FaultlineError('unauthorised', {
        what: t('Trino in {0} wants another login', pod),
        meaning,
        remedy: t('Give a user and password that it knows.'),
      });
    case 403:
      return new FaultlineError('forbidden', {
        what: t('Trino in {0} does not let {1} change the state of a worker', pod, user),
        meaning,
        remedy: t(
          'Trino’s default access control lets nobody. Set {0} on the workers, with a rule that lets this user write: {1}',
          'access-control.name=file (etc/access-control.properties)',
          JSON.stringify({ system_information: [{ user, allow: ['read', 'write'] }] }),
        ),
      });
    case 400:
    case 404:
    case 405:
    case 409:
    case 500:
      return new FaultlineError('unsupported', {
        what: t('Trino in {0} does not drain', pod),
        meaning,
        remedy: t('Only workers drain, and only of a Trino that is new enough to know DRAINING; one that shuts down does not come back.'),
      });
    default:
      return new FaultlineError('unreachable', { what: t('Trino in {0} could not be asked for its state', pod), meaning });
  }
}
