import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { DraftFault, FaultFlag, TargetBy } from '../../../src/fault/draft.ts';
import { previewAgain } from '../../../src/fault/plan.ts';
import { hashOf } from '../../../src/fault/preview/hash.ts';
import { changedSince, hashOfPlan, type CheckedNeed } from '../../../src/fault/preview/preview.ts';
import { namespacesOf, nodesOf, plannedMessages, plannedProbes } from '../../../src/fault/probes.ts';
import type { FaultScene } from '../../../src/fault/scene.ts';
import type { FaultPlan, FaultSettings } from '../../../src/journal/fault-plan.ts';
import {
  budget,
  byPod,
  clickHouseObjects,
  draft,
  heldOf,
  kafkaFacts,
  kafkaObjects,
  kafkaPod,
  node,
  previewOf,
  saidOf,
  sceneOf,
  service,
  trinoObjects,
  workload,
  type Objects,
} from './scenes.ts';

const cut: FaultSettings = { kind: 'networkCut', direction: 'both' };
const leader: TargetBy = { kind: 'leader', topic: 'messages', partition: 1 };
const kafkaName = { 'app.kubernetes.io/name': 'kafka' };

describe('a preview', () => {
  it('says whom it hits, how many of how many, what depends on it, when it ends and how it heals', () => {
    const scene = sceneOf({ ...kafkaObjects(), budgets: [budget('bus', kafkaName, 1)] });
    const preview = previewOf(scene, draft(cut, leader, { durationMs: 30_000 }));
    assert.equal(preview.fault?.title, 'Cut Network: bus-1 (leader of messages/1), both ways');
    assert.equal(preview.share, '1 of 3 brokers of data/bus');
    assert.deepEqual(preview.dependents, [
      'It leads 1 partition of data/bus.',
      'It holds replicas of 2 partitions.',
      'Service data/bus: 2 ready pods are left.',
    ]);
    assert.deepEqual(
      preview.budgets.map(({ text }) => text),
      ['PodDisruptionBudget bus: 3 of 3 pods are healthy and 2 must be: 1 may go now. This fault does not ask it.'],
    );
    assert.equal(preview.durationMs, 30_000);
    assert.match(preview.ends, /^After 30\.0 s, by the kernel of its node/);
    assert.match(preview.heals, /^The helper takes its rules back/);
    assert.deepEqual(preview.refusals, []);
    assert.deepEqual([...new Set(preview.permissions.map(({ answer }) => answer))], ['unknown']);
    assert.ok(preview.permissions.some(({ text }) => text === 'patch pods/ephemeralcontainers in data'));
  });

  it('of what is the only one says so', () => {
    const coordinator = previewOf(
      sceneOf(trinoObjects()),
      draft({ kind: 'podDelete' }, { kind: 'role', engine: 'trino', role: 'coordinator' }),
    );
    assert.deepEqual(coordinator.dependents, [
      'It is the only coordinator of data/q: queries that run fail, and new ones are refused.',
      'Service data/q has nobody left to send to.',
    ]);
    const alone = {
      ...kafkaFacts,
      topics: [{ name: 'm', internal: false, partitions: [{ partition: 3, leader: 1, replicas: [1], inSync: [1] }] }],
    };
    const { dependents } = previewOf(sceneOf({ ...kafkaObjects(), kafka: alone }), draft(cut, byPod('bus-1')));
    assert.ok(dependents.includes('Partition m/3 has no other replica in sync: it goes offline.'), dependents.join(' '));
  });

  it('of who is there all the time says what is noticed, and not that it is gone', () => {
    const objects = clickHouseObjects();
    const pods = objects.pods.filter(({ metadata }) => metadata.name !== 'house-1-1');
    const labels = { 'faultline.dev/shard': '1' };
    const workloads = [workload('StatefulSet', 'house-1', 1, labels), ...objects.workloads.slice(1)];
    const scene = sceneOf({ ...objects, pods, workloads, services: [service('house', labels, 8123)] });
    const said = (settings: FaultSettings): readonly string[] => previewOf(scene, draft(settings, byPod('house-1-0'))).dependents;
    const gone = [
      'Shard 1 of data/house has no other replica: its data can’t be read meanwhile.',
      'Service data/house has nobody left to send to.',
    ];
    const felt = (what: string): readonly string[] => [
      `Shard 1 of data/house has no other replica: ${what}.`,
      `Service data/house has nobody else to send to: ${what}.`,
    ];
    assert.deepEqual(said({ kind: 'latency', latencyMs: 100, jitterMs: 0, existing: 'delayed' }), felt('its answers come later'));
    assert.deepEqual(said({ kind: 'cpuStress', cores: 1 }), felt('its answers come later'));
    const lossy = 'its answers come later, and some may not come in time';
    assert.deepEqual(said({ kind: 'packetLoss', percent: 20 }), felt(lossy));
    const closing = 'it answers as before, and its connections close later';
    assert.deepEqual(said({ kind: 'slowClose', delayMs: 5_000, port: 8123, existing: 'reset' }), felt(closing));
    const from = { kind: 'networkCut', direction: 'both', peers: ['house-2-0'] } as const;
    assert.deepEqual(said(from), felt('only who it is cut off from can’t reach it'));
    for (const settings of [cut, { kind: 'packetLoss', percent: 100 }, { kind: 'freeze' }, { kind: 'containerCrash' }] as const)
      assert.deepEqual(said(settings), gone, settings.kind);
  });

  it('of a broker that is slow elects nobody and takes no partition away', () => {
    const topics = [{ name: 'm', internal: false, partitions: [{ partition: 3, leader: 2, replicas: [2], inSync: [2] }] }];
    const slow = draft({ kind: 'latency', latencyMs: 100, jitterMs: 0, existing: 'delayed' }, byPod('bus-2'));
    const { dependents, warnings } = previewOf(sceneOf({ ...kafkaObjects(), kafka: { ...kafkaFacts, topics } }), slow);
    assert.deepEqual(dependents, [
      'It leads 1 partition of data/bus.',
      'It is the active controller.',
      'Partition m/3 has no other replica in sync: its answers come later.',
      'Service data/bus sends to it and to 2 other ready pods: its answers come later.',
    ]);
    assert.deepEqual(warnings, [
      'Where the node’s kernel can’t delay packets (netem), a proxy does it: existing connections are reset then.',
    ]);
  });

  it('says what is lost when somebody deletes its pod to end it', () => {
    const volumes = [{ name: 'data', emptyDir: {} }];
    const kept = { ...kafkaObjects(), pods: kafkaObjects().pods.map((pod) => ({ ...pod, spec: { ...pod.spec, volumes } })) };
    const lost = (settings: FaultSettings, objects: Objects = kept): readonly string[] =>
      previewOf(sceneOf(objects), draft(settings, byPod('bus-1'))).lostByHand.map(({ pod, why }) => `${pod}: ${why}`);
    assert.deepEqual(lost(cut), ['data/bus-1: what is in its emptyDir data is lost']);
    assert.deepEqual(lost({ kind: 'freeze' }), lost(cut));
    assert.deepEqual([lost({ kind: 'containerCrash' }), lost(cut, kafkaObjects())], [[], []]);
  });

  it('a kind that lasts has its own duration where none is given; one that happens once has none', () => {
    assert.equal(previewOf(sceneOf(kafkaObjects()), draft(cut, leader)).fault?.durationMs, 60_000);
    const once = previewOf(sceneOf(kafkaObjects()), draft({ kind: 'containerCrash' }, leader));
    assert.equal(once.fault?.durationMs, undefined);
    assert.equal(once.ends, 'It is over as soon as it has happened.');
  });

  it('names the peers of a cut by their namespaces, and refuses those that are not there', () => {
    const from = (...peers: readonly string[]): ReturnType<typeof previewOf> =>
      previewOf(sceneOf(kafkaObjects()), draft({ kind: 'networkCut', direction: 'in', peers }, byPod('bus-1')));
    const { fault, refusals } = from('bus-2', 'data/bus-0');
    assert.deepEqual(refusals, []);
    assert.deepEqual(fault?.kind === 'networkCut' ? fault.peers : undefined, ['data/bus-0', 'data/bus-2']);
    assert.equal(from('bus-0', 'bus-2').hash, from('bus-2', 'data/bus-0').hash);
    assert.deepEqual(saidOf(from('bus-9')), ['target: There is no pod “bus-9” to cut it off from']);
    assert.deepEqual(saidOf(from('elsewhere/bus-0')), ['target: There is no pod “elsewhere/bus-0” to cut it off from']);
    assert.deepEqual(saidOf(from('bus-1')), ['target: bus-1 can’t be cut off from itself']);
  });

  it('warns where neighbours feel it too, and says from how many replicas to how many', () => {
    const burn = previewOf(sceneOf(kafkaObjects()), draft({ kind: 'cpuStress', cores: 1 }, byPod('bus-1')));
    assert.deepEqual(burn.warnings, ['bus-1 has no CPU limit: its neighbours on the node get less too.']);
    const down = draft({ kind: 'scale', replicas: 2 }, { kind: 'object', object: 'StatefulSet', name: 'bus' });
    assert.deepEqual(previewOf(sceneOf(kafkaObjects()), down).warnings, ['From 3 to 2 replicas.']);
  });

  it('a right that is missing refuses it, for healing as for injecting', () => {
    const preview = previewOf(sceneOf(kafkaObjects()), draft(cut, leader));
    const answered = (no: (need: CheckedNeed) => boolean): readonly string[] => {
      const permissions = preview.permissions.map((need): CheckedNeed => ({ ...need, answer: no(need) ? 'no' : 'yes' }));
      return saidOf(previewOf(sceneOf(kafkaObjects()), draft(cut, leader), { preflight: { permissions, refusals: [] } }));
    };
    assert.deepEqual(
      answered(() => false),
      [],
    );
    assert.deepEqual(
      answered(({ subresource }) => subresource === 'ephemeralcontainers'),
      ['permission: You may not patch pods/ephemeralcontainers in data'],
    );
    assert.deepEqual(
      answered((need) => need.for === 'healing' && need.subresource === 'exec' && need.verb === 'create'),
      ['permission: You could not heal it: you may not create pods/exec in data'],
    );
  });
});

describe('the hash that is confirmed', () => {
  const hash = (objects: Partial<Objects>, fault: DraftFault = draft(cut, leader), identity = 'uid/ca'): string =>
    previewOf(sceneOf(objects), fault, { identity }).hash;
  const base = { ...kafkaObjects(), budgets: [budget('bus', kafkaName, 1)] };
  const before = hash(base);
  const other = (title: string, objects: Partial<Objects>, fault?: DraftFault, identity?: string): void =>
    assert.notEqual(hash(objects, fault, identity), before, title);
  const same = (title: string, objects: Partial<Objects>): void => assert.equal(hash(objects), before, title);
  const withPods = (change: (pod: ReturnType<typeof kafkaPod>, index: number) => ReturnType<typeof kafkaPod>): Partial<Objects> => ({
    ...base,
    pods: base.pods.map((pod, index) => change(pod, index)),
  });

  it('is another when the target was replaced or its container restarted', () => {
    other(
      'uid',
      withPods((pod, index) => (index === 1 ? { ...pod, metadata: { ...pod.metadata, uid: 'uid-new' } } : pod)),
    );
    const restarted = { ...kafkaPod(1).status, containerStatuses: [{ name: 'kafka', ready: true, containerID: 'containerd://second' }] };
    other(
      'container',
      withPods((pod, index) => (index === 1 ? { ...pod, status: { ...pod.status, ...restarted } } : pod)),
    );
    other(
      'node',
      withPods((pod, index) => (index === 1 ? { ...pod, spec: { ...pod.spec, nodeName: 'n0' } } : pod)),
    );
  });

  it('is another for a node that took the name of one', () => {
    const cordon = draft({ kind: 'cordon' }, { kind: 'object', object: 'Node', name: 'n1' });
    assert.notEqual(hash({ ...base, nodes: [node('n1', { uid: 'uid-new' })] }, cordon), hash({ ...base, nodes: [node('n1')] }, cordon));
  });

  it('is another when the leader, or who controls, is another', () => {
    const partitions = (ids: readonly number[]): Partial<Objects> => ({
      ...base,
      kafka: {
        ...kafkaFacts,
        topics: kafkaFacts.topics.map((topic) => ({
          ...topic,
          partitions: topic.partitions.map((one, index) => ({ ...one, leader: ids[index] ?? 0 })),
        })),
      },
    });
    other('leader of the partition', partitions([0, 2]));
    same('a leader of another partition', partitions([2, 1]));
    other('the target controls now', { ...base, kafka: { ...kafkaFacts, controllerId: 1 } });
    same('another broker controls', { ...base, kafka: { ...kafkaFacts, controllerId: 0 } });
  });

  it('is another when a disruption budget is, and when one is new', () => {
    other('fewer may go', { ...base, budgets: [budget('bus', kafkaName, 2)] });
    const [now] = base.budgets;
    other('as many must be, and fewer may go', {
      ...base,
      budgets: now === undefined ? [] : [{ ...now, status: { ...now.status, disruptionsAllowed: 0 } }],
    });
    other('none is left', { ...base, budgets: [] });
    other('one more', { ...base, budgets: [...base.budgets, budget('all', kafkaName, 1)] });
    same('one of others', { ...base, budgets: [...base.budgets, budget('others', { app: 'x' }, 1)] });
  });

  it('is another for another cluster, kind, setting, duration, condition or flag', () => {
    other('cluster', base, draft(cut, leader), 'uid/other');
    other('kind', base, draft({ kind: 'freeze' }, leader));
    other('setting', base, draft({ kind: 'networkCut', direction: 'in' }, leader));
    other('duration', base, draft(cut, leader, { durationMs: 59_000 }));
    other('flag', base, draft(cut, leader, { allow: ['againstBudget'] }));
    other('condition', base, draft(cut, leader, { when: { kind: 'isr', topic: 'messages', partition: 1, size: 2, withinMs: 1 } }));
    const flags = (...allow: FaultFlag[]): string => hash(base, draft(cut, leader, { allow }));
    assert.equal(flags('several', 'againstBudget'), flags('againstBudget', 'several'));
  });

  it('says in words what is another one', () => {
    const parts = (objects: Partial<Objects>, other = draft(cut, leader)) =>
      previewOf(sceneOf(objects), other, { identity: 'uid/ca' }).parts;
    const now = (objects: Partial<Objects>, other?: DraftFault): readonly string[] => changedSince(parts(base), parts(objects, other));
    assert.deepEqual(now({ ...base, budgets: [budget('bus', kafkaName, 2)] }), ['what the disruption budgets allow']);
    assert.deepEqual(now({ ...base, kafka: { ...kafkaFacts, controllerId: 1 } }), ['which of its targets controls']);
    assert.deepEqual(now(base, draft(cut, leader, { durationMs: 59_000 })), ['the fault itself']);
    const withNew = { ...base, pods: base.pods.map((pod) => ({ ...pod, metadata: { ...pod.metadata, uid: 'uid-new' } })) };
    assert.deepEqual(now(withNew), ['its targets', 'the pods that are hit']);
  });

  it('is the same while only that changes which changes by itself', () => {
    same('order of pods', { ...base, pods: base.pods.toReversed() });
    same(
      'resource versions',
      withPods((pod) => ({ ...pod, metadata: { ...pod.metadata, resourceVersion: '77' } })),
    );
    const busy = (count: number): FaultScene => sceneOf({ ...trinoObjects(), tasks: new Map([['uid-data-q-worker-abc-w0', count]]) });
    const fault = draft({ kind: 'podDelete' }, { kind: 'busyWorker' });
    assert.equal(previewOf(busy(3), fault).hash, previewOf(busy(4), fault).hash, 'tasks');
    assert.equal(hashOf({ a: 1, b: [{ c: undefined, d: 2 }] }), hashOf({ b: [{ d: 2 }], a: 1 }));
    assert.notEqual(hashOf([1, 2]), hashOf([2, 1]));
  });

  it('holds until it begins: the confirmed ones again, and a leader that is another refuses', () => {
    const fault = draft(cut, leader);
    const confirmed = previewOf(sceneOf(base), fault);
    const again = (objects: Partial<Objects>): string =>
      previewAgain({ fault, identity: 'uid/ca', run: 'r1' }, heldOf(confirmed), sceneOf(objects)).hash;
    assert.equal(again(base), confirmed.hash);
    const moved = {
      ...kafkaFacts,
      topics: kafkaFacts.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, leader: 2 })) })),
    };
    assert.notEqual(again({ ...base, kafka: moved }), confirmed.hash);
    const worker = draft({ kind: 'podDelete' }, { kind: 'role', engine: 'trino', role: 'worker' });
    const first = previewOf(sceneOf(trinoObjects()), worker);
    const reordered = {
      ...trinoObjects(),
      pods: trinoObjects().pods.map((pod) =>
        pod.metadata.name.endsWith('w0') ? pod : { ...pod, metadata: { ...pod.metadata, name: `a-${pod.metadata.name}` } },
      ),
    };
    const held = previewAgain({ fault: worker, identity: 'uid/ca', run: 'r1' }, heldOf(first), sceneOf(reordered));
    assert.deepEqual(
      held.fault?.targets.map(({ uid }) => uid),
      ['uid-data-q-worker-abc-w0'],
    );
    assert.equal(held.hash, first.hash);
  });

  it('of a plan covers its probes, messages and times too', () => {
    const preview = previewOf(sceneOf(base), draft(cut, leader));
    const plan: FaultPlan = {
      cluster: { context: 'here', kubeconfig: '/k', identity: 'uid/ca' },
      faults: preview.fault === undefined ? [] : [preview.fault],
      probes: [],
      baselineMs: 60_000,
      observeMs: 60_000,
      recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
      images: { helper: 'busybox', node: 'node' },
    };
    const whole = hashOfPlan(plan, [preview]);
    assert.notEqual(hashOfPlan({ ...plan, baselineMs: 1 }, [preview]), whole);
    assert.notEqual(hashOfPlan({ ...plan, cluster: { ...plan.cluster, identity: 'x' } }, [preview]), whole);
    assert.notEqual(hashOfPlan(plan, [preview, preview]), whole);
    assert.equal(
      hashOfPlan({ ...plan, cluster: { ...plan.cluster, context: 'renamed' } }, [preview]),
      whole,
      'a context’s name is no cluster',
    );
  });
});

describe('vantages of probes', () => {
  it('are two for each engine, by the name that clients use, and not on the nodes that are hit', () => {
    const scene = sceneOf(kafkaObjects());
    const targets = previewOf(scene, draft(cut, leader)).fault?.targets ?? [];
    assert.deepEqual(nodesOf(targets), ['n1']);
    const probes = plannedProbes(scene, [{ engine: 'kafka', perSecond: 20 }], targets);
    assert.deepEqual(
      probes.map(({ id, title, address, connection, notOn }) => [id, title, address, connection, notOn]),
      [
        ['a', 'pooled', 'bus.data.svc:9092', 'pooled', ['n1']],
        ['b', 'fresh', 'bus.data.svc:9092', 'fresh', ['n1']],
      ],
    );
    const own = plannedProbes(
      scene,
      [{ engine: 'clickhouse', perSecond: 5, address: 'ch.x.svc:8123', connection: 'fresh', asks: 'select 2' }],
      [],
    );
    assert.deepEqual(own, [
      {
        id: 'a',
        title: 'fresh',
        engine: 'clickhouse',
        address: 'ch.x.svc:8123',
        connection: 'fresh',
        asks: 'select 2',
        perSecond: 5,
        notOn: [],
      },
    ]);
    assert.throws(() => plannedProbes(scene, [{ engine: 'trino', perSecond: 1 }], []), /There is no trino/);
  });

  it('of messages one is beside the brokers that are hit, by the name that clients use, and not on their nodes', () => {
    const scene = sceneOf(kafkaObjects());
    const targets = previewOf(scene, draft(cut, leader)).fault?.targets ?? [];
    const asked = { topic: 'own', partitions: 2, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 10 };
    const messages = plannedMessages(scene, asked, targets);
    assert.deepEqual(messages, { ...asked, place: { address: 'bus.data.svc:9092', notOn: ['n1'] } });
    const named = plannedMessages(scene, { ...asked, address: 'lake.shop.svc:9093' }, targets);
    assert.deepEqual(named.place, { address: 'lake.shop.svc:9093', notOn: ['n1'] });
    const probes = plannedProbes(scene, [{ engine: 'kafka', perSecond: 20 }], targets);
    assert.deepEqual(namespacesOf({ probes, faults: [], messages: named }, 'default'), ['data', 'shop']);
    assert.deepEqual(namespacesOf({ probes: [], faults: [], messages }, 'default'), ['data']);
  });

  const login = { user: 'app', password: { secret: 'kafka-users', key: 'app' } } as const;
  const listening = (listeners: string, protocols: string): FaultScene => {
    const objects = kafkaObjects();
    const env = [
      { name: 'KAFKA_LISTENERS', value: listeners },
      { name: 'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP', value: protocols },
      { name: 'KAFKA_SASL_ENABLED_MECHANISMS', value: 'SCRAM-SHA-256' },
    ];
    const pods = objects.pods.map((pod) => ({ ...pod, spec: { ...pod.spec, containers: [{ name: 'kafka', env }] } }));
    return sceneOf({ ...objects, pods });
  };

  it('with a login ask the listener that takes it, as it wants it; without one those of a Kafka that only takes logins are refused', () => {
    const scene = listening('IN://:9092,APP://:9095', 'IN:PLAINTEXT,APP:SASL_SSL');
    const [open] = plannedProbes(scene, [{ engine: 'kafka', perSecond: 1 }], []);
    assert.deepEqual([open?.address, open?.login, open?.tls], ['bus.data.svc:9092', undefined, undefined]);
    const [guarded] = plannedProbes(scene, [{ engine: 'kafka', perSecond: 1, login }], []);
    assert.deepEqual([guarded?.address, guarded?.login, guarded?.tls], ['bus.data.svc:9095', { ...login, mechanism: 'SCRAM-SHA-256' }, {}]);
    const closed = listening('APP://:9095', 'APP:SASL_PLAINTEXT');
    assert.throws(
      () => plannedProbes(closed, [{ engine: 'kafka', perSecond: 1 }], []),
      (error) => FaultlineError.is(error, 'unauthorised') && /secret: kafka-users\/app/.test(error.facts.remedy ?? ''),
    );
    const asked = { topic: 'own', partitions: 2, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 10 };
    const { place } = plannedMessages(closed, { ...asked, login }, []);
    assert.deepEqual(place, { address: 'bus.data.svc:9095', notOn: [], login: { ...login, mechanism: 'SCRAM-SHA-256' } });
  });

  it('send no password of Trino where anybody could read it', () => {
    const trino = { engine: 'trino', perSecond: 1, login } as const;
    assert.throws(() => plannedProbes(sceneOf(kafkaObjects()), [{ ...trino, address: 'trino.x.svc:8080' }], []), /over https alone/);
    const [safe] = plannedProbes(sceneOf(kafkaObjects()), [{ ...trino, address: 'https://trino.x.svc:8443' }], []);
    assert.deepEqual(safe?.login, login);
  });
});
