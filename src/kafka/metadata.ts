/** Which brokers there are and who leads what, as some broker knows it. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { BrokerDescription, ClusterDescription, FirstBroker, TopicDescription } from './client.ts';
import { errorOfCode, kafkaError, noTopic } from './errors.ts';
import { isAnswer } from './links.ts';
import type { Links } from './links.ts';
import { metadataRequest } from './requests.ts';

type Answer = Awaited<ReturnType<(typeof metadataRequest.versions)[number]['async']>>;

export class Metadata {
  readonly #links: Links;
  #brokers: readonly BrokerDescription[] = [];
  readonly #topics = new Map<string, TopicDescription>();

  constructor(links: Links) {
    this.#links = links;
  }

  async cluster(signal: AbortSignal): Promise<ClusterDescription & { readonly controllerId: number }> {
    const { clusterId, controllerId } = await this.#ask([], signal);
    return { clusterId: clusterId ?? '', brokers: this.#brokers, controllerId };
  }

  /** Asks now. `null`: all topics. A topic that is not there is left out. */
  async topics(names: readonly string[] | null, signal: AbortSignal): Promise<readonly TopicDescription[]> {
    const { topics } = await this.#ask(names, signal);
    return topics.flatMap(({ name, errorCode, isInternal, partitions }) => {
      if (name === null || name === undefined) return [];
      if (errorCode !== 0) {
        this.#topics.delete(name);
        return [];
      }
      const topic: TopicDescription = {
        name,
        internal: isInternal,
        partitions: partitions
          .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({
            partition: partitionIndex,
            leader: leaderId,
            ...(leaderEpoch < 0 ? {} : { leaderEpoch }),
            replicas: replicaNodes,
            inSync: isrNodes,
            offlineReplicas,
          }))
          .sort((a, b) => a.partition - b.partition),
      };
      this.#topics.set(name, topic);
      return [topic];
    });
  }

  /** As it was known last; asked when it was not. Fails with `notFound`. */
  async topic(name: string, signal: AbortSignal): Promise<TopicDescription> {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const [topic] = await this.topics([name], signal);
    if (topic === undefined) throw noTopic(name);
    return topic;
  }

  /** As known last; absent while there is none. */
  leader(topic: string, partition: number): BrokerDescription | undefined {
    const found = this.#topics.get(topic)?.partitions.find((one) => one.partition === partition);
    return found === undefined || found.leader < 0 ? undefined : this.#brokers.find(({ id }) => id === found.leader);
  }

  /** Those to ask what any of them knows: connected ones first, then the cluster's, then those it was begun with. */
  candidates(): readonly FirstBroker[] {
    const all: readonly FirstBroker[] = [...this.#brokers, ...this.#links.access.bootstrap];
    const once = all.filter(({ host, port }, at) => all.findIndex((other) => other.host === host && other.port === port) === at);
    return [...once.filter((broker) => this.#links.isReady(broker)), ...once.filter((broker) => !this.#links.isReady(broker))];
  }

  async #ask(names: readonly string[] | null, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#answer(names, signal);
    // Before its first broker has registered, a cluster names none.
    if (answer.brokers.length > 0)
      this.#brokers = answer.brokers
        .map(({ nodeId: id, host, port, rack }) => ({ id, host, port, ...(rack === null || rack === undefined ? {} : { rack }) }))
        .sort((a, b) => a.id - b.id);
    return answer;
  }

  /** The library throws when a topic or partition of the answer has an error: the rest is as good as ever. */
  async #answer(names: readonly string[] | null, signal: AbortSignal): Promise<Answer> {
    const topics = names === null ? null : [...names];
    try {
      return await this.#links.askAny(this.candidates(), metadataRequest, [topics, false, false], signal);
    } catch (error) {
      const answer = answerOf<Answer>(error);
      if (answer === undefined) throw kafkaError(error);
      const denied = answer.topics.find(({ errorCode }) => errorCode === TOPIC_AUTHORIZATION_FAILED);
      if (names !== null && denied !== undefined) throw errorOfCode('TOPIC_AUTHORIZATION_FAILED', { topic: denied.name ?? '' }, error);
      return answer;
    }
  }
}

const TOPIC_AUTHORIZATION_FAILED = 29;

/** What Kafka answered beside the errors in it. The request it belongs to says its shape. */
export function answerOf<R>(error: unknown): R | undefined {
  return isAnswer(error) && error instanceof Error ? (Reflect.get(error, 'response') as R | undefined) : undefined;
}

/** A broker that leads, or the reason why there is none. */
export function noLeader(topic: string, partition: number): FaultlineError {
  return new FaultlineError('engine', {
    what: t('Partition {0} of topic {1} has no leader', partition, topic),
    meaning: t('None of its replicas in sync is up'),
    remedy: t('It gets one when a broker that was in sync is back.'),
    code: 'LEADER_NOT_AVAILABLE',
  });
}
