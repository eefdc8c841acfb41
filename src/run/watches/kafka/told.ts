/**
 * Which partitions a run tells of, and what it tells. Of a topic in which the plan or a probe names a partition: leader and ISR of that
 * one. Of any other: how many replicas of the whole topic are in sync, and who leads one partition that a target led when it was first
 * seen. All partitions are watched; a line for each would hide what happens. Pure.
 */
import { t } from '../../../base/messages.ts';
import type { LeaderEvent, RedundancyEvent } from '../../../journal/fault-events.ts';
import type { FaultPlan } from '../../../journal/fault-plan.ts';
import type { PartitionNow } from './cluster.ts';

export type LeaderTold = Omit<LeaderEvent, 't' | 'src' | 'kind'>;
export type RedundancyTold = Omit<RedundancyEvent, 't' | 'src' | 'kind'>;

export interface Named {
  readonly topic: string;
  readonly partition?: number;
}

export interface Topics {
  /** Asked for often. */
  readonly names: readonly string[];
  readonly named: readonly Named[];
}

export function topicsOf({ faults, probes, messages }: FaultPlan): Topics {
  const named: Named[] = [];
  for (const { choose, when, targets } of faults) {
    if (choose?.kind === 'leader') named.push({ topic: choose.topic, partition: choose.partition });
    if (when?.kind === 'isr') named.push({ topic: when.topic, partition: when.partition });
    // "leader of messages/17", in whatever language: nobody else ends like this.
    for (const { as = '' } of targets) {
      const [, topic, partition] = /(?:^|\s)([\w.-]+)\/(\d+)$/.exec(as) ?? [];
      if (topic !== undefined && partition !== undefined) named.push({ topic, partition: Number(partition) });
    }
  }
  for (const { engine, asks } of probes) {
    if (engine !== 'kafka') continue;
    const [, topic, partition] = /([\w.-]+)(?:\/(\d+))?$/.exec(asks.trim()) ?? [];
    if (topic !== undefined) named.push({ topic, ...(partition === undefined ? {} : { partition: Number(partition) }) });
  }
  const names = new Set([...named.map(({ topic }) => topic), ...(messages === undefined ? [] : [messages.topic])]);
  return { names: [...names], named };
}

export interface PartitionNames {
  /** Of a node: its pod, where it is known. */
  readonly nameOf: (node: number) => string;
  readonly isTarget: (node: number) => boolean;
  readonly leastOf: (topic: string) => number | undefined;
}

export class PartitionTeller {
  readonly #topics: Topics;
  readonly #names: PartitionNames;
  /** By topic: those that are told of, once the topic was seen whole. */
  readonly #chosen = new Map<string, ReadonlySet<number>>();
  readonly #told = new Map<string, string>();

  constructor(topics: Topics, names: PartitionNames) {
    this.#topics = topics;
    this.#names = names;
  }

  /** All partitions of one topic, as they are now: what is another than it was told. */
  look(
    topic: string,
    all: readonly PartitionNow[],
  ): { readonly leaders: readonly LeaderTold[]; readonly redundancy: readonly RedundancyTold[] } {
    if (all.length === 0) return { leaders: [], redundancy: [] };
    const chosen = this.#chosen.get(topic) ?? this.#choose(topic, all);
    this.#chosen.set(topic, chosen);
    const least = this.#names.leastOf(topic);
    const mine = all.filter(({ partition }) => chosen.has(partition));
    const leaders = mine.map(({ partition, leader, epoch }): LeaderTold => ({
      ...{ of: `${topic}/${partition}`, leader: leader < 0 ? null : this.#names.nameOf(leader) },
      ...(epoch === undefined ? {} : { epoch }),
    }));
    const isNamed = this.#topics.named.some((one) => one.topic === topic && one.partition !== undefined);
    const redundancy = (isNamed || all.length === 1 ? mine : []).map(({ partition, replicas, inSync }): RedundancyTold => ({
      ...{ of: t('ISR of {0}', `${topic}/${partition}`), have: inSync.length, want: replicas.length },
      ...(least === undefined ? {} : { least }),
    }));
    const sum = (count: (one: PartitionNow) => number): number => all.reduce((total, one) => total + count(one), 0);
    const whole: RedundancyTold = {
      ...{
        of: t('replicas in sync of {0}', topic),
        have: sum(({ inSync }) => inSync.length),
        want: sum(({ replicas }) => replicas.length),
      },
    };
    return {
      leaders: leaders.filter((one) => this.#isNew(`leader ${one.of}`, one)),
      redundancy: (redundancy.length > 0 ? redundancy : [whole]).filter((one) => this.#isNew(one.of, one)),
    };
  }

  #choose(topic: string, all: readonly PartitionNow[]): ReadonlySet<number> {
    const named = this.#topics.named.flatMap((one) => (one.topic === topic && one.partition !== undefined ? [one.partition] : []));
    if (named.length > 0) return new Set(named);
    const led = all.find(({ leader }) => leader >= 0 && this.#names.isTarget(leader));
    return new Set(all.length === 1 ? [0] : led === undefined ? [] : [led.partition]);
  }

  #isNew(key: string, what: object): boolean {
    const text = JSON.stringify(what);
    if (this.#told.get(key) === text) return false;
    this.#told.set(key, text);
    return true;
  }
}
