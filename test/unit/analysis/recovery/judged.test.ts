/** What may be judged, and on which clock. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import { ms, near } from './figures.ts';
import {
  appliedAt,
  bothFelt,
  fresh,
  journalOf,
  leaderKill,
  nothing,
  outage,
  pooled,
  projectionOf,
  viewOf,
  type Felt,
} from './simulator.ts';

describe('samples that are not judged', () => {
  it('come after what is known to be unstable, which is told with how long of it was bad', () => {
    const felt = (since: number): Felt | undefined =>
      (since >= 300 && since < 2400) || (since >= 5000 && since < 5600) ? 'failed' : undefined;
    const { lanes } = viewOf({
      vantages: [
        { ...pooled, felt },
        { ...fresh, felt, controlDown: [6100, 8600] },
      ],
    });
    const { parts, end } = lanes.client;
    assert.deepEqual([end, parts.map(({ label }) => label)], ['unsure', ['to the first bad probe', 'no good answer', 'unstable']]);
    near(parts[2]?.toMs ?? 0, 5600, 50, 'unstable up to');
    near(parts[2]?.badMs ?? 0, 600, 80, 'bad of it');
  });

  it('while the control fails make a run inconclusive, and recovery lies somewhere between', () => {
    const view = viewOf({
      vantages: [
        { ...pooled, felt: outage(300, 2400) },
        { ...fresh, felt: outage(300, 2400), controlDown: [6100, 8600] },
      ],
      observeMs: 60_000,
      expect: ['recovered <= 10 s'],
    });
    assert.equal(view.counts.notJudged, 50);
    assert.equal(view.counts.failed + view.counts.unknown, 56);
    assert.equal(view.verdict, 'inconclusive');
    assert.equal(
      view.reason,
      '95.8 % of the samples of fresh since the fault judged, 99 % needed: its control failed for 2.5 s, 50 samples',
    );
    const { recovered } = view.figures;
    assert.ok(recovered.kind === 'between');
    near(recovered.fromMs, 2400, 50, 'from');
    const [, during, after] = view.latency;
    assert.deepEqual([during?.name, after?.name], ['during', 'after']);
    near((during?.toAt ?? 0) - (view.zeroAt ?? 0), recovered.toMs, 1, 'during');
    near(recovered.toMs, 8600, 50, 'to');
    assert.equal(view.lanes.client.end, 'unsure');
    assert.match(view.lanes.client.endText, /recovered somewhere between \+2\.4\d and \+8\.58/);
  });

  it('right after the bad ones leave open by as much when users were served again', () => {
    const view = viewOf({ vantages: [pooled, { ...fresh, felt: outage(300, 2400), controlDown: [2400, 3000] }], observeMs: 60_000 });
    assert.equal(view.counts.notJudged, 12);
    const { recovered, firstGood } = view.figures;
    assert.ok(recovered.kind === 'value' && firstGood.kind === 'value');
    near(recovered.ms, 3000, 50, 'recovered');
    near(recovered.errorMs, 600, 50, 'its error');
    near(firstGood.errorMs, 600, 50, 'of the first good answer');
  });

  it('are those of a failed control even where they failed themselves', () => {
    const view = viewOf({
      vantages: [pooled, { ...fresh, felt: (since) => (since >= 5000 && since < 5400 ? 'failed' : undefined), controlDown: [4900, 5500] }],
    });
    assert.equal(view.counts.failed, 0);
    assert.equal(view.impact, null);
  });

  it('are those that failed beside an echo that did, though the nearest one was good', () => {
    // Each echo is planned 2 ms after a probe: the last probe that fails is next to one that is good again.
    const felt = (since: number): Felt | undefined => (since >= 4600 && since < 5001 ? 'failed' : undefined);
    const view = viewOf({ vantages: [pooled, { ...fresh, felt, controlDown: [4600, 4990] }] });
    assert.deepEqual([view.counts.failed, view.impact, view.counts.notJudgedBy.control], [0, null, 9]);
    assert.equal(viewOf({ vantages: [pooled, { ...fresh, felt }] }).counts.failed, 9);
  });

  it('are those of a vantage’s own event loop that stood still for more than 50 ms', () => {
    const stalled = (lagMs: number): RecoveryView => {
      const { header, events } = journalOf({ ...bothFelt((since) => (since >= 5000 && since < 5100 ? 90 : undefined)), fault: nothing });
      const lag: JournalEvent = { t: 66_990, src: 'probe-a', kind: 'lag', ms: lagMs };
      const other: JournalEvent = { ...lag, src: 'probe-b' };
      return projectionOf(header, [...events, lag, other]).view('ended');
    };
    assert.equal(stalled(49).counts.notJudged, 0);
    assert.equal(stalled(49).impact?.startMs, 5000);
    const view = stalled(120);
    assert.equal(view.impact, null);
    assert.equal(view.counts.notJudgedBy.lag, view.counts.notJudged);
    assert.ok(view.counts.notJudged >= 4 && view.counts.notJudged <= 6, String(view.counts.notJudged));
  });

  it('are no reason to doubt when users were served again where they were answered in time, though the event loop stood still', () => {
    const stoodStill = (felt: (since: number, usual: number) => Felt | undefined): RecoveryView => {
      const vantages = [
        { ...pooled, felt },
        { ...fresh, felt: outage(300, 2400) },
      ];
      const { header, events } = journalOf({ ...leaderKill, vantages });
      const lags = [5000, 6000, 7000, 8000].map((since): JournalEvent => ({ t: appliedAt + since, src: 'probe-a', kind: 'lag', ms: 200 }));
      return projectionOf(header, [...events, ...lags]).view('ended');
    };
    const served = stoodStill(outage(300, 2400));
    assert.equal(served.verdict, 'inconclusive');
    assert.ok(served.counts.notJudgedBy.lag >= 16, String(served.counts.notJudgedBy.lag));
    assert.ok(served.figures.recovered.kind === 'value');
    near(served.figures.recovered.ms, 2400, 50, 'recovered');
    // One of them that was late may have been late by itself.
    const late = stoodStill((since, usual) => (since >= 7000 && since < 7100 ? 1500 : outage(300, 2400)(since, usual)));
    assert.ok(late.figures.recovered.kind === 'between');
    near(late.figures.recovered.fromMs, 2400, 50, 'from');
    near(late.figures.recovered.toMs, 7100, 60, 'to');
  });

  it('are those that were planned and never told: a vantage that falls silent does not look well', () => {
    const silent = viewOf({ vantages: [pooled, { ...fresh, felt: (since) => (since >= 2000 && since < 6000 ? 'silent' : undefined) }] });
    assert.equal(silent.counts.planned, 4800);
    assert.equal(silent.counts.notJudgedBy.missing, 80);
    assert.equal(silent.verdict, 'inconclusive');
    assert.match(
      silent.reason,
      /93\.3 % of the samples of fresh since the fault judged, 99 % needed: nothing was heard of it for 4\.\d s, 80 samples/,
    );
    const long = viewOf({
      baselineMs: 600_000,
      vantages: [pooled, { ...fresh, felt: (since) => (since >= 0 && since < 3000 ? 'silent' : undefined) }],
    });
    assert.match(long.reason, /^95 % of the samples of fresh since the fault judged/, 'a long baseline does not make up for it');
    const gone = viewOf({ vantages: [pooled, { ...fresh, felt: (since) => (since >= 2000 ? 'silent' : undefined) }] });
    assert.equal(gone.verdict, 'inconclusive');
    assert.ok(gone.counts.notJudgedBy.missing > 1100);
    const never = viewOf({ vantages: [pooled, { ...fresh, felt: () => 'silent' as const }] });
    assert.equal(never.reason, 'The vantage fresh made no sample');
  });

  it('are never all good by default: a vantage without a control leaves a run unjudged', () => {
    const view = viewOf({ vantages: [pooled, { ...fresh, noControl: true }] });
    assert.deepEqual([view.verdict, view.reason], ['inconclusive', 'The vantage fresh has no control: its failures may be its own']);
  });

  it('are all of a vantage whose clock was never compared', () => {
    const { header, events } = journalOf(leaderKill);
    const view = projectionOf(
      header,
      events.filter((event) => event.kind !== 'clock' || event.of !== 'probe-b'),
    ).view('ended');
    assert.equal(view.counts.notJudgedBy.clock, 2400);
    assert.match(view.reason, /of fresh judged.*its clock was never compared/);
    assert.equal(view.verdict, 'inconclusive');
  });
});

describe('clocks', () => {
  it('of the probes may be hours off and drift: moments stay where they were, within their ±', () => {
    const [a, b] = leaderKill.vantages ?? [];
    assert.ok(a !== undefined && b !== undefined);
    const straight = viewOf(leaderKill);
    // A minute’s drift of 60 ms at 1 ms a second: the last exchange before a moment is at most 10 s old.
    const view = viewOf({
      ...leaderKill,
      vantages: [
        { ...a, offset: -7_200_000, drift: 1 },
        { ...b, offset: 86_400_000, drift: -1 },
      ],
    });
    for (const name of ['detected', 'firstGood', 'recovered'] as const) near(ms(view.figures[name]), ms(straight.figures[name]), 12, name);
    assert.equal(view.verdict, 'passed');
    assert.equal(view.vantages[0]?.clockErrorMs, 0.4);
    // By the first exchange alone the same journal would be a minute’s drift off.
    const { header, events } = journalOf({
      ...leaderKill,
      vantages: [
        { ...a, drift: 1 },
        { ...b, drift: 1 },
      ],
    });
    const once = events.filter((event) => event.kind !== 'clock' || event.t < 2000);
    const off = ms(projectionOf(header, once).view('ended').figures.recovered) - ms(straight.figures.recovered);
    assert.ok(Math.abs(off) > 40, `off by ${off}`);
  });

  /** As `leaderKill`, with the clock of the second vantage, or this machine's, out of step from 20 s after the fault on. */
  function jumped(jumpMs: number): RecoveryView {
    const jumpAt = appliedAt + 20_000;
    const { header, events } = journalOf(leaderKill);
    const clock = events.find((event) => event.kind === 'clock' && event.of === 'probe-b');
    assert.ok(clock?.kind === 'clock');
    const { offset } = clock;
    const all = events.flatMap((event): readonly JournalEvent[] => {
      if (event.kind === 'clock' && event.of === 'probe-b' && event.t > jumpAt) return [{ ...event, offset: offset + jumpMs }];
      if (event.src !== 'probe-b' || event.t + offset <= jumpAt) return [event];
      const since = event.t + offset - jumpAt;
      // It stood still, and saw nothing.
      if (jumpMs > 0) return since <= jumpMs ? [] : [{ ...event, t: event.t - jumpMs }];
      // This machine slept, and it saw twice as much.
      const later = { ...event, t: event.t - jumpMs };
      return since <= -jumpMs ? [event, later] : [later];
    });
    // At once where an exchange tells of a jump; the one before it was half a second earlier.
    const told: JournalEvent = { ...clock, t: jumpAt + Math.max(0, jumpMs) + 600, offset: offset + jumpMs };
    const inOrder = [...all, told].toSorted((a, b) => (a.src === b.src ? a.t - b.t : 0));
    return projectionOf(header, inOrder).view('ended');
  }

  for (const [jumpMs, what, count] of [
    [30_000, 'stood still: what it could not see', 610],
    [-30_000, 'went on while this machine slept: what it saw then', 620],
  ] as const)
    it(`of which one ${what} is not judged, and no other moment moves`, () => {
      const straight = viewOf(leaderKill);
      const view = jumped(jumpMs);
      for (const name of ['detected', 'firstGood'] as const) near(ms(view.figures[name]), ms(straight.figures[name]), 1e-6, name);
      const { recovered } = view.figures;
      assert.ok(recovered.kind === 'between');
      near(recovered.fromMs, ms(straight.figures.recovered), 50, 'recovered, from');
      near(view.counts.notJudgedBy.clock, count, 20, 'not judged');
      assert.deepEqual([view.counts.notJudgedBy.missing, view.verdict], [0, 'inconclusive']);
      assert.match(view.reason, /of fresh since the fault judged, 99 % needed: its clock jumped against the run’s/);
    });

  it('a larger error of an exchange is a larger ± of what came after it', () => {
    const { header, events } = journalOf(leaderKill);
    const worse = events.map((event) => (event.kind === 'clock' ? { ...event, error: 31 } : event));
    const { recovered } = projectionOf(header, worse).view('ended').figures;
    assert.ok(recovered.kind === 'value');
    near(recovered.errorMs, 25 + 31 + 20, 1e-9, 'error');
  });
});
