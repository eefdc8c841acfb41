/** The objects of a watch, and what became of them since its listeners last heard. */
import type { Disposable } from '../../base/disposables.ts';
import { keyOf, type KubeObject } from '../objects.ts';
import type { Timing } from './timing.ts';

export interface WatchChange {
  /** Keys as of `keyOf`. */
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  /** `state` or `narrowed` is another one. */
  readonly state: boolean;
}

/** `before`: as it was told last; its uid is another one where an object of the same name took its place unseen. */
export type ObjectTold<T extends KubeObject> =
  | { readonly kind: 'put'; readonly object: T; readonly before: T | undefined }
  /** As it was when it went, as far as it was seen. */
  | { readonly kind: 'gone'; readonly object: T };

type Fate = 'added' | 'changed' | 'deleted';

/** Tells of changes at most once in `batchMs`, and never of what is undone within it. */
export class ObjectStore<T extends KubeObject> {
  readonly objects = new Map<string, T>();
  readonly #timing: Timing;
  readonly #batchMs: number;
  readonly #trim: (object: T) => T;
  readonly #told: ((told: ObjectTold<T>) => void) | undefined;
  readonly #listeners = new Set<(change: WatchChange) => void>();
  readonly #fates = new Map<string, Fate>();
  #stateChanged = false;
  #timer: Disposable | undefined;
  #disposed = false;

  constructor(timing: Timing, batchMs: number, trim: (object: T) => T, told?: (told: ObjectTold<T>) => void) {
    this.#timing = timing;
    this.#batchMs = batchMs;
    this.#trim = trim;
    this.#told = told;
  }

  listen(listener: (change: WatchChange) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Its key. The same version again is no change. */
  put(object: T): string {
    const key = keyOf(object);
    const before = this.objects.get(key);
    const version = object.metadata.resourceVersion;
    if (before !== undefined && version !== undefined && before.metadata.resourceVersion === version) return key;
    const kept = this.#trim(object);
    this.objects.set(key, kept);
    if (!this.#disposed) this.#told?.({ kind: 'put', object: kept, before });
    const fate = this.#fates.get(key);
    if (before === undefined) this.#mark(key, fate === 'deleted' ? 'changed' : 'added');
    else if (fate === undefined) this.#mark(key, 'changed');
    return key;
  }

  removeObject(object: T): void {
    this.#remove(keyOf(object), object);
  }

  #remove(key: string, last?: T): void {
    const known = this.objects.get(key);
    if (known === undefined) return;
    this.objects.delete(key);
    if (!this.#disposed) this.#told?.({ kind: 'gone', object: last === undefined ? known : this.#trim(last) });
    if (this.#fates.get(key) === 'added') this.#fates.delete(key);
    else this.#mark(key, 'deleted');
  }

  /** Of a namespace, or all where it is left out, apart from these. */
  removeOthers(namespace: string | undefined, kept: ReadonlySet<string>): void {
    for (const key of [...this.objects.keys()]) {
      if (!kept.has(key) && (namespace === undefined || key.startsWith(`${namespace}/`))) this.#remove(key);
    }
  }

  removeOutside(namespace: string): void {
    for (const key of [...this.objects.keys()]) if (!key.startsWith(`${namespace}/`)) this.#remove(key);
  }

  stateChanged(): void {
    this.#stateChanged = true;
    this.#arm();
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#listeners.clear();
  }

  #mark(key: string, fate: Fate): void {
    this.#fates.set(key, fate);
    this.#arm();
  }

  #arm(): void {
    if (this.#disposed) return;
    this.#timer ??= this.#timing.after(this.#batchMs, () => this.#tell());
  }

  #tell(): void {
    this.#timer = undefined;
    const change: Record<Fate, string[]> = { added: [], changed: [], deleted: [] };
    for (const [key, fate] of this.#fates) change[fate].push(key);
    const state = this.#stateChanged;
    if (this.#fates.size === 0 && !state) return;
    this.#fates.clear();
    this.#stateChanged = false;
    for (const listener of [...this.#listeners]) {
      try {
        listener({ ...change, state });
      } catch (error) {
        // A listener that throws keeps neither the others nor the watch from going on; its error goes to the process's own log.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
