import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { newHistogram } from '../../../src/base/histogram.ts';
import type { JournalEvent, JournalHeader } from '../../../src/journal/events.ts';
import type { FaultPlan } from '../../../src/journal/fault-plan.ts';
import { JournalText } from '../../../src/journal/parse.ts';
import type { RunPlan } from '../../../src/journal/plan.ts';
import { header, operation } from './fixture.ts';

const owner = { kind: 'StatefulSet', name: 'kafka', uid: 'uid-kafka' };

const fault: FaultPlan = {
  cluster: { context: 'lab', kubeconfig: '/home/me/.kube/config', identity: 'uid sha' },
  faults: [
    {
      kind: 'networkCut',
      direction: 'both',
      title: 'cut kafka-1 off',
      durationMs: 30_000,
      targets: [{ kind: 'pod', namespace: 'shop', name: 'kafka-1', uid: 'u1', owner, node: 'n1', as: 'leader of messages/17' }],
    },
  ],
  probes: [
    {
      id: 'a',
      title: 'pooled',
      engine: 'kafka',
      address: 'kafka.shop.svc:9092',
      connection: 'pooled',
      asks: 'write to and read from messages/17',
      perSecond: 20,
      notOn: ['n1'],
    },
  ],
  messages: { topic: 'messages', partitions: 32, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 500 },
  baselineMs: 60_000,
  observeMs: 60_000,
  recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
  images: { helper: 'busybox', node: 'node' },
};

const plan: RunPlan = { ...header.plan, arms: [], statements: [], load: { kind: 'none' }, expectations: [], fault };
const head: JournalHeader = { ...header, faultline: 3, plan };

const run = { t: 12.5, src: 'runner' } as const;
const probe = { t: 912.5, src: 'probe-a' } as const;
const pod = { ...run, kind: 'pod', namespace: 'shop', name: 'kafka-1', uid: 'u1' } as const;
const messages: JournalEvent = {
  ...{ ...run, kind: 'messages', topic: 'messages', acknowledged: 41_230, failed: 3, unknown: 12, unknownPresent: 9 },
  ...{ acknowledgedJudged: 40_000, failedPresent: 1, foreign: 2, written: newHistogram().encode(), endToEnd: newHistogram().encode() },
  settings: { replicationFactor: 3, minInSync: 1, uncleanElection: true },
  ...{ lost: 1, duplicated: 3, redelivered: 0, reordered: 0, rewritten: 0, asConfigured: 'min ISR 1, unclean election' },
  notJudged: [{ partition: 4, why: 'not drained' }],
  anomalies: [{ kind: 'lost', partition: 17, sequence: 900, offset: 12_000, text: 'acknowledged at 12,000 and not there' }],
};

/** One of each kind, with all its fields. */
const every: readonly JournalEvent[] = [
  { ...run, kind: 'clock', of: 'probe-a', offset: -900.25, error: 0.4 },
  { ...probe, kind: 'vantage', title: 'pooled', connection: 'pooled', asks: 'select 1', perSecond: 20, node: 'n2', pod: 'fl-a' },
  { ...run, kind: 'limits', slow: 50, deadline: 200 },
  { ...probe, kind: 'sample', wait: 0.1, service: 4.2, outcome: 'ok' },
  { ...probe, kind: 'sample', wait: 0.1, service: 200, outcome: 'failed', error: { reason: 'timedOut', text: 'No answer', code: 'X' } },
  { ...probe, kind: 'sample', wait: 0.1, service: 0.3, outcome: 'ok', control: true },
  { ...probe, kind: 'lag', ms: 61 },
  { ...run, kind: 'fault', fault: 0, step: 'ready' },
  { ...run, kind: 'fault', fault: 0, target: 0, step: 'heal', why: 'duration' },
  { ...run, kind: 'fault', fault: 0, target: 0, step: 'unconfirmed', text: 'no answer', command: 'kubectl …' },
  { ...pod, stage: 'seen', owner, node: 'n1', container: 'kafka', at: 1_795_269_900_000, isReady: true, isServing: false },
  { ...pod, stage: 'gone' },
  { ...run, kind: 'node', name: 'n1', ready: 'unknown', schedulable: true },
  { ...run, kind: 'autoscaler', namespace: 'shop', name: 'consumer', current: 3, desired: 5, blocked: 'no metrics' },
  { ...run, kind: 'redundancy', of: 'ISR of messages/17', have: 2, want: 3, least: 2 },
  { ...run, kind: 'leader', of: 'messages/17', leader: null, epoch: 8 },
  { ...run, kind: 'watchGap', of: 'pods', ms: 3600 },
  { ...run, kind: 'prediction', fault: 0, from: 9000, to: 10_000, formula: 'session 9 s + 1 s', by: 'session timeout' },
  messages,
];

function read(events: readonly object[], first: JournalHeader = head): { readonly events: readonly object[]; readonly skipped: number } {
  const text = new JournalText();
  const found = [...text.push([first, ...events].map((line) => `${JSON.stringify(line)}\n`).join('')), ...text.end()];
  return { events: found, skipped: text.skippedLines };
}

describe('the journal of a run that breaks something', () => {
  it('gives every kind of event back as it was written', () => {
    assert.deepEqual(read(every), { events: every, skipped: 0 });
  });

  it('passes over a probe that is not the plan’s, and a probe’s word about what only the runner knows', () => {
    const strange = [
      { ...every[3], src: 'probe-b' },
      { ...every[3], src: 'probe-' },
      { ...every[3], src: 'probe-aa' },
      { ...every[3], src: 'helper' },
      { ...every[0], of: 'probe-b' },
      { ...every[2], src: 'probe-a' },
      { ...operation(1), src: 'probe-a' },
      { ...every[3], src: 'runner' },
    ];
    assert.deepEqual(read(strange), { events: [], skipped: strange.length });
  });

  it('passes over an event whose shape would mislead a reader', () => {
    const strange: readonly object[] = [
      { ...every[0], offset: 'soon' },
      { ...every[0], error: -1 },
      { ...every[1], connection: 'wet' },
      { ...every[2], slow: null },
      { ...every[3], wait: -1 },
      { ...every[3], outcome: 'slow' },
      { ...every[4], error: { reason: 'timedOut' } },
      { ...every[5], control: false },
      { ...every[6], ms: '61' },
      { ...every[7], fault: 1 },
      { ...every[8], target: 1 },
      { ...every[8], step: 'mended' },
      { ...every[8], why: 'boredom' },
      { ...every[10], owner: { kind: 'StatefulSet' } },
      { ...every[10], isReady: 'yes' },
      { ...every[11], uid: 7 },
      { ...every[11], stage: 'lost' },
      { ...every[12], ready: 'maybe' },
      { ...every[13], desired: 1.5 },
      { ...every[14], have: -1 },
      { ...every[15], leader: 3 },
      { ...every[16], of: 'birds' },
      { ...every[17], fault: 7 },
      { ...messages, lost: '0' },
      { ...messages, foreign: -1 },
      { ...messages, written: 'soon' },
      { ...messages, settings: { replicationFactor: 3 } },
      { ...messages, anomalies: [{ kind: 'lost' }] },
      { ...messages, notJudged: [{ partition: 'all' }] },
    ];
    assert.deepEqual(read(strange), { events: [], skipped: strange.length });
  });

  it('is without engine, statement and load; a run that breaks nothing is not', () => {
    const { fault: _, ...harmless } = plan;
    assert.throws(() => read([], { ...head, plan: harmless }), { reason: 'invalid', message: /nothing to break/ });
    assert.throws(() => read([], { ...head, plan: { ...plan, load: header.plan.load } }), { reason: 'invalid' });
    const beside = { ...plan, arms: header.plan.arms, statements: header.plan.statements, load: header.plan.load };
    assert.deepEqual(read([operation(1), every[3] ?? {}], { ...head, plan: beside }).skipped, 0);
  });

  it('has no such event where nothing was to be broken', () => {
    assert.deepEqual(read([every[2] ?? {}, every[3] ?? {}], header), { events: [], skipped: 2 });
  });

  it('refuses a head whose plan would mislead: a target without a UID, a rate of none, a ratio above 1', () => {
    const refuse = (changes: object): void => {
      assert.throws(() => read([], { ...head, plan: { ...plan, fault: { ...fault, ...changes } } }), { reason: 'invalid' });
    };
    refuse({ faults: [{ ...fault.faults[0], targets: [{ kind: 'pod', name: 'kafka-1' }] }] });
    refuse({ probes: [{ ...fault.probes[0], perSecond: 0 }] });
    refuse({ recovery: { ...fault.recovery, ratio: 1.5 } });
  });

  it('reads a kind of fault that a later version added', () => {
    const later = { ...head, plan: { ...plan, fault: { ...fault, faults: [{ kind: 'clockSkew', title: 'x', targets: [] }] } } };
    assert.deepEqual(read([{ ...run, kind: 'fault', fault: 0, step: 'go' }], later as unknown as JournalHeader).skipped, 0);
  });
});
