/** What a run that broke something comes to. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AbortWatch } from '../../../../src/analysis/abort.ts';
import { recoveryJson } from '../../../../src/analysis/recovery/show/json.ts';
import { recoveryTables } from '../../../../src/analysis/recovery/show/tables.ts';
import type { RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import { keyNumbers } from '../../../../src/analysis/recovery/show/words.ts';
import { RunProjection } from '../../../../src/analysis/run.ts';
import { summaryOf } from '../../../../src/analysis/summary.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { MessagesEvent } from '../../../../src/journal/fault-events.ts';
import { JournalText } from '../../../../src/journal/parse.ts';
import { parseAbortRule } from '../../../../src/run/spec/expectation.ts';
import { encoded } from '../support.ts';
import { appliedAt, bothFelt, fresh, journalOf, kafka1, kill, leaderKill, pooled, src, viewOf, type Script } from './simulator.ts';

function withMessages(changes: Partial<MessagesEvent>): RecoveryView {
  const events = (at: (since: number) => number): readonly JournalEvent[] =>
    (leaderKill.events?.(at) ?? []).map((event) => (event.kind === 'messages' ? { ...event, ...changes } : event));
  return viewOf({ ...leaderKill, events });
}

describe('the verdict on a recovery', () => {
  it('is passed with its figure and its limit, and what the messages say', () => {
    const view = viewOf(leaderKill);
    assert.equal(view.verdict, 'passed');
    assert.equal(
      view.reason,
      'Users were served again 3.05 s after the fault (limit 10 s), unavailable for 2.35 s (limit 5 s), no loss among 41,230 acknowledged; 12 unknown, 9 of them present',
    );
    assert.deepEqual(
      view.proofs.map(({ of, state, text }) => [of, state, text]),
      [
        ['effect', 'ok', 'effect proven: old container id gone'],
        ['heal', 'notApplicable', 'heal: not applicable, the fault is instantaneous'],
        ['judged', 'ok', '100 % of 4,800 samples judged'],
        ['watches', 'ok', 'no watch gap'],
        ['baseline', 'ok', 'baseline 60 s, halves agree'],
        ['observed', 'ok', 'observed 60 s after the fault'],
      ],
    );
  });

  it('is failed on the first expectation that is broken', () => {
    const view = viewOf({ ...leaderKill, expect: ['recovered <= 2 s', 'unavailable <= 1 s'] });
    assert.deepEqual([view.verdict, view.reason], ['failed', 'Recovered after 3.05 s, the limit is 2 s']);
  });

  it('needs the effect proven apart from the clients, and a fault that was begun', () => {
    const refused = viewOf({ ...leaderKill, steps: [[-20, 'refused', { text: 'the pod is not there any more' }]] });
    assert.equal(refused.reason, 'Kill kafka-1, leader of messages/17: refused, the pod is not there any more');
    const inert = viewOf({
      ...leaderKill,
      steps: [
        [-20, 'go'],
        [0, 'applied'],
      ],
    });
    assert.match(inert.reason, /^Effect not proven: kill kafka-1/);
    const second = viewOf({ ...leaderKill, fault: [kill, { ...kill, title: 'kill it again' }] });
    assert.equal(second.reason, 'Kill it again: never begun');
    const two = viewOf({
      ...leaderKill,
      fault: { ...kill, title: 'kill two', targets: [kafka1, { ...kafka1, name: 'kafka-2', uid: 'u-kafka-2' }] },
      steps: [
        [-20, 'go'],
        [0, 'applied'],
        [40, 'effect', { text: 'gone' }],
        [50, 'refused', { target: 1, text: 'not enough rights' }],
      ],
    });
    assert.equal(two.reason, 'Kill two, at kafka-2: refused, not enough rights');
    for (const { verdict } of [refused, inert, second, two]) assert.equal(verdict, 'inconclusive');
  });

  it('needs the observation to be as long as it was planned; what failed has failed all the same', () => {
    const short: Script = { ...leaderKill, observeMs: 30_000, expect: ['recovered <= 10 s'] };
    assert.deepEqual([viewOf(short).verdict, viewOf(short).reason], ['inconclusive', 'Observed for 30 s after the last heal, 60 s needed']);
    assert.equal(viewOf({ ...short, expect: ['recovered <= 2 s'] }).verdict, 'failed');
  });

  it('needs a steady baseline only where one is asked for: else its absence is no mark against the run', () => {
    const stateOf = (view: RecoveryView): string | undefined => view.proofs.find(({ of }) => of === 'baseline')?.state;
    const short: Script = { ...leaderKill, baselineMs: 3000, expect: ['recovered <= 10 s'] };
    const view = viewOf(short);
    assert.deepEqual([view.verdict, stateOf(view)], ['passed', 'notApplicable']);
    const asked = viewOf({ ...short, expect: ['baseline <= 30 s'] });
    assert.deepEqual([asked.verdict, stateOf(asked)], ['inconclusive', 'missing']);
  });

  it('is failed where an answer was wrong or a message lost, whatever else is not known', () => {
    const wrong = viewOf({
      vantages: [
        { ...pooled, felt: (since) => (since === 4025 ? 'wrong' : undefined) },
        { ...fresh, controlDown: [20_000, 30_000] },
      ],
    });
    assert.equal(wrong.verdict, 'failed');
    assert.match(wrong.reason, /^0\.0455 % of the probes since the fault answered wrong \(1 of 2,200 judged\), the limit is 0 %/);
    const lost = withMessages({ lost: 2, anomalies: [{ kind: 'lost', partition: 17, sequence: 900, offset: 12_345, text: '' }] });
    assert.equal(lost.verdict, 'failed');
    assert.equal(lost.reason, 'Lost 2 of 41,230 acknowledged: partition 17, sequence 900, acknowledged at offset 12,345 and 1 more');
  });

  it('of a run that did not come to its end is inconclusive, also where something is broken', () => {
    const broken: Script = { ...leaderKill, expect: ['recovered <= 2 s'] };
    assert.match(viewOf({ ...broken, end: 'stopped' }).reason, /^Stopped by a person after/);
    assert.equal(viewOf({ ...broken, end: 'stopped' }).verdict, 'inconclusive');
    assert.match(viewOf({ ...broken, end: null }, 'interrupted').reason, /^Interrupted after/);
    assert.equal(viewOf({ ...broken, end: 'aborted' }).verdict, 'failed');
  });

  it('is not there while it runs; the reason says how it stands', () => {
    const before = viewOf({ ...leaderKill, steps: [], events: () => [], observeMs: -1000, end: null }, 'running');
    assert.deepEqual([before.verdict, before.zeroAt], [null, null]);
    assert.match(before.reason, /^Baseline: 2,3\d\d samples so far$/);
    const dark = viewOf({ ...leaderKill, events: () => [], observeMs: 1500, end: null }, 'running');
    assert.match(dark.reason, /^1\.5 s since the fault\. So far 4\d failed, \d+ unknown; not good yet$/);
    const good = viewOf({ ...leaderKill, events: () => [], observeMs: 8000, end: null }, 'running');
    assert.match(good.reason, /good again since \+3\.05 s, which is not yet called recovered$/);
    assert.ok(good.figures.recovered.kind === 'open');
    assert.match(good.lanes.client.endText, /^good for 5\.0 of the 10 s that count as recovered$/);
    const there = viewOf({ ...leaderKill, events: () => [], observeMs: 14_000, end: null }, 'running');
    assert.match(there.reason, /recovered at \+3\.05 s$/);
  });
});

describe('what is said of messages', () => {
  it('never claims more than was looked at', () => {
    assert.deepEqual(withMessages({ duplicated: 0 }).messages?.sentences, [
      'no loss among 41,230 acknowledged; 12 unknown, 9 of them present',
    ]);
    const open = withMessages({ notJudged: [{ partition: 4, why: 'not drained' }] });
    assert.deepEqual(open.messages?.sentences.slice(-2), [
      'not judged: partition 4, not drained',
      'no loss among 41,230 acknowledged where it was judged; 12 unknown, 9 of them present',
    ]);
    const some = withMessages({
      notJudged: [{ partition: 4, why: 'not drained' }],
      acknowledgedJudged: 39_000,
      unknown: 0,
      foreign: 2,
      failed: 5,
      failedPresent: 1,
    });
    assert.deepEqual(some.messages?.sentences.slice(-3), [
      'no loss among 39,000 acknowledged where it was judged',
      '5 refused, 1 of them present all the same',
      '2 records are none of the writer’s, or not as they were sent',
    ]);
    assert.deepEqual([open.verdict, open.reason], ['inconclusive', 'Not judged: partition 4, not drained']);
    for (const view of [open, withMessages({}), withMessages({ lost: 3 })]) {
      assert.doesNotMatch(JSON.stringify(view), /zero loss|exactly once/i);
    }
  });

  it('has its own percentiles where they were recorded', () => {
    const written = encoded(Array.from({ length: 1000 }, (_, i) => i + 1));
    const { messages } = withMessages({ written, endToEnd: 'HISTF not one' });
    assert.ok(Math.abs((messages?.written?.p99 ?? 0) - 990) < 2);
    assert.equal(messages?.endToEnd, null);
  });

  it('says what the topic’s settings allow, and that it is lost all the same', () => {
    const view = withMessages({ lost: 5, asConfigured: 'min ISR 1, unclean election' });
    assert.equal(view.messages?.sentences[0], 'lost, as configured (min ISR 1, unclean election): 5 of 41,230 acknowledged');
    assert.deepEqual([view.verdict, view.reason.startsWith('Lost, as configured')], ['failed', true]);
  });

  it('names duplicates, reorderings and rewritten logs', () => {
    const { messages } = withMessages({ duplicated: 3, reordered: 2, rewritten: 1, redelivered: 4 });
    assert.deepEqual(messages?.sentences.slice(1), [
      'the log was rewritten in 1 place',
      '3 duplicated: the same sequence at two offsets',
      '2 reordered within an epoch',
      '4 redelivered: the same offset read twice',
    ]);
  });

  it('that were to be checked and were not leave the run unjudged', () => {
    const events = (at: (since: number) => number): readonly JournalEvent[] =>
      (leaderKill.events?.(at) ?? []).filter(({ kind }) => kind !== 'messages');
    assert.equal(viewOf({ ...leaderKill, events }).reason, 'The messages were not checked');
  });
});

describe('predicted against measured', () => {
  it('says by how much', () => {
    const predict = (from: number, to: number): string | undefined => {
      const events = (at: (since: number) => number): readonly JournalEvent[] => [
        { t: at(-5000), src, kind: 'prediction', fault: 0, from, to, formula: 'f', by: 'b' },
      ];
      return viewOf({ ...leaderKill, events, expect: [] }).predictions[0]?.text;
    };
    assert.equal(predict(9000, 10_000), 'recovered 6–7 s sooner');
    assert.equal(predict(2000, 4000), 'as predicted');
    assert.equal(predict(500, 1000), 'recovered 2–3 s later');
  });
});

describe('key numbers', () => {
  it('are those of the panel, with ± and limits', () => {
    const numbers = keyNumbers(viewOf(leaderKill)).map(({ title, value, error, below, met }) => [title, value, error, below, met]);
    assert.deepEqual(numbers[0], ['Recovered', '3.05 s', '± 0.05', 'limit ≤ 10 s', true]);
    assert.deepEqual(numbers[1]?.slice(0, 4), ['Detected by users', '0.18 s', '± 0.05', 'first bad probe']);
    assert.deepEqual(numbers[2]?.slice(0, 4), ['First good answer', '2.35 s', '± 0.05', 'unstable (0.15 bad)']);
    assert.match(String(numbers[3]?.[1]), /^\d\.\d s$/);
    assert.deepEqual(numbers[4]?.slice(1), ['2.35 s', '± 0.15', 'limit ≤ 5 s · 3 bad intervals', true]);
    assert.deepEqual(numbers.at(-1), [
      'Messages',
      '0 lost',
      'among 41,230 acknowledged',
      '3 duplicated · 0 reordered · 12 unknown, 9 present',
      true,
    ]);
  });
});

describe('a recovery as tables', () => {
  it('has the panel’s, and columns that add up as they are shown', () => {
    const tables = recoveryTables(viewOf(leaderKill));
    assert.deepEqual(
      tables.map(({ title }) => title),
      [
        ...['Recovery', 'Lanes: each adds up to its own total', 'Pod stages', 'Redundancy', 'Leaders, nodes, autoscaling and watches'],
        ...['Vantages', 'Response times, ms', 'Errors', 'Messages', 'Predicted against measured', 'What the verdict stands on'],
      ],
    );
    for (const { columns, rows } of tables) for (const row of rows) assert.equal(row.length, columns.length);
    const stages = tables.find(({ title }) => title === 'Pod stages')?.rows ?? [];
    assert.deepEqual(
      stages.map((row) => row.slice(1, 5)),
      [
        ['Victim gone', '+0.04', '−0.06', '0.04'],
        ['Started', '+1.90', '−1.00', '1.86'],
        ['Ready', '+8.20', '−1.00', '6.30'],
        ['In EndpointSlice', '+8.60', '', '0.40'],
      ],
    );
    const odd = viewOf({
      ...leaderKill,
      steps: [
        [-20, 'go'],
        [0, 'applied'],
        [45.4, 'effect', { text: 'gone' }],
      ],
    });
    const shown = recoveryTables(odd).find(({ title }) => title === 'Pod stages')?.rows ?? [];
    assert.equal(Math.round(shown.reduce((sum, row) => sum + Number(row[4]) * 100, 0)), 860);
  });
});

describe('a recovery for programs', () => {
  it('has the fields that were promised', () => {
    const json = recoveryJson(viewOf(leaderKill));
    assert.deepEqual(
      [json.verdict, json.effectProven, json.healProven, json.recoveredMs, json.unavailableMs],
      ['passed', true, null, 3050, 2350],
    );
    assert.equal(json.impact?.startMs, 175);
    assert.deepEqual(
      json.stages.filter(({ lane }) => lane === 'pod').map(({ stage, atMs }) => [stage, atMs]),
      [
        ['Victim gone', 40],
        ['Started', 1900],
        ['Ready', 8200],
        ['In EndpointSlice', 8600],
      ],
    );
    const { acknowledged, lost, duplicated, reordered, unknown } = json.messages ?? {};
    assert.deepEqual([acknowledged, lost, duplicated, reordered, unknown], [41_230, 0, 3, 0, 12]);
    const never = recoveryJson(
      viewOf({
        vantages: [pooled, fresh].map((each) => ({ ...each, felt: (since: number) => (since >= 0 ? ('failed' as const) : undefined) })),
      }),
    );
    assert.deepEqual([never.recoveredMs, never.recoveredErrorMs, never.verdict], ['never', null, 'failed']);
    const none = recoveryJson(viewOf({ vantages: [pooled, fresh] }));
    assert.deepEqual([none.impact, none.recoveredMs], [null, 0]);
  });
});

describe('a run of the list', () => {
  it('has the verdict of its recovery, from its journal’s text, with a load beside the probes too', () => {
    const { header, events } = journalOf(leaderKill);
    const text = new JournalText();
    const lines = [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
    const read = [...text.push(lines), ...text.end()];
    assert.equal(text.skippedLines, 0);
    const run = new RunProjection(text.header ?? header);
    for (const event of read) run.add(event);
    const view = run.view('ended');
    assert.deepEqual([view.verdict, view.reason], ['passed', viewOf(leaderKill).reason]);
    // The probes' clocks are not the run's.
    assert.equal(view.durationMs, appliedAt + 63_000);
    const summary = summaryOf(view);
    assert.deepEqual(summary.recovery?.recovered, { kind: 'value', ms: 3050 });
    assert.deepEqual([summary.recovery?.lost, summary.recovery?.unavailableMs, summary.engine], [0, 2350, '']);
    assert.deepEqual(run.recoveryView('ended'), viewOf(leaderKill));
  });

  it('with a load beside the probes fails on its wrong answer, and on its own expectations', () => {
    const load = { kind: 'closed', clients: 1, iterations: 3, thinkTimeMs: 0, order: 'listed' } as const;
    const { header, events } = journalOf({ ...leaderKill, expect: ['recovered <= 10 s', 'latency.max <= 1 s'] });
    const plan = {
      ...{ ...header.plan, load, statements: [{ name: 'q', sql: 'select 1', weight: 1 }] },
      arms: [{ label: 'DuckDB', engine: 'duckdb', target: { kind: 'tpch', scale: 1 }, threads: 0, memoryLimitBytes: 0 } as const],
    };
    const outcome = (service: number, answer: 'ok' | 'wrong'): readonly [string | null, string] => {
      const run = new RunProjection({ ...header, plan });
      const op: JournalEvent = { t: 63_000, src, kind: 'op', q: 0, wait: 0, service, rows: 1, answer };
      for (const event of [...events, op]) run.add(event);
      const { verdict, reason } = run.view('ended');
      return [verdict, reason];
    };
    assert.equal(outcome(20, 'ok')[0], 'passed');
    assert.deepEqual(outcome(20, 'wrong'), ['failed', 'q answered wrong once']);
    assert.match(outcome(2000, 'ok')[1], /^Max response time was 2\.00 s, the limit is 1 s/i);
  });
});

describe('abort rules on what users feel', () => {
  function abortedAt(rule: string, script: Script): readonly [atMs: number, reason: string] | null {
    const { header, events } = journalOf(script);
    const watch = new AbortWatch([parseAbortRule(rule)], header.plan);
    let next = 0;
    for (let now = 3000; now < appliedAt + 60_000; now += 250) {
      for (let event = events[next]; event !== undefined; event = events[++next]) {
        if (knownAt(event) > now) break;
        watch.add(event);
      }
      const reason = watch.check(now);
      if (reason !== null) return [now - appliedAt, reason];
    }
    return null;
  }
  const knownAt = (event: JournalEvent): number => (event.kind === 'sample' ? event.t + event.wait + event.service + 50 : event.t);
  const dark: Script = { vantages: [pooled, fresh].map((each) => ({ ...each, felt: (since) => (since >= 0 ? 'failed' : undefined) })) };

  it('count from the fault on, or over the newest seconds, within a second of the breach', () => {
    const since = abortedAt('unavailable > 20 s', dark);
    assert.ok(since !== null && since[0] >= 20_000 && since[0] <= 21_000, String(since));
    assert.match(since[1], /^unavailable > 20 s: unavailable for more than|^unavailable > 20 s: 20\.\d+ s$/);
    const window = abortedAt('probes.failed > 50 % over 10 s', dark);
    assert.ok(window !== null && window[0] >= 5000 && window[0] <= 6000, String(window));
    assert.match(window[1], /^probes\.failed > 50 % over 10 s: 5\d(\.\d)? % \(\d+ of \d+\)$/);
    const recovered = abortedAt('recovered > 30 s', dark);
    assert.ok(recovered !== null && recovered[0] >= 30_000 && recovered[0] <= 31_000, String(recovered));
    assert.equal(recovered[1], 'recovered > 30 s: not recovered within 30 s');
  });

  it('do not hold for a run that recovers', () => {
    assert.equal(abortedAt('unavailable > 20 s', leaderKill), null);
    assert.equal(abortedAt('recovered > 30 s', leaderKill), null);
    assert.equal(abortedAt('unavailable > 3 s over 10 s', leaderKill), null);
  });
});

describe('a run whose users only wait longer', () => {
  it('has no impact by its slow limit, and does not say that nothing was felt', () => {
    const view = viewOf({ ...bothFelt((since) => (since >= 0 && since < 20_000 ? 40 : undefined)), observeMs: 60_000 });
    assert.equal(view.impact, null);
    assert.equal(view.verdict, 'passed');
    assert.match(
      view.reason,
      /^No answer was missing or took longer than the slow limit of 0\.05 s, but users waited longer until (19|20)\.\d\d s after the fault/,
    );
  });
});
