import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Timing } from '../../../src/cluster/watch/timing.ts';
import { Pace } from '../../../src/ui/tree/pace.ts';

/** Time that only goes on where a test says so. */
class Hours implements Timing {
  nowMs = 0;
  readonly #due = new Set<{ readonly atMs: number; readonly run: () => void }>();

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.nowMs;
  }

  random(): number {
    return 0;
  }

  after(delayMs: number, run: () => void): { dispose(): void } {
    const one = { atMs: this.nowMs + delayMs, run };
    this.#due.add(one);
    return { dispose: () => void this.#due.delete(one) };
  }

  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.#due].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#due.delete(next);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }
}

/** As VS Code hears a tree: at once, and then only after 200 ms of silence. */
class Listener {
  readonly drawnAtMs: number[] = [];
  readonly #timing: Timing;
  #quiet: { dispose(): void } | undefined;
  #isMore = false;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  hear(): void {
    if (this.#quiet === undefined) this.#draw();
    else this.#isMore = true;
    this.#quiet?.dispose();
    this.#quiet = this.#timing.after(200, () => {
      this.#quiet = undefined;
      if (this.#isMore) this.#draw();
      this.#isMore = false;
    });
  }

  #draw(): void {
    this.drawnAtMs.push(this.#timing.monotonicMs());
  }
}

describe('a tree whose cluster changes ten times a second', () => {
  it('is drawn about five times a second, the first time at once', () => {
    const timing = new Hours();
    const listener = new Listener(timing);
    const pace = new Pace(() => listener.hear(), timing);
    for (let at = 0; at < 100; at++) {
      pace.touch();
      timing.pass(100);
    }
    assert.deepEqual(listener.drawnAtMs.slice(0, 3), [0, 201, 402]);
    assert.ok(listener.drawnAtMs.length >= 49, `drawn ${listener.drawnAtMs.length} times in 10 s`);
  });
  it('waits for the end of a burst where it is told to, and no longer', () => {
    const timing = new Hours();
    let told = 0;
    const pace = new Pace(() => told++, timing);
    for (let at = 0; at < 5; at++) {
      pace.touch(75);
      timing.pass(10);
    }
    assert.equal(told, 0);
    timing.pass(25);
    assert.equal(told, 1);
    pace.touch(75);
    pace.touch();
    timing.pass(200);
    assert.equal(told, 1);
    timing.pass(1);
    assert.equal(told, 2);
  });
});
