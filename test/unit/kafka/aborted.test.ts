import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AbortedTransactions } from '../../../src/kafka/aborted.ts';
import type { BatchHead } from '../../../src/kafka/aborted.ts';

const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

function batch(firstOffset: number, producer: number, attributes = TRANSACTIONAL): BatchHead {
  return { firstOffset: BigInt(firstOffset), lastOffsetDelta: 1, producerId: BigInt(producer), attributes, records: [{ key: null }] };
}

function marker(offset: number, producer: number, type: 0 | 1): BatchHead {
  return {
    ...batch(offset, producer, TRANSACTIONAL | CONTROL),
    lastOffsetDelta: 0,
    records: [{ key: Uint8Array.of(0, 0, 0, type) }],
  };
}

describe('a reader of what was committed', () => {
  it('leaves out what an aborted transaction wrote, until its marker, and nothing else', () => {
    const aborted = new AbortedTransactions([
      { producerId: 7n, firstOffset: 9n },
      { producerId: 7n, firstOffset: 2n },
    ]);
    const log = [batch(0, 7), batch(2, 7), batch(4, 8), batch(6, 7, 0), marker(8, 7, 0), batch(9, 7), marker(11, 7, 0), batch(12, 7)];
    assert.deepEqual(
      log.map((one) => aborted.wrote(one)),
      [false, true, false, false, false, true, false, false],
    );
  });

  it('is not misled by the marker of a transaction that was committed', () => {
    const aborted = new AbortedTransactions([{ producerId: 7n, firstOffset: 3n }]);
    assert.deepEqual(
      [batch(0, 7), marker(2, 7, 1), batch(3, 7)].map((one) => aborted.wrote(one)),
      [false, false, true],
    );
  });
});
