/** ClickHouse: `/ping`, `/replicas_status`, and where the default user may, `system.replicas`. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { PodQuestion, Said } from './questions.ts';
import type { PodGet, PodWays } from './ways.ts';

const sql =
  'SELECT version(), countIf(is_readonly), countIf(is_session_expired), count(), max(absolute_delay) FROM system.replicas FORMAT TSV';

/** Through a port-forward: a policy may shut the API server's proxy out, and a 401 through it would look like a refused login. */
export async function clickHouseTruth(question: PodQuestion, ways: PodWays, signal: AbortSignal): Promise<Said> {
  try {
    return await ways.tunnel(question, signal, async (get) => withReplicas(await readStatus(get), await readReplicas(get)));
  } catch (error) {
    if (signal.aborted) throw error;
    if (FaultlineError.is(error, 'notFound')) return silent(question, error);
    if (!FaultlineError.is(error, 'forbidden') && !FaultlineError.is(error, 'unsupported')) throw error;
    return throughProxy(question, ways, signal, error);
  }
}

/** Its two pages that need no user. */
async function throughProxy(question: PodQuestion, ways: PodWays, signal: AbortSignal, missing: FaultlineError): Promise<Said> {
  try {
    return await ways.proxy(question, signal, readStatus);
  } catch (error) {
    // The API server could not connect to the pod: it says so with a reason of its own.
    if (FaultlineError.is(error) && error.facts.code === 'ServiceUnavailable') return silent(question, error);
    throw FaultlineError.is(error, 'forbidden') ? missing : error;
  }
}

function withReplicas(seen: Said, replicas: Replicas | undefined): Said {
  if (replicas === undefined) return seen;
  const { version, readOnly, tables, expired, delay } = replicas;
  if (seen.state !== 'serving' && seen.state !== 'degraded') return { ...seen, version };
  if (readOnly > 0)
    return {
      state: 'degraded',
      word: readOnly === 1 ? t('1 table read-only') : t('{0} tables read-only', readOnly),
      why: t('{0} of {1} replicated tables take no writes; sessions with Keeper that are gone: {2}.', readOnly, tables, expired),
      version,
    };
  return { ...seen, ...(seen.state === 'degraded' ? { word: t('replica {0} s behind', delay) } : {}), version };
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

/** Undefined where the default user may not: the server's own two pages say less, but something. */
async function readReplicas(get: PodGet): Promise<Replicas | undefined> {
  const answer = await get(`/?query=${encodeURIComponent(sql)}`);
  if (answer.status !== 200) return undefined;
  const [version = '', ...numbers] = answer.body.trim().split('\t');
  const [readOnly = 0, expired = 0, tables = 0, delay = 0] = numbers.map(Number);
  return { version, readOnly, expired, tables, delay };
}
