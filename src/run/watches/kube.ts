/** What Kubernetes' own watches tell a run: pods, EndpointSlices, nodes, autoscalers. Every state, when it comes. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { unlessAborted } from '../../cluster/act/signal.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { EndpointSlice, HorizontalPodAutoscaler, KubeObject, Node, Pod } from '../../cluster/objects.ts';
import { kinds } from '../../cluster/watch/kinds.ts';
import type { Timing } from '../../cluster/watch/timing.ts';
import { watchKind, type Heard, type ObjectTold, type Watched, type WatchedKind } from '../../cluster/watch/watch.ts';
import type { AutoscalerEvent, NodeEvent, PodEvent, WatchGapEvent } from '../../journal/fault-events.ts';
import { AutoscalerBook, type AutoscalerTold, type BlockedBy } from './autoscalers.ts';
import type { Hearing } from './hearing.ts';
import { NodeBook, type NodeTold } from './nodes.ts';
import { PodFilter, type WatchScope } from './pods/scope.ts';
import { SliceBook, type SliceChange } from './pods/slices.ts';
import { PodStages, type StageTold } from './pods/stages.ts';

export interface KubeParts {
  readonly connection: ClusterConnection;
  readonly scope: WatchScope;
  readonly hearing: Hearing;
  readonly timing: Timing;
  readonly nowMs: () => number;
  readonly tell: (events: readonly (PodEvent | NodeEvent | AutoscalerEvent)[]) => void;
  readonly note: (text: string) => void;
  readonly blockedBy: BlockedBy;
}

/**
 * The server is asked to end each watch after 3 or 4 s, a bookmark 2 s before: so each is heard every 3 s at the latest, and a connection
 * that is dead is known to be after 5 s. What changes between two of them comes with the next.
 */
const bounds = { watchSeconds: 3, shortestMs: 1000, stallMs: 5000, answerMs: 5000, backOffMs: [100, 1000], askAgainMs: 5000 } as const;
/** Silent for longer than this while nothing was wrong to be seen. */
const flowBoundMs = 5000;
/** Between the last word and the next connection: what was told in it may be that late. */
const cutBoundMs = 1000;

export class KubeWatches {
  readonly #parts: KubeParts;
  readonly #stages: PodStages;
  readonly #slices = new SliceBook();
  readonly #nodes = new NodeBook();
  readonly #autoscalers: AutoscalerBook;
  readonly #pods: Watched<Pod>;
  readonly #others: readonly AnyWatched[];
  readonly #listening: (() => number | undefined)[] = [];
  #filter: PodFilter;
  #hasBegun = false;

  constructor(parts: KubeParts) {
    this.#parts = parts;
    this.#filter = new PodFilter(parts.scope, []);
    this.#stages = new PodStages((pod) => this.#filter.containerOf(pod));
    this.#autoscalers = new AutoscalerBook(parts.blockedBy);
    this.#pods = this.#watch<Pod>(kinds.pods, 'pods', (told) => this.#podTold(told));
    this.#others = [
      this.#watch<EndpointSlice>(kinds.endpointSlices, 'endpoints', (told) =>
        this.#sliced(told.kind === 'put' ? this.#slices.put(told.object) : this.#slices.gone(told.object)),
      ),
      this.#watch<Node>(kinds.nodes, 'nodes', (told) => this.#nodeTold(told)),
      this.#watch<HorizontalPodAutoscaler>(kinds.horizontalPodAutoscalers, 'autoscalers', (told) => {
        if (told.kind === 'put') this.#tellAutoscalers(this.#autoscalers.put(told.object));
        else this.#autoscalers.gone(told.object);
      }),
    ];
  }

  /** Once all were listed: tells what was there. Fails where pods can't be read: as a request does. */
  async begin(signal: AbortSignal): Promise<void> {
    await read(this.#pods, signal);
    for (const watch of this.#others) {
      try {
        await read(watch, signal);
      } catch (error) {
        if (signal.aborted || !FaultlineError.is(error, 'forbidden')) throw error;
        this.#parts.note(t('{0}: what becomes of them is not told', error.facts.what));
      }
    }
    this.#filter = new PodFilter(this.#parts.scope, this.#pods.objects().values());
    this.#hasBegun = true;
    const mine = [...this.#pods.objects().values()].filter((pod) => this.#filter.matters(pod));
    this.#tellStages(mine.flatMap((pod) => this.#stages.seen(pod)));
    const places = new Set(mine.flatMap(({ spec }) => spec?.nodeName ?? []));
    for (const { kind, name } of this.#parts.scope.targets) if (kind === 'node') places.add(name);
    this.#tellNodes(this.#nodes.begin(places));
    this.#tellAutoscalers(this.#autoscalers.begin());
  }

  /** Objects as they were sent last. */
  get pods(): readonly Pod[] {
    return this.#stages.pods;
  }

  /** ms of the run: that of the one that was heard longest ago. */
  get heardMs(): number {
    return Math.min(...this.#listening.map((heardMs) => heardMs() ?? this.#parts.nowMs()));
  }

  /** What blocks an autoscaler may be another, though the autoscaler is the same. */
  look(): void {
    if (this.#hasBegun) this.#tellAutoscalers(this.#autoscalers.look());
  }

  dispose(): void {
    this.#pods.dispose();
    for (const watch of this.#others) watch.dispose();
  }

  #podTold(told: ObjectTold<Pod>): void {
    if (!this.#hasBegun) return;
    if (told.kind === 'gone') return this.#tellStages(this.#stages.gone(told.object));
    const { object, before } = told;
    // Another of its name has taken its place unseen.
    const replaced = before !== undefined && before.metadata.uid !== object.metadata.uid ? this.#stages.gone(before) : [];
    this.#tellStages([...replaced, ...(this.#filter.matters(object) ? this.#stages.put(object) : [])]);
  }

  #sliced(change: SliceChange): void {
    this.#tellStages(change.flatMap(([uid, isIn]) => this.#stages.slices(uid, isIn)));
  }

  #nodeTold(told: ObjectTold<Node>): void {
    this.#tellNodes(told.kind === 'put' ? this.#nodes.put(told.object) : this.#nodes.gone(told.object));
  }

  #tellStages(stages: readonly StageTold[]): void {
    const t = this.#parts.nowMs();
    if (stages.length > 0) this.#parts.tell(stages.map((stage): PodEvent => ({ t, src: 'runner', kind: 'pod', ...stage })));
  }

  #tellNodes(nodes: readonly NodeTold[]): void {
    const t = this.#parts.nowMs();
    if (nodes.length > 0) this.#parts.tell(nodes.map((node): NodeEvent => ({ t, src: 'runner', kind: 'node', ...node })));
  }

  #tellAutoscalers(lines: readonly AutoscalerTold[]): void {
    const t = this.#parts.nowMs();
    if (lines.length > 0) this.#parts.tell(lines.map((line): AutoscalerEvent => ({ t, src: 'runner', kind: 'autoscaler', ...line })));
  }

  #watch<T extends KubeObject>(kind: WatchedKind<T>, of: WatchGapEvent['of'], told: (told: ObjectTold<T>) => void): Watched<T> {
    const { connection, scope, timing, hearing, nowMs } = this.#parts;
    const watched = watchKind<T>(connection, kind, {
      ...(kind.namespaced ? { namespaces: scope.namespaces } : {}),
      ...{ timing, bounds, told, heard: (heard: Heard) => this.#heard(of, heard) },
    });
    const heardMs = (): number | undefined =>
      watched.heardAtMs === undefined ? undefined : nowMs() - (timing.monotonicMs() - watched.heardAtMs);
    hearing.add({ of, boundMs: flowBoundMs, heardMs });
    // Said when it began; nothing is told of it, so nothing is missed.
    this.#listening.push(() => (watched.state.kind === 'forbidden' || watched.state.kind === 'missing' ? undefined : heardMs()));
    return watched;
  }

  #heard(of: WatchGapEvent['of'], { silentMs, how }: Heard): void {
    if (!this.#hasBegun) return;
    const isGap = how === 'list' || silentMs > (how === 'again' ? cutBoundMs : flowBoundMs);
    if (isGap) this.#parts.hearing.again(of, silentMs);
  }
}

type AnyWatched = Pick<Watched<Pod>, 'state' | 'changed' | 'dispose'>;

/** Resolves when its first list is complete and its watch is open. */
async function read(watched: AnyWatched, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    const { kind, error } = watched.state;
    if (kind === 'live' || kind === 'missing') resolve();
    else if (error !== undefined) reject(error);
  };
  const listening = watched.changed.listen(look);
  look();
  try {
    await unlessAborted(promise, signal);
  } finally {
    listening.dispose();
  }
}
