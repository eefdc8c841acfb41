import assert from 'node:assert/strict';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { closed, planOf, World } from './world.ts';

const failed = { error: { reason: 'engine', text: 'There is no such table.' } } as const;

describe('pacer, clients that stop at a time', () => {
  it('at its time no client begins another; those under way are waited for, and the phase says how many there were', () => {
    const world = new World(planOf({ kind: 'closed', clients: 2, durationMs: 100, thinkTimeMs: 0, order: 'listed' }), {
      answer: ({ id }) => ({ serviceMs: id % 2 === 1 ? 30 : 45 }),
    });
    assert.equal(Math.max(...world.sent.map(({ atMs }) => atMs)), 90);
    assert.deepEqual(world.counted(false), { ended: world.sent.length, failed: 0, dropped: 0 });
    assert.equal(world.nowMs, 135);
    assert.deepEqual(
      world.of('phase').map(({ phase, t, planned, durationMs }) => ({ phase, t, planned, durationMs })),
      [
        { phase: 'measuring', t: 0, planned: undefined, durationMs: 100 },
        { phase: 'draining', t: 100, planned: world.sent.length, durationMs: undefined },
      ],
    );
  });

  it('of passes and a time the first ends it', () => {
    const load = { ...closed, clients: 1, iterations: 2, durationMs: 95 };
    const said = (serviceMs: number, stopAtMs = Infinity): unknown => {
      const warmUp = { kind: 'iterations', iterations: 1 } as const;
      const world = new World(planOf(load, { warmUp }), { answer: () => ({ serviceMs }), stopAtMs });
      const [, measuring, draining] = world.of('phase');
      assert.deepEqual([measuring?.planned, measuring?.durationMs], [4, 95]);
      assert.equal(world.counted(true).ended, 2);
      return { ...world.counted(false), planned: draining?.planned, ms: (draining?.t ?? 0) - (measuring?.t ?? 0) };
    };
    assert.deepEqual(said(10), { ended: 4, failed: 0, dropped: 0, planned: 4, ms: 30 });
    // The warm-up's 80 ms are not of the time.
    assert.deepEqual(said(40), { ended: 3, failed: 0, dropped: 0, planned: 3, ms: 95 });
    assert.deepEqual(said(95), { ended: 1, failed: 0, dropped: 0, planned: 1, ms: 95 });
    assert.deepEqual(said(1000), { ended: 1, failed: 0, dropped: 0, planned: 1, ms: 95 });
    assert.deepEqual(said(40, 130), { ended: 2, failed: 0, dropped: 0, planned: 2, ms: 50 });
  });

  it('a client that thinks when the time is over begins nothing; the time ends as planned', () => {
    const world = new World(planOf({ kind: 'closed', clients: 1, durationMs: 100, thinkTimeMs: 80, order: 'listed' }), {
      answer: () => ({ serviceMs: 30 }),
    });
    assert.deepEqual(world.counted(false), { ended: 1, failed: 0, dropped: 0 });
    assert.deepEqual([world.of('phase').at(-1)?.t, world.nowMs], [100, 100]);
  });

  it('planned = ended + failed with a time as the bound, with random stalls of the driver and of the engine', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = xoroshiro128plus(seed);
      const chance = (): number => uniformFloat64(random);
      const bounds = chance() < 0.5 ? {} : { iterations: 1 + Math.floor(chance() * 100) };
      const clients = 1 + Math.floor(chance() * 8);
      const load = { kind: 'closed', clients, ...bounds, durationMs: 3000, thinkTimeMs: 0, order: 'listed' } as const;
      const world = new World(planOf(load, { seed, arms: 2, weights: [1, 2], warmUp: { kind: 'duration', durationMs: 500 } }), {
        answer: () => ({ serviceMs: chance() < 0.01 ? 800 : 0.1 + chance() * 20, ...(chance() < 0.1 ? failed : {}) }),
        oversleepMs: () => (chance() < 0.01 ? chance() * 1500 : chance()),
      });
      const { ended, failed: bad, dropped } = world.counted(false);
      const [measuring, draining] = world.of('phase').slice(-2);
      assert.deepEqual([ended + bad, dropped], [draining?.planned, 0], `seed ${seed}`);
      // Times are written to the microsecond.
      const endMs = (measuring?.t ?? 0) + 3000 + 0.001;
      const begun = world.of('op').filter((op) => op.warmUp !== true);
      assert.ok(begun.every(({ t }) => t < endMs) && (draining?.t ?? 0) <= endMs, `seed ${seed}`);
    }
  });
});
