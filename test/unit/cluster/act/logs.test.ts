import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { BoundedQueue } from '../../../../src/cluster/act/logs/queue.ts';
import { comparable, SeenLines } from '../../../../src/cluster/act/logs/seen.ts';

/** Seconds with fractions after noon. */
function time(seconds: number, nanoseconds = 0): string {
  const text = comparable(`2026-11-21T12:00:${String(seconds).padStart(2, '0')}.${String(nanoseconds).padStart(9, '0')}Z`);
  assert.ok(text !== undefined);
  return text;
}

describe('a log that is resumed', () => {
  it('begins a second before its last line, and gives what comes again only once', () => {
    const seen = new SeenLines();
    const lines = [time(10, 1), time(11, 5), time(11, 5), time(11, 900)];
    assert.equal(seen.resume(), undefined);
    assert.ok(
      lines.every((line) => seen.isNew(line)),
      'two lines of one nanosecond are two lines',
    );
    assert.equal(seen.resume(), '2026-11-21T12:00:10.000Z');
    assert.deepEqual(
      [...lines, time(11, 900), time(12)].map((line) => seen.isNew(line)),
      [false, false, false, false, true, true],
    );
  });

  it('takes a line that is older than the one before it for new: two outputs have two writers', () => {
    const seen = new SeenLines();
    assert.ok(seen.isNew(time(11, 500)));
    assert.ok(seen.isNew(time(11, 400)));
    seen.resume();
    assert.deepEqual(
      [time(11, 500), time(11, 400), time(11, 450)].map((line) => seen.isNew(line)),
      [false, false, true],
    );
  });

  it('forgets the oldest of very many, and gives none of them twice', () => {
    const seen = new SeenLines();
    const all = Array.from({ length: 120_000 }, (_, index) => time(20, index * 1000));
    assert.ok(all.every((line) => seen.isNew(line)));
    seen.resume();
    assert.equal(all.filter((line) => seen.isNew(line)).length, 0);
    assert.ok(seen.isNew(time(21)));
  });

  it('compares times of any zone and precision', () => {
    assert.ok((comparable('2026-11-21T12:00:09.61Z') ?? '') > (comparable('2026-11-21T12:00:09.6Z') ?? ''));
    assert.equal(comparable('2026-11-21T14:00:00.5+02:00'), comparable('2026-11-21T12:00:00.500000000Z'));
    assert.equal(comparable('unable to retrieve'), undefined);
  });
});

describe('the queue between logs and their reader', () => {
  it('holds who writes much until somebody reads, and lets each writer in its turn', async () => {
    const queue = new BoundedQueue<{ readonly text: string }>();
    const free = Array.from({ length: 999 }, () => queue.push({ text: 'x' }));
    assert.ok(free.every((held) => held === undefined));
    const order: string[] = [];
    const writers = ['a', 'b'].map((name) => queue.push({ text: name })?.then(() => order.push(name)));
    assert.ok(writers.every((held) => held !== undefined));
    const reader = queue[Symbol.asyncIterator]();
    for (let read = 0; read < 4; read++) await reader.next();
    await Promise.all(writers);
    assert.deepEqual(order, ['a', 'b']);
  });

  it('is full by size too, and ends with what went wrong after what was there', async () => {
    const queue = new BoundedQueue<{ readonly text: string }>();
    assert.notEqual(queue.push({ text: 'x'.repeat(5_000_000) }), undefined);
    queue.end(new Error('broke'));
    const reader = queue[Symbol.asyncIterator]();
    assert.equal((await reader.next()).done, false);
    await assert.rejects(reader.next(), /broke/);
  });
});
