/** Requests to one server over connections that stay open. Node's own client: it takes an authority's file, and costs less than `fetch`. */
import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { checkServerIdentity, rootCertificates, type PeerCertificate } from 'node:tls';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ServerTarget } from '../../base/target.ts';

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

/** How a server's certificate is judged. */
export interface TlsOptions {
  readonly ca?: string[];
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/** Nothing heard for so long: the connection is taken for lost. A coordinator answers within a second, a busy one within a few. */
const SILENCE_MS = 30_000;

export class HttpLine {
  readonly #url: URL;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  /** `url` has no path. */
  constructor(url: string, tls: TlsOptions) {
    this.#url = new URL(url);
    const secure = this.#url.protocol === 'https:';
    this.#agent = secure ? new https.Agent({ keepAlive: true, ...tls }) : new http.Agent({ keepAlive: true });
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
          headers: { ...request.headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
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

/** Fails with `notFound` when the authority's file can't be read. */
export async function tlsOptions(target: ServerTarget): Promise<TlsOptions> {
  return {
    ...(target.caFile === undefined ? {} : { ca: [...rootCertificates, await authority(target.caFile)] }),
    ...(target.at.kind === 'kubernetes' ? { checkServerIdentity: serviceIdentity(target.at.service, target.at.namespace) } : {}),
  };
}

async function authority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const facts = {
      what: t('The file of the certificate authority can’t be read: {0}', file),
      remedy: t('Correct the path in the connection.'),
    };
    throw new FaultlineError('notFound', facts, error);
  }
}

/** Through a port-forward the host is 127.0.0.1, which no certificate names: it has to be one of the Service's names in the cluster. */
function serviceIdentity(service: string, namespace: string): (host: string, certificate: PeerCertificate) => Error | undefined {
  const names = ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`].map((rest) => `${service}${rest}`);
  return (host, certificate) => {
    const errors = [host, ...names].map((name) => checkServerIdentity(name, certificate));
    return errors.includes(undefined) ? undefined : errors[0];
  };
}
