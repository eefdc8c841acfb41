/** Which version answers: `/v1/info`, which both servers give to anybody. */
import { systemClock } from '../../base/clock.ts';
import { connectionError, gaveUp, statusError, type ErrorContext } from './errors.ts';
import type { HttpLine } from './http.ts';
import { RetriesEnded, untilAnswered } from './retry.ts';

/** An opening that fails should fail soon: the person waits for it. */
const OPEN_FOR_MS = 5_000;

/** "476", "0.296". Fails: `unreachable`, `unauthorised`, `forbidden`, `notFound`, `invalid`. */
export async function serverInfo(line: HttpLine, headers: Readonly<Record<string, string>>, context: ErrorContext): Promise<string> {
  const limit = AbortSignal.timeout(2 * OPEN_FOR_MS);
  try {
    const answer = await untilAnswered(() => line.send({ method: 'GET', path: '/v1/info', headers }, limit), {
      clock: systemClock,
      retryForMs: OPEN_FOR_MS,
      signal: limit,
    });
    const version = answer.status === 200 ? versionIn(answer.body) : undefined;
    if (version === undefined) throw statusError(answer, context);
    return version;
  } catch (error) {
    if (error instanceof RetriesEnded) throw gaveUp(error, context);
    throw connectionError(error, context);
  }
}

/** Presto adds the commit: "0.296-8661b73". */
function versionIn(body: string): string | undefined {
  try {
    const info: unknown = JSON.parse(body);
    const node = typeof info === 'object' && info !== null && 'nodeVersion' in info ? info.nodeVersion : undefined;
    const version = typeof node === 'object' && node !== null && 'version' in node ? node.version : undefined;
    return typeof version === 'string' ? version.replace(/-[0-9a-f]{7,}$/, '') : undefined;
  } catch {
    return undefined;
  }
}
