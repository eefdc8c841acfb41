/**
 * Pods that look like those which the engines' charts and operators make: labels, container names, ports and names as trinodb/charts,
 * the Altinity operator and Strimzi 1.x give them. A slot keeps its place for ever; the pod in it comes and goes.
 */
import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { LAB_LABEL } from '../lab.ts';
import { FAKE_NODE, FAKE_TAINT } from './config.ts';

/** On what `scale` makes; on a pod its value is the slot. */
export const SCALE_LABEL = 'faultline.lab/scale';

/** Pods of one engine cluster; each has a namespace of its own. */
const CLUSTER_SIZE = 200;
/** Of a fake node, as far as there are so many nodes. */
const PODS_PER_NODE = 100;
/** Each has a /24 out of the lab's /16, and real nodes need theirs. */
const MOST_NODES = 200;

export const MOST_PODS = 40_000;

export interface Slot {
  /** 0, 1, …: also the value of SCALE_LABEL. */
  readonly index: number;
  readonly namespace: string;
  readonly node: string;
  readonly engine: 'trino' | 'clickhouse' | 'kafka';
  /** Of its engine cluster. */
  readonly cluster: number;
  /** Within its engine cluster. */
  readonly member: number;
}

export function slotsOf(pods: number): readonly Slot[] {
  const nodes = nodesFor(pods);
  return Array.from({ length: pods }, (_, index) => {
    const cluster = Math.floor(index / CLUSTER_SIZE);
    const engine = (['trino', 'clickhouse', 'kafka'] as const)[cluster % 3] ?? 'trino';
    const namespace = `scale-${engine}-${cluster}`;
    return { index, namespace, node: fakeNodeName(index % nodes), engine, cluster, member: index % CLUSTER_SIZE };
  });
}

export function nodesFor(pods: number): number {
  return Math.min(MOST_NODES, Math.ceil(pods / PODS_PER_NODE));
}

export function fakeNodeName(index: number): string {
  return `fake-${index + 1}`;
}

interface Shape {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly container: V1Container;
}

/** `generation` counts the pods that were in this slot: one of a Deployment has a new name each time, one of a set has not. */
export function podOf(slot: Slot, generation: number, number: number): V1Pod {
  const { name, labels, container } = shapes[slot.engine](slot, generation);
  return {
    metadata: {
      name,
      namespace: slot.namespace,
      labels: { ...labels, [LAB_LABEL]: String(number), [SCALE_LABEL]: String(slot.index) },
    },
    spec: {
      // Given here and not by the scheduler: ten thousand decisions would take longer than everything else.
      nodeName: slot.node,
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // Of every effect and for ever: no fake pod is moved when a fake node is late.
      tolerations: [{ operator: 'Exists' }],
      containers: [container],
    },
  };
}

const shapes: Readonly<Record<Slot['engine'], (slot: Slot, generation: number) => Shape>> = {
  trino: (slot, generation) => {
    const role = slot.member === 0 ? 'coordinator' : 'worker';
    const release = `trino-${slot.cluster}`;
    return {
      name: `${release}-trino-${role}-${letters(slot.cluster, 9)}-${letters(slot.index * 7919 + generation + 1, 5)}`,
      labels: {
        'app.kubernetes.io/name': 'trino',
        'app.kubernetes.io/instance': release,
        'app.kubernetes.io/component': role,
        'app.kubernetes.io/version': '476',
        'app.kubernetes.io/managed-by': 'Helm',
        'helm.sh/chart': 'trino-1.42.2',
        'trino.io/network-policy-protection': 'disabled',
      },
      container: container(`trino-${role}`, 'docker.io/trinodb/trino:476', { http: 8080 }),
    };
  },
  clickhouse: (slot) => {
    const chi = `ch-${slot.cluster}`;
    const shard = Math.floor(slot.member / 2);
    const replica = slot.member % 2;
    const label = 'clickhouse.altinity.com';
    return {
      name: `chi-${chi}-main-${shard}-${replica}-0`,
      labels: {
        [`${label}/app`]: 'chop',
        [`${label}/namespace`]: slot.namespace,
        [`${label}/chi`]: chi,
        [`${label}/cluster`]: 'main',
        [`${label}/shard`]: String(shard),
        [`${label}/replica`]: String(replica),
        [`${label}/ready`]: 'yes',
      },
      container: container('clickhouse', 'docker.io/clickhouse/clickhouse-server:25.3', { http: 8123, tcp: 9000, interserver: 9009 }),
    };
  },
  kafka: (slot) => {
    const cluster = `kafka-${slot.cluster}`;
    const controller = slot.member < 3;
    const pool = controller ? 'controller' : 'broker';
    const name = `${cluster}-${pool}-${slot.member}`;
    return {
      name,
      labels: {
        'strimzi.io/cluster': cluster,
        'strimzi.io/kind': 'Kafka',
        'strimzi.io/name': `${cluster}-kafka`,
        'strimzi.io/component-type': 'kafka',
        'strimzi.io/pool-name': pool,
        'strimzi.io/broker-role': String(!controller),
        'strimzi.io/controller-role': String(controller),
        'strimzi.io/pod-name': name,
        'strimzi.io/controller': 'strimzipodset',
        'app.kubernetes.io/name': 'kafka',
        'app.kubernetes.io/instance': cluster,
        'app.kubernetes.io/part-of': `strimzi-${cluster}`,
        'app.kubernetes.io/managed-by': 'strimzi-cluster-operator',
      },
      container: container(
        'kafka',
        'quay.io/strimzi/kafka:1.2.0-kafka-4.3.1',
        controller
          ? { 'tcp-ctrlplane': 9090, 'tcp-prometheus': 9404 }
          : { 'tcp-replication': 9091, 'tcp-clients': 9092, 'tcp-prometheus': 9404 },
      ),
    };
  },
};

function container(name: string, image: string, ports: Readonly<Record<string, number>>): V1Container {
  return {
    name,
    image,
    ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
    resources: { requests: { cpu: '100m', memory: '256Mi' } },
  };
}

/** As a controller would have made them up: the same for the same number, and rarely the same for another. */
function letters(seed: number, length: number): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  // Multiplied by an odd number: neighbours look nothing alike.
  let rest = BigInt.asUintN(64, BigInt(seed + 1) * 0x9e3779b97f4a7c15n);
  let text = '';
  while (text.length < length) {
    text += alphabet.charAt(Number(rest % BigInt(alphabet.length)));
    rest /= BigInt(alphabet.length);
  }
  return text;
}

/** A node that kwok plays; it has room for its pods and keeps all others off. */
export function fakeNode(index: number, number: number): { metadata: object; spec: object; status: object } {
  const name = fakeNodeName(index);
  const room = { cpu: '64', memory: '256Gi', pods: '500' };
  return {
    metadata: {
      name,
      annotations: { [FAKE_NODE]: 'fake' },
      labels: {
        [LAB_LABEL]: String(number),
        [SCALE_LABEL]: 'node',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'topology.kubernetes.io/zone': `fake-${'abc'.charAt(index % 3)}`,
        type: 'kwok',
      },
    },
    // Of the lab's own pod range, beyond the ranges of real nodes, which are 1 to 9.
    spec: { taints: [FAKE_TAINT], podCIDR: `10.${200 + number}.${10 + index}.0/24`, podCIDRs: [`10.${200 + number}.${10 + index}.0/24`] },
    status: {
      // Of the range for benchmarks (RFC 2544): nothing answers there.
      addresses: [
        { type: 'InternalIP', address: `198.18.${Math.floor(index / 250)}.${(index % 250) + 1}` },
        { type: 'Hostname', address: name },
      ],
      allocatable: room,
      capacity: room,
    },
  };
}
