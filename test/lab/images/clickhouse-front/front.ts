/** One HTTP request, one answer, with the headers and statuses of ClickHouse's HTTP interface. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Answer } from './chdb.ts';
import type { Engine } from './engine.ts';
import { asServerError, ServerError, statusOf } from './errors.ts';
import { credentialsOf, isEncoding, PACK, readStatement } from './request.ts';
import type { Credentials, Statement } from './request.ts';
import { contentType, formatOf } from './sql.ts';

const TEXT = 'text/plain; charset=UTF-8';

export interface FrontOptions extends Credentials {
  readonly hostname: string;
}

export class Front {
  readonly #engine: Engine;
  readonly #options: FrontOptions;

  constructor(engine: Engine, options: FrontOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Never throws: what goes wrong is the answer. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.on('error', () => undefined);
    try {
      const plain = fixedAnswer(request, url);
      if (plain !== undefined) {
        request.resume();
        response.writeHead(plain.status, { 'Content-Type': TEXT });
        response.end(request.method === 'HEAD' ? undefined : plain.text);
        return;
      }
      await this.#query(request, url, response);
    } catch (error) {
      this.#fail(error, response);
    }
  }

  async #query(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    this.#admit(credentialsOf(request, url));
    const statement = await readStatement(request, url);
    response.setHeader('X-ClickHouse-Server-Display-Name', this.#options.hostname);
    response.setHeader('X-ClickHouse-Query-Id', statement.queryId);
    response.setHeader('X-ClickHouse-Timezone', 'UTC');
    const answer = await this.#engine.run(statement);
    const format = formatOf(statement.sql, statement.format);
    const headers: OutgoingHttpHeaders = {
      'Content-Type': contentType(format),
      'X-ClickHouse-Format': format,
      'X-ClickHouse-Summary': summaryOf(statement, answer),
    };
    const wanted = url.searchParams.get('enable_http_compression') === '1' ? encodingFor(request) : undefined;
    const bytes = answer.bytes();
    const body = wanted === undefined ? Buffer.from(bytes) : await PACK[wanted](bytes);
    if (wanted !== undefined) headers['Content-Encoding'] = wanted;
    response.writeHead(200, { ...headers, 'Content-Length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #admit({ user, password }: Credentials): void {
    if (user === this.#options.user && password === this.#options.password) return;
    const text = `${user}: Authentication failed: password is incorrect, or there is no user with such name.`;
    throw new ServerError(516, text, 'AUTHENTICATION_FAILED');
  }

  #fail(error: unknown, response: ServerResponse): void {
    const { code, message } = asServerError(error);
    const text = `${message} (version ${this.#engine.version} (official build))\n`;
    const headers = { 'Content-Type': TEXT, 'X-ClickHouse-Exception-Code': String(code) };
    response.writeHead(statusOf(code), { ...headers, 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  }
}

interface Fixed {
  readonly status: number;
  readonly text: string;
}

/** What is answered without a statement. */
function fixedAnswer(request: IncomingMessage, url: URL): Fixed | undefined {
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (!reads && request.method !== 'POST') return { status: 501, text: `Unsupported method ${request.method}\n` };
  if (reads && ['/ping', '/replicas_status'].includes(url.pathname)) return { status: 200, text: 'Ok.\n' };
  if (reads && url.pathname === '/' && !url.searchParams.has('query')) return { status: 200, text: 'Ok.\n' };
  if (url.pathname !== '/' && url.pathname !== '/query')
    return { status: 404, text: `There is no handle ${url.pathname}\n\nUse / or /ping for health checks.\n` };
  return undefined;
}

function encodingFor(request: IncomingMessage): keyof typeof PACK | undefined {
  const accepted = (request.headers['accept-encoding']?.toString() ?? '').split(',');
  return accepted.map((one) => one.split(';')[0]?.trim() ?? '').find(isEncoding);
}

/** Numbers are strings, as the server writes them; what was read the library does not tell. */
function summaryOf({ sql }: Statement, answer: Answer): string {
  const { rowsRead, elapsed } = answer;
  const none = { read_rows: '0', read_bytes: '0', written_rows: '0', written_bytes: '0', total_rows_to_read: '0' };
  const inserts = /^\s*INSERT\b/i.test(sql);
  const result = inserts
    ? { result_rows: '0', result_bytes: '0' }
    : { result_rows: String(rowsRead), result_bytes: String(answer.bytes().length) };
  return JSON.stringify({ ...none, ...result, elapsed_ns: String(Math.round(elapsed * 1e9)) });
}
