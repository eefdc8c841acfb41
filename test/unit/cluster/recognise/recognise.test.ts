import assert from 'node:assert/strict';
import { recognise, repositoryOf, versionOf } from '../../../../src/cluster/recognise/recognise.ts';
import { appName, pod, type PodFacts } from './pods.ts';
import { standard, statefulSet, strimzi } from './row.ts';
import { otherRows } from './rows-other.ts';
import { sqlRows } from './rows-sql.ts';

const strangers: readonly (readonly [what: string, facts: PodFacts])[] = [
  ['a pod that is only called trino-test', { name: 'trino-test-0' }],
  [
    'the entity operator of Strimzi',
    { labels: { ...strimzi(false, false), 'strimzi.io/component-type': 'entity-operator' }, containers: [{ image: 'strimzi/kafka:1.0' }] },
  ],
  [
    'Kafka Connect of Strimzi',
    { labels: { 'strimzi.io/kind': 'KafkaConnect', 'strimzi.io/cluster': 'c' }, containers: [{ image: 'strimzi/kafka:1.0' }] },
  ],
  ['the metrics pod of Bitnami’s Kafka', { labels: standard('kafka', 'cluster-metrics') }],
  ['the test hook of a chart', { labels: standard('trino', 'test'), containers: [{ image: 'trinodb/trino:476' }] }],
  [
    'a hook of Helm',
    { annotations: { 'helm.sh/hook': 'test' }, containers: [{ image: 'apache/kafka:4.1.1', ports: [{ containerPort: 9092 }] }] },
  ],
  ['a job in an engine’s image', { owner: { kind: 'Job', name: 'load' }, containers: [{ image: 'clickhouse/clickhouse-server:26.7' }] }],
  ['a person’s shell in an engine’s image', { name: 'debug', containers: [{ image: 'apache/kafka:4.1.1' }] }],
  [
    'the gateway in front of Trino',
    { labels: { [appName]: 'trino-gateway', 'helm.sh/chart': 'trino-gateway-1.0' }, containers: [{ image: 'trinodb/trino-gateway:15' }] },
  ],
  ['port 8080 alone', { containers: [{ ports: [{ containerPort: 8080 }] }], owner: statefulSet('web') }],
];

describe('recognising engines', () => {
  for (const [what, facts, expected] of [...sqlRows, ...otherRows])
    it(`knows ${what}, and by which mark`, () => {
      const found = recognise(pod(facts));
      assert.ok(found !== undefined, 'not recognised');
      assert.equal(`${found.engine} ${found.role}`, expected.is);
      assert.equal(found.instance, expected.instance);
      assert.equal(found.recognition.why, expected.by);
      assert.equal(found.recognition.confidence, expected.confidence ?? 'sure');
      if (expected.layout !== undefined) assert.equal(found.recognition.layout, expected.layout);
      if ('shard' in expected) assert.equal(found.shard, expected.shard);
      if ('replica' in expected) assert.equal(found.replica, expected.replica);
    });

  for (const [what, facts] of strangers)
    it(`does not take for an engine: ${what}`, () => {
      assert.equal(recognise(pod(facts))?.recognition.why, undefined);
    });

  it('takes two Trinos of one release apart when the chart was given two names', () => {
    const [a, b] = ['etl', 'adhoc'].map((name) =>
      recognise(pod({ labels: { ...standard(name, 'coordinator'), 'helm.sh/chart': 'trino-1.42.0' } })),
    );
    assert.deepEqual([a?.variant, b?.variant], ['etl', 'adhoc']);
  });

  it('reads a Deployment from the name of its ReplicaSet', () => {
    const found = recognise(
      pod({
        labels: { 'pod-template-hash': '9f7', app: 'trino', component: 'worker' },
        owner: { kind: 'ReplicaSet', name: 'lake-worker-9f7' },
      }),
    );
    assert.deepEqual(found?.owner, { kind: 'Deployment', name: 'lake-worker' });
    assert.equal(found.instance, 'lake');
  });

  it('reads image and version from whatever registry and tag they come with', () => {
    assert.equal(repositoryOf('localhost:5000/team/trino:1@sha256:ab'), 'team/trino');
    assert.equal(repositoryOf('trino'), 'trino');
    assert.equal(versionOf('docker.io/trinodb/trino:476'), '476');
    assert.equal(versionOf('docker.io/trinodb/trino:latest'), undefined);
    assert.equal(versionOf('host:5000/trino'), undefined);
  });
});
