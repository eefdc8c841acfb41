import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describePreview, previewJson } from '../../../src/cli/preview.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { widthOf } from '../../../src/cli/format/width.ts';
import type { DraftFault } from '../../../src/fault/draft.ts';
import { refusal } from '../../../src/fault/guard/refusal.ts';
import type { PlanPreview } from '../../../src/fault/plan.ts';
import { hashOfPlan, type Preview } from '../../../src/fault/preview/preview.ts';
import type { FaultPlan, PlannedProbe } from '../../../src/journal/fault-plan.ts';
import { budget, draft, kafkaObjects, previewOf, sceneOf } from '../fault/scenes.ts';

/** Begins what orders a terminal about. */
const escape = '\u001b';

type Edges = Pick<Terminal, 'stdout' | 'stderr' | 'env'>;

function edges(columns: number | undefined, env: Terminal['env'] = {}, isTTY = false): Edges {
  const stream = (): Terminal['stdout'] => Object.assign(new PassThrough(), columns === undefined ? { isTTY } : { columns, isTTY });
  return { stdout: stream(), stderr: stream(), env };
}

const probe: PlannedProbe = {
  ...{ id: 'a', title: 'pooled', engine: 'kafka', address: 'bus.data.svc:9092', connection: 'pooled' },
  ...{ asks: 'write to and read from messages/1', perSecond: 20, notOn: ['n1'] },
};

const cut: DraftFault = draft(
  { kind: 'networkCut', direction: 'both' },
  { kind: 'leader', topic: 'messages', partition: 1 },
  { durationMs: 30_000 },
);

function planned(previews: readonly Preview[], more: Partial<PlanPreview> = {}): PlanPreview {
  const faults = previews.flatMap(({ fault }) => fault ?? []);
  const plan: FaultPlan = {
    cluster: { context: 'lab-1', kubeconfig: '/k', identity: '3f2a91c0-1111/ca' },
    ...{ faults, probes: [probe], baselineMs: 60_000, observeMs: 90_000 },
    messages: { topic: 'messages', partitions: 32, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 500 },
    recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
    images: { helper: 'busybox:1.37', node: 'node:24-slim' },
  };
  return { plan, previews, refusals: [], probes: [probe], drafts: [cut], hash: hashOfPlan(plan, previews), ...more };
}

describe('a preview in a terminal', () => {
  const scene = sceneOf({ ...kafkaObjects(), budgets: [budget('bus', { 'app.kubernetes.io/name': 'kafka' }, 1)] });
  const preview = previewOf(scene, cut);

  it('says whom it hits, what that touches, when it ends, how it heals, which rights it takes, and what is confirmed', () => {
    const whole = planned([preview]);
    const text = describePreview(whole, edges(undefined));
    for (const said of [
      /^Cut Network: bus-1 \(leader of messages\/1\), both ways$/m,
      /^ {2}Hits {6}1 of 3 brokers of data\/bus$/m,
      /^ {12}pod data\/bus-1, leader of messages\/1, on n1, container kafka, uid /m,
      /^ {2}Touches {3}It leads 1 partition of data\/bus\.\n {12}It holds replicas of 2 partitions\.$/m,
      /^ {2}Budgets {3}PodDisruptionBudget bus: 3 of 3 pods are healthy/m,
      /^ {2}Ends {6}After 30\.0 s, by the kernel of its node/m,
      /^ {2}Heals {5}The helper takes its rules back/m,
      /^ {2}Rights {4}\? not known for injecting: .*patch pods\/ephemeralcontainers in data/m,
      /^ {2}Steps {5}1:00 min baseline: probes ask, messages are written, nothing is broken\.$/m,
      /^ {12}Then Cut Network: bus-1 .*, for 30\.0 s$/m,
      /^ {2}Probes {4}pooled \(a\): kafka bus\.data\.svc:9092, .* 20\/s, on any/m,
      /^ {14}.*n1$/m,
      /^ {2}Messages {2}500\/s into topic messages: 32 partitions, replication 3, min ISR 2/m,
      /^ {2}Images {4}helper busybox:1\.37$/m,
      /^ {2}Cluster {3}lab-1, kube-system 3f2a91c0-1111$/m,
    ])
      assert.match(text, said);
    assert.ok(text.endsWith(`  Hash      ${whole.hash}\n`));
    assert.ok(!text.includes(escape));
  });

  it('what is refused is said with what to do about it, and has nothing to confirm', () => {
    const refused = { ...preview, refusals: [refusal('blast', '2 targets are more than one', { remedy: 'Choose one.', flag: 'several' })] };
    const { plan: _plan, ...rest } = planned([refused], { hash: '', refusals: [refusal('target', 'Every node is hit')] });
    const text = describePreview(rest, edges(undefined));
    assert.match(
      text,
      /^ {2}✗ 2 targets are more than one\.\n {6}Choose one\.\n {6}faultline fault … --allow several, or in a spec “allow: \[several\]”$/m,
    );
    assert.match(text, /^ {2}✗ Every node is hit\.$/m);
    assert.match(text, /\nRefused for 2 reasons: nothing of it may begin\.\n$/);
    assert.doesNotMatch(text, /Hash|Steps/);
    const parsed = previewJson(rest);
    assert.deepEqual(
      [parsed.hash, parsed.cluster, parsed.faults[0]?.refusals[0]?.flag, parsed.refusals.length],
      [null, null, 'several', 1],
    );
  });

  it('what would be lost for good is named, with what is typed for it', () => {
    const consent = {
      type: 'bus-1',
      losses: [{ pod: 'data/bus-1', of: 'StatefulSet data/bus-1', why: 'volume scratch is an emptyDir' }],
      isGiven: false,
    };
    const lossy = {
      ...preview,
      consent,
      refusals: [refusal('consent', 'data/bus-1: volume scratch is an emptyDir', { flag: 'dataLoss' })],
    };
    const { plan: _plan, ...rest } = planned([lossy], { hash: '' });
    const text = describePreview(rest, edges(undefined));
    assert.match(text, /^ {2}Lost {6}data\/bus-1: volume scratch is an emptyDir\n {12}Asked for: bus-1$/m);
    assert.match(text, /^ {6}--allow-loss bus-1$/m);
  });

  it('a right that is missing stands first, in words', () => {
    const permissions = preview.permissions.map((one, index) => ({ ...one, answer: index === 0 ? ('no' as const) : ('yes' as const) }));
    const text = describePreview(planned([{ ...preview, permissions }]), edges(200));
    assert.match(text, new RegExp(`^ {2}Rights {4}✗ missing for injecting: ${permissions[0]?.text}$`, 'm'));
    assert.match(text, /^ {12}✓ for injecting: [^]*\n {12}✓ for healing: /m);
  });

  it('several steps are numbered, with what they wait for', () => {
    const later = previewOf(scene, {
      ...draft({ kind: 'containerCrash' }, { kind: 'leader', topic: 'messages', partition: 1 }, { allow: ['beyondMinority'] }),
      when: { kind: 'isr', topic: 'messages', partition: 1, size: 2, withinMs: 60_000 },
    });
    const text = describePreview(planned([preview, later]), edges(200));
    assert.match(text, /^1\. Cut Network/m);
    assert.match(
      text,
      /^2\. Crash Container: [^]*\n {2}Begins {4}When the ISR of messages\/1 is 2, at most 1:00 min after the step before; else it is not begun\.$/m,
    );
    assert.match(text, /^ {12}2\. Crash Container: /m);
  });

  for (const columns of [200, 80, 60, 40])
    it(`fits into ${columns} columns, apart from words that are longer`, () => {
      const text = describePreview(planned([preview]), edges(columns));
      const tooLong = text.split('\n').filter((line) => widthOf(line) > columns && !line.includes(planned([preview]).hash));
      assert.deepEqual(tooLong, []);
      assert.ok(text.includes(planned([preview]).hash));
    });

  it('is coloured on a terminal, and not where a person does not want it', () => {
    assert.ok(describePreview(planned([preview]), edges(80, {}, true)).startsWith(`${escape}[1mCut Network`));
    assert.ok(!describePreview(planned([preview]), edges(80, { NO_COLOR: '1' }, true)).includes(escape));
  });

  it('takes letters where the terminal has no others', () => {
    const text = describePreview(planned([preview]), edges(80, { LC_ALL: 'C' }));
    assert.match(text, /^[\n -~]*$/);
  });

  it('names of objects can’t order the terminal about', () => {
    const evil = { ...preview, dependents: ['Service \u001b[2Jx'] };
    assert.ok(!describePreview(planned([evil]), edges(80)).includes(escape));
  });
});
