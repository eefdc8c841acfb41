/** The two clocks of a fault that lasts, and what becomes of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Figure } from '../../../../src/analysis/recovery/view.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import { appliedAt, cut, fresh, journalOf, outage, pod, pooled, projectionOf, src, viewOf, type Script } from './simulator.ts';

describe('the runner', () => {
  const at = (script: Script): number | null => {
    const { header, events } = journalOf({ ...script, end: null });
    return projectionOf(header, events).observeUntil();
  };
  const dark = (until: number): Script => ({
    vantages: [pooled, fresh].map((each) => ({ ...each, felt: (since) => (since >= 0 && since < until ? 'failed' : undefined) })),
  });

  it('observes as long as planned after the last heal, and three times the recovery', () => {
    assert.equal(at({ ...dark(2000), observeMs: 20_000 }), appliedAt + 60_000);
    const long = at({ ...dark(30_000), observeMs: 45_000 }) ?? 0;
    assert.ok(Math.abs(long - appliedAt - 90_000) <= 100, String(long));
  });

  it('waits for a window that is under way, and for nobody who is not served', () => {
    const late = at({ ...dark(57_000), observeMs: 60_000 }) ?? 0;
    assert.ok(Math.abs(late - appliedAt - 67_000) <= 50, String(late));
    assert.equal(at({ ...dark(99_000), observeMs: 60_000 }), appliedAt + 60_000);
  });

  it('looks on until it is sure whether the limit was kept', () => {
    assert.equal(at({ ...dark(99_000), observeMs: 40_000, expect: ['recovered <= 60 s'] }), appliedAt + 70_000);
    assert.equal(at({ ...dark(2000), observeMs: 20_000, expect: ['recovered <= 90 s'] }), appliedAt + 20_000 + 40_000);
  });

  it('does not know yet while a fault is to come or to be healed', () => {
    assert.equal(at({ steps: [], observeMs: -1000 }), null);
    assert.equal(
      at({
        fault: cut,
        steps: [
          [-20, 'go'],
          [0, 'applied'],
        ],
        observeMs: 5000,
      }),
      null,
    );
    assert.equal(
      at({
        fault: cut,
        steps: [
          [-20, 'go'],
          [0, 'applied'],
          [20_000, 'heal'],
          [20_100, 'healed'],
        ],
        observeMs: 25_000,
      }),
      appliedAt + 80_100,
    );
  });

  it('takes its limits from the baseline', () => {
    const { header, events } = journalOf({ ...dark(2000), observeMs: 1000 });
    const { slow, deadline } = projectionOf(
      header,
      events.filter(({ kind }) => kind !== 'limits'),
    ).limits() ?? { slow: 0, deadline: 0 };
    assert.ok(deadline > 100 && deadline < 250 && slow >= deadline / 2 && slow <= deadline, `${slow} ${deadline}`);
  });
});

describe('a fault that lasts', () => {
  const steps: NonNullable<Script['steps']> = [
    [-20, 'go'],
    [0, 'applied'],
    [60, 'effect', { text: '1,204 packets dropped' }],
    [20_000, 'heal', { why: 'duration' }],
    [20_150, 'healed'],
  ];
  const events = (at: (since: number) => number): readonly JournalEvent[] => [
    pod(at(-50_000), 'seen', 'kafka-1', 'u-kafka-1', { isReady: true, isServing: true }),
    { t: at(-50_000), src, kind: 'redundancy', of: 'ISR of messages/17', have: 3, want: 3, least: 2 },
    { t: at(9000), src, kind: 'redundancy', of: 'ISR of messages/17', have: 2, want: 3, least: 2 },
    pod(at(8000), 'notReady', 'kafka-1', 'u-kafka-1'),
    pod(at(8100), 'notServing', 'kafka-1', 'u-kafka-1'),
    pod(at(22_000), 'ready', 'kafka-1', 'u-kafka-1'),
    pod(at(22_100), 'serving', 'kafka-1', 'u-kafka-1'),
    { t: at(26_150), src, kind: 'redundancy', of: 'ISR of messages/17', have: 3, want: 3, least: 2 },
  ];
  const script: Script = {
    ...{ fault: cut, steps, events, observeMs: 100_000, expect: ['failover <= 10 s', 'rejoin <= 10 s'] },
    vantages: [
      { ...pooled, felt: outage(200, 6000) },
      { ...fresh, felt: outage(200, 6000) },
    ],
  };
  const value = (figure: Figure | undefined): number => {
    assert.ok(figure?.kind === 'value', figure?.kind);
    return figure.ms;
  };

  it('has two clocks: failover from applied, rejoin from heal confirmed', () => {
    const view = viewOf(script);
    assert.ok(Math.abs(value(view.figures.failover) - 6000) <= 50);
    assert.equal(value(view.figures.rejoin), 6000);
    assert.equal(view.verdict, 'passed');
    assert.equal(view.proofs[1]?.text, 'heal proven');
    assert.deepEqual(
      view.faults.map(({ state, healedAt }) => [state, healedAt]),
      [['over', 82_150]],
    );
    // Not gone, but out of service and back.
    assert.equal(
      view.pods[0]?.stages.map(({ title, atMs }) => `${title} ${atMs}`).join(', '),
      'Out of service 8000, Ready 22000, In EndpointSlice 22100',
    );
    assert.equal(view.pods[0]?.lane.sum, '8.00 + 14.00 + 0.10');
  });

  it('whose redundancy is asked for now and then was back at some moment since it was last heard to be short', () => {
    const asked = (at: (since: number) => number): readonly JournalEvent[] =>
      events(at).map((event) => (event.kind === 'redundancy' && event.t === at(26_150) ? { ...event, since: at(25_150) } : event));
    const { figures, redundancy } = viewOf({ ...script, events: asked });
    assert.deepEqual(figures.rejoin, { kind: 'value', ms: 6000, errorMs: 1000 });
    assert.ok(figures.redundancy.kind === 'value' && figures.redundancy.errorMs === 1000);
    assert.equal(redundancy[0]?.lane.endText, 'full again (up to 1.00 s earlier)');
  });

  it('whose heal hurts again is recovered only after that; its failover stays what it was', () => {
    const hurt = (since: number, usual: number): ReturnType<NonNullable<(typeof pooled)['felt']>> =>
      since >= 21_000 && since < 22_000 ? 'failed' : outage(200, 6000)(since, usual);
    const view = viewOf({
      ...script,
      vantages: [
        { ...pooled, felt: hurt },
        { ...fresh, felt: hurt },
      ],
    });
    assert.ok(Math.abs(value(view.figures.failover) - 6000) <= 50);
    assert.ok(Math.abs(value(view.figures.recovered) - 22_000) <= 50);
    assert.equal(view.relapses, 1);
  });

  it('that ended before a window was whole has no failover that could be told', () => {
    const short = { ...cut, durationMs: 8000 };
    const until: NonNullable<Script['steps']> = [...steps.slice(0, 3), [8000, 'heal', { why: 'duration' }], [8100, 'healed']];
    const hurt = (since: number, usual: number): ReturnType<NonNullable<(typeof pooled)['felt']>> =>
      since >= 8500 && since < 9000 ? 'failed' : outage(200, 6000)(since, usual);
    const view = viewOf({
      ...script,
      fault: short,
      steps: until,
      vantages: [
        { ...pooled, felt: hurt },
        { ...fresh, felt: hurt },
      ],
    });
    assert.ok(view.figures.failover.kind === 'unknown');
    assert.match(view.figures.failover.why, /good for 2\.0 s before the heal, shorter than a window of 10 s/);
  });

  it('has none that only what came after the heal would prove', () => {
    // Lost at random up to a moment before its end.
    const view = viewOf({
      ...script,
      vantages: [pooled, fresh].map((each) => ({ ...each, felt: outage(200, 19_800) })),
      expect: ['failover <= 20 s'],
    });
    assert.ok(view.figures.failover.kind === 'unknown');
    assert.match(view.figures.failover.why, /good for 0\.[12] s before the heal, shorter than a window of 10 s/);
    assert.equal(view.verdict, 'inconclusive');
  });

  it('during which users were never served again has no failover, and says so', () => {
    const view = viewOf({
      ...script,
      vantages: [
        { ...pooled, felt: outage(200, 22_000) },
        { ...fresh, felt: outage(200, 22_000) },
      ],
    });
    assert.equal(view.figures.failover.kind, 'never');
    assert.deepEqual([view.verdict, view.reason], ['failed', 'Not served again within 20 s while the fault lasted, the limit is 10 s']);
  });

  it('whose heal set an answer free has no failover by it', () => {
    // The last probe that was planned while it lasted waits for the heal, and is quick enough to be good.
    const frozen = (since: number): ReturnType<NonNullable<(typeof pooled)['felt']>> =>
      since >= 200 && since < 19_925 ? 'failed' : since >= 19_925 && since < 20_000 ? 20_010 - since : undefined;
    const view = viewOf({ ...script, slowMs: 500, vantages: [pooled, fresh].map((each) => ({ ...each, felt: frozen })) });
    assert.equal(view.figures.failover.kind, 'never');
    assert.equal(view.verdict, 'failed');
  });

  it('is shown with the time left while it is active, and with the command where its end is not confirmed', () => {
    const live = viewOf(
      { ...script, steps: steps.slice(0, 3), events: (at) => events(at).filter(({ t }) => t < at(9400)), observeMs: 9400, end: null },
      'running',
    );
    // From *go* on.
    assert.deepEqual(
      live.faults.map(({ state, leftMs, endsAt }) => [state, leftMs, endsAt]),
      [['active', 20_000 - 9425 - 20, 82_000 - 20]],
    );
    assert.match(
      live.reason,
      /^Fault active for 9\.4 s\. So far \d+ failed, \d+ slow, .*good again since \+6\.0\d s, which is not yet called recovered$/,
    );
    const stuck: NonNullable<Script['steps']> = [
      ...steps.slice(0, 4),
      [30_000, 'unconfirmed', { text: 'the helper does not answer', command: 'kubectl delete pod kafka-1' }],
    ];
    const view = viewOf({ ...script, steps: stuck });
    assert.equal(view.verdict, 'inconclusive');
    assert.equal(view.reason, 'Heal not confirmed: the helper does not answer; type kubectl delete pod kafka-1');
    assert.equal(view.faults[0]?.command, 'kubectl delete pod kafka-1');
  });

  it('is unjudged where it ended early, was never seen to end, or did nothing that could be proven', () => {
    const early = viewOf({ ...script, steps: [...steps.slice(0, 3), [5000, 'endedEarly', { text: 'the helper was killed' }]] });
    assert.deepEqual([early.verdict, early.reason], ['inconclusive', 'Cut kafka-1 off ended before its time: the helper was killed']);
    const open = viewOf({ ...script, steps: steps.slice(0, 3) });
    assert.deepEqual([open.verdict, open.reason], ['inconclusive', 'Heal not proven: nobody saw cut kafka-1 off end']);
    const inert = viewOf({ ...script, steps: steps.filter(([, step]) => step !== 'effect') });
    assert.match(inert.reason, /^Effect not proven: cut kafka-1 off was begun/);
    const byHand = viewOf({ ...script, steps: [...steps.slice(0, 3), [2000, 'heal', { why: 'stopped' }], [2100, 'healed']] });
    assert.deepEqual([byHand.verdict, byHand.reason], ['inconclusive', 'Cut kafka-1 off was healed after 2.0 of its 20.0 s']);
    assert.deepEqual(
      byHand.proofs.slice(1, 3).map(({ of, state }) => [of, state]),
      [
        ['heal', 'ok'],
        ['duration', 'missing'],
      ],
    );
    const expired = viewOf({ ...script, steps: [...steps.slice(0, 3), [20_000, 'expired']] });
    assert.deepEqual([expired.verdict, expired.proofs[1]?.text], ['passed', 'heal proven: ended by its own deadline']);
  });
});
