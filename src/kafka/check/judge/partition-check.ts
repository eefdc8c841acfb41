/**
 * One partition as it is judged: what its writer knows, what was read live, and what the authority reads. Three bits a message and a hash
 * a stretch: 10^8 messages are below 60 MB. Nothing here waits for anything.
 */
import { t } from '../../../base/messages.ts';
import type { Anomalies } from './anomalies.ts';
import { Bitmap, bitsIn, numbersIn } from './bitmap.ts';
import { Ledger } from './ledger.ts';
import { Comparison, Stretches } from './stretches.ts';
import type { MarkCodec } from './value.ts';
import { crc32 } from './value.ts';

export interface ReadRecord {
  readonly offset: bigint;
  readonly value: Uint8Array | null;
}

export class PartitionCheck {
  readonly partition: number;
  readonly ledger = new Ledger();
  /** Messages read twice at one offset, live or by the authority. */
  redelivered = 0;
  duplicated = 0;
  reordered = 0;
  /** Records that are none of the writer's, or not as they were sent. */
  foreign = 0;
  readonly #codec: MarkCodec;
  readonly #anomalies: Anomalies;
  readonly #seen = new Bitmap();
  readonly #stretches: Stretches;
  readonly #comparison: Comparison;
  /** By epoch: the highest sequence that the authority has read of it. */
  readonly #highest = new Map<number, number>();
  #liveNext: number;
  #next: number;

  /** From the recorded start offset on. */
  constructor(partition: number, start: number, codec: MarkCodec, anomalies: Anomalies) {
    this.partition = partition;
    this.#codec = codec;
    this.#anomalies = anomalies;
    this.#liveNext = start;
    this.#next = start;
    this.#stretches = new Stretches(start);
    this.#comparison = new Comparison(this.#stretches);
  }

  /** The next offset that the live reader wants. */
  get liveNext(): number {
    return this.#liveNext;
  }

  /** The next offset that the authority wants. */
  get next(): number {
    return this.#next;
  }

  get rewritten(): number {
    return this.#stretches.rewritten;
  }

  /** A record as the live reader got it. Gives its sequence when it is the writer's and new here. */
  tookLive({ offset, value }: ReadRecord): number | undefined {
    const at = Number(offset);
    if (at < this.#liveNext) {
      this.redelivered++;
      return undefined;
    }
    const mark = this.#codec.decode(value);
    const isOurs = mark?.producer === this.partition;
    this.#stretches.saw(at, isOurs ? mark.sequence : 0, isOurs ? mark.epoch : contentOf(value));
    this.#liveNext = at + 1;
    return isOurs ? mark.sequence : undefined;
  }

  /** The log ends at `end`, though the live reader was further: it goes on from there. */
  logCutAt(end: number): void {
    const first = this.#stretches.cutAt(end, this.#liveNext);
    const next = this.#liveNext;
    this.#anomalies.add('rewritten', () => ({
      partition: this.partition,
      sequence: this.#stretches.firstSequence(first),
      offset: end,
      text: t('The log ended at offset {0}, though it had been read up to offset {1}', end, next - 1),
    }));
    this.#liveNext = end;
  }

  /** The log ends at `logEnd`, though messages up to the recorded `end` were acknowledged. */
  logEndsAt(logEnd: number, end: number): void {
    this.#stretches.cutAt(logEnd, end);
    this.#anomalies.add('rewritten', () => ({
      partition: this.partition,
      sequence: this.ledger.sequences - 1,
      offset: logEnd,
      text: t('The log ends at offset {0}; messages up to offset {1} had been acknowledged', logEnd, end - 1),
    }));
  }

  /** What it began with is not kept any more: what was seen of it live says nothing. */
  forgetRewritten(): void {
    this.#stretches.forget();
    this.#anomalies.drop('rewritten', this.partition);
  }

  /** A record as the authority got it, in the order of the log. */
  took({ offset, value }: ReadRecord): void {
    const at = Number(offset);
    if (at < this.#next) {
      this.redelivered++;
      return;
    }
    this.#next = at + 1;
    const mark = this.#codec.decode(value);
    const isOurs = mark !== undefined && mark.producer === this.partition && mark.sequence < this.ledger.sequences;
    const rewritten = this.#comparison.read(
      at,
      mark?.producer === this.partition ? mark.sequence : 0,
      mark?.producer === this.partition ? mark.epoch : contentOf(value),
    );
    for (const stretch of rewritten) this.#tellRewritten(stretch);
    if (!isOurs) {
      this.foreign++;
      return;
    }
    const { epoch, sequence } = mark;
    if (!this.#seen.add(sequence)) {
      this.duplicated++;
      this.#anomalies.add('duplicate', () => ({
        partition: this.partition,
        sequence,
        offset: at,
        text: t('Message {0} is in the log again at offset {1}', sequence, at),
      }));
      return;
    }
    this.#judgeOrder(epoch, sequence, at);
    this.#judgePlace(sequence, at);
  }

  /** The authority has read all before `end`: `next` when it was stopped before. */
  readTo(end: number): void {
    this.#next = Math.max(this.#next, end);
    for (const stretch of this.#comparison.readTo(end)) this.#tellRewritten(stretch);
  }

  /** Unknown ones that are there. */
  unknownPresent(): number {
    return this.#count((at) => this.ledger.unknown.word(at) & this.#seen.word(at));
  }

  /** Those that were not sent, or definitely refused, and are there all the same. */
  failedPresent(): number {
    return this.#count((at) => this.#seen.word(at) & ~this.ledger.acknowledged.word(at) & ~this.ledger.unknown.word(at));
  }

  /** Acknowledged and not there. Means something once all was read to an end behind the last of them. */
  lost(): number {
    const lostIn = (at: number): number => this.ledger.acknowledged.word(at) & ~this.#seen.word(at);
    for (let at = 0; at < this.#words() && this.#anomalies.hasRoom('lost'); at++)
      for (const sequence of numbersIn(lostIn(at), at)) this.#tellLost(sequence);
    return this.#count(lostIn);
  }

  #judgeOrder(epoch: number, sequence: number, offset: number): void {
    const highest = this.#highest.get(epoch);
    if (highest === undefined || sequence > highest) {
      this.#highest.set(epoch, sequence);
      return;
    }
    this.reordered++;
    this.#anomalies.add('reordered', () => ({
      partition: this.partition,
      sequence,
      offset,
      text: t('Message {0} is at offset {1}, after message {2}, which was sent after it', sequence, offset, highest),
    }));
  }

  /** An acknowledged message that is elsewhere: what Kafka said of its place held only for a log that is no more. */
  #judgePlace(sequence: number, offset: number): void {
    const said = this.ledger.acknowledged.has(sequence) ? this.ledger.offsets.of(sequence) : undefined;
    if (said === undefined || said === offset || !this.#stretches.flag(this.#stretches.of(offset))) return;
    this.#anomalies.add('rewritten', () => ({
      partition: this.partition,
      sequence,
      offset,
      text: t('Message {0} was acknowledged at offset {1} and is at offset {2}', sequence, said, offset),
    }));
  }

  #tellRewritten(stretch: number): void {
    const offset = this.#stretches.startOf(stretch);
    this.#anomalies.add('rewritten', () => ({
      partition: this.partition,
      sequence: this.#stretches.firstSequence(stretch),
      offset,
      text: t(
        'Around offsets {0} to {1} the log holds something else than when it was read live',
        offset,
        this.#stretches.startOf(stretch + 1) - 1,
      ),
    }));
  }

  #tellLost(sequence: number): void {
    const offset = this.ledger.offsets.of(sequence);
    this.#anomalies.add('lost', () => ({
      partition: this.partition,
      sequence,
      ...(offset === undefined ? {} : { offset }),
      text:
        offset === undefined
          ? t('Message {0} was acknowledged and is not there', sequence)
          : t('Message {0} was acknowledged at offset {1} and is not there', sequence, offset),
    }));
  }

  #words(): number {
    return Math.ceil(this.ledger.sequences / 32);
  }

  #count(wordAt: (at: number) => number): number {
    let count = 0;
    const words = this.#words();
    for (let at = 0; at < words; at++) count += bitsIn(wordAt(at));
    return count;
  }
}

function contentOf(value: Uint8Array | null): number {
  return value === null ? 0 : crc32(value);
}
