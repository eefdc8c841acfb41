/**
 * HTTP as a client of an engine has it: over connections that are kept, or over a new one for each question. Node's own and not
 * `fetch`: it says whether a request had left when its connection broke.
 */
import { Agent, request as httpRequest, type ClientRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import type { OperationError } from '../../../../journal/failure.ts';
import { t } from '../../../../base/messages.ts';

export interface HttpAsked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request that got no whole answer. */
export class Lost extends Error {
  /** Nobody has got it. */
  readonly unsent: boolean;
  readonly code: string;

  constructor(cause: Error, unsent: boolean) {
    super(cause.message, { cause });
    this.unsent = unsent;
    const code: unknown = Reflect.get(cause, 'code');
    this.code = typeof code === 'string' ? code : 'LOST';
  }
}

/** Connections of one question, or of all. */
export interface Wire {
  /** Fails with `Lost`, also when the signal aborts. */
  send(asked: HttpAsked, signal: AbortSignal): Promise<HttpAnswered>;
  /** When nothing is under way any more. */
  close(): void;
}

const mostAnswerBytes = 4 * 1024 * 1024;
const keptConnections = 8;

/** `host:port`, or a URL. */
export function placeOf(address: string): { readonly host: string; readonly port: number; readonly isTls: boolean; readonly text: string } {
  const url = new URL(/^https?:\/\//.test(address) ? address : `http://${address}`);
  const isTls = url.protocol === 'https:';
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) || (isTls ? 443 : 80), isTls, text: url.host };
}

/** `fresh`: for one question, which may be several requests; its connection ends with it. */
export function openWire(address: string, connection: 'pooled' | 'fresh', caPem?: string): Wire {
  const { host, port, isTls, text } = placeOf(address);
  const kept = { keepAlive: true, ...(connection === 'fresh' ? { maxSockets: 1 } : { maxFreeSockets: keptConnections }) };
  const agent = isTls ? new TlsAgent({ ...kept, ...(caPem === undefined ? {} : { ca: caPem }) }) : new Agent(kept);
  let underWay = 0;
  let isClosing = false;
  const closeIdle = (): void => {
    if (isClosing && underWay === 0) agent.destroy();
  };
  return {
    send: ({ method, path, headers = {}, body }, signal) => {
      underWay++;
      const sent = (isTls ? httpsRequest : httpRequest)({
        ...{ host, port, method, path, agent, signal },
        headers: { host: text, ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
      });
      const answered = answerOf(sent);
      sent.end(body);
      return answered.finally(() => {
        underWay--;
        // What comes next may be asked in this very turn.
        setImmediate(closeIdle);
      });
    },
    close: () => {
      isClosing = true;
      setImmediate(closeIdle);
    },
  };
}

function answerOf(sent: ClientRequest): Promise<HttpAnswered> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswered>();
  let connected = false;
  sent.once('socket', (socket) => {
    if (!socket.connecting) connected = true;
    else socket.once('connect', () => (connected = true));
  });
  sent.on('error', (error) => reject(new Lost(error, !connected)));
  sent.once('response', (response) => {
    const parts: Buffer[] = [];
    let sizeBytes = 0;
    response.on('data', (part: Buffer) => {
      parts.push(part);
      sizeBytes += part.length;
      if (sizeBytes > mostAnswerBytes) sent.destroy(new Error(t('The answer is too large for a probe')));
    });
    response.on('error', (error) => reject(new Lost(error, false)));
    response.once('close', () => {
      if (!response.complete) return reject(new Lost(new Error(t('The answer broke off')), false));
      return resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() });
    });
  });
  return promise;
}

/** In words. */
export function lostError({ code, message }: Lost, address: string): OperationError {
  const { text: place } = placeOf(address);
  const text = ((): string => {
    switch (code) {
      case 'ECONNREFUSED':
        return t('{0} refuses the connection', place);
      case 'ENOTFOUND':
      case 'EAI_AGAIN':
        return t('The name of {0} can’t be found', place);
      case 'ECONNRESET':
      case 'EPIPE':
        return t('{0} reset the connection', place);
      case 'EHOSTUNREACH':
      case 'ENETUNREACH':
        return t('There is no way to {0}', place);
      case 'ETIMEDOUT':
        return t('{0} does not take the connection', place);
      default:
        return t('The connection to {0} broke: {1}', place, message);
    }
  })();
  return { reason: 'unreachable', text, code };
}
