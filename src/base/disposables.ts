/** Things that must be let go. A store disposes what arrives after its own end at once: the usual leak of async code. */
export interface Disposable {
  dispose(): void;
}

export class DisposableStore implements Disposable {
  readonly #items = new Set<Disposable>();
  #disposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Disposes everything, newest first, even when one of them throws; then throws what was thrown. */
  dispose(): void {
    this.#disposed = true;
    const failures: unknown[] = [];
    for (const item of [...this.#items].reverse()) {
      try {
        item.dispose();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#items.clear();
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several things could not be disposed');
  }
}
