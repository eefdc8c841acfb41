/** A source's own clock against the runner's. Browser-safe. */
import type { ClockEvent } from '../../../journal/fault-events.ts';

type Exchange = Pick<ClockEvent, 't' | 'offset' | 'error'>;

/** Beyond what two exchanges do not know, and what a slewed clock drifts, one of the clocks has jumped. */
const jumpMs = 50;
const slewPpm = 500;

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

  /** Some exchanges contradict those before them. */
  get hasJumped(): boolean {
    const exchanges = this.#inOrder();
    return exchanges.some((next, index) => index > 0 && isJump(exchanges[index - 1] ?? next, next));
  }

  /**
   * Ascending moments of the source, on the runner's clock; `errors` to either side. `jumped`: 1 where a clock jumped between the exchange
   * before and the one after: when that was is not known. null: never compared.
   */
  place(moments: Float64Array): { readonly at: Float64Array; readonly errors: Float64Array; readonly jumped: Uint8Array } | null {
    const exchanges = this.#inOrder();
    let i = 0;
    let now = exchanges[0];
    if (now === undefined) return null;
    const at = new Float64Array(moments.length);
    const errors = new Float64Array(moments.length);
    const jumped = new Uint8Array(moments.length);
    for (let k = 0; k < moments.length; k++) {
      const moment = moments[k] ?? 0;
      for (let next = exchanges[i + 1]; next !== undefined && next.t <= moment + next.offset; next = exchanges[i + 1]) {
        now = next;
        i++;
      }
      const next = exchanges[i + 1];
      let placed = moment + now.offset;
      if (next !== undefined && placed > now.t && isJump(now, next)) {
        jumped[k] = 1;
        placed = Math.min(placed, next.t);
      }
      // A later exchange may set a moment back behind the one before it: the order in which one source did things stays.
      at[k] = k === 0 ? placed : Math.max(placed, at[k - 1] ?? 0);
      errors[k] = now.error;
    }
    return { at, errors, jumped };
  }

  #inOrder(): readonly Exchange[] {
    if (!this.#ascending) this.#exchanges.sort((a, b) => a.t - b.t);
    this.#ascending = true;
    return this.#exchanges;
  }
}

function isJump(before: Exchange, after: Exchange): boolean {
  const mostMs = before.error + after.error + jumpMs + ((after.t - before.t) * slewPpm) / 1e6;
  return Math.abs(after.offset - before.offset) > mostMs;
}
