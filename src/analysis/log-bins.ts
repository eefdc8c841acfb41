/** Bins of equal width on a logarithmic axis, at edges that stay where they are while a run goes on. Browser-safe. */
import { codeOf, lowerOf } from './ranks.ts';

/** Bins a decade. Edges are at 10^(k / these), whatever the values are. */
const widths = [500, 400, 300, 250, 200, 150, 120, 100, 80, 60, 50, 40, 30, 25, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2, 1];

/** A tenth of a microsecond: what is below is in the first bin. */
const lowestMs = 1e-4;

export class LogBins {
  /** ms, ascending: one more than there are bins. A bin has its lower edge and not its upper one. */
  readonly edgesMs: readonly number[];
  /** By bucket of `ranks.ts`: the bin of its lowest value. */
  readonly #binOfCode: Uint16Array;
  readonly #firstCode: number;

  /** The narrowest bins of which not more than `most` hold everything from `min` to `max` (ms). */
  constructor(min: number, max: number, most: number) {
    const low = Math.log10(Math.max(lowestMs, min));
    const high = Math.log10(Math.max(lowestMs, min, max));
    const width = widths.find((each) => binsOf(low, high, each) <= most) ?? 1;
    const first = Math.floor(low * width);
    this.edgesMs = Array.from({ length: binsOf(low, high, width) + 1 }, (_, i) => 10 ** ((first + i) / width));
    const codes = new Uint32Array(Float64Array.of(this.edgesMs[0] ?? 0, this.edgesMs.at(-1) ?? 0).buffer);
    this.#firstCode = codeOf(codes[1] ?? 0);
    this.#binOfCode = new Uint16Array(codeOf(codes[3] ?? 0) - this.#firstCode + 1);
    let bin = 0;
    for (let i = 0; i < this.#binOfCode.length; i++) {
      while (bin < this.count - 1 && lowerOf(this.#firstCode + i) >= (this.edgesMs[bin + 1] ?? Infinity)) bin++;
      this.#binOfCode[i] = bin;
    }
  }

  get count(): number {
    return this.edgesMs.length - 1;
  }

  /** `word`: the upper half of the value's double. */
  binOf(value: number, word: number): number {
    const code = Math.min(this.#binOfCode.length - 1, Math.max(0, codeOf(word) - this.#firstCode));
    let bin = this.#binOfCode[code] ?? 0;
    while (bin < this.count - 1 && value >= (this.edgesMs[bin + 1] ?? Infinity)) bin++;
    return bin;
  }
}

function binsOf(low: number, high: number, width: number): number {
  return Math.floor(high * width) - Math.floor(low * width) + 1;
}
