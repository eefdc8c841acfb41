/** Statements over ClickHouse's own client: what comes back is the raw answer, which `answer.ts` reads. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../../base/target.ts';
import { serverTls } from '../tls.ts';
import { connectionError, exceptionError, foreignAnswer, parseException } from './errors.ts';
import { unescapeText } from './scalar.ts';
import { openTransport } from './transport.ts';

export interface HttpAnswer {
  readonly stream: Readable;
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
  /** Of the header `X-ClickHouse-Summary`. */
  readonly summary: Readonly<Record<string, string>>;
}

export interface Send {
  readonly sql: string;
  readonly queryId: string;
  readonly format: 'TabSeparated' | 'TabSeparatedWithNamesAndTypes';
  readonly settings?: Readonly<Record<string, string>>;
  /** Sent behind the statement: the rows of an INSERT. */
  readonly data?: string;
  /** Ends the request until its headers are there; afterwards the stream is destroyed. */
  readonly signal: AbortSignal;
}

export interface ClickHouseHttp {
  /** Fails as the connection does; a refusal of the server is an answer. */
  send(request: Send): Promise<HttpAnswer>;
  /** Rows of a small statement of ours. Fails: as `query` of an engine does. */
  ask(sql: string, options?: AskOptions): Promise<AskedRows>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly queryId?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly data?: string;
}

export interface AskedRows {
  readonly rows: readonly (readonly string[])[];
  readonly headers: IncomingHttpHeaders;
}

export async function connectHttp(target: ServerTarget, reached: ReachedServer, password: string | undefined): Promise<ClickHouseHttp> {
  const { createClient, ClickHouseLogLevel } = await import('./client.ts');
  const { options, host } = await serverTls(target, reached);
  const client = createClient({
    connection: openTransport({
      url: reached.url,
      user: target.user,
      password: password ?? '',
      ...(target.schema === undefined ? {} : { database: target.schema }),
      tls: options,
      ...(host === undefined ? {} : { headers: { host } }),
    }),
    log: { level: ClickHouseLogLevel.OFF },
  });
  const send = async ({ sql, queryId, format, settings, data, signal }: Send): Promise<HttpAnswer> => {
    const answer = await client.exec({
      query: sql,
      query_id: queryId,
      clickhouse_settings: { ...settings, default_format: format },
      ignore_error_response: true,
      abort_signal: signal,
      ...(data === undefined ? {} : { values: data }),
    });
    const { stream, response_headers: headers, http_status_code: status = 200 } = answer;
    return { stream, headers, status, summary: summaryOf(headers) };
  };
  return {
    send,
    ask: async (sql, options = {}) => {
      const { timeoutMs = 30_000, queryId = crypto.randomUUID() } = options;
      const clock = AbortSignal.timeout(timeoutMs);
      const signal = options.signal === undefined ? clock : AbortSignal.any([options.signal, clock]);
      try {
        const answer = await send({ sql, queryId, format: 'TabSeparated', signal, ...pick(options) });
        const stop = (): void => void answer.stream.destroy(new Error('The answer did not come in time'));
        signal.addEventListener('abort', stop, { once: true });
        const body = await text(answer.stream).finally(() => signal.removeEventListener('abort', stop));
        const refused = refusal(answer, body, target.name, sql, 0);
        if (refused !== undefined) throw refused;
        const lines = body === '' ? [] : body.replace(/\n$/, '').split('\n');
        return { rows: lines.map((line) => line.split('\t').map(unescapeText)), headers: answer.headers };
      } catch (error) {
        if (clock.aborted && !FaultlineError.is(error)) throw slow(target.name, timeoutMs, error);
        throw connectionError(error, target.name);
      }
    },
    close: () => client.close(),
  };
}

/** A proxy may have written anything. */
function summaryOf({ 'x-clickhouse-summary': header }: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (typeof header !== 'string') return {};
  try {
    const read = v.safeParse(v.record(v.string(), v.union([v.string(), v.number()])), JSON.parse(header));
    return read.success ? Object.fromEntries(Object.entries(read.output).map(([key, value]) => [key, String(value)])) : {};
  } catch {
    return {};
  }
}

function pick({ settings, data }: AskOptions): Pick<Send, 'settings' | 'data'> {
  return { ...(settings === undefined ? {} : { settings }), ...(data === undefined ? {} : { data }) };
}

/** The error of an answer whose headers or text say that it is one. */
export function refusal(
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  body: string,
  target: string,
  sql: string,
  offset: number,
): FaultlineError | undefined {
  const failed = status < 200 || status > 299 || headers['x-clickhouse-exception-code'] !== undefined;
  const exception = failed || body.startsWith('Code: ') ? parseException(body) : undefined;
  if (exception !== undefined) return exceptionError(exception, { target, sql, offset });
  return failed ? foreignAnswer(status, body, target) : undefined;
}

function slow(target: string, timeoutMs: number, error: unknown): FaultlineError {
  return new FaultlineError(
    'timedOut',
    {
      what: t('ClickHouse on {0} did not answer within {1} s', target, Math.round(timeoutMs / 1000)),
      remedy: t('Check that the server is not overloaded, then try again.'),
    },
    error,
  );
}
