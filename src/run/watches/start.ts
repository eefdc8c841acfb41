/** Begins everything that a run hears of its cluster while it breaks something. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { Emitter, pause, nextOf } from '../../cluster/act/signal.ts';
import { openLiveCluster, type LiveCluster } from '../../cluster/live.ts';
import { kafkaInstance } from '../../cluster/recognise/kafka.ts';
import type { ClusterModel, EngineInstance, EngineKind, KafkaInstance } from '../../cluster/recognise/model.ts';
import { systemTiming, type Timing } from '../../cluster/watch/timing.ts';
import { instancesOf, isKafka } from '../../fault/scene.ts';
import type { FaultPlan } from '../../journal/fault-plan.ts';
import { openKafka } from '../../kafka/connect.ts';
import { followClickHouse } from './engines/clickhouse.ts';
import type { EngineParts, EnginePoll } from './engines/engine.ts';
import { followTrino } from './engines/trino.ts';
import { Hearing } from './hearing.ts';
import { KafkaFollower, type KafkaParts } from './kafka/follow.ts';
import { KubeWatches } from './kube.ts';
import { kafkaIn, oneNamespace, scopeOf, type WatchScope } from './pods/scope.ts';
import { predict } from './predict/predict.ts';
import type { RunWatches, StartWatches, WatchRequest, WatchTold } from './watches.ts';

/** For tests: what stands between this and the world. */
export interface WatchEdges {
  readonly timing: Timing;
  readonly kafka: KafkaParts['edges'];
}

const systemEdges: WatchEdges = {
  timing: systemTiming,
  kafka: { open: openKafka, pause, monotonicMs: systemTiming.monotonicMs },
};

type Follow = (instance: EngineInstance, parts: EngineParts, signal: AbortSignal) => Promise<EnginePoll>;

const followers: Readonly<Partial<Record<EngineKind, Follow>>> = {
  trino: followTrino,
  presto: followTrino,
  clickhouse: (instance, parts, signal) => followClickHouse(instance, parts, signal),
};

export const startWatches: StartWatches = (request, signal) => startWatchesWith(systemEdges, request, signal);

export async function startWatchesWith(edges: WatchEdges, request: WatchRequest, signal: AbortSignal): Promise<RunWatches> {
  const namespace = oneNamespace(request.plan);
  const live = openLiveCluster(request.connection, {
    ...{ timing: edges.timing, withoutTruth: true },
    ...(namespace === undefined ? {} : { namespace }),
  });
  const watches = new Watches(edges, request, live);
  try {
    await watches.begin(signal);
    return watches;
  } catch (error) {
    await watches.dispose();
    throw error;
  }
}

class Watches implements RunWatches {
  readonly #edges: WatchEdges;
  readonly #request: WatchRequest;
  readonly #live: LiveCluster;
  readonly #hearing: Hearing;
  readonly #changed = new Emitter();
  readonly #kafka: KafkaFollower[] = [];
  readonly #polls: EnginePoll[] = [];
  #kube: KubeWatches | undefined;
  /** What was heard since could not be told. */
  #deafSinceMs: number | undefined;
  #isOver = false;

  constructor(edges: WatchEdges, request: WatchRequest, live: LiveCluster) {
    this.#edges = edges;
    this.#request = request;
    this.#live = live;
    this.#hearing = new Hearing({ nowMs: request.nowMs, tell: (gap) => this.#tell([gap]) });
    live.changed.listen(() => {
      this.#kube?.look();
      this.#fire();
    });
  }

  get heardMs(): number {
    return Math.min(this.#kube?.heardMs ?? this.#request.nowMs(), this.#deafSinceMs ?? Infinity);
  }

  model(): ClusterModel {
    const of = this.#live.model();
    if (this.#kafka.length === 0) return of;
    const items = of.kafka.items.map((instance) => {
      const follower = this.#kafka.find(({ id }) => id === instance.id);
      return follower === undefined
        ? instance
        : kafkaInstance(instance, { kind: 'known', facts: follower.facts(this.#edges.timing.wallMs()) });
    });
    return { ...of, kafka: { ...of.kafka, items } };
  }

  leaderOf(topic: string, partition: number): string | null {
    for (const follower of this.#kafka) {
      const now = follower.partition(topic, partition);
      if (now !== undefined) return now.leader < 0 ? null : follower.nameOf(now.leader);
    }
    return null;
  }

  controller(): string | null {
    for (const follower of this.#kafka) if (follower.controller !== null) return follower.nameOf(follower.controller);
    return null;
  }

  inSync(topic: string, partition: number): number | undefined {
    for (const follower of this.#kafka) {
      const now = follower.partition(topic, partition);
      if (now !== undefined) return now.inSync.length;
    }
    return undefined;
  }

  changed(signal: AbortSignal): Promise<void> {
    return nextOf(this.#changed, signal);
  }

  async begin(signal: AbortSignal): Promise<void> {
    const { connection, plan, nowMs, note } = this.#request;
    await this.#live.settled(signal);
    const scope = scopeOf(plan, this.#live.model());
    this.#kube = new KubeWatches({
      ...{ connection, scope, nowMs, note, hearing: this.#hearing, timing: this.#edges.timing },
      tell: (events) => this.#tell(events),
      blockedBy: (namespace, name) =>
        this.#live.shown.autoscaling.items.find(({ ref, label }) => ref.namespace === namespace && (ref.name === name || label === name))
          ?.blocked,
    });
    const kube = this.#kube;
    await Promise.all([kube.begin(signal), ...this.#engines(scope, signal)]);
    const predictions = await predict({
      ...{ connection, plan, model: this.model(), kafka: this.#kafka, pods: kube.pods, wallMs: this.#edges.timing.wallMs() },
      signal,
    });
    this.#tell(predictions.map((prediction) => ({ t: nowMs(), src: 'runner', kind: 'prediction', ...prediction })));
  }

  async dispose(): Promise<void> {
    if (this.#isOver) return;
    this.#hearing.end();
    this.#isOver = true;
    this.#kube?.dispose();
    this.#live.dispose();
    await Promise.allSettled([...this.#kafka, ...this.#polls].map((one) => one.dispose()));
  }

  #engines(scope: WatchScope, signal: AbortSignal): readonly Promise<void>[] {
    const { connection, plan, nowMs } = this.#request;
    const common = { connection, nowMs, hearing: this.#hearing };
    const { user } = plan.probes.find(({ engine }) => engine === 'trino')?.login ?? {};
    const parts: EngineParts = {
      ...common,
      ...(user === undefined ? {} : { user }),
      now: (id) => this.#instance(id),
      isOnly: ({ engine }) => scope.instances.filter((one) => one.engine === engine).length === 1,
      tell: (events) => this.#tell(events),
      pause: this.#edges.kafka.pause,
    };
    const kafka = async (id: string): Promise<void> => {
      const follower = await KafkaFollower.open(
        {
          ...{ ...common, plan, edges: this.#edges.kafka },
          instance: () => kafkaOf(this.#instance(id)),
          tell: (events) => this.#tell(events),
          changed: () => this.#fire(),
        },
        signal,
      );
      if (this.#isOver) await follower.dispose();
      this.#kafka.push(follower);
    };
    const isNeeded = needsKafka(plan);
    const others = scope.instances.flatMap((instance) => {
      const follow = followers[instance.engine];
      return follow === undefined ? [] : [follow(instance, parts, signal).then((poll) => this.#keep(poll))];
    });
    return [
      ...kafkaIn(scope).map(({ id }) => this.#attempt(kafka(id), isNeeded, signal)),
      ...others.map((other) => this.#attempt(other, false, signal)),
    ];
  }

  /** One that comes late is not wanted any more. */
  async #keep(poll: EnginePoll): Promise<void> {
    if (this.#isOver) await poll.dispose();
    else this.#polls.push(poll);
  }

  /** An engine that does not tell keeps no run from beginning, unless a step of the plan waits for what it says. */
  async #attempt(begun: Promise<void>, isNeeded: boolean, signal: AbortSignal): Promise<void> {
    try {
      await begun;
    } catch (error) {
      const known = normalise(error);
      if (signal.aborted || isNeeded || this.#isOver) throw known;
      this.#request.note(t('{0}: what it has left of its replicas is not told', known.facts.what));
    }
  }

  #instance(id: string): EngineInstance | undefined {
    return instancesOf(this.#live.model()).find((instance) => instance.id === id);
  }

  #tell(events: readonly WatchTold[]): void {
    if (this.#isOver || events.length === 0) return;
    try {
      this.#request.onEvents(events);
    } catch (error) {
      // Whoever can't write it down ends the run by itself. A watch that breaks by it would lose the event, and ask for it again and again.
      this.#deafSinceMs ??= this.#request.nowMs();
      if (!FaultlineError.is(error)) throw error;
    }
    this.#fire();
  }

  #fire(): void {
    this.#changed.fire();
  }
}

function kafkaOf(instance: EngineInstance | undefined): KafkaInstance | undefined {
  return instance !== undefined && isKafka(instance) ? instance : undefined;
}

function needsKafka({ faults }: FaultPlan): boolean {
  return faults.some(({ choose, when }) => choose !== undefined || when?.kind === 'isr');
}
