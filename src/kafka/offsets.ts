/** First and next offsets of partitions, asked of their leaders. */
import type { BrokerDescription } from './client.ts';
import { errorOfCode, kafkaError, noTopic } from './errors.ts';
import type { Links } from './links.ts';
import { answerOf, noLeader } from './metadata.ts';
import type { Metadata } from './metadata.ts';
import { offsetsRequest } from './requests.ts';
import { protocolErrorsCodesById } from '@platformatic/kafka';

type Answer = Awaited<ReturnType<(typeof offsetsRequest.versions)[number]['async']>>;

/** Kafka's own marks in place of a time. */
const MARKS = { earliest: -2n, latest: -1n } as const;
const TRIES = 4;

export async function offsetsOf(
  links: Links,
  metadata: Metadata,
  topic: string,
  which: keyof typeof MARKS,
  signal: AbortSignal,
  only?: readonly number[],
  committed?: true,
): Promise<Map<number, bigint>> {
  const found = new Map<number, bigint>();
  let failure: unknown;
  // A leader may have changed since: then the next round asks the new one.
  for (let round = 0; round < TRIES; round++) {
    const [known] = await metadata.topics([topic], signal);
    if (known === undefined) throw noTopic(topic);
    const missing = (only ?? known.partitions.map(({ partition }) => partition)).filter((partition) => !found.has(partition));
    if (missing.length === 0) return found;
    const groups = new Map<BrokerDescription, number[]>();
    for (const partition of missing) {
      const leader = metadata.leader(topic, partition);
      if (leader === undefined) failure = noLeader(topic, partition);
      else groups.set(leader, [...(groups.get(leader) ?? []), partition]);
    }
    const answers = await Promise.allSettled(
      [...groups].map(async ([leader, own]) => ask(links, leader, topic, own, which, signal, committed)),
    );
    for (const answer of answers) {
      if (answer.status === 'rejected') failure = answer.reason;
      else
        for (const { partitionIndex, errorCode, offset } of answer.value.topics.flatMap(({ partitions }) => partitions)) {
          if (errorCode === 0) found.set(partitionIndex, offset);
          else failure = errorOfCode(protocolErrorsCodesById[errorCode] ?? String(errorCode), { topic });
        }
    }
    if (missing.every((partition) => found.has(partition))) return found;
  }
  throw kafkaError(failure, { topic });
}

async function ask(
  links: Links,
  leader: BrokerDescription,
  topic: string,
  partitions: readonly number[],
  which: keyof typeof MARKS,
  signal: AbortSignal,
  committed?: true,
): Promise<Answer> {
  const asked = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: MARKS[which] }));
  try {
    return await links.ask(leader, offsetsRequest, [-1, committed === true ? 1 : 0, [{ name: topic, partitions: asked }]], signal);
  } catch (error) {
    const answer = answerOf<Answer>(error);
    if (answer === undefined) throw kafkaError(error, { broker: leader, topic });
    return answer;
  }
}
