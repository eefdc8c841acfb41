/** What users felt. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { figureText, keyNumbers } from '../../../../src/analysis/recovery/show/words.ts';
import { newHistogram } from '../../../../src/base/histogram.ts';
import type { RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import type { JournalEvent, JournalHeader } from '../../../../src/journal/events.ts';
import { ms, near } from './figures.ts';
import { bothFelt, cut, fresh, journalOf, kill, leaderKill, nothing, pooled, projectionOf, src, viewOf, type Felt } from './simulator.ts';

describe('a recovery that users felt', () => {
  it('has its four moments, by planned start', () => {
    const view = viewOf(leaderKill);
    assert.equal(view.impact?.startMs, 175);
    assert.deepEqual([view.impact.lastGoodAt, view.impact.firstBadAt, view.impact.vantage], [62_125, 62_175, 'pooled']);
    const { detected, firstGood, recovered, baseline, unavailable } = view.figures;
    assert.deepEqual([detected, firstGood, recovered].map(ms), [175, 2350, 3050]);
    assert.ok(ms(baseline) > 3050 && ms(baseline) < 15_000, `baseline ${ms(baseline)}`);
    // [175, 2425] of pooled and [200, 2350] of fresh overlap; the two single slow answers are 50 ms each.
    assert.equal(ms(unavailable), 2350);
    assert.equal(view.bad.length, 3);
    assert.equal(view.relapses, 0);
  });

  it('carries its ±: half a probe interval, the clock, and the time between go and applied', () => {
    const { recovered } = viewOf(leaderKill).figures;
    assert.ok(recovered.kind === 'value');
    near(recovered.errorMs, 25 + 0.4 + 20, 1e-9, 'error');
  });

  it('is never called recovered by a good answer alone: spells of less than a window are relapses', () => {
    // Good from 3 s on, again bad from 8 to 9 s, and good to the end.
    const view = viewOf({
      ...bothFelt((since) => ((since >= 0 && since < 3000) || (since >= 8000 && since < 9000) ? 'failed' : undefined)),
    });
    near(ms(view.figures.firstGood), 3000, 25, 'first good');
    near(ms(view.figures.recovered), 9000, 25, 'recovered');
    assert.equal(view.relapses, 1);
    near(ms(view.figures.unavailable), 4000, 50, 'unavailable');
  });

  it('that came late in the observation has no number: it was not seen to hold', () => {
    const view = viewOf({ ...bothFelt((since) => (since >= 0 && since < 55_000 ? 'failed' : undefined)) });
    assert.deepEqual([view.figures.recovered.kind, view.verdict], ['never', 'failed']);
  });

  it('that never came has no number and fails, with its relapses', () => {
    const good = (since: number): boolean => since < 600 || (since >= 34_000 && since < 41_000) || (since >= 77_000 && since < 80_000);
    const view = viewOf({
      ...bothFelt((since) => (good(since) ? undefined : 'failed')),
      observeMs: 120_000,
      expect: ['recovered <= 10 s'],
    });
    assert.equal(view.figures.recovered.kind, 'never');
    assert.equal(view.relapses, 2);
    assert.equal(view.verdict, 'failed');
    assert.equal(view.reason, 'Not recovered within 120 s, the limit is 10 s; 2 relapses');
    assert.equal(view.expectations[0]?.measured, null);
    assert.deepEqual([view.lanes.client.end, view.lanes.client.total], ['never', 'longer than 120 s: no number']);
    assert.equal(view.lanes.client.tailText, 'unstable (76.08 bad)');
    assert.deepEqual(
      view.latency.map(({ name }) => name),
      ['before', 'since'],
    );
    assert.equal(keyNumbers(view)[0]?.value, 'not within 120 s');
    assert.equal(figureText(view.figures.baseline), 'not within 120 s');
  });

  it('fails also where nobody wrote a limit', () => {
    const view = viewOf({ ...bothFelt((since) => (since >= 0 ? 'failed' : undefined)) });
    assert.deepEqual([view.verdict, view.reason], ['failed', 'Not recovered within 60 s']);
    assert.equal(view.figures.firstGood.kind, 'never');
    assert.equal(view.vantages[0]?.story, 'pooled: good until +0.03 s, no good answer since');
  });

  it('begins with what was in flight: its planned start is before the fault, and the lane adds up all the same', () => {
    // Answers take 300 ms: those planned since −0.3 s fail with the fault.
    const felt = (since: number): Felt => (since >= -150 && since < 2000 ? 'unknown' : 300);
    const view = viewOf({ ...bothFelt(felt), slowMs: 1000 });
    assert.ok(view.impact !== null && view.impact.startMs < 0);
    assert.equal(view.lanes.client.parts[0]?.toMs, Math.round(view.impact.startMs));
    assert.ok(view.baseline.steady, view.baseline.text);
    assert.equal(keyNumbers(view)[1]?.below, 'under way when it began');
    const [before, during] = view.latency.map(({ counts }) => counts.unknown);
    assert.deepEqual([before, during], [0, view.counts.unknown]);
    assert.equal(
      view.lanes.client.parts.reduce((sum, part) => sum + part.ms, 0),
      view.lanes.client.totalMs,
    );
  });

  it('has no first good answer before its fault: what was answered beside those that were caught knew nothing of it', () => {
    const isCaught = (since: number): boolean => since >= 0 || Math.round(since / 50) % 2 === 0;
    const view = viewOf({ ...bothFelt((since) => (since >= -150 && since < 2000 && isCaught(since) ? 'unknown' : undefined)) });
    assert.ok(ms(view.figures.detected) < 0, 'detected');
    near(ms(view.figures.firstGood), 2000, 30, 'first good');
    for (const { firstGoodAt } of view.vantages) near((firstGoodAt ?? 0) - (view.zeroAt ?? 0), 2000, 60, 'of a vantage');
  });

  it('by a ratio looks away from single bad answers, in the impact too', () => {
    const some = (since: number): Felt | undefined => (since === 5000 || since === 30_000 ? 'failed' : undefined);
    const recovery = { ratio: 0.99, windowMs: 10_000, windowSamples: 100 };
    const strict = viewOf({ ...bothFelt(some) });
    near(ms(strict.figures.recovered), 30_025, 25, 'recovered by all good');
    const view = viewOf({ ...bothFelt(some), plan: { recovery } });
    assert.equal(view.impact, null);
    assert.equal(view.figures.recovered.kind, 'none');
    assert.equal(view.counts.failed, 2);
    assert.equal(ms(view.figures.unavailable), 100);
  });

  it('counts slow, failed, unknown and wrong apart, and their sum is what was planned', () => {
    const felt = (since: number): Felt | undefined => {
      if (since < 0 || since >= 1000) return undefined;
      return since < 250 ? 'failed' : since < 500 ? 'unknown' : since < 750 ? 80 : since < 900 ? 'dropped' : undefined;
    };
    const { counts } = viewOf({ ...bothFelt(felt) });
    assert.deepEqual([counts.failed, counts.unknown, counts.slow, counts.dropped], [10, 10, 10, 6]);
    const { planned, ok, slow, failed, unknown, wrong, notJudged, dropped } = counts;
    assert.equal(planned, ok + slow + failed + unknown + wrong + notJudged + dropped);
    assert.equal(planned, 4800);
  });

  it('is not back to baseline while p50 or p95 are above it, however good each answer is', () => {
    const slower = (since: number, usual: number): Felt => (since >= 0 && since < 20_000 ? usual * 2 : usual);
    const view = viewOf({ ...bothFelt(slower), slowMs: 200 });
    assert.equal(view.impact, null);
    near(ms(view.figures.baseline), 20_000, 1500, 'back to baseline');
    assert.equal(view.lanes.client.end, 'none');
  });

  it('is back to baseline also of a probe of a few requests a second, by longer windows', () => {
    const slower = (since: number, usual: number): Felt => (since >= 0 && since < 20_000 ? usual * 2 : usual);
    const slow = viewOf({ ...bothFelt(slower), slowMs: 200, perSecond: 3 });
    assert.ok(slow.baseline.steady, slow.baseline.text);
    near(ms(slow.figures.baseline), 20_000, 2500, 'back to baseline');
    assert.match(viewOf({ ...bothFelt(slower), slowMs: 200, perSecond: 2 }).baseline.text, /too few samples of pooled/);
    assert.match(viewOf({ ...bothFelt(slower), slowMs: 200, perSecond: 1 / 3 }).baseline.text, /too few samples of pooled/);
    const longer = viewOf({ ...bothFelt(slower), slowMs: 200, perSecond: 2, baselineMs: 90_000 });
    assert.ok(longer.baseline.steady, longer.baseline.text);
  });

  it('has no baseline to come back to where the halves before the fault do not agree', () => {
    const drifting = (since: number, usual: number): Felt => (since < -30_000 ? usual : usual * 1.6);
    const view = viewOf({ ...bothFelt(drifting), slowMs: 200, expect: ['baseline <= 20 s'] });
    assert.equal(view.baseline.steady, false);
    assert.match(view.baseline.text, /no steady baseline: its halves do not agree: p50 of pooled/);
    assert.deepEqual([view.verdict, /halves do not agree/.test(view.reason)], ['inconclusive', true]);
    assert.equal(viewOf({ ...bothFelt(drifting), slowMs: 200 }).verdict, 'passed', 'nobody asked for the baseline');
  });

  it('has none either where it was too short, or had bad answers already', () => {
    assert.match(viewOf({ baselineMs: 30_000 }).baseline.text, /30 s long, 60 s needed/);
    const unwell = viewOf({ ...bothFelt((since) => (since >= -20_000 && since < -19_000 ? 'failed' : undefined)) });
    assert.match(unwell.baseline.text, /40 bad probes in it/);
    assert.deepEqual(
      [unwell.verdict, unwell.reason],
      ['inconclusive', '40 bad probes before the fault: what came after can’t be told from it'],
    );
    const single = viewOf({ ...bothFelt((since) => (since === -20_000 ? 'failed' : undefined)) });
    assert.deepEqual([single.verdict, single.baseline.steady], ['passed', true]);
  });

  it('does not count what a probe asked before the baseline began', () => {
    const view = viewOf({ ...bothFelt((since) => (since < -60_000 ? 'failed' : undefined)), warmUpMs: 900 });
    assert.deepEqual([view.counts.planned, view.counts.failed, view.verdict, view.baseline.steady], [4800, 0, 'passed', true]);
  });

  it('of two faults, one after the other, is told for each, and for both together', () => {
    const view = viewOf({
      ...bothFelt((since) => ((since >= 0 && since < 2000) || (since >= 20_000 && since < 23_000) ? 'failed' : undefined)),
      fault: [kill, { ...kill, title: 'kill it again' }],
      steps: [0, 1].flatMap((fault) => [
        [fault * 20_000 - 20, 'go', { fault }] as const,
        [fault * 20_000, 'applied', { fault }] as const,
        [fault * 20_000 + 40, 'effect', { fault, text: 'old container id gone' }] as const,
      ]),
      events: (at) =>
        [0, 1].map((fault) => ({ t: at(-500), src, kind: 'prediction', fault, from: 2500, to: 3500, formula: 'f', by: 'b' }) as const),
    });
    assert.equal(view.title, 'kill kafka-1, leader of messages/17, then kill it again');
    const [first, second] = view.faults.map(({ recovered }) => ms(recovered));
    near(first ?? 0, 2000, 25, 'first');
    near(second ?? 0, 3000, 25, 'second');
    near(ms(view.figures.recovered), 23_000, 25, 'both');
    assert.equal(view.relapses, 0, 'the second is no relapse of the first');
    assert.deepEqual(
      view.predictions.map(({ finding }) => finding),
      ['sooner', 'within'],
    );
    // 60 s after the second one are 40 s here.
    assert.equal(view.verdict, 'inconclusive');
  });

  it('a probe that the second of two faults caught under way is that one’s', () => {
    const view = viewOf({
      // Each answer of the baseline's usual kind takes less than the 80 ms before the second fault begins.
      ...bothFelt((since) =>
        (since >= 0 && since < 2000) || (since >= 20_000 && since < 23_000)
          ? 'failed'
          : since >= 19_900 && since < 20_000
            ? 1900
            : undefined,
      ),
      fault: [kill, { ...kill, title: 'kill it again' }],
      steps: [0, 1].flatMap((fault) => [
        [fault * 20_000 - 20, 'go', { fault }] as const,
        [fault * 20_000, 'applied', { fault }] as const,
        [fault * 20_000 + 40, 'effect', { fault, text: 'old container id gone' }] as const,
      ]),
    });
    const [first, second] = view.faults.map(({ recovered }) => ms(recovered));
    near(first ?? 0, 2000, 25, 'first');
    near(second ?? 0, 3000, 25, 'second');
    assert.equal(view.relapses, 0);
  });

  it('users are not served again before those who were not', () => {
    const view = viewOf({ vantages: [{ ...pooled, felt: (since) => (since >= 0 && since < 2000 ? 'failed' : undefined) }, fresh] });
    const [firstGood, recovered] = [ms(view.figures.firstGood), ms(view.figures.recovered)];
    assert.equal(recovered, firstGood);
  });

  it('tells latencies before, during and after, and errors by kind', () => {
    const { latency, errors } = viewOf(leaderKill);
    assert.deepEqual(
      latency.map(({ name, counts }) => [name, counts.planned]),
      [
        ['before', 2400],
        ['during', 122],
        ['after', 2278],
      ],
    );
    assert.ok((latency[2]?.response.p50 ?? 0) > (latency[0]?.response.p50 ?? 0) / 2);
    assert.deepEqual(
      errors.map(({ outcome, reason, text }) => [outcome, reason, text]),
      [
        ['failed', 'unreachable', 'Connection refused'],
        ['unknown', 'timedOut', 'No answer within 200 ms'],
      ],
    );
    assert.equal(
      errors.reduce((sum, { count }) => sum + count, 0),
      60,
    );
  });
});

describe('a run that breaks nothing', () => {
  it('shows no impact, and passes', () => {
    const view = viewOf({
      fault: nothing,
      steps: [
        [-5, 'go'],
        [0, 'applied'],
      ],
      expect: ['recovered <= 1 s', 'unavailable <= 0 s'],
    });
    assert.equal(view.impact, null);
    assert.deepEqual([view.figures.recovered.kind, view.figures.detected.kind], ['none', 'none']);
    assert.equal(view.verdict, 'passed');
    assert.match(view.reason, /^Users felt no impact/);
    assert.equal(view.proofs[0]?.state, 'notApplicable');
    // As long as the fault that it is the control of.
    const long = viewOf({
      fault: { ...nothing, durationMs: 20_000 },
      steps: [
        [-5, 'go'],
        [0, 'applied'],
      ],
    });
    assert.deepEqual([long.verdict, long.proofs[1]?.state], ['passed', 'notApplicable']);
    assert.deepEqual([view.lanes.client.end, view.lanes.client.parts.length], ['none', 0]);
  });
});

describe('a figure within its ± of the limit', () => {
  it('can’t be told: the run is inconclusive, and says so', () => {
    const view = viewOf({ ...leaderKill, expect: ['recovered <= 3.06 s'] });
    assert.equal(view.verdict, 'inconclusive');
    assert.match(view.reason, /recovered was 3\.05 s ± 0\.05 s: too close to the limit of 3\.06 s to tell/i);
    assert.equal(viewOf({ ...leaderKill, expect: ['recovered <= 3 s'] }).verdict, 'failed');
  });
});

describe('the run’s own SQL as the client', () => {
  const { header } = journalOf({ fault: kill, vantages: [] });
  const statements = [{ name: 'q', sql: 'select 1', weight: 1 }];
  const open = { kind: 'open', arrivals: 'uniform', durationMs: 120_000, maxInFlight: 8, maxQueued: 100, order: 'listed' } as const;
  const arms = [{ label: 'Trino', engine: 'trino', target: { kind: 'tpch', scale: 1 }, threads: 0, memoryLimitBytes: 0 }] as const;
  const error = { reason: 'unreachable', text: 'Trino is not there' } as const;
  const steps: readonly JournalEvent[] = [
    { t: 61_950, src, kind: 'limits', slow: 60, deadline: 150 },
    { t: 61_980, src, kind: 'fault', fault: 0, target: 0, step: 'go' },
    { t: 61_990, src, kind: 'fault', fault: 0, target: 0, step: 'applied' },
    { t: 62_050, src, kind: 'fault', fault: 0, target: 0, step: 'effect', text: 'old container id gone' },
    { t: 122_100, src, kind: 'end', how: 'finished' },
  ];
  const answered = (t: number, count: number): JournalEvent => {
    const histogram = newHistogram();
    histogram.record(8000, count);
    const [took, none] = [histogram.encode(), newHistogram().encode()];
    return {
      t,
      src,
      kind: 'histogram',
      q: 0,
      ms: 250,
      count,
      rows: count,
      answers: { ok: count },
      response: took,
      service: took,
      wait: none,
    };
  };
  const headerAt = (ratePerSecond: number, fault = header.plan.fault): JournalHeader => ({
    ...header,
    plan: { ...header.plan, ...(fault === undefined ? {} : { fault }), load: { ...open, ratePerSecond }, statements, arms },
  });
  const viewAt = (ratePerSecond: number, events: readonly JournalEvent[], fault = header.plan.fault): RecoveryView =>
    projectionOf(headerAt(ratePerSecond, fault), [...events, ...steps]).view('ended');

  it('is judged like a probe, on the runner’s clock', () => {
    const events: JournalEvent[] = [];
    for (let t = 2000; t < 122_000; t += 25) {
      const failed = t >= 62_000 && t < 65_000;
      events.push({ t, src, kind: 'op', q: 0, wait: 0, service: failed ? 4 : 8 + (t % 7), ...(failed ? { error } : { rows: 1 }) });
    }
    const view = viewAt(40, events);
    assert.equal(view.vantages[0]?.source, 'runner');
    near(ms(view.figures.recovered), 3010, 1e-9, 'recovered');
    assert.deepEqual([view.counts.failed, view.counts.planned], [120, 4800]);
    assert.equal(view.verdict, 'inconclusive', 'its answers were asked of RunProjection, not of this one');
  });

  it('that went well in the time of a histogram was not the first good answer after what failed in it', () => {
    const events: JournalEvent[] = [];
    for (let t = 2000; t < 122_000; t += 250) {
      const wasDown = t >= 62_000 && t < 65_000;
      const count = t === 62_000 ? 100 : wasDown ? 0 : 250;
      if (count > 0) events.push(answered(t, count));
      // Of the first quarter of a second 100 were answered before it died.
      for (let k = count; k < 250; k++) events.push({ t: t + k, src, kind: 'op', q: 0, wait: 0, service: 4, error });
    }
    const { firstGood, unavailable } = viewAt(1000, events).figures;
    assert.ok(firstGood.kind === 'value' && unavailable.kind === 'value');
    near(firstGood.ms, 3010, 1, 'first good');
    assert.ok(firstGood.errorMs >= 250, `± ${firstGood.errorMs}`);
    near(unavailable.ms, 2900, unavailable.errorMs, 'unavailable');
    assert.ok(unavailable.errorMs >= 250 && unavailable.errorMs < 1000, `± ${unavailable.errorMs}`);
  });

  it('is slow above the deadline of its baseline, which nobody enforces', () => {
    const events: JournalEvent[] = [];
    for (let t = 2000; t < 122_000; t += 25) {
      const slow = t >= 62_000 && t < 63_000;
      events.push({ t, src, kind: 'op', q: 0, wait: 0, service: slow ? 55 : 2, rows: 1 });
    }
    const quick = steps.map((step) => (step.kind === 'limits' ? { ...step, slow: 100, deadline: 20 } : step));
    const view = projectionOf(headerAt(40), [...events, ...quick]).view('ended');
    assert.deepEqual([view.counts.slow, view.slowMs], [40, 20]);
  });

  it('that went by a port-forward proves nothing of a fault of the network, which that does not feel', () => {
    const events = Array.from({ length: 4800 }, (_, k): JournalEvent => ({
      t: 2000 + k * 25,
      src,
      kind: 'op',
      q: 0,
      wait: 0,
      service: 8,
      rows: 1,
    }));
    const way = (path: 'portForward' | 'direct'): JournalEvent => ({
      ...{ t: 1000, src, kind: 'engine', arm: 0, title: 'Trino 470', version: '470', target: 'tpch.tiny', threads: 0, memoryLimitBytes: 0 },
      path,
    });
    const judged = (path: 'portForward' | 'direct', fault = cut): string | undefined => {
      const { plan } = journalOf({ fault, vantages: [] }).header;
      return viewAt(40, [way(path), ...events], plan.fault).proofs.find(({ of }) => of === 'judged')?.text;
    };
    assert.equal(
      judged('portForward'),
      'the load went by a port-forward, which does not feel cut kafka-1 off: it needs probes in the cluster',
    );
    assert.match(judged('direct') ?? '', /samples judged$/);
    assert.match(judged('portForward', kill) ?? '', /samples judged$/);
  });
});
