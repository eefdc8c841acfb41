/** One Kafka cluster while it is being broken: who leads, who is in sync, who controls. Each broker is asked for itself. */
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import { openKafkaRoutes, podOfBroker, type HostPort, type KafkaRoutes } from '../../../cluster/kafkaRoutes.ts';
import { brokerPods } from '../../../cluster/recognise/kafka.ts';
import type { KafkaFacts, KafkaInstance } from '../../../cluster/recognise/model.ts';
import { kafkaPods } from '../../../fault/target/engine.ts';
import type { LeaderEvent, RedundancyEvent } from '../../../journal/fault-events.ts';
import type { FaultPlan, FaultTarget } from '../../../journal/fault-plan.ts';
import type { BrokerDescription, BrokerSetting, KafkaAccess, KafkaClient, TopicDescription } from '../../../kafka/client.ts';
import { kafkaLoginFor } from '../../kafkaLogin.ts';
import { Answers, LastAsked, type Hearing } from '../hearing.ts';
import { isTarget } from '../pods/scope.ts';
import { KafkaTruths, type PartitionNow } from './cluster.ts';
import { KafkaLine, type LineEdges } from './lines.ts';
import { ControllerWatch } from './controller.ts';
import { PartitionTeller, topicsOf } from './told.ts';

type Routes = Pick<KafkaRoutes, 'bootstrap' | 'route' | 'credentials' | 'close'>;

export interface KafkaParts {
  readonly connection: ClusterConnection;
  readonly plan: FaultPlan;
  /** As it is now. */
  readonly instance: () => KafkaInstance | undefined;
  readonly hearing: Hearing;
  readonly nowMs: () => number;
  readonly tell: (events: readonly (LeaderEvent | RedundancyEvent)[]) => void;
  readonly changed: () => void;
  readonly edges: LineEdges & {
    readonly routes?: (instance: () => KafkaInstance | undefined, signal: AbortSignal) => Promise<Routes>;
  };
}

/** Metadata is small where it is asked for a few topics: four times a second, of each broker. */
const times = { everyMs: 225, limitMs: 900 } as const;
/** Its first answers may be late, on a machine that does much else: that is no Kafka that does not answer. */
const patienceMs = 15_000;
/** No broker has answered. */
const boundMs = 2000;
/** Of a larger cluster those are asked that keep what is watched. */
const mostBrokers = 6;
/** All topics of a cluster, for the tree of it. */
const allEveryMs = 5000;

export class KafkaFollower {
  readonly id: string;
  readonly #parts: KafkaParts;
  readonly #routes: Routes;
  readonly #answers: Answers;
  readonly #truths = new KafkaTruths();
  readonly #teller: PartitionTeller;
  readonly #topics: readonly string[];
  /** By the broker's pod. */
  readonly #lines = new Map<string, KafkaLine>();
  readonly #controller: ControllerWatch;
  /** By node id: the pod that it had last. */
  readonly #names = new Map<number, string>();
  /** By the broker's pod. */
  readonly #lastAsked = new Map<string, LastAsked>();
  readonly #least = new Map<string, number>();
  readonly #leastRead = new Map<string, Promise<void>>();
  #brokers: readonly BrokerDescription[] = [];
  #all: readonly TopicDescription[] = [];
  #allAtMs = -Infinity;
  #first = Promise.withResolvers<void>();

  /** Resolves when a broker has answered. Fails: no listener without a login, no broker, rights. */
  static async open(parts: KafkaParts, signal: AbortSignal): Promise<KafkaFollower> {
    const { connection, edges, instance, plan } = parts;
    const open =
      edges.routes ??
      (async (now, end) => openKafkaRoutes(connection, now, end, await kafkaLoginFor(connection, plan, now()?.namespace ?? '', end)));
    const routes = await open(instance, signal);
    const follower = new KafkaFollower(parts, routes);
    try {
      await follower.#begin(signal);
      return follower;
    } catch (error) {
      await follower.dispose();
      throw error;
    }
  }

  private constructor(parts: KafkaParts, routes: Routes) {
    const { plan, nowMs, hearing } = parts;
    this.#parts = parts;
    this.#routes = routes;
    this.id = parts.instance()?.id ?? '';
    const topics = topicsOf(plan);
    this.#topics = topics.names;
    this.#answers = new Answers(hearing, nowMs, 'kafka', boundMs);
    this.#teller = new PartitionTeller(topics, {
      nameOf: (node) => this.nameOf(node),
      isTarget: (node) => this.#isTargetNode(node),
      leastOf: (topic) => this.#least.get(topic),
    });
    this.#controller = new ControllerWatch({
      line: (pod) => this.#line(pod),
      pods: () => this.#pods(),
      ...{ edges: parts.edges, everyMs: times.everyMs, nowMs },
      heardMs: () => this.#answers.heardMs,
      changed: ({ node, epoch }) => {
        const leader = node === null ? null : this.nameOf(node);
        parts.tell([{ t: nowMs(), src: 'runner', kind: 'leader', of: 'controller', leader, ...(epoch === undefined ? {} : { epoch }) }]);
        parts.changed();
      },
    });
  }

  /** Name of its pod, also while that is being made anew; "broker 2" where no pod of this number was ever known. */
  nameOf(node: number): string {
    const instance = this.#parts.instance();
    const broker = this.#brokers.find(({ id }) => id === node);
    const byHost = instance === undefined || broker === undefined ? undefined : podOfBroker(broker.host, instance);
    const pod = byHost ?? (instance === undefined ? [] : kafkaPods(instance)).find(({ brokerId }) => brokerId === node);
    if (pod !== undefined) this.#names.set(node, pod.ref.name);
    return this.#names.get(node) ?? t('broker {0}', node);
  }

  partition(topic: string, partition: number): PartitionNow | undefined {
    return this.#truths.partition(topic, partition);
  }

  /** Node id; `null`: nobody, or not known. */
  get controller(): number | null {
    return this.#controller.node;
  }

  leads(pod: string): boolean {
    return this.#all.some(({ partitions }) => partitions.some(({ leader }) => leader >= 0 && this.nameOf(leader) === pod));
  }

  /** For the model: all topics as they were read a few seconds ago, those that are watched as they are now. */
  facts(wallMs: number): KafkaFacts {
    const { node } = this.#controller;
    return {
      readAtMs: wallMs,
      ...(node === null ? {} : { controllerId: node }),
      brokers: this.#brokers,
      topics: [...this.#all, ...this.#young()].map(({ name, internal, partitions }) => {
        const least = this.#least.get(name);
        const now = this.#truths.partitions(name);
        const details = now.length > 0 ? now : partitions;
        return {
          ...{ name, internal },
          partitions: details.map(({ partition, leader, replicas, inSync }) => ({ partition, leader, replicas, inSync })),
          ...(least === undefined ? {} : { minInSync: least }),
        };
      }),
    };
  }

  /** Watched, and made since all topics were read. */
  #young(): readonly TopicDescription[] {
    const names = this.#topics.filter(
      (topic) => this.#truths.partitions(topic).length > 0 && !this.#all.some(({ name }) => name === topic),
    );
    return names.map((name) => ({ name, internal: false, partitions: [] }));
  }

  /** Of the broker in this pod. Fails as the client does. */
  async settings(pod: string, names: readonly string[], signal: AbortSignal): Promise<readonly BrokerSetting[]> {
    const line = this.#line(pod);
    try {
      return await line.once(async (client, limit) => {
        const { brokers } = await client.describeCluster(limit);
        const broker = brokers.find(({ host }) => this.#podOf(host) === pod);
        return broker === undefined ? [] : client.brokerSettings(broker.id, names, limit);
      }, signal);
    } finally {
      line.dispose();
    }
  }

  dispose(): Promise<void> {
    for (const line of this.#lines.values()) line.dispose();
    this.#lines.clear();
    this.#controller.dispose();
    this.#answers.dispose();
    return this.#routes.close();
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const failures = new Map<string, FaultlineError>();
    const beganMs = this.#parts.edges.monotonicMs();
    this.#follow((pod, error) => {
      failures.set(pod, error);
      if (isLate(error) && this.#parts.edges.monotonicMs() - beganMs < patienceMs) return;
      if (this.#answers.heardMs === undefined && failures.size >= this.#lines.size) this.#first.reject(error);
    });
    const stop = (): void => this.#first.reject(new FaultlineError('cancelled', { what: t('Stopped') }));
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) stop();
      if (this.#lines.size === 0)
        throw new FaultlineError('notFound', { what: t('Kafka {0} has no broker pod', this.#parts.instance()?.name ?? '') });
      await this.#first.promise;
      await this.#controller.begin(signal);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Brokers come and go: looked at with every answer. */
  #follow(failed: (pod: string, error: FaultlineError) => void): void {
    const pods = this.#pods();
    for (const [pod, line] of [...this.#lines])
      if (!pods.includes(pod)) {
        line.dispose();
        this.#lines.delete(pod);
      }
    for (const pod of pods) {
      if (this.#lines.has(pod)) continue;
      const line = this.#line(pod);
      this.#lines.set(pod, line);
      line.follow(
        (client, signal) => this.#ask(pod, client, signal),
        (error) => failed(pod, error),
      );
    }
  }

  async #ask(pod: string, client: KafkaClient, signal: AbortSignal): Promise<void> {
    const isFirst = this.#brokers.length === 0;
    const all = isFirst || this.#parts.nowMs() - this.#allAtMs > allEveryMs;
    // Who asks for all of them says so first: the others ask for what is watched.
    if (all) this.#allAtMs = this.#parts.nowMs();
    const askedMs = this.#parts.nowMs();
    const [cluster, topics, whole] = await Promise.all([
      all ? client.describeCluster(signal) : undefined,
      Promise.all(this.#topics.map((name) => topicNow(client, name, signal))),
      all ? client.topics({}, signal) : undefined,
    ]);
    this.#answers.heard();
    if (cluster !== undefined && cluster.brokers.length > 0) this.#brokers = cluster.brokers;
    if (whole !== undefined) this.#all = whole;
    const found = topics.flatMap((topic) => topic ?? []);
    for (const [at, name] of this.#topics.entries()) if (topics[at] === undefined) this.#truths.forget(name);
    await this.#readLeast(client, found, signal);
    const id = this.#brokers.find(({ host }) => this.#podOf(host) === pod)?.id;
    const changed = this.#truths.answer(pod, id, found, this.#parts.nowMs());
    const lastAsked = this.#lastAsked.get(pod) ?? new LastAsked();
    this.#lastAsked.set(pod, lastAsked);
    const since = lastAsked.since(askedMs);
    if (changed.length > 0) this.#tell(new Set(changed.map(({ topic }) => topic)), since);
    this.#first.resolve();
    if (all) {
      this.#follow(() => undefined);
      this.#parts.changed();
    }
  }

  #tell(topics: ReadonlySet<string>, since: Pick<RedundancyEvent, 'since'>): void {
    const now = { t: this.#parts.nowMs(), src: 'runner' } as const;
    const events = [...topics].flatMap((topic): readonly (LeaderEvent | RedundancyEvent)[] => {
      const { leaders, redundancy } = this.#teller.look(topic, this.#truths.partitions(topic));
      return [
        ...redundancy.map((one): RedundancyEvent => ({ ...now, kind: 'redundancy', ...one, ...since })),
        ...leaders.map((one): LeaderEvent => ({ ...now, kind: 'leader', ...one })),
      ];
    });
    if (events.length > 0) this.#parts.tell(events);
    this.#parts.changed();
  }

  /** Once for each topic, whoever asks first; who may not read it has none. */
  async #readLeast(client: KafkaClient, topics: readonly TopicDescription[], signal: AbortSignal): Promise<void> {
    const names = topics.map(({ name }) => name);
    const missing = names.filter((name) => !this.#leastRead.has(name));
    if (missing.length > 0) {
      const reading = this.#settle(client, missing, signal);
      for (const name of missing) this.#leastRead.set(name, reading);
    }
    await Promise.all(names.flatMap((name) => this.#leastRead.get(name) ?? []));
  }

  async #settle(client: KafkaClient, names: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      for (const [name, settings] of await client.settings(names, ['min.insync.replicas'], signal)) {
        const least = Number(settings.find((setting) => setting.name === 'min.insync.replicas')?.value);
        if (Number.isInteger(least)) this.#least.set(name, least);
      }
    } catch (error) {
      // Another one is asked where this one has gone.
      if (!FaultlineError.is(error, 'forbidden')) for (const name of names) this.#leastRead.delete(name);
    }
  }

  /** Of this pod alone: another broker's answer would not be its own. */
  #line(pod: string): KafkaLine {
    const first = this.#routes.bootstrap[0];
    const access: KafkaAccess = {
      bootstrap: [{ host: pod, port: first?.port ?? 9092 }],
      route: (broker: HostPort, signal) => {
        if (broker.host === pod || this.#podOf(broker.host) === pod) return this.#routes.route({ host: pod, port: broker.port }, signal);
        return Promise.reject(new FaultlineError('unreachable', { what: t('{0} alone is asked', pod) }));
      },
      ...this.#routes.credentials,
      clientId: 'faultline-watch',
    };
    return new KafkaLine(access, this.#parts.edges, times);
  }

  #podOf(host: string): string | undefined {
    const instance = this.#parts.instance();
    return instance === undefined ? undefined : podOfBroker(host, instance)?.ref.name;
  }

  #pods(): readonly string[] {
    const instance = this.#parts.instance();
    const pods = instance === undefined ? [] : brokerPods(instance);
    const keep = this.#topics.flatMap((topic) => this.#truths.partitions(topic)).flatMap(({ replicas }) => replicas);
    const needed = new Set(keep.map((node) => this.nameOf(node)));
    const names = pods.map(({ ref }) => ref.name);
    if (names.length <= mostBrokers) return names;
    return names.toSorted((a, b) => Number(needed.has(b)) - Number(needed.has(a))).slice(0, mostBrokers);
  }

  #isTargetNode(node: number): boolean {
    const instance = this.#parts.instance();
    const name = this.nameOf(node);
    const pod = instance === undefined ? undefined : brokerPods(instance).find(({ ref }) => ref.name === name);
    return instance !== undefined && pod !== undefined && isTarget(pod, instance, this.#sure());
  }

  /** Of those that one will be chosen among, all but one stay as they are. */
  #sure(): readonly FaultTarget[] {
    return this.#parts.plan.faults.flatMap(({ choose, targets }) => (choose === undefined ? targets : []));
  }
}

function isLate({ reason, cause }: FaultlineError): boolean {
  return reason === 'cancelled' || reason === 'timedOut' || FaultlineError.is(cause, 'timedOut');
}

/** A run's own topic may not be made yet. */
async function topicNow(client: KafkaClient, name: string, signal: AbortSignal): Promise<TopicDescription | undefined> {
  try {
    const [topic] = await client.topics({ names: [name] }, signal);
    return topic;
  } catch (error) {
    if (FaultlineError.is(error, 'notFound') || FaultlineError.is(error, 'forbidden')) return undefined;
    throw error;
  }
}
