/** Sends requests over a cluster's pool: bounded, and once more with a new login where the server refused the old one. */
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { cancelled, FaultlineError } from '../../base/errors.ts';
import { accessOf } from './access.ts';
import { boundOf, type Bound } from './bound.ts';
import type { ApiRequest } from './request.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { answerFailure, isStaleSocket, networkFailure, timedOut, type Attempt } from './failure.ts';
import type { ConnectionPool, Dispatcher } from './pool.ts';
import type { ServerClock } from './serverClock.ts';

export interface SenderParts extends Attempt {
  readonly credentials: CredentialSource;
  readonly pool: ConnectionPool;
  readonly serverClock: ServerClock;
  readonly life: AbortSignal;
}

const defaultTimeoutMs = 30_000;
/** What an error says; more than this is a page of a proxy. */
const maxErrorBytes = 100_000;
/** No object is larger than etcd takes; a line of a log can be. */
const maxLineCharacters = 64_000_000;
const unzip = promisify(gunzip);

export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  async request<T>(request: ApiRequest): Promise<T> {
    const bound = this.#bound(request);
    try {
      const { body, headers } = await this.#send(request, bound, true);
      const bytes = Buffer.from(await body.arrayBuffer());
      const text = (headers['content-encoding'] === 'gzip' ? await unzip(bytes) : bytes).toString('utf8');
      // The caller names the shape: what an API server sends is what its version says, and validating lists would cost more than parsing them.
      return (isJson(headers) ? JSON.parse(text) : text) as T;
    } catch (error) {
      throw this.#failure(error, bound);
    } finally {
      bound.end();
    }
  }

  async *lines(request: ApiRequest): AsyncGenerator<string> {
    const bound = this.#bound(request);
    try {
      const { body } = await this.#send(request, bound, false);
      // From here on only the caller and the end of the connection end it.
      bound.release();
      request.opened?.();
      yield* linesOf(body);
    } catch (error) {
      throw this.#failure(error, bound);
    } finally {
      // Ends the connection where the loop was left before the answer's end.
      bound.stop();
      bound.end();
    }
  }

  #bound({ timeoutMs = defaultTimeoutMs, signal }: ApiRequest): Bound {
    return boundOf(timeoutMs, [this.#parts.life, ...(signal === undefined ? [] : [signal])]);
  }

  async #send(request: ApiRequest, bound: Bound, mayZip: boolean): Promise<Dispatcher.ResponseData> {
    const { credentials } = this.#parts;
    for (let isRetry = false; ; isRetry = true) {
      const login = await bound.race(credentials.get());
      const response = await this.#sendFresh(request, login, bound, mayZip);
      if (response.statusCode < 300) return response;
      const body = await errorText(response);
      const expiredMs = credentials.expiredMs(login);
      if (response.statusCode === 401 && credentials.refused(login) && !isRetry) continue;
      throw this.#answered(request, response, body, expiredMs);
    }
  }

  #answered(request: ApiRequest, response: Dispatcher.ResponseData, body: string, expiredMs: number | undefined): FaultlineError {
    const { statusCode, headers } = response;
    const { credentials, clusterName } = this.#parts;
    const retryAfter = headers['retry-after'];
    return answerFailure({
      status: statusCode,
      body,
      access: accessOf(request.method ?? 'GET', request.path, request.query?.['watch'] === true),
      remedy: credentials.remedy,
      clusterName,
      ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
      ...(expiredMs === undefined ? {} : { expiredMs }),
    });
  }

  /** A kept connection that the server closed meanwhile tells nothing about the server: what only reads is sent once more. */
  async #sendFresh(request: ApiRequest, login: Credentials, bound: Bound, mayZip: boolean): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#sendOnce(request, login, bound, mayZip);
    } catch (error) {
      if ((request.method ?? 'GET') !== 'GET' || bound.signal.aborted || !isStaleSocket(error)) throw error;
      return this.#sendOnce(request, login, bound, mayZip);
    }
  }

  async #sendOnce(request: ApiRequest, login: Credentials, bound: Bound, mayZip: boolean): Promise<Dispatcher.ResponseData> {
    const { pool, server, serverClock } = this.#parts;
    const dispatcher = pool.dispatcher(login);
    bound.begin();
    const { origin, pathname } = new URL(server);
    const { body, method = 'GET' } = request;
    const headers: Record<string, string | string[]> = {
      accept: request.accept ?? 'application/json',
      'user-agent': 'faultline',
      ...(mayZip ? { 'accept-encoding': 'gzip' } : {}),
      ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    };
    for (const [name, value] of Object.entries(login.headers)) headers[name] = typeof value === 'string' ? value : [...value];
    const heard = serverClock.ask();
    const answer = dispatcher.request({
      origin,
      path: `${pathname === '/' ? '' : pathname}${request.path}${queryOf(request)}`,
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: bound.signal,
    });
    // undici looks at the signal again only when it has a connection: to a server that accepts and is silent that takes 10 s.
    const response = await bound.race(answer).catch((error: unknown) => {
      answer.then(({ body: late }) => late.destroy()).catch(() => undefined);
      throw error;
    });
    const { date } = response.headers;
    heard(typeof date === 'string' ? date : undefined);
    return response;
  }

  #failure(error: unknown, bound: Bound): FaultlineError {
    if (FaultlineError.is(error)) return error;
    if (bound.isOver()) return timedOut(this.#parts, bound.timeoutMs);
    if (bound.signal.aborted) return cancelled();
    return networkFailure(error, this.#parts);
  }
}

/** An array's values each for themselves, as the API wants them: `command=a&command=b`. */
function queryOf({ query = {} }: ApiRequest): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [value]) params.append(name, String(one));
  }
  return params.size === 0 ? '' : `?${params.toString()}`;
}

function isJson(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.includes('json') ?? false;
}

async function errorText({ body, headers }: Dispatcher.ResponseData): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > maxErrorBytes) break;
  }
  const bytes = Buffer.concat(parts);
  return (headers['content-encoding'] === 'gzip' ? await unzip(bytes).catch(() => Buffer.alloc(0)) : bytes).toString('utf8');
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of body) {
    const text = decoder.decode(part, { stream: true });
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, at);
      rest = '';
      from = at + 1;
      yield line;
    }
    rest += text.slice(from);
    if (rest.length > maxLineCharacters) throw new FaultlineError('invalid', { what: 'A line of the answer is longer than 64 MB' });
  }
  if (rest !== '') yield rest;
}
