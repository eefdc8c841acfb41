import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { KafkaInstance, LineSubject } from '../../../../src/cluster/recognise/model.ts';
import { factsOf, faultKinds } from '../../../../src/fault/catalogue.ts';
import { instancesOf } from '../../../../src/fault/scene.ts';
import { changed, firstValues, formText, formView, kindsOf, withKind } from '../../../../src/ui/session/break/form.ts';
import { subjectKey, subjectOf } from '../../../../src/ui/session/break/subject.ts';
import { partitionOf } from '../../../../src/ui/session/break/whom.ts';
import { clickHouseObjects, kafkaObjects, sceneOf, trinoObjects } from '../../fault/scenes.ts';
import { engineLine, offersFor, podLine, read } from './rooms.ts';

const kafka = sceneOf(kafkaObjects());
const trino = sceneOf(trinoObjects());
const node = { kind: 'node', node: kafka.model.nodes.items[0] ?? assert.fail('no node') } as const;

describe('the form of a fault', () => {
  it('on a broker offers what fits a pod, with a sentence each, and whom only Kafka can name', () => {
    const offers = offersFor(podLine(kafka, 'bus-1'), kafka);
    const kinds = kindsOf(offers);
    assert.ok(kinds.every(({ about }) => about.endsWith('.')));
    assert.ok(kinds.every(({ key }) => factsOf(faultKinds.find((kind) => kind === key) ?? 'none').fits.includes('pod')));
    assert.ok(!kinds.some(({ key }) => key === 'scale' || key === 'nodeStop'));
    assert.deepEqual(
      offers.whom.map(({ title }) => title),
      ['bus-1 only', 'The leader of a partition', 'The active controller', 'Any broker of bus'],
    );
    assert.deepEqual(
      offers.feel.map(({ title }) => title),
      ['Probes and messages of bus', 'Probes of bus'],
    );
  });

  it('on an engine offers its workloads too, on a node what acts on nodes', () => {
    const ofEngine = kindsOf(offersFor(engineLine(trino), trino)).map(({ key }) => key);
    assert.ok(ofEngine.includes('scale') && ofEngine.includes('rollingRestart') && ofEngine.includes('podDelete'));
    assert.ok(!ofEngine.includes('drain'));
    assert.deepEqual(
      kindsOf(offersFor(node, kafka)).map(({ key }) => key),
      ['none', 'cordon', 'drain', 'nodeStop', 'nodeCut', 'nodeFreeze'],
    );
  });

  it('says why a kind is not possible here, and does not begin with it', () => {
    const offers = offersFor(podLine(kafka, 'bus-1'), kafka, (kind) => (kind === 'podDelete' ? 'you may not delete pods' : undefined));
    assert.equal(kindsOf(offers).find(({ key }) => key === 'podDelete')?.why, 'you may not delete pods');
    assert.equal(firstValues(offers).kind, 'podForget');
  });

  it('is a spec without a problem for every kind, every target and every observer, with what stands in it at first', async () => {
    const subjects = [
      [kafka, podLine(kafka, 'bus-1')],
      [kafka, engineLine(kafka)],
      [kafka, node],
      [trino, podLine(trino, 'q-worker-abc-w1')],
      [trino, engineLine(trino)],
      [sceneOf(clickHouseObjects()), podLine(sceneOf(clickHouseObjects()), 'house-1-0')],
    ] as const;
    let read_ = 0;
    for (const [scene, line] of subjects) {
      const offers = offersFor(line, scene);
      const first = firstValues(offers);
      for (const { key } of kindsOf(offers)) {
        const kind = faultKinds.find((one) => one === key) ?? assert.fail(key);
        const values = withKind(first, kind, offers);
        for (const whom of formView(values, offers).whom) {
          const { text } = formText({ ...values, whom: whom.key }, offers);
          const { breaks, problems } = await read(text);
          // Without a Service nobody can ask.
          const wrong = problems.filter(({ message }) => offers.feel.length > 0 || message !== 'Nobody feels what is broken');
          assert.deepEqual(wrong, [], `${text}\n${JSON.stringify(wrong)}`);
          if (offers.feel.length > 0) assert.equal(breaks?.draft.faults[0]?.settings.kind, kind);
          read_++;
        }
      }
    }
    assert.ok(read_ > 80, String(read_));
  });

  it('tells what is wrong beside the field that it is about', async () => {
    const offers = offersFor(podLine(kafka, 'bus-1'), kafka);
    const values = withKind(firstValues(offers), 'packetLoss', offers);
    const { text, fields } = formText(
      { ...values, duration: '60', settings: { percent: '120 %' }, expect: 'eror <= 1 %', rate: '' },
      offers,
    );
    const { problems } = await read(text);
    assert.deepEqual(
      problems.map(({ line }) => fields.get(line)),
      ['percent', 'duration', 'rate', 'expect'],
    );
  });

  it('another kind brings its own settings and rules; what a person wrote of other things stays', () => {
    const offers = offersFor(podLine(kafka, 'bus-1'), kafka);
    const first = { ...withKind(firstValues(offers), 'networkCut', offers), baseline: '30 s', whom: 'controller', allow: ['several'] };
    const now = changed(first, { ...first, kind: 'latency' }, offers);
    assert.deepEqual([now.baseline, now.whom, now.allow], ['30 s', 'controller', []]);
    assert.deepEqual(now.settings, { latency: '100 ms', jitter: '0 ms', port: '9092', existing: 'delayed' });
    const none = changed(now, { ...now, kind: 'none' }, offers);
    assert.deepEqual([none.expect, none.abort], ['unavailable <= 0 s\nmessages.lost <= 0', '']);
    const ownRules = { ...now, expect: 'recovered <= 5 s' };
    const probes = offers.feel[1]?.key ?? '';
    assert.equal(changed(ownRules, { ...ownRules, feel: probes }, offers).expect, 'recovered <= 5 s');
    assert.equal(changed(now, { ...now, feel: probes }, offers).expect, 'recovered <= 30 s\nrelapses <= 0');
  });

  it('a duration that a person typed stays with every kind that lasts; one that stood there at first does not', () => {
    const offers = offersFor(podLine(kafka, 'bus-1'), kafka);
    const latency = withKind(firstValues(offers), 'latency', offers);
    const over = (duration: string, ...kinds: readonly string[]): string =>
      kinds.reduce((values, kind) => changed(values, { ...values, kind }, offers), { ...latency, duration }).duration;
    assert.equal(over('30 s', 'packetLoss'), '30 s');
    assert.equal(over('90 s', 'podDelete', 'freeze'), '90 s');
    assert.equal(over('2h', 'freeze'), '2h', 'what is wrong is told at the field');
    assert.equal(over('60 s', 'freeze'), '30 s');
    assert.equal(over('60 s', 'podDelete', 'freeze'), '30 s');
    assert.equal(over(' ', 'freeze'), '30 s');
    assert.ok(!formText(changed(latency, { ...latency, duration: '90 s', kind: 'podDelete' }, offers), offers).text.includes('90 s'));
  });

  it('is called by whom it hits, in the middle of a sentence', () => {
    const house = sceneOf(clickHouseObjects());
    const [shard] = instancesOf(house.model).flatMap(({ roles }) => roles.flatMap(({ shards }) => shards));
    const [instance] = instancesOf(house.model);
    if (shard === undefined || instance === undefined) return assert.fail('no shard');
    const offers = offersFor({ kind: 'shard', instance, shard } as unknown as LineSubject, house);
    const { text } = formText(withKind(firstValues(offers), 'containerCrash', offers), offers);
    assert.match(text, /^name: Crash Container, a replica of shard 1$/m);
  });

  it('proposes a partition of a topic of people’s own, and none that a run’s probes have made', () => {
    const instance = (...names: readonly string[]): KafkaInstance =>
      ({ topics: names.map((name) => ({ name, internal: false })) }) as unknown as KafkaInstance;
    assert.equal(partitionOf(instance('faultline-probe-0123456789ab', 'orders'), 'own'), 'orders/0');
    assert.equal(partitionOf(instance('faultline-probe-0123456789ab', 'faultline-probe'), 'own'), 'own/0');
  });

  it('rules that a person wrote stay with another kind, those that stood there at first do not', () => {
    const offers = offersFor(podLine(kafka, 'bus-1'), kafka);
    const first = withKind(firstValues(offers), 'networkCut', offers);
    const rulesOf = (change: Partial<typeof first>, kind: string): readonly string[] => {
      const typed = changed(first, { ...first, ...change }, offers);
      const { expect, abort } = changed(typed, { ...typed, kind }, offers);
      return [expect, abort];
    };
    const usual = 'recovered <= 30 s\nrelapses <= 0\nmessages.lost <= 0';
    assert.deepEqual(rulesOf({ expect: 'recovered <= 5 s', abort: 'errors > 5 % over 10 s' }, 'podDelete'), [
      'recovered <= 5 s',
      'errors > 5 % over 10 s',
    ]);
    assert.deepEqual(rulesOf({ expect: 'recovered <= 5 s' }, 'podDelete'), ['recovered <= 5 s', '']);
    assert.deepEqual(rulesOf({ abort: '' }, 'latency'), [usual, ''], 'taken away is written too');
    const deletion = withKind(first, 'podDelete', offers);
    const back = changed(deletion, { ...deletion, kind: 'latency', feel: offers.feel[1]?.key ?? '' }, offers);
    assert.deepEqual([back.expect, back.abort], ['recovered <= 30 s\nrelapses <= 0', 'unavailable > 2 min']);
  });

  it('is on a page of its own for each object: what was made again by the same name is another', () => {
    const keyOf = (line: LineSubject, of = kafka): string => subjectKey(subjectOf(line, of.model) ?? assert.fail('nothing to break'));
    const pods = kafkaObjects().pods.map((pod) => ({ ...pod, metadata: { ...pod.metadata, uid: `${pod.metadata.uid ?? ''}-again` } }));
    const again = sceneOf({ ...kafkaObjects(), pods });
    assert.equal(keyOf(podLine(kafka, 'bus-1')), keyOf(podLine(sceneOf(kafkaObjects()), 'bus-1')));
    assert.notEqual(keyOf(podLine(kafka, 'bus-1')), keyOf(podLine(again, 'bus-1'), again));
    assert.equal(keyOf(engineLine(kafka)), keyOf(engineLine(again), again), 'an engine outlives its pods');
    const keys = [podLine(kafka, 'bus-1'), podLine(kafka, 'bus-2'), engineLine(kafka), node].map((line) => keyOf(line));
    assert.equal(new Set([...keys, keyOf(engineLine(trino), trino)]).size, 5);
  });

  it('names a partition, a number and a share as a spec does', () => {
    const offers = offersFor(engineLine(kafka), kafka);
    const first = withKind(firstValues(offers), 'containerCrash', offers);
    const line = (change: Partial<typeof first>): string =>
      formText({ ...first, ...change }, offers)
        .text.split('\n')
        .find((each) => each.includes('target:'))
        ?.trim() ?? '';
    assert.equal(line({ whom: 'leader', partition: 'orders/3' }), 'target: {leader: orders/3, instance: bus, namespace: data}');
    assert.equal(line({ amount: '2' }), 'target: {engine: kafka, role: broker, instance: bus, namespace: data, count: 2}');
    assert.equal(line({ amount: '50 %' }), 'target: {engine: kafka, role: broker, instance: bus, namespace: data, share: 50 %}');
  });
});
