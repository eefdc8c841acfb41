/** Clusters as charts make them, with the objects that a preview looks at: whole, well, and changed by a test where it says so. */
import type { KafkaFacts } from '../../../src/cluster/recognise/model.ts';
import { modelOf } from '../../../src/cluster/recognise/modelOf.ts';
import { keyOf, type Node, type PodDisruptionBudget, type Service } from '../../../src/cluster/objects.ts';
import type { DraftFault, TargetBy, TargetSelector } from '../../../src/fault/draft.ts';
import type { HeldFault } from '../../../src/fault/plan.ts';
import { previewFault, type Preview, type PreviewRequest } from '../../../src/fault/preview/preview.ts';
import type { FaultScene, ScenePod, SceneWorkload, WorkloadNow } from '../../../src/fault/scene.ts';
import type { FaultSettings } from '../../../src/journal/fault-plan.ts';
import type { Kinds, Part } from './parts.ts';
import { appComponent, appInstance, appName, pod, ready, type PodFacts } from '../cluster/recognise/pods.ts';

export type Objects = Omit<FaultScene, 'model'> & { readonly kafka?: KafkaFacts | 'unknown' };

/** Changes: what the test says of objects goes into the model too. */
export function sceneOf(objects: Partial<Objects>): FaultScene {
  const { kafka, ...given } = objects;
  const scene = {
    pods: [],
    workloads: [],
    nodes: [],
    budgets: [],
    services: [],
    autoscalers: [],
    others: [],
    unread: [],
    ...given,
  };
  const workloadsOf = (kind: SceneWorkload['kind']): readonly WorkloadNow[] =>
    scene.workloads.filter((one) => one.kind === kind).map(({ workload }) => workload);
  const model = modelOf({
    context: 'here',
    parts: {
      pods: part(scene.pods),
      deployments: part(workloadsOf('Deployment')),
      statefulSets: part(workloadsOf('StatefulSet')),
      services: part(scene.services),
      nodes: part(scene.nodes),
      budgets: part(scene.budgets),
    },
    truth: new Map(),
    kafka: new Map(kafka === undefined || kafka === 'unknown' ? [] : [['kafka:data/bus', { kind: 'known', facts: kafka }]]),
  });
  return { ...scene, model };
}

function part<T extends Kinds>(objects: readonly T[]): Part<T> {
  return { objects: new Map(objects.map((object) => [keyOf(object), object])), state: { kind: 'live', sinceMs: 0 } };
}

export function node(name: string, more: Partial<Node['metadata']> = {}, isReady = true, spec: Node['spec'] = {}): Node {
  return {
    metadata: { name, uid: `uid-node-${name}`, ...more },
    spec,
    status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'Unknown' }] },
  };
}

export const nodes = ['n0', 'n1', 'n2'].map((name) => node(name));

interface PodMore {
  readonly spec?: ScenePod['spec'];
  readonly status?: ScenePod['status'];
}

export function scenePod(facts: PodFacts, { spec, status }: PodMore = {}): ScenePod {
  const made = pod(facts);
  const now = status ?? ready([{ containerID: `containerd://${facts.name}-first` }]);
  return { ...made, spec: { ...made.spec, ...spec }, status: now };
}

export function workload(
  kind: 'Deployment' | 'StatefulSet',
  name: string,
  replicas: number,
  labels: Readonly<Record<string, string>>,
  status: NonNullable<WorkloadNow['status']> = {},
): SceneWorkload {
  return {
    kind,
    workload: {
      metadata: { name, namespace: 'data', uid: `uid-${name}`, generation: 1, resourceVersion: '1' },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'main' }] } } },
      status: {
        observedGeneration: 1,
        replicas,
        readyReplicas: replicas,
        updatedReplicas: replicas,
        ...(kind === 'StatefulSet' ? { currentRevision: 'a', updateRevision: 'a' } : {}),
        ...status,
      },
    },
  };
}

export function budget(name: string, labels: Readonly<Record<string, string>>, allowed: number, expected = 3): PodDisruptionBudget {
  return {
    metadata: { name, namespace: 'data', uid: `uid-pdb-${name}` },
    spec: { selector: { matchLabels: labels } },
    status: { currentHealthy: expected, desiredHealthy: expected - allowed, disruptionsAllowed: allowed, expectedPods: expected },
  };
}

export function service(name: string, selector: Readonly<Record<string, string>>, port: number): Service {
  return { metadata: { name, namespace: 'data', uid: `uid-svc-${name}` }, spec: { clusterIP: '10.0.0.1', selector, ports: [{ port }] } };
}

// ---- Kafka: three brokers that are controllers too

const kafkaLabels = { [appName]: 'kafka', [appInstance]: 'bus', [appComponent]: 'broker' };

export function kafkaPod(index: number, more: PodMore = {}): ScenePod {
  return scenePod(
    {
      name: `bus-${index}`,
      labels: { ...kafkaLabels, 'apps.kubernetes.io/pod-index': String(index) },
      owner: { kind: 'StatefulSet', name: 'bus' },
      containers: [{ name: 'kafka' }],
      node: `n${index}`,
    },
    { status: ready([{ name: 'kafka', containerID: `containerd://bus-${index}-first` }]), ...more },
  );
}

export const kafkaFacts: KafkaFacts = {
  readAtMs: 0,
  controllerId: 2,
  brokers: [0, 1, 2].map((id) => ({ id, host: `bus-${id}.bus`, port: 9092 })),
  topics: [
    {
      name: 'messages',
      internal: false,
      minInSync: 2,
      partitions: [
        { partition: 0, leader: 0, replicas: [0, 1, 2], inSync: [0, 1, 2] },
        { partition: 1, leader: 1, replicas: [1, 2, 0], inSync: [1, 2, 0] },
      ],
    },
  ],
};

export function kafkaObjects(): Objects & { readonly kafka: KafkaFacts } {
  return {
    pods: [0, 1, 2].map((index) => kafkaPod(index)),
    workloads: [workload('StatefulSet', 'bus', 3, kafkaLabels)],
    nodes,
    budgets: [budget('bus', kafkaLabels, 1)],
    services: [service('bus', kafkaLabels, 9092)],
    autoscalers: [],
    others: [],
    unread: [],
    kafka: kafkaFacts,
  };
}

// ---- Trino: a coordinator and three workers

export const workerLabels = { [appName]: 'trino', [appInstance]: 'q', [appComponent]: 'worker' };
const coordinatorLabels = { [appName]: 'trino', [appInstance]: 'q', [appComponent]: 'coordinator' };

function trinoPod(owner: string, name: string, labels: Readonly<Record<string, string>>, on: string): ScenePod {
  return scenePod({
    name,
    labels: { ...labels, 'pod-template-hash': 'abc' },
    owner: { kind: 'ReplicaSet', name: `${owner}-abc` },
    containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
    node: on,
  });
}

export function trinoObjects(): Objects {
  return {
    pods: [
      trinoPod('q-coordinator', 'q-coordinator-abc-c0', coordinatorLabels, 'n0'),
      ...[0, 1, 2].map((index) => trinoPod('q-worker', `q-worker-abc-w${index}`, workerLabels, `n${index}`)),
    ],
    workloads: [workload('Deployment', 'q-coordinator', 1, coordinatorLabels), workload('Deployment', 'q-worker', 3, workerLabels)],
    nodes,
    budgets: [],
    services: [service('q', coordinatorLabels, 8080)],
    autoscalers: [],
    others: [],
    unread: [],
  };
}

// ---- ClickHouse: two shards of two replicas

export function clickHouseObjects(): Objects {
  const labels = { [appName]: 'clickhouse', [appInstance]: 'house', [appComponent]: 'server' };
  const at = (shard: number, replica: number): ScenePod =>
    scenePod({
      name: `house-${shard}-${replica}`,
      labels: { ...labels, 'faultline.dev/shard': String(shard), 'faultline.dev/replica': String(replica) },
      owner: { kind: 'StatefulSet', name: `house-${shard}` },
      node: `n${replica}`,
    });
  return {
    pods: [at(1, 0), at(1, 1), at(2, 0), at(2, 1)],
    workloads: [1, 2].map((shard) => workload('StatefulSet', `house-${shard}`, 2, { ...labels, 'faultline.dev/shard': String(shard) })),
    nodes,
    budgets: [],
    services: [],
    autoscalers: [],
    others: [],
    unread: [],
  };
}

// ---- What is asked

export function draft(settings: FaultSettings, by: TargetBy, more: Partial<DraftFault & Omit<TargetSelector, 'by'>> = {}): DraftFault {
  const { amount, namespace, container, ...rest } = more;
  return {
    settings,
    target: {
      by,
      ...(amount === undefined ? {} : { amount }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(container === undefined ? {} : { container }),
    },
    allow: [],
    ...rest,
  };
}

export function previewOf(scene: FaultScene, fault: DraftFault, more: Partial<PreviewRequest> = {}): Preview {
  return previewFault({ fault, identity: 'uid/ca', ...more }, scene);
}

/** What a person who has seen it has confirmed. */
export function heldOf({ fault, consent }: Preview): HeldFault {
  const { targets = [], choose } = fault ?? {};
  return { targets, ...(choose === undefined ? {} : { choose }), losses: consent?.losses ?? [] };
}

export const byPod = (name: string): TargetBy => ({ kind: 'object', object: 'Pod', name });

export function saidOf({ refusals }: Preview): readonly string[] {
  return refusals.map(({ reason, text }) => `${reason}: ${text}`);
}
