import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { FaultEvent } from '../../../src/journal/fault-events.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import { readEdges, readJournal } from '../../../src/journal/reader.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import { end, header, operation, operations } from './fixture.ts';

const failed: JournalEvent = { ...end, how: 'failed', reason: 'The disk is full' } as JournalEvent;

async function eventsOf(path: string): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  const { skippedLines } = await readJournal(path, (some) => events.push(...some));
  assert.equal(skippedLines, 0);
  return events;
}

describe('journal writer', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-writer-'));
    path = join(folder, 'journal.ndjson');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has everything in the file as soon as it was told, and leaves nothing beside it', async () => {
    const writer = JournalWriter.create(path, header);
    assert.deepEqual(await eventsOf(path), []);
    writer.append(operations(3));
    assert.deepEqual(await eventsOf(path), operations(3));
    writer.append([]);
    writer.append([end]);
    writer.sync();
    assert.deepEqual(await eventsOf(path), [...operations(3), end]);
    writer.close();
    assert.deepEqual(readdirSync(folder), ['journal.ndjson']);
  });

  it('lets only its own user read the file', () => {
    JournalWriter.create(path, header).close();
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('does not write over a journal', () => {
    writeFileSync(path, 'precious');
    assert.throws(
      () => JournalWriter.create(path, header),
      (error) => FaultlineError.is(error, 'storage'),
    );
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });
});

describe('journal on a disk of its own', () => {
  let home: string;
  let run: string;
  let path: string;
  let folder: string;

  /** Only root may make one: for others this fails, and says so. */
  function mount(...options: readonly string[]): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'faultline-test', home]);
  }

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'faultline-disk-'));
    mount('size=512k');
    ({ run, folder } = await new RunStore({ home }).create('full', Date.now()));
    path = join(folder, 'journal.ndjson');
  });
  afterEach(() => {
    execFileSync('umount', ['-l', home]);
    rmSync(home, { recursive: true, force: true });
  });

  /** Appends until the disk is full; how many were taken without an error. */
  function fill(writer: JournalWriter, batch: number): number {
    for (let taken = 0; ; taken += batch) {
      try {
        writer.append(operations(batch, taken));
      } catch (error) {
        assert.ok(FaultlineError.is(error, 'storage'), String(error));
        assert.match(error.message, /disk is full.*ENOSPC.*Free some space/);
        return taken;
      }
    }
  }

  it('that is full says so; all before is there in whole lines, and the end can still be written', async () => {
    const writer = JournalWriter.create(path, header);
    const taken = fill(writer, 50);
    assert.ok(taken > 1000, `${taken}`);
    // Nothing but the end: a journal with a hole in its middle would be no evidence.
    assert.throws(
      () => writer.append([operation(0)]),
      (error) => FaultlineError.is(error, 'storage'),
    );
    writer.append([operation(0), failed]);
    writer.sync();
    writer.close();
    const events = await eventsOf(path);
    assert.deepEqual(events.at(-1), failed);
    const before = events.slice(0, -1);
    assert.ok(before.length >= taken && before.length < taken + 50, `${before.length} of ${taken}`);
    assert.deepEqual(before, operations(before.length));
    assert.equal((await new RunStore({ home }).record(run)).state, 'ended');
  });

  it('that is full takes what becomes of a fault, never that one begins, and then the end', async () => {
    const writer = JournalWriter.create(path, header);
    fill(writer, 50);
    const fault = (step: FaultEvent['step']): FaultEvent => ({ t: 1, src: 'runner', kind: 'fault', fault: 0, target: 0, step });
    for (const step of ['go', 'heal', 'healed'] as const)
      assert.throws(
        () => writer.append([operation(0), fault(step)]),
        (error) => FaultlineError.is(error, 'storage'),
        step,
      );
    fillRest();
    writer.append([failed]);
    writer.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const last = [fault('heal'), fault('healed'), failed].map((event) => JSON.stringify(event));
    assert.deepEqual(lines.slice(-3), last);
    assert.equal(lines.filter((line) => line.includes('"fault"')).length, 2);
  });

  it('that is full when only the end is missing takes the end', async () => {
    const writer = JournalWriter.create(path, header);
    writer.append(operations(10));
    fillRest();
    writer.append([failed]);
    writer.close();
    assert.deepEqual(await eventsOf(path), [...operations(10), failed]);
  });

  /** Somebody else took all the rest; the file's own page is full too. */
  function fillRest(): void {
    for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
      try {
        for (;;) writeFileSync(join(home, 'other'), Buffer.alloc(size, 1), { flag: 'a' });
      } catch {
        // Full: smaller pieces.
      }
    }
    assert.throws(() => writeFileSync(join(home, 'more'), 'x'), /ENOSPC/);
  }

  it('that is full before the run begins leaves no journal', async () => {
    fillRest();
    assert.throws(
      () => JournalWriter.create(path, header),
      (error) => FaultlineError.is(error, 'storage'),
    );
    assert.equal(existsSync(path), false);
    assert.deepEqual(await new RunStore({ home }).list(), []);
  });

  it('that can only be read: runs are listed, none can be made or removed', async () => {
    const writer = JournalWriter.create(path, header);
    writer.append([end]);
    writer.close();
    execFileSync('mount', ['-o', 'remount,ro', home]);
    const store = new RunStore({ home });
    assert.deepEqual(
      (await store.list()).map(({ state }) => state),
      ['ended'],
    );
    const refused = (error: unknown): boolean => FaultlineError.is(error, 'storage') && /EROFS.*set FAULTLINE_HOME/.test(error.message);
    await assert.rejects(store.create('x', Date.now()), refused);
    await assert.rejects(store.remove(run), refused);
    assert.throws(() => JournalWriter.create(join(folder, 'other.ndjson'), header), refused);
    assert.equal((await readEdges(path)).hasEnd, true);
  });

  it('where a file is in the place of the home: says that it can’t be written', async () => {
    writeFileSync(join(home, 'file'), '');
    const store = new RunStore({ home: join(home, 'file') });
    await assert.rejects(store.create('x', Date.now()), (error) => FaultlineError.is(error, 'storage'));
    mkdirSync(join(home, 'empty'));
    assert.deepEqual(await new RunStore({ home: join(home, 'empty') }).list(), []);
  });
});
