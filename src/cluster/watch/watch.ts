/**
 * A supervised watch: all objects of a kind, kept true until it is disposed. It never ends by itself and never throws; what is wrong
 * is its state, and it goes on trying.
 */
import type { Disposable } from '../../base/disposables.ts';
import type { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { KubeObject } from '../objects.ts';
import { Follower, type Heard, type WatchBounds, type WatchState } from './follower.ts';
import type { WatchedKind } from './kinds.ts';
import { ObjectStore, type ObjectTold, type WatchChange } from './store.ts';
import { systemTiming, type Timing } from './timing.ts';

export type { Heard, WatchBounds, WatchState } from './follower.ts';
export type { WatchedKind } from './kinds.ts';
export type { ObjectTold, WatchChange } from './store.ts';
export type { Timing } from './timing.ts';

export interface WatchOptions<T extends KubeObject> {
  /**
   * `all` (where it is left out) falls back to the context's own namespace while reading all is forbidden, says so in `narrowed`, and
   * returns to all once it is granted. Without meaning for kinds of the whole cluster.
   */
  readonly namespaces?: 'all' | readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What is kept of an object. Where it is left out: the kind's own, which drops managedFields and large annotations. */
  readonly trim?: (object: T) => T;
  readonly timing?: Timing;
  readonly bounds?: Partial<WatchBounds>;
  /** At once and each by itself, with every state between: what `changed` gathers. Must not throw. */
  readonly told?: (told: ObjectTold<T>) => void;
  /** Whatever came of the server: of each of the namespaces for itself. Comes before what it is about is told. Must not throw. */
  readonly heard?: (heard: Heard) => void;
}

export interface Watched<T extends KubeObject> extends Disposable {
  readonly kind: WatchedKind<T>;
  /** By key. The same map for as long as the watch lives, updated in place. */
  objects(): ReadonlyMap<string, T>;
  /** Over several namespaces the worst of them. */
  readonly state: WatchState;
  /** Why only the context's own namespace is watched where all were asked for. */
  readonly narrowed: FaultlineError | undefined;
  /** At most once in `batchMs`. */
  readonly changed: { listen(listener: (change: WatchChange) => void): Disposable };
  /** When anything came of the server last, by the timing's monotonic clock; over several namespaces the earliest. `undefined`: never yet. */
  readonly heardAtMs: number | undefined;
  /** Tries at once what waits: after a person pressed Retry, or granted a right. */
  retry(): void;
}

const usual: WatchBounds = {
  pageSize: 500,
  batchMs: 50,
  stallMs: 75_000,
  watchSeconds: 120,
  backOffMs: [1000, 30_000],
  askAgainMs: 60_000,
  shortestMs: 5000,
  answerMs: 30_000,
};

export function watchKind<T extends KubeObject>(
  connection: ClusterConnection,
  kind: WatchedKind<T>,
  options: WatchOptions<T> = {},
): Watched<T> {
  return new KindWatch(connection, kind, options);
}

class KindWatch<T extends KubeObject> implements Watched<T> {
  readonly kind: WatchedKind<T>;
  readonly changed: Watched<T>['changed'];
  readonly #connection: ClusterConnection;
  readonly #options: WatchOptions<T>;
  readonly #timing: Timing;
  readonly #bounds: WatchBounds;
  readonly #store: ObjectStore<T>;
  readonly #followers: Follower<T>[];
  /** In place of the one that may not read all. */
  #substitute: Follower<T> | undefined;
  #narrowed: FaultlineError | undefined;

  constructor(connection: ClusterConnection, kind: WatchedKind<T>, options: WatchOptions<T>) {
    this.#connection = connection;
    this.kind = kind;
    this.#options = options;
    this.#timing = options.timing ?? systemTiming;
    this.#bounds = { ...usual, ...options.bounds };
    this.#store = new ObjectStore(this.#timing, this.#bounds.batchMs, options.trim ?? kind.trim, options.told);
    this.changed = { listen: (listener) => this.#store.listen(listener) };
    const { namespaces = 'all' } = options;
    this.#followers =
      namespaces === 'all' || !kind.namespaced
        ? [this.#follower(undefined, (state) => this.#wholeChanged(state))]
        : [...new Set(namespaces)].map((namespace) => this.#follower(namespace, () => this.#store.stateChanged()));
  }

  objects(): ReadonlyMap<string, T> {
    return this.#store.objects;
  }

  get state(): WatchState {
    const followers = this.#substitute === undefined ? this.#followers : [this.#substitute];
    const states = followers.map(({ state }) => state);
    for (const kind of ['stale', 'forbidden', 'missing', 'syncing'] as const) {
      const worst = states.find((state) => state.kind === kind);
      if (worst !== undefined) return worst;
    }
    return states[0] ?? { kind: 'live', sinceMs: this.#timing.wallMs() };
  }

  get narrowed(): FaultlineError | undefined {
    return this.#narrowed;
  }

  get heardAtMs(): number | undefined {
    const followers = this.#substitute === undefined ? this.#followers : [this.#substitute];
    return followers.reduce<number | undefined>(
      (least, { heardAtMs }) => (least === undefined || heardAtMs === undefined ? undefined : Math.min(least, heardAtMs)),
      Infinity,
    );
  }

  retry(): void {
    this.#connection.renewLogin();
    for (const follower of this.#followers) follower.retry();
    this.#substitute?.retry();
  }

  dispose(): void {
    for (const follower of this.#followers) follower.dispose();
    this.#substitute?.dispose();
    this.#store.dispose();
  }

  #follower(namespace: string | undefined, stateChanged: (state: WatchState) => void): Follower<T> {
    const { labelSelector, fieldSelector, heard } = this.#options;
    return new Follower<T>({
      connection: this.#connection,
      kind: this.kind,
      store: this.#store,
      timing: this.#timing,
      bounds: this.#bounds,
      stateChanged,
      ...(heard === undefined ? {} : { heard }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
  }

  /** The one that reads all goes on asking while its substitute shows what may be seen. */
  #wholeChanged({ kind, error }: WatchState): void {
    if (kind === 'forbidden' && this.kind.namespaced && this.#substitute === undefined) {
      const namespace = this.#connection.defaultNamespace;
      this.#narrowed = error;
      this.#store.removeOutside(namespace);
      this.#substitute = this.#follower(namespace, () => this.#store.stateChanged());
    } else if (kind === 'live') {
      this.#narrowed = undefined;
      this.#substitute?.dispose();
      this.#substitute = undefined;
    }
    this.#store.stateChanged();
  }
}
