import assert from 'node:assert/strict';
import type { PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { beginWithinMs, healWaitMs, longestMs, longestObservationMs, warmWithin } from '../../../../src/run/runner/faults/lengths.ts';
import { faultLimits } from '../../../../src/run/spec/limits.ts';

const minute = 60_000;
const fault = (over: Partial<PlannedFault>): PlannedFault =>
  ({ kind: 'freeze', title: 'x', targets: [], durationMs: 15 * minute, ...over }) as PlannedFault;

describe('how long a run that breaks something may take', () => {
  it('is all that may come: warming up or a load that does, the baseline, each step with what it waits for, the whole observation', () => {
    const faults = [
      fault({}),
      fault({ when: { kind: 'afterHeal', pauseMs: 2 * minute } }),
      fault({ when: { kind: 'isr', topic: 'x', partition: 0, size: 2, withinMs: 5 * minute } }),
    ];
    const plan = { baselineMs: minute, faults, observeMs: minute };
    const steps = (15 + 17 + 20) * minute + 3 * healWaitMs;
    assert.equal(longestMs(plan, false), warmWithin.ms + minute + steps + longestObservationMs(plan));
    assert.equal(longestMs(plan, true), beginWithinMs + minute + steps + longestObservationMs(plan));
  });

  it('cuts no plan that may be written', () => {
    const [baselineMs, observeMs] = [faultLimits.baseline.to, faultLimits.observe.to];
    const faults = Array.from({ length: faultLimits.maxFaults }, () => fault({}));
    assert.ok(longestObservationMs({ observeMs }) > observeMs);
    assert.ok(longestMs({ baselineMs, faults, observeMs }, false) > baselineMs + faults.length * 15 * minute + observeMs);
  });
});
