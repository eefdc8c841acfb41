/** Asks a Kafka cluster for what the tree shows of it, over one client that stays. */
import { FaultlineError } from '../base/errors.ts';
import type { KafkaAccess, KafkaClient, TopicSetting } from './client.ts';
import { openKafka } from './connect.ts';
import { kafkaFactsOf, type KafkaView } from './facts.ts';

export interface KafkaViewer {
  /** Fails as the client does. Who leads, and settings of topics, are left out where they can't be read. */
  read(signal: AbortSignal): Promise<KafkaView>;
  close(): Promise<void>;
}

/** A person waits for the answer. */
const answerMs = 5000;
/** Settings change rarely, and those of thousands of topics are a large answer. */
const settingsAgainMs = 60_000;

/** Fails as `openKafka`. The viewer outlives `signal`. */
export async function openKafkaView(
  access: Pick<KafkaAccess, 'bootstrap' | 'route' | 'sasl' | 'tls'>,
  signal: AbortSignal,
  open: (access: KafkaAccess, signal: AbortSignal) => Promise<KafkaClient> = openKafka,
): Promise<KafkaViewer> {
  return new Viewer(await open({ ...access, clientId: 'faultline-tree', requestTimeoutMs: answerMs }, signal));
}

class Viewer implements KafkaViewer {
  readonly #kafka: KafkaClient;
  #settings: ReadonlyMap<string, readonly TopicSetting[]> = new Map();
  #settingsOf: ReadonlySet<string> = new Set();
  #settingsUntilMs = -Infinity;

  constructor(kafka: KafkaClient) {
    this.#kafka = kafka;
  }

  async read(signal: AbortSignal): Promise<KafkaView> {
    const [cluster, quorum, topics] = await Promise.all([
      this.#kafka.describeCluster(signal),
      unlessRefused(this.#kafka.quorum(signal)),
      this.#kafka.topics({}, signal),
    ]);
    const names = topics.map(({ name }) => name);
    if (performance.now() >= this.#settingsUntilMs || names.some((name) => !this.#settingsOf.has(name))) {
      this.#settings = (await unlessRefused(this.#kafka.settings(names, ['min.insync.replicas'], signal))) ?? this.#settings;
      this.#settingsOf = new Set(names);
      this.#settingsUntilMs = performance.now() + settingsAgainMs;
    }
    return kafkaFactsOf({ readAtMs: Date.now(), cluster, topics, settings: this.#settings, ...(quorum === undefined ? {} : { quorum }) });
  }

  close(): Promise<void> {
    return this.#kafka.close();
  }
}

/** An old cluster, or a user who may not see it: the rest is worth showing. A broker that is silent is another matter. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (FaultlineError.is(error) && ['unsupported', 'forbidden', 'engine', 'notFound'].includes(error.reason)) return undefined;
    throw error;
  }
}
