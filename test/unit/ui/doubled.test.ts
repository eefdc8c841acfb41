import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Doubled } from '../../../src/ui/session/doubled.ts';

describe('a double click on a query', () => {
  function doubled(isStillThere = () => true) {
    let nowMs = 0;
    let opened = 0;
    const it = new Doubled<number>({ monotonicMs: () => nowMs }, isStillThere);
    const click = (key: string, afterMs = 0): Promise<number> => {
      nowMs += afterMs;
      return it.once(key, async () => ++opened);
    };
    return { click };
  }

  it('opens one copy: both clicks get the same, also while it is still being opened', async () => {
    const { click } = doubled();
    assert.deepEqual(await Promise.all([click('q06'), click('q06', 200)]), [1, 1]);
    assert.equal(await click('q06', 300), 1);
  });

  it('that are two clicks, on another query or after a close, open another copy', async () => {
    const { click } = doubled();
    assert.deepEqual([await click('q06'), await click('q06', 700), await click('q01', 10)], [1, 2, 3]);
    const closed = doubled(() => false);
    assert.deepEqual([await closed.click('q06'), await closed.click('q06', 10)], [1, 2]);
  });
});
