/** What Kafka and the way to it say, in words. Decided by Kafka's error codes, never by message text. */
import { FaultlineError, cancelled, normalise } from '../base/errors.ts';
import type { ErrorFacts, ErrorReason } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { HostPort } from './client.ts';

/** What was being done when it failed. */
export interface Doing {
  readonly broker?: HostPort;
  /** The near end of the tunnel, where there is one. */
  readonly via?: HostPort;
  readonly topic?: string;
  readonly user?: string;
  readonly mechanism?: string;
}

/** Written, perhaps: the answer was lost. */
export const MAYBE_WRITTEN = 'MAYBE_WRITTEN';

export function kafkaError(error: unknown, doing: Doing = {}): FaultlineError {
  if (error instanceof FaultlineError) return error;
  if (error instanceof Error && error.name === 'AbortError') return cancelled();
  const code = codeOf(error);
  if (code !== undefined) return errorOfCode(code, doing, error);
  // A mistake of a program, here or in the library: no broker is to blame.
  if (error instanceof TypeError || error instanceof RangeError) return normalise(error);
  if (isRefusal(error)) return refusedLogin(doing, error);
  const certificate = certificateError(error, doing);
  if (certificate !== undefined) return certificate;
  return unreachable(doing, error);
}

/** A leader has just changed, or a topic was just made: asked again a moment later, Kafka answers. */
export const passingCodes: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
  'FENCED_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

/** Kafka's own name of an error, `NOT_LEADER_OR_FOLLOWER`, wherever in the chain it is. */
export function codeOf(error: unknown): string | undefined {
  return find(error, (one) => {
    const code: unknown = Reflect.get(one, 'apiId');
    return typeof code === 'string' ? code : undefined;
  });
}

export function errorOfCode(code: string, doing: Doing, cause?: unknown): FaultlineError {
  const topic = doing.topic ?? '';
  const known = KNOWN[code];
  if (known !== undefined) return new FaultlineError(known.reason, { ...known.facts(topic), code }, cause);
  if (code.startsWith('SASL_') || code.endsWith('_SASL_MECHANISM') || code === 'ILLEGAL_SASL_STATE')
    return refusedLogin(doing, cause, code);
  if (code.endsWith('_AUTHORIZATION_FAILED')) {
    const what =
      doing.topic === undefined
        ? t('Kafka does not let this user do that')
        : t('Kafka does not let this user do that with topic {0}', topic);
    return new FaultlineError('forbidden', { what, meaning: code, remedy: t('Ask for an ACL that allows it.'), code }, cause);
  }
  if (code.startsWith('INVALID_') || INVALID.has(code))
    return new FaultlineError('invalid', { what: t('Kafka refused the request: {0}', serverText(cause) ?? code), code }, cause);
  return new FaultlineError('engine', { what: t('Kafka answered with {0}', code), ...meaning(serverText(cause)), code }, cause);
}

export function unreachable(doing: Doing, cause?: unknown): FaultlineError {
  const { broker, via } = doing;
  const name = broker === undefined ? '' : `${broker.host}:${broker.port}`;
  const isRouted = via !== undefined && (via.host !== broker?.host || via.port !== broker.port);
  const what =
    broker === undefined
      ? t('No Kafka broker answered')
      : isRouted
        ? t('Kafka broker {0} does not answer through {1}', name, `${via.host}:${via.port}`)
        : t('Kafka broker {0} does not answer', name);
  return new FaultlineError(
    'unreachable',
    {
      what,
      ...meaning(rootText(cause)),
      remedy: isOf(cause, 'PLT_KFK_USER')
        ? t('Its listener speaks TLS, or it does not and was asked to: change the connection’s TLS setting.')
        : t('See whether its pod runs, and whether this listener wants TLS or a login: it then closes the connection without a word.'),
    },
    cause,
  );
}

/** Another broker would show a certificate of the same authority. */
export function isOfCertificate(error: unknown): boolean {
  return FaultlineError.is(error) && error.facts.code !== undefined && CERTIFICATE_CODES.has(error.facts.code);
}

const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_SIGNATURE_FAILURE',
]);
const OTHER_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';
const EXPIRED = 'CERT_HAS_EXPIRED';
const CERTIFICATE_WANTED: ReadonlySet<string> = new Set([
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
]);
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([...UNKNOWN_AUTHORITY, OTHER_NAME, EXPIRED, ...CERTIFICATE_WANTED]);

/** By the codes of Node's TLS. */
function certificateError(error: unknown, { broker }: Doing): FaultlineError | undefined {
  const code = find(error, (one) => {
    const own: unknown = Reflect.get(one, 'code');
    return typeof own === 'string' && CERTIFICATE_CODES.has(own) ? own : undefined;
  });
  if (code === undefined) return undefined;
  const name = broker === undefined ? '' : `${broker.host}:${broker.port}`;
  const fail = (what: string, remedy: string): FaultlineError =>
    new FaultlineError('unreachable', { what, ...meaning(rootText(error)), remedy, code }, error);
  if (code === OTHER_NAME)
    return fail(
      t('The certificate of Kafka broker {0} is for another name', name),
      t(
        'The name that the broker advertises has to stand in its certificate: change advertised.listeners, or have it signed for that name.',
      ),
    );
  if (code === EXPIRED)
    return fail(
      t('The certificate of Kafka broker {0} has expired', name),
      t('Whoever runs Kafka has to renew it; check also this machine’s clock.'),
    );
  if (UNKNOWN_AUTHORITY.has(code))
    return fail(
      t('This machine does not know who signed the certificate of Kafka broker {0}', name),
      t('Give the PEM file of that authority with the login.'),
    );
  return new FaultlineError(
    'unauthorised',
    {
      what: t('Kafka broker {0} wants a certificate of who connects', name),
      remedy: t('Faultline logs in by user and password: use a listener that takes those.'),
      code,
    },
    error,
  );
}

export function unsupported(name: string, cause?: unknown): FaultlineError {
  return new FaultlineError(
    'unsupported',
    {
      what: t('This Kafka cluster does not know the request {0} in a version that Faultline speaks', name),
      remedy: t('Faultline needs Kafka 2.4 or newer; the quorum needs KRaft, 3.3 or newer.'),
      code: 'UNSUPPORTED_VERSION',
    },
    cause,
  );
}

export function noTopic(topic: string, cause?: unknown): FaultlineError {
  return errorOfCode('UNKNOWN_TOPIC_OR_PARTITION', { topic }, cause);
}

export function timedOut(what: string, code?: string, cause?: unknown): FaultlineError {
  return new FaultlineError('timedOut', { what, ...(code === undefined ? {} : { code }) }, cause);
}

function refusedLogin({ user, mechanism, broker }: Doing, cause: unknown, code = 'SASL_AUTHENTICATION_FAILED'): FaultlineError {
  const at = broker === undefined ? '' : `${broker.host}:${broker.port}`;
  const isOfMechanism = code.endsWith('_SASL_MECHANISM');
  if (user !== undefined && (isOfMechanism || code === 'ILLEGAL_SASL_STATE'))
    return new FaultlineError(
      'unauthorised',
      {
        what: isOfMechanism
          ? t('This listener of Kafka does not take logins by {0}', mechanism ?? '')
          : t('This listener of Kafka takes no logins'),
        ...(at === '' ? {} : { meaning: t('At broker {0}', at) }),
        remedy: isOfMechanism ? t('Log in by another mechanism, or at another listener.') : t('Log in at another listener.'),
        code,
      },
      cause,
    );
  return new FaultlineError(
    'unauthorised',
    {
      what: user === undefined ? t('Kafka asks for a login') : t('Kafka refused the login of {0} with {1}', user, mechanism ?? ''),
      ...(at === '' ? {} : { meaning: t('At broker {0}', at) }),
      remedy: t('Check user and password, and that this listener offers the mechanism.'),
      code,
    },
    cause,
  );
}

interface Known {
  readonly reason: ErrorReason;
  facts(topic: string): ErrorFacts;
}

const TOO_FEW: Known = {
  reason: 'engine',
  facts: (topic) => ({
    what: t('Topic {0} has fewer replicas in sync than a write needs', topic),
    meaning: t('Kafka takes no writes there until min.insync.replicas of them are back'),
    remedy: t('See which broker is down, or out of the ISR.'),
  }),
};

const MISSING: Known = {
  reason: 'notFound',
  facts: (topic) => ({ what: t('There is no topic {0}', topic), remedy: t('Create it, or check its name.') }),
};

const KNOWN: Readonly<Partial<Record<string, Known>>> = {
  UNKNOWN_TOPIC_OR_PARTITION: MISSING,
  UNKNOWN_TOPIC_ID: MISSING,
  NOT_ENOUGH_REPLICAS: TOO_FEW,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: TOO_FEW,
  TOPIC_ALREADY_EXISTS: { reason: 'invalid', facts: (topic) => ({ what: t('Topic {0} exists already', topic) }) },
  LEADER_NOT_AVAILABLE: {
    reason: 'engine',
    facts: (topic) => ({
      what: t('A partition of topic {0} has no leader', topic),
      remedy: t('It gets one when a broker that was in sync is back.'),
    }),
  },
  MESSAGE_TOO_LARGE: {
    reason: 'invalid',
    facts: (topic) => ({ what: t('A message is larger than topic {0} takes', topic), remedy: t('Raise max.message.bytes.') }),
  },
  UNSUPPORTED_VERSION: { reason: 'unsupported', facts: () => unsupported('').facts },
};

const INVALID: ReadonlySet<string> = new Set([
  'POLICY_VIOLATION',
  'RECORD_LIST_TOO_LARGE',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'INVALID_RECORD',
]);

/** The library says so too of a connection that broke in the middle of a login: nobody refused that one. */
function isRefusal(error: unknown): boolean {
  const failed = find(error, (one) => (Reflect.get(one, 'code') === 'PLT_KFK_AUTHENTICATION' ? one : undefined));
  return failed !== undefined && !isOf(failed.cause, 'PLT_KFK_NETWORK') && !isOf(failed.cause, 'PLT_KFK_TIMEOUT');
}

function isOf(error: unknown, code: string): boolean {
  return find(error, (one) => (Reflect.get(one, 'code') === code ? true : undefined)) ?? false;
}

/** What the broker wrote beside its code. */
function serverText(error: unknown): string | undefined {
  return find(error, (one) => {
    const text: unknown = Reflect.get(one, 'serverErrorMessage');
    return typeof text === 'string' && text !== '' ? text : undefined;
  });
}

/** The innermost message: `connect ECONNREFUSED 127.0.0.1:9092`. */
function rootText(error: unknown): string | undefined {
  let text: string | undefined;
  find(error, (one) => {
    if (one.message !== '') text = one.message;
    return undefined;
  });
  return text;
}

function meaning(text: string | undefined): { readonly meaning?: string } {
  return text === undefined ? {} : { meaning: text };
}

/** The first answer along an error, what it gathers, and its causes. */
function find<T>(error: unknown, of: (one: Error) => T | undefined, depth = 0): T | undefined {
  if (!(error instanceof Error) || depth > 8) return undefined;
  const own = of(error);
  if (own !== undefined) return own;
  for (const inner of error instanceof AggregateError ? (error.errors as unknown[]) : []) {
    const found = find(inner, of, depth + 1);
    if (found !== undefined) return found;
  }
  return find(error.cause, of, depth + 1);
}
