import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import { Progress } from '../../workbench/cache.mjs';
import { faultNode, healNode, openFaults } from '../native/faults.ts';
import type { Manifest } from '../use/apply.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { onePerNode } from '../use/workloads.ts';

const BROKERS = 3;
const MESSAGES = 1800;
const PER_SECOND = 40;
/** A broker counts as lost after 9 s (`broker.session.timeout.ms`). */
const LOST_MS = 40_000;
const BOUNDS = { timeoutMs: 120_000 };
const LIMITS = '/tmp/limits.properties';
const TOPIC = 'kept';
const progress = new Progress('lines');

describe('three Kafka brokers on three nodes', () => {
  let lab: TestLab;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster', alone: true });
    await lab.apply([HEADLESS, CLUSTER]);
    await lab.readyPods('app=kafka', BROKERS, { timeoutMs: 240_000 });
  });

  afterEach('gives every node back what it was taken', async function () {
    this.timeout(180_000);
    for (const { node } of openFaults(lab.lab.number)) await healNode(lab.lab.number, node, progress);
  });

  it('keep a topic writable while one node is lost, and no message that they acknowledged is lost', async function () {
    this.timeout(300_000);
    const pods = await lab.readyPods('app=kafka', BROKERS);
    assert.equal(new Set(pods.map(({ spec }) => spec?.nodeName)).size, BROKERS, 'a node each');
    // Kafka's own tools would wait for a controller that is lost until its node is back.
    const controller = /^LeaderId:\s+(\d)$/m.exec(await kafka('kafka-metadata-quorum.sh describe --status'))?.[1];
    assert.ok(controller, 'somebody leads the quorum');
    const victim = controller === '2' ? 'kafka-1' : 'kafka-2';
    const lost = pods.find(({ metadata }) => metadata?.name === victim)?.spec?.nodeName ?? '';
    await kafka(`kafka-topics.sh --create --topic ${TOPIC} --partitions 3 --replication-factor ${BROKERS} --config min.insync.replicas=2`);
    await inSync(3);

    // Writes all the time: before the loss, during it, and after.
    const near = pods.find(({ metadata }) => metadata?.name === 'kafka-0')?.spec?.nodeName ?? '';
    await lab.apply(producer(near));
    await lab.waitFor('The producer runs', { kind: 'Pod', name: 'producer' }, ({ status }) => status?.phase === 'Running', BOUNDS);
    const sends = sent(lab.logs('producer', { follow: true }));
    const acknowledged = [await next(sends)];

    const { untilMs } = await faultNode(lab.lab.number, lost, 'stop', LOST_MS, progress);
    await inSync(2);
    const leftMs = Date.now();
    assert.ok(leftMs < untilMs, 'the replica left while its node was lost');
    for await (const one of sends) acknowledged.push(one);
    assert.equal(acknowledged.length, MESSAGES, 'some were never acknowledged');
    const meanwhile = acknowledged.filter(({ timestamp }) => timestamp > leftMs && timestamp < untilMs);
    assert.ok(meanwhile.length >= PER_SECOND, `${meanwhile.length} messages were acknowledged by the two that were left`);

    await inSync(3);
    assert.ok(Date.now() > untilMs);
    const text = await kafka(`kafka-console-consumer.sh --topic ${TOPIC} --from-beginning --max-messages ${MESSAGES} --timeout-ms 30000`);
    const read = new Set(text.trim().split('\n'));
    assert.deepEqual(
      acknowledged.map(({ value }) => value).filter((value) => !read.has(value)),
      [],
      'acknowledged, and not to be read',
    );
  });

  /** A tool of the image, beside a broker that stays. */
  async function kafka(command: string): Promise<string> {
    const [tool = '', ...args] = command.split(' ');
    const { code, stdout, stderr } = await lab.exec('kafka-0', [tool, '--bootstrap-server', BOOTSTRAP, ...args], BOUNDS);
    assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Waits until each of three partitions has so many replicas in sync. */
  async function inSync(count: number): Promise<void> {
    // A client that chose the lost broker would wait for it for a minute.
    const limits = `printf 'default.api.timeout.ms=8000\\nrequest.timeout.ms=4000\\nsocket.connection.setup.timeout.ms=3000\\n' > ${LIMITS}`;
    const description = `kafka-topics.sh --bootstrap-server ${BOOTSTRAP} --command-config ${LIMITS} --describe --topic ${TOPIC} 2>&1`;
    const isr = `Isr: [0-9]${',[0-9]'.repeat(count - 1)}[[:space:]]`;
    const script = `${limits}; until [ "$(${description} | grep -c '${isr}')" = 3 ]; do :; done`;
    const { code, stdout, stderr } = await lab.exec('kafka-0', ['sh', '-c', script], BOUNDS);
    assert.equal(code, 0, stdout + stderr);
  }
});

interface Sent {
  readonly value: string;
  /** Unix ms of the acknowledgement. */
  readonly timestamp: number;
}

/** What a producer says line by line, without what it says of itself. An error among it fails the test. */
async function* sent(log: AsyncIterable<string>): AsyncGenerator<Sent> {
  for await (const line of log) {
    if (!line.startsWith('{')) continue;
    const said = JSON.parse(line) as Sent & { readonly name: string };
    assert.notEqual(said.name, 'producer_send_error', line);
    if (said.name === 'producer_send_success') yield said;
  }
}

async function next(sends: AsyncGenerator<Sent>): Promise<Sent> {
  const { value } = (await sends.next()) as IteratorResult<Sent, undefined>;
  if (value === undefined) throw new Error('The producer has ended without a message.');
  return value;
}

/** The brokers that stay: what asks the lost one first would wait for it. */
const BOOTSTRAP = 'kafka-0.kafka:9092,kafka-1.kafka:9092';
const IMAGE = 'docker.io/apache/kafka:4.1.1';

const HEADLESS: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kafka' },
  spec: {
    clusterIP: 'None',
    // The brokers must find each other before any of them can be ready.
    publishNotReadyAddresses: true,
    selector: { app: 'kafka' },
    ports: [
      { name: 'kafka', port: 9092 },
      { name: 'controller', port: 9093 },
    ],
  },
};

const SETTINGS: Readonly<Record<string, string>> = {
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_CONTROLLER_QUORUM_VOTERS: Array.from({ length: BROKERS }, (_, id) => `${id}@kafka-${id}.kafka:9093`).join(','),
  KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_LOG_DIRS: '/var/lib/kafka/data/log',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
  KAFKA_HEAP_OPTS: '-Xmx400m',
};

const CLUSTER: Manifest = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'kafka' },
  spec: {
    serviceName: 'kafka',
    replicas: BROKERS,
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'kafka' } },
    template: {
      metadata: { labels: { app: 'kafka' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        enableServiceLinks: false,
        // A broker belongs to its disk and waits for its node.
        tolerations: [{ operator: 'Exists' }],
        affinity: onePerNode('kafka'),
        securityContext: { fsGroup: 1000 },
        containers: [
          {
            name: 'kafka',
            image: IMAGE,
            imagePullPolicy: 'IfNotPresent',
            command: ['bash', '-c'],
            args: [
              'export KAFKA_NODE_ID=${HOSTNAME##*-} KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://$HOSTNAME.kafka:9092; exec /etc/kafka/docker/run',
            ],
            env: Object.entries(SETTINGS).map(([name, value]) => ({ name, value })),
            readinessProbe: { tcpSocket: { port: 9092 }, periodSeconds: 2 },
            volumeMounts: [{ name: 'data', mountPath: '/var/lib/kafka/data' }],
          },
        ],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    },
  },
};

/** Writes the numbers from 0 on, and a line of JSON for each that was acknowledged. */
function producer(node: string): Manifest {
  // Of itself it never tries again, which a lost leader demands.
  const settings = ['retries=1000', 'request.timeout.ms=5000', 'delivery.timeout.ms=60000'].join('\\n');
  const command = `kafka-verifiable-producer.sh --bootstrap-server ${BOOTSTRAP} --topic ${TOPIC} --acks -1`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'producer' },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      nodeSelector: { 'kubernetes.io/hostname': node },
      containers: [
        {
          name: 'producer',
          image: IMAGE,
          imagePullPolicy: 'IfNotPresent',
          command: [
            'bash',
            '-c',
            `printf '${settings}\\n' > /tmp/settings; exec ${command} --producer.config /tmp/settings --max-messages ${MESSAGES} --throughput ${PER_SECOND}`,
          ],
        },
      ],
    },
  };
}
