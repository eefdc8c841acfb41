import assert from 'node:assert/strict';
import type { KafkaFacts } from '../../../src/cluster/recognise/model.ts';
import type { DraftFault, TargetBy } from '../../../src/fault/draft.ts';
import { previewAgain } from '../../../src/fault/plan.ts';
import { changedSince, type Preview } from '../../../src/fault/preview/preview.ts';
import {
  draft,
  heldOf,
  kafkaFacts,
  kafkaObjects,
  kafkaPod,
  previewOf,
  saidOf,
  sceneOf,
  scenePod,
  trinoObjects,
  workerLabels,
  type Objects,
} from './scenes.ts';

const leader: TargetBy = { kind: 'leader', topic: 'messages', partition: 0 };

describe('a step after the first, looked at once more', () => {
  const again = (before: Preview, fault: DraftFault, objects: Partial<Objects>, ownTopic?: string): Preview =>
    previewAgain(
      { fault, identity: 'uid/ca', run: 'r1', isLaterStep: true, ...(ownTopic === undefined ? {} : { ownTopic }) },
      heldOf(before),
      sceneOf(objects),
    );
  const ledBy = (id: number): KafkaFacts => ({
    ...kafkaFacts,
    topics: kafkaFacts.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, leader: id })) })),
  });

  it('hits the leader that was confirmed, or nobody', () => {
    const fault = draft({ kind: 'podDelete' }, leader);
    const before = previewOf(sceneOf(kafkaObjects()), fault);
    assert.deepEqual(saidOf(again(before, fault, kafkaObjects())), []);
    assert.deepEqual(saidOf(again(before, fault, { ...kafkaObjects(), kafka: ledBy(2) })), [
      'target: bus-0 (leader of messages/0) was confirmed, and by now that is bus-2 (leader of messages/0)',
    ]);
  });

  it('whose leader is told only when it begins may find another one', () => {
    const fault = draft({ kind: 'podDelete' }, leader, { when: { kind: 'afterHeal', pauseMs: 1 } });
    const before = previewOf(sceneOf(kafkaObjects()), fault);
    const now = again(before, fault, { ...kafkaObjects(), kafka: ledBy(2) });
    assert.deepEqual(saidOf(now), []);
    assert.deepEqual(changedSince(before.parts, now.parts, true), []);
  });

  it('finds the leader of the run’s own topic, which was not there when it was confirmed', () => {
    const own: TargetBy = { kind: 'leader', topic: 'own', partition: 0 };
    const fault = draft({ kind: 'podDelete' }, own);
    const before = previewOf(sceneOf(kafkaObjects()), fault, { ownTopic: 'own' });
    const partitions = [{ partition: 0, leader: 1, replicas: [1, 2], inSync: [1, 2] }];
    const made = { ...kafkaFacts, topics: [...kafkaFacts.topics, { name: 'own', internal: false, partitions }] };
    const now = again(before, fault, { ...kafkaObjects(), kafka: made }, 'own');
    assert.deepEqual(saidOf(now), []);
    assert.deepEqual(changedSince(before.parts, now.parts), [], 'neither has the first one changed');
  });

  it('is another where how many replicas are wanted is, and not where pods and budgets are', () => {
    const fault = draft({ kind: 'scale', replicas: 2 }, { kind: 'object', object: 'StatefulSet', name: 'bus' });
    const before = previewOf(sceneOf(kafkaObjects()), fault);
    const changed = (objects: Partial<Objects>): readonly string[] =>
      changedSince(before.parts, again(before, fault, { ...kafkaObjects(), ...objects }).parts, true);
    const renewed = kafkaObjects().pods.map((pod) => ({ ...pod, metadata: { ...pod.metadata, uid: `new-${pod.metadata.uid}` } }));
    assert.deepEqual(changed({ pods: renewed, budgets: [] }), []);
    const { workloads } = kafkaObjects();
    const grown = workloads.map((one) => ({ ...one, workload: { ...one.workload, spec: { ...one.workload.spec, replicas: 5 } } }));
    assert.deepEqual(changed({ workloads: grown }), ['how many replicas are wanted']);
  });

  describe('loses no more than was confirmed', () => {
    const spec = { volumes: [{ name: 'data', emptyDir: {} }] };
    const drain = draft(
      { kind: 'drain' },
      { kind: 'object', object: 'Node', name: 'n2' },
      { allow: ['dataLoss', 'several', 'beyondMinority'] },
    );
    const worker = (name: string, on: string): ReturnType<typeof scenePod> =>
      scenePod(
        {
          name: `q-worker-abc-${name}`,
          labels: { ...workerLabels, 'pod-template-hash': 'abc' },
          owner: { kind: 'ReplicaSet', name: 'q-worker-abc' },
          containers: [{ name: 'main' }],
          node: on,
        },
        { spec },
      );
    const at = (...pods: Objects['pods']): Partial<Objects> => ({ ...trinoObjects(), pods });
    const nodeLosses = (before: Objects['pods'], now: Objects['pods']): readonly string[] =>
      saidOf(again(previewOf(sceneOf(at(...before)), drain), drain, at(...now))).filter((text) => text.startsWith('consent'));

    it('also where losses are allowed by name: pods that an earlier step has moved there were never shown', () => {
      const moved = 'consent: More would be lost than was confirmed: data/q-worker-abc-w7: what is in its emptyDir data is lost';
      assert.deepEqual(nodeLosses([worker('w1', 'n1')], [worker('w7', 'n2')]), [moved]);
      assert.deepEqual(nodeLosses([worker('w1', 'n1'), worker('w2', 'n2')], [worker('w2', 'n2'), worker('w7', 'n2')]), [moved]);
    });

    it('as many of the same workload are the same, and fewer are fine', () => {
      assert.deepEqual(nodeLosses([worker('w1', 'n1'), worker('w2', 'n2')], [worker('w8', 'n2')]), []);
      assert.deepEqual(nodeLosses([worker('w2', 'n2')], [worker('w2', 'n1')]), []);
    });

    it('what keeps its name is meant by it', () => {
      const broker = (index: number, on: string): Objects['pods'][number] => {
        const pod = kafkaPod(index);
        return { ...pod, spec: { ...pod.spec, ...spec, nodeName: on } };
      };
      const said = (now: Objects['pods']): readonly string[] => {
        const before = previewOf(sceneOf({ ...kafkaObjects(), pods: [broker(1, 'n1'), broker(2, 'n2')] }), drain);
        return saidOf(again(before, drain, { ...kafkaObjects(), pods: now })).filter((text) => text.startsWith('consent'));
      };
      assert.deepEqual(said([broker(1, 'n1'), broker(2, 'n2')]), []);
      assert.deepEqual(said([broker(1, 'n2'), broker(2, 'n1')]), [
        'consent: More would be lost than was confirmed: data/bus-1: what is in its emptyDir data is lost',
      ]);
    });
  });
});
