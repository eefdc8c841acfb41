import assert from 'node:assert/strict';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { Deck } from '../../../../src/workload/load/deck.ts';
import { closed, curve, lags, open, planOf, World } from './world.ts';

const failed = { error: { reason: 'engine', text: 'There is no such table.' } } as const;

describe('pacer, open loop', () => {
  it('every operation is sent at its planned time, whatever the engine does', () => {
    const world = new World(planOf(open), { answer: () => ({ serviceMs: 700 }) });
    assert.deepEqual(
      world.sent.map(({ atMs }) => Math.round(atMs)),
      Array.from({ length: 100 }, (_, i) => i * 10),
    );
    assert.deepEqual(world.counted(false), { ended: 100, failed: 0, dropped: 0 });
    assert.ok(world.finished);
    assert.ok(Math.max(...lags(world.of('driver'))) < 0.002);
  });

  it('phases say what they will plan; the measured part begins where the warm-up ends', () => {
    const world = new World(planOf(open, { warmUp: { kind: 'duration', durationMs: 300 } }));
    assert.deepEqual(
      world.of('phase').map(({ phase, t, planned, durationMs }) => ({ phase, t, planned, durationMs })),
      [
        { phase: 'warmUp', t: 0, planned: 30, durationMs: 300 },
        { phase: 'measuring', t: 300, planned: 100, durationMs: 1000 },
        { phase: 'draining', t: 1300, planned: 100, durationMs: undefined },
      ],
    );
    assert.equal(world.counted(true).ended, 30);
    assert.equal(world.counted(false).ended, 100);
  });

  it('a warm-up of passes plans exactly those', () => {
    const world = new World(planOf(open, { warmUp: { kind: 'iterations', iterations: 3 }, weights: [2, 1] }));
    assert.equal(world.counted(true).ended, 9);
    assert.equal(world.of('phase')[1]?.t, 90);
    assert.equal(world.counted(false).ended, 100);
  });

  it('what arrives while all places are taken waits, and is sent in order when one is free', () => {
    const world = new World(planOf({ ...open, maxInFlight: 1, durationMs: 50 }), { answer: () => ({ serviceMs: 25 }) });
    assert.deepEqual(
      world.sent.map(({ atMs }) => atMs),
      [0, 25, 50, 75, 100],
    );
    assert.deepEqual(
      world.of('op').map(({ t, wait, service }) => ({ t, wait, service })),
      [0, 1, 2, 3, 4].map((i) => ({ t: i * 10, wait: i * 15, service: 25 })),
    );
    // Queued on time: a wait is not the driver's lag.
    assert.ok(Math.max(...lags(world.of('driver'))) < 0.002);
  });

  it('what arrives when the queue is full is dropped, and counted by statement and interval', () => {
    const world = new World(planOf({ ...open, maxInFlight: 1, maxQueued: 2 }), { answer: () => ({ serviceMs: 10_000 }) });
    assert.deepEqual(world.counted(false), { ended: 3, failed: 0, dropped: 97 });
    const counts = new Map<number, number>();
    for (const { t, q, ms, count } of world.of('dropped')) {
      assert.equal(ms, 250);
      if (q === 0) counts.set(t, (counts.get(t) ?? 0) + count);
    }
    // Of the first 13 with an even number 0 and 2 were not dropped.
    assert.deepEqual(
      [...counts],
      [
        [0, 11],
        [250, 12],
        [500, 13],
        [750, 12],
      ],
    );
  });

  it('after a stall of the driver arrivals keep their planned times: the stall shows as lag and as wait', () => {
    let stalled = false;
    const world = new World(planOf({ ...open, durationMs: 2000 }), {
      oversleepMs: (wakeMs) => {
        if (stalled || wakeMs < 500) return 0;
        stalled = true;
        return 900;
      },
    });
    assert.deepEqual(world.counted(false), { ended: 200, failed: 0, dropped: 0 });
    const late = curve(world.events, 'wait').filter((wait) => wait > 0.5);
    assert.equal(late.length, 90);
    assert.ok(Math.abs((late.at(-1) ?? 0) - 900) < 2);
    assert.equal(world.of('gap').length, 0);
  });

  it('a driver that did not run for more than a second says so', () => {
    let stalled = false;
    const world = new World(planOf({ ...open, durationMs: 2000 }), {
      oversleepMs: (wakeMs) => {
        if (stalled || wakeMs < 500) return 0;
        stalled = true;
        return 30_000;
      },
    });
    const [gap, ...more] = world.of('gap');
    assert.equal(more.length, 0);
    assert.equal(gap?.t, 500);
    assert.equal(gap?.ms, 30_000);
    assert.deepEqual(world.counted(false), { ended: 200, failed: 0, dropped: 0 });
  });

  it('the response of a stalled engine counts from the planned start: 1.4 s at 500/s gives a p99 of 802 ms over a minute', () => {
    const world = new World(planOf({ ...open, ratePerSecond: 500, durationMs: 60_000, maxInFlight: 1 }), {
      answer: ({ atMs }) => ({ serviceMs: atMs >= 20_000 && atMs < 21_400 ? 21_400 - atMs : 0 }),
    });
    const response = curve(world.events, 'response');
    assert.equal(response.length, 30_000);
    const p99 = response[Math.ceil(0.99 * response.length) - 1] ?? 0;
    // 700 arrivals wait 1400, 1398, … 2 ms; 300 of 30,000 are slower than p99.
    assert.ok(Math.abs(p99 / 802 - 1) < 0.005, `p99 ${p99} ms`);
  });

  it('planned = ended + failed + dropped, exactly, with random stalls of the driver and of the engine', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = xoroshiro128plus(seed);
      const chance = (): number => uniformFloat64(random);
      const arms = 1 + Math.floor(chance() * 2);
      const rate = 50 + Math.floor(chance() * 950);
      const load = {
        ...open,
        ratePerSecond: rate,
        durationMs: 3000,
        maxInFlight: 1 + Math.floor(chance() * 8),
        maxQueued: Math.floor(chance() * 50),
      };
      const world = new World(planOf(load, { seed, arms, weights: [1, 2, 3], warmUp: { kind: 'duration', durationMs: 500 } }), {
        answer: () => ({ serviceMs: chance() < 0.01 ? 800 : chance() * 20, ...(chance() < 0.1 ? failed : {}) }),
        oversleepMs: () => (chance() < 0.01 ? chance() * 1500 : chance()),
      });
      const planned = Object.fromEntries(world.of('phase').map((phase) => [phase.phase, phase.planned]));
      for (const phase of ['warmUp', 'measuring'] as const) {
        const { ended, failed: bad, dropped } = world.counted(phase === 'warmUp');
        assert.equal(ended + bad + dropped, planned[phase], `seed ${seed}, ${phase}`);
      }
      assert.equal(planned['measuring'], rate * 3);
    }
  });

  it('ten million arrivals are planned without being held', function () {
    this.timeout(60_000);
    const before = process.memoryUsage().heapUsed;
    const world = new World(planOf({ ...open, ratePerSecond: 10_000, durationMs: 1_000_000, maxInFlight: 1, maxQueued: 0 }), {
      answer: () => ({ never: true }),
      stopAtMs: 1_000_001,
    });
    const { failed: bad, dropped } = world.counted(false);
    assert.equal(bad + dropped, 10_000_000);
    assert.ok(process.memoryUsage().heapUsed - before < 200e6);
  });
});

describe('pacer, closed loop', () => {
  it('each client makes its passes, no operation more or less, one at a time', () => {
    const clients = 3;
    let most = 0;
    let underway: number[] = [];
    const plan = planOf(
      { ...closed, clients, iterations: 4 },
      { weights: [2, 1, 1], arms: 2, warmUp: { kind: 'iterations', iterations: 2 } },
    );
    const world = new World(plan, {
      answer: ({ id, atMs }) => {
        underway = underway.filter((until) => until > atMs);
        const serviceMs = 3 + id / 100;
        underway.push(atMs + serviceMs);
        most = Math.max(most, underway.length);
        return { serviceMs };
      },
    });
    const pass = Deck.size(plan);
    assert.deepEqual(world.counted(true), { ended: clients * 2 * pass, failed: 0, dropped: 0 });
    assert.deepEqual(world.counted(false), { ended: clients * 4 * pass, failed: 0, dropped: 0 });
    assert.equal(most, clients);
    const measured = world.sent.slice(clients * 2 * pass);
    for (const [q, weight] of [2, 1, 1].entries()) {
      for (const arm of [0, 1]) assert.equal(measured.filter((sent) => sent.q === q && sent.arm === arm).length, clients * 4 * weight);
    }
  });

  it('the measured part begins when the last client has ended its warm-up', () => {
    const world = new World(
      planOf({ ...closed, clients: 2, iterations: 1 }, { weights: [1], warmUp: { kind: 'iterations', iterations: 1 } }),
      {
        answer: ({ id }) => ({ serviceMs: id === 1 ? 100 : 10 }),
      },
    );
    assert.deepEqual(
      world.sent.map(({ atMs }) => atMs),
      [0, 0, 100, 100],
    );
    assert.deepEqual(
      world.of('phase').map(({ phase, t, planned }) => ({ phase, t, planned })),
      [
        { phase: 'warmUp', t: 0, planned: 2 },
        { phase: 'measuring', t: 100, planned: 2 },
        { phase: 'draining', t: 100, planned: 2 },
      ],
    );
  });

  it('a warm-up by time begins nothing after its end, and the passes are whole all the same', () => {
    const world = new World(planOf({ ...closed, clients: 1, iterations: 2 }, { warmUp: { kind: 'duration', durationMs: 95 } }), {
      answer: () => ({ serviceMs: 10 }),
    });
    assert.equal(world.counted(true).ended, 10);
    assert.equal(world.of('phase')[1]?.t, 100);
    assert.equal(world.counted(false).ended, 4);
  });

  it('a client thinks from the answer on; what the driver does with the answer is no wait', () => {
    const think = new World(planOf({ ...closed, clients: 1, iterations: 2, thinkTimeMs: 50 }), { answer: () => ({ serviceMs: 10 }) });
    assert.deepEqual(
      think.sent.map(({ atMs }) => atMs),
      [0, 60, 120, 180],
    );
    const check = new World(planOf({ ...closed, clients: 1, iterations: 1 }), {
      answer: ({ atMs }) => ({ doneMs: atMs + 10, settledMs: atMs + 35 }),
    });
    assert.deepEqual(
      check.of('op').map(({ t, wait, service }) => ({ t, wait, service })),
      [
        { t: 0, wait: 0, service: 10 },
        { t: 35, wait: 0, service: 10 },
      ],
    );
  });

  it('a failed operation keeps its error, and its client goes on', () => {
    const world = new World(planOf({ ...closed, clients: 1, iterations: 2 }), { answer: ({ q }) => (q === 0 ? failed : {}) });
    assert.deepEqual(world.counted(false), { ended: 2, failed: 2, dropped: 0 });
    assert.deepEqual(
      world
        .of('op')
        .filter(({ error }) => error !== undefined)
        .map(({ q, error, rows }) => ({ q, error, rows })),
      [0, 0].map((q) => ({ q, error: failed.error, rows: undefined })),
    );
  });
});

describe('pacer, stopped', () => {
  const cancelledOne = { error: { reason: 'cancelled', text: 'Stopped.' } } as const;

  it('plans nothing more; what was queued is dropped, and what is under way once it has stopped', () => {
    const world = new World(planOf({ ...open, maxInFlight: 2 }), {
      answer: ({ atMs }) => ({ serviceMs: 495 - atMs, ...cancelledOne }),
      stopAtMs: 475,
    });
    // 0, 10, … 470 were planned.
    assert.deepEqual(world.counted(false), { ended: 0, failed: 0, dropped: 48 });
    assert.equal(world.nowMs, 495);
    assert.equal(world.of('phase').at(-1)?.phase, 'draining');
    assert.equal(world.of('phase').at(-1)?.t, 475);
    // Fewer than were announced.
    assert.deepEqual(
      world.of('phase').map(({ planned }) => planned),
      [100, 48],
    );
  });

  it('what does not settle is counted as cancelled, once, and does not hold the end up for ever', () => {
    const world = new World(planOf({ ...closed, clients: 2 }, { stopGraceMs: 2000 }), {
      answer: ({ id }) => (id === 1 ? { never: true } : { serviceMs: 10_000 }),
      stopAtMs: 100,
    });
    assert.equal(world.nowMs, 2100);
    assert.ok(world.finished);
    assert.deepEqual(world.counted(false), { ended: 0, failed: 2, dropped: 0 });
    assert.deepEqual(
      world.of('op').map(({ error }) => error?.reason),
      ['cancelled', 'cancelled'],
    );
  });

  it('in the warm-up there is no measured part', () => {
    for (const load of [open, closed]) {
      const world = new World(planOf(load, { warmUp: { kind: 'duration', durationMs: 1000 } }), {
        answer: () => ({ serviceMs: 7 }),
        stopAtMs: 500,
      });
      assert.deepEqual(
        world.of('phase').map(({ phase }) => phase),
        ['warmUp', 'draining'],
      );
      assert.deepEqual(world.counted(false), { ended: 0, failed: 0, dropped: 0 });
      assert.ok(world.counted(true).ended > 40);
    }
  });
});

describe('pacer, what it says about itself', () => {
  it('about once a second, and at every border of phases: lag, CPU, in flight, queued and the wall clock', () => {
    const world = new World(planOf({ ...open, durationMs: 3500, maxInFlight: 1 }, { warmUp: { kind: 'duration', durationMs: 500 } }), {
      answer: () => ({ serviceMs: 20 }),
      oversleepMs: () => 0.75,
    });
    const drivers = world.of('driver');
    const times = drivers.map(({ t }) => t);
    assert.equal(times[0], 500);
    assert.ok(
      times.every((t, i) => i === 0 || t - (times[i - 1] ?? 0) <= 1020),
      String(times),
    );
    assert.equal(lags(drivers).length, 400);
    assert.ok(lags(drivers).every((lag) => lag < 0.8));
    const [, second] = drivers;
    assert.ok((second?.inFlight ?? 0) === 1 && (second?.queued ?? 0) > 20);
    assert.equal(second?.wallMs, 1_800_000_000_000 + (second?.t ?? 0));
    assert.equal(second?.cores, 0.25);
    assert.equal(second?.busy, 0);
  });

  it('above 200 operations a second they come as histograms, and nothing else changes', () => {
    const load = { ...open, ratePerSecond: 190, durationMs: 5000 };
    const answer = ({ id }: { id: number }): object => ({
      serviceMs: (id * 7919) % 97,
      ...(id % 50 === 0 ? failed : { answer: (['ok', 'wrong', 'repeatable', 'unchecked'] as const)[id % 13] ?? 'ok' }),
    });
    const slow = new World(planOf(load), { answer });
    const fast = new World(planOf({ ...load, ratePerSecond: 1900, durationMs: 500 }), { answer });
    assert.equal(slow.of('histogram').length, 0);
    assert.ok(fast.of('histogram').length > 0);
    assert.deepEqual(fast.counted(false), slow.counted(false));
    const wrong = (world: World): number => world.of('op').filter((op) => op.answer === 'wrong').length;
    assert.equal(wrong(fast), wrong(slow));
    const ok = slow.of('op').filter((op) => op.answer === 'ok').length;
    const folded = fast.of('histogram').reduce((sum, { answers }) => sum + (answers.ok ?? 0), 0);
    assert.equal(folded + fast.of('op').filter((op) => op.answer === 'ok').length, ok);
    const [one, other] = [curve(slow.events, 'service'), curve(fast.events, 'service')];
    assert.ok(one.every((value, i) => Math.abs(value - (other[i] ?? NaN)) <= value / 1000 + 0.001));
  });

  it('a histogram holds only operations planned in its interval, also when they end much later', () => {
    const world = new World(planOf({ ...open, ratePerSecond: 1000, durationMs: 1000 }), {
      answer: ({ atMs }) => ({ serviceMs: 1300 - atMs }),
    });
    const byStart = new Map<number, number>();
    for (const { t, ms, count } of world.of('histogram')) {
      assert.equal(ms, 250);
      byStart.set(t, (byStart.get(t) ?? 0) + count);
    }
    assert.deepEqual(
      [...byStart],
      [0, 250, 500, 750].map((t) => [t, 250]),
    );
  });
});
