import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError, type ErrorReason } from '../../../src/base/errors.ts';
import type { JournalEvent } from '../../../src/journal/events.ts';
import { readEdges, readHeader, readJournal, readWindow } from '../../../src/journal/reader.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import { end, header, operation, operations, plan } from './fixture.ts';

const head = `${JSON.stringify(header)}\n`;

describe('journal on disk', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-journal-'));
    path = join(folder, 'journal.ndjson');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(events: readonly JournalEvent[]): void {
    const writer = JournalWriter.create(path, header);
    for (let i = 0; i < events.length; i += 50) writer.append(events.slice(i, i + 50));
    writer.close();
  }

  async function read(): Promise<{ readonly events: readonly JournalEvent[]; readonly skippedLines: number }> {
    const events: JournalEvent[] = [];
    const { skippedLines } = await readJournal(path, (some) => events.push(...some));
    return { events, skippedLines };
  }

  it('gives back 200,000 events a piece at a time, each as it was written', async () => {
    write(operations(200_000));
    let count = 0;
    let pieces = 0;
    const found = await readJournal(path, (some, given) => {
      assert.equal(given.run, header.run);
      pieces++;
      for (const event of some)
        if (JSON.stringify(event) !== JSON.stringify(operation(count++))) assert.deepEqual(event, operation(count - 1));
    });
    assert.equal(count, 200_000);
    assert.ok(pieces > 10, `${pieces} pieces: it is not read as a whole`);
    assert.deepEqual(found, { header, skippedLines: 0 });
  });

  it('opens when it is cut at any byte of its last 4 kB, with everything before the cut', async () => {
    // Words of several bytes, so that many cuts are in the middle of a character.
    const events: JournalEvent[] = operations(60);
    events.splice(30, 0, { t: 7, src: 'runner', kind: 'note', text: 'größer als 5 µs – “schön” 🚀🚀' });
    write([...events, { ...end, reason: 'Ende gut – alles gut 🚀' } as JournalEvent]);
    const whole = readFileSync(path);
    const lineEnds = [...whole.entries()].filter(([, byte]) => byte === 10).map(([at]) => at);
    const all = (await read()).events;
    assert.ok(whole.length > 4096 + head.length, 'the last 4 kB are events');
    for (let size = whole.length; size >= whole.length - 4096; size--) {
      truncateSync(path, size);
      const { events: found, skippedLines } = await read();
      // A line that only lacks its line break is whole.
      const lines = lineEnds.filter((at) => at <= size).length - 1;
      assert.equal(found.length, lines, `cut at ${size}`);
      assert.deepEqual(found.at(-1), all[lines - 1], `cut at ${size}`);
      const torn = size > (lineEnds.findLast((at) => at <= size) ?? 0) + 1;
      assert.equal(skippedLines, torn ? 1 : 0, `cut at ${size}`);
      assert.equal((await readEdges(path)).hasEnd, size >= whole.length - 1, `cut at ${size}`);
    }
  });

  it('stops when it is told to', async () => {
    write(operations(20_000));
    const stop = new AbortController();
    const reading = readJournal(path, () => stop.abort(), stop.signal);
    await assert.rejects(reading, (error) => FaultlineError.is(error, 'cancelled'));
  });

  it('is followed while it grows: windows of whole lines, each where the one before ended', async () => {
    write(operations(100));
    const bytes = statSync(path).size;
    let text = '';
    let offset = 0;
    for (;;) {
      const window = await readWindow(path, offset, 1000);
      if (window.next === offset) break;
      assert.ok(window.text.endsWith('\n') && Buffer.byteLength(window.text) === window.next - offset);
      text += window.text;
      offset = window.next;
    }
    assert.equal(offset, bytes);
    assert.equal(text, readFileSync(path, 'utf8'));
    const line = JSON.stringify(operation(100));
    writeFileSync(path, line.slice(0, 30), { flag: 'a' });
    assert.deepEqual(await readWindow(path, offset, 1000), { text: '', next: offset });
    writeFileSync(path, `${line.slice(30)}\n`, { flag: 'a' });
    assert.equal((await readWindow(path, offset, 1000)).text, `${line}\n`);
  });

  it('gives a line that is longer than the window, up to 4 MB', async () => {
    const big = { ...header, plan: { ...plan, specText: 'x'.repeat(3_000_000) } };
    JournalWriter.create(path, big).close();
    assert.equal((await readWindow(path, 0, 1000)).text, `${JSON.stringify(big)}\n`);
    assert.deepEqual(await readHeader(path), big);
    writeFileSync(path, 'x'.repeat(5_000_000));
    await assert.rejects(readWindow(path, 0, 1000), (error) => FaultlineError.is(error, 'invalid'));
    await assert.rejects(readHeader(path), (error) => FaultlineError.is(error, 'invalid'));
  });

  it('finds the end also when something was told after it', async () => {
    write([...operations(100), end, { t: 60_001, src: 'runner', kind: 'note', text: 'the engine closed late' }]);
    assert.deepEqual(await readEdges(path), { header, journalBytes: statSync(path).size, hasEnd: true });
  });

  it('finds no end where only a text speaks of one', async () => {
    write([...operations(3), { t: 1, src: 'runner', kind: 'note', text: '"kind":"end"' }]);
    assert.equal((await readEdges(path)).hasEnd, false);
  });

  async function refused(reason: ErrorReason, words: RegExp): Promise<void> {
    for (const reading of [read, () => readHeader(path), () => readEdges(path)]) {
      await assert.rejects(reading, (error) => {
        assert.ok(FaultlineError.is(error, reason), String(error));
        assert.match(error.message, words);
        return true;
      });
    }
  }

  it('says what is wrong with a file that is not there, empty, torn in its head, another one, newer', async () => {
    await refused('notFound', /no journal/);
    const files: readonly (readonly [string, ErrorReason, RegExp])[] = [
      ['', 'invalid', /not the journal of a run/],
      [head.slice(0, head.length / 2), 'invalid', /not the journal of a run/],
      ['id,name\n1,x\n', 'invalid', /not the journal of a run/],
      ['{"faultline":4}\n', 'unsupported', /newer Faultline.*Update/],
    ];
    for (const [text, reason, words] of files) {
      writeFileSync(path, text);
      await refused(reason, words);
    }
  });

  it('says that a folder is in its place', async () => {
    mkdirSync(path);
    await refused('storage', /can’t be read.*EISDIR.*move it away/);
  });

  it('says that it may not be read', async () => {
    write(operations(1));
    chmodSync(path, 0o000);
    // The superuser may read everything: for a moment this process is nobody.
    const root = process.geteuid?.() === 0;
    chmodSync(folder, 0o755);
    if (root) process.seteuid?.(65534);
    try {
      await refused('storage', /can’t be read.*EACCES.*permissions/);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});
