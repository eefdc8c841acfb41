import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { moveSpan, SpanTracker } from '../../../src/ui/editor/tracking.ts';

const span = { start: 10, end: 20 };

describe('a statement in a document that is being edited', () => {
  it('moves with text that comes or goes before it', () => {
    assert.deepEqual(moveSpan(span, { offset: 0, removed: 0, inserted: 'abc' }), { span: { start: 13, end: 23 }, touched: false });
    assert.deepEqual(moveSpan(span, { offset: 2, removed: 5, inserted: '' }), { span: { start: 5, end: 15 }, touched: false });
    assert.deepEqual(moveSpan(span, { offset: 10, removed: 0, inserted: '\n' }), { span: { start: 11, end: 21 }, touched: false });
  });

  it('stays where it is when the text behind it changes', () => {
    assert.deepEqual(moveSpan(span, { offset: 20, removed: 0, inserted: ';' }), { span, touched: false });
    assert.deepEqual(moveSpan(span, { offset: 25, removed: 3, inserted: 'x' }), { span, touched: false });
  });

  it('is another statement once its own text changes', () => {
    assert.deepEqual(moveSpan(span, { offset: 12, removed: 2, inserted: 'xyz' }), { span: { start: 10, end: 21 }, touched: true });
    assert.deepEqual(moveSpan(span, { offset: 20, removed: 0, inserted: '1' }), { span: { start: 10, end: 21 }, touched: true });
    assert.deepEqual(moveSpan(span, { offset: 10, removed: 0, inserted: 'x' }), { span: { start: 10, end: 21 }, touched: true });
    assert.deepEqual(moveSpan(span, { offset: 0, removed: 30, inserted: '' }), { span: { start: 0, end: 0 }, touched: true });
  });

  it('several changes at once (multi cursor) move it by their sum', () => {
    const tracker = new SpanTracker();
    const tracked = tracker.track('doc', span);
    tracker.edit('doc', [
      { offset: 0, removed: 0, inserted: 'ab' },
      { offset: 5, removed: 1, inserted: '' },
      { offset: 30, removed: 0, inserted: 'far behind' },
    ]);
    assert.deepEqual([tracked.span, tracked.touched], [{ start: 11, end: 21 }, false]);
    tracker.edit('another document', [{ offset: 0, removed: 0, inserted: 'abc' }]);
    assert.deepEqual(tracked.span, { start: 11, end: 21 });
    tracked.dispose();
    assert.equal(tracker.size, 0);
  });
});
