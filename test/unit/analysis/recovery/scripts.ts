/** Runs in every state that a recovery can end in: of the kept readings, and of the page's tests and pictures. */
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { FaultTarget } from '../../../../src/journal/fault-plan.ts';
import { bothFelt, cut, fresh, kafka1, leaderKill, nothing, outage, pod, pooled, src, type Script } from './simulator.ts';

const within = (since: number, from: number, to: number): boolean => since >= from && since < to;
const set = { kind: 'ReplicaSet', name: 'worker-7d4f', uid: 'uid-rs' } as const;
const worker = (name: string): FaultTarget => ({ kind: 'pod', namespace: 'shop', name, uid: `u-${name}`, owner: set });
const [ofPooled = pooled, ofFresh = fresh] = leaderKill.vantages ?? [];

/** A cut that users do not recover from, although it is healed. */
export const neverBack: Script = {
  fault: cut,
  expect: ['recovered <= 10 s'],
  vantages: [pooled, fresh].map((one) => ({ ...one, felt: (since) => (since > 200 ? 'failed' : undefined) })),
  steps: [
    [-20, 'go'],
    [0, 'applied'],
    [40, 'effect', { text: '1,204 packets dropped' }],
    [20_000, 'heal', { why: 'duration' }],
    [20_100, 'healed', { text: 'the helper found nothing left' }],
  ],
};

export const scripts = {
  'leader-kill': leaderKill,
  relapse: {
    ...bothFelt((since) => (within(since, 0, 3000) || within(since, 15_000, 16_000) ? 'failed' : undefined)),
    expect: ['relapses <= 0'],
  },
  never: {
    ...bothFelt((since) => (since < 600 || within(since, 34_000, 41_000) || within(since, 77_000, 80_000) ? undefined : 'failed')),
    ...{ observeMs: 120_000, expect: ['recovered <= 10 s'] },
  },
  'control-broken': {
    vantages: [
      { ...pooled, felt: outage(300, 2400) },
      { ...fresh, felt: outage(300, 2400), controlDown: [6100, 8600] },
    ],
    expect: ['recovered <= 10 s'],
  },
  'clock-drift': {
    ...leaderKill,
    vantages: [
      { ...ofPooled, offset: -7_200_000, drift: 1 },
      { ...ofFresh, offset: 86_400_000, drift: -1 },
    ],
  },
  'nothing-broken': {
    fault: nothing,
    steps: [
      [-5, 'go'],
      [0, 'applied'],
    ],
    expect: ['unavailable <= 0 s'],
  },
  'watch-gap': {
    ...{ ...leaderKill, expect: ['pod <= 30 s'] },
    events: (at) => [...(leaderKill.events?.(at) ?? []), { t: at(1200), src, kind: 'watchGap', of: 'pods', ms: 3600 }],
  },
  'lasting-cut': {
    ...bothFelt(outage(200, 6000)),
    ...{ fault: cut, observeMs: 100_000, expect: ['failover <= 10 s', 'rejoin <= 10 s'] },
    steps: [
      [-20, 'go'],
      [0, 'applied'],
      [60, 'effect', { text: '1,204 packets dropped' }],
      [20_000, 'heal', { why: 'duration' }],
      [20_150, 'healed'],
    ],
    events: (at): readonly JournalEvent[] => [
      pod(at(-50_000), 'seen', 'kafka-1', 'u-kafka-1', { isReady: true, isServing: true }),
      { t: at(-50_000), src, kind: 'redundancy', of: 'ISR of messages/17', have: 3, want: 3, least: 2 },
      pod(at(8000), 'notReady', 'kafka-1', 'u-kafka-1'),
      pod(at(8100), 'notServing', 'kafka-1', 'u-kafka-1'),
      { t: at(9000), src, kind: 'redundancy', of: 'ISR of messages/17', have: 2, want: 3, least: 2 },
      pod(at(22_000), 'ready', 'kafka-1', 'u-kafka-1'),
      pod(at(22_100), 'serving', 'kafka-1', 'u-kafka-1'),
      { t: at(26_150), src, kind: 'redundancy', of: 'ISR of messages/17', have: 3, want: 3, least: 2 },
    ],
  },
  'two-victims': {
    fault: { kind: 'podDelete', title: 'delete two workers', targets: [worker('worker-a'), worker('worker-b')] },
    steps: [
      [-20, 'go', { target: 0 }],
      [0, 'applied', { target: 0 }],
      [100, 'go', { target: 1 }],
      [120, 'applied', { target: 1 }],
      [1000, 'effect', { target: 0, text: 'old container id gone' }],
      [1100, 'effect', { target: 1, text: 'old container id gone' }],
    ],
    events: (at): readonly JournalEvent[] => [
      ...['a', 'b'].map((n) => pod(at(-50_000), 'seen', `worker-${n}`, `u-worker-${n}`, { owner: set, isReady: true, isServing: false })),
      pod(at(20), 'terminating', 'worker-a', 'u-worker-a', { owner: set }),
      pod(at(60), 'created', 'worker-c', 'u-worker-c', { owner: set }),
      pod(at(130), 'terminating', 'worker-b', 'u-worker-b', { owner: set }),
      pod(at(160), 'created', 'worker-d', 'u-worker-d', { owner: set }),
      pod(at(1200), 'started', 'worker-d', 'u-worker-d', { owner: set }),
      pod(at(1500), 'started', 'worker-c', 'u-worker-c', { owner: set }),
      pod(at(4000), 'ready', 'worker-d', 'u-worker-d', { owner: set }),
      pod(at(6000), 'ready', 'worker-c', 'u-worker-c', { owner: set }),
    ],
    expect: ['pod <= 30 s'],
  },
  'no-steady-baseline': {
    ...bothFelt((since, usual) => (since < -30_000 ? usual : usual * 1.6)),
    ...{ slowMs: 200, expect: ['baseline <= 20 s'] },
  },
  'in-place-restart': {
    fault: { kind: 'containerCrash', title: 'crash kafka-1', targets: [kafka1] },
    events: (at): readonly JournalEvent[] => [
      pod(at(-50_000), 'seen', 'kafka-1', 'u-kafka-1', { isReady: true, isServing: true }),
      pod(at(900), 'stopped', 'kafka-1', 'u-kafka-1'),
      pod(at(900), 'started', 'kafka-1', 'u-kafka-1'),
    ],
    expect: ['pod <= 30 s'],
  },
} as const satisfies Readonly<Record<string, Script>>;
