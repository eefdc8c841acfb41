import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AcknowledgedOffsets } from '../../../../src/kafka/check/judge/acknowledged-offsets.ts';
import { Anomalies } from '../../../../src/kafka/check/judge/anomalies.ts';
import { Bitmap, bitsIn, numbersIn } from '../../../../src/kafka/check/judge/bitmap.ts';
import { findingOf, lossAllowedBy } from '../../../../src/kafka/check/judge/finding.ts';
import { PartitionCheck } from '../../../../src/kafka/check/judge/partition-check.ts';
import { Comparison, Stretches } from '../../../../src/kafka/check/judge/stretches.ts';
import { MarkCodec, crc32 } from '../../../../src/kafka/check/judge/value.ts';

const codec = new MarkCodec('r1');

/** The same in every run. */
function random(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('the value of a message', () => {
  it('tells run, producer, epoch and sequence, up to the largest', () => {
    for (const mark of [
      { producer: 0, epoch: 0, sequence: 0 },
      { producer: 11, epoch: 3, sequence: 99_999_999 },
      { producer: 0xffffffff, epoch: 0xffffffff, sequence: 0xffffffff },
    ])
      assert.deepEqual(codec.decode(codec.encode(mark)), mark);
  });

  it('is nobody’s when a single bit differs, when it is of another run, or when there is none', () => {
    const value = codec.encode({ producer: 1, epoch: 2, sequence: 3 });
    for (let bit = 0; bit < value.length * 8; bit++) {
      const other = Uint8Array.from(value, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      assert.equal(codec.decode(other), undefined, `bit ${bit}`);
    }
    assert.equal(codec.decode(new MarkCodec('r2').encode({ producer: 1, epoch: 2, sequence: 3 })), undefined);
    assert.equal(codec.decode(null), undefined);
    assert.equal(codec.decode(new Uint8Array()), undefined);
  });

  it('ends with the checksum that everybody else computes', () => {
    assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  });
});

describe('a set of sequences', () => {
  it('holds what was added and not removed, over the pages that it grows by', () => {
    const next = random();
    const bitmap = new Bitmap();
    const truth = new Set<number>();
    for (let at = 0; at < 20_000; at++) {
      const number = Math.floor(next() * 3_000_000);
      if (next() < 0.3) assert.equal(bitmap.remove(number), truth.delete(number));
      else {
        assert.equal(bitmap.add(number), !truth.has(number));
        truth.add(number);
      }
    }
    assert.equal(bitmap.count, truth.size);
    const found: number[] = [];
    for (let at = 0; at <= 3_000_000 / 32; at++) found.push(...numbersIn(bitmap.word(at), at));
    assert.deepEqual(
      found,
      [...truth].sort((a, b) => a - b),
    );
    assert.equal(bitmap.has(2 ** 27), false);
  });

  it('counts the bits of a word', () => {
    assert.deepEqual([0, 1, -1, 0x80000000, 0x55555555, 0x0ff0].map(bitsIn), [0, 1, 32, 1, 16, 8]);
  });
});

describe('offsets of acknowledged messages', () => {
  it('are those that Kafka told, whatever the order in which it did', () => {
    const next = random();
    const offsets = new AcknowledgedOffsets();
    const truth = new Map<number, number | undefined>();
    let shift = 0;
    const late: (readonly [number, number | undefined])[] = [];
    for (let sequence = 0; sequence < 5000; sequence++) {
      if (next() < 0.1) shift += Math.floor(next() * 3) - 1;
      const offset = next() < 0.05 ? undefined : sequence + shift + 1000;
      if (next() < 0.1) continue;
      truth.set(sequence, offset);
      if (next() < 0.1) late.push([sequence, offset]);
      else offsets.add(sequence, offset);
    }
    for (const [sequence, offset] of late.reverse()) offsets.add(sequence, offset);
    for (const [sequence, offset] of truth) assert.equal(offsets.of(sequence), offset, `sequence ${sequence}`);
  });

  it('are not known, rather than wrong, when there are more steps than are kept', () => {
    const offsets = new AcknowledgedOffsets();
    for (let sequence = 0; sequence < 150_000; sequence++) offsets.add(sequence, sequence * 2);
    assert.equal(offsets.of(99_000), 198_000);
    assert.equal(offsets.of(120_000), undefined);
    assert.equal(offsets.of(149_999), undefined);
  });
});

describe('stretches of a log', () => {
  function seen(from: number, to: number): Stretches {
    const stretches = new Stretches(0);
    for (let offset = from; offset < to; offset++) stretches.saw(offset, offset, 0);
    return stretches;
  }

  function rewritten(stretches: Stretches, from: number, to: number, change: (offset: number) => number = () => 0): readonly number[] {
    const comparison = new Comparison(stretches);
    const found: number[] = [];
    for (let offset = from; offset < to; offset++) {
      const content = change(offset);
      if (content >= 0) found.push(...comparison.read(offset, offset, content));
    }
    return [...found, ...comparison.readTo(to)];
  }

  it('are as they were when they are read the same, also where only a part was seen', () => {
    assert.deepEqual(rewritten(seen(0, 1000), 0, 1000), []);
    assert.deepEqual(rewritten(seen(100, 700), 0, 1000), []);
    assert.deepEqual(rewritten(new Stretches(0), 0, 1000), []);
  });

  it('are rewritten where an offset holds something else, or nothing', () => {
    assert.deepEqual(
      rewritten(seen(0, 1000), 0, 1000, (offset) => (offset === 300 ? 1 : 0)),
      [1],
    );
    assert.deepEqual(
      rewritten(seen(0, 1000), 0, 1000, (offset) => (offset === 999 ? -1 : 0)),
      [3],
    );
    assert.deepEqual(
      rewritten(seen(0, 1000), 0, 1000, (offset) => (offset >= 256 && offset < 768 ? -1 : 0)),
      [1, 2],
    );
  });

  it('say nothing of what was not seen, or lies behind the end', () => {
    assert.deepEqual(
      rewritten(seen(100, 700), 0, 1000, (offset) => (offset < 100 || offset >= 700 ? 1 : 0)),
      [],
    );
    assert.deepEqual(rewritten(seen(0, 1000), 0, 600), []);
  });

  it('that were cut off are rewritten, whatever is seen there afterwards; those before and behind are not', () => {
    const stretches = seen(0, 1000);
    assert.equal(stretches.cutAt(300, 1000), 1);
    for (let offset = 300; offset < 1500; offset++) stretches.saw(offset, offset, 0);
    assert.equal(stretches.rewritten, 3);
    assert.deepEqual(rewritten(stretches, 0, 1500), []);
    assert.deepEqual(
      rewritten(stretches, 0, 1500, (offset) => (offset === 1100 ? 1 : 0)),
      [4],
    );
  });
});

describe('a partition that is judged', () => {
  function checked(count: number): { readonly check: PartitionCheck; readonly anomalies: Anomalies } {
    const anomalies = new Anomalies();
    const check = new PartitionCheck(0, 0, codec, anomalies);
    for (let at = 0; at < count; at++) check.ledger.acknowledge(check.ledger.begin(), at);
    return { check, anomalies };
  }

  function value(sequence: number, epoch = 0): Uint8Array {
    return codec.encode({ producer: 0, epoch, sequence });
  }

  it('finds every loss, and names the first fifty', () => {
    const { check, anomalies } = checked(10_000);
    for (let at = 0; at < 10_000; at++) if (at % 100 !== 7) check.took({ offset: BigInt(at), value: value(at) });
    check.readTo(10_000);
    const finding = findingOf(
      { name: 'own', replicationFactor: 1, minInSync: 1, uncleanElection: false },
      [check],
      new Map<number, string>(),
      anomalies,
    );
    assert.deepEqual([finding.lost, finding.anomalies.length, finding.asConfigured], [100, 50, 'one replica']);
    assert.deepEqual(
      finding.anomalies.slice(0, 2).map(({ sequence }) => sequence),
      [7, 107],
    );
  });

  it('takes a message that was under way when its writer ended for unknown', () => {
    const { check } = checked(3);
    check.ledger.begin();
    check.took({ offset: 0n, value: value(3) });
    assert.deepEqual([check.ledger.unknown.count, check.unknownPresent(), check.lost()], [1, 1, 3]);
  });

  it('counts what it did not write, and does not take it for a message that was lost', () => {
    const { check } = checked(2);
    check.took({ offset: 0n, value: value(0) });
    check.took({ offset: 1n, value: codec.encode({ producer: 1, epoch: 0, sequence: 1 }) });
    check.took({ offset: 2n, value: value(5) });
    check.took({ offset: 3n, value: null });
    assert.deepEqual([check.foreign, check.lost()], [3, 1]);
  });

  it('tells a record that is read twice from a message that is there twice', () => {
    const { check } = checked(3);
    for (const offset of [0n, 1n, 1n, 0n]) check.took({ offset, value: value(Number(offset)) });
    check.took({ offset: 2n, value: value(1) });
    assert.deepEqual([check.redelivered, check.duplicated, check.reordered], [2, 1, 0]);
  });

  it('judges order within an epoch: what an earlier producer wrote may come late, but in its own order', () => {
    const { check } = checked(6);
    const log = [
      [0, 0],
      [3, 1],
      [1, 0],
      [4, 1],
      [2, 0],
    ] as const;
    log.forEach(([sequence, epoch], offset) => check.took({ offset: BigInt(offset), value: value(sequence, epoch) }));
    assert.equal(check.reordered, 0);
    const { check: other } = checked(6);
    const mixed = [
      [0, 0],
      [3, 1],
      [2, 0],
      [1, 0],
    ] as const;
    mixed.forEach(([sequence, epoch], offset) => other.took({ offset: BigInt(offset), value: value(sequence, epoch) }));
    assert.equal(other.reordered, 1);
  });

  it('blames no settings when nothing is lost', () => {
    const { check, anomalies } = checked(1);
    check.took({ offset: 0n, value: value(0) });
    const risky = { name: 'own', replicationFactor: 1, minInSync: 1, uncleanElection: true };
    assert.equal(findingOf(risky, [check], new Map<number, string>(), anomalies).asConfigured, undefined);
  });

  it('says which settings let Kafka lose what it acknowledged', () => {
    assert.equal(lossAllowedBy({ replicationFactor: 3, minInSync: 2, uncleanElection: false }), undefined);
    assert.equal(lossAllowedBy({ replicationFactor: 3, minInSync: 1, uncleanElection: false }), 'min ISR 1');
    assert.equal(lossAllowedBy({ replicationFactor: 3, minInSync: 1, uncleanElection: true }), 'min ISR 1, unclean election');
    assert.equal(lossAllowedBy({ replicationFactor: 3, minInSync: 2, uncleanElection: true }), 'unclean election');
  });
});
