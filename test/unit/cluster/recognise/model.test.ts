import assert from 'node:assert/strict';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { filterLines } from '../../../../src/cluster/recognise/filter.ts';
import type { Kinds, PartName } from '../../../../src/cluster/recognise/kinds.ts';
import { linesOf } from '../../../../src/cluster/recognise/lines.ts';
import type { ClusterModel, ClusterSnapshot, KafkaFacts, Line, Part, PartState } from '../../../../src/cluster/recognise/model.ts';
import { modelOf, newMemory } from '../../../../src/cluster/recognise/modelOf.ts';
import { keyOf } from '../../../../src/cluster/objects.ts';
import { kafkaLine } from '../../../../src/cluster/recognise/line-kafka.ts';
import { appComponent, appInstance, appName, pod } from './pods.ts';

const live: PartState = { kind: 'live', sinceMs: 0 };

function part<T extends Kinds[PartName]>(objects: readonly T[], state: PartState = live): Part<T> {
  return { objects: new Map(objects.map((object) => [keyOf(object), object])), state };
}

function snapshot(parts: ClusterSnapshot['parts'], more: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return { context: 'here', parts, truth: new Map(), kafka: new Map(), ...more };
}

const kafkaPod = (index: number): Kinds['pods'] =>
  pod({
    name: `bus-${index}`,
    labels: { [appName]: 'kafka', [appInstance]: 'bus', [appComponent]: 'broker', 'apps.kubernetes.io/pod-index': String(index) },
    owner: { kind: 'StatefulSet', name: 'bus' },
  });
const trinoPod = (name: string, component: string, namespace = 'data', node?: string): Kinds['pods'] =>
  pod({
    name,
    namespace,
    labels: { [appName]: 'trino', [appInstance]: 'q', [appComponent]: component },
    ...(node === undefined ? {} : { node }),
  });

function all(lines: readonly Line[]): Line[] {
  return lines.flatMap((line) => [line, ...all(line.children)]);
}

describe('Kafka’s own truth', () => {
  const facts: KafkaFacts = {
    readAtMs: 0,
    controllerId: 1,
    brokers: [
      { id: 0, host: 'bus-0.bus', port: 9092 },
      { id: 1, host: 'bus-1.bus', port: 9092 },
    ],
    topics: [
      {
        name: 'messages',
        internal: false,
        minInSync: 2,
        partitions: [
          { partition: 0, leader: 0, replicas: [0, 1, 2], inSync: [0, 1] },
          { partition: 1, leader: 1, replicas: [1, 2, 0], inSync: [1] },
          { partition: 2, leader: -1, replicas: [2], inSync: [] },
        ],
      },
      { name: '__consumer_offsets', internal: true, partitions: [{ partition: 0, leader: 1, replicas: [1], inSync: [1] }] },
    ],
  };
  const model = (): ClusterModel =>
    modelOf(snapshot({ pods: part([0, 1, 2].map(kafkaPod)) }, { kafka: new Map([['kafka:data/bus', { kind: 'known' as const, facts }]]) }));

  it('says of a broker with one replica that it has 1 replica', () => {
    const [kafka] = model().kafka.items;
    assert.ok(kafka);
    const line = kafkaLine({ ...kafka, brokers: kafka.brokers.map((broker) => ({ ...broker, leaders: 1, replicas: 1 })) });
    assert.match(line.children[0]?.description ?? '', / · 1 leader · 1 replica · /);
  });

  it('marks the controller, and counts leaders, replicas and what is out of sync by broker', () => {
    const { brokers } = model().kafka.items[0] ?? {};
    assert.deepEqual(
      brokers?.map(({ brokerId, isController, leaders, replicas, outOfSync, pod: at }) => [
        brokerId,
        isController,
        leaders,
        replicas,
        outOfSync,
        at?.label,
      ]),
      [
        [0, false, 1, 2, 1, 'bus-0'],
        [1, true, 2, 3, 0, 'bus-1'],
        [2, false, 0, 3, 3, 'bus-2'],
      ],
    );
  });
  it('shows a ready pod that Kafka does not list as not in the cluster', () => {
    assert.equal(model().kafka.items[0]?.brokers[2]?.health.word, 'ready, not in the cluster');
  });
  it('calls offline partitions worse than under-replicated ones', () => {
    const kafka = model().kafka.items[0];
    assert.deepEqual(
      [kafka?.underReplicated, kafka?.offline, kafka?.health.state, kafka?.health.word],
      [3, 1, 'failed', '1 partitions offline'],
    );
  });
  it('shows a topic’s ISR by partition, own topics before internal ones', () => {
    const lines = all(linesOf(model())).filter(({ subject }) => subject.kind === 'topic');
    assert.deepEqual(
      lines.map(({ label }) => label),
      ['messages', '__consumer_offsets'],
    );
    assert.ok(lines[0]?.tooltip.includes('partition 1: leader 1, in sync 1 of 1, 2, 0'));
  });
  it('marks the controller that decides, where controllers are no brokers', () => {
    const labels = { [appName]: 'kafka', [appInstance]: 'bus', 'strimzi.io/kind': 'Kafka', 'strimzi.io/cluster': 'bus' };
    const roles = { broker: { 'strimzi.io/broker-role': 'true' }, controller: { 'strimzi.io/controller-role': 'true' } };
    const pods = [
      pod({ name: 'bus-brokers-0', labels: { ...labels, ...roles.broker, 'strimzi.io/controller-role': 'false' } }),
      ...[3, 4].map((id) =>
        pod({ name: `bus-controllers-${id}`, labels: { ...labels, ...roles.controller, 'strimzi.io/broker-role': 'false' } }),
      ),
    ];
    const known = { kind: 'known' as const, facts: { ...facts, controllerId: 4, brokers: facts.brokers.slice(0, 1) } };
    const led = modelOf(snapshot({ pods: part(pods) }, { kafka: new Map([['kafka:data/bus', known]]) }));
    assert.deepEqual(
      all(linesOf(led)).flatMap(({ label, description }) => (description.includes('active controller') ? [label] : [])),
      ['bus-controllers-4'],
    );
  });
  it('says why brokers are not known when Kafka does not answer', () => {
    const error = new FaultlineError('unreachable', { what: 'bus-0.bus:9092 refuses the connection', remedy: 'See whether its pod runs' });
    const silent = modelOf(
      snapshot({ pods: part([0].map(kafkaPod)) }, { kafka: new Map([['kafka:data/bus', { kind: 'failed' as const, error, sinceMs: 0 }]]) }),
    );
    const line = all(linesOf(silent)).find(({ label }) => label === 'Kafka was not heard: bus-0.bus:9092 refuses the connection');
    assert.deepEqual(line?.tooltip, ['See whether its pod runs']);
  });
});

describe('parts that are not the whole truth', () => {
  it('names what is forbidden, and shows the rest', () => {
    const error = new FaultlineError('forbidden', { what: 'jane may not list nodes in the whole cluster' });
    const model = modelOf(
      snapshot({ pods: part([trinoPod('q-0', 'coordinator')]), nodes: part([], { kind: 'forbidden', sinceMs: 0, error }) }),
    );
    const lines = all(linesOf(model));
    assert.ok(lines.some(({ label }) => label === 'jane may not list nodes in the whole cluster'));
    assert.ok(lines.some(({ label }) => label === 'q'));
  });
  it('keeps what is stale, says since when, and does not call the cluster healthy', () => {
    const error = new FaultlineError('unreachable', { what: 'here does not answer' });
    const model = modelOf(snapshot({ pods: part([trinoPod('q-0', 'coordinator')], { kind: 'stale', sinceMs: 77, error }) }));
    assert.deepEqual([model.health.state, model.health.sinceMs], ['unknown', 77]);
    const note = all(linesOf(model)).find(({ health }) => health?.word === 'stale');
    assert.match(note?.label ?? '', /pods are stale: here does not answer/);
    assert.equal(model.engines.items.length, 1);
  });
  it('says what was looked for where nothing is found', () => {
    const [first] = linesOf(modelOf(snapshot({ pods: part([pod({})]) })));
    assert.match(first?.description ?? '', /Trino, Presto, ClickHouse, Spark, Kafka and MinIO in all namespaces/);
  });
});

describe('the filter', () => {
  const model = modelOf(
    snapshot({
      pods: part([
        trinoPod('q-coordinator-0', 'coordinator'),
        trinoPod('q-worker-1', 'worker'),
        trinoPod('q-worker-2', 'worker'),
        trinoPod('x', 'coordinator', 'shop'),
        kafkaPod(0),
      ]),
    }),
  );
  const labels = (text: string): string[] => all(filterLines(linesOf(model), text).lines).map(({ label }) => label);

  it('counts the lines that match, of all', () => {
    const { shown, total } = filterLines(linesOf(model), 'q-worker-2');
    assert.deepEqual([shown, total], [1, 5]);
  });
  it('keeps what stands above and below a match', () => {
    assert.deepEqual(labels('WORKERS data'), ['Engines', 'q', 'workers', 'worker-1', 'worker-2']);
  });
  it('takes words of a line and of what stands above it together', () => {
    assert.deepEqual(labels('trino ns:shop'), ['Engines', 'q', 'coordinator']);
  });
  it('shows everything for no text, and nothing for what is not there', () => {
    assert.equal(filterLines(linesOf(model), ' ').shown, 5);
    assert.deepEqual(filterLines(linesOf(model), 'nowhere'), { lines: [], shown: 0, total: 5 });
  });
});

describe('a model that is made again', () => {
  it('keeps the lines of pods that did not change', () => {
    const memory = newMemory();
    const pods = [trinoPod('q-a', 'worker'), trinoPod('q-b', 'worker')];
    const before = modelOf(snapshot({ pods: part(pods) }), memory).engines.items[0]?.roles[0]?.pods;
    const [a] = pods;
    assert.ok(a !== undefined);
    const changed = { ...a, status: { phase: 'Succeeded' } };
    const after = modelOf(snapshot({ pods: part([changed, ...pods.slice(1)]) }), memory).engines.items[0]?.roles[0]?.pods;
    assert.notEqual(after?.[0], before?.[0]);
    assert.equal(after?.[1], before?.[1]);
  });
  it('changes a pod’s line when its node stops answering', () => {
    const memory = newMemory();
    const pods = part([trinoPod('q-a', 'worker', 'data', 'n1')]);
    const node = (status: string): Kinds['nodes'] => ({ metadata: { name: 'n1' }, status: { conditions: [{ type: 'Ready', status }] } });
    const word = (status: string): string | undefined =>
      modelOf(snapshot({ pods, nodes: part([node(status)]) }), memory).engines.items[0]?.roles[0]?.pods[0]?.health.word;
    assert.deepEqual([word('True'), word('Unknown'), word('True')], ['healthy', 'node lost', 'healthy']);
  });
});
