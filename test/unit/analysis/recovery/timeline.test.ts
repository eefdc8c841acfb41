import assert from 'node:assert/strict';
import { blocks, textTimeline, timelineLines, type CellKind, type TextTimeline } from '../../../../src/analysis/recovery/show/timeline.ts';
import type { RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import { cut, fresh, kafka1, kill, leaderKill, nothing, outage, pooled, viewOf, type Script } from './simulator.ts';

const lasting: Script = {
  fault: cut,
  vantages: [pooled, fresh].map((one) => ({ ...one, felt: outage(200, 25_000) })),
  steps: [
    [-20, 'go'],
    [0, 'applied'],
    [40, 'effect', { text: '1,204 packets dropped' }],
    [20_000, 'heal', { why: 'duration' }],
    [20_400, 'healed', { text: 'the helper found nothing left' }],
  ],
};

function timelineOf(view: RecoveryView, columns = 60): TextTimeline {
  const timeline = textTimeline(view, columns);
  if (timeline === null) throw new Error('nothing was begun');
  return timeline;
}

function row(timeline: TextTimeline, label: string): TextTimeline['rows'][number] {
  const found = timeline.rows.find((one) => one.label === label);
  if (found === undefined) throw new Error(`no row ${label}: ${timeline.rows.map((one) => one.label).join(', ')}`);
  return found;
}

/** "before bad×12 unstable better×20 empty" */
function shape(cells: readonly CellKind[]): string {
  return cells.filter((kind, i) => kind !== cells[i - 1]).join(' ');
}

describe('a recovery as a picture of letters', () => {
  it('has a row for the fault, each vantage, each lane and what was predicted, all as wide as asked for', () => {
    for (const columns of [10, 37, 60, 200]) {
      const timeline = timelineOf(viewOf(leaderKill), columns);
      assert.deepEqual(
        timeline.rows.map(({ label }) => label),
        ['fault', 'pooled', 'fresh', 'users', 'kafka-1', 'ISR of messages/17', 'predicted'],
      );
      for (const { label, cells } of timeline.rows) assert.equal(cells.length, columns, label);
      assert.ok(timeline.axis.length <= columns, timeline.axis);
    }
  });

  it('each lane shows its parts in order, and its sum adds up to its total', () => {
    const timeline = timelineOf(viewOf(leaderKill), 120);
    assert.equal(shape(row(timeline, 'users').cells), 'empty before bad unstable better empty');
    assert.equal(shape(row(timeline, 'kafka-1').cells), 'empty gone better empty');
    assert.equal(row(timeline, 'users').total, '8.45 s');
    for (const { sum, total } of timeline.rows.filter((one) => one.total !== '')) {
      const [parts = '', said = ''] = sum.split(' = ');
      const numbers = [...parts.matchAll(/(?:^|\+ )(\d+\.\d\d)/g)].map(([, text]) => Math.round(Number(text) * 100));
      assert.equal(
        numbers.reduce((a, b) => a + b, 0),
        Math.round(Number.parseFloat(total) * 100),
        sum,
      );
      assert.ok(said.startsWith(total), sum);
    }
  });

  it('the worst of a cell is what shows, so that no outage is too short to be seen', () => {
    const brief: Script = { vantages: [{ ...pooled, felt: (since) => (since > 30_000 && since < 30_060 ? 'failed' : undefined) }, fresh] };
    const { cells } = row(timelineOf(viewOf(brief), 20), 'pooled');
    assert.deepEqual([...new Set(cells)], ['good', 'someBad']);
    assert.equal(cells.filter((kind) => kind === 'someBad').length, 1);
  });

  it('a cell with bad answers and good ones is not one with none good', () => {
    // All bad for two seconds, then every other answer for three.
    const felt = (since: number): 'failed' | undefined =>
      since >= 0 && (since < 2000 || (since < 5000 && Math.floor(since / 50) % 2 === 0)) ? 'failed' : undefined;
    const timeline = timelineOf(viewOf({ vantages: [pooled, fresh].map((one) => ({ ...one, felt })) }), 30);
    for (const label of ['pooled', 'fresh']) assert.match(shape(row(timeline, label).cells), /^good (?:someBad )?bad someBad(?: good)?$/);
    assert.deepEqual(
      timeline.legend.filter(({ kind }) => kind === 'bad' || kind === 'someBad').map(({ text }) => text),
      ['bad', 'some bad'],
    );
  });

  it('cells narrower than a probe’s interval, and the end of what was observed, invent no good answer', () => {
    const dark: Script = { vantages: [{ ...pooled, felt: (since) => (since > 200 ? 'failed' : undefined) }, fresh] };
    for (const columns of [60, 3000]) {
      const { cells } = row(timelineOf(viewOf(dark), columns), 'pooled');
      assert.match(shape(cells), /^good (?:someBad )?bad(?: empty)?$/, String(columns));
    }
  });

  it('a fault that lasts is a bar from applied to healed; one that was not seen to end goes on', () => {
    const cells = row(timelineOf(viewOf(lasting)), 'fault').cells;
    assert.equal(shape(cells), 'empty fault lasts healed empty');
    const open = viewOf({ ...lasting, steps: lasting.steps?.slice(0, 3) ?? [] });
    assert.match(shape(row(timelineOf(open), 'fault').cells), /^empty fault lasts goesOn/);
    assert.match(row(timelineOf(open), 'fault').sum, /its end was not verified$/);
  });

  it('what never came goes on to the end of what was observed, and has neither total nor sum', () => {
    const never = viewOf({ ...lasting, vantages: [{ ...pooled, felt: (since) => (since > 200 ? 'failed' : undefined) }] });
    const users = row(timelineOf(never), 'users');
    assert.equal(shape(users.cells), 'empty before bad goesOn');
    assert.equal(users.total, '');
    assert.match(users.sum, /^0\.23 to the first bad probe \+ …, not recovered, longer than 60 s: no number$/);
  });

  it('of what is not judged says so, in the vantage that is concerned', () => {
    const broken = viewOf({ vantages: [pooled, { ...fresh, controlDown: [5000, 9000] }] });
    assert.match(shape(row(timelineOf(broken), 'fresh').cells), /good notJudged good/);
    assert.doesNotMatch(shape(row(timelineOf(broken), 'pooled').cells), /notJudged/);
  });

  it('where it is not known when it recovered, users have neither an end nor what goes on', () => {
    const felt = (since: number): 'failed' | undefined =>
      (since >= 300 && since < 2400) || (since >= 5000 && since < 5600) ? 'failed' : undefined;
    const users = row(
      timelineOf(
        viewOf({
          vantages: [
            { ...pooled, felt },
            { ...fresh, felt, controlDown: [6100, 8600] },
          ],
        }),
        100,
      ),
      'users',
    );
    assert.match(shape(users.cells), /^empty before bad unstable notJudged empty$/);
    assert.match(users.sum, /no good answer \+ 3\.20 unstable \(0\.6\d bad\) \+ …, recovered somewhere between \+5\.60 and/);
  });

  it('several faults have a row each, with the moment of each', () => {
    const two = viewOf({
      fault: [cut, { ...kill, targets: [kafka1] }],
      steps: [...(lasting.steps ?? []), [30_000, 'go', { fault: 1 }], [30_020, 'applied', { fault: 1 }]],
    });
    const rows = timelineOf(two).rows.filter(({ label }) => label.startsWith('fault'));
    assert.deepEqual(
      rows.map(({ label, sum }) => [label, sum]),
      [
        ['fault 1', 'cut kafka-1 off at +0.00 s, healed at +20.40 s'],
        ['fault 2', 'kill kafka-1, leader of messages/17 at +30.02 s'],
      ],
    );
  });

  it('of a control has vantages alone, over all that was observed; of a run that began nothing there is none', () => {
    const control = timelineOf(viewOf({ fault: nothing }));
    assert.deepEqual(
      control.rows.map(({ label }) => label),
      ['fault', 'pooled', 'fresh'],
    );
    assert.match(control.axis, /50/);
    assert.equal(textTimeline(viewOf({ steps: [], end: 'stopped' }), 60), null);
  });

  it('its legend names what is in it, and nothing else', () => {
    const kinds = timelineOf(viewOf({ fault: nothing })).legend.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['good', 'fault']);
  });

  it('as lines fits into its width, with no blanks at their ends', () => {
    for (const width of [40, 60, 90, 140])
      for (const line of timelineLines(viewOf(leaderKill), { width, letters: blocks, paint: (text) => text })) {
        assert.ok(line.length <= width, `${line.length} > ${width}: ${line}`);
        assert.equal(line, line.trimEnd());
      }
  });
});
