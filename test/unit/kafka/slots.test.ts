import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { Slots } from '../../../src/kafka/slots.ts';

describe('slots', () => {
  const { signal } = new AbortController();

  it('are given in the order of asking, and nobody passes who waits', async () => {
    const slots = new Slots(1);
    const order: string[] = [];
    await slots.take(signal);
    const waits = [slots.take(signal).then(() => order.push('first')), slots.take(signal).then(() => order.push('second'))];
    slots.give();
    await waits[0];
    assert.deepEqual(order, ['first']);
    slots.give();
    await Promise.all(waits);
    assert.deepEqual(order, ['first', 'second']);
  });

  it('go to the next when one who waited left', async () => {
    const slots = new Slots(1);
    await slots.take(signal);
    const leaver = new AbortController();
    const left = slots.take(leaver.signal);
    const stays = slots.take(signal);
    leaver.abort();
    await assert.rejects(left, (error) => FaultlineError.is(error, 'cancelled'));
    slots.give();
    await stays;
  });
});
