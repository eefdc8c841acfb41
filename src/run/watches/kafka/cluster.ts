/**
 * What several brokers say of the same partitions, as one truth. A broker that is cut off answers with what it knew last, and each hears
 * of a change a little later than the other: the newest leader's epoch counts, then the leader's own word, then whose word changed last.
 * Pure.
 */
import type { PartitionDescription, TopicDescription } from '../../../kafka/client.ts';

export interface PartitionNow {
  readonly topic: string;
  readonly partition: number;
  /** Node id; -1: none. */
  readonly leader: number;
  readonly epoch?: number;
  readonly replicas: readonly number[];
  /** Empty while nobody leads: who was in sync last is not in sync with anybody. */
  readonly inSync: readonly number[];
}

interface Word {
  readonly said: PartitionDescription;
  /** When this broker last said another thing than before. */
  readonly changedMs: number;
}

interface Speaker {
  /** Its node id, once it is known. */
  id: number | undefined;
  heardMs: number;
  readonly words: Map<string, Word>;
}

/** Of a broker that has not answered for so long nothing is taken any more while another does. */
const staleMs = 1500;

export class KafkaTruths {
  readonly #speakers = new Map<string, Speaker>();
  readonly #now = new Map<string, PartitionNow>();

  /** `who`: one name a broker. Returns what is another than before. */
  answer(who: string, id: number | undefined, topics: readonly TopicDescription[], nowMs: number): readonly PartitionNow[] {
    const speaker = this.#speakers.get(who) ?? { id, heardMs: nowMs, words: new Map<string, Word>() };
    this.#speakers.set(who, speaker);
    speaker.id = id ?? speaker.id;
    speaker.heardMs = nowMs;
    const keys: (readonly [key: string, topic: string])[] = [];
    for (const { name, partitions } of topics)
      for (const said of partitions) {
        const key = keyOf(name, said.partition);
        keys.push([key, name]);
        const before = speaker.words.get(key);
        if (before === undefined || !isSame(before.said, said)) speaker.words.set(key, { said, changedMs: nowMs });
      }
    return keys.flatMap(([key, topic]) => this.#renew(key, topic, nowMs));
  }

  partition(topic: string, partition: number): PartitionNow | undefined {
    return this.#now.get(keyOf(topic, partition));
  }

  partitions(topic: string): readonly PartitionNow[] {
    return [...this.#now.values()].filter((one) => one.topic === topic).toSorted((a, b) => a.partition - b.partition);
  }

  /** It is not there: one of its name that is made later counts its leaders anew. */
  forget(topic: string): void {
    const keys = this.partitions(topic).map(({ partition }) => keyOf(topic, partition));
    for (const key of keys) {
      this.#now.delete(key);
      for (const { words } of this.#speakers.values()) words.delete(key);
    }
  }

  #renew(key: string, topic: string, nowMs: number): readonly PartitionNow[] {
    let best: { readonly word: Word; readonly speaker: Speaker } | undefined;
    for (const speaker of this.#speakers.values()) {
      const word = speaker.words.get(key);
      if (word === undefined || nowMs - speaker.heardMs > staleMs) continue;
      if (best === undefined || isBetter(word, speaker, best.word, best.speaker)) best = { word, speaker };
    }
    if (best === undefined) return [];
    const { partition, leader, leaderEpoch, replicas, inSync } = best.word.said;
    const before = this.#now.get(key);
    // Nobody goes back to a leader of before: who says so has not heard of the new one.
    if (before?.epoch !== undefined && leaderEpoch !== undefined && leaderEpoch < before.epoch) return [];
    const epoch = leaderEpoch === undefined ? {} : { epoch: leaderEpoch };
    const now: PartitionNow = { topic, partition, leader, ...epoch, replicas, inSync: leader < 0 ? [] : inSync };
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) return [];
    this.#now.set(key, now);
    return [now];
  }
}

function isBetter(word: Word, speaker: Speaker, than: Word, thanSpeaker: Speaker): boolean {
  const [epoch, other] = [word.said.leaderEpoch ?? 0, than.said.leaderEpoch ?? 0];
  if (epoch !== other) return epoch > other;
  const [own, otherOwn] = [speaker.id === word.said.leader, thanSpeaker.id === than.said.leader];
  return own === otherOwn ? word.changedMs > than.changedMs : own;
}

function isSame(a: PartitionDescription, b: PartitionDescription): boolean {
  return a.leader === b.leader && a.leaderEpoch === b.leaderEpoch && isSameSet(a.inSync, b.inSync) && isSameSet(a.replicas, b.replicas);
}

function isSameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
