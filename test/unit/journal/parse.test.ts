import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { newHistogram } from '../../../src/base/histogram.ts';
import { journalFormat, type JournalEvent, type JournalHeader } from '../../../src/journal/events.ts';
import { JournalText } from '../../../src/journal/parse.ts';
import { end, header, operation, operations } from './fixture.ts';

const head = `${JSON.stringify(header)}\n`;
const lines = (events: readonly unknown[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const empty = newHistogram().encode();
const common = { t: 12.5, src: 'runner' } as const;

/** One of each kind, with all its fields. */
const every: readonly JournalEvent[] = [
  { ...common, kind: 'phase', phase: 'preparing', text: 'making TPC-H 1, 42 %' },
  { ...common, kind: 'engine', arm: 0, title: 'DuckDB 1.5.5', version: '1.5.5', target: 'TPC-H 0.01', threads: 2, memoryLimitBytes: 2e9 },
  { ...common, kind: 'phase', phase: 'measuring', planned: 66, durationMs: 60_000 },
  { ...operation(3), arm: 0, warmUp: true },
  { ...common, kind: 'op', q: 21, wait: 0, service: 12.003, error: { reason: 'engine', text: 'There is no table', code: 'CATALOG' } },
  {
    ...common,
    kind: 'histogram',
    q: 0,
    ms: 250,
    count: 70,
    rows: 140,
    answers: { ok: 68, repeatable: 1, unchecked: 1 },
    response: empty,
    service: empty,
    wait: empty,
    warmUp: true,
  },
  { ...common, kind: 'dropped', q: 4, count: 3, ms: 250 },
  {
    ...common,
    kind: 'answer',
    q: 0,
    rowsExpected: 4,
    rowsGot: 5,
    differences: [{ row: 4, column: 'n', rule: 'no such row', expected: null, got: '7' }],
  },
  { ...common, kind: 'driver', lag: empty, busy: 0.12, cores: 1.7, inFlight: 4, queued: 0, wallMs: 1_795_269_912_000 },
  { ...common, kind: 'gap', ms: 30_000 },
  { ...common, kind: 'note', text: 'answers above 100,000 rows are not checked' },
  { ...common, kind: 'end', how: 'failed', reason: 'The disk is full', error: { reason: 'storage', text: 'The disk is full' } },
  {
    ...common,
    kind: 'engine',
    arm: 0,
    title: 'Trino 476',
    version: '476',
    target: 'shop/trino, tpch.tiny',
    threads: 0,
    memoryLimitBytes: 0,
    path: 'portForward',
  },
];

function read(...pieces: readonly string[]): { readonly events: readonly JournalEvent[]; readonly text: JournalText } {
  const text = new JournalText();
  const events = pieces.flatMap((piece) => [...text.push(piece)]);
  events.push(...text.end());
  return { events, text };
}

describe('journal text', () => {
  it('gives every kind of event back as it was written', () => {
    const { events, text } = read(head + lines(every));
    assert.deepEqual(events, every);
    assert.deepEqual(text.header, header);
    assert.equal(text.skippedLines, 0);
  });

  it('does not mind where its pieces are cut', () => {
    const whole = head + lines(every);
    for (let size = 1; size < 200; size += 7) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.slice(i * size, (i + 1) * size));
      assert.deepEqual(read(...pieces).events, every, `pieces of ${size}`);
    }
  });

  it('gives events as soon as their line is whole, and a last line without its break at the end', () => {
    const text = new JournalText();
    assert.deepEqual(text.push(head.slice(0, 50)), []);
    const [first, last] = [JSON.stringify(operation(0)), JSON.stringify(end)];
    assert.deepEqual(text.push(head.slice(50) + first), []);
    assert.equal(text.header?.run, header.run);
    assert.deepEqual(text.push(`\n${last}`), [operation(0)]);
    assert.deepEqual(text.end(), [end]);
    assert.equal(text.skippedLines, 0);
  });

  it('reads lines that an editor has given Windows breaks, a byte order mark and empty lines', () => {
    const { events, text } = read(`\ufeff${head}\n${lines(every)}\n\n`.replaceAll('\n', '\r\n'));
    assert.deepEqual(events, every);
    assert.equal(text.skippedLines, 0);
  });

  it('passes over and counts what a later version added: a kind, a source; a field that it added does no harm', () => {
    const later = [
      { ...common, kind: 'fault', at: 'pod' },
      { ...operation(1), src: 'probe-a' },
      { ...operation(2), retries: 3 },
    ];
    const { events, text } = read(head + lines(later));
    assert.deepEqual(events, [later[2]]);
    assert.equal(text.skippedLines, 2);
  });

  it('passes over and counts a line that was cut, garbled or is no object', () => {
    const torn = JSON.stringify(operation(1)).slice(0, -3);
    const { events, text } = read(
      head,
      lines([operation(0)]),
      `${torn}\n`,
      '\u0000\u0000\u0000\n',
      '[]\n',
      '17\n',
      'null\n',
      lines([end]),
      torn,
    );
    assert.deepEqual(events, [operation(0), end]);
    assert.equal(text.skippedLines, 6);
  });

  it('passes over an event whose shape would mislead a reader', () => {
    const wrong: readonly object[] = [
      { ...operation(0), t: '12' },
      { ...operation(0), q: 22 },
      { ...operation(0), q: -1 },
      { ...operation(0), q: 0.5 },
      { ...operation(0), arm: 1 },
      { ...operation(0), wait: -1 },
      { ...operation(0), service: null },
      { ...operation(0), rows: -2 },
      { ...operation(0), answer: 'fine' },
      { ...operation(0), error: { reason: 'engine' } },
      { ...operation(0), warmUp: false },
      { ...every[5], response: 7 },
      { ...every[5], wait: '' },
      { ...every[8], lag: 'AAAA' },
      { ...every[5], answers: { ok: 'all' } },
      { ...every[6], count: undefined },
      { ...every[7], differences: [{ row: 1 }] },
      { ...every[8], busy: null },
      { ...every[9], ms: -1 },
      { ...every[0], phase: 'resting' },
      { ...every[1], arm: 2 },
      { ...every[10], text: 3 },
      { ...every[1], path: 'by carrier pigeon' },
      { ...end, how: 'well' },
    ];
    const { events, text } = read(head + lines(wrong));
    assert.deepEqual(events, []);
    assert.equal(text.skippedLines, wrong.length);
  });

  it('refuses a newer format, and says that an update opens it', () => {
    const newer = `${JSON.stringify({ faultline: journalFormat + 1, journal: 'quite another head' })}\n`;
    assert.throws(
      () => read(newer),
      (error) => FaultlineError.is(error, 'unsupported') && /newer Faultline.*format 4.*up to 3.*Update/s.test(error.message),
    );
  });

  it('refuses what is no journal: nothing, a torn head, another file, a head without a plan', () => {
    const { plan: _, ...planless } = header;
    for (const text of ['', '\n', head.slice(0, -2), 'select 1;\n', '{"name":"x"}\n', `${JSON.stringify(planless)}\n`]) {
      assert.throws(
        () => read(text),
        (error) => FaultlineError.is(error, 'invalid'),
        JSON.stringify(text.slice(0, 40)),
      );
    }
  });

  it('keeps what a later version added to the head', () => {
    const later = { ...header, cluster: 'kind', plan: { ...header.plan, faults: [] } };
    assert.deepEqual(read(`${JSON.stringify(later)}\n`).text.header, later);
  });

  it('of clients knows passes, a time or both, and refuses what would never end', () => {
    const { iterations: _, ...client } = { ...header.plan.load, kind: 'closed', clients: 1, iterations: 3 };
    const headOf = (load: object): JournalHeader | undefined =>
      read(`${JSON.stringify({ ...header, plan: { ...header.plan, load } })}\n`).text.header;
    for (const bounds of [{ iterations: 3 }, { durationMs: 60_000 }, { iterations: 3, durationMs: 60_000 }]) {
      assert.deepEqual(headOf({ ...client, ...bounds })?.plan.load, { ...client, ...bounds });
    }
    assert.throws(() => headOf(client), { reason: 'invalid', message: /no iterations and no duration/ });
    assert.throws(() => headOf({ ...client, durationMs: '1 min' }), { reason: 'invalid' });
  });

  it('reads a text that goes on after a head that is known', () => {
    const text = new JournalText(header);
    assert.deepEqual(text.push(lines(operations(3))), operations(3));
    assert.deepEqual(text.end(), []);
  });
});
