/** The way to a Kafka cluster's brokers from outside of their Kubernetes: a port-forward for each pod, by what brokers call themselves. */
import { FaultlineError, normalise } from '../base/errors.ts';
import type { KafkaLogin } from '../base/kafkaLogin.ts';
import { t } from '../base/messages.ts';
import { openForward, type Forward } from './act/forward.ts';
import { unlessAborted } from './act/signal.ts';
import type { ClusterConnection } from './connect/connection.ts';
import { chooseListener, kafkaSettings, listenersOf, type KafkaCredentials, type KafkaListener } from './kafkaListeners.ts';
import type { AnyObject, Pod } from './objects.ts';
import { brokerPods } from './recognise/kafka.ts';
import type { KafkaInstance, PodLine } from './recognise/model.ts';
import { customKind, kinds, pathOf } from './watch/kinds.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** A broker pod, by a name that `route` knows. */
export interface FirstBroker extends HostPort {
  /** What the pod and its Service are called inside of the cluster: what it advertises is known only when it has answered. */
  readonly certificateNames: readonly string[];
}

export interface KafkaRoutes {
  /** Ready ones first. */
  readonly bootstrap: readonly FirstBroker[];
  /** The one that is asked. */
  readonly listener: KafkaListener;
  /** For that listener; empty where it wants none. */
  readonly credentials: KafkaCredentials;
  /**
   * The near end of the forward to the pod of a broker, as that advertises itself. One for each pod, opened when it is first asked for.
   * Fails: `notFound` (no pod is this broker), and as `openForward`.
   */
  route(broker: HostPort, signal: AbortSignal): Promise<HostPort>;
  /** Why the last connection through one of the forwards failed, where Kubernetes says it: forbidden, no ready pod, nothing listens. */
  readonly problem: FaultlineError | undefined;
  /** Ends every forward. */
  close(): Promise<void>;
}

/**
 * `instance`: as it is now; its pods may be others later.
 * Fails: `notFound`, `forbidden`, `unauthorised` with `LOGIN_WANTED` (no listener takes this login, or none).
 */
export async function openKafkaRoutes(
  connection: ClusterConnection,
  instance: () => KafkaInstance | undefined,
  signal: AbortSignal,
  login?: KafkaLogin,
): Promise<KafkaRoutes> {
  const now = instance();
  const { pod, listeners } = await readKafkaPod(connection, now, signal);
  const { listener, credentials } = chooseListener(listeners, now?.name ?? '', login);
  return new PodRoutes(connection, instance, firstBrokers(now, pod, listener), listener, credentials);
}

export interface KafkaPod {
  readonly pod: Pod;
  readonly listeners: readonly KafkaListener[];
}

/** One of its broker pods, a ready one if there is any, and what it listens on. Fails: `notFound`, and as a request does. */
export async function readKafkaPod(
  connection: ClusterConnection,
  instance: KafkaInstance | undefined,
  signal: AbortSignal,
): Promise<KafkaPod> {
  const [first] = readyFirst(instance);
  if (instance === undefined || first === undefined)
    throw new FaultlineError('notFound', { what: t('Kafka {0} has no broker pod', instance?.name ?? '') });
  const path = pathOf(kinds.pods, { namespace: instance.namespace, name: first.ref.name });
  const [pod, resource] = await Promise.all([
    connection.request<Pod>({ path, signal }),
    // Who may not read it still sees the pods' ports.
    readResource(connection, instance, signal).catch(() => undefined),
  ]);
  return { pod, listeners: listenersOf(pod, resource) };
}

async function readResource(
  connection: ClusterConnection,
  { resource }: KafkaInstance,
  signal: AbortSignal,
): Promise<AnyObject | undefined> {
  if (resource?.kind !== 'Kafka' || resource.namespace === undefined) return undefined;
  const [group = '', version = ''] = resource.apiVersion.split('/');
  const path = pathOf(customKind(group, version, 'kafkas', 'Kafka'), { namespace: resource.namespace, name: resource.name });
  return connection.request<AnyObject>({ path, signal });
}

function readyFirst(instance: KafkaInstance | undefined): readonly PodLine[] {
  return instance === undefined ? [] : brokerPods(instance).toSorted((a, b) => Number(b.isReady) - Number(a.isReady));
}

function firstBrokers(instance: KafkaInstance | undefined, pod: Pod, { name, port }: KafkaListener): readonly FirstBroker[] {
  if (instance === undefined) return [];
  const { namespace, service } = instance;
  const advertised = (kafkaSettings(pod.spec?.containers)('ADVERTISED_LISTENERS') ?? '')
    .split(',')
    .map((one) => /^([\w.-]+):\/\/([\w.-]+):\d+$/.exec(one.trim()))
    .flatMap((found) => (found?.[1] === name && found[2] !== undefined ? [found[2]] : []));
  const subdomain = pod.spec?.subdomain;
  const inside = (label: string): readonly string[] => ['svc', 'svc.cluster.local'].map((end) => `${label}.${namespace}.${end}`);
  const all = (label: string): readonly string[] => [...inside(label), `${label}.${namespace}`, label];
  return readyFirst(instance).map(({ ref, ip }) => ({
    host: ref.name,
    port,
    certificateNames: [
      ...new Set([
        ...(subdomain === undefined ? [] : all(`${ref.name}.${subdomain}`)),
        ref.name,
        ...advertised,
        ...(service === undefined ? [] : all(service.name)),
        ...(ip === undefined ? [] : [ip]),
      ]),
    ],
  }));
}

class PodRoutes implements KafkaRoutes {
  readonly bootstrap: readonly FirstBroker[];
  readonly listener: KafkaListener;
  readonly credentials: KafkaCredentials;
  readonly #connection: ClusterConnection;
  readonly #instance: () => KafkaInstance | undefined;
  readonly #forwards = new Map<string, Promise<Forward>>();
  readonly #open = new Set<Forward>();
  readonly #life = new AbortController();

  constructor(
    connection: ClusterConnection,
    instance: () => KafkaInstance | undefined,
    bootstrap: readonly FirstBroker[],
    listener: KafkaListener,
    credentials: KafkaCredentials,
  ) {
    this.#connection = connection;
    this.#instance = instance;
    this.bootstrap = bootstrap;
    this.listener = listener;
    this.credentials = credentials;
  }

  get problem(): FaultlineError | undefined {
    return [...this.#open].map(({ problem }) => problem).find((problem) => problem !== undefined);
  }

  async route(broker: HostPort, signal: AbortSignal): Promise<HostPort> {
    const instance = this.#instance();
    const pods = instance === undefined ? [] : brokerPods(instance);
    const pod = instance === undefined ? undefined : podOfBroker(broker.host, instance);
    if (instance === undefined || pod === undefined) throw unknownBroker(broker, instance, pods);
    const { name } = pod.ref;
    const forward = this.#forwards.get(name) ?? this.#begin(instance.namespace, name);
    const { port } = await unlessAborted(forward, signal);
    return { host: '127.0.0.1', port };
  }

  async close(): Promise<void> {
    this.#life.abort();
    await Promise.allSettled([...this.#forwards.values()].map(async (forward) => (await forward).close()));
  }

  /** Brokers of one listener advertise what leads to that listener: its port in the pod is the same for all, whatever they call it. */
  #begin(namespace: string, name: string): Promise<Forward> {
    const request = { namespace, target: { kind: 'pod', name }, port: this.listener.port } as const;
    const opened = openForward(this.#connection, request, { signal: this.#life.signal }).then(
      (forward) => {
        this.#open.add(forward);
        return forward;
      },
      (error: unknown) => {
        this.#forwards.delete(name);
        throw normalise(error);
      },
    );
    this.#forwards.set(name, opened);
    return opened;
  }
}

/** The pod that a broker runs in, by the host that it advertises: its address, its name, or the name of a Service of its own. */
export function podOfBroker(host: string, instance: KafkaInstance): PodLine | undefined {
  const pods = brokerPods(instance);
  const byIp = pods.find(({ ip }) => ip === host);
  if (byIp !== undefined) return byIp;
  // Pod, headless Service, namespace, "svc", the cluster's domain; a Service alone has no pod before it.
  const [label = '', ...rest] = host.split('.');
  const svc = rest.indexOf('svc');
  if (svc > 0 && rest[svc - 1] !== instance.namespace) return undefined;
  return pods.find(({ ref }) => ref.name === label) ?? pods.find(({ ref }) => isServiceOf(label, ref.name)) ?? onlyPod(instance, pods);
}

/** Strimzi's Service for one broker and listener: `lake-brokers-plain-0` for the pod `lake-brokers-0`; others: `kafka-0-internal`. */
function isServiceOf(label: string, pod: string): boolean {
  const [, prefix, number] = /^(.+)-(\d+)$/.exec(pod) ?? [];
  if (prefix === undefined || number === undefined) return false;
  return (label.startsWith(`${prefix}-`) && label.endsWith(`-${number}`)) || label.startsWith(`${pod}-`);
}

/** One broker alone is often advertised by its Service's name, or as localhost. With others to come it might be another one. */
function onlyPod({ roles }: KafkaInstance, pods: readonly PodLine[]): PodLine | undefined {
  const wanted = roles.filter(({ pods: own }) => own.some((pod) => pods.includes(pod))).reduce((sum, role) => sum + role.wanted, 0);
  return pods.length === 1 && wanted <= 1 ? pods[0] : undefined;
}

function unknownBroker({ host, port }: HostPort, instance: KafkaInstance | undefined, pods: readonly PodLine[]): FaultlineError {
  return new FaultlineError('notFound', {
    what: t('No pod of Kafka {0} is the broker that calls itself {1}', instance?.name ?? '', `${host}:${port}`),
    meaning: t(
      'Looked for a pod of this name or address in namespace {0}, among {1}',
      instance?.namespace ?? '',
      pods.map(({ ref }) => ref.name).join(', '),
    ),
    remedy: t('See advertised.listeners of the broker: inside of the cluster it should be its pod’s name with its headless Service.'),
  });
}
