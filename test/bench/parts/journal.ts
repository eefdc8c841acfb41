/**
 * What a journal costs against what it can't do without: writing against a bare loop that stringifies and writes the same batches to a
 * file, opening against a bare loop over the same lines with JSON.parse. Ours and the bare one in turns, medians of the rounds.
 */
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newHistogram } from '../../../src/base/histogram.ts';
import type { OperationEvent } from '../../../src/journal/events.ts';
import { readJournal } from '../../../src/journal/reader.ts';
import { runFiles } from '../../../src/journal/runs.ts';
import { RunStore } from '../../../src/journal/store.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';
import { end, header, operation, operations } from '../../unit/journal/fixture.ts';
import { measure } from '../part.ts';
import { atMost, median } from '../table.ts';

const events = 1_000_000;
/** What the recorder hands over at once: at most 50 operations a quarter of a second. */
const batch = 50;
const rounds = 7;
const listed = 2000;

await measure(async ({ scratch, progress }) => {
  const all = Array.from({ length: events }, (_, i) => operation(i));
  const path = join(scratch, 'journal.ndjson');

  progress(`writing ${events} events in batches of ${batch}, ${rounds} rounds`);
  const writing = await contest(
    () => writeOurs(path, all),
    () => writeBare(path, all),
    () => rmSync(path, { force: true }),
  );
  writeOurs(path, all);

  progress(`opening ${events} events, ${(statSync(path).size / 1e6).toFixed(0)} MB, ${rounds} rounds`);
  const opening = await contest(
    () => openOurs(path),
    () => openBare(path),
  );

  progress(`listing ${listed} runs, ${rounds} rounds`);
  const paths = await makeRuns(scratch);
  const store = new RunStore({ home: scratch });
  const listing = await contest(
    () => listOurs(store),
    () => listBare(paths),
  );

  progress('recording values');
  const recordNs = recording();

  const rate = writing.bare / writing.ours;
  return [
    {
      name: 'journal: writing',
      measured: `${rate.toFixed(2)} ×`,
      against: `${perSecond(writing.bare)} events a second by a bare stringify-and-write loop; ours ${perSecond(writing.ours)}`,
      limit: '≥ 0.50 ×',
      ok: rate >= 0.5,
    },
    atMost(
      'journal: opening 1,000,000 events',
      opening.ours / opening.bare,
      2,
      '×',
      `${(opening.bare / 1000).toFixed(2)} s of a bare JSON.parse loop over the same lines; ours ${(opening.ours / 1000).toFixed(2)} s`,
    ),
    atMost(
      'journal: listing 2,000 runs',
      listing.ours / 1000,
      1,
      's',
      `a bare loop reads and parses their heads, of ${(statSync(paths[0] ?? '').size / 1000).toFixed(0)} kB, in ${(listing.bare / 1000).toFixed(2)} s`,
    ),
    atMost('journal: a value into a histogram', recordNs, 100, 'ns', 'values from 1 µs to 3 s, 3 digits'),
  ];
});

/** Milliseconds, medians. Which goes first changes every time; the first two rounds are not counted. */
async function contest(
  ours: () => unknown,
  bare: () => unknown,
  before: () => void = () => undefined,
): Promise<{ readonly ours: number; readonly bare: number }> {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = -2; round < rounds; round++) {
    for (const side of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      before();
      const start = performance.now();
      await (side === 'ours' ? ours : bare)();
      if (round >= 0) times[side].push(performance.now() - start);
    }
  }
  return { ours: median(times.ours), bare: median(times.bare) };
}

function writeOurs(path: string, all: readonly OperationEvent[]): void {
  rmSync(path, { force: true });
  const writer = JournalWriter.create(path, header);
  for (let i = 0; i < all.length; i += batch) writer.append(all.slice(i, i + batch));
  writer.close();
}

function writeBare(path: string, all: readonly OperationEvent[]): void {
  const file = openSync(path, 'w');
  for (let i = 0; i < all.length; i += batch) {
    let text = '';
    for (const event of all.slice(i, i + batch)) text += `${JSON.stringify(event)}\n`;
    writeSync(file, text);
  }
  closeSync(file);
}

async function openOurs(path: string): Promise<void> {
  let count = 0;
  await readJournal(path, (some) => {
    count += some.length;
  });
  if (count !== events) throw new Error(`${count} of ${events} events were read`);
}

function openBare(path: string): void {
  let count = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    JSON.parse(line);
    count++;
  }
  if (count !== events + 1) throw new Error(`${count} lines were read`);
}

/** Runs of the 22 queries of TPC-H, a few passes each. */
async function makeRuns(home: string): Promise<readonly string[]> {
  const sql = 'select sum(l_extendedprice * l_discount) from lineitem where l_quantity < 24 -- '.repeat(12);
  const plan = { ...header.plan, statements: header.plan.statements.map((statement) => ({ ...statement, sql })) };
  const store = new RunStore({ home });
  const paths: string[] = [];
  for (let i = 0; i < listed; i++) {
    const { run, folder } = await store.create('tpch', header.startedAt + i * 1000);
    const path = join(folder, runFiles.journal);
    const writer = JournalWriter.create(path, { ...header, run, plan });
    writer.append([...operations(66), end]);
    writer.close();
    paths.push(path);
  }
  return paths;
}

async function listOurs(store: RunStore): Promise<void> {
  const records = await store.list();
  if (records.filter(({ state }) => state === 'ended').length !== listed) throw new Error('not all runs were listed as ended');
}

async function listBare(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8');
    JSON.parse(text.slice(0, text.indexOf('\n')));
  }
}

/** Nanoseconds a value, the median of the rounds. */
function recording(): number {
  const values = 5_000_000;
  const times: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const histogram = newHistogram();
    const start = performance.now();
    for (let i = 0; i < values; i++) histogram.record(1 + ((i * 7919) % 3_000_000));
    if (round >= 0) times.push(((performance.now() - start) / values) * 1e6);
    if (histogram.count !== values) throw new Error('a value was lost');
  }
  return median(times);
}

function perSecond(ms: number): string {
  return Math.round((events / ms) * 1000).toLocaleString('en-US');
}
