import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ServerClock } from '../../../../src/cluster/connect/serverClock.ts';

describe('the API server’s clock', () => {
  const startMs = Date.UTC(2026, 2, 1, 10);
  let nowMs = startMs;
  /** An answer `tookMs` after its request, by a server whose clock is so much ahead, and which writes it down halfway. */
  const answered = (clock: ServerClock, aheadMs: number, tookMs = 20): void => {
    const heard = clock.ask();
    const there = nowMs + tookMs / 2 + aheadMs;
    nowMs += tookMs;
    heard(new Date(there - (there % 1000)).toUTCString());
  };
  const made = (): ServerClock => new ServerClock({ wallMs: () => nowMs });

  it('is ours before an answer, where none says a date, and where they agree as far as one can tell', () => {
    const clock = made();
    assert.equal(clock.aheadMs, 0);
    clock.ask()(undefined);
    clock.ask()('tomorrow');
    assert.equal(clock.aheadMs, 0);
    for (let asked = 0; asked < 20; asked++) {
      nowMs += 137;
      answered(clock, 0);
      assert.equal(clock.aheadMs, 0);
    }
  });

  it('is known to a second, and better the more is asked, to either side', () => {
    for (const aheadMs of [600_000, -600_000]) {
      const clock = made();
      answered(clock, aheadMs);
      assert.ok(Math.abs(clock.aheadMs - aheadMs) <= 1020, `${clock.aheadMs}`);
      for (let asked = 0; asked < 20; asked++) {
        nowMs += 137;
        answered(clock, aheadMs);
      }
      assert.ok(Math.abs(clock.aheadMs - aheadMs) <= 200, `${clock.aheadMs}`);
    }
  });

  it('that takes long to answer takes nothing away from what is known', () => {
    const clock = made();
    answered(clock, 600_000);
    const known = clock.aheadMs;
    answered(clock, 600_000, 30_000);
    assert.equal(clock.aheadMs, known);
  });

  it('or ours may be set: then the newest answer counts', () => {
    const clock = made();
    answered(clock, 600_000);
    answered(clock, 0);
    assert.equal(clock.aheadMs, 0);
    const heard = clock.ask();
    nowMs -= 60_000;
    heard(new Date(nowMs).toUTCString());
    assert.equal(clock.aheadMs, 0, 'set in the middle of a request');
  });
});
