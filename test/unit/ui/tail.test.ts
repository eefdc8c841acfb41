import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { runFiles, type RunState } from '../../../src/journal/runs.ts';
import { JournalTail } from '../../../src/ui/panels/histogram/tail.ts';
import { Signal } from '../../../src/ui/signal.ts';
import { recordOf } from './run-records.ts';

describe('a journal that is followed', () => {
  let folder: string;
  let journal: string;
  let state: RunState;
  let tail: JournalTail | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-tail-'));
    journal = join(folder, runFiles.journal);
    state = 'running';
    await writeFile(journal, '{}\n');
  });
  afterEach(async () => {
    tail?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function follow() {
    const changed = new Signal();
    const times: number[] = [];
    const record = { ...recordOf('a', state), folder, journalBytes: 3 };
    const made = new JournalTail({
      record,
      look: async () => ({ ...record, state }),
      onChange: () => {
        times.push(performance.now());
        changed.fire();
      },
      onError: (error) => assert.fail(String(error)),
    });
    tail = made;
    const next = () =>
      new Promise<void>((resolve) => {
        const listening = changed.listen(() => {
          listening.dispose();
          resolve();
        });
      });
    return { tail: made, times, next };
  }

  it('tells that it has grown, at most twice a second however often it is written', async () => {
    const { tail: followed, times, next } = follow();
    let writing = true;
    const writer = (async () => {
      while (writing) await appendFile(journal, '{"a":1}\n');
    })();
    await next();
    await next();
    await next();
    writing = false;
    await writer;
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const gap of gaps) assert.ok(gap > 490, `${gap} ms between two changes`);
    assert.equal(followed.facts.state, 'live');
    assert.ok(followed.facts.sizeBytes > 3);
  });

  it('tells the end with the whole size, and follows no more', async () => {
    const { tail: followed, next } = follow();
    assert.equal(followed.isFollowing, true);
    state = 'ended';
    await appendFile(journal, '{"kind":"end"}\n');
    while (followed.isFollowing) await next();
    assert.deepEqual(followed.facts, { run: 'a', state: 'ended', sizeBytes: 18 });
  });

  it('a runner that was killed writes nothing: its run is interrupted all the same', async () => {
    const { tail: followed, next } = follow();
    state = 'interrupted';
    await next();
    assert.deepEqual([followed.facts.state, followed.isFollowing], ['interrupted', false]);
  });

  it('an end that is known is looked at without waiting for its turn', async () => {
    const { tail: followed, times } = follow();
    state = 'ended';
    await followed.lookNow();
    assert.deepEqual([followed.facts.state, times.length], ['ended', 1]);
  });

  it('of a run that has ended nothing is followed', () => {
    state = 'ended';
    assert.equal(follow().tail.isFollowing, false);
  });

  it('after it was let go it tells nothing more', async () => {
    const { tail: followed, times } = follow();
    followed.dispose();
    state = 'ended';
    await followed.lookNow();
    assert.deepEqual([times.length, followed.isFollowing], [0, false]);
  });

  it('of a run that was deleted meanwhile nothing is left to read', async () => {
    const { tail: followed } = follow();
    state = 'interrupted';
    await rm(folder, { recursive: true });
    await followed.lookNow();
    assert.deepEqual(followed.facts, { run: 'a', state: 'interrupted', sizeBytes: 0 });
  });
});
