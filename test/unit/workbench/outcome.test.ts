import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { outcomeOf, summary } from '../../outcome.ts';
import type { LayerEnd } from '../../outcome.ts';

const good: LayerEnd = {
  label: 'unit',
  counted: true,
  code: 0,
  seconds: 1.25,
  left: [],
  report: { passed: 3, failed: 0, durationMs: 5, titles: ['a', 'b', 'c'], failures: [] },
  filtered: false,
};
const none = { passed: 0, failed: 0, durationMs: 0, titles: [], failures: [] };

describe('the end of a test run', () => {
  it('counts what passed and what failed', () => {
    const failing = {
      ...none,
      passed: 2,
      failed: 1,
      failures: [{ title: 'rows are exact', text: 'Error: 1 is not 2\n\n    at rows.ts:7:1' }],
    };
    assert.deepEqual(outcomeOf({ ...good, code: 1, report: failing }), {
      label: 'unit',
      passed: 2,
      failed: 1,
      seconds: 1.25,
      notes: ['✘ rows are exact', '    Error: 1 is not 2'],
    });
  });

  it('keeps a long reason short', () => {
    const text = Array.from({ length: 20 }, (_, line) => `${line} ${'x'.repeat(500)}`).join('\n');
    const { notes } = outcomeOf({ ...good, report: { ...none, failed: 1, failures: [{ title: 'rows are exact', text }] } });
    assert.equal(notes.length, 14);
    assert.equal(notes.at(-1), '    … 8 lines more');
    assert.ok(notes.every((note) => note.length <= 204));
  });

  it('takes a layer that crashed for a failure', () => {
    assert.equal(outcomeOf({ ...good, code: 'SIGSEGV', report: undefined }).failed, 1);
    assert.equal(outcomeOf({ ...good, code: 134 }).failed, 1);
    assert.equal(outcomeOf({ ...good, counted: false, report: undefined, code: 1 }).failed, 1);
  });

  it('takes a layer in which no test ran for a failure, unless a pattern chose the tests', () => {
    assert.equal(outcomeOf({ ...good, report: none }).failed, 1);
    assert.equal(outcomeOf({ ...good, report: none, filtered: true }).failed, 0);
  });

  it('takes a process that a layer left behind for a failure, and names it', () => {
    const { failed, notes } = outcomeOf({ ...good, left: [{ pid: 7, command: 'node query-host.js' }] });
    assert.equal(failed, 1);
    assert.match(notes.join(), /7 node query-host\.js/);
  });

  it('ends with the line that CI reads', () => {
    const { text } = summary([outcomeOf(good), outcomeOf({ ...good, label: 'host 1.117.0', report: none })]);
    assert.deepEqual(text.split('\n'), [
      'unit              3 passed     0 failed      1.3 s',
      'host 1.117.0      0 passed     1 failed      1.3 s',
      '    no test ran',
      '',
      '3 passed, 1 failed',
    ]);
  });
});
