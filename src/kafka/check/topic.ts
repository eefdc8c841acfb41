/** The topic that the checker writes into: made for it, and removed after it. */
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { KafkaClient } from '../client.ts';
import type { CheckEdges } from './edges.ts';
import type { Durability } from './judge/finding.ts';

export interface TopicPlan extends Durability {
  readonly topic: string;
  readonly partitions: number;
}

/** As the cluster says that it is, not as it was asked for. */
export interface OwnTopic extends Durability {
  readonly name: string;
  readonly partitions: readonly number[];
  readonly retentionMs: number;
}

/** Topics of such a name are ours alone: what a run left that was killed is in the way of the next one. */
const OWN_PREFIX = 'faultline-';
/** One that is written to meanwhile is another run's. */
const IDLE_MS = 1500;
const FORGOTTEN_MS = 250;
const FORGOTTEN_LOOKS = 20;
/** Beyond the run: a topic that could not be removed has lost its messages after it. */
const RETENTION_SPARE_MS = 24 * 3_600_000;
const SETTINGS = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'min.insync.replicas', 'unclean.leader.election.enable'];

/** `lastsMs`: the run, at the longest. Fails with `invalid` when there is such a topic: it is somebody's. */
export async function createOwnTopic(kafka: KafkaClient, plan: TopicPlan, lastsMs: number, signal: AbortSignal): Promise<OwnTopic> {
  const { topic: name, partitions, replicationFactor, minInSync, uncleanElection } = plan;
  await kafka.createTopic(
    {
      name,
      partitions,
      replicationFactor,
      settings: {
        'cleanup.policy': 'delete',
        'retention.ms': String(Math.ceil(lastsMs) + RETENTION_SPARE_MS),
        'retention.bytes': '-1',
        'min.insync.replicas': String(minInSync),
        'unclean.leader.election.enable': String(uncleanElection),
        // By the broker's own clock: ours may be wrong by more than retention.
        'message.timestamp.type': 'LogAppendTime',
      },
    },
    signal,
  );
  return describeOwnTopic(kafka, name, lastsMs, signal);
}

/** What the cluster says of it. Fails with `invalid` when messages in it would not be kept for the run. */
export async function describeOwnTopic(kafka: KafkaClient, name: string, lastsMs: number, signal: AbortSignal): Promise<OwnTopic> {
  const [[topic], settings] = await Promise.all([kafka.topics({ names: [name] }, signal), kafka.settings([name], SETTINGS, signal)]);
  const valueOf = (setting: string): string => settings.get(name)?.find((one) => one.name === setting)?.value ?? '';
  const partitions = topic?.partitions ?? [];
  const retentionMs = Number(valueOf('retention.ms'));
  if (valueOf('cleanup.policy') !== 'delete' || valueOf('retention.bytes') !== '-1' || (retentionMs >= 0 && retentionMs <= lastsMs))
    throw invalid(
      t('Messages in topic {0} are not kept for the whole run', name),
      t('It needs cleanup.policy=delete, retention.bytes=-1 and a retention.ms that is longer.'),
    );
  return {
    name,
    partitions: partitions.map(({ partition }) => partition),
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    minInSync: Number(valueOf('min.insync.replicas')),
    uncleanElection: valueOf('unclean.leader.election.enable') === 'true',
    retentionMs,
  };
}

export function isOwnName(topic: string): boolean {
  return topic.startsWith(OWN_PREFIX);
}

/** Only of our own names. Fails with `invalid` where another run writes to it. `wait` never fails. */
export async function removeLeftOver(kafka: KafkaClient, topic: string, wait: CheckEdges['wait'], signal: AbortSignal): Promise<void> {
  if (!isOwnName(topic)) return;
  const isThere = async (): Promise<boolean> => (await kafka.topics({ prefix: topic }, signal)).some(({ name }) => name === topic);
  if (!(await isThere())) return;
  const before = await kafka.offsets(topic, 'latest', signal);
  await wait(IDLE_MS, signal);
  const after = await kafka.offsets(topic, 'latest', signal);
  if ([...after].some(([partition, offset]) => before.get(partition) !== offset))
    throw invalid(t('Topic {0} is written to by another run', topic), t('Wait until that is over, or name another topic.'));
  await kafka.deleteTopic(topic, signal);
  // Brokers forget a topic a moment after they said so.
  for (let left = FORGOTTEN_LOOKS; left > 0 && (await isThere()); left--) await wait(FORGOTTEN_MS, signal);
}

/** Of a topic that `createOwnTopic` made. One that is gone already is fine. */
export async function removeOwnTopic(kafka: KafkaClient, { name }: OwnTopic, signal: AbortSignal): Promise<void> {
  try {
    await kafka.deleteTopic(name, signal);
  } catch (error) {
    if (!FaultlineError.is(error, 'notFound')) throw error;
  }
}
