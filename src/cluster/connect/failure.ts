/** What a request to an API server can end with, in words that say what to do. */
import { FaultlineError, type ErrorReason } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { field } from './kubeconfig.ts';
import type { Access } from './access.ts';
import { ProxyFailure } from './passage.ts';
import { proxyText, type Proxy } from './proxy.ts';

/** The cause of an error that an API server answered with. */
export class ApiStatus extends Error {
  override readonly name = 'ApiStatus';
  /** HTTP. */
  readonly status: number;
  /** Of the Status object: `Expired`, `AlreadyExists`, `Conflict`, … */
  readonly statusReason: string | undefined;
  /** What a server that is busy asks for. */
  readonly retryAfterMs: number | undefined;
  /** The right that was asked for. */
  readonly access: Access | undefined;

  constructor(status: number, message: string, more: { statusReason?: string; retryAfterMs?: number; access?: Access } = {}) {
    super(message);
    this.status = status;
    this.statusReason = more.statusReason;
    this.retryAfterMs = more.retryAfterMs;
    this.access = more.access;
  }
}

/** HTTP status of an error that came from the API server: 409, 410, … */
export function statusOf(error: unknown): number | undefined {
  return causeOf(error)?.status;
}

/** How long the server asks to wait before the next request. */
export function retryAfterOf(error: unknown): number | undefined {
  return causeOf(error)?.retryAfterMs;
}

/** Which right is missing, of an error `forbidden`. */
export function missingRight(error: unknown): Access | undefined {
  return FaultlineError.is(error, 'forbidden') ? causeOf(error)?.access : undefined;
}

function causeOf(error: unknown): ApiStatus | undefined {
  return FaultlineError.is(error) && error.cause instanceof ApiStatus ? error.cause : undefined;
}

export interface Answer {
  readonly status: number;
  /** A Status object, or whatever a proxy on the way says. */
  readonly body: string;
  readonly retryAfter?: string;
  readonly access: Access;
  /** What the login is, for 401. */
  readonly remedy: string;
  readonly expiredMs?: number;
  readonly clusterName: string;
}

/** An answer that is no success. */
export function answerFailure(answer: Answer): FaultlineError {
  const { status, access, clusterName } = answer;
  const json = parsed(answer.body);
  const message = field(json, 'message');
  const statusReason = field(json, 'reason');
  const said = typeof message === 'string' ? message : answer.body.slice(0, 300).trim();
  const seconds = Number(answer.retryAfter);
  const cause = new ApiStatus(status, said, {
    access,
    ...(typeof statusReason === 'string' ? { statusReason } : {}),
    ...(answer.retryAfter !== undefined && Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
  });
  const code = cause.statusReason === undefined ? {} : { code: cause.statusReason };
  switch (status) {
    case 401: {
      const { expiredMs } = answer;
      const what =
        expiredMs === undefined
          ? t('{0} does not accept the login', clusterName)
          : t('The login for {0} expired on {1}', clusterName, new Date(expiredMs).toISOString().replace(/\.\d+Z$/, 'Z'));
      return new FaultlineError('unauthorised', { what, remedy: answer.remedy, ...code }, cause);
    }
    case 403:
      return new FaultlineError('forbidden', { ...forbiddenFacts(said, access), ...code }, cause);
    case 404:
      return new FaultlineError(
        'notFound',
        { what: typeof message === 'string' ? message : t('{0} has no {1}', clusterName, access.path), ...code },
        cause,
      );
    default: {
      const reason = reasonOf(status);
      const meaning = t('{0} answered with {1} to {2} {3}', clusterName, status, access.verb, access.path);
      return new FaultlineError(reason, { what: said === '' ? meaning : said, ...(said === '' ? {} : { meaning }), ...code }, cause);
    }
  }
}

function reasonOf(status: number): ErrorReason {
  if (status === 429 || status === 502 || status === 503) return 'unreachable';
  if (status === 504) return 'timedOut';
  return status >= 500 ? 'internal' : 'invalid';
}

function forbiddenFacts(said: string, { verb, resource, namespace, path }: Access): { what: string; meaning?: string; remedy: string } {
  // The server's words are the only place where the user's name stands.
  const user = /User "([^"]*)"/.exec(said)?.[1];
  const who = user === undefined || user === '' ? t('You') : user;
  const thing = resource ?? path;
  const what =
    namespace === undefined
      ? t('{0} may not {1} {2} in the whole cluster', who, verb, thing)
      : t('{0} may not {1} {2} in namespace {3}', who, verb, thing, namespace);
  return {
    what,
    ...(said === '' ? {} : { meaning: said }),
    remedy: t('Ask the cluster’s administrator for the verb {0} on {1}.', verb, thing),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Attempt {
  /** `https://host:port`. */
  readonly server: string;
  readonly proxy?: Proxy;
  readonly clusterName: string;
}

/** A request that got no answer. */
export function networkFailure(error: unknown, attempt: Attempt): FaultlineError {
  if (FaultlineError.is(error)) return error;
  const { server, clusterName, proxy } = attempt;
  const root = rootOf(error);
  const code = codeOf(root) ?? codeOf(error);
  // OpenSSL's errors go on for lines.
  const said = root.message.split('\n')[0]?.trim() ?? '';
  const place = t('{0} at {1}', clusterName, server);
  const unreachable = (what: string, remedy: string): FaultlineError =>
    new FaultlineError('unreachable', { what, ...(said === '' ? {} : { meaning: said }), remedy }, error);
  const ofProxy = proxyFailure(error);
  if (proxy !== undefined && ofProxy !== undefined) return unreachable(...proxyWords(ofProxy, proxy, place));
  switch (code) {
    case 'ECONNREFUSED':
      return unreachable(t('{0} refuses the connection', place), t('Check that the cluster runs, and that a VPN or tunnel to it is open.'));
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable(
        t('The name of {0} can’t be found', place),
        t('Check the server in the kubeconfig, the network, and a VPN that may know the name.'),
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return unreachable(t('There is no way to {0}', place), t('Check the network and the VPN.'));
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return unreachable(t('{0} does not answer', place), t('Check the network, the VPN, and that a firewall lets you through.'));
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return unreachable(
        t('The certificate of {0} is for another name', place),
        t('Check the server in the kubeconfig, or name the certificate’s own name there as tls-server-name.'),
      );
    case 'CERT_HAS_EXPIRED':
      return unreachable(
        t('The certificate of {0} has expired', place),
        t('Its administrator must renew it; check also this machine’s clock.'),
      );
    case 'CERT_NOT_YET_VALID':
      return unreachable(t('The certificate of {0} is not valid yet', place), t('Check the clock of this machine.'));
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
    case 'ERR_OSSL_X509_CERT_ALREADY_IN_HASH_TABLE':
      return unreachable(
        t('The certificate of {0} is not signed by the authority that the kubeconfig names', place),
        t('The cluster was made anew, or something on the way answers in its place. Write the kubeconfig again.'),
      );
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
    case 'EPROTO':
      return unreachable(t('{0} does not speak TLS', place), t('Check the port, and whether the server is http:// and not https://.'));
    default:
      return unreachable(t('The connection to {0} broke', place), t('Try again; check the network if it stays so.'));
  }
}

/** The bound of the request itself is over. */
export function timedOut({ server, clusterName }: Attempt, timeoutMs: number): FaultlineError {
  return new FaultlineError('timedOut', {
    what: t('{0} at {1} did not answer within {2} s', clusterName, server, timeoutMs / 1000),
    remedy: t('Check the network and the VPN; the cluster may be overloaded.'),
  });
}

/** A connection that was kept, and that the server had closed meanwhile. */
export function isStaleSocket(error: unknown): boolean {
  const code = codeOf(rootOf(error)) ?? codeOf(error);
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

function proxyFailure(error: unknown): ProxyFailure | undefined {
  if (error instanceof ProxyFailure) return error;
  return error instanceof Error ? proxyFailure(error.cause) : undefined;
}

function proxyWords({ status }: ProxyFailure, proxy: Proxy, place: string): readonly [what: string, remedy: string] {
  const [name, { from }] = [proxyText(proxy), proxy];
  const where = from === 'proxy-url' ? t('proxy-url in the kubeconfig') : t('the variable {0}', from);
  if (status === undefined) return [t('The proxy {0} on the way to {1} can’t be used', name, place), t('Check {0}.', where)];
  if (status === 407)
    return [
      t('The proxy {0} on the way to {1} wants a login', name, place),
      t('Write user and password into {0}, as in {1}.', where, 'http://user:password@host:port'),
    ];
  return [
    t('The proxy {0} does not lead to {1}: it answered with {2}', name, place, status),
    from === 'proxy-url'
      ? t('Check {0}, and that the proxy may go there.', where)
      : t('Check {0} and that the proxy may go there; what it should not be asked for is named in {1}.', where, 'NO_PROXY'),
  ];
}

function rootOf(error: unknown): Error {
  let current = error instanceof Error ? error : new Error(String(error));
  for (let depth = 0; depth < 8; depth++) {
    const next = current instanceof AggregateError ? (current.errors[0] as unknown) : current.cause;
    if (!(next instanceof Error)) break;
    current = next;
  }
  return current;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
