/**
 * A supervised watch: all objects of a kind, kept true until it is disposed. It never ends by itself and never throws; what is wrong
 * is its state, and it goes on trying.
 */
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { KubeObject } from '../objects.ts';
import type { WatchedKind } from './kinds.ts';

export type { WatchedKind } from './kinds.ts';

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
}

/** Time and chance as an edge. */
export interface Timing extends Clock {
  after(delayMs: number, run: () => void): Disposable;
  /** From 0 to below 1. */
  random(): number;
}

export interface WatchBounds {
  /** Objects a page: 500. */
  readonly pageSize: number;
  /** Changes are told at most this often: 50 ms. */
  readonly batchMs: number;
  /** Without an event or a bookmark for so long, the connection is taken for dead: 75 s (a server sends a bookmark about every 60 s). */
  readonly stallMs: number;
  /** The server is asked to end a watch after this or up to half as long again: 120 s. A right that was revoked is noticed then at the latest. */
  readonly watchSeconds: number;
  /** The first and the longest wait after a failure: 1 s and 30 s, each shortened by up to half at random. */
  readonly backOffMs: readonly [first: number, most: number];
  /** What is forbidden or missing is asked for again after 60 s. */
  readonly askAgainMs: number;
}

export interface WatchState {
  /**
   * `syncing`: the first list is not complete. `live`. `stale`: what is shown was true at `sinceMs`; it is being tried again.
   * `forbidden`: `error` names verb and resource; objects from before stay. `missing`: the cluster doesn't know the kind.
   */
  readonly kind: 'syncing' | 'live' | 'stale' | 'forbidden' | 'missing';
  /** By the wall clock, ms since the epoch. */
  readonly sinceMs: number;
  readonly error?: FaultlineError;
}

export interface WatchChange {
  /** Keys as of `keyOf`. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** `state` or `narrowed` is another one. */
  readonly state: boolean;
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
  /** Tries at once what waits: after a person pressed Retry, or granted a right. */
  retry(): void;
}

export function watchKind<T extends KubeObject>(
  connection: ClusterConnection,
  kind: WatchedKind<T>,
  _options: WatchOptions<T> = {},
): Watched<T> {
  throw new FaultlineError('unsupported', { what: `${connection.server} ${kind.plural}` });
}
