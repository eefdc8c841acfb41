/** A source's own clock against the runner's. Browser-safe. */
import type { ClockEvent } from '../../../journal/fault-events.ts';

type Exchange = Pick<ClockEvent, 't' | 'offset' | 'error'>;

/**
 * A moment is placed by the last exchange before it (the first one, where it lies before that): exchanges come at the start, during and
 * at the end, so that a drift shows. In which order they came does not matter.
 */
export class SourceClock {
  readonly #exchanges: Exchange[] = [];
  #ascending = true;

  add({ t, offset, error }: Exchange): void {
    if (t < (this.#exchanges.at(-1)?.t ?? -Infinity)) this.#ascending = false;
    this.#exchanges.push({ t, offset, error });
  }

  /** Largest of its errors; null: never compared. */
  get worstErrorMs(): number | null {
    return this.#exchanges.length === 0 ? null : Math.max(...this.#exchanges.map(({ error }) => error));
  }

  /** Ascending moments of the source, on the runner's clock; `errors` to either side. null: never compared. */
  place(moments: Float64Array): { readonly at: Float64Array; readonly errors: Float64Array } | null {
    const exchanges = this.#inOrder();
    let i = 0;
    let now = exchanges[0];
    if (now === undefined) return null;
    const at = new Float64Array(moments.length);
    const errors = new Float64Array(moments.length);
    for (let k = 0; k < moments.length; k++) {
      const moment = moments[k] ?? 0;
      for (let next = exchanges[i + 1]; next !== undefined && next.t <= moment + next.offset; next = exchanges[i + 1]) {
        now = next;
        i++;
      }
      // A later exchange may set a moment back behind the one before it: the order in which one source did things stays.
      at[k] = k === 0 ? moment + now.offset : Math.max(moment + now.offset, at[k - 1] ?? 0);
      errors[k] = now.error;
    }
    return { at, errors };
  }

  #inOrder(): readonly Exchange[] {
    if (!this.#ascending) this.#exchanges.sort((a, b) => a.t - b.t);
    this.#ascending = true;
    return this.#exchanges;
  }
}
