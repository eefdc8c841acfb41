/** The way to a Kafka cluster's brokers from outside of their Kubernetes: a port-forward for each pod, by what brokers call themselves. */
import { FaultlineError, normalise } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { openForward, type Forward } from './act/forward.ts';
import { unlessAborted } from './act/signal.ts';
import type { ClusterConnection } from './connect/connection.ts';
import { listenersOf, openListener } from './kafkaListeners.ts';
import type { Pod } from './objects.ts';
import { brokerPods } from './recognise/kafka.ts';
import type { KafkaInstance, PodLine } from './recognise/model.ts';
import { kinds, pathOf } from './watch/kinds.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface KafkaRoutes {
  /** Broker pods, ready ones first: names that `route` knows. */
  readonly bootstrap: readonly HostPort[];
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

/** `instance`: as it is now; its pods may be others later. Fails: `notFound`, `forbidden`, `unauthorised` (every listener wants a login). */
export async function openKafkaRoutes(
  connection: ClusterConnection,
  instance: () => KafkaInstance | undefined,
  signal: AbortSignal,
): Promise<KafkaRoutes> {
  const now = instance();
  const pods = now === undefined ? [] : brokerPods(now).toSorted((a, b) => Number(b.isReady) - Number(a.isReady));
  const [first] = pods;
  if (now === undefined || first === undefined)
    throw new FaultlineError('notFound', { what: t('Kafka {0} has no broker pod', now?.name ?? '') });
  const path = pathOf(kinds.pods, { namespace: now.namespace, name: first.ref.name });
  const { port } = openListener(listenersOf(await connection.request<Pod>({ path, signal })), now.name);
  return new PodRoutes(
    connection,
    instance,
    pods.map(({ ref }) => ({ host: ref.name, port })),
    port,
  );
}

class PodRoutes implements KafkaRoutes {
  readonly bootstrap: readonly HostPort[];
  readonly #connection: ClusterConnection;
  readonly #instance: () => KafkaInstance | undefined;
  readonly #port: number;
  readonly #forwards = new Map<string, Promise<Forward>>();
  readonly #open = new Set<Forward>();
  readonly #life = new AbortController();

  constructor(connection: ClusterConnection, instance: () => KafkaInstance | undefined, bootstrap: readonly HostPort[], port: number) {
    this.#connection = connection;
    this.#instance = instance;
    this.bootstrap = bootstrap;
    this.#port = port;
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
    const request = { namespace, target: { kind: 'pod', name }, port: this.#port } as const;
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
