/** Trino and Presto: `/v1/info` says whether it has started, `/v1/info/state` whether it takes work. */
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { PodQuestion, Said } from './questions.ts';
import type { PodGet, PodWays } from './ways.ts';

const infoShape = v.object({
  nodeVersion: v.optional(v.object({ version: v.optional(v.string()) })),
  coordinator: v.optional(v.boolean()),
  starting: v.optional(v.boolean()),
});

export async function trinoTruth(question: PodQuestion, ways: PodWays, signal: AbortSignal): Promise<Said> {
  try {
    return await ways.tunnel(question, signal, (get) => readTrino(question, get));
  } catch (error) {
    if (signal.aborted) throw error;
    if (FaultlineError.is(error, 'notFound'))
      return { state: 'notServing', word: t('nothing listens on port {0}', question.port), why: error.message };
    if (!FaultlineError.is(error, 'forbidden') && !FaultlineError.is(error, 'unsupported')) throw error;
    return throughProxy(question, ways, signal, error);
  }
}

/** Trino answers there only if it trusts X-Forwarded-For; else what is missing is the right to forward ports. */
async function throughProxy(question: PodQuestion, ways: PodWays, signal: AbortSignal, missing: FaultlineError): Promise<Said> {
  try {
    const said = await ways.proxy(question, signal, (get) => readTrino(question, get));
    return said.state === 'unknown' ? { state: 'unknown', word: missing.facts.what } : said;
  } catch (error) {
    throw FaultlineError.is(error, 'forbidden') ? missing : error;
  }
}

async function readTrino({ engine }: PodQuestion, get: PodGet): Promise<Said> {
  const answer = await get('/v1/info');
  if (answer.status !== 200) return { state: 'unknown', word: t('/v1/info answers with {0}', answer.status) };
  const info = v.safeParse(infoShape, parsed(answer.body));
  if (!info.success) return { state: 'unknown', word: t('/v1/info is not as expected') };
  const { nodeVersion, coordinator, starting } = info.output;
  const known = {
    ...(nodeVersion?.version === undefined ? {} : { version: nodeVersion.version }),
    ...(coordinator === undefined ? {} : { isCoordinator: coordinator }),
  };
  if (starting === true) return { state: 'starting', word: t('starting'), ...known };
  const header = engine === 'trino' ? 'X-Trino-User' : 'X-Presto-User';
  const state = await get('/v1/info/state', { [header]: 'faultline' });
  const word: unknown = state.status === 200 ? parsed(state.body) : undefined;
  return { ...ofState(typeof word === 'string' ? word : undefined), ...known };
}

/** Where the state may not be read, having started has to do. */
function ofState(state: string | undefined): Pick<Said, 'state' | 'word'> {
  switch (state) {
    case undefined:
      return { state: 'serving', word: t('started') };
    case 'ACTIVE':
      return { state: 'serving', word: t('active') };
    case 'DRAINING':
      return { state: 'draining', word: t('draining') };
    case 'DRAINED':
      return { state: 'draining', word: t('drained') };
    case 'SHUTTING_DOWN':
      return { state: 'draining', word: t('shutting down') };
    case 'STARTING':
      return { state: 'starting', word: t('starting') };
    default:
      return { state: 'notServing', word: state.toLowerCase() };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
