import assert from 'node:assert/strict';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { keyOf, type KubeObject, type Node, type Pod } from '../../../../src/cluster/objects.ts';
import type { Kinds, PartName } from '../../../../src/cluster/recognise/kinds.ts';
import { linesOf } from '../../../../src/cluster/recognise/lines.ts';
import type { ClusterSnapshot, KafkaTruth, Line, PartState, PodTruth } from '../../../../src/cluster/recognise/model.ts';
import { modelOf, newMemory } from '../../../../src/cluster/recognise/modelOf.ts';
import { ClusterRows, type Row } from '../../../../src/ui/tree/rows.ts';
import { appComponent, appInstance, appName, pod, ready, unready } from './pods.ts';
import { chi, strimzi } from './row.ts';

/** The same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A cluster as its watches hold it: objects are replaced, never changed. */
class World {
  readonly pods = new Map<string, Pod>();
  readonly others: { [N in PartName]?: Map<string, Kinds[N]> } = {};
  readonly truth = new Map<string, PodTruth>();
  readonly kafka = new Map<string, KafkaTruth>();
  podState: PartState = { kind: 'live', sinceMs: 0 };
  readonly #random: (below: number) => number;
  #version = 0;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  pick<T>(items: Iterable<T>): T | undefined {
    const list = [...items];
    return list[this.#random(list.length)];
  }

  snapshot(): ClusterSnapshot {
    const live: PartState = { kind: 'live', sinceMs: 0 };
    const parts = Object.fromEntries(Object.entries(this.others).map(([name, objects]) => [name, { objects, state: live }]));
    return {
      context: 'here',
      parts: { ...parts, pods: { objects: this.pods, state: this.podState } },
      truth: this.truth,
      kafka: this.kafka,
    };
  }

  /** Keys of the pods that changed; undefined: something else did. */
  step(): string[] | undefined {
    if (this.#random(4) === 0) {
      const others = ['node', 'workload', 'service', 'said', 'kafkaSaid', 'scaler', 'resource', 'state'] as const;
      this.#happens(this.pick(others) ?? 'node');
      return undefined;
    }
    return Array.from({ length: 1 + this.#random(4) }, () => this.#podHappens()).flatMap((key) => key ?? []);
  }

  #podHappens(): string | undefined {
    switch (this.#random(5)) {
      case 0:
        return this.#come();
      case 1:
        return this.#go();
      default:
        return this.#change();
    }
  }

  #happens(what: 'node' | 'workload' | 'service' | 'said' | 'kafkaSaid' | 'scaler' | 'resource' | 'state'): void {
    switch (what) {
      case 'node':
        return this.#node();
      case 'workload':
        return this.#workload();
      case 'service':
        return this.#service();
      case 'said':
        return this.#said();
      case 'kafkaSaid':
        return this.#kafkaSaid();
      case 'scaler':
        return this.#scaler();
      case 'resource':
        return this.#resource();
      case 'state':
        return this.#state();
    }
  }

  #put(one: Pod): string {
    const named = { ...one, metadata: { ...one.metadata, resourceVersion: String(++this.#version) } };
    this.pods.set(keyOf(named), named);
    return keyOf(named);
  }

  #come(): string {
    const at = this.#random(6);
    const node = `n${this.#random(3)}`;
    const shape = this.pick([
      {
        name: `q-worker-${at}`,
        labels: { [appName]: 'trino', [appInstance]: 'q', [appComponent]: 'worker' },
        owner: { kind: 'ReplicaSet', name: 'q-worker-abc' },
      },
      {
        name: `q-${at}`,
        labels: { [appName]: 'trino', [appInstance]: 'q' },
        containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }],
      },
      { name: `chi-${at}`, labels: chi(String(at % 2), String(at)) },
      { name: `bus-${at}`, labels: strimzi(at > 2, at < 3) },
      {
        name: `w-${at}`,
        labels: {
          [appName]: this.pick(['trino', 'trino-two']) ?? '',
          [appInstance]: 'w',
          [appComponent]: 'coordinator',
          'trino.io/network-policy-protection': 'disabled',
        },
      },
      { name: `other-${at}`, labels: { app: 'web' } },
    ]);
    return this.#put(pod({ node, ...shape }));
  }

  #go(): string | undefined {
    const key = this.pick(this.pods.keys());
    if (key !== undefined) this.pods.delete(key);
    return key;
  }

  #change(): string | undefined {
    const one = this.pick(this.pods.values());
    if (one === undefined) return undefined;
    const restartCount = this.#random(3);
    const { metadata, spec } = one;
    const next = this.pick<Partial<Pod>>([
      { status: ready([{ restartCount }]) },
      { status: { ...ready([{ restartCount }]), podIP: `10.0.0.${restartCount}` } },
      { status: unready([{ restartCount, state: { waiting: { reason: 'CrashLoopBackOff' } } }]) },
      { status: { phase: 'Succeeded' } },
      { metadata: { ...metadata, annotations: { beat: String(this.#version) } } },
      { metadata: { ...metadata, labels: { ...metadata.labels, [appInstance]: this.pick(['q', 'r']) ?? 'q' } } },
      { metadata: { ...metadata, labels: { ...metadata.labels, 'clickhouse.altinity.com/ready': this.pick(['yes', 'no']) ?? '' } } },
      { metadata: { ...metadata, deletionTimestamp: '2026-03-01T10:00:00Z' } },
      { metadata: { ...metadata, uid: `again-${this.#version}` } },
      { spec: { ...spec, nodeName: `n${this.#random(3)}` } },
      { spec: { ...spec, containers: [{ name: 'main', image: `trinodb/trino:${470 + restartCount}` }] } },
    ]);
    return this.#put({ ...one, ...next });
  }

  #set<N extends PartName>(part: N, object: Kinds[N] & KubeObject): void {
    const objects: Map<string, Kinds[N]> = this.others[part] ?? new Map<string, Kinds[N]>();
    if (this.#random(3) === 0) objects.delete(keyOf(object));
    else objects.set(keyOf(object), object);
    Object.assign(this.others, { [part]: objects });
  }

  #node(): void {
    const status = this.pick(['True', 'Unknown', 'True']) ?? '';
    const node: Node = { metadata: { name: `n${this.#random(3)}` }, status: { conditions: [{ type: 'Ready', status }] } };
    this.#set('nodes', node);
  }

  #workload(): void {
    const labels = { [appName]: 'trino', [appInstance]: this.pick(['q', 'gone']) ?? '', [appComponent]: 'worker' };
    const name = this.pick(['q-worker', 'q', 'gone-worker']) ?? '';
    const annotations = { 'meta.helm.sh/release-name': 'q' };
    const spec = { replicas: this.#random(5), template: { metadata: { name, labels }, spec: { containers: [] } } };
    this.#set('deployments', { metadata: { name, namespace: 'data', annotations }, spec });
  }

  #service(): void {
    const spec = { selector: { [appInstance]: 'q' }, ports: [{ port: 8080 }] };
    this.#set('services', { metadata: { name: this.pick(['q', 'q-long']) ?? '', namespace: 'data' }, spec });
  }

  #said(): void {
    const uid = this.pick(this.pods.values())?.metadata.uid ?? '';
    const state = this.pick(['serving', 'notServing', 'draining'] as const) ?? 'serving';
    if (this.#random(3) === 0) this.truth.delete(uid);
    else this.truth.set(uid, { state, word: state, readAtMs: 0, version: '476', isCoordinator: this.#random(2) === 0 });
  }

  #kafkaSaid(): void {
    const partitions = [{ partition: 0, leader: this.#random(4), replicas: [1, 2, 3], inSync: [1, 2] }];
    const facts = {
      readAtMs: 0,
      controllerId: this.#random(4),
      brokers: [3, 4, 5].map((id) => ({ id, host: `bus-${id}.bus`, port: 9092 })),
      topics: [{ name: 'messages', internal: false, partitions }],
    };
    const failed = {
      kind: 'failed',
      error: new FaultlineError('unreachable', { what: 'bus is silent' }),
      sinceMs: 0,
      login: this.#random(2) === 0 ? 'wanted' : 'refused',
    } as const;
    this.kafka.set('kafka:data/bus', this.pick<KafkaTruth>([{ kind: 'known', facts }, { kind: 'asking' }, failed]) ?? failed);
  }

  #scaler(): void {
    const scaleTargetRef = { kind: 'Deployment', name: 'q-worker', apiVersion: 'apps/v1' };
    const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 9 };
    const status = { currentReplicas: 1, desiredReplicas: this.#random(9) };
    this.#set('autoscalers', { metadata: { name: 'q', namespace: 'data' }, spec, status });
  }

  #resource(): void {
    this.#set('kafkas', { metadata: { name: this.pick(['bus', 'lake']) ?? '', namespace: 'data' } });
  }

  #state(): void {
    this.podState = { kind: this.pick(['live', 'live', 'stale'] as const) ?? 'live', sinceMs: this.#random(3) };
  }
}

function assertDraws(rows: readonly Row[], lines: readonly Line[]): void {
  assert.deepEqual(
    rows.map(({ line }) => line),
    lines,
  );
  for (const row of rows) assertDraws(row.rows(), row.line.children);
}

/** By what stands above it too: a pod that goes to another installation is a row of its own there. */
function byPath(rows: readonly Row[], above = '', into = new Map<string, Row>()): Map<string, Row> {
  for (const row of rows) {
    const path = `${above}/${row.line.id}`;
    into.set(path, row);
    byPath(row.rows(), path, into);
  }
  return into;
}

describe('a model that goes on from the one before', () => {
  for (let seed = 1; seed <= 40; seed++)
    it(`shows what one made from nothing shows, whatever happens (${seed})`, () => {
      const world = new World(seed);
      const memory = newMemory();
      let model = modelOf(world.snapshot(), memory);
      const rows = new ClusterRows(
        () => model,
        () => '',
      );
      rows.renew();
      for (let step = 0; step < 150; step++) {
        const keys = world.step();
        model = modelOf(world.snapshot(), memory, keys);
        const fresh = modelOf(world.snapshot());
        assert.deepEqual(model, fresh, `step ${step}`);
        const before = byPath(rows.top.rows);
        const texts = new Map([...before].map(([id, row]) => [id, textOf(row)]));
        const change = rows.renew();
        assertDraws(rows.top.rows, linesOf(fresh));
        const told = new Set(change.rows);
        for (const [id, row] of byPath(rows.top.rows)) {
          if (!before.has(id)) continue;
          assert.equal(before.get(id), row, `${id} is another row than before`);
          assert.ok(told.has(row) || texts.get(id) === textOf(row), `nobody was told that ${id} is another`);
        }
      }
    });

  it('stays the same object while what happens to pods is nothing that it shows', () => {
    const world = new World(7);
    for (let step = 0; step < 60; step++) world.step();
    const memory = newMemory();
    const model = modelOf(world.snapshot(), memory);
    for (const [key, one] of world.pods)
      world.pods.set(key, { ...one, metadata: { ...one.metadata, resourceVersion: 'later', annotations: { beat: '1' } } });
    assert.equal(modelOf(world.snapshot(), memory, [...world.pods.keys()]), model);
    assert.equal(modelOf(world.snapshot(), memory), model);
  });

  it('forgets a pod that went before anybody was told that it came', () => {
    const [one, other] = ['one', 'other'].map((name) =>
      pod({ name, labels: { [appName]: 'trino', [appInstance]: name, [appComponent]: 'worker' } }),
    );
    assert.ok(one !== undefined && other !== undefined);
    const objects = new Map([one, other].map((each) => [keyOf(each), each]));
    const snapshot: ClusterSnapshot = {
      context: 'here',
      parts: { pods: { objects, state: { kind: 'live', sinceMs: 0 } } },
      truth: new Map(),
      kafka: new Map(),
    };
    const memory = newMemory();
    modelOf(snapshot, memory);
    objects.delete(keyOf(other));
    assert.deepEqual(
      modelOf(snapshot, memory, [keyOf(one)]).engines.items.map(({ name }) => name),
      ['one'],
    );
  });

  it('makes anew what one pod is in, and nothing beside', () => {
    const pods = ['a', 'b'].flatMap((instance) =>
      [0, 1, 2].map((at) =>
        pod({ name: `${instance}-${at}`, labels: { [appName]: 'trino', [appInstance]: instance, [appComponent]: 'worker' } }),
      ),
    );
    const objects = new Map(pods.map((one) => [keyOf(one), one]));
    const snapshot: ClusterSnapshot = {
      context: 'here',
      parts: { pods: { objects, state: { kind: 'live', sinceMs: 0 } } },
      truth: new Map(),
      kafka: new Map(),
    };
    const memory = newMemory();
    let model = modelOf(snapshot, memory);
    const rows = new ClusterRows(
      () => model,
      () => '',
    );
    rows.renew();
    const all = byPath(rows.top.rows);
    const before = model;
    const [first] = pods;
    assert.ok(first !== undefined);
    objects.set(keyOf(first), { ...first, status: ready([{ restartCount: 4 }]) });
    model = modelOf(snapshot, memory, [keyOf(first)]);
    assert.notEqual(model.engines.items[0], before.engines.items[0]);
    assert.equal(model.engines.items[1], before.engines.items[1]);
    assert.deepEqual(
      rows.renew().rows.map(({ line }) => [line.label, line.description]),
      [[first.metadata.name, 'healthy · 4 restarts']],
    );
    assert.deepEqual(byPath(rows.top.rows), all);
  });
});

/** All that an item is made from. */
function textOf({ line, more }: Row): string {
  return JSON.stringify([
    line.label,
    line.description,
    line.health?.state,
    line.health?.word,
    line.tooltip,
    line.children.map(({ id }) => id),
    more,
  ]);
}
