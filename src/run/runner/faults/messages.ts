/** The run's own messages: their topic, who writes and reads them, and what is found at the end. */
import { invalid, normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import { openKafkaRoutes, type KafkaRoutes } from '../../../cluster/kafkaRoutes.ts';
import type { ClusterModel, KafkaInstance } from '../../../cluster/recognise/model.ts';
import type { FaultPlan, PlannedMessages } from '../../../journal/fault-plan.ts';
import { checkEdges, startMessageCheck, type MessageCheck } from '../../../kafka/check/check.ts';
import { createOwnTopic, removeOwnTopic, type OwnTopic } from '../../../kafka/check/topic.ts';
import type { KafkaAccess, KafkaClient } from '../../../kafka/client.ts';
import { openKafka } from '../../../kafka/connect.ts';
import { specLimits } from '../../spec/limits.ts';
import type { RunRecord } from './record.ts';
import { pause } from './waiting.ts';

const removeLimitMs = 10_000;

export class RunMessages {
  readonly #topic: OwnTopic;
  readonly #client: KafkaClient;
  readonly #routes: KafkaRoutes;
  readonly #access: KafkaAccess;
  #check: MessageCheck | undefined;

  /** Makes the topic. Fails where there is no Kafka that is meant, it lets nobody in, or such a topic exists. */
  static async open(
    connection: ClusterConnection,
    { messages, plan, run }: { readonly messages: PlannedMessages; readonly plan: FaultPlan; readonly run: string },
    model: () => ClusterModel,
    signal: AbortSignal,
  ): Promise<RunMessages> {
    const meant = kafkaOf(plan, model());
    const routes = await openKafkaRoutes(connection, () => model().kafka.items.find(({ id }) => id === meant?.id) ?? meant, signal);
    let client: KafkaClient | undefined;
    try {
      const access: KafkaAccess = {
        bootstrap: routes.bootstrap,
        route: (broker, ends) => routes.route(broker, ends),
        clientId: `faultline-${run}`,
        ...routes.credentials,
      };
      client = await openKafka(access, signal);
      const { topic, partitions, replicationFactor, minInSync, uncleanElection } = messages;
      const planned = { topic, partitions, replicationFactor, minInSync, uncleanElection };
      await removeLeftOver(client, topic, signal);
      const own = await createOwnTopic(client, planned, specLimits.maxFaultRunMs, signal);
      return new RunMessages(own, client, routes, access);
    } catch (error) {
      await client?.close();
      await routes.close();
      throw error;
    }
  }

  private constructor(topic: OwnTopic, client: KafkaClient, routes: KafkaRoutes, access: KafkaAccess) {
    this.#topic = topic;
    this.#client = client;
    this.#routes = routes;
    this.#access = access;
  }

  /** Writes and reads from now on. Fails as `startMessageCheck`. */
  async begin(run: string, perSecond: number, signal: AbortSignal): Promise<void> {
    this.#check = await startMessageCheck({ run, topic: this.#topic, perSecond }, checkEdges(this.#access), signal);
  }

  /** Once: reads all partitions to their ends and tells what was found. */
  async finish(record: RunRecord): Promise<void> {
    if (this.#check === undefined) return;
    const finding = await this.#check.finish();
    record.append([{ t: record.nowMs(), src: 'runner', kind: 'messages', ...finding }]);
  }

  /** Never fails. */
  async close(record: RunRecord): Promise<void> {
    await this.#check?.close();
    try {
      await removeOwnTopic(this.#client, this.#topic, AbortSignal.timeout(removeLimitMs));
    } catch (error) {
      record.note(t('The topic {0} could not be removed: {1}', this.#topic.name, normalise(error).facts.what));
    }
    await Promise.allSettled([this.#client.close()]);
    await Promise.allSettled([this.#routes.close()]);
  }
}

/** The one that the targets are of; the only one where they are of none. */
function kafkaOf({ faults }: FaultPlan, { kafka }: ClusterModel): KafkaInstance | undefined {
  const uids = new Set(faults.flatMap(({ targets }) => targets.map(({ uid }) => uid)));
  const hit = kafka.items.find(({ roles }) => roles.some(({ pods }) => pods.some(({ ref }) => ref.uid !== undefined && uids.has(ref.uid))));
  return hit ?? kafka.items[0];
}

/** Topics of such a name are ours alone: what a run left that was killed is in the way of the next one. One that is written to is another run's. */
const ownPrefix = 'faultline-';
const idleMs = 1500;

async function removeLeftOver(client: KafkaClient, topic: string, signal: AbortSignal): Promise<void> {
  if (!topic.startsWith(ownPrefix)) return;
  const isThere = async (): Promise<boolean> => (await client.topics({ prefix: topic }, signal)).some(({ name }) => name === topic);
  if (!(await isThere())) return;
  const before = await client.offsets(topic, 'latest', signal);
  await pause(idleMs, signal);
  const after = await client.offsets(topic, 'latest', signal);
  if ([...after].some(([partition, offset]) => before.get(partition) !== offset))
    throw invalid(t('Topic {0} is written to by another run', topic), t('Wait until that is over, or name another topic.'));
  await client.deleteTopic(topic, signal);
  // Brokers forget a topic a moment after they said so.
  for (let left = 20; left > 0 && (await isThere()); left--) await pause(250, signal);
}
