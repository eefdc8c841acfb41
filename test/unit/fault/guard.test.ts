import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { PodDisruptionBudget } from '../../../src/cluster/objects.ts';
import type { TargetBy } from '../../../src/fault/draft.ts';
import { minorityOf } from '../../../src/fault/guard/hit.ts';
import type { FaultScene, ScenePod } from '../../../src/fault/scene.ts';
import type { FaultSettings } from '../../../src/journal/fault-plan.ts';
import {
  budget,
  byPod,
  clickHouseObjects,
  draft,
  kafkaFacts,
  kafkaObjects,
  kafkaPod,
  node,
  nodes,
  previewOf,
  saidOf,
  sceneOf,
  scenePod,
  trinoObjects,
  workerLabels,
  workload,
  type Objects,
} from './scenes.ts';

const crash: FaultSettings = { kind: 'containerCrash' };
const cut: FaultSettings = { kind: 'networkCut', direction: 'both' };
const workers: TargetBy = { kind: 'role', engine: 'trino', role: 'worker' };
const brokers: TargetBy = { kind: 'role', engine: 'kafka', role: 'broker' };
const byNode = (name: string): TargetBy => ({ kind: 'object', object: 'Node', name });

function refusals(objects: Partial<Objects>, ...asked: Parameters<typeof draft>): readonly string[] {
  return saidOf(previewOf(sceneOf(objects), draft(...asked)));
}

function onePod(pod: ScenePod, more: Partial<Objects> = {}): Partial<Objects> {
  return { pods: [pod], nodes, ...more };
}

describe('the blast radius', () => {
  it('of a well cluster one target is allowed, whatever the kind', () => {
    assert.deepEqual(refusals(kafkaObjects(), crash, byPod('bus-1')), []);
    assert.deepEqual(refusals(trinoObjects(), { kind: 'podDelete' }, workers), []);
    assert.deepEqual(refusals(clickHouseObjects(), cut, { kind: 'replica', shard: '2' }), []);
  });

  it('more than one target needs the flag that is named', () => {
    const two = { amount: { kind: 'count', count: 2 } } as const;
    assert.deepEqual(refusals(trinoObjects(), crash, workers, two), ['blast: 2 targets are more than one']);
    const { refusals: found } = previewOf(sceneOf(trinoObjects()), draft(crash, workers, two));
    assert.deepEqual([found[0]?.flag, found[0]?.remedy], ['several', 'Choose one, or allow it by name: several.']);
    assert.deepEqual(refusals(trinoObjects(), crash, workers, { ...two, allow: ['several'] }), []);
  });

  it('a quorum’s majority needs a flag of its own: of three one may go, of one none', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(minorityOf), [0, 0, 1, 1, 2, 2, 3]);
    const two = { amount: { kind: 'count', count: 2 }, allow: ['several', 'againstBudget'] } as const;
    assert.deepEqual(refusals(kafkaObjects(), cut, brokers, two), [
      'blast: 2 of 3 brokers of data/bus are more than a minority: what needs a quorum would stop',
    ]);
    assert.deepEqual(refusals(kafkaObjects(), cut, brokers, { ...two, allow: [...two.allow, 'beyondMinority'] }), []);
    const alone = { ...kafkaObjects(), pods: [kafkaPod(0)], workloads: [workload('StatefulSet', 'bus', 1, {})], budgets: [] };
    assert.match(refusals(alone, crash, byPod('bus-0')).join(), /1 of 1 brokers of data\/bus are more than a minority/);
  });

  it('those that are away already count, and those that a step waits to be away', () => {
    const objects = { ...kafkaObjects(), pods: kafkaObjects().pods.slice(1), budgets: [] };
    const said = (allow: readonly 'beyondMinority'[]): readonly string[] =>
      saidOf(previewOf(sceneOf(objects), draft(crash, byPod('bus-1'), { allow }), { isLaterStep: true }));
    assert.deepEqual(said([]), [
      'blast: 1 and 1 that are away of 3 brokers of data/bus are more than a minority: what needs a quorum would stop',
    ]);
    assert.deepEqual(said(['beyondMinority']), []);
    const waiting = (size: number): string =>
      refusals(
        kafkaObjects(),
        crash,
        { kind: 'leader', topic: 'messages', partition: 1 },
        {
          when: { kind: 'isr', topic: 'messages', partition: 1, size, withinMs: 1 },
        },
      ).join();
    assert.match(waiting(2), /1 and 1 that are away of 3 brokers/);
    assert.equal(waiting(3), '');
  });

  it('a node counts with all that it takes away', () => {
    const together = kafkaObjects().pods.map((pod) => ({ ...pod, spec: { ...pod.spec, nodeName: 'n1' } }));
    assert.match(
      refusals({ ...kafkaObjects(), pods: together, budgets: [] }, { kind: 'nodeCut' }, byNode('n1')).join(),
      /3 of 3 brokers of data\/bus are more than a minority/,
    );
    assert.deepEqual(refusals(kafkaObjects(), { kind: 'nodeCut' }, byNode('n1')), []);
  });

  it('a drain takes what is evicted: a DaemonSet’s pods stay', () => {
    const agent = scenePod({ name: 'agent', owner: { kind: 'DaemonSet', name: 'agent' }, node: 'n1' });
    const gone = (kind: 'drain' | 'nodeCut'): string =>
      previewOf(sceneOf({ ...kafkaObjects(), pods: [...kafkaObjects().pods, agent] }), draft({ kind }, byNode('n1'))).dependents.join(' ');
    assert.match(gone('nodeCut'), /1 other pod is on the node/);
    assert.doesNotMatch(gone('drain'), /other pod/);
  });

  it('scaling down counts what would be gone, of a StatefulSet its last ones; scaling up nothing', () => {
    const by: TargetBy = { kind: 'object', object: 'StatefulSet', name: 'bus' };
    const objects = { ...kafkaObjects(), budgets: [] };
    assert.match(refusals(objects, { kind: 'scale', replicas: 1 }, by).join(), /2 of 3 brokers/);
    assert.deepEqual(refusals(objects, { kind: 'scale', replicas: 2 }, by), []);
    assert.deepEqual(refusals(objects, { kind: 'scale', replicas: 5 }, by), []);
    const { dependents, share } = previewOf(sceneOf(objects), draft({ kind: 'scale', replicas: 2 }, by));
    assert.match(dependents.join(' '), /It is the active controller/, 'bus-2 is');
    assert.match(share, /1 of 3 brokers of data\/bus/);
  });

  it('a rolling restart takes one after the other', () => {
    const by: TargetBy = { kind: 'object', object: 'StatefulSet', name: 'bus' };
    assert.deepEqual(refusals({ ...kafkaObjects(), budgets: [budget('bus', {}, 0)] }, { kind: 'rollingRestart' }, by), []);
  });

  it('a leader that is told only when it begins is one target, not three', () => {
    const scene = sceneOf(kafkaObjects());
    const preview = previewOf(scene, draft(crash, { kind: 'leader', topic: 'mine', partition: 1 }), { ownTopic: 'mine' });
    assert.deepEqual(saidOf(preview), []);
    assert.match(preview.share, /^1 of 3 brokers of data\/bus/);
    assert.equal(preview.fault?.targets.length, 3);
  });

  it('a budget that allows nobody to go refuses what does not ask it, and not what obeys it', () => {
    const tight = { ...kafkaObjects(), budgets: [budget('bus', kafkaObjects().pods[0]?.metadata.labels ?? {}, 0)] };
    const said = refusals({ ...tight, budgets: [budget('bus', { 'app.kubernetes.io/name': 'kafka' }, 0)] }, crash, byPod('bus-1'));
    assert.match(
      said.join(),
      /^budget: PodDisruptionBudget bus: 3 of 3 pods are healthy and 3 must be: none may go now\. This fault does not ask it$/,
    );
    const named = { ...kafkaObjects(), budgets: [budget('bus', { 'app.kubernetes.io/name': 'kafka' }, 0)] };
    assert.deepEqual(refusals(named, crash, byPod('bus-1'), { allow: ['againstBudget'] }), []);
    const one = { ...kafkaObjects(), budgets: [budget('bus', { 'app.kubernetes.io/name': 'kafka' }, 1)] };
    const waits = { kind: 'isr', topic: 'messages', partition: 1, size: 2, withinMs: 1 } as const;
    assert.match(
      refusals(one, crash, { kind: 'leader', topic: 'messages', partition: 1 }, { when: waits, allow: ['beyondMinority'] }).join(),
      /^budget: .*: 1 may go now\. When it begins 1 more will be away, and 0 may go\. This fault does not ask it$/,
    );
    const leading: TargetBy = { kind: 'leader', topic: 'messages', partition: 1 };
    const then = (one: PodDisruptionBudget): number | undefined =>
      previewOf(sceneOf({ ...kafkaObjects(), budgets: [one] }), draft(crash, leading, { when: waits })).budgets[0]?.allowed;
    const of5 = budget('bus', { 'app.kubernetes.io/name': 'kafka' }, 2, 5);
    assert.equal(then(of5), 1);
    const oneDown = { ...of5, status: { ...of5.status, currentHealthy: 4, disruptionsAllowed: 1 } };
    assert.equal(then(oneDown), 1, 'the one that is away is counted once');
    assert.deepEqual(refusals(named, { kind: 'drain' }, byNode('n1')), []);
    const { budgets } = previewOf(sceneOf(named), draft({ kind: 'drain' }, byNode('n1')));
    assert.match(budgets[0]?.text ?? '', /Eviction obeys it: a pod that may not go stays, and that is a result\./);
    assert.deepEqual(refusals({ ...named, budgets: [budget('other', { app: 'x' }, 0)] }, crash, byPod('bus-1')), []);
  });

  it('a fault lasts fifteen minutes at most, and what happens once has no duration', () => {
    const long = { durationMs: 15 * 60_000 + 1 };
    assert.match(refusals(kafkaObjects(), cut, byPod('bus-1'), long).join(), /^tooLong: 15:00 min is longer than a fault may last/);
    assert.deepEqual(refusals(kafkaObjects(), cut, byPod('bus-1'), { durationMs: 15 * 60_000 }), []);
    assert.match(refusals(kafkaObjects(), crash, byPod('bus-1'), { durationMs: 1 }).join(), /^tooLong: “Crash Container” has no duration/);
    assert.match(refusals(kafkaObjects(), cut, byPod('bus-1'), { durationMs: 0 }).join(), /^tooLong: “Cut Network” has no duration/);
  });
});

describe('what nobody breaks from here', () => {
  it('kube-system, the control plane and its nodes', () => {
    const dns = scenePod({ name: 'dns', namespace: 'kube-system', owner: { kind: 'ReplicaSet', name: 'dns-1' } });
    assert.match(refusals(onePod(dns), crash, byPod('dns')).join(), /^system: dns is in kube-system, which belongs to the cluster itself/);
    const scheduler = scenePod({ name: 's', labels: { tier: 'control-plane' }, owner: { kind: 'ReplicaSet', name: 's-1' } });
    assert.match(refusals(onePod(scheduler), crash, byPod('s')).join(), /^system: Pod s is of the control plane/);
    const plane = [node('n9', { labels: { 'node-role.kubernetes.io/control-plane': '' } })];
    for (const kind of ['cordon', 'drain', 'nodeStop'] as const)
      assert.match(refusals({ nodes: plane }, { kind }, byNode('n9')).join(), /^system: Node n9 runs the control plane/, kind);
  });

  it('pods with their node’s network, static and mirror pods', () => {
    const owner = { kind: 'ReplicaSet', name: 'x-1' };
    const cases: readonly (readonly [ScenePod, RegExp])[] = [
      [scenePod({ name: 'x', owner }, { spec: { hostNetwork: true } }), /^unfit: Pod x has the network of its node/],
      [scenePod({ name: 'x', owner: { kind: 'Node', name: 'n1' } }), /^unfit: Pod x is a static one/],
      [scenePod({ name: 'x', owner, annotations: { 'kubernetes.io/config.mirror': 'h' } }), /^unfit: Pod x is a static one/],
      [scenePod({ name: 'x', owner }, { status: { phase: 'Pending' } }), /^unfit: Pod x does not run: it is Pending/],
    ];
    for (const [pod, expected] of cases) assert.match(refusals(onePod(pod), crash, byPod('x')).join(), expected);
    assert.deepEqual(refusals(onePod(scenePod({ name: 'x', owner })), crash, byPod('x')), []);
  });

  it('vantages of a run, and what heals its faults', () => {
    const cases = [
      ['probe', /^unfit: Pod x is a vantage of run tuesday: it would tell of its own fault/],
      ['healer', /^unfit: Pod x heals a fault when nobody else does/],
    ] as const;
    for (const [kind, expected] of cases) {
      const pod = scenePod({ name: 'x', labels: { 'faultline.dev/kind': kind }, annotations: { 'faultline.dev/run': 'tuesday' } });
      for (const settings of [crash, cut, { kind: 'podDelete' }] as const)
        assert.match(refusals(onePod(pod), settings, byPod('x')).join(), expected, settings.kind);
    }
  });

  it('networks that are carried by something else, and nodes on which the helper can’t be', () => {
    const owner = { kind: 'ReplicaSet', name: 'x-1' };
    const meshed = scenePod({ name: 'x', owner, containers: [{ name: 'app' }, { name: 'istio-proxy' }] });
    assert.match(refusals(onePod(meshed), cut, byPod('x')).join(), /^unfit: Pod x has its traffic carried by Istio/);
    assert.deepEqual(refusals(onePod(meshed), crash, byPod('x')), []);
    const several = scenePod({ name: 'x', owner, annotations: { 'k8s.v1.cni.cncf.io/networks': 'a' } });
    assert.match(refusals(onePod(several), cut, byPod('x')).join(), /^unfit: Pod x has several networks/);
    const windows = scenePod({ name: 'x', owner }, { spec: { os: { name: 'windows' } } });
    assert.match(refusals(onePod(windows), crash, byPod('x')).join(), /^unfit: Pod x runs on Windows/);
    assert.deepEqual(refusals(onePod(windows), { kind: 'podDelete' }, byPod('x')), []);
    const on = (facts: object): Partial<Objects> =>
      onePod(scenePod({ name: 'x', owner, node: 'n1' }), {
        nodes: nodes.map((one) => ({ ...one, status: { ...one.status, nodeInfo: facts } })),
      });
    assert.match(refusals(on({ architecture: 's390x' }), crash, byPod('x')).join(), /^unfit: Pod x runs on s390x/);
    assert.deepEqual(refusals(on({ architecture: '', kernelVersion: '' }), cut, byPod('x')), [], 'not told yet');
    assert.deepEqual(refusals(on({ architecture: 'arm64', kernelVersion: '6.1.0-13-arm64' }), cut, byPod('x')), []);
    const old = { architecture: 'amd64', kernelVersion: '5.4.0-204-generic' };
    assert.match(refusals(on(old), cut, byPod('x')).join(), /^mechanism: Node n1 has kernel 5\.4\.0-204-generic: .* need 5\.12/);
    assert.deepEqual(refusals(on(old), crash, byPod('x')), []);
    assert.deepEqual(refusals(on({ ...old, kernelVersion: '4.18.0-553.el8_10.x86_64' }), cut, byPod('x')), []);
    const full = scenePod(
      { name: 'x', owner },
      { spec: { ephemeralContainers: Array.from({ length: 10 }, (_, n) => ({ name: `fl-${n}` })) } },
    );
    const { refusals: found } = previewOf(sceneOf(onePod(full)), draft(crash, byPod('x')));
    assert.match(found[0]?.remedy ?? '', /^Recreate the pod/);
  });

  it('a node that somebody else has cordoned: healing would take that back', () => {
    const objects = { nodes: [node('n1', {}, true, { unschedulable: true })] };
    assert.match(refusals(objects, { kind: 'cordon' }, byNode('n1')).join(), /^unfit: Node n1 is cordoned already/);
  });
});

describe('an unwell system is not broken further', () => {
  const unwell = (objects: Partial<Objects>, by: TargetBy = byPod('bus-1')): string => refusals(objects, crash, by).join(' | ');
  const withStatus = (status: object, metadata: object = {}): Objects => {
    const objects = kafkaObjects();
    const workloads = objects.workloads.map((one) => ({
      ...one,
      workload: {
        ...one.workload,
        metadata: { ...one.workload.metadata, ...metadata },
        status: { ...one.workload.status, ...status },
      },
    }));
    return { ...objects, workloads };
  };

  it('while a rollout is running', () => {
    assert.match(
      unwell(withStatus({ updatedReplicas: 1, updateRevision: 'b' })),
      /^unwell: A rollout of StatefulSet data\/bus is running: 1 of 3 pods/,
    );
    assert.match(unwell(withStatus({}, { generation: 2 })), /^unwell: A rollout of StatefulSet data\/bus is running/);
    assert.equal(unwell(withStatus({ updatedReplicas: 0 })), '', 'finished: the revisions are the same');
    const rolled = trinoObjects();
    const workloads = rolled.workloads.map((one) =>
      one.workload.metadata.name === 'q-coordinator'
        ? { ...one, workload: { ...one.workload, status: { ...one.workload.status, updatedReplicas: 0 } } }
        : one,
    );
    assert.match(
      unwell({ ...rolled, workloads }, workers),
      /A rollout of Deployment data\/q-coordinator is running/,
      'a worker’s coordinator too',
    );
  });

  it('while replicas are missing, in Kubernetes or by the engine’s own word', () => {
    assert.match(unwell(withStatus({ readyReplicas: 2 })), /^unwell: Replicas of StatefulSet data\/bus are missing: 2 of 3 are ready/);
    const objects = kafkaObjects();
    assert.match(unwell({ ...objects, pods: objects.pods.slice(1) }), /unwell: Replicas of data\/bus are missing: 2 of 3 are ready/);
  });

  it('while partitions are under-replicated or offline, or whether they are is not known', () => {
    const isr = (inSync: readonly number[], leader = 0): string =>
      unwell({
        ...kafkaObjects(),
        kafka: {
          ...kafkaFacts,
          topics: [{ name: 'm', internal: false, partitions: [{ partition: 0, leader, replicas: [0, 1, 2], inSync }] }],
        },
      });
    assert.match(isr([0, 1]), /^unwell: data\/bus has 1 partition under-replicated/);
    assert.match(isr([], -1), /^unwell: data\/bus has 1 partition offline/);
    assert.equal(isr([0, 1, 2]), '');
    assert.match(unwell({ ...kafkaObjects(), kafka: 'unknown' }), /^unwell: Whether the partitions of data\/bus are in sync is not known/);
  });

  it('while a node is not ready', () => {
    assert.match(unwell({ ...kafkaObjects(), nodes: [...nodes, node('n7', {}, false)] }), /^unwell: Node n7 is not ready/);
  });

  it('while another tool’s fault, or one of ours, is active', () => {
    const others = [{ title: 'Chaos Mesh NetworkChaos shop/cut', tool: 'chaos-mesh' }] as const;
    assert.match(unwell({ ...kafkaObjects(), others }), /^otherFault: Chaos Mesh NetworkChaos shop\/cut is active now/);
    const ours = [{ title: '“Freeze” of run r1', tool: 'faultline', run: 'r1', targetUid: 'uid-data-bus-2' }] as const;
    const scene = sceneOf({ ...kafkaObjects(), others: ours });
    assert.match(saidOf(previewOf(scene, draft(crash, byPod('bus-1')))).join(), /^otherFault: “Freeze” of run r1 is active now/);
    assert.deepEqual(saidOf(previewOf(scene, draft(crash, byPod('bus-1')), { run: 'r1' })), [], 'the run’s own, on another target');
    assert.match(saidOf(previewOf(scene, draft(crash, byPod('bus-2')), { run: 'r1' })).join(), /^otherFault/, 'a second one on its target');
  });

  it('a later step of the same run finds what the step before has broken, and goes on', () => {
    const scene = sceneOf(withStatus({ readyReplicas: 2 }));
    assert.deepEqual(saidOf(previewOf(scene, draft(crash, byPod('bus-1')), { run: 'r1', isLaterStep: true })), []);
  });

  it('what could not be read is not taken for well', () => {
    const error = new FaultlineError('forbidden', { what: 'You may not list pods', remedy: 'Ask.' });
    const scene = (part: 'pods' | 'nodes'): FaultScene => sceneOf({ ...kafkaObjects(), unread: [{ part, error }] });
    assert.deepEqual(saidOf(previewOf(scene('pods'), draft(crash, byPod('bus-1')))), ['unread: You may not list pods']);
    const { refusals: none, warnings } = previewOf(scene('nodes'), draft(crash, byPod('bus-1')));
    assert.deepEqual([none, warnings], [[], ['Whether all nodes are ready is not known: You may not list pods.']]);
  });

  it('the control is allowed whatever is wrong: it breaks nothing', () => {
    assert.deepEqual(refusals({ ...kafkaObjects(), nodes: [node('n7', {}, false)] }, { kind: 'none' }, byPod('bus-1')), []);
    assert.deepEqual(saidOf(previewOf(sceneOf({}), { settings: { kind: 'none' }, allow: [] })), []);
    assert.deepEqual(saidOf(previewOf(sceneOf({}), { settings: crash, allow: [] })), ['target: “Crash Container” has no target']);
  });
});

describe('what can’t be taken back needs the name typed', () => {
  const volumes = [
    { name: 'data', emptyDir: {} },
    { name: 'keys', emptyDir: { medium: 'Memory' } },
  ];
  const kept = {
    ...kafkaObjects(),
    pods: [kafkaPod(0), kafkaPod(1), kafkaPod(2)].map((pod) => ({ ...pod, spec: { ...pod.spec, volumes } })),
  };

  it('an emptyDir goes with its pod, and stays when its container crashes', () => {
    const preview = previewOf(sceneOf(kept), draft({ kind: 'podDelete' }, byPod('bus-1')));
    assert.deepEqual(saidOf(preview), ['consent: data/bus-1: what is in its emptyDir data is lost']);
    assert.deepEqual(preview.consent, {
      type: 'bus-1',
      losses: [{ pod: 'data/bus-1', of: 'StatefulSet data/bus-1', why: 'what is in its emptyDir data is lost' }],
      isGiven: false,
    });
    assert.deepEqual(refusals(kept, crash, byPod('bus-1')), []);
  });

  it('the very name, or the flag in a spec; another name is none', () => {
    const typed = (name: string): readonly string[] =>
      saidOf(previewOf(sceneOf(kept), draft({ kind: 'podDelete' }, byPod('bus-1')), { typed: name }));
    assert.deepEqual(typed('bus-1'), []);
    assert.equal(typed('bus-2').length, 1);
    assert.deepEqual(refusals(kept, { kind: 'podDelete' }, byPod('bus-1'), { allow: ['dataLoss'] }), []);
    const rolling = draft({ kind: 'rollingRestart' }, { kind: 'object', object: 'StatefulSet', name: 'bus' });
    assert.match(saidOf(previewOf(sceneOf(kept), rolling)).join(), /^consent: data\/bus-0: .* is lost; 2 more$/);
    assert.deepEqual(saidOf(previewOf(sceneOf(kept), rolling, { typed: 'bus' })), []);
  });

  it('a pod that nobody brings back, and one that may live twice', () => {
    assert.match(
      refusals(onePod(scenePod({ name: 'x' })), { kind: 'podDelete' }, byPod('x')).join(),
      /^consent: data\/x: nobody brings it back/,
    );
    assert.match(
      refusals(kafkaObjects(), { kind: 'podForget' }, byPod('bus-1')).join(),
      /^consent: .* begins another one of the same name, and both may write/,
    );
    const lost = { ...kafkaObjects(), nodes: [node('n0'), node('n1', {}, false), node('n2')] };
    assert.match(
      refusals(lost, { kind: 'podForget' }, byPod('bus-1')).join(),
      /consent: .* it may run on there, beside another one of the same name/,
    );
    assert.deepEqual(refusals(trinoObjects(), { kind: 'podForget' }, workers), []);
  });

  it('memory without a limit is the neighbours’', () => {
    const fill: FaultSettings = { kind: 'memoryStress', bytes: 2 ** 30 };
    const limited = (memory: string | undefined): readonly string[] =>
      refusals(
        onePod(
          scenePod({
            name: 'x',
            owner: { kind: 'ReplicaSet', name: 'x-1' },
            containers: [{ name: 'main', ...(memory === undefined ? {} : { resources: { limits: { memory } } }) }],
          }),
        ),
        fill,
        byPod('x'),
      );
    assert.match(limited(undefined).join(), /^consent: data\/x: it has no memory limit: its neighbours/);
    assert.match(limited('1Gi').join(), /^consent: data\/x: that is its whole memory limit/);
    assert.deepEqual(limited('4Gi'), []);
    assert.ok(workerLabels);
  });
});
