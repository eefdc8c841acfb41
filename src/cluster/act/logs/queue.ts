/** Between many logs and one reader: bounded, so that who writes much waits and is not collected. */

/** What waits in it, together. */
const MAX_ITEMS = 1000;
const MAX_CHARACTERS = 4_000_000;

export class BoundedQueue<T extends { readonly text: string }> {
  readonly #items: T[] = [];
  readonly #held: (() => void)[] = [];
  #characters = 0;
  #wake: (() => void) | undefined;
  #ended: { readonly error: Error | undefined } | undefined;

  /** What it returns is pending until there is room again: each writer has at most one item more than fits. First come, first served. */
  push(item: T): Promise<void> | undefined {
    this.#items.push(item);
    this.#characters += item.text.length;
    this.#wake?.();
    if (!this.#isFull() || this.#ended !== undefined) return undefined;
    return new Promise((resolve) => this.#held.push(resolve));
  }

  /** No more comes; with an error the reader gets that after what is there. */
  end(error?: Error): void {
    this.#ended ??= { error };
    this.#wake?.();
    for (const go of this.#held.splice(0)) go();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#characters -= item.text.length;
        if (!this.#isFull()) this.#held.shift()?.();
        yield item;
      } else if (this.#ended !== undefined) {
        if (this.#ended.error !== undefined) throw this.#ended.error;
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    }
  }

  #isFull(): boolean {
    return this.#items.length >= MAX_ITEMS || this.#characters >= MAX_CHARACTERS;
  }
}
