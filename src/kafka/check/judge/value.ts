/**
 * What a message of the checker holds: whose it is, and a sum that shows when its bytes are not those that were sent.
 * Bytes: "FLM1", length of the run's name, its name, then big-endian producer, epoch, sequence and CRC-32 of all before, 4 bytes each.
 */
import { invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';

export interface Mark {
  /** One a partition: its number. */
  readonly producer: number;
  /** Counts the producers that wrote into the partition, one after the other. */
  readonly epoch: number;
  /** Counts the messages of the partition over all epochs. */
  readonly sequence: number;
}

const MAGIC = Uint8Array.of(0x46, 0x4c, 0x4d, 0x31);
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

export class MarkCodec {
  readonly #prefix: Uint8Array;

  /** Fails with `invalid` when the run's name has more than 255 bytes. */
  constructor(run: string) {
    const name = new TextEncoder().encode(run);
    if (name.length > 255) throw invalid(t('The name of the run is longer than 255 bytes'));
    this.#prefix = Uint8Array.of(...MAGIC, name.length, ...name);
  }

  encode({ producer, epoch, sequence }: Mark): Uint8Array {
    const prefix = this.#prefix;
    const at = prefix.length;
    const value = new Uint8Array(at + 16);
    value.set(prefix);
    write(value, at, producer);
    write(value, at + 4, epoch);
    write(value, at + 8, sequence);
    write(value, at + 12, crc32(value, at + 12));
    return value;
  }

  /** Absent: not one of this run's, or not as it was sent. */
  decode(value: Uint8Array | null): Mark | undefined {
    const prefix = this.#prefix;
    const at = prefix.length;
    if (value?.length !== at + 16) return undefined;
    for (let i = 0; i < at; i++) if (value[i] !== prefix[i]) return undefined;
    if (read(value, at + 12) !== crc32(value, at + 12)) return undefined;
    return { producer: read(value, at), epoch: read(value, at + 4), sequence: read(value, at + 8) };
  }
}

/** IEEE 802.3, of the first `length` bytes. */
export function crc32(bytes: Uint8Array, length = bytes.length): number {
  let crc = ~0;
  for (let i = 0; i < length; i++) crc = (TABLE[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function write(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function read(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
