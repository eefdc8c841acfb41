import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import type { Manifest } from '../use/apply.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { chartRelease } from '../use/release.ts';
import type { Release } from '../use/release.ts';

const BROKERS = 3;
const BOUNDS = { timeoutMs: 180_000 };
const PODS = 'app.kubernetes.io/name=kafka,app.kubernetes.io/component=broker';
const IMAGE = 'docker.io/apache/kafka:4.1.1';
const BOOTSTRAP = 'kafka:9092';

describe('the chart of Kafka, three brokers on three nodes', () => {
  let lab: TestLab;
  let release: Release;

  before(async function () {
    this.timeout(420_000);
    lab = await useLab({ profile: 'cluster', alone: true });
    release = await chartRelease(lab, 'kafka');
  });

  it('is not installed with values that it does not know or that cannot work', async function () {
    this.timeout(60_000);
    assert.match(await release.refusal('brokrs=3'), /additional properties 'brokrs' not allowed/);
    assert.match(await release.refusal('topics.messages.partitions=0'), /minimum/);
    assert.match(await release.refusal('minInsyncReplicas=3'), /minInsyncReplicas must be less than replicationFactor/);
    assert.deepEqual(await release.list(), []);
  });

  it('is accepted by the API server with the profile prod', async function () {
    this.timeout(60_000);
    const said = await release.dryRun('prod');
    assert.ok(
      said.some((line) => line.startsWith('statefulset.apps/kafka created')),
      said.join('\n'),
    );
    assert.deepEqual(
      said.filter((line) => !line.endsWith(' created (server dry run)')),
      [],
    );
  });

  it('brings up its brokers and topics, and its test sends and reads messages', async function () {
    this.timeout(420_000);
    await release.deploy();
    const pods = await lab.readyPods(PODS, BROKERS);
    assert.equal(new Set(pods.map(({ spec }) => spec?.nodeName)).size, BROKERS, 'a node each');
    assert.deepEqual(await topics(), {
      dlq: [3, 3],
      file_merge_requests: [50, 3],
      message_status_updates: [50, 3],
      messages: [100, 3],
    });
    assert.match(await release.test(), /100 messages were confirmed by at least 2 in-sync replicas, and read back through SASL\/SCRAM/);
  });

  it('loses no acknowledged message while an upgrade restarts every broker, and only adds partitions', async function () {
    this.timeout(600_000);
    await tool(`kafka-topics.sh --create --topic kept --partitions 3 --replication-factor ${BROKERS}`);
    await lab.apply(PRODUCER);
    await lab.waitFor('The producer runs', { kind: 'Pod', name: 'producer' }, ({ status }) => status?.phase === 'Running', BOUNDS);
    const acknowledged: string[] = [];
    let failed = 0;
    let summary = false;
    const following = (async () => {
      for await (const line of lab.logs('producer', { follow: true })) {
        if (!line.startsWith('{')) continue;
        const said = JSON.parse(line) as { readonly name: string; readonly value?: string };
        if (said.name === 'producer_send_success') acknowledged.push(said.value ?? '');
        if (said.name === 'producer_send_error') failed += 1;
        if (said.name === 'tool_data') summary = true;
      }
    })();
    const old = await uids();
    const before = acknowledged.length;
    await release.deploy('config.num\\.io\\.threads=5', 'topics.dlq.partitions=5', 'topics.messages.partitions=10');
    const during = acknowledged.length - before;
    await lab.exec('producer', ['kill', '1']);
    await following;
    assert.ok(summary, 'the producer ended by itself');
    const now = await uids();
    assert.equal(now.filter((uid) => !old.includes(uid)).length, BROKERS, 'every broker was replaced');
    assert.ok(during > 100, `${during} messages were acknowledged during the upgrade`);
    assert.equal(failed, 0, 'messages that the producer gave up');

    const text = await tool('kafka-console-consumer.sh --topic kept --from-beginning --timeout-ms 15000', false);
    const read = new Set(text.trim().split('\n'));
    assert.deepEqual(
      acknowledged.filter((value) => !read.has(value)),
      [],
      'acknowledged, and not to be read',
    );
    const { dlq, messages } = await topics();
    assert.deepEqual({ dlq, messages }, { dlq: [5, 3], messages: [100, 3] });
  });

  it('goes back to an earlier revision', async function () {
    this.timeout(420_000);
    await release.rollback(1);
    const { data } = await lab.api.core.readNamespacedConfigMap({ name: 'kafka', namespace: lab.namespace });
    assert.match(data?.['server.properties'] ?? '', /num\.io\.threads=4/);
    await lab.readyPods(PODS, BROKERS, BOUNDS);
    assert.deepEqual((await topics())['dlq'], [5, 3], 'partitions stay');
    assert.match(await release.test(), /100 messages/);
  });

  it('takes a changed password with the next upgrade, without a restart', async function () {
    this.timeout(420_000);
    const old = await uids();
    assert.equal(await login('app', await password()), 0);
    // A character that properties files, shells and JAAS all read in their own way.
    const changed = 'a"b\\c $d=e,f';
    await lab.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kafka-users' },
      data: { app: Buffer.from(changed).toString('base64') },
    });
    assert.notEqual(await login('app', changed), 0, 'before the upgrade');
    await release.deploy();
    assert.equal(await password(), changed, 'the upgrade keeps the password');
    assert.equal(await login('app', changed), 0);
    assert.notEqual(await login('app', 'another'), 0);
    assert.deepEqual(await uids(), old);
  });

  it('lets one broker be evicted, and holds the next back until its replicas are in sync', async function () {
    this.timeout(300_000);
    const old = await uids();
    assert.equal(await evict('kafka-0'), 201);
    assert.equal(await evict('kafka-1'), 429);
    const pods = await lab.waitForAll(
      'The evicted broker is back and ready',
      { kind: 'Pod', labelSelector: PODS },
      (all) =>
        all.length === BROKERS &&
        all.filter(({ metadata }) => !old.includes(metadata?.uid ?? '')).length === 1 &&
        all.every(({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')),
      BOUNDS,
    );
    assert.equal(pods.length, BROKERS);
    assert.equal(await tool('kafka-topics.sh --describe --under-replicated-partitions'), '', 'ready means in sync');
  });

  it('leaves nothing when it is uninstalled', async function () {
    this.timeout(420_000);
    await release.uninstall();
    await lab.waitForAll('The pods are gone', { kind: 'Pod', labelSelector: release.selector }, (pods) => pods.length === 0, BOUNDS);
    const { core, apps, batch } = lab.api;
    const where = { namespace: lab.namespace, labelSelector: release.selector };
    const left = await Promise.all([
      core.listNamespacedPod(where),
      core.listNamespacedSecret(where),
      core.listNamespacedConfigMap(where),
      core.listNamespacedService(where),
      apps.listNamespacedStatefulSet(where),
      batch.listNamespacedJob(where),
    ]);
    assert.deepEqual(
      left.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name)),
      [],
    );
  });

  /** A tool of the image beside a broker. */
  async function tool(command: string, mustEndWell = true): Promise<string> {
    const [name = '', ...args] = command.split(' ');
    const { code, stdout, stderr } = await exec([name, '--bootstrap-server', BOOTSTRAP, ...args]);
    if (mustEndWell) assert.equal(code, 0, `${command}: ${stdout}${stderr}`);
    return stdout;
  }

  /** The broker's own environment is that of a broker: too much memory for a tool, and the port of its log. */
  function exec(command: readonly string[], stdin?: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const small = ['env', '-u', 'KAFKA_LOG4J_OPTS', 'KAFKA_HEAP_OPTS=-Xmx128m'];
    return lab.exec('kafka-2', [...small, ...command], { ...BOUNDS, ...(stdin === undefined ? {} : { stdin }) });
  }

  /** Partitions and replicas by topic, without Kafka's own. */
  async function topics(): Promise<Record<string, readonly [number, number]>> {
    const text = await tool('kafka-topics.sh --describe --exclude-internal');
    const found = text.matchAll(/^Topic: (\S+)\s.*PartitionCount: (\d+)\s+ReplicationFactor: (\d+)/gm);
    const all = [...found].map(([, name = '', partitions, replicas]) => [name, [Number(partitions), Number(replicas)]] as const);
    return Object.fromEntries(all.filter(([name]) => name !== 'kept'));
  }

  async function uids(): Promise<readonly string[]> {
    const pods = await lab.readyPods(PODS, BROKERS, BOUNDS);
    return pods.map(({ metadata }) => metadata?.uid ?? '').sort();
  }

  async function password(): Promise<string> {
    const { data } = await lab.api.core.readNamespacedSecret({ name: 'kafka-users', namespace: lab.namespace });
    return Buffer.from(data?.['app'] ?? '', 'base64').toString();
  }

  /** Exit code of a tool that comes through the SASL listener. */
  async function login(user: string, secret: string): Promise<number> {
    const quoted = (text: string): string => text.replace(/["\\]/g, '\\$&');
    const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="${quoted(secret)}";`;
    const settings = [
      'security.protocol=SASL_PLAINTEXT',
      'sasl.mechanism=SCRAM-SHA-512',
      `sasl.jaas.config=${jaas.replace(/\\/g, '\\\\')}`,
    ].join('\n');
    const script = 'cat > /tmp/login; kafka-topics.sh --bootstrap-server kafka:9095 --command-config /tmp/login --list';
    return (await exec(['bash', '-c', script], settings)).code;
  }

  /** HTTP status of the eviction. */
  async function evict(name: string): Promise<number> {
    const { namespace } = lab;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    try {
      await lab.api.core.createNamespacedPodEviction({ name, namespace, body });
      return 201;
    } catch (error) {
      return Number(Reflect.get(Object(error), 'code'));
    }
  }
});

/** Writes numbers until it is stopped, and a line of JSON for each that was acknowledged. */
const PRODUCER: Manifest = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'producer' },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 5,
    containers: [
      {
        name: 'producer',
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        command: [
          'bash',
          '-c',
          // Of itself it never tries again, which a lost leader demands.
          "printf '%s\\n' retries=1000 request.timeout.ms=5000 delivery.timeout.ms=120000 > /tmp/settings; " +
            `exec kafka-verifiable-producer.sh --bootstrap-server ${BOOTSTRAP} --topic kept --acks -1 --producer.config /tmp/settings --throughput 40`,
        ],
      },
    ],
  },
};
