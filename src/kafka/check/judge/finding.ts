/** What was found of all partitions together. A journal's `messages` event holds it. Pure. */
import { t } from '../../../base/messages.ts';
import type { Anomalies, Anomaly } from './anomalies.ts';
import type { PartitionCheck } from './partition-check.ts';

export interface MessagesFinding {
  readonly topic: string;
  readonly acknowledged: number;
  /** Of the acknowledged ones: those in partitions that were judged. Absent: all. */
  readonly acknowledgedJudged?: number;
  readonly failed: number;
  readonly unknown: number;
  /** Of the unknown ones. */
  readonly unknownPresent: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly redelivered: number;
  readonly reordered: number;
  /** Stretches of up to 256 offsets that are not as they were read live, or not where their messages were acknowledged. */
  readonly rewritten: number;
  /** Of the failed ones; absent: none. */
  readonly failedPresent?: number;
  /** Records that are none of the writer's, or not as they were sent; absent: none. */
  readonly foreign?: number;
  /** The loss is what the topic's settings allow. */
  readonly asConfigured?: string;
  readonly notJudged: readonly { readonly partition: number; readonly why: string }[];
  readonly anomalies: readonly Anomaly[];
}

/** What decides how much a topic can lose, as its cluster says. */
export interface Durability {
  readonly replicationFactor: number;
  readonly minInSync: number;
  readonly uncleanElection: boolean;
}

/** `notJudged`: by partition, why its log was not read from its recorded start to its recorded end. */
export function findingOf(
  topic: { readonly name: string } & Durability,
  checks: readonly PartitionCheck[],
  notJudged: ReadonlyMap<number, string>,
  anomalies: Anomalies,
): MessagesFinding {
  const sum = (of: (check: PartitionCheck) => number, from = checks): number => from.reduce((total, check) => total + of(check), 0);
  const judged = checks.filter(({ partition }) => !notJudged.has(partition));
  const lost = sum((check) => check.lost(), judged);
  const failedPresent = sum((check) => check.failedPresent());
  const foreign = sum((check) => check.foreign);
  const allowed = lossAllowedBy(topic);
  return {
    topic: topic.name,
    acknowledged: sum(({ ledger }) => ledger.acknowledged.count),
    ...(notJudged.size === 0 ? {} : { acknowledgedJudged: sum(({ ledger }) => ledger.acknowledged.count, judged) }),
    failed: sum(({ ledger }) => ledger.failed),
    unknown: sum(({ ledger }) => ledger.unknown.count),
    unknownPresent: sum((check) => check.unknownPresent()),
    lost,
    duplicated: sum((check) => check.duplicated),
    redelivered: sum((check) => check.redelivered),
    reordered: sum((check) => check.reordered),
    rewritten: sum((check) => check.rewritten),
    ...(failedPresent === 0 ? {} : { failedPresent }),
    ...(foreign === 0 ? {} : { foreign }),
    ...(lost > 0 && allowed !== undefined ? { asConfigured: allowed } : {}),
    notJudged: [...notJudged].map(([partition, why]) => ({ partition, why })).sort((a, b) => a.partition - b.partition),
    anomalies: anomalies.all(),
  };
}

/** Settings with which Kafka may lose what it acknowledged when one broker fails, or one that fell behind takes over. */
export function lossAllowedBy({ replicationFactor, minInSync, uncleanElection }: Durability): string | undefined {
  const allowed = [
    ...(replicationFactor === 1 ? [t('one replica')] : minInSync <= 1 ? [t('min ISR {0}', minInSync)] : []),
    ...(uncleanElection ? [t('unclean election')] : []),
  ];
  return allowed.length === 0 ? undefined : allowed.join(', ');
}
