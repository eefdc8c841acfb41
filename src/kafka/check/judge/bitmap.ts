/** A set of numbers from 0 on, a bit each. Grows by pages of 128 kB: nothing is copied, and nothing is kept twice meanwhile. */
const PAGE_BITS = 20;
const PAGE_WORDS = 1 << (PAGE_BITS - 5);

export class Bitmap {
  readonly #pages: Uint32Array[] = [];
  #count = 0;

  /** How many are in it. */
  get count(): number {
    return this.#count;
  }

  /** false: it was there. */
  add(number: number): boolean {
    const page = (this.#pages[number >>> PAGE_BITS] ??= this.#fill(number >>> PAGE_BITS));
    const at = (number >>> 5) & (PAGE_WORDS - 1);
    const word = page[at] ?? 0;
    const bit = 1 << (number & 31);
    if ((word & bit) !== 0) return false;
    page[at] = word | bit;
    this.#count++;
    return true;
  }

  /** false: it was not there. */
  remove(number: number): boolean {
    if (!this.has(number)) return false;
    const page = this.#pages[number >>> PAGE_BITS];
    const at = (number >>> 5) & (PAGE_WORDS - 1);
    if (page) page[at] = (page[at] ?? 0) & ~(1 << (number & 31));
    this.#count--;
    return true;
  }

  has(number: number): boolean {
    return ((this.word(number >>> 5) >>> (number & 31)) & 1) === 1;
  }

  /** Numbers 32 × `at` and the 31 after it, the lowest in the lowest bit. */
  word(at: number): number {
    return this.#pages[at >>> (PAGE_BITS - 5)]?.[at & (PAGE_WORDS - 1)] ?? 0;
  }

  /** Pages in between too: an array with holes is a slow one. */
  #fill(page: number): Uint32Array {
    for (let at = this.#pages.length; at < page; at++) this.#pages[at] = new Uint32Array(PAGE_WORDS);
    return new Uint32Array(PAGE_WORDS);
  }
}

export function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The numbers in word `at`, ascending. */
export function* numbersIn(word: number, at: number): Generator<number> {
  for (let rest = word; rest !== 0; rest &= rest - 1) yield at * 32 + (31 - Math.clz32(rest & -rest));
}
