/**
 * What aborted transactions wrote, in the batches of one answer for one partition. Kafka gives them too and names the transactions: by
 * their producer, and the first offset that each wrote; the transaction ends with a marker in the log.
 */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface BatchHead {
  readonly attributes: number;
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly records: readonly { readonly key: Uint8Array | null }[];
}

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Type of a control record, after its version: the second Int16 of its key. */
const ABORT = 0;

export class AbortedTransactions {
  readonly #ahead: AbortedTransaction[];
  readonly #running = new Set<bigint>();

  /** In any order: Kafka promises none. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? 1 : -1));
  }

  /** To be asked of each batch, in the order of the log. */
  wrote({ attributes, producerId, firstOffset, lastOffsetDelta, records }: BatchHead): boolean {
    const last = firstOffset + BigInt(lastOffsetDelta);
    for (let next = this.#ahead.at(-1); next !== undefined && next.firstOffset <= last; next = this.#ahead.at(-1)) {
      this.#running.add(next.producerId);
      this.#ahead.pop();
    }
    if ((attributes & CONTROL) !== 0) {
      const key = records[0]?.key;
      if (key && key.length >= 4 && (((key[2] ?? 0) << 8) | (key[3] ?? 0)) === ABORT) this.#running.delete(producerId);
      return false;
    }
    return (attributes & TRANSACTIONAL) !== 0 && this.#running.has(producerId);
  }
}
