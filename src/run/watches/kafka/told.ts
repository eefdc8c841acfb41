/**
 * Which partitions a run tells of, and what it tells: leader and ISR of those that matter, and of the whole topic how many replicas are in
 * sync. Those that matter: what a fault or a step of the plan names, what the probes ask, and a few that the targets led when they were
 * first seen. All of a topic's partitions are watched; a thousand lines of them would hide what happens. Pure.
 */
import { t } from '../../../base/messages.ts';
import type { LeaderEvent, RedundancyEvent } from '../../../journal/fault-events.ts';
import type { FaultPlan } from '../../../journal/fault-plan.ts';
import type { PartitionNow } from './cluster.ts';

export type LeaderTold = Omit<LeaderEvent, 't' | 'src' | 'kind'>;
export type RedundancyTold = Omit<RedundancyEvent, 't' | 'src' | 'kind'>;

/** That the targets lead, of each topic. */
const mostOfTargets = 3;
/** That the probes ask, where they name only the topic. */
const mostOfProbes = 3;

export interface Named {
  readonly topic: string;
  readonly partition?: number;
}

export interface Topics {
  /** Asked for often. */
  readonly names: readonly string[];
  readonly named: readonly (Named & { readonly by: 'plan' | 'probe' })[];
}

export function topicsOf({ faults, probes, messages }: FaultPlan): Topics {
  const named: (Named & { readonly by: 'plan' | 'probe' })[] = [];
  for (const { choose, when, targets } of faults) {
    if (choose?.kind === 'leader') named.push({ topic: choose.topic, partition: choose.partition, by: 'plan' });
    if (when?.kind === 'isr') named.push({ topic: when.topic, partition: when.partition, by: 'plan' });
    // "leader of messages/17", in whatever language: nobody else ends like this.
    for (const { as = '' } of targets) {
      const [, topic, partition] = /(?:^|\s)([\w.-]+)\/(\d+)$/.exec(as) ?? [];
      if (topic !== undefined && partition !== undefined) named.push({ topic, partition: Number(partition), by: 'plan' });
    }
  }
  for (const { engine, asks } of probes) {
    if (engine !== 'kafka') continue;
    const [, topic, partition] = /([\w.-]+)(?:\/(\d+))?$/.exec(asks.trim()) ?? [];
    if (topic !== undefined) named.push({ topic, ...(partition === undefined ? {} : { partition: Number(partition) }), by: 'probe' });
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
    const redundancy = mine.map(({ partition, replicas, inSync }): RedundancyTold => ({
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
      redundancy: [...redundancy, ...(all.length > mine.length ? [whole] : [])].filter((one) => this.#isNew(one.of, one)),
    };
  }

  #choose(topic: string, all: readonly PartitionNow[]): ReadonlySet<number> {
    const named = this.#topics.named.filter((one) => one.topic === topic);
    const chosen = new Set(named.flatMap(({ partition }) => partition ?? []));
    if (named.some(({ by, partition }) => by === 'probe' && partition === undefined))
      for (const { partition } of all.slice(0, mostOfProbes)) chosen.add(partition);
    const led = all.filter(({ leader }) => leader >= 0 && this.#names.isTarget(leader));
    for (const { partition } of led) {
      if (led.filter((one) => chosen.has(one.partition)).length >= mostOfTargets) break;
      chosen.add(partition);
    }
    return chosen;
  }

  #isNew(key: string, what: object): boolean {
    const text = JSON.stringify(what);
    if (this.#told.get(key) === text) return false;
    this.#told.set(key, text);
    return true;
  }
}
