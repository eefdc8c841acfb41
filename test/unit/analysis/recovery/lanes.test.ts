/** Pods, replicas and leaders; what a watch may have missed. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readingAt } from '../../../../src/analysis/recovery/show/reading.ts';
import type { Lane, PodView, RecoveryView } from '../../../../src/analysis/recovery/view.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { FaultTarget, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { appliedAt, journalOf, kafka1, leaderKill, pod, projectionOf, src, viewOf, type Script } from './simulator.ts';

function one(view: RecoveryView): PodView {
  const [first] = view.pods;
  assert.ok(first);
  return first;
}

/** "Victim gone 40, Started 1900, …" */
function stages({ stages: list }: PodView): string {
  return list.map(({ title, atMs }) => `${title} ${atMs}`).join(', ');
}

function addsUp({ parts, totalMs, total, sum }: Lane): void {
  assert.equal(
    parts.reduce((all, { ms }) => all + ms, 0),
    totalMs,
  );
  if (!/^[\d.]+ s$/.test(total)) return;
  const shown = sum.split(' + ').reduce((all, text) => all + Math.round(Number(text.replace('−', '-')) * 100), 0);
  assert.equal(shown, Math.round(Number(total.replace(' s', '')) * 100), `${sum} = ${total}`);
}

const seen = (at: (since: number) => number, names: readonly string[]): readonly JournalEvent[] =>
  names.map((name) => pod(at(-50_000), 'seen', name, `u-${name}`, { isReady: true, isServing: true }));

describe('the lane of a pod', () => {
  it('that starts again in place: no replacement, each stage with its source, and the kubelet’s second', () => {
    const view = viewOf(leaderKill);
    const place = one(view);
    assert.deepEqual([place.inPlace, place.replacement, place.as], [true, null, 'leader of messages/17']);
    assert.equal(stages(place), 'Victim gone 40, Started 1900, Ready 8200, In EndpointSlice 8600');
    assert.deepEqual(
      place.stages.map(({ source, earlierMs, tookMs }) => [source, earlierMs, tookMs]),
      [
        ['helper', 60, 40],
        ['watch', 1000, 1860],
        ['watch', 1000, 6300],
        ['watch', 0, 400],
      ],
    );
    assert.match(place.stages[1]?.note ?? '', /the kubelet reports up to 1 s late/);
    assert.match(place.stages[3]?.note ?? '', /same pod: no replacement to pair/);
    assert.deepEqual([place.lane.sum, place.lane.total, place.lane.endText], ['0.04 + 1.86 + 6.30 + 0.40', '8.60 s', 'in EndpointSlice']);
    addsUp(place.lane);
    assert.deepEqual(
      place.segments.map(({ state }) => state),
      ['unknown', 'serving', 'gone', 'notReady', 'ready', 'serving'],
    );
  });

  it('does not take a readiness from before the restart for the one after it', () => {
    const script: Script = {
      events: (at) => [
        ...seen(at, ['kafka-1']),
        // Told late: the pod was ready, and its container was gone already.
        pod(at(60), 'ready', 'kafka-1', 'u-kafka-1'),
        pod(at(900), 'notReady', 'kafka-1', 'u-kafka-1'),
        pod(at(900), 'notServing', 'kafka-1', 'u-kafka-1'),
        pod(at(950), 'stopped', 'kafka-1', 'u-kafka-1'),
        pod(at(1900), 'started', 'kafka-1', 'u-kafka-1'),
        pod(at(5000), 'ready', 'kafka-1', 'u-kafka-1'),
        pod(at(5200), 'serving', 'kafka-1', 'u-kafka-1'),
      ],
    };
    assert.equal(stages(one(viewOf(script))), 'Victim gone 40, Started 1900, Ready 5000, In EndpointSlice 5200');
  });

  it('counts from the last start of one that crashes again, and says how often', () => {
    const script: Script = {
      events: (at) => [
        ...seen(at, ['kafka-1']),
        ...[1000, 6000].flatMap((from) => [
          pod(at(from), 'stopped', 'kafka-1', 'u-kafka-1'),
          pod(at(from), 'notReady', 'kafka-1', 'u-kafka-1'),
          pod(at(from), 'notServing', 'kafka-1', 'u-kafka-1'),
          pod(at(from + 900), 'started', 'kafka-1', 'u-kafka-1'),
          pod(at(from + 3000), 'ready', 'kafka-1', 'u-kafka-1'),
          pod(at(from + 3100), 'serving', 'kafka-1', 'u-kafka-1'),
        ]),
      ],
    };
    const place = one(viewOf(script));
    assert.equal(stages(place), 'Victim gone 40, Started 6900, Ready 9000, In EndpointSlice 9100');
    assert.deepEqual(place.notes, ['its container was restarted 2 times']);
  });

  it('that was restarted so quickly that its readiness never changed ends with its start', () => {
    const place = one(
      viewOf({
        events: (at) => [
          ...seen(at, ['kafka-1']),
          pod(at(700), 'stopped', 'kafka-1', 'u-kafka-1'),
          pod(at(700), 'started', 'kafka-1', 'u-kafka-1'),
        ],
      }),
    );
    assert.deepEqual([stages(place), place.lane.end, place.lane.endText], ['Victim gone 40, Started 700', 'complete', 'restarted']);
  });

  it('of a deleted pod of a StatefulSet goes on with the pod of the same name', () => {
    const fault: PlannedFault = { kind: 'podDelete', title: 'delete kafka-1', targets: [kafka1] };
    const script: Script = {
      fault,
      steps: [
        [-20, 'go'],
        [0, 'applied'],
        [3100, 'effect', { text: 'the pod is gone' }],
      ],
      events: (at) => [
        ...seen(at, ['kafka-0', 'kafka-1']),
        pod(at(30), 'terminating', 'kafka-1', 'u-kafka-1'),
        pod(at(50), 'notServing', 'kafka-1', 'u-kafka-1'),
        // Another pod of the same owner that came first.
        pod(at(100), 'created', 'kafka-9', 'u-kafka-9'),
        pod(at(3000), 'stopped', 'kafka-1', 'u-kafka-1'),
        pod(at(3100), 'gone', 'kafka-1', 'u-kafka-1'),
        pod(at(3150), 'created', 'kafka-1', 'u-new', { node: 'worker-2' }),
        pod(at(3300), 'scheduled', 'kafka-1', 'u-new', { node: 'worker-2' }),
        pod(at(5000), 'started', 'kafka-1', 'u-new', { node: 'worker-2' }),
        pod(at(11_000), 'ready', 'kafka-1', 'u-new', { node: 'worker-2' }),
        pod(at(11_200), 'serving', 'kafka-1', 'u-new', { node: 'worker-2' }),
      ],
    };
    const place = one(viewOf(script));
    assert.deepEqual([place.replacement?.uid, place.replacement?.pairedBy, place.inPlace], ['u-new', 'name', false]);
    assert.equal(stages(place), 'Victim gone 3000, Created 3150, Scheduled 3300, Started 5000, Ready 11000, In EndpointSlice 11200');
    addsUp(place.lane);
  });

  it('of two victims of one owner: each replacement is taken once, in order, and none of another owner', () => {
    const set = { kind: 'ReplicaSet', name: 'worker-7d4f', uid: 'uid-rs' } as const;
    const other = { kind: 'ReplicaSet', name: 'web-5c6b', uid: 'uid-web' } as const;
    const target = (name: string): FaultTarget => ({ kind: 'pod', namespace: 'shop', name, uid: `u-${name}`, owner: set });
    const fault: PlannedFault = { kind: 'podDelete', title: 'delete two workers', targets: [target('worker-a'), target('worker-b')] };
    const own = { owner: set };
    const script: Script = {
      fault,
      steps: [
        [-20, 'go', { target: 0 }],
        [0, 'applied', { target: 0 }],
        [100, 'go', { target: 1 }],
        [120, 'applied', { target: 1 }],
        ...[0, 1].map((n) => [200 + n, 'effect', { target: n, text: 'gone' }] as const),
      ],
      events: (at) => [
        pod(at(-50_000), 'seen', 'worker-a', 'u-worker-a', { ...own, isReady: true, isServing: false }),
        pod(at(-50_000), 'seen', 'worker-b', 'u-worker-b', { ...own, isReady: true, isServing: false }),
        pod(at(20), 'terminating', 'worker-a', 'u-worker-a', own),
        // Of another workload, and the first of all.
        pod(at(30), 'created', 'web-x', 'u-web-x', { owner: other }),
        pod(at(140), 'created', 'worker-c', 'u-worker-c', own),
        pod(at(130), 'terminating', 'worker-b', 'u-worker-b', own),
        pod(at(160), 'created', 'worker-d', 'u-worker-d', own),
        // The second is the faster one.
        pod(at(1000), 'started', 'worker-d', 'u-worker-d', own),
        pod(at(1500), 'started', 'worker-c', 'u-worker-c', own),
        pod(at(4000), 'ready', 'worker-d', 'u-worker-d', own),
        pod(at(6000), 'ready', 'worker-c', 'u-worker-c', own),
        pod(at(30_000), 'gone', 'worker-a', 'u-worker-a', own),
        pod(at(30_100), 'gone', 'worker-b', 'u-worker-b', own),
      ],
    };
    const view = viewOf(script);
    assert.deepEqual(
      view.pods.map(({ name, replacement }) => [name, replacement?.name, replacement?.pairedBy]),
      [
        ['worker-a', 'worker-c', 'order'],
        ['worker-b', 'worker-d', 'order'],
      ],
    );
    // A worker is in no EndpointSlice: ready is the end of its lane. The slower one counts.
    assert.deepEqual([view.lanes.pod?.of, view.lanes.pod?.totalMs, view.lanes.pod?.endText], ['worker-a', 6000, 'ready']);
    for (const { lane } of view.pods) addsUp(lane);
  });

  it('does not count the grace period: a victim that goes after its replacement served is a note', () => {
    const set = { kind: 'ReplicaSet', name: 'web-5c6b', uid: 'uid-web' } as const;
    const fault: PlannedFault = { kind: 'drain', title: 'drain worker-1', targets: [{ kind: 'node', name: 'worker-1', uid: 'n1' }] };
    const place = one(
      viewOf({
        fault,
        steps: [
          [-20, 'go'],
          [0, 'applied'],
          [30, 'effect', { text: 'evicted' }],
        ],
        events: (at) => [
          pod(at(-50_000), 'seen', 'web-a', 'u-a', { owner: set, isReady: true, isServing: true }),
          pod(at(-50_000), 'seen', 'web-z', 'u-z', { owner: set, isReady: true, isServing: true, node: 'worker-9' }),
          pod(at(40), 'terminating', 'web-a', 'u-a', { owner: set }),
          pod(at(50), 'notServing', 'web-a', 'u-a', { owner: set }),
          pod(at(60), 'created', 'web-b', 'u-b', { owner: set, node: 'worker-2' }),
          pod(at(2000), 'started', 'web-b', 'u-b', { owner: set, node: 'worker-2' }),
          pod(at(3000), 'ready', 'web-b', 'u-b', { owner: set, node: 'worker-2' }),
          pod(at(3100), 'serving', 'web-b', 'u-b', { owner: set, node: 'worker-2' }),
          pod(at(30_200), 'gone', 'web-a', 'u-a', { owner: set }),
        ],
      }),
    );
    assert.deepEqual([place.lane.totalMs, place.replacement?.name], [3100, 'web-b']);
    assert.deepEqual(place.notes, ['Victim gone at +30.20 s, after the pod was back']);
  });

  it('that is not back has no total; while it runs it is not back yet', () => {
    const script: Script = {
      events: (at) => [
        ...seen(at, ['kafka-1']),
        pod(at(800), 'notReady', 'kafka-1', 'u-kafka-1'),
        pod(at(900), 'stopped', 'kafka-1', 'u-kafka-1'),
      ],
      expect: ['pod <= 30 s'],
    };
    const view = viewOf(script);
    assert.deepEqual([one(view).lane.end, one(view).lane.total], ['never', 'longer than 60 s: no number']);
    assert.deepEqual([view.verdict, view.reason], ['failed', 'The pod was not back within 60 s, the limit is 30 s']);
    assert.equal(one(viewOf({ ...script, end: null }, 'running')).lane.end, 'open');
  });
});

describe('the reading at the cursor', () => {
  it('is of all lanes at one moment, on three clocks', () => {
    const { header, events } = journalOf(leaderKill);
    const projection = projectionOf(header, events);
    const view = projection.view('ended');
    const at = (since: number): ReturnType<typeof readingAt> => readingAt(view, projection.samples('ended'), appliedAt + since);
    const during = at(1000);
    assert.deepEqual([during.sinceMs, during.wallMs], [1000, view.startedAt + 63_000]);
    assert.equal(
      during.spoken,
      '+1.00 s; pooled no answer, failed; fresh no answer, failed; kafka-1 container gone; ISR of messages/17 2 of 3; controller broker 0; messages/17 none',
    );
    assert.match(
      at(4320).spoken,
      /^\+4\.32 s; pooled \d+\.\d ms ok; fresh \d+\.\d ms ok; kafka-1 started, not ready; ISR of messages\/17 2 of 3; controller broker 0; messages\/17 broker 2$/,
    );
    assert.deepEqual(at(4320).vantages[0]?.sample?.at, appliedAt + 4325);
    assert.deepEqual(at(50_000).pods, [{ name: 'kafka-1', state: 'serving', text: 'in EndpointSlice' }]);
    assert.deepEqual(at(50_000).autoscalers, [{ name: 'consumer', current: 3, desired: 3 }]);
  });
});

describe('a gap of a watch', () => {
  const gap =
    (of: 'pods' | 'kafka') =>
    (at: (since: number) => number): readonly JournalEvent[] => [
      ...(leaderKill.events?.(at) ?? []),
      { t: at(1200), src, kind: 'watchGap', of, ms: 3600 },
    ];

  it('in a lane that an expectation uses leaves the run unjudged; the lane still adds up', () => {
    const view = viewOf({ ...leaderKill, events: gap('pods'), expect: ['pod <= 30 s', 'recovered <= 10 s'] });
    assert.equal(view.verdict, 'inconclusive');
    assert.equal(view.reason, 'The watch of pods was down from +1.2 to +4.8 s, and the pod lane is used by an expectation');
    const place = one(view);
    assert.deepEqual(
      place.lane.parts.map(({ unsure }) => unsure),
      [false, true, true, false],
    );
    assert.equal(place.stages[1]?.earlierMs, 1000);
    assert.match(place.stages[1]?.note ?? '', /told after a gap of the watch/);
    addsUp(place.lane);
  });

  it('in a lane that nobody uses is told, and no reason', () => {
    const view = viewOf({ ...leaderKill, events: gap('pods') });
    assert.equal(view.verdict, 'passed');
    assert.equal(view.proofs.find(({ of }) => of === 'watches')?.text, 'no watch gap in a stage that is used');
    assert.deepEqual(
      view.gaps.map(({ of, fromAt, toAt }) => [of, fromAt, toAt]),
      [['pods', 63_200, 66_800]],
    );
    assert.equal(viewOf({ ...leaderKill, events: gap('kafka'), expect: ['redundancy <= 1 min'] }).verdict, 'inconclusive');
  });

  it('before the fault, or after the stage was over, does no harm', () => {
    const late = (at: (since: number) => number): readonly JournalEvent[] => [
      ...(leaderKill.events?.(at) ?? []),
      { t: at(-9000), src, kind: 'watchGap', of: 'pods', ms: 2000 },
      { t: at(30_000), src, kind: 'watchGap', of: 'pods', ms: 2000 },
    ];
    assert.equal(viewOf({ ...leaderKill, events: late, expect: ['pod <= 30 s'] }).verdict, 'passed');
  });
});

describe('redundancy', () => {
  it('goes from the first loss over the new leader to full again', () => {
    const [isr] = viewOf(leaderKill).redundancy;
    assert.ok(isr);
    assert.deepEqual([isr.lane.sum, isr.lane.total, isr.least], ['0.30 + 0.80 + 13.00', '14.10 s', 2]);
    assert.deepEqual(
      isr.lane.parts.map(({ label }) => label),
      ['', 'to the new leader', 'one replica short'],
    );
    assert.equal(isr.text, '3 → 2 at +0.30 s, 2 → 3 at +14.10 s');
    addsUp(isr.lane);
  });

  it('tells leaders and the controller, and folds what did not change', () => {
    const { leaders, nodes, autoscalers } = viewOf(leaderKill);
    assert.deepEqual(
      leaders.map(({ of, text, changed }) => [of, text, changed]),
      [
        ['controller', 'epoch 7 on broker 0, unchanged', false],
        ['messages/17', 'broker 2 since +1.10 s', true],
      ],
    );
    assert.deepEqual(
      leaders[1]?.segments.map(({ holder }) => holder),
      ['broker 1', null, 'broker 2'],
    );
    assert.deepEqual([nodes[0]?.text, autoscalers[0]?.text], ['ready, unchanged', '3 / 3, unchanged']);
  });

  it('does not take partition 1 for partition 17', () => {
    const events = (at: (since: number) => number): readonly JournalEvent[] => [
      ...(leaderKill.events?.(at) ?? []),
      { t: at(100), src, kind: 'leader', of: 'messages/1', leader: 'broker 3' },
    ];
    assert.equal(viewOf({ ...leaderKill, events }).redundancy[0]?.lane.sum, '0.30 + 0.80 + 13.00');
  });
});
