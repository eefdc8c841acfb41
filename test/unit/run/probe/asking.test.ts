import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'mocha';
import { gaveUp, ok, type Answered } from '../../../../src/run/probe/program/ask/asker.ts';
import { Asking } from '../../../../src/run/probe/program/asking.ts';
import { until } from '../../cluster/server.ts';

const nowMs = (): number => performance.now();

describe('the open loop of a vantage', () => {
  it('does not give an answer up that came while the program itself stood still', async () => {
    const lines: (readonly unknown[])[] = [];
    let hasStalled = false;
    const asking = new Asking({
      // Its answer is there long before the deadline, and is read when the stall is over, after the timers that are due by then.
      asker: {
        ask: async (_, signal): Promise<Answered> => {
          const answer = readFile(import.meta.filename);
          if (!hasStalled) {
            hasStalled = true;
            for (const untilMs = nowMs() + 45; nowMs() < untilMs;);
          }
          await answer;
          return signal.aborted ? gaveUp(false) : ok;
        },
      },
      control: { ask: () => Promise.resolve(ok) },
      ...{ perSecond: 20, answerWithinMs: 30, nowMs, tell: (line) => void lines.push(line) },
    });
    const samples = (): (readonly unknown[])[] => lines.filter(([kind]) => kind === 'sample');
    await until(() => samples().length >= 2);
    await asking.stop();
    assert.deepEqual(samples()[0]?.slice(4), ['ok']);
    assert.ok(Number(samples()[0]?.[3]) >= 45, 'it took as long as it took');
  });

  it('gives up what does not come, at its deadline', async () => {
    const lines: (readonly unknown[])[] = [];
    const asking = new Asking({
      asker: { ask: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(gaveUp(false)))) },
      control: { ask: () => Promise.resolve(ok) },
      ...{ perSecond: 20, answerWithinMs: 30, nowMs, tell: (line) => void lines.push(line) },
    });
    await until(() => lines.some(([kind]) => kind === 'sample'));
    await asking.stop();
    const [, , waitMs, serviceMs, outcome] = lines.find(([kind]) => kind === 'sample') ?? [];
    assert.equal(outcome, 'failed');
    assert.ok(Number(waitMs) + Number(serviceMs) >= 29.99, `${String(waitMs)} + ${String(serviceMs)}`);
  });
});
