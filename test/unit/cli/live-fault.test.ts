import assert from 'node:assert/strict';
import { RunProjection } from '../../../src/analysis/run.ts';
import { faultLineOf } from '../../../src/cli/live-fault.ts';
import { appliedAt, cut, fresh, journalOf, kill, pooled, type Script } from '../analysis/recovery/simulator.ts';

/** As it stands at that moment, `since` ms after the fault: what is known by then, and nothing of what comes. */
function lineAt(script: Script, since: number): string {
  const { header, events } = journalOf({ ...script, end: null });
  const projection = new RunProjection(header);
  const nowMs = appliedAt + since;
  for (const event of events) if (event.t + (event.kind === 'sample' ? event.wait + event.service : 0) <= nowMs) projection.add(event);
  const recovery = projection.recoveryView('running', nowMs);
  if (recovery === null) throw new Error('breaks nothing');
  return faultLineOf(projection.view('running'), recovery, projection.recovery?.samples('running') ?? [], nowMs);
}

const lasting: Script = {
  fault: cut,
  vantages: [pooled, fresh].map((one) => ({ ...one, felt: (since) => (since > 200 && since < 5000 ? 'failed' : undefined) })),
  steps: [
    [-20, 'go'],
    [0, 'applied'],
    [40, 'effect', { text: '1,204 packets dropped' }],
    [20_000, 'heal', { why: 'duration' }],
    [20_400, 'healed', { text: 'the helper found nothing left' }],
  ],
};

describe('the line of a run that breaks something', () => {
  it('says what is prepared, and how long the baseline goes on', () => {
    assert.equal(lineAt(lasting, -61_000), 'preparing: starting the probes');
    assert.match(lineAt(lasting, -20_000), /^baseline, 20 s left · last ok 0\.\d s ago$/);
  });

  it('says what is broken with the time that is left, when users were answered last, and for how long they were not', () => {
    assert.match(
      lineAt(lasting, 3000),
      /^cut kafka-1 off, 17 s left · last ok 2\.8 s ago · last bad 0\.0 s ago · unavailable 2\.\d\d s so far · \d+ failed$/,
    );
  });

  it('says when it heals, and then how long they are good again, until that is called recovered', () => {
    assert.match(lineAt(lasting, 20_200), /^healing cut kafka-1 off · /);
    assert.match(lineAt(lasting, 8000), /good for [23]\.\d s of 10 s · /);
    assert.match(
      lineAt(lasting, 30_000),
      /^observing, 30 s since the fault · last ok 0\.\d s ago · last bad 2[45] s ago · .* · recovered \+5\.00 s · /,
    );
  });

  it('says loudly what was not seen to heal', () => {
    const steps = [...(lasting.steps ?? []).slice(0, 4), [25_000, 'unconfirmed', { text: 'no answer' }] as const];
    assert.match(lineAt({ ...lasting, steps }, 26_000), /^NOT HEALED, as far as is known: cut kafka-1 off · /);
  });

  it('a fault that happens once has no time left', () => {
    assert.match(lineAt({ fault: kill }, 1000), /^observing, 1\.0 s since the fault · /);
  });
});
