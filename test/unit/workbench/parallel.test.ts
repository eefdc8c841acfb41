import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { eachOf } from '../../workbench/parallel.ts';

describe('many requests at once', () => {
  it('are never more than allowed, and all are made', async () => {
    let underWay = 0;
    let most = 0;
    const done: number[] = [];
    await eachOf(
      Array.from({ length: 50 }, (_, i) => i),
      4,
      async (item) => {
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay--;
        done.push(item);
      },
    );
    assert.deepEqual([most, done.length, new Set(done).size], [4, 50, 50]);
  });

  it('end with the first failure, when those under way have ended', async () => {
    const begun: number[] = [];
    const action = async (item: number): Promise<void> => {
      begun.push(item);
      await new Promise(setImmediate);
      if (item === 2) throw new Error('refused');
    };
    await assert.rejects(eachOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2, action), /refused/);
    assert.ok(begun.length < 6, `${begun.length} were begun`);
  });

  it('end when they are not wanted any more', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const action = async (item: number): Promise<void> => {
      begun.push(item);
      if (item === 3) stop.abort(new Error('Ctrl+C'));
      await new Promise(setImmediate);
    };
    await assert.rejects(eachOf([0, 1, 2, 3, 4, 5, 6, 7], 2, action, stop.signal), /Ctrl\+C/);
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });
});
