import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RunSummary } from '../../../src/analysis/view.ts';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { RunPlan } from '../../../src/journal/plan.ts';
import type { RunRecord, RunState } from '../../../src/journal/runs.ts';
import { WindowRuns, type EndedBenchmark, type RunEdge } from '../../../src/ui/session/runs.ts';
import { planOf, recordOf, summaryOf } from './run-records.ts';

/** Runner processes that do what the test says. */
class Runners implements RunEdge {
  readonly states = new Map<string, RunState>();
  readonly adopted: string[] = [];
  readonly stopped: string[] = [];
  readonly released: string[] = [];
  readonly healed: string[] = [];
  readonly #ends = new Map<string, () => void>();
  #count = 0;

  async start(plan: RunPlan) {
    const run = `${plan.name}-${++this.#count}`;
    return { run, ended: this.#alive(run), stop: () => this.stop(run), release: () => void this.released.push(run) };
  }

  async connect({ run }: RunRecord) {
    return {
      closed: this.#alive(run),
      adopt: async () => void this.adopted.push(run),
      stop: () => this.stop(run),
      heal: async () => void this.healed.push(run),
      close: () => void this.released.push(run),
    };
  }

  async record(run: string): Promise<RunRecord> {
    const state = this.states.get(run);
    if (!state) throw new FaultlineError('notFound', { what: `There is no run ${run}` });
    return recordOf(run, state);
  }

  async summary({ run }: RunRecord): Promise<RunSummary> {
    return summaryOf({ run });
  }

  async stop(run: string): Promise<void> {
    this.stopped.push(run);
    this.end(run);
  }

  /** The process is gone. */
  end(run: string, state: RunState = 'ended'): void {
    this.states.set(run, state);
    this.#ends.get(run)?.();
  }

  #alive(run: string): Promise<void> {
    this.states.set(run, 'running');
    return new Promise((resolve) => this.#ends.set(run, resolve));
  }
}

function window(runners: Runners, memory = new Map<string, unknown>()) {
  const errors: string[] = [];
  const runs = new WindowRuns({
    edge: runners,
    memory: { get: (key) => memory.get(key), update: async (key, value) => void memory.set(key, value) },
    wallMs: () => 1_000,
    onError: (what) => errors.push(what),
  });
  const ended: EndedBenchmark[] = [];
  runs.ended.listen((each) => ended.push(each));
  const nextEnd = () => new Promise<void>((resolve) => runs.ended.listen(() => resolve()));
  return { runs, ended, errors, nextEnd };
}

describe('the benchmarks of a window', () => {
  it('are active until their process is gone, and tell how they ended', async () => {
    const runners = new Runners();
    const { runs, ended, nextEnd } = window(runners);
    const run = await runs.start(planOf('q06'));
    assert.deepEqual(
      runs.active.map(({ name, stopping }) => [name, stopping]),
      [['q06', false]],
    );
    const end = nextEnd();
    runners.end(run);
    await end;
    assert.deepEqual([runs.active, ended.map(({ name, summary }) => [name, summary?.verdict])], [[], [['q06', 'passed']]]);
  });

  it('a reloaded window takes up what is still running, and hears its end', async () => {
    const runners = new Runners();
    const memory = new Map<string, unknown>();
    const first = window(runners, memory);
    const run = await first.runs.start(planOf('tpch'));
    first.runs.dispose();
    assert.deepEqual(runners.released, [run]);
    assert.deepEqual(first.ended, [], 'a window that closes has not ended the run');

    const second = window(runners, memory);
    assert.equal(second.runs.hasUnfinished, true);
    await second.runs.adopt();
    assert.deepEqual([runners.adopted, second.runs.active.map((active) => active.run)], [[run], [run]]);
    const end = second.nextEnd();
    runners.end(run);
    await end;
    assert.equal(window(runners, memory).runs.hasUnfinished, false);
  });

  it('a run that ended while the window was away is told once, and not again', async () => {
    const runners = new Runners();
    const memory = new Map<string, unknown>();
    const first = window(runners, memory);
    const run = await first.runs.start(planOf('tpch'));
    first.runs.dispose();
    runners.end(run);
    const second = window(runners, memory);
    await second.runs.adopt();
    assert.deepEqual(
      second.ended.map((each) => each.run),
      [run],
    );
    const third = window(runners, memory);
    await third.runs.adopt();
    assert.deepEqual(third.ended, []);
  });

  it('a run that was deleted meanwhile is forgotten without a word', async () => {
    const { runs, errors } = window(new Runners(), new Map([['faultline.runs.unfinished', ['gone', 7]]]));
    await runs.adopt();
    assert.deepEqual([errors, runs.hasUnfinished], [[], false]);
  });

  it('one that another window or a terminal has started can be stopped too', async () => {
    const runners = new Runners();
    runners.states.set('foreign', 'running');
    const { runs } = window(runners);
    await runs.heal('foreign');
    assert.deepEqual([runners.healed, runners.stopped], [['foreign'], []]);
    await runs.stop('foreign');
    assert.deepEqual([runners.stopped, runners.released], [['foreign'], ['foreign', 'foreign']]);
    await assert.rejects(runs.stop('foreign'), /not running any more/);
  });

  it('says that it is being stopped, and takes that back when the stop fails', async () => {
    const runners = new Runners();
    const { runs } = window(runners);
    const run = await runs.start(planOf('q01'));
    runners.stop = async () => Promise.reject(new Error('the socket is gone'));
    const stopping = runs.stop(run);
    assert.equal(runs.active[0]?.stopping, true);
    await assert.rejects(stopping, /the socket is gone/);
    assert.equal(runs.active[0]?.stopping, false);
  });

  it('a run whose journal can’t be read has ended all the same', async () => {
    const runners = new Runners();
    runners.summary = async () => Promise.reject(new Error('damaged'));
    const { runs, ended, errors, nextEnd } = window(runners);
    const run = await runs.start(planOf('q01'));
    const end = nextEnd();
    runners.end(run);
    await end;
    assert.deepEqual(ended, [{ run, name: 'q01' }]);
    assert.equal(errors.length, 1);
  });
});
