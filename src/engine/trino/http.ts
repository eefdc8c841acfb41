/** Requests to one server over connections that stay open. Node's own client: it takes an authority's file, and costs less than `fetch`. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { ServerTls } from '../tls.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** From the first slash on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Nothing heard for so long: the connection is taken for lost. A coordinator answers within a second, a busy one within a few. */
const SILENCE_MS = 30_000;

export class HttpLine {
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #host: Readonly<Record<string, string>>;

  /** `url` has no path. */
  constructor(url: string, { options, host }: ServerTls) {
    this.#url = new URL(url);
    this.#host = host === undefined ? {} : { host };
    const secure = this.#url.protocol === 'https:';
    this.#agent = secure ? new https.Agent({ keepAlive: true, ...options }) : new http.Agent({ keepAlive: true });
    this.#request = secure ? https.request : http.request;
  }

  /** Rejects with what Node throws (`code`), also for a body that breaks off, and with an AbortError. */
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const body = request.body === undefined ? undefined : Buffer.from(request.body);
      const sent = this.#request(
        {
          protocol: this.#url.protocol,
          hostname: this.#url.hostname.replace(/^\[|\]$/g, ''),
          port: this.#url.port,
          agent: this.#agent,
          method: request.method,
          path: request.path,
          headers: { ...this.#host, ...request.headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
          timeout: SILENCE_MS,
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const [only] = chunks;
            const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString('utf8') });
          });
        },
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(Object.assign(new Error('The server has been silent for too long'), { code: 'ETIMEDOUT' })));
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
