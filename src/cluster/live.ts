/** A cluster as it is now: supervised watches, what the engines say of themselves, and the model that both make. */
import type { Disposable } from '../base/disposables.ts';
import { FaultlineError, normalise } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { Emitter, type Listenable, unlessAborted } from './act/signal.ts';
import type { ClusterConnection } from './connect/connection.ts';
import { coreKinds, type ModelKind, operatorKindsOf } from './kindsOfModel.ts';
import type { PartName } from './recognise/kinds.ts';
import type { ClusterModel, ClusterSnapshot, KafkaTruth, PartState } from './recognise/model.ts';
import { modelOf, newMemory } from './recognise/modelOf.ts';
import { KafkaProber, type KafkaLogins, type KafkaProberOptions, type OpenKafkaReader } from './truth/kafka.ts';
import { EngineProber, type ProberOptions } from './truth/prober.ts';
import { systemTiming, type Timing } from './watch/timing.ts';
import { type WatchChange, watchKind, type Watched } from './watch/watch.ts';

export interface LiveOptions {
  /** One namespace; all of them where nothing is said, or the context's own while all are forbidden. */
  readonly namespace?: string;
  readonly timing?: Timing;
  /** Engines are not asked; for tests, and for who only wants Kubernetes' truth. */
  readonly withoutTruth?: boolean;
  readonly prober?: Partial<ProberOptions>;
  /** What speaks Kafka's protocol: `openKafkaView`. Without it Kafka is not asked. */
  readonly kafka?: OpenKafkaReader;
  /** What people gave to be let in to Kafka; without it only listeners without a login are asked. */
  readonly kafkaLogins?: KafkaLogins;
  readonly kafkaProber?: Partial<KafkaProberOptions>;
}

export interface LiveCluster extends Disposable {
  readonly connection: ClusterConnection;
  /** The newest; a new object only when something is another. */
  model(): ClusterModel;
  /** As of the last `changed`: costs nothing. */
  readonly shown: ClusterModel;
  /** At most twenty times a second; less often where more than pods changed and the model is costly. */
  readonly changed: Listenable;
  /** Resolves once every part has been read, or has said why not. Fails: `cancelled`. */
  settled(signal: AbortSignal): Promise<void>;
  /** Engines are asked only while somebody looks. Nobody does at first. */
  look(isLooking: boolean): void;
  /** Resolves once each engine was asked since now, or the signal aborts. */
  asked(signal: AbortSignal): Promise<void>;
  /** Asks again at once what waits. */
  retry(): void;
  /** Asks this Kafka again at once, after a person gave another login, or took it back. Resolves when the model says what came of it. */
  retryKafka(instanceId: string): Promise<void>;
}

/** Least time between two models: with the 50 ms that a watch gathers, a change is shown within about 100 ms. */
const gapMs = 50;
/** A whole model of a huge cluster may take a tenth of one processor. */
const shareOfTime = 10;
/** However costly it is. */
const longestWaitMs = 2000;
/** Operators are installed rarely. */
const kindsAgainMs = 60_000;

/** Never fails: what is wrong is said by the parts. */
export function openLiveCluster(connection: ClusterConnection, options: LiveOptions = {}): LiveCluster {
  return new WatchedCluster(connection, options);
}

class WatchedCluster implements LiveCluster {
  readonly connection: ClusterConnection;
  readonly changed = new Emitter();
  readonly #options: LiveOptions;
  readonly #timing: Timing;
  readonly #life = new AbortController();
  readonly #watches = new Map<PartName, Watched<never>>();
  readonly #kafka = new Map<string, KafkaTruth>();
  readonly #memory = newMemory();
  readonly #prober: EngineProber | undefined;
  readonly #kafkaProber: KafkaProber | undefined;
  #model: ClusterModel;
  /** Something else than pods is another than in the model. */
  #isAllOther = false;
  /** Keys of pods that are. */
  readonly #otherPods = new Set<string>();
  /** What the Kafka prober heard of last. */
  #heeded: ClusterModel['kafka'] | undefined;
  #timer: Disposable | undefined;
  #timerAtMs = Infinity;
  #allDueAtMs = -Infinity;
  #kindsTimer: Disposable | undefined;
  #builtAtMs = -Infinity;
  /** Of the last whole model. */
  #costMs = 0;
  /** Which kinds of operators there are is known, or can't be. */
  #isDiscovered = false;

  constructor(connection: ClusterConnection, options: LiveOptions) {
    this.connection = connection;
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
    if (options.withoutTruth !== true)
      this.#prober = new EngineProber(
        connection,
        () => this.model(),
        { timing: this.#timing, ...options.prober },
        () => this.#touch(),
      );
    if (options.withoutTruth !== true && options.kafka !== undefined)
      this.#kafkaProber = new KafkaProber(
        connection,
        () => this.model(),
        options.kafka,
        { timing: this.#timing, ...(options.kafkaLogins === undefined ? {} : { logins: options.kafkaLogins }), ...options.kafkaProber },
        (id, truth) => this.#setKafka(id, truth),
      );
    for (const kind of coreKinds) this.#watch(kind);
    this.#model = modelOf(this.#snapshot(), this.#memory);
    void this.#discover();
  }

  model(): ClusterModel {
    this.#renew();
    return this.#model;
  }

  get shown(): ClusterModel {
    return this.#model;
  }

  async settled(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#isDiscovered && [...this.#watches.values()].every(({ state }) => isSettled(state)), signal);
  }

  look(isLooking: boolean): void {
    this.#prober?.look(isLooking);
    this.#kafkaProber?.look(isLooking);
  }

  async asked(signal: AbortSignal): Promise<void> {
    const ends = AbortSignal.any([signal, this.#life.signal]);
    await Promise.all([this.#prober?.round(ends), this.#kafkaProber?.round(ends)]);
  }

  retry(): void {
    for (const watch of this.#watches.values()) watch.retry();
    void this.#discover();
  }

  async retryKafka(instanceId: string): Promise<void> {
    await this.#kafkaProber?.retry(instanceId);
  }

  dispose(): void {
    this.#life.abort();
    this.#timer?.dispose();
    this.#kindsTimer?.dispose();
    this.#prober?.dispose();
    this.#kafkaProber?.dispose();
    for (const watch of this.#watches.values()) watch.dispose();
    this.#watches.clear();
  }

  #setKafka(instanceId: string, truth: KafkaTruth | undefined): void {
    if (truth === undefined) this.#kafka.delete(instanceId);
    else this.#kafka.set(instanceId, truth);
    this.#touch();
  }

  #watch({ part, kind, labelSelector, fieldSelector }: ModelKind): void {
    if (this.#watches.has(part) || this.#life.signal.aborted) return;
    const { namespace } = this.#options;
    const watch = watchKind(this.connection, kind, {
      timing: this.#timing,
      ...(namespace === undefined ? {} : { namespaces: [namespace] }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
    this.#watches.set(part, watch);
    watch.changed.listen((change) => {
      if (part === 'pods' && !change.state) this.#touchPods(change);
      else this.#touch();
    });
  }

  /** Which operators there are; asked again and again, since one may be installed while somebody looks. */
  async #discover(): Promise<void> {
    this.#kindsTimer?.dispose();
    try {
      const found = await operatorKindsOf(this.connection, this.#life.signal);
      for (const kind of found) this.#watch(kind);
    } catch (error) {
      // The watches say what is wrong with the cluster.
      if (!FaultlineError.is(error)) throw error;
    }
    if (this.#life.signal.aborted) return;
    this.#isDiscovered = true;
    this.#kindsTimer = this.#timing.after(kindsAgainMs, () => void this.#discover());
    this.#touch();
  }

  #touch(): void {
    if (!this.#isAllOther) this.#allDueAtMs = this.#builtAtMs + Math.max(gapMs, Math.min(this.#costMs * shareOfTime, longestWaitMs));
    this.#isAllOther = true;
    this.#arm(this.#allDueAtMs);
  }

  #touchPods({ added, changed, deleted }: WatchChange): void {
    for (const keys of [added, changed, deleted]) for (const key of keys) this.#otherPods.add(key);
    this.#arm(this.#builtAtMs + gapMs);
  }

  #arm(dueAtMs: number): void {
    if (this.#life.signal.aborted || (this.#timer !== undefined && this.#timerAtMs <= dueAtMs)) return;
    this.#timer?.dispose();
    this.#timerAtMs = dueAtMs;
    const now = this.#timing.monotonicMs();
    this.#timer = this.#timing.after(Math.max(0, dueAtMs - now), () => {
      this.#timer = undefined;
      if (this.#isAllOther && this.#timing.monotonicMs() >= this.#allDueAtMs) this.#renew();
      else this.#renewPods();
      if (this.#isAllOther) this.#arm(this.#allDueAtMs);
      if (this.#heeded !== this.#model.kafka) {
        this.#heeded = this.#model.kafka;
        this.#kafkaProber?.heed(this.#model);
      }
      this.changed.fire();
    });
  }

  #renew(): void {
    if (!this.#isAllOther) return this.#renewPods();
    const startMs = this.#timing.monotonicMs();
    this.#isAllOther = false;
    this.#otherPods.clear();
    this.#model = modelOf(this.#snapshot(), this.#memory);
    this.#builtAtMs = this.#timing.monotonicMs();
    this.#costMs = this.#builtAtMs - startMs;
  }

  /** Costs what they are, and not what there is. */
  #renewPods(): void {
    if (this.#otherPods.size === 0) return;
    const pods = [...this.#otherPods];
    this.#otherPods.clear();
    this.#model = modelOf(this.#snapshot(), this.#memory, pods);
    this.#builtAtMs = this.#timing.monotonicMs();
  }

  #snapshot(): ClusterSnapshot {
    const { namespace } = this.#options;
    const parts: Record<string, { objects: ReadonlyMap<string, never>; state: PartState }> = {};
    for (const [part, watch] of this.#watches) parts[part] = { objects: watch.objects(), state: stateOf(watch) };
    return {
      context: this.connection.context.name,
      ...(namespace === undefined ? {} : { namespace }),
      parts,
      truth: this.#prober?.truth ?? new Map(),
      kafka: this.#kafka,
    };
  }

  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    if (isSo()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const heard = this.changed.listen(() => {
      if (isSo()) resolve();
    });
    const ended = (): void => reject(new FaultlineError('cancelled', { what: t('Stopped') }));
    this.#life.signal.addEventListener('abort', ended, { once: true });
    try {
      await unlessAborted(promise, signal);
    } catch (error) {
      throw normalise(error);
    } finally {
      heard.dispose();
      this.#life.signal.removeEventListener('abort', ended);
    }
  }
}

function stateOf({ state, narrowed }: Watched<never>): PartState {
  return narrowed === undefined ? state : { ...state, narrowed };
}

/** Read, or known why it is not: a first list that failed says its error. */
function isSettled({ kind, error }: PartState): boolean {
  return kind !== 'syncing' || error !== undefined;
}
