/**
 * A set of numbers from 0 on, a bit each, in pages of 16 kB: nothing is copied when it grows. A page that was emptied is given back, the
 * last aside: that is still being filled.
 */
const PAGE_BITS = 17;
const PAGE_WORDS = 1 << (PAGE_BITS - 5);

export class Bitmap {
  readonly #pages: Uint32Array[] = [];
  readonly #counts: number[] = [];
  #count = 0;

  /** How many are in it. */
  get count(): number {
    return this.#count;
  }

  /** false: it was there. */
  add(number: number): boolean {
    const at = number >>> PAGE_BITS;
    while (this.#pages.length <= at) {
      this.#counts.push(0);
      this.#pages.push(NO_PAGE);
    }
    let page = this.#pages[at] ?? NO_PAGE;
    if (page === NO_PAGE) this.#pages[at] = page = new Uint32Array(PAGE_WORDS);
    const word = (number >>> 5) & (PAGE_WORDS - 1);
    const bits = page[word] ?? 0;
    const bit = 1 << (number & 31);
    if ((bits & bit) !== 0) return false;
    page[word] = bits | bit;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count++;
    return true;
  }

  /** false: it was not there. */
  remove(number: number): boolean {
    if (!this.has(number)) return false;
    const at = number >>> PAGE_BITS;
    const page = this.#pages[at] ?? NO_PAGE;
    const word = (number >>> 5) & (PAGE_WORDS - 1);
    page[word] = (page[word] ?? 0) & ~(1 << (number & 31));
    const left = (this.#counts[at] ?? 0) - 1;
    this.#counts[at] = left;
    this.#count--;
    if (left === 0 && at < this.#pages.length - 1) this.#pages[at] = NO_PAGE;
    return true;
  }

  has(number: number): boolean {
    return ((this.word(number >>> 5) >>> (number & 31)) & 1) === 1;
  }

  /** Numbers 32 × `at` and the 31 after it, the lowest in the lowest bit. */
  word(at: number): number {
    return this.#pages[at >>> (PAGE_BITS - 5)]?.[at & (PAGE_WORDS - 1)] ?? 0;
  }
}

const NO_PAGE = new Uint32Array(0);

export function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The numbers in word `at`, ascending. */
export function* numbersIn(word: number, at: number): Generator<number> {
  for (let rest = word; rest !== 0; rest &= rest - 1) yield at * 32 + (31 - Math.clz32(rest & -rest));
}
