import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Lane, OUTCOMES } from '../../../src/kafka/lane.ts';
import type { Pending } from '../../../src/kafka/lane.ts';

const IDENTITY = { id: 9n, epoch: 0 };
const LARGE = 1_000_000;

function pending(text: string, deadlineMs = 100): Pending {
  const none = (): void => undefined;
  return {
    record: { topic: 't', partition: 0, value: Buffer.from(text) },
    sizeBytes: 10,
    deadlineMs,
    resolve: none,
    reject: none,
    leave: none,
  };
}

function laneOf(...texts: readonly string[]): Lane {
  const lane = new Lane('t', 0);
  lane.waiting.push(...texts.map((text) => pending(text)));
  return lane;
}

describe('a partition that is written to', () => {
  it('numbers its records on from batch to batch, and fills a batch up to its size', () => {
    const lane = laneOf('a', 'b', 'c');
    const first = lane.next(IDENTITY, 20);
    assert.ok(first);
    assert.deepEqual([first.sequence, first.records.length, lane.waiting.length], [0, 2, 1]);
    lane.done(first);
    assert.equal(lane.next(IDENTITY, 20)?.sequence, 2);
  });

  it('sends a record that is larger than a batch alone', () => {
    assert.equal(laneOf('a', 'b').next(IDENTITY, 1)?.records.length, 1);
  });

  it('counts on from 0 after the largest number that Kafka has', () => {
    const lane = laneOf('a', 'b', 'c');
    const batch = lane.next(IDENTITY, 20);
    assert.ok(batch);
    batch.sequence = 0x7fffffff - 1;
    lane.done(batch);
    assert.equal(lane.next(IDENTITY, LARGE)?.sequence, 0);
  });

  it('gives the number of a batch that is surely not written to the next', () => {
    const lane = laneOf('a', 'b');
    const lost = lane.next(IDENTITY, 1);
    assert.ok(lost);
    lane.abandon(lost);
    const next = lane.next(IDENTITY, 1);
    assert.deepEqual([next?.identity.epoch, next?.sequence], [0, 0]);
  });

  it('begins a new epoch after one that may be written: what is still on its way comes too late', () => {
    const lane = laneOf('a', 'b', 'c');
    const first = lane.next(IDENTITY, 1);
    assert.ok(first);
    lane.done(first);
    const doubtful = lane.next(IDENTITY, 1);
    assert.ok(doubtful);
    doubtful.inDoubt = true;
    lane.abandon(doubtful);
    const next = lane.next(IDENTITY, 1);
    assert.deepEqual([next?.identity, next?.sequence], [{ id: 9n, epoch: 1 }, 0]);
  });

  it('may be written when its broker stops leading: it may have been appended before, and the new leader may have it', () => {
    assert.deepEqual([OUTCOMES['NOT_LEADER_OR_FOLLOWER'], OUTCOMES['UNKNOWN_TOPIC_OR_PARTITION']], ['lost', 'lost']);
    assert.equal(OUTCOMES['NOT_ENOUGH_REPLICAS'], 'again', 'Kafka looks at that before it appends');
  });

  it('sends the same records under a new epoch when Kafka has lost count', () => {
    const lane = laneOf('a', 'b');
    const first = lane.next(IDENTITY, 1);
    assert.ok(first);
    lane.done(first);
    const batch = lane.next(IDENTITY, 1);
    assert.ok(batch);
    lane.renew(batch);
    assert.deepEqual([batch.identity.epoch, batch.sequence], [1, 0]);
    lane.done(batch);
    lane.waiting.push(pending('c'));
    const next = lane.next(IDENTITY, 1);
    assert.deepEqual([next?.identity.epoch, next?.sequence], [1, 1]);
  });

  it('takes back only what is not under way', () => {
    const lane = laneOf('a', 'b');
    const batch = lane.next(IDENTITY, 1);
    const [sent] = batch?.records ?? [];
    const [waits] = lane.waiting;
    assert.ok(sent && waits);
    assert.equal(lane.withdraw(sent), false);
    assert.equal(lane.withdraw(waits), true);
    assert.equal(lane.waiting.length, 0);
  });

  it('gives up what waited too long, and nothing else', () => {
    const lane = new Lane('t', 0);
    lane.waiting.push(pending('a', 10), pending('b', 20));
    assert.equal(lane.late(10).length, 1);
    assert.equal(lane.waiting.length, 1);
  });
});
