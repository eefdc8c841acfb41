/** What became of the messages of one partition, as its writer knows it. Three bits a message, and where the acknowledged ones are. */
import { AcknowledgedOffsets } from './acknowledged-offsets.ts';
import { Bitmap } from './bitmap.ts';

export class Ledger {
  readonly acknowledged = new Bitmap();
  /** Under way, too: whatever ends the writer, what it did not hear of stays unknown. */
  readonly unknown = new Bitmap();
  readonly offsets = new AcknowledgedOffsets();
  #next = 0;
  #failed = 0;

  /** How many sequences were given out: 0 to this less 1. */
  get sequences(): number {
    return this.#next;
  }

  get failed(): number {
    return this.#failed;
  }

  /** The sequence of a new message, never given again. */
  begin(): number {
    const sequence = this.#next++;
    this.unknown.add(sequence);
    return sequence;
  }

  /** Without an offset: Kafka has it, and did not say where. */
  acknowledge(sequence: number, offset: number | undefined): void {
    this.unknown.remove(sequence);
    this.acknowledged.add(sequence);
    this.offsets.add(sequence, offset);
  }

  /** It was never sent, or every attempt was definitely refused. */
  fail(sequence: number): void {
    if (this.unknown.remove(sequence)) this.#failed++;
  }
}
