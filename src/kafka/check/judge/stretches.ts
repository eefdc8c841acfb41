/**
 * What the live reader saw of a partition: a hash over each stretch of 256 offsets. The authority's reading of the same offsets is held
 * against it. 21 bytes a stretch: 8 MB for 10^8 messages.
 */
import { LogHash, SEED_A, SEED_B, mixA, mixB } from './log-hash.ts';

export const STRETCH = 256;

const NONE = 0;
const SEEN = 1;
const REWRITTEN = 2;

export class Stretches {
  readonly #start: number;
  #firsts = new Uint32Array(64);
  #hashes = new Uint32Array(128);
  /** What was seen of a stretch without a gap: from, and the first that is not in it any more. */
  #froms = new Uint16Array(64);
  #tos = new Uint16Array(64);
  #states = new Uint8Array(64);
  #rewritten = 0;

  /** Of offsets from `start` on. */
  constructor(start: number) {
    this.#start = start;
  }

  /** Stretches whose content has changed. */
  get rewritten(): number {
    return this.#rewritten;
  }

  /** The stretch that an offset is in. */
  of(offset: number): number {
    return Math.floor((offset - this.#start) / STRETCH);
  }

  /** First offset of a stretch. */
  startOf(stretch: number): number {
    return this.#start + stretch * STRETCH;
  }

  /** Of the first message that was seen in it; 0 where that was none of the writer's. */
  firstSequence(stretch: number): number {
    return this.#firsts[stretch] ?? 0;
  }

  /** In the order of the log; `sequence` and `content` tell what was at the offset. */
  saw(offset: number, sequence: number, content: number): void {
    const stretch = this.of(offset);
    if (stretch < 0) return;
    if (stretch >= this.#states.length) this.#grow(stretch);
    const at = offset - this.startOf(stretch);
    const state = this.#states[stretch];
    if (state === NONE) {
      this.#states[stretch] = SEEN;
      this.#froms[stretch] = at;
      this.#firsts[stretch] = sequence;
      this.#hashes[2 * stretch] = SEED_A;
      this.#hashes[2 * stretch + 1] = SEED_B;
    }
    this.#tos[stretch] = at + 1;
    this.#hashes[2 * stretch] = mixA(this.#hashes[2 * stretch] ?? 0, offset, sequence, content);
    this.#hashes[2 * stretch + 1] = mixB(this.#hashes[2 * stretch + 1] ?? 0, offset, sequence, content);
  }

  /**
   * The log ends at `offset`, though it was read up to `next` already. Gives the first stretch that was rewritten so. What is seen of
   * these from now on says nothing more.
   */
  cutAt(offset: number, next: number): number {
    const first = Math.max(0, this.of(offset));
    for (let stretch = first; stretch <= this.of(next - 1); stretch++) this.flag(stretch);
    return first;
  }

  /** Its content has changed. false: that was known. */
  flag(stretch: number): boolean {
    if (stretch >= this.#states.length) this.#grow(stretch);
    if (this.#states[stretch] === REWRITTEN) return false;
    this.#states[stretch] = REWRITTEN;
    this.#rewritten++;
    return true;
  }

  /** Nothing was seen. */
  forget(): void {
    this.#states.fill(NONE);
    this.#tos.fill(0);
    this.#rewritten = 0;
  }

  /** Whether the offset is in what was seen of its stretch. */
  covers(stretch: number, offset: number): boolean {
    const at = offset - this.startOf(stretch);
    return at >= (this.#froms[stretch] ?? 0) && at < (this.#tos[stretch] ?? 0);
  }

  /** Nothing of it was seen at or after the offset. */
  endsBefore(stretch: number, offset: number): boolean {
    return this.startOf(stretch) + (this.#tos[stretch] ?? 0) <= offset;
  }

  /** What was seen of it has another hash. */
  differs(stretch: number, { a, b }: LogHash): boolean {
    return this.#states[stretch] === SEEN && (this.#hashes[2 * stretch] !== a || this.#hashes[2 * stretch + 1] !== b);
  }

  #grow(stretch: number): void {
    const length = Math.max(2 * this.#states.length, stretch + 1);
    this.#firsts = larger(this.#firsts, new Uint32Array(length));
    this.#hashes = larger(this.#hashes, new Uint32Array(2 * length));
    this.#froms = larger(this.#froms, new Uint16Array(length));
    this.#tos = larger(this.#tos, new Uint16Array(length));
    this.#states = larger(this.#states, new Uint8Array(length));
  }
}

/** The authority's side: takes what it reads, and flags the stretches that are not as they were seen. */
export class Comparison {
  readonly #stretches: Stretches;
  readonly #hash = new LogHash();
  #stretch = 0;

  constructor(stretches: Stretches) {
    this.#stretches = stretches;
  }

  /** Offsets ascend. Gives the stretches that ended with it and were rewritten. */
  read(offset: number, sequence: number, content: number): readonly number[] {
    const stretch = this.#stretches.of(offset);
    const rewritten = stretch === this.#stretch ? NOTHING : this.#closeUntil(stretch);
    if (this.#stretches.covers(stretch, offset)) this.#hash.add(offset, sequence, content);
    return rewritten;
  }

  /** All before `end` was read, and no more will be. What was seen beyond is left alone. */
  readTo(end: number): readonly number[] {
    const last = this.#stretches.of(end);
    const rewritten = this.#closeUntil(last);
    return this.#stretches.endsBefore(last, end) ? [...rewritten, ...this.#closeUntil(last + 1)] : rewritten;
  }

  #closeUntil(stretch: number): readonly number[] {
    const rewritten: number[] = [];
    for (; this.#stretch < stretch; this.#stretch++) {
      if (this.#stretches.differs(this.#stretch, this.#hash) && this.#stretches.flag(this.#stretch)) rewritten.push(this.#stretch);
      this.#hash.reset();
    }
    return rewritten;
  }
}

const NOTHING: readonly number[] = [];

function larger<A extends Uint8Array | Uint16Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
