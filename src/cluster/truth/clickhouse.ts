/** ClickHouse: `/ping`, `/replicas_status`, and where the default user may, `system.replicas`. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { PodQuestion, Said } from './ask.ts';
import type { PodGet, PodWays } from './ways.ts';

const sql =
  'SELECT version(), countIf(is_readonly), countIf(is_session_expired), count(), max(absolute_delay) FROM system.replicas FORMAT TSV';

export async function clickHouseTruth(question: PodQuestion, ways: PodWays, signal: AbortSignal): Promise<Said> {
  const replicas = await replicasOf(question, ways, signal);
  const known = replicas?.version === undefined ? {} : { version: replicas.version };
  const seen = await eitherWay(question, ways, signal, readStatus);
  if (seen.state === 'serving' || seen.state === 'degraded') {
    if (replicas !== undefined && replicas.readOnly > 0)
      return {
        state: 'degraded',
        word: replicas.readOnly === 1 ? t('1 table read-only') : t('{0} tables read-only', replicas.readOnly),
        why: t(
          '{0} of {1} replicated tables take no writes; sessions with Keeper that are gone: {2}.',
          replicas.readOnly,
          replicas.tables,
          replicas.expired,
        ),
        ...known,
      };
    if (seen.state === 'degraded' && replicas !== undefined) return { ...seen, word: t('replica {0} s behind', replicas.delay), ...known };
  }
  return { ...seen, ...known };
}

async function readStatus(get: PodGet): Promise<Said> {
  const ping = await get('/ping');
  if (ping.status !== 200 || !ping.body.startsWith('Ok.')) return { state: 'notServing', word: t('/ping answers with {0}', ping.status) };
  const status = await get('/replicas_status');
  if (status.status === 200) return { state: 'serving', word: t('alive, replicas up to date') };
  // Servers without replicated tables answer too; a status that is neither is of something in between.
  if (status.status === 503) return { state: 'degraded', word: t('replica behind'), why: status.body.trim() };
  return { state: 'serving', word: t('alive') };
}

async function eitherWay(question: PodQuestion, ways: PodWays, signal: AbortSignal, read: (get: PodGet) => Promise<Said>): Promise<Said> {
  try {
    return await ways.proxy(question, signal, read);
  } catch (error) {
    if (signal.aborted) throw error;
    if (FaultlineError.is(error, 'forbidden')) return throughTunnel(question, ways, signal, read, error);
    // The API server could not connect to the pod: it says so with a reason of its own.
    if (FaultlineError.is(error) && error.facts.code === 'ServiceUnavailable') return silent(question, error);
    throw error;
  }
}

async function throughTunnel(
  question: PodQuestion,
  ways: PodWays,
  signal: AbortSignal,
  read: (get: PodGet) => Promise<Said>,
  missing: FaultlineError,
): Promise<Said> {
  try {
    return await ways.tunnel(question, signal, read);
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return silent(question, error);
    throw FaultlineError.is(error, 'forbidden') ? missing : error;
  }
}

function silent({ port }: PodQuestion, error: FaultlineError): Said {
  return { state: 'notServing', word: t('nothing answers on port {0}', port), why: error.facts.meaning ?? error.facts.what };
}

interface Replicas {
  readonly version: string;
  readonly readOnly: number;
  readonly expired: number;
  readonly tables: number;
  /** Seconds. */
  readonly delay: number;
}

/** Through a port-forward only: a 401 through the proxy would look as if the cluster had refused the person's login. */
async function replicasOf(question: PodQuestion, ways: PodWays, signal: AbortSignal): Promise<Replicas | undefined> {
  try {
    const answer = await ways.tunnel(question, signal, (get) => get(`/?query=${encodeURIComponent(sql)}`));
    if (answer.status !== 200) return undefined;
    const [version = '', ...numbers] = answer.body.trim().split('\t');
    const [readOnly = 0, expired = 0, tables = 0, delay = 0] = numbers.map(Number);
    return { version, readOnly, expired, tables, delay };
  } catch {
    // Forbidden, or a user is needed: the server's own two pages say less, but something.
    return undefined;
  }
}
