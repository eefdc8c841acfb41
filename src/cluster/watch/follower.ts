/**
 * Keeps the objects of one place (a namespace, or the whole cluster) true: lists them, watches from there, and goes on for ever. The
 * rules are at `#settle`: what each end of a list or of a watch leads to.
 */
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { loginCode } from '../connect/execPlugin.ts';
import { retryAfterOf, statusOf } from '../connect/failure.ts';
import type { KubeObject, ObjectList } from '../objects.ts';
import { pathOf, type WatchedKind } from './kinds.ts';
import { BackOff, type Timing } from './timing.ts';
import { readEvent } from './event.ts';
import type { ObjectStore } from './store.ts';

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
  /** What is forbidden or missing, or can't log in, is tried again after 60 s. */
  readonly askAgainMs: number;
  /** A watch that ends sooner than this is a failure, however it ended: 5 s. Else a server that closes at once is asked without a pause. */
  readonly shortestMs: number;
  /** Until an answer begins: 30 s. */
  readonly answerMs: number;
}

/**
 * Something came of the server after `silentMs` without a word of it, milliseconds of the timing's clock. `flow`: it went on as it should.
 * `again`: it was cut or stalled before. `list`: it was listed anew, and states between are not known.
 */
export interface Heard {
  readonly silentMs: number;
  readonly how: 'flow' | 'again' | 'list';
}

export interface WatchState {
  /**
   * `syncing`: the first list is not complete; with an `error` it is being tried again. `live`. `stale`: what is shown was true at
   * `sinceMs`; it is being tried again. `forbidden`: `error` names verb and resource; objects from before stay. `missing`: the cluster
   * doesn't know the kind.
   */
  readonly kind: 'syncing' | 'live' | 'stale' | 'forbidden' | 'missing';
  /** By the wall clock, ms since the epoch. */
  readonly sinceMs: number;
  readonly error?: FaultlineError;
}

export interface FollowerParts<T extends KubeObject> {
  readonly connection: ClusterConnection;
  readonly kind: WatchedKind<T>;
  /** Missing for the whole cluster. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly store: ObjectStore<T>;
  readonly timing: Timing;
  readonly bounds: WatchBounds;
  readonly stateChanged: (state: WatchState) => void;
  readonly heard?: (heard: Heard) => void;
}

/** A second list within this waits: a server that says 410 to everything must not be listed without a pause. */
const listAgainMs = 10_000;

/** An empty list of names and labels alone comes as null. */
type Page<T extends KubeObject> = Omit<ObjectList<T>, 'items'> & { readonly items: readonly T[] | null };

/** How a turn ended. */
type End =
  | { readonly kind: 'closed' }
  | { readonly kind: 'stalled' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly error: FaultlineError };

export class Follower<T extends KubeObject> {
  readonly #parts: FollowerParts<T>;
  readonly #path: string;
  readonly #backOff: BackOff;
  readonly #life = new AbortController();
  #state: WatchState;
  /** Of the last event, bookmark or list; `undefined`: list first. */
  #version: string | undefined;
  #wasComplete = false;
  /** When what is known was last true, by the wall clock. */
  #trueAtMs: number;
  #listedAtMs = -Infinity;
  #openedAtMs: number | undefined;
  /** By the monotonic clock; `undefined`: never yet. */
  #heardAtMs: number | undefined;
  /** It was cut or stalled, and nothing came since. */
  #isCut = false;
  #wake: (() => void) | undefined;

  constructor(parts: FollowerParts<T>) {
    this.#parts = parts;
    const { kind, namespace, bounds, timing } = parts;
    this.#path = pathOf(kind, namespace === undefined ? {} : { namespace });
    this.#backOff = new BackOff(bounds.backOffMs, () => timing.random());
    this.#trueAtMs = timing.wallMs();
    this.#state = { kind: 'syncing', sinceMs: this.#trueAtMs };
    void this.#run();
  }

  get namespace(): string | undefined {
    return this.#parts.namespace;
  }

  get state(): WatchState {
    return this.#state;
  }

  /** By the monotonic clock: when anything came of the server last. */
  get heardAtMs(): number | undefined {
    return this.#heardAtMs;
  }

  retry(): void {
    this.#backOff.reset();
    this.#wake?.();
  }

  dispose(): void {
    this.#life.abort();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#life.signal.aborted) {
      const end = await this.#turn();
      if (this.#life.signal.aborted) return;
      const waitMs = this.#settle(end);
      if (waitMs > 0) await this.#wait(waitMs);
    }
  }

  async #turn(): Promise<End> {
    this.#openedAtMs = undefined;
    try {
      const version = (this.#version ??= await this.#list());
      return await this.#watch(version);
    } catch (error) {
      if (statusOf(error) === 410) return { kind: 'expired' };
      return { kind: 'failed', error: FaultlineError.is(error) ? error : broken(error) };
    }
  }

  /** What an end leads to: the state, whether to list again, and how long to wait. */
  #settle(end: End): number {
    const { timing, bounds } = this.#parts;
    const livedMs = this.#openedAtMs === undefined ? 0 : timing.monotonicMs() - this.#openedAtMs;
    if (livedMs >= bounds.shortestMs) this.#backOff.reset();
    this.#isCut ||= end.kind === 'stalled' || end.kind === 'failed';
    switch (end.kind) {
      case 'closed':
        if (livedMs >= bounds.shortestMs) return 0;
        this.#stale(new FaultlineError('unreachable', { what: t('The server ends each watch of {0} at once', this.#parts.kind.plural) }));
        return this.#backOff.next();
      case 'stalled':
        // Nothing is known to be wrong yet; the next connection tells.
        return livedMs >= bounds.shortestMs ? 0 : this.#backOff.next();
      case 'expired': {
        this.#version = undefined;
        return timing.monotonicMs() - this.#listedAtMs >= listAgainMs ? 0 : this.#backOff.next();
      }
      case 'failed':
        return this.#failed(end.error, bounds);
    }
  }

  #failed(error: FaultlineError, { askAgainMs }: WatchBounds): number {
    const { timing, store, namespace } = this.#parts;
    const status = statusOf(error);
    if (error.reason === 'forbidden') {
      // Where listing is allowed and watching is not, the list of each turn keeps it as true as can be.
      this.#version = undefined;
      this.#setState('forbidden', timing.wallMs(), error);
      return askAgainMs;
    }
    if (status === 404) {
      this.#version = undefined;
      store.removeOthers(namespace, new Set());
      this.#setState('missing', timing.wallMs(), error);
      return askAgainMs;
    }
    // What the server has an answer to, and is not merely busy, it may have because of the version that is asked for.
    if (status !== undefined && status !== 401 && status !== 429 && status !== 503) this.#version = undefined;
    this.#stale(error);
    if (isLogin(error)) return askAgainMs;
    return Math.max(this.#backOff.next(), retryAfterOf(error) ?? 0);
  }

  /** Fails as a request does; 410 in the middle of it too. Returns the version to watch from. */
  async #list(): Promise<string> {
    const { connection, store, timing, bounds, namespace } = this.#parts;
    this.#listedAtMs = timing.monotonicMs();
    const seen = new Set<string>();
    let next: string | undefined;
    let version: string | undefined;
    do {
      const page: Page<T> = await connection.request<Page<T>>({
        path: this.#path,
        ...this.#accept('PartialObjectMetadataList'),
        query: { ...this.#selectors(), limit: bounds.pageSize, ...(next === undefined ? {} : { continue: next }) },
        signal: this.#life.signal,
        timeoutMs: bounds.answerMs,
      });
      if (this.#life.signal.aborted) throw broken(undefined);
      // Before its objects are told: a list that is not the first comes after a gap.
      this.#heard(this.#wasComplete ? 'list' : 'flow');
      for (const object of page.items ?? []) seen.add(store.put(object));
      // All pages are of one version.
      version = page.metadata?.resourceVersion;
      next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
    } while (next !== undefined);
    store.removeOthers(namespace, seen);
    this.#trueAtMs = timing.wallMs();
    this.#wasComplete = true;
    if (version === undefined) throw broken(t('The list of {0} names no version', this.#path));
    return version;
  }

  async #watch(version: string): Promise<End> {
    const { connection, timing, bounds } = this.#parts;
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    this.#life.signal.addEventListener('abort', stop, { once: true });
    const dog = new Watchdog(timing, bounds.stallMs, stop);
    try {
      const lines = connection.lines({
        path: this.#path,
        ...this.#accept('PartialObjectMetadata'),
        query: {
          ...this.#selectors(),
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: version,
          // Spread, so that the watches of a cluster don't all come back in the same second.
          timeoutSeconds: Math.round(bounds.watchSeconds * (1 + timing.random() / 2)),
        },
        signal: attempt.signal,
        timeoutMs: bounds.answerMs,
        opened: () => {
          this.#openedAtMs = timing.monotonicMs();
          this.#heard('flow');
          this.#live();
          dog.start();
        },
      });
      for await (const line of lines) {
        if (this.#life.signal.aborted) break;
        dog.heard();
        this.#heard('flow');
        this.#event(line);
      }
      if (!this.#life.signal.aborted) this.#heard('flow');
      return { kind: 'closed' };
    } catch (error) {
      if (dog.hasBitten) return { kind: 'stalled' };
      throw error;
    } finally {
      dog.dispose();
      this.#life.signal.removeEventListener('abort', stop);
    }
  }

  #event(line: string): void {
    if (line === '') return;
    const { store, timing } = this.#parts;
    const event = readEvent<T>(line);
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        store.put(event.object);
        break;
      case 'DELETED':
        store.removeObject(event.object);
        break;
      case 'BOOKMARK':
        break;
    }
    this.#version = event.object.metadata.resourceVersion ?? this.#version;
    this.#trueAtMs = timing.wallMs();
  }

  #heard(how: 'flow' | 'list'): void {
    const now = this.#parts.timing.monotonicMs();
    const silentMs = now - (this.#heardAtMs ?? now);
    const wasCut = this.#isCut;
    this.#heardAtMs = now;
    this.#isCut = false;
    this.#parts.heard?.({ silentMs, how: how === 'list' ? 'list' : wasCut ? 'again' : 'flow' });
  }

  #accept(as: string): { accept?: string } {
    return this.#parts.kind.metadataOnly === true ? { accept: `application/json;as=${as};g=meta.k8s.io;v=v1` } : {};
  }

  #selectors(): Record<string, string> {
    const { labelSelector, fieldSelector } = this.#parts;
    return { ...(labelSelector === undefined ? {} : { labelSelector }), ...(fieldSelector === undefined ? {} : { fieldSelector }) };
  }

  #live(): void {
    this.#trueAtMs = this.#parts.timing.wallMs();
    if (this.#state.kind !== 'live') this.#setState('live', this.#trueAtMs);
  }

  #stale(error: FaultlineError): void {
    if (!this.#wasComplete) this.#setState('syncing', this.#state.kind === 'syncing' ? this.#state.sinceMs : this.#trueAtMs, error);
    else this.#setState('stale', this.#trueAtMs, error);
  }

  #setState(kind: WatchState['kind'], sinceMs: number, error?: FaultlineError): void {
    const before = this.#state;
    // Since when it is forbidden or missing doesn't change by asking again.
    const since = before.kind === kind ? before.sinceMs : sinceMs;
    this.#state = { kind, sinceMs: since, ...(error === undefined ? {} : { error }) };
    if (before.kind !== kind || before.error?.message !== error?.message) this.#parts.stateChanged(this.#state);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.timing.after(ms, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        timer.dispose();
        resolve();
      };
    });
  }
}

/** Bites when nothing was heard for long enough. One timer, however much is heard. */
class Watchdog implements Disposable {
  readonly #timing: Timing;
  readonly #limitMs: number;
  readonly #bite: () => void;
  #timer: Disposable | undefined;
  #heardAtMs = 0;
  hasBitten = false;

  constructor(timing: Timing, limitMs: number, bite: () => void) {
    this.#timing = timing;
    this.#limitMs = limitMs;
    this.#bite = bite;
  }

  start(): void {
    this.heard();
    this.#arm(this.#limitMs);
  }

  heard(): void {
    this.#heardAtMs = this.#timing.monotonicMs();
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #arm(ms: number): void {
    this.#timer = this.#timing.after(ms, () => {
      const leftMs = this.#limitMs - (this.#timing.monotonicMs() - this.#heardAtMs);
      if (leftMs > 0) return this.#arm(leftMs);
      this.hasBitten = true;
      this.#bite();
    });
  }
}

/** A login that fails is not tried every second: the program that gives it may open a browser each time. */
function isLogin(error: FaultlineError): boolean {
  return error.reason === 'unauthorised' || (error.reason === 'timedOut' && error.facts.code === loginCode);
}

function broken(cause: unknown): FaultlineError {
  return new FaultlineError(
    'internal',
    { what: t('A watch broke in a way that was not foreseen'), ...(typeof cause === 'string' ? { meaning: cause } : {}) },
    cause,
  );
}
