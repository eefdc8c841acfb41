import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { Disposable } from '../../../src/base/disposables.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import { releaseLease, takeLease } from '../../../src/journal/lease.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import { end, header, operation, operations } from './fixture.ts';

const noon = Date.UTC(2026, 10, 21, 12);

describe('runs on disk', () => {
  let home: string;
  let store: RunStore;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'faultline-runs-'));
    store = new RunStore({ home });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  async function make(name: string, startedAt: number, events: readonly JournalEvent[] = [...operations(5), end]): Promise<string> {
    const { run, folder } = await store.create(name, startedAt);
    const writer = JournalWriter.create(join(folder, 'journal.ndjson'), { ...header, run, startedAt });
    writer.append(events);
    writer.close();
    return run;
  }

  it('have a folder that only their user can read, named by start and name', async () => {
    const { run, folder } = await store.create('TPC-H 0.01', Date.UTC(2026, 10, 21, 14, 5));
    assert.match(run, /^20261121-140500-tpc-h-0\.01-[0-9a-f]{4}$/);
    assert.equal(folder, join(home, 'runs', run));
    assert.equal(folder, store.folderOf(run));
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(home, 'runs')).mode & 0o777, 0o700);
  });

  it('get a safe name whatever a person called them', async () => {
    for (const [name, slug] of [
      ['../../etc/passwd', 'etc-passwd'],
      ['  Größte Kunden, 2026!  ', 'gro-te-kunden-2026'],
      ['…', 'run'],
      ['', 'run'],
      ['x'.repeat(300), 'x'.repeat(40)],
      ['a\u0000b\nc', 'a-b-c'],
    ] as const) {
      const { run } = await store.create(name, noon);
      assert.equal(run.slice(16, -5), slug);
      assert.deepEqual(
        readdirSync(join(home, 'runs')).filter((found) => found === run),
        [run],
      );
      rmSync(store.folderOf(run), { recursive: true });
    }
  });

  it('can start in the same second with the same name, many times', async () => {
    const runs = await Promise.all(Array.from({ length: 200 }, () => store.create('x', noon)));
    assert.equal(new Set(runs.map(({ run }) => run)).size, 200);
  });

  it('are listed newest first, as many as wanted', async () => {
    const old = await make('b', noon - 1000);
    const newer = await make('a', noon);
    const newest = await make('z', noon + 86_400_000);
    assert.deepEqual(
      (await store.list()).map(({ run }) => run),
      [newest, newer, old],
    );
    assert.deepEqual(
      (await store.list(2)).map(({ run }) => run),
      [newest, newer],
    );
    const record = await store.record(old);
    assert.deepEqual(record, {
      run: old,
      folder: store.folderOf(old),
      state: 'ended',
      header: { ...header, run: old, startedAt: noon - 1000 },
      journalBytes: statSync(join(record.folder, 'journal.ndjson')).size,
    });
  });

  it('are none where there is no home yet', async () => {
    assert.deepEqual(await new RunStore({ home: join(home, 'none') }).list(), []);
    await assert.rejects(new RunStore({ home: join(home, 'none') }).find('last'), /There is no run yet/);
  });

  it('tell running from ended, interrupted, newer and damaged; one that has not begun is not listed', async () => {
    const ended = await make('ended', noon + 5);
    const interrupted = await make('interrupted', noon + 4000, operations(3));
    const running = await make('running', noon + 3000, operations(3));
    takeLease(store.folderOf(running), '/tmp/socket');
    const newer = (await store.create('newer', noon + 2000)).folder;
    writeFileSync(join(newer, 'journal.ndjson'), '{"faultline":9}\n');
    const damaged = (await store.create('damaged', noon + 1000)).folder;
    writeFileSync(join(damaged, 'journal.ndjson'), JSON.stringify(header).slice(0, 100));
    await store.create('starting', noon + 9000);
    writeFileSync(join(home, 'runs', 'notes.txt'), 'mine');
    mkdirSync(join(home, 'runs', 'folder'));
    const states = (await store.list()).map(({ run, state, header: head }) => `${run.split('-')[2] ?? ''} ${state} ${head !== undefined}`);
    assert.deepEqual(states, [
      'interrupted interrupted true',
      'running running true',
      'newer newer false',
      'damaged damaged false',
      'ended ended true',
    ]);
    releaseLease(store.folderOf(running));
    assert.equal((await store.record(running)).state, 'interrupted');
    // Its runner still sums up: what is written is all.
    takeLease(store.folderOf(ended), '/tmp/socket');
    assert.equal((await store.record(ended)).state, 'ended');
    assert.equal((await store.record(interrupted)).state, 'interrupted');
  });

  it('are found by their id, a part that only one has, or as the last', async () => {
    const first = await make('alpha', noon);
    const second = await make('alpine', noon + 1000);
    assert.equal((await store.find(first)).run, first);
    assert.equal((await store.find('alpha')).run, first);
    assert.equal((await store.find(` ${second.slice(-10).toUpperCase()} `)).run, second);
    assert.equal((await store.find('last')).run, second);
    await assert.rejects(store.find('alp'), (error) => {
      assert.ok(FaultlineError.is(error, 'invalid'));
      assert.deepEqual(error.facts.candidates, [second, first]);
      return error.message.includes(first);
    });
    for (const text of ['beta', '', '../..', join(home, 'runs')]) {
      await assert.rejects(store.find(text), (error) => FaultlineError.is(error, 'notFound'), text);
    }
    await assert.rejects(store.record('../runs'), (error) => FaultlineError.is(error, 'notFound'));
    assert.throws(
      () => store.folderOf('../..'),
      (error) => FaultlineError.is(error, 'notFound'),
    );
  });

  it('are deleted with all their files, also damaged ones; a running one is not', async () => {
    const run = await make('gone', noon);
    const running = await make('running', noon + 1000, operations(3));
    const { folder: damaged, run: other } = await store.create('damaged', noon);
    writeFileSync(join(damaged, 'journal.ndjson'), '');
    takeLease(store.folderOf(running), '/tmp/socket');
    await store.remove(run);
    await store.remove(other);
    await assert.rejects(
      store.remove(running),
      (error) => FaultlineError.is(error, 'invalid') && /is running.*Stop it first/.test(error.message),
    );
    await assert.rejects(store.remove(run), (error) => FaultlineError.is(error, 'notFound'));
    assert.deepEqual(readdirSync(join(home, 'runs')), [running]);
  });

  describe('that came with the package', () => {
    let own: string;
    let run: string;
    let recorded: string;
    beforeEach(async () => {
      own = await make('own', noon);
      run = await make('shown', noon + 1);
      recorded = join(home, 'recorded');
      mkdirSync(recorded);
      renameSync(store.folderOf(run), join(recorded, run));
      store = new RunStore({ home, recorded });
    });

    it('are named by the store that was told where they are, and by no other', async () => {
      assert.deepEqual(
        (await store.recorded()).map((record) => [record.run, record.state]),
        [[run, 'ended']],
      );
      assert.deepEqual(await new RunStore({ home }).recorded(), []);
    });

    it('are found by their id where they came, and marked as what they are', async () => {
      const { folder, isRecorded } = await store.record(run);
      assert.deepEqual([folder, isRecorded, (await store.record(own)).isRecorded], [join(recorded, run), true, undefined]);
    });

    it('are not listed among those of the machine', async () => {
      assert.deepEqual(
        (await store.list()).map((record) => record.run),
        [own],
      );
    });

    it('are not deleted', async () => {
      await assert.rejects(store.remove(run), (error) => FaultlineError.is(error, 'invalid') && /came with Faultline/.test(error.message));
      assert.equal((await store.record(run)).state, 'ended');
    });
  });

  it('whose deletion was cut short are not listed, and go with the next one', async () => {
    const run = await make('half', noon);
    const other = await make('other', noon + 1000);
    renameSync(store.folderOf(run), join(home, 'runs', `.removed-${run}-0a1b2c3d`));
    assert.deepEqual(
      (await store.list()).map((record) => record.run),
      [other],
    );
    await store.remove(other);
    assert.deepEqual(readdirSync(join(home, 'runs')), []);
  });

  it('are listed by the hundreds without reading their journals, however long those are', async () => {
    const one = join(home, 'journal');
    writeFileSync(one, `${JSON.stringify(header)}\n`);
    // A terabyte of nothing, which takes no room on the disk; to read it once would take minutes.
    truncateSync(one, 1e12);
    writeFileSync(one, `\n${JSON.stringify(end)}\n`, { flag: 'a' });
    for (let i = 0; i < 500; i++) linkSync(one, join((await store.create('many', noon + i * 1000)).folder, 'journal.ndjson'));
    const records = await store.list();
    assert.equal(records.filter(({ state, header: head }) => state === 'ended' && head !== undefined).length, 500);
  });

  describe('watched', () => {
    let watch: Disposable | undefined;
    let told = 0;
    let onTold: (() => void) | undefined;
    const listen = (watched: RunStore): void => {
      told = 0;
      watch = watched.watch(() => {
        told++;
        onTold?.();
      });
    };
    /** The next time that something is told, from now on. */
    const next = (): Promise<void> => new Promise((resolve) => (onTold = resolve));
    afterEach(() => watch?.dispose());

    it('tell when one begins, ends and goes', async () => {
      listen(store);
      let heard = next();
      const { run, folder } = await store.create('x', Date.now());
      takeLease(folder, '/tmp/socket');
      const writer = JournalWriter.create(join(folder, 'journal.ndjson'), { ...header, run });
      // Twice when the folder was seen before its journal.
      for (let i = 0; i < 2 && (await store.list()).length === 0; i++) await heard;
      await heard;
      assert.equal((await store.record(run)).state, 'running');
      heard = next();
      writer.append([end]);
      writer.close();
      releaseLease(folder);
      await heard;
      assert.equal((await store.record(run)).state, 'ended');
      heard = next();
      await store.remove(run);
      await heard;
      assert.deepEqual(await store.list(), []);
    });

    it('tell also where neither the home nor the folder of runs was there at first, nor is for a while', async () => {
      const later = new RunStore({ home: join(home, 'not', 'yet') });
      listen(later);
      let heard = next();
      await later.create('x', Date.now());
      await heard;
      heard = next();
      rmSync(join(home, 'not'), { recursive: true });
      await heard;
      heard = next();
      await later.create('y', Date.now());
      await heard;
    });

    it('tell that a runner was killed; all that it wrote is there', async () => {
      const { run, folder } = await store.create('x', Date.now());
      const room = (file: string): string => JSON.stringify(join(import.meta.dirname, file));
      const code = `
        import { takeLease } from ${room('../../../src/journal/lease.ts')};
        import { JournalWriter } from ${room('../../../src/journal/writer.ts')};
        import { header, operations } from ${room('fixture.ts')};
        takeLease(${JSON.stringify(folder)}, '/tmp/socket');
        const writer = JournalWriter.create(${JSON.stringify(join(folder, 'journal.ndjson'))}, header);
        for (let written = 0; written < 5_000_000; written += 50) {
          writer.append(operations(50, written));
          if (written === 5000) console.log('well under way');
        }`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
      let heard: Promise<void>;
      try {
        await once(child.stdout, 'data');
        listen(store);
        heard = next();
        assert.equal((await store.record(run)).state, 'running');
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await heard;
      assert.equal((await store.record(run)).state, 'interrupted');
      let count = 0;
      const { skippedLines } = await readJournal(join(folder, 'journal.ndjson'), (events) => {
        for (const event of events) assert.equal(event.t, operation(count++).t);
      });
      assert.ok(count >= 5050 && skippedLines <= 1, `${count} operations, ${skippedLines} torn lines`);
      await store.remove(run);
    });

    it('tell many at once once', async () => {
      listen(store);
      const heard = next();
      await Promise.all(Array.from({ length: 100 }, () => make('x', noon)));
      await heard;
      assert.ok(told < 10, `${told} times`);
    });

    it('tell nothing any more once they are let go', async () => {
      listen(store);
      const other = new Promise<void>((resolve) => {
        const second = store.watch(() => {
          second.dispose();
          resolve();
        });
      });
      watch?.dispose();
      await make('x', noon);
      await other;
      assert.equal(told, 0);
    });
  });
});
