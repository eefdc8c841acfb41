/** On which port of a Kafka pod a client without a login is served. Pure. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Pod } from './objects.ts';

export interface KafkaListener {
  /** As Kafka or the container's port names it. */
  readonly name: string;
  readonly port: number;
  /** PLAINTEXT, SASL_PLAINTEXT, SSL, SASL_SSL; absent where the pod does not say it. */
  readonly protocol?: string;
}

interface Ranked extends KafkaListener {
  readonly rank: number;
}

/** Where nothing is said, this is where Kafka listens. */
const USUAL_PORT = 9092;
const NOT_FOR_CLIENTS = /controller|ctrlplane|interbroker|inter-broker|replication|agent|jmx|metrics|prometheus|http|rest|health/i;
const FROM_OUTSIDE = /external|outside|nodeport|loadbalancer|ingress|route/i;
const FOR_BROKERS = /broker/i;
const FOR_CLIENTS = /plain|internal|client/i;

/** For clients, the one that Faultline should take first. Controllers' own are left out. */
export function listenersOf(pod: Pod): readonly KafkaListener[] {
  const said = listenersOfEnv(pod);
  const found = said.length > 0 ? said : listenersOfPorts(pod);
  const ranked = found.length > 0 ? found : [{ name: '', port: USUAL_PORT, rank: 0 }];
  return ranked
    .toSorted((a, b) => loginRank(a) - loginRank(b) || a.rank - b.rank)
    .map(({ name, port, protocol }) => ({ name, port, ...(protocol === undefined ? {} : { protocol }) }));
}

/** Fails with `unauthorised` and what is missing where every listener wants a login or TLS. `kafka`: its name, for the sentence. */
export function openListener(listeners: readonly KafkaListener[], kafka: string): KafkaListener {
  const [first] = listeners;
  if (first !== undefined && !isGuarded(first)) return first;
  const all = listeners.map(({ name, port, protocol }) => `${name} (${port}, ${protocol ?? ''})`).join(', ');
  const wantsLogin = listeners.every(({ protocol }) => protocol?.startsWith('SASL') === true);
  throw new FaultlineError('unauthorised', {
    what: wantsLogin
      ? t('Every listener of Kafka {0} wants a login: a user and a password for SASL are missing', kafka)
      : t('Every listener of Kafka {0} wants TLS or a login: its certificate authority, or a user and a password, are missing', kafka),
    meaning: t('It listens on {0}', all),
    remedy: t('A plaintext listener inside of the cluster would be asked without a login.'),
  });
}

function isGuarded({ protocol }: KafkaListener): boolean {
  return protocol !== undefined && protocol !== 'PLAINTEXT';
}

/** What is known to be open goes before what may be, and that before what is not. */
function loginRank(listener: KafkaListener): number {
  if (listener.protocol === undefined) return 1;
  return isGuarded(listener) ? 2 : 0;
}

/** As the images take their settings: `KAFKA_LISTENERS`, Bitnami's `KAFKA_CFG_LISTENERS`. */
function listenersOfEnv(pod: Pod): readonly Ranked[] {
  const entries = (pod.spec?.containers ?? [])
    .flatMap(({ env }) => env ?? [])
    .flatMap(({ name, value }) => (value ? [[name, value] as const] : []));
  const env = new Map(entries);
  const setting = (name: string): string | undefined => env.get(`KAFKA_${name}`) ?? env.get(`KAFKA_CFG_${name}`);
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
    return [{ name, port: Number(port), rank, ...(protocol === undefined ? {} : { protocol }) }];
  });
}

/** Charts that keep Kafka's settings in a file still name their ports. */
function listenersOfPorts(pod: Pod): readonly Ranked[] {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.flatMap(({ name = '', containerPort: port, protocol = 'TCP' }) => {
    if (protocol !== 'TCP' || NOT_FOR_CLIENTS.test(name)) return [];
    const rank = FROM_OUTSIDE.test(name) ? 3 : FOR_BROKERS.test(name) ? 2 : FOR_CLIENTS.test(name) || port === USUAL_PORT ? 0 : 1;
    const guard = /sasl|scram/i.test(name) ? 'SASL' : /tls|ssl/i.test(name) ? 'SSL' : undefined;
    return [{ name, port, rank, ...(guard === undefined ? {} : { protocol: guard }) }];
  });
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
