import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'mocha';
import { AbortListeners } from '../../../src/kafka/abortListeners.ts';

describe('listeners of an abort', () => {
  const listening = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

  it('a signal has one, however many wait; each of them is called, but for those that left', () => {
    const stop = new AbortController();
    const aborts = new AbortListeners();
    const called: number[] = [];
    const leave = Array.from({ length: 1000 }, (_, i) => aborts.add(stop.signal, () => called.push(i)));
    assert.equal(listening(stop.signal), 1);
    for (const [i, one] of leave.entries()) if (i > 1) one();
    stop.abort();
    assert.deepEqual(called, [0, 1]);
    leave[0]?.();
  });

  it('none is left where nobody waits, and who comes later is heard', () => {
    const stop = new AbortController();
    const aborts = new AbortListeners();
    let called = 0;
    const leave = aborts.add(stop.signal, () => called++);
    leave();
    leave();
    assert.equal(listening(stop.signal), 0);
    aborts.add(stop.signal, () => called++);
    leave();
    assert.equal(listening(stop.signal), 1);
    stop.abort();
    assert.equal(called, 1);
  });

  it('one that leaves while it is called takes nobody with it', () => {
    const stop = new AbortController();
    const aborts = new AbortListeners();
    const called: string[] = [];
    const leave = aborts.add(stop.signal, () => {
      called.push('a');
      leave();
    });
    aborts.add(stop.signal, () => called.push('b'));
    stop.abort();
    assert.deepEqual(called, ['a', 'b']);
  });
});
