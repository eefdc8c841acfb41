/** What the listeners of a Kafka pod want of a client, and which of them takes a login. Pure. */
import { FaultlineError } from '../base/errors.ts';
import { saslMechanisms, type KafkaLogin, type SaslMechanism } from '../base/kafkaLogin.ts';
import { t } from '../base/messages.ts';
import type { AnyObject, Container, Pod } from './objects.ts';

export interface KafkaListener {
  /** As Kafka or the container's port names it. */
  readonly name: string;
  readonly port: number;
  /** PLAINTEXT, SASL_PLAINTEXT, SSL, SASL_SSL; SASL or TLS where only the port's name speaks of it; absent where nothing says it. */
  readonly protocol?: string;
  /** Those of Kafka's list that Faultline speaks; absent where nothing says it. */
  readonly mechanisms?: readonly SaslMechanism[];
}

/** What a client of the listener needs: `maybe` where it does not say. */
export interface ListenerWants {
  readonly login: 'yes' | 'no' | 'maybe';
  readonly tls: 'yes' | 'no' | 'maybe';
}

/** As a Kafka client takes them. */
export interface KafkaCredentials {
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly user: string; readonly password: string };
  readonly tls?: { readonly caPem?: string };
}

interface Ranked extends KafkaListener {
  readonly rank: number;
}

/** Of the error that says that a login is missing, or one for another kind of listener. */
export const LOGIN_WANTED = 'LOGIN_WANTED';

/** Where nothing is said, this is where Kafka listens. */
const USUAL_PORT = 9092;
const NOT_FOR_CLIENTS = /controller|ctrlplane|interbroker|inter-broker|replication|agent|jmx|metrics|prometheus|http|rest|health/i;
const FROM_OUTSIDE = /external|outside|nodeport|loadbalancer|ingress|route/i;
const FOR_BROKERS = /broker/i;
const FOR_CLIENTS = /plain|internal|client/i;

/** For clients, the one that Faultline should take first. Controllers' own are left out. `resource`: Strimzi's, which says it best. */
export function listenersOf(pod: Pod, resource?: AnyObject): readonly KafkaListener[] {
  const known = resource === undefined ? [] : listenersOfStrimzi(resource);
  const said = known.length > 0 ? known : listenersOfEnv(pod);
  const found = said.length > 0 ? said : listenersOfPorts(pod);
  const ranked = found.length > 0 ? found : [{ name: '', port: USUAL_PORT, rank: 0 }];
  const inOrder = ranked.toSorted((a, b) => loginRank(a) - loginRank(b) || a.rank - b.rank);
  return inOrder.map((one) => {
    const { rank: _, ...listener } = one;
    return listener;
  });
}

export function wantsOf({ protocol }: KafkaListener): ListenerWants {
  switch (protocol) {
    case 'PLAINTEXT':
      return { login: 'no', tls: 'no' };
    case 'SASL_PLAINTEXT':
      return { login: 'yes', tls: 'no' };
    case 'SSL':
      return { login: 'no', tls: 'yes' };
    case 'SASL_SSL':
      return { login: 'yes', tls: 'yes' };
    case 'SASL':
      return { login: 'yes', tls: 'maybe' };
    case 'TLS':
      return { login: 'maybe', tls: 'yes' };
    default:
      return { login: 'maybe', tls: 'maybe' };
  }
}

/** Those that a login can be given for; last those that may not want any. */
export function guardedListeners(listeners: readonly KafkaListener[]): readonly KafkaListener[] {
  return listeners.filter(({ protocol }) => protocol !== 'PLAINTEXT').toSorted((a, b) => doubts(a) - doubts(b));
}

function doubts(listener: KafkaListener): number {
  return Object.values(wantsOf(listener)).filter((wants) => wants === 'maybe').length;
}

/**
 * The listener to ask, and how. Without a login one that needs none; a login goes to no listener that does not want it.
 * Fails with `unauthorised` and `LOGIN_WANTED`, and says what is missing. `kafka`: its name, for the sentence.
 */
export function chooseListener(
  listeners: readonly KafkaListener[],
  kafka: string,
  login?: KafkaLogin,
): { readonly listener: KafkaListener; readonly credentials: KafkaCredentials } {
  if (login === undefined) return { listener: openListener(listeners, kafka), credentials: {} };
  const { mechanism } = login.sasl ?? {};
  const fitting = guardedListeners(listeners)
    .filter((one) => fits(wantsOf(one), login))
    // One that is known not to speak this mechanism is the last to be tried, and one that says nothing may be open to all.
    .toSorted((a, b) => Number(speaks(b, mechanism)) - Number(speaks(a, mechanism)));
  const listener = fitting.find(({ name }) => name === login.listener) ?? fitting[0];
  if (listener === undefined)
    throw new FaultlineError('unauthorised', {
      what: t('No listener of Kafka {0} takes this login', kafka),
      meaning: t('It listens on {0}', namesOf(listeners)),
      remedy: t('Log in anew, or forget the login.'),
      code: LOGIN_WANTED,
    });
  return { listener, credentials: credentialsFor(listener, login) };
}

function credentialsFor(listener: KafkaListener, { sasl, isTls, caPem }: KafkaLogin): KafkaCredentials {
  const { tls } = wantsOf(listener);
  const speaksTls = tls === 'maybe' ? (isTls ?? caPem !== undefined) : tls === 'yes';
  const mechanism = sasl?.mechanism ?? listener.mechanisms?.[0] ?? 'SCRAM-SHA-512';
  return {
    ...(sasl === undefined ? {} : { sasl: { mechanism, user: sasl.user, password: sasl.password } }),
    ...(speaksTls ? { tls: caPem === undefined ? {} : { caPem } } : {}),
  };
}

function speaks({ mechanisms }: KafkaListener, mechanism: SaslMechanism | undefined): boolean {
  return mechanism === undefined || mechanisms === undefined || mechanisms.includes(mechanism);
}

/** A person who says nothing of TLS leaves it to the listener; who names an authority wants it. */
function fits({ login, tls }: ListenerWants, { sasl, caPem, isTls = caPem === undefined ? undefined : true }: KafkaLogin): boolean {
  const isLoginRight = login === 'maybe' || (login === 'yes') === (sasl !== undefined);
  return isLoginRight && (tls === 'maybe' || isTls === undefined || (tls === 'yes') === isTls);
}

function openListener(listeners: readonly KafkaListener[], kafka: string): KafkaListener {
  const [first] = listeners;
  if (first !== undefined && !isGuarded(first)) return first;
  const wantsLogin = listeners.every(({ protocol }) => protocol?.startsWith('SASL') === true);
  throw new FaultlineError('unauthorised', {
    what: wantsLogin
      ? t('Every listener of Kafka {0} wants a login: a user and a password for SASL are missing', kafka)
      : t('Every listener of Kafka {0} wants TLS or a login: its certificate authority, or a user and a password, are missing', kafka),
    meaning: t('It listens on {0}', namesOf(listeners)),
    remedy: t('Log in to it; a plaintext listener inside of the cluster would be asked without a login.'),
    code: LOGIN_WANTED,
  });
}

function namesOf(listeners: readonly KafkaListener[]): string {
  return listeners.map(({ name, port, protocol }) => `${name} (${port}, ${protocol ?? ''})`).join(', ');
}

function isGuarded({ protocol }: KafkaListener): boolean {
  return protocol !== undefined && protocol !== 'PLAINTEXT';
}

/** What is known to be open goes before what may be, and that before what is not. */
function loginRank(listener: KafkaListener): number {
  if (listener.protocol === undefined) return 1;
  return isGuarded(listener) ? 2 : 0;
}

/** The settings that the images take as variables, `KAFKA_LISTENERS`, Bitnami's `KAFKA_CFG_LISTENERS`, by their name without that. */
export function kafkaSettings(containers: readonly Container[] | undefined): (name: string) => string | undefined {
  const entries = (containers ?? []).flatMap(({ env }) => env ?? []).flatMap(({ name, value }) => (value ? [[name, value] as const] : []));
  const env = new Map(entries);
  return (name) => env.get(`KAFKA_${name}`) ?? env.get(`KAFKA_CFG_${name}`);
}

function listenersOfEnv(pod: Pod): readonly Ranked[] {
  const setting = kafkaSettings(pod.spec?.containers);
  const protocols = new Map(
    listOf(setting('LISTENER_SECURITY_PROTOCOL_MAP')).map((pair) => [pair.split(':')[0] ?? '', pair.split(':')[1] ?? '']),
  );
  const controllers = listOf(setting('CONTROLLER_LISTENER_NAMES'));
  const between = setting('INTER_BROKER_LISTENER_NAME');
  return listOf(setting('LISTENERS') ?? setting('ADVERTISED_LISTENERS')).flatMap((listener) => {
    const [, name, port] = /^(\w[\w.-]*):\/\/.*:(\d+)$/.exec(listener) ?? [];
    if (name === undefined || port === undefined || controllers.includes(name)) return [];
    const protocol = protocols.get(name) ?? (/^(?:SASL_)?(?:PLAINTEXT|SSL)$/.test(name) ? name : undefined);
    const rank = FROM_OUTSIDE.test(name) ? 2 : name === between ? 1 : 0;
    // As the images write names: a dash as three lines, a line as two.
    const own = name.toUpperCase().replaceAll('_', '__').replaceAll('-', '___');
    const mechanisms = setting(`LISTENER_NAME_${own}_SASL_ENABLED_MECHANISMS`) ?? setting('SASL_ENABLED_MECHANISMS');
    return [
      {
        name,
        port: Number(port),
        rank,
        ...(protocol === undefined ? {} : { protocol }),
        ...(mechanisms === undefined || protocol?.startsWith('SASL') !== true ? {} : { mechanisms: spoken(listOf(mechanisms)) }),
      },
    ];
  });
}

/** Charts that keep Kafka's settings in a file still name their ports. */
function listenersOfPorts(pod: Pod): readonly Ranked[] {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.flatMap(({ name = '', containerPort: port, protocol = 'TCP' }) => {
    if (protocol !== 'TCP' || NOT_FOR_CLIENTS.test(name)) return [];
    const rank = FROM_OUTSIDE.test(name) ? 3 : FOR_BROKERS.test(name) ? 2 : FOR_CLIENTS.test(name) || port === USUAL_PORT ? 0 : 1;
    const guard = /sasl|scram/i.test(name) ? 'SASL' : /tls|ssl/i.test(name) ? 'TLS' : undefined;
    return [{ name, port, rank, ...(guard === undefined ? {} : { protocol: guard }) }];
  });
}

/** Strimzi's Kafka: `spec.kafka.listeners`. */
function listenersOfStrimzi({ spec }: AnyObject): readonly Ranked[] {
  const listeners = fieldOf(fieldOf(spec, 'kafka'), 'listeners');
  return (Array.isArray(listeners) ? (listeners as readonly unknown[]) : []).flatMap((one) => {
    const [name, port, type, tls] = ['name', 'port', 'type', 'tls'].map((field) => fieldOf(one, field));
    if (typeof name !== 'string' || typeof port !== 'number') return [];
    const kind = fieldOf(fieldOf(one, 'authentication'), 'type');
    // By a certificate of the client's own: Kafka calls that SSL.
    const hasLogin = kind !== undefined && kind !== 'tls';
    const protocol = `${hasLogin ? 'SASL_' : ''}${tls === true ? 'SSL' : 'PLAINTEXT'}`;
    const mechanisms = hasLogin ? { mechanisms: kind === 'scram-sha-512' ? (['SCRAM-SHA-512'] as const) : [] } : {};
    return [{ name, port, rank: type === 'internal' ? 0 : 2, protocol, ...mechanisms }];
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function spoken(names: readonly string[]): readonly SaslMechanism[] {
  return saslMechanisms.filter((mechanism) => names.some((name) => name.toUpperCase() === mechanism));
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
