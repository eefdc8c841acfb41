/** ClickHouse in the connection test: one statement over HTTP shows both whether the user is let in and which version answers. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../base/target.ts';
import { loginCodes } from './clickhouse/loginCodes.ts';
import { codeOf } from './trino/errors.ts';
import { serverTls } from './tls.ts';
import { HttpLine, type HttpAnswer } from './trino/http.ts';

/** An engine that has let us in. */
export interface Asked {
  /** Runs a statement to its end: "Trino 476". */
  answer(): Promise<string>;
  end(): Promise<void>;
}

export async function askClickHouse(
  target: ServerTarget,
  reached: ReachedServer,
  password: string | undefined,
  signal: AbortSignal,
): Promise<Asked> {
  const line = new HttpLine(reached.url, await serverTls(target, reached));
  try {
    const headers = { 'X-ClickHouse-User': target.user, ...(password === undefined ? {} : { 'X-ClickHouse-Key': password }) };
    const answer = await line.send({ method: 'POST', path: '/', headers, body: 'SELECT version()' }, signal);
    if (answer.status === 401 || answer.status === 403 || loginCodes.has(exceptionCode(answer))) throw refused(target, answer);
    const title = versionOf(target, answer);
    return { answer: () => Promise.resolve(title), end: () => Promise.resolve() };
  } catch (error) {
    if (FaultlineError.is(error)) throw error;
    throw new FaultlineError(
      'unreachable',
      {
        what: t('What listens there does not answer as ClickHouse'),
        meaning: codeOf(error),
        remedy: t('Check the port: ClickHouse’s HTTP port is 8123, or 8443 with https.'),
      },
      error,
    );
  } finally {
    line.close();
  }
}

function exceptionCode({ headers, body }: HttpAnswer): string {
  const header = headers['x-clickhouse-exception-code'];
  if (typeof header === 'string') return header;
  // Before version 19.14 only the text has it: "Code: 193, e.displayText() = …"
  return /^Code: (\d+)/.exec(body)?.[1] ?? '';
}

function refused({ name, user }: ServerTarget, { body }: HttpAnswer): FaultlineError {
  return new FaultlineError('unauthorised', {
    what: t('ClickHouse on {0} did not accept {1} or the password', name, user),
    ...(body.trim() === '' ? {} : { meaning: firstLine(body) }),
    remedy: t('Correct them in the connection.'),
  });
}

function versionOf({ name }: ServerTarget, { status, body }: HttpAnswer): string {
  const version = body.trim();
  if (status === 200 && /^\d+\.\d+(?:\.\d+)*$/.test(version)) return `ClickHouse ${version}`;
  throw new FaultlineError('invalid', {
    what: t('What answers at {0} is no ClickHouse', name),
    meaning: t('It answered with HTTP {0} and {1}', status, firstLine(body)),
    remedy: t('Check the port: ClickHouse’s HTTP port is 8123, or 8443 with https.'),
  });
}

function firstLine(body: string): string {
  return body.trim().split('\n')[0]?.slice(0, 200) ?? '';
}
