/**
 * Where acknowledged messages are. Offset less sequence changes only where messages are missing or strange ones lie between: it is kept
 * as steps, which for 10^8 messages without a fault is one number.
 */

/** Two doubles each. */
const MOST_STEPS = 100_000;

export class AcknowledgedOffsets {
  /** First sequence of each step, ascending. */
  readonly #firsts: number[] = [];
  /** Offset less sequence from there on; NaN: not known. */
  readonly #shifts: number[] = [];
  #last = -1;
  /** There were too many late ones: what is kept would be wrong about some. */
  #isWrong = false;

  add(sequence: number, offset: number | undefined): void {
    const shift = offset === undefined ? Number.NaN : offset - sequence;
    if (sequence > this.#last) {
      this.#last = sequence;
      if (!Object.is(this.#shifts.at(-1), shift)) this.#append(sequence, shift);
      return;
    }
    // Late: a producer that was replaced still heard of it.
    const step = this.#stepOf(sequence);
    const around = this.#shifts[step] ?? Number.NaN;
    if (Object.is(around, shift)) return;
    this.#isWrong ||= this.#firsts.length > 2 * MOST_STEPS;
    if (this.#isWrong) return;
    const isFirst = this.#firsts[step] === sequence;
    const endsHere = (this.#firsts[step + 1] ?? Number.POSITIVE_INFINITY) === sequence + 1 || sequence === this.#last;
    this.#firsts.splice(isFirst ? step : step + 1, isFirst ? 1 : 0, sequence, ...(endsHere ? [] : [sequence + 1]));
    this.#shifts.splice(isFirst ? step : step + 1, isFirst ? 1 : 0, shift, ...(endsHere ? [] : [around]));
  }

  /** Of an acknowledged one; absent where it is not known. */
  of(sequence: number): number | undefined {
    const shift = this.#shifts[this.#stepOf(sequence)] ?? Number.NaN;
    return this.#isWrong || Number.isNaN(shift) ? undefined : sequence + shift;
  }

  #append(sequence: number, shift: number): void {
    if (this.#firsts.length > MOST_STEPS && Number.isNaN(this.#shifts.at(-1))) return;
    this.#firsts.push(sequence);
    // One too many: nothing is known of all that come after it.
    this.#shifts.push(this.#firsts.length > MOST_STEPS ? Number.NaN : shift);
  }

  /** The last that begins at or before it; -1: none does. */
  #stepOf(sequence: number): number {
    let low = 0;
    let high = this.#firsts.length;
    if ((this.#firsts[high - 1] ?? Number.POSITIVE_INFINITY) <= sequence) return high - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
