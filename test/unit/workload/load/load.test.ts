import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as later } from 'node:timers/promises';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { DrivenLoad } from '../../../../src/journal/plan.ts';
import { startLoad, type LoadOptions, type OperationOutcome } from '../../../../src/workload/load/load.ts';
import { closed, open } from './world.ts';

const pacerEntry = join(import.meta.dirname, '../../../../src/workload/load/pacer/main.ts');

class Outcome {
  readonly events: JournalEvent[] = [];
  readonly options: LoadOptions;
  #waiting: (() => void) | undefined;

  constructor(load: DrivenLoad, changes: Partial<LoadOptions> & { readonly warmUpMs?: number } = {}) {
    const { warmUpMs, ...rest } = changes;
    this.options = {
      plan: {
        load,
        ...(warmUpMs === undefined ? {} : { warmUp: { kind: 'duration', durationMs: warmUpMs } }),
        statements: [{ name: 'one', sql: 'SELECT 1', weight: 1 }],
        arms: [{ label: 'duckdb', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
        seed: 1,
      },
      pacerEntry,
      originNs: process.hrtime.bigint(),
      execute: (operation) => {
        operation.sent();
        return Promise.resolve(done());
      },
      onEvents: (events) => {
        this.events.push(...events);
        this.#waiting?.();
      },
      ...rest,
    };
  }

  /** The first such event, now or later. */
  async first<K extends JournalEvent['kind']>(kind: K): Promise<void> {
    while (!this.events.some((event) => event.kind === kind)) await new Promise<void>((resolve) => (this.#waiting = resolve));
  }

  counted(): { readonly ended: number; readonly failed: number; readonly dropped: number } {
    const counts = { ended: 0, failed: 0, dropped: 0 };
    for (const event of this.events) {
      if (event.kind === 'op') counts[event.error === undefined ? 'ended' : 'failed']++;
      if (event.kind === 'histogram') counts.ended += event.count;
      if (event.kind === 'dropped') counts.dropped += event.count;
    }
    return counts;
  }
}

function done(): OperationOutcome {
  return { doneNs: process.hrtime.bigint(), rows: 1, answer: 'ok' };
}

describe('a load on its thread', function () {
  this.timeout(20_000);

  it('sends what was planned, in the order of its phases, and ends with the thread', async () => {
    const outcome = new Outcome({ ...open, durationMs: 600 }, { warmUpMs: 200 });
    await startLoad(outcome.options).finished;
    assert.deepEqual(outcome.counted(), { ended: 80, failed: 0, dropped: 0 });
    const kinds = outcome.events.filter((event) => event.kind === 'phase').map(({ phase }) => phase);
    assert.deepEqual(kinds, ['warmUp', 'measuring', 'draining']);
    for (const event of outcome.events) {
      if (event.kind === 'op') assert.ok(event.wait >= 0 && event.service >= 0 && event.answer === 'ok', JSON.stringify(event));
      if (event.kind === 'driver') assert.ok(event.busy <= 1 && event.cores >= 0);
    }
    assert.ok(outcome.events.some((event) => event.kind === 'driver'));
  });

  it('what the engine throws is a failed operation with its reason', async () => {
    const outcome = new Outcome(closed, {
      execute: () => Promise.reject(new FaultlineError('engine', { what: 'There is no such table', code: 'TABLE_NOT_FOUND' })),
    });
    await startLoad(outcome.options).finished;
    assert.deepEqual(outcome.counted(), { ended: 0, failed: 6, dropped: 0 });
    const [operation] = outcome.events.filter((event) => event.kind === 'op');
    assert.deepEqual(operation?.error, { reason: 'engine', text: 'There is no such table.', code: 'TABLE_NOT_FOUND' });
  });

  it('stop aborts what is under way and counts it', async () => {
    const outcome = new Outcome(
      { ...open, ratePerSecond: 1000, durationMs: 3_600_000, maxInFlight: 4 },
      {
        execute: (operation, signal) =>
          new Promise((_, reject) => {
            operation.sent();
            signal.addEventListener('abort', () => reject(new FaultlineError('cancelled', { what: 'Stopped' })));
          }),
      },
    );
    const run = startLoad(outcome.options);
    await outcome.first('dropped');
    await run.stop();
    const { ended, failed, dropped } = outcome.counted();
    assert.equal(ended, 0);
    assert.equal(failed, 0);
    assert.ok(dropped >= 1004);
    await run.finished;
  });

  it('stop ends also when the engine never does', async () => {
    let begun = 0;
    const bothBegan = Promise.withResolvers<undefined>();
    const never = (): Promise<never> => {
      if (++begun === 2) bothBegan.resolve(undefined);
      return new Promise(() => undefined);
    };
    const outcome = new Outcome({ ...closed, clients: 2 }, { execute: never, stopGraceMs: 100, warmUpMs: 60_000 });
    const run = startLoad(outcome.options);
    await bothBegan.promise;
    await run.stop();
    const cancelled = outcome.events.filter((event) => event.kind === 'op');
    assert.deepEqual(
      cancelled.map(({ error, warmUp }) => ({ reason: error?.reason, warmUp })),
      [
        { reason: 'cancelled', warmUp: true },
        { reason: 'cancelled', warmUp: true },
      ],
    );
    assert.ok(!outcome.events.some((event) => event.kind === 'phase' && event.phase === 'measuring'));
  });

  it('a load can be stopped before its thread runs, and after its end', async () => {
    const outcome = new Outcome({ ...open, durationMs: 3_600_000 });
    const run = startLoad(outcome.options);
    await run.stop();
    await run.stop();
    await run.finished;
  });

  for (const [how, text] of [
    ['throws', 'throw new Error("broken")'],
    ['exits', 'process.exit(7)'],
  ] as const) {
    it(`a thread that ${how} fails the load, and aborts what is under way`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'faultline-load-'));
      try {
        const entry = join(folder, 'pacer.mjs');
        const send = "parentPort.postMessage({ kind: 'send', id: 1, q: 0, arm: 0 })";
        await writeFile(
          entry,
          `import { parentPort } from 'node:worker_threads';\n${send};\nparentPort.once('message', () => { ${text} });\n${send};\n`,
        );
        let aborted = 0;
        let calls = 0;
        const outcome = new Outcome(closed, {
          pacerEntry: entry,
          execute: (_, signal) => {
            if (calls++ === 0) return Promise.resolve(done());
            return new Promise(() => signal.addEventListener('abort', () => aborted++));
          },
        });
        await assert.rejects(startLoad(outcome.options).finished, (error) => FaultlineError.is(error, 'crashed'));
        assert.equal(aborted, 1);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  }

  it('a journal that cannot be written ends the load with that error', async () => {
    const full = new FaultlineError('storage', { what: 'The disk is full' });
    const outcome = new Outcome(
      { ...open, durationMs: 3_600_000 },
      {
        onEvents: () => {
          throw full;
        },
      },
    );
    await assert.rejects(startLoad(outcome.options).finished, full);
  });

  it('a process that was stopped for more than a second shows a gap, and loses no arrival', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'stoppable.ts'), pacerEntry], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const events: JournalEvent[] = [];
    const stoppedMs = 1400;
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as JournalEvent;
      events.push(event);
      if (event.kind !== 'phase' || event.phase !== 'measuring') continue;
      child.kill('SIGSTOP');
      // Not for an event: the time itself is what is tested.
      await later(stoppedMs);
      child.kill('SIGCONT');
    }
    const gaps = events.filter((event) => event.kind === 'gap');
    assert.equal(gaps.length, 1);
    assert.ok((gaps[0]?.ms ?? 0) > 1000 && (gaps[0]?.ms ?? 0) < stoppedMs + 1000, JSON.stringify(gaps));
    const operations = events.reduce((sum, event) => sum + (event.kind === 'op' ? 1 : event.kind === 'histogram' ? event.count : 0), 0);
    assert.equal(operations, 200);
  });
});
