/** What holds of every journal, whatever happened in it. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { limitsOfBaseline } from '../../../../src/analysis/recovery/client/baseline.ts';
import { recoveryJson } from '../../../../src/analysis/recovery/show/json.ts';
import { keyNumbers } from '../../../../src/analysis/recovery/show/words.ts';
import type { Lane, RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import type { JournalEvent, JournalHeader } from '../../../../src/journal/events.ts';
import type { PodStage } from '../../../../src/journal/fault-events.ts';
import { random } from '../support.ts';
import { cut, fresh, journalOf, kill, nothing, owner, pod, pooled, projectionOf, src, type Felt, type Script } from './simulator.ts';

/** The first numbers of small seeds are all small. */
function mixedUp(seed: number): () => number {
  const next = random(seed * 104_729 + 12_345);
  for (let i = 0; i < 5; i++) next();
  return next;
}

/** Anything may happen: bad spells of every kind, silence, failed echoes, drifting clocks, pods that come and go, gaps. */
function anyRun(seed: number): { readonly header: JournalHeader; readonly events: readonly JournalEvent[] } {
  const next = mixedUp(seed);
  const spells = Array.from({ length: Math.floor(next() * 5) }, () => {
    const from = next() * 20_000 - 500;
    const kinds: readonly Felt[] = ['failed', 'unknown', 'wrong', 'dropped', 'silent', 90];
    return { from, to: from + next() * 8000, felt: kinds[Math.floor(next() * kinds.length)] ?? 90, share: next() };
  });
  const felt = (since: number): Felt | undefined =>
    spells.find(({ from, to, share }) => since >= from && since < to && next() < share)?.felt;
  const lasts = next() < 0.5;
  const stages: readonly PodStage[] = [
    'created',
    'scheduled',
    'started',
    'ready',
    'notReady',
    'serving',
    'notServing',
    'terminating',
    'stopped',
    'gone',
  ];
  const script: Script = {
    ...{ seed, fault: lasts ? cut : kill, baselineMs: 20_000, observeMs: 30_000 },
    vantages: [
      {
        ...pooled,
        felt,
        offset: next() * 1e6,
        drift: next() * 2 - 1,
        ...(next() < 0.3 ? { controlDown: [4000, 4000 + next() * 5000] as const } : {}),
      },
      { ...fresh, felt, offset: -next() * 1e6 },
    ],
    steps: [
      [-20, 'go'],
      [0, 'applied'],
      ...(next() < 0.8 ? [[next() * 300, 'effect', { text: 'gone' }] as const] : []),
      ...(lasts ? [[10_000, 'heal'] as const, [10_000 + next() * 500, next() < 0.5 ? 'healed' : 'expired'] as const] : []),
    ],
    events: (at) => [
      pod(at(-15_000), 'seen', 'kafka-1', 'u-kafka-1', { isReady: true, isServing: next() < 0.7 }),
      ...Array.from({ length: 12 }, () => {
        const stage = stages[Math.floor(next() * stages.length)] ?? 'ready';
        const uid = ['u-kafka-1', 'u-new', 'u-other'][Math.floor(next() * 3)] ?? '';
        return pod(at(next() * 20_000), stage, uid === 'u-other' ? 'kafka-2' : 'kafka-1', uid, { owner });
      }),
      ...Array.from({ length: 4 }, (): JournalEvent => ({
        t: at(next() * 25_000),
        src,
        kind: 'redundancy',
        of: 'ISR of messages/17',
        have: 1 + Math.floor(next() * 3),
        want: 3,
      })),
      ...Array.from({ length: 3 }, (): JournalEvent => ({
        t: at(next() * 25_000),
        src,
        kind: 'leader',
        of: 'messages/17',
        leader: next() < 0.3 ? null : `broker ${Math.floor(next() * 3)}`,
      })),
      ...(next() < 0.3 ? [{ t: at(next() * 10_000), src, kind: 'watchGap', of: 'pods', ms: next() * 5000 } as const] : []),
    ],
  };
  return journalOf(script);
}

function addsUp({ parts, totalMs, total, sum, name }: Lane, what: string): void {
  assert.equal(
    parts.reduce((all, { ms }) => all + ms, 0),
    totalMs,
    `${what}: ${name}`,
  );
  let from = 0;
  for (const part of parts) {
    assert.equal(part.fromMs, from, `${what}: ${name} has a hole`);
    assert.equal(part.toMs - part.fromMs, part.ms);
    assert.ok(Number.isInteger(part.ms), 'whole milliseconds are added without a rest');
    from = part.toMs;
  }
  if (!/^−?[\d.]+ s$/.test(total) || parts.length === 0) return;
  const digits = /\.(\d+)/.exec(total)?.[1]?.length ?? 2;
  const units = (text: string): number => Math.round(Number(text.replace('−', '-').replace(' s', '')) * 10 ** digits);
  assert.equal(
    sum.split(' + ').reduce((all, text) => all + units(text), 0),
    units(total),
    `${what}: ${sum} = ${total}`,
  );
}

function lanesOf({ lanes, pods, redundancy }: RecoveryView): readonly Lane[] {
  const several = [lanes.client, lanes.pod, lanes.redundancy, ...pods.map(({ lane }) => lane), ...redundancy.map(({ lane }) => lane)];
  return several.filter((lane) => lane !== null);
}

/** The same events; those of one source in their order, the sources mixed anew. */
function mixed(events: readonly JournalEvent[], seed: number): readonly JournalEvent[] {
  const next = random(seed);
  const sources = new Map<string, JournalEvent[]>();
  for (const event of events) {
    const list = sources.get(event.src);
    if (list === undefined) sources.set(event.src, [event]);
    else list.push(event);
  }
  const left = [...sources.values()].map((list) => ({ list, at: 0 }));
  return events.map(() => {
    const open = left.filter(({ list, at }) => at < list.length);
    const from = open[Math.floor(next() * open.length)] ?? open[0];
    const event = from?.list[from.at++];
    assert.ok(event);
    return event;
  });
}

const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

describe('every recovery', () => {
  it('has lanes that add up, exactly and as they are shown, and counts that do', () => {
    const seen = new Set<string>();
    for (const seed of seeds) {
      const { header, events } = anyRun(seed);
      const view = projectionOf(header, events).view('ended');
      for (const lane of lanesOf(view)) {
        addsUp(lane, `seed ${seed}`);
        seen.add(`${lane.name} ${lane.end}`);
      }
      for (const { counts } of [view, ...view.vantages]) {
        const { planned, ok, slow, failed, unknown, wrong, notJudged, dropped, notJudgedBy } = counts;
        assert.equal(planned, ok + slow + failed + unknown + wrong + notJudged + dropped, `seed ${seed}`);
        assert.equal(
          notJudged,
          Object.values(notJudgedBy).reduce((sum, count) => sum + count, 0),
        );
      }
      // Its rates are those of the plan: nothing was left out because nobody told of it.
      assert.ok(Math.abs(view.counts.planned - 2000) <= 60, `seed ${seed}: ${view.counts.planned}`);
      const unavailable = view.bad.reduce((sum, { fromAt, toAt }) => sum + toAt - fromAt, 0);
      assert.deepEqual(view.figures.unavailable.kind === 'value' ? view.figures.unavailable.ms : 0, unavailable);
      for (const [i, interval] of view.bad.entries()) assert.ok(interval.fromAt > (view.bad[i - 1]?.toAt ?? -Infinity));
      assert.ok(view.reason !== '' && keyNumbers(view).length >= 6);
      assert.deepEqual(JSON.parse(JSON.stringify(recoveryJson(view))), recoveryJson(view));
    }
    // The runs are as different as they were meant to be.
    for (const what of ['client complete', 'client never', 'pod complete', 'pod never', 'redundancy complete', 'redundancy never'])
      assert.ok(seen.has(what), `${what}: ${[...seen].join(', ')}`);
  });

  it('is the same in whatever order the sources were heard', () => {
    for (const seed of seeds.slice(0, 15)) {
      const { header, events } = anyRun(seed);
      const view = projectionOf(header, events).view('ended');
      assert.deepEqual(projectionOf(header, mixed(events, seed)).view('ended'), view, `seed ${seed}`);
    }
  });

  it('is the same live, looked at all the time, and from the whole journal', () => {
    for (const seed of seeds.slice(0, 8)) {
      const { header, events } = anyRun(seed);
      const live = projectionOf(header, []);
      for (const [i, event] of events.entries()) {
        live.add(event);
        if (i % 997 !== 0) continue;
        const prefix = projectionOf(header, events.slice(0, i + 1)).view('running');
        assert.deepEqual(live.view('running'), prefix, `seed ${seed}, event ${i}`);
        for (const lane of lanesOf(prefix)) addsUp(lane, `seed ${seed}, live`);
      }
      assert.deepEqual(live.view('ended'), projectionOf(header, events).view('ended'), `seed ${seed}`);
    }
  });
});

/** Pauses of the server as its garbage collector makes them, some retries, and answers that scatter. */
function noise(seed: number): (since: number, usual: number) => Felt {
  const next = mixedUp(seed);
  const pauses: { from: number; to: number }[] = [];
  for (let at = -61_000; at < 61_000; at -= 4000 * Math.log(next())) pauses.push({ from: at, to: at + 8 + next() * 22 });
  return (since, usual) => {
    const pause = pauses.find(({ from, to }) => since >= from && since < to);
    const retried = next() < 0.002 ? 25 + next() * 10 : 0;
    return usual + retried + (pause === undefined ? 0 : pause.to - since);
  };
}

describe('a hundred runs that break nothing', () => {
  it('show an impact at most once', () => {
    const shown: number[] = [];
    let baselines = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const script: Script = {
        ...{
          seed,
          fault: nothing,
          steps: [
            [-5, 'go'],
            [0, 'applied'],
          ],
          sigma: 0.5,
        },
        vantages: [
          { ...pooled, felt: noise(seed) },
          { ...fresh, felt: noise(seed) },
        ],
      };
      const { header, events } = journalOf(script);
      const limits = limitsFrom(events);
      const view = projectionOf(
        header,
        events.map((event) => (event.kind === 'limits' ? { ...event, ...limits } : event)),
      ).view('ended');
      if (view.impact !== null) shown.push(seed);
      if (view.baseline.steady) baselines++;
    }
    assert.ok(shown.length <= 1, `impact in ${shown.join(', ')}`);
    assert.ok(baselines >= 95, `${baselines} steady baselines`);
  }).timeout(60_000);
});

describe('the limits after the baseline', () => {
  const answers = (usual: number, slowest: number): Float64Array =>
    Float64Array.from({ length: 1200 }, (_, i) => (i === 600 ? slowest : usual));

  it('are ten times the p99 and half of that, at least twice the slowest that was usual, at most two seconds', () => {
    assert.deepEqual(limitsOfBaseline([answers(10, 10)]), { slow: 100, deadline: 100 }, 'what the probe may add itself');
    assert.deepEqual(limitsOfBaseline([answers(30.015, 40)]), { slow: 150.5, deadline: 301 }, 'timers take whole milliseconds');
    assert.deepEqual(limitsOfBaseline([answers(30, 100)]), { slow: 200, deadline: 300 });
    assert.deepEqual(limitsOfBaseline([answers(10, 90)]), { slow: 180, deadline: 100 });
    assert.deepEqual(limitsOfBaseline([answers(3, 3)]), { slow: 100, deadline: 30 });
    assert.deepEqual(limitsOfBaseline([answers(10, 10), answers(30, 30)]), { slow: 150, deadline: 300 });
    assert.deepEqual(limitsOfBaseline([answers(700, 900)]), { slow: 1800, deadline: 2000 });
    assert.equal(limitsOfBaseline([new Float64Array(0)]), null);
  });
});

/** As the runner takes them from the baseline. */
function limitsFrom(events: readonly JournalEvent[]): { readonly slow: number; readonly deadline: number } {
  const bySource = new Map<string, number[]>();
  for (const event of events) {
    if (event.kind !== 'sample' || event.control === true || event.t >= 61_900 || event.outcome !== 'ok') continue;
    const list = bySource.get(event.src) ?? [];
    bySource.set(event.src, list);
    list.push(event.wait + event.service);
  }
  const limits = limitsOfBaseline([...bySource.values()].map((values) => Float64Array.from(values)));
  assert.ok(limits);
  return limits;
}

describe('a hundred thousand events', () => {
  it('are projected while a person does not notice', () => {
    const { header, events } = journalOf({
      observeMs: 1_190_000,
      perSecond: 20,
      vantages: [{ ...pooled, felt: (since) => (since >= 0 && since < 3000 ? 'failed' : undefined) }, fresh],
    });
    assert.ok(events.length > 99_000, String(events.length));
    const start = performance.now();
    const projection = projectionOf(header, events);
    const fed = performance.now();
    const view = projection.view('ended');
    const made = performance.now();
    assert.ok(view.counts.planned > 49_000);
    console.log(`      fed in ${(fed - start).toFixed(0)} ms, view in ${(made - fed).toFixed(0)} ms`);
    assert.ok(made - start < 2000, `${made - start} ms`);
  });
});
