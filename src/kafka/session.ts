/** The client itself. Loaded at the first use, with the library. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type {
  BrokerSetting,
  ClusterDescription,
  Consumption,
  GroupConsumption,
  GroupRecord,
  KafkaAccess,
  KafkaClient,
  KafkaProducer,
  KafkaRecord,
  NewTopic,
  ProducerOptions,
  Quorum,
  QuorumReplica,
  TopicDescription,
  TopicSetting,
} from './client.ts';
import { consume } from './consumer.ts';
import { kafkaError, noTopic, unsupported } from './errors.ts';
import type { Doing } from './errors.ts';
import { consumeInGroup } from './group.ts';
import { Links } from './links.ts';
import { Metadata } from './metadata.ts';
import { offsetsOf } from './offsets.ts';
import { IdempotentProducer } from './producer.ts';
import { configsRequest, createTopicsRequest, deleteTopicsRequest, quorumRequest } from './requests.ts';
import type { Request } from './requests.ts';

const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;
/** Of a setting: set on the topic itself. */
const OF_TOPIC = 1;
/** The topic of a KRaft cluster's own records. */
const QUORUM_TOPIC = '__cluster_metadata';
const LOOK_AGAIN_MS = 100;

export async function openSession(access: KafkaAccess, signal: AbortSignal): Promise<KafkaClient> {
  const session = new Session(access);
  try {
    await session.describeCluster(signal);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

class Session implements KafkaClient {
  readonly #links: Links;
  readonly #metadata: Metadata;
  readonly #producers = new Set<KafkaProducer>();

  constructor(access: KafkaAccess) {
    this.#links = new Links(access);
    this.#metadata = new Metadata(this.#links);
  }

  async describeCluster(signal: AbortSignal): Promise<ClusterDescription> {
    const { clusterId, brokers } = await this.#metadata.cluster(this.#limited(signal));
    return { clusterId, brokers };
  }

  async quorum(signal: AbortSignal): Promise<Quorum> {
    const { topics } = await this.#askAny(quorumRequest, [[{ topicName: QUORUM_TOPIC, partitions: [{ partitionIndex: 0 }] }]], signal);
    const partition = topics[0]?.partitions[0];
    if (partition === undefined) throw unsupported(quorumRequest.name);
    const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition;
    const leaderEnd = currentVoters.find(({ replicaId }) => replicaId === leaderId)?.logEndOffset ?? highWatermark;
    const replica = ({ replicaId, logEndOffset, lastCaughtUpTimestamp }: (typeof currentVoters)[number]): QuorumReplica => ({
      id: replicaId,
      logEndOffset,
      // -1: it has not fetched since this leader leads.
      lag: logEndOffset < 0n ? leaderEnd : leaderEnd > logEndOffset ? leaderEnd - logEndOffset : 0n,
      ...(lastCaughtUpTimestamp > 0n ? { caughtUpAtMs: Number(lastCaughtUpTimestamp) } : {}),
    });
    return { leaderId, leaderEpoch, highWatermark, voters: currentVoters.map(replica), observers: observers.map(replica) };
  }

  async topics(
    { prefix = '', names }: { readonly prefix?: string; readonly names?: readonly string[] },
    signal: AbortSignal,
  ): Promise<readonly TopicDescription[]> {
    const found = await this.#metadata.topics(names ?? null, this.#limited(signal));
    const missing = names?.find((name) => !found.some((topic) => topic.name === name));
    if (missing !== undefined) throw noTopic(missing);
    return found.filter(({ name }) => name.startsWith(prefix)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async settings(
    topics: readonly string[],
    only: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly TopicSetting[]>> {
    if (topics.length === 0) return new Map();
    const asked = topics.map((resourceName) => ({
      resourceType: TOPIC_RESOURCE,
      resourceName,
      configurationKeys: only === undefined ? null : [...only],
    }));
    const { results } = await this.#askAny(configsRequest, [asked as never, false, false], signal, { topic: topics[0] ?? '' });
    return new Map(
      results.map(({ resourceName, configs }) => [
        resourceName,
        configs.map(({ name, value, isSensitive, configSource }) => ({
          name,
          ofTopic: Number(configSource) === OF_TOPIC,
          ...(isSensitive || value === null || value === undefined ? {} : { value }),
        })),
      ]),
    );
  }

  /** A broker knows only its own. */
  async brokerSettings(id: number, only: readonly string[] | undefined, signal: AbortSignal): Promise<readonly BrokerSetting[]> {
    const limited = this.#limited(signal);
    const { brokers } = await this.#metadata.cluster(limited);
    const broker = brokers.find((one) => one.id === id);
    if (broker === undefined) throw new FaultlineError('notFound', { what: t('The cluster has no broker {0} now', id) });
    const asked = { resourceType: BROKER_RESOURCE, resourceName: String(id), configurationKeys: only === undefined ? null : [...only] };
    try {
      const { results } = await this.#links.ask(broker, configsRequest, [[asked] as never, false, false], limited);
      return results.flatMap(({ configs }) =>
        configs.map(({ name, value, isSensitive }) => ({
          name,
          ...(isSensitive || value === null || value === undefined ? {} : { value }),
        })),
      );
    } catch (error) {
      throw kafkaError(error, { broker });
    }
  }

  async createTopic({ name, partitions, replicationFactor, settings }: NewTopic, signal: AbortSignal): Promise<void> {
    const configs = Object.entries(settings ?? {}).map(([key, value]) => ({ name: key, value }));
    const topic = { name, numPartitions: partitions, replicationFactor, assignments: [], configs };
    await this.#askAny(createTopicsRequest, [[topic], this.#links.answerLimitMs, false], signal, { topic: name }, false);
    await this.#until(signal, t('Topic {0} has got no leaders', name), async (limit) => {
      const [made] = await this.#metadata.topics([name], limit);
      return made?.partitions.length === partitions && made.partitions.every(({ leader }) => leader >= 0);
    });
  }

  async deleteTopic(name: string, signal: AbortSignal): Promise<void> {
    await this.#askAny(deleteTopicsRequest, [[{ name }], this.#links.answerLimitMs], signal, { topic: name });
    await this.#until(signal, t('Topic {0} is still listed', name), async (limit) => {
      const found = await this.#metadata.topics([name], limit);
      return found.length === 0;
    });
  }

  async offsets(
    topic: string,
    which: 'earliest' | 'latest',
    signal: AbortSignal,
    partitions?: readonly number[],
  ): Promise<ReadonlyMap<number, bigint>> {
    return offsetsOf(this.#links, this.#metadata, topic, which, this.#limited(signal), partitions);
  }

  producer(options: ProducerOptions = {}): KafkaProducer {
    const producer = new IdempotentProducer(this.#links, this.#metadata, options);
    this.#producers.add(producer);
    return producer;
  }

  consume(what: Consumption, signal: AbortSignal): AsyncIterable<readonly KafkaRecord[]> {
    return consume(this.#links, this.#metadata, what, signal);
  }

  consumeInGroup(what: GroupConsumption, signal: AbortSignal): AsyncIterable<GroupRecord> {
    return consumeInGroup(this.#links, what, signal);
  }

  async close(): Promise<void> {
    await this.#links.close();
    await Promise.all([...this.#producers].map(async (producer) => producer.close()));
  }

  #limited(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#links.life]);
  }

  async #askAny<A extends readonly unknown[], R>(
    request: Request<A, R>,
    args: A,
    signal: AbortSignal,
    doing: Doing = {},
    mayBeDoubled = true,
  ): Promise<R> {
    try {
      return await this.#links.askAny(this.#metadata.candidates(), request, args, this.#limited(signal), mayBeDoubled);
    } catch (error) {
      throw kafkaError(error, doing);
    }
  }

  /** Kafka tells nobody when it is done: it is asked until it is, for as long as an answer may take. */
  async #until(signal: AbortSignal, late: string, isDone: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
    const limit = AbortSignal.timeout(this.#links.answerLimitMs);
    const both = AbortSignal.any([this.#limited(signal), limit]);
    try {
      while (!(await isDone(both))) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    } catch (error) {
      throw limit.aborted ? new FaultlineError('timedOut', { what: late }, error) : error;
    }
  }
}
