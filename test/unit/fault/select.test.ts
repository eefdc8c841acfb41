import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { TargetBy } from '../../../src/fault/draft.ts';
import type { FaultScene } from '../../../src/fault/scene.ts';
import { selectorOfLine } from '../../../src/fault/target/line.ts';
import { tasksByPod } from '../../../src/fault/target/tasks.ts';
import { selectTargets, type SelectOptions } from '../../../src/fault/target/select.ts';
import type { FaultKind } from '../../../src/journal/fault-plan.ts';
import { linesOf } from '../../../src/cluster/recognise/lines.ts';
import type { Line } from '../../../src/cluster/recognise/model.ts';
import { byPod, clickHouseObjects, kafkaFacts, kafkaObjects, kafkaPod, sceneOf, scenePod, trinoObjects, workload } from './scenes.ts';

/** "name (why)" of each target, and of how many what. */
function picked(scene: FaultScene, by: TargetBy, kind: FaultKind = 'podDelete', more: object = {}, options: SelectOptions = {}): string {
  const { targets, of, what } = selectTargets(scene, kind, { by, ...more }, options);
  return `${targets.map(({ name, as }) => (as === undefined ? name : `${name} (${as})`)).join(', ')} of ${of} ${what}`;
}

function refused(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (FaultlineError.is(error)) return `${error.reason}: ${error.message}`;
    throw error;
  }
  return 'nothing was refused';
}

describe('targets of a fault', () => {
  const kafka = sceneOf(kafkaObjects());
  const trino = sceneOf(trinoObjects());
  const leader = (topic: string, partition: number): TargetBy => ({ kind: 'leader', topic, partition });

  it('a pod is held by its uid, with its container, what that was, its node and its owner', () => {
    const { targets } = selectTargets(kafka, 'podDelete', { by: byPod('bus-1') });
    assert.deepEqual(targets, [
      {
        kind: 'pod',
        namespace: 'data',
        name: 'bus-1',
        uid: 'uid-data-bus-1',
        container: 'kafka',
        containerId: 'containerd://bus-1-first',
        node: 'n1',
        owner: { kind: 'StatefulSet', name: 'bus', uid: 'uid-bus' },
      },
    ]);
    assert.equal(picked(kafka, byPod('bus-1')), 'bus-1 of 3 pods of bus');
  });

  it('the active controller and a leader are those that Kafka itself names', () => {
    assert.equal(picked(kafka, { kind: 'controller' }), 'bus-2 (active controller) of 3 controllers of data/bus');
    assert.equal(picked(kafka, leader('messages', 1)), 'bus-1 (leader of messages/1) of 3 brokers of data/bus');
    const moved = {
      ...kafkaFacts,
      controllerId: 0,
      topics: kafkaFacts.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, leader: 2 })) })),
    };
    const later = sceneOf({ ...kafkaObjects(), kafka: moved });
    assert.equal(picked(later, { kind: 'controller' }), 'bus-0 (active controller) of 3 controllers of data/bus');
    assert.equal(picked(later, leader('messages', 1)), 'bus-2 (leader of messages/1) of 3 brokers of data/bus');
  });

  it('a leader of the run’s own topic, which is not there yet, is any broker until it begins', () => {
    const options = { ownTopic: 'mine' };
    assert.equal(
      picked(kafka, leader('mine', 4), 'freeze', {}, options),
      [0, 1, 2].map((id) => `bus-${id} (leads mine/4, if it does when it begins)`).join(', ') + ' of 3 brokers of data/bus',
    );
    assert.deepEqual(selectTargets(kafka, 'freeze', { by: leader('mine', 4) }, options).choose, {
      kind: 'leader',
      topic: 'mine',
      partition: 4,
    });
    assert.match(
      refused(() => picked(kafka, leader('theirs', 4), 'freeze', {}, options)),
      /^notFound: data\/bus has no topic theirs/,
    );
    assert.match(
      refused(() => picked(kafka, leader('messages', 9), 'freeze')),
      /^notFound: messages has no partition 9\. It has 2 partitions/,
    );
  });

  it('a step that waits for a state takes whoever leads then, among the replicas of the partition', () => {
    const two = {
      ...kafkaFacts,
      topics: [{ name: 'messages', internal: false, partitions: [{ partition: 0, leader: 0, replicas: [0, 2], inSync: [0, 2] }] }],
    };
    const { targets, choose } = selectTargets(
      sceneOf({ ...kafkaObjects(), kafka: two }),
      'freeze',
      { by: leader('messages', 0) },
      { isLater: true },
    );
    assert.deepEqual(
      targets.map(({ name }) => name),
      ['bus-0', 'bus-2'],
    );
    assert.deepEqual(choose, { kind: 'leader', topic: 'messages', partition: 0 });
  });

  it('a leader that is told only when it begins is a pod: nodes and workloads are named, unless it is one whoever leads', () => {
    const own = { ownTopic: 'mine' };
    for (const [kind, options] of [
      ['nodeStop', own],
      ['drain', { isLater: true }],
    ] as const)
      assert.match(
        refused(() => picked(kafka, leader(kind === 'drain' ? 'messages' : 'mine', 0), kind, {}, options)),
        /^invalid: “.*” can’t wait until it begins to be told which node is meant\. Name the node, or choose a kind that acts on a pod/,
      );
    const apart = kafkaObjects().pods.map((pod): typeof pod => {
      const owner = { kind: 'StatefulSet', name: `of-${pod.metadata.name}`, uid: '', controller: true };
      return { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } };
    });
    const workloads = apart.map(({ metadata }) => workload('StatefulSet', `of-${metadata.name}`, 1, {}));
    const several = sceneOf({ ...kafkaObjects(), pods: apart, workloads });
    assert.match(
      refused(() => picked(several, leader('mine', 0), 'rollingRestart', {}, own)),
      /^invalid: “Rolling Restart” can’t wait until it begins to be told which workload is meant\. Name the workload/,
    );
    const { targets, choose } = selectTargets(kafka, 'rollingRestart', { by: leader('mine', 0) }, own);
    assert.deepEqual([targets.map(({ name }) => name), choose], [['bus'], undefined]);
  });

  it('what Kafka was not asked is not guessed', () => {
    const silent = sceneOf({ ...kafkaObjects(), kafka: 'unknown' });
    assert.match(
      refused(() => picked(silent, { kind: 'controller' })),
      /^notFound: Which one is the active controller of data\/bus is not known/,
    );
  });

  it('a worker that runs tasks now is the one with the most; without tasks there is none', () => {
    const busy = (tasks: Readonly<Record<string, number>>): FaultScene =>
      sceneOf({
        ...trinoObjects(),
        tasks: new Map(Object.entries(tasks).map(([name, count]) => [`uid-data-q-worker-abc-${name}`, count])),
      });
    const by: TargetBy = { kind: 'busyWorker' };
    assert.equal(picked(busy({ w0: 1, w1: 5 }), by), 'q-worker-abc-w1 (runs 5 tasks) of 2 workers of data/q');
    assert.equal(picked(busy({ w2: 1 }), by), 'q-worker-abc-w2 (runs 1 task) of 1 workers of data/q');
    assert.match(
      refused(() => picked(busy({}), by)),
      /^notFound: No worker of data\/q runs a task now/,
    );
    assert.match(
      refused(() => picked(trino, by)),
      /^notFound: Which worker of data\/q runs tasks is not known/,
    );
  });

  it('tasks are those of the node that names itself by the pod’s address, or by its name', () => {
    const { pods, ...rest } = trinoObjects();
    const at = pods.map((pod, index) => ({ ...pod, status: { ...pod.status, podIP: index === 3 ? 'fd00::3' : `10.0.0.${index}` } }));
    const [instance] = sceneOf({ ...rest, pods: at }).model.engines.items;
    assert.ok(instance);
    const rows = [
      ['http://10.0.0.1:8080', '2'],
      ['http://q-worker-abc-w1.q.data.svc:8080', '3'],
      ['https://[fd00::3]:8443', '4'],
      ['http://10.9.9.9:8080', '5'],
      [null, '6'],
    ];
    assert.deepEqual(
      [...tasksByPod(rows, instance)],
      [
        ['uid-data-q-worker-abc-w0', 2],
        ['uid-data-q-worker-abc-w1', 3],
        ['uid-data-q-worker-abc-w2', 4],
      ],
    );
  });

  it('a replica of a shard is one of that shard', () => {
    const house = sceneOf(clickHouseObjects());
    assert.equal(picked(house, { kind: 'replica', shard: '2' }), 'house-2-0 (replica 0 of shard 2) of 2 replicas of shard 2 of data/house');
    assert.match(
      refused(() => picked(house, { kind: 'replica', shard: '3' })),
      /has no shard 3\. It has: 1, 2/,
    );
  });

  it('one unless a number or a share is asked for; a share is rounded down, and is one at least', () => {
    const role: TargetBy = { kind: 'role', engine: 'trino', role: 'worker' };
    const names = (amount: object): readonly string[] =>
      selectTargets(trino, 'podDelete', { by: role, amount } as never).targets.map(({ name }) => name.slice(-2));
    assert.equal(picked(trino, role), 'q-worker-abc-w0 (worker) of 3 workers of data/q');
    assert.deepEqual(names({ kind: 'count', count: 2 }), ['w0', 'w1']);
    assert.deepEqual(names({ kind: 'share', share: 0.7 }), ['w0', 'w1']);
    assert.deepEqual(names({ kind: 'share', share: 0.1 }), ['w0']);
    assert.match(
      refused(() => names({ kind: 'count', count: 4 })),
      /4 targets are asked for, and there are 3/,
    );
    assert.match(
      refused(() => selectTargets(kafka, 'podDelete', { by: byPod('bus-1'), amount: { kind: 'count', count: 2 } })),
      /^invalid: One object is named/,
    );
  });

  it('labels choose as kubectl does, among pods that run', () => {
    const going = kafkaPod(0);
    const scene = sceneOf({
      ...kafkaObjects(),
      pods: [{ ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, kafkaPod(1), kafkaPod(2)],
    });
    const labels = (written: string): TargetBy => ({ kind: 'labels', labels: written });
    assert.match(picked(scene, labels('app.kubernetes.io/name=kafka')), /^bus-1 /);
    assert.match(picked(scene, labels('app.kubernetes.io/name in (x, kafka), apps.kubernetes.io/pod-index!=1')), /^bus-2 /);
    assert.match(
      refused(() => picked(scene, labels('app.kubernetes.io/name=kafka,!app.kubernetes.io/instance'))),
      /There are no pods with/,
    );
    assert.match(
      refused(() => picked(scene, labels(' '))),
      /^invalid: .* selects no labels/,
    );
    assert.match(
      refused(() => picked(scene, labels('a=b=c'))),
      /^invalid: .* selects no labels/,
    );
  });

  it('a fault of nodes takes the node of what was named, a fault of workloads its workload', () => {
    assert.equal(
      picked(kafka, leader('messages', 1), 'nodeStop'),
      'n1 (node of bus-1, leader of messages/1) of 3 nodes of brokers of data/bus',
    );
    assert.equal(picked(kafka, byPod('bus-1'), 'rollingRestart'), 'bus (workload of bus-1) of 1 workloads of pods of bus');
    assert.equal(picked(trino, { kind: 'object', object: 'Deployment', name: 'q-worker' }, 'scale'), 'q-worker of 1 Deployment q-worker');
    assert.equal(
      picked(trino, { kind: 'object', object: 'Deployment', name: 'q-worker' }, 'podDelete'),
      'q-worker-abc-w0 of 3 pods of q-worker',
    );
    assert.match(
      refused(() => picked(kafka, { kind: 'object', object: 'Node', name: 'n1' }, 'podDelete')),
      /“Delete Pod” does not fit node n1/,
    );
  });

  it('what took the name of what was picked is not it', () => {
    const by: TargetBy = { kind: 'object', object: 'Pod', name: 'bus-1', uid: 'uid-of-yesterday' };
    assert.match(
      refused(() => picked(kafka, by)),
      /^notFound: Pod bus-1 is another one by now/,
    );
    assert.match(
      refused(() => picked(kafka, { kind: 'object', object: 'Node', name: 'n1', uid: 'x' }, 'cordon')),
      /Node n1 is another one by now/,
    );
    assert.match(
      refused(() => picked(trino, { kind: 'object', object: 'Deployment', name: 'q-worker', uid: 'x' }, 'scale')),
      /Deployment q-worker is another one by now/,
    );
  });

  it('where several are meant a person is asked which', () => {
    const other = scenePod({ name: 'bus-1', namespace: 'elsewhere' });
    const scene = sceneOf({ ...kafkaObjects(), pods: [...kafkaObjects().pods, other] });
    assert.match(
      refused(() => picked(scene, byPod('bus-1'))),
      /^invalid: There is pod bus-1 in several namespaces: data, elsewhere/,
    );
    assert.equal(picked(scene, byPod('bus-1'), 'podDelete', { namespace: 'data' }), 'bus-1 of 3 pods of bus');
    assert.match(
      refused(() => picked(kafka, { kind: 'role', engine: 'trino', role: 'worker' })),
      /^notFound: There is no trino in the cluster/,
    );
    assert.match(
      refused(() => picked(trino, { kind: 'role', engine: 'trino', instance: 'z', role: 'worker' })),
      /There is no trino called z in the cluster\. There is: data\/q/,
    );
    assert.match(
      refused(() => picked(trino, { kind: 'role', engine: 'trino', role: 'broker' })),
      /data\/q has no broker\. It has: coordinator, worker/,
    );
    assert.match(
      refused(() => picked(kafka, byPod('bus-1'), 'podDelete', { container: 'sidecar' })),
      /Pod bus-1 has no container sidecar\. It has: kafka/,
    );
  });

  it('a right-click on a line of the tree means that line', () => {
    const all = (lines: readonly Line[]): readonly Line[] => lines.flatMap((line) => [line, ...all(line.children)]);
    const lines = all(linesOf(kafka.model));
    const of = (kind: string): string => {
      const line = lines.find(({ subject }) => subject.kind === kind);
      const selector = line === undefined ? undefined : selectorOfLine(line.subject, kafka.model);
      return selector === undefined
        ? 'nothing'
        : picked(kafka, selector.by, kind === 'node' ? 'cordon' : 'podDelete', { namespace: selector.namespace });
    };
    assert.equal(of('broker'), 'bus-0 of 3 pods of bus');
    assert.equal(of('node'), 'n0 of 3 nodes');
    assert.equal(of('topic'), 'bus-0 (leader of messages/0) of 3 brokers of data/bus');
    assert.equal(of('section'), 'nothing');
    const worker = all(linesOf(trino.model)).find(({ subject }) => subject.kind === 'role' && subject.role.role === 'worker');
    assert.deepEqual(worker && selectorOfLine(worker.subject, trino.model), {
      by: { kind: 'object', object: 'Deployment', name: 'q-worker', uid: 'uid-q-worker' },
      namespace: 'data',
    });
  });

  it('before it begins the confirmed ones are taken again, not others that fit as well', () => {
    const role: TargetBy = { kind: 'role', engine: 'trino', role: 'worker' };
    const held = selectTargets(trino, 'podDelete', { by: role }).targets;
    const less = { ...trinoObjects(), pods: trinoObjects().pods.filter(({ metadata }) => !metadata.name.endsWith('w0')) };
    assert.deepEqual(selectTargets(trino, 'podDelete', { by: role }, { held }).targets, held);
    assert.match(
      refused(() => picked(sceneOf(less), role, 'podDelete', {}, { held })),
      /^notFound: q-worker-abc-w0 is there no more/,
    );
    const first = selectTargets(kafka, 'podDelete', { by: leader('messages', 1) }).targets;
    const moved = {
      ...kafkaFacts,
      topics: kafkaFacts.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, leader: 2 })) })),
    };
    assert.equal(
      picked(sceneOf({ ...kafkaObjects(), kafka: moved }), leader('messages', 1), 'podDelete', {}, { held: first }),
      'bus-2 (leader of messages/1) of 3 brokers of data/bus',
    );
  });
});
