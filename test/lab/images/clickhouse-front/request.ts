/** A statement out of an HTTP request, by the rules of ClickHouse's HTTP interface. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, deflate, gunzip, gzip, inflate, zstdCompress, zstdDecompress } from 'node:zlib';
import { ServerError } from './errors.ts';

export interface Statement {
  readonly sql: string;
  readonly queryId: string;
  readonly database: string | undefined;
  readonly format: string;
  readonly session: { readonly id: string; readonly timeoutMs: number; readonly mustExist: boolean } | undefined;
  /** Name and value, `param_…` among them. */
  readonly settings: readonly (readonly [string, string])[];
  /** A GET may only read. */
  readonly readonly: boolean;
}

/** Of the HTTP layer alone; the library would not know them. */
const NOT_SETTINGS = new Set([
  'buffer_size',
  'cancel_http_readonly_queries_on_client_close',
  'client_protocol_version',
  'close_session',
  'compress',
  'database',
  'decompress',
  'default_format',
  'enable_http_compression',
  'http_response_buffer_size',
  'http_wait_end_of_query',
  'password',
  'query',
  'query_id',
  'quota_key',
  'role',
  'send_progress_in_http_headers',
  'session_check',
  'session_id',
  'session_timeout',
  'stacktrace',
  'user',
  'wait_end_of_query',
]);

const UNPACK = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
} as const;

export const PACK = {
  gzip: promisify(gzip),
  deflate: promisify(deflate),
  br: promisify(brotliCompress),
  zstd: promisify(zstdCompress),
} as const;

export function isEncoding(name: string): name is keyof typeof PACK {
  return Object.hasOwn(PACK, name);
}

export async function readStatement(request: IncomingMessage, url: URL): Promise<Statement> {
  const values = url.searchParams;
  if (values.get('decompress') === '1' || values.get('compress') === '1')
    throw new ServerError(48, "ClickHouse's own compression of HTTP bodies is not there; use Content-Encoding", 'NOT_IMPLEMENTED');
  const parts = [values.get('query') ?? '', await bodyOf(request)].filter((part) => part !== '');
  const header = (name: string): string | undefined => request.headers[name]?.toString();
  const sessionId = values.get('session_id');
  return {
    sql: parts.join('\n'),
    queryId: values.get('query_id') ?? randomUUID(),
    database: values.get('database') ?? header('x-clickhouse-database'),
    format: values.get('default_format') ?? header('x-clickhouse-format') ?? 'TabSeparated',
    session:
      sessionId === null
        ? undefined
        : {
            id: sessionId,
            timeoutMs: 1000 * Number(values.get('session_timeout') ?? 60),
            mustExist: values.get('session_check') === '1',
          },
    settings: [...values].filter(([name]) => !NOT_SETTINGS.has(name)),
    readonly: request.method === 'GET',
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const raw = await buffer(request);
  const encoding = request.headers['content-encoding'] ?? '';
  if (encoding === '' || encoding === 'identity') return raw.toString();
  if (!isEncoding(encoding)) throw new ServerError(48, `Unknown HTTP content encoding: ${encoding}`, 'NOT_IMPLEMENTED');
  return (await UNPACK[encoding](raw)).toString();
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** By header, Basic, or URL; "default" without a password when there is none of them. */
export function credentialsOf(request: IncomingMessage, url: URL): Credentials {
  const own = request.headers['x-clickhouse-user'];
  if (own !== undefined) return { user: own.toString(), password: request.headers['x-clickhouse-key']?.toString() ?? '' };
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    return colon === -1 ? { user: text, password: '' } : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  return { user: url.searchParams.get('user') ?? 'default', password: url.searchParams.get('password') ?? '' };
}
