/** A segment file of Kafka's log, taken apart: record batches of version 2, each told by its first offset. */
import assert from 'node:assert/strict';
import { crc32c } from '@platformatic/kafka';

/** Of a batch: its length begins at 8, what its checksum covers at 21, its records at 61. */
const LENGTH_AT = 8;
const HEAD = 12;
const CRC_AT = 17;
const COVERED_AT = 21;
const RECORDS_AT = 61;
const COUNT_AT = 57;

export interface Batch {
  readonly offset: number;
  readonly records: number;
  readonly bytes: Buffer;
}

export function batchesOf(segment: Buffer): readonly Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at + HEAD <= segment.length;) {
    const size = HEAD + segment.readInt32BE(at + LENGTH_AT);
    const bytes = segment.subarray(at, at + size);
    if (size <= RECORDS_AT || bytes.length < size) break;
    assert.equal(bytes.readUInt32BE(CRC_AT), crc32c(bytes.subarray(COVERED_AT)), 'this is how a batch is summed');
    batches.push({ offset: Number(bytes.readBigInt64BE(0)), records: bytes.readInt32BE(COUNT_AT), bytes });
    at += size;
  }
  return batches;
}

/** Without the batch at this offset, as if it had never been written. */
export function without(batches: readonly Batch[], offset: number): readonly Batch[] {
  return batches.filter((batch) => batch.offset !== offset);
}

/** Two batches with what the other one held. */
export function swapped(batches: readonly Batch[], one: number, other: number): readonly Batch[] {
  const recordsOf = (offset: number): Buffer => {
    const found = batches.find((batch) => batch.offset === offset);
    assert.ok(found);
    return Buffer.from(found.bytes.subarray(RECORDS_AT));
  };
  const [first, second] = [recordsOf(one), recordsOf(other)];
  assert.equal(first.length, second.length);
  return batches.map((batch) => (batch.offset === one ? holding(batch, second) : batch.offset === other ? holding(batch, first) : batch));
}

/** One byte of what the batch holds is another one, and its sum says that all is well. */
export function altered(batches: readonly Batch[], offset: number): readonly Batch[] {
  return batches.map((batch) => {
    if (batch.offset !== offset) return batch;
    const records = Buffer.from(batch.bytes.subarray(RECORDS_AT));
    // The last byte counts headers; the one before it is the value's.
    records.writeUInt8(records.readUInt8(records.length - 2) ^ 1, records.length - 2);
    return holding(batch, records);
  });
}

function holding(batch: Batch, records: Buffer): Batch {
  const bytes = Buffer.concat([batch.bytes.subarray(0, RECORDS_AT), records]);
  bytes.writeUInt32BE(crc32c(bytes.subarray(COVERED_AT)), CRC_AT);
  return { ...batch, bytes };
}
