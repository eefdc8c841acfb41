/**
 * Rows of the current view in blocks, pulled as they are looked at. Bounded: the least recently used block goes first.
 * Only what is wanted now is asked for; what was wanted before and has not been asked yet is dropped.
 */
import type { Cell, ResultWindow } from '../../../src/ui/panels/results/protocol.ts';

export type Row = readonly Cell[];

export interface BlockSource {
  window(offset: number, limit: number): Promise<ResultWindow>;
}

export interface BlocksListener {
  /** Rows have arrived. */
  arrived(): void;
  failed(error: unknown): void;
}

interface Block {
  readonly rows: readonly Row[];
  readonly generation: number;
}

export const blockRows = 200;
/** About 60 bytes a cell: some 15 MB at most. */
const maxCells = 240_000;
const minBlocks = 8;
const maxInFlight = 2;

export class Blocks {
  readonly #source: BlockSource;
  readonly #listener: BlocksListener;
  readonly #maxBlocks: number;
  /** In order of use, least recent first. */
  readonly #blocks = new Map<number, Block>();
  readonly #inFlight = new Set<number>();
  #wanted: readonly number[] = [];
  #failed = new Set<number>();
  #generation = 0;
  #rowCount = 0;
  #closed = false;

  constructor(source: BlockSource, columnCount: number, listener: BlocksListener) {
    this.#source = source;
    this.#listener = listener;
    this.#maxBlocks = Math.max(minBlocks, Math.floor(maxCells / (blockRows * Math.max(1, columnCount))));
  }

  get size(): number {
    return this.#blocks.size;
  }

  /** Rows that are wanted have not all arrived. */
  get busy(): boolean {
    return this.#wanted.some((block) => this.#lacks(block) && !this.#failed.has(block));
  }

  /**
   * The result has this many rows now. `changed`: they are other rows, or in another order; the earlier ones are
   * still answered until the new ones are there, so that nothing flickers. Else rows were only appended.
   */
  reset(rowCount: number, changed: boolean): void {
    if (changed) this.#generation++;
    if (changed || rowCount !== this.#rowCount) this.#failed = new Set();
    this.#rowCount = rowCount;
    for (const block of this.#blocks.keys()) if (block * blockRows >= rowCount) this.#blocks.delete(block);
    this.#pump();
  }

  row(index: number): Row | undefined {
    if (index >= this.#rowCount) return undefined;
    return this.#blocks.get(Math.floor(index / blockRows))?.rows[index % blockRows];
  }

  /** Rows `from` up to and without `to` are looked at; `down` says where the person is heading. */
  want(from: number, to: number, down: boolean): void {
    const first = Math.floor(from / blockRows);
    const last = Math.floor(Math.max(from, to - 1) / blockRows);
    const ahead = down ? last + 1 : first - 1;
    const wanted: number[] = [];
    for (let block = first; block <= last; block++) wanted.push(block);
    if (ahead >= 0) wanted.push(ahead);
    this.#wanted = wanted.filter((block) => block * blockRows < this.#rowCount);
    for (const block of this.#wanted) this.#touch(block);
    this.#pump();
  }

  /** Failed blocks are asked for again. */
  retry(): void {
    this.#failed = new Set();
    this.#pump();
  }

  close(): void {
    this.#closed = true;
    this.#blocks.clear();
    this.#wanted = [];
  }

  #lacks(block: number): boolean {
    const held = this.#blocks.get(block);
    const complete = Math.min(blockRows, this.#rowCount - block * blockRows);
    return held === undefined || held.generation !== this.#generation || held.rows.length < complete;
  }

  #pump(): void {
    for (const block of this.#wanted) {
      if (this.#closed || this.#inFlight.size >= maxInFlight) return;
      if (!this.#inFlight.has(block) && !this.#failed.has(block) && this.#lacks(block)) void this.#fetch(block);
    }
  }

  async #fetch(block: number): Promise<void> {
    const generation = this.#generation;
    const offset = block * blockRows;
    this.#inFlight.add(block);
    try {
      const answer = await this.#source.window(offset, Math.min(blockRows, this.#rowCount - offset));
      if (this.#closed) return;
      if (generation === this.#generation) {
        this.#keep(block, { rows: answer.rows, generation });
        // An answer that is shorter than promised is asked for again when the result has grown, not for ever.
        if (this.#lacks(block)) this.#failed.add(block);
      }
    } catch (error) {
      if (this.#closed) return;
      if (generation === this.#generation) {
        this.#failed.add(block);
        this.#listener.failed(error);
      }
    } finally {
      this.#inFlight.delete(block);
    }
    this.#listener.arrived();
    this.#pump();
  }

  #keep(block: number, content: Block): void {
    this.#blocks.delete(block);
    this.#blocks.set(block, content);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= this.#maxBlocks) break;
      this.#blocks.delete(oldest);
    }
  }

  #touch(block: number): void {
    const held = this.#blocks.get(block);
    if (held === undefined) return;
    this.#blocks.delete(block);
    this.#blocks.set(block, held);
  }
}
