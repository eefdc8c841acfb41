import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseAllDocuments } from 'yaml';
import { FAKE_NODE, kwokArguments, kwokConfig } from '../../lab/kwok/config.ts';
import { fakeNode, nodesFor, podOf, SCALE_LABEL, slotsOf } from '../../lab/kwok/engines.ts';
import { LAB_LABEL } from '../../lab/lab.ts';

const pods = slotsOf(1000).map((slot) => podOf(slot, 0, 6));
const withLabels = (labels: Readonly<Record<string, string>>): typeof pods =>
  pods.filter(({ metadata }) => Object.entries(labels).every(([name, value]) => metadata?.labels?.[name] === value));

describe('the fake pods of the lab', () => {
  it('are a mix of Trino, ClickHouse and Kafka', () => {
    const engines = new Set(slotsOf(600).map(({ engine }) => engine));
    assert.deepEqual([...engines].sort(), ['clickhouse', 'kafka', 'trino']);
  });

  it('have names of their own within their namespaces, that a server takes', () => {
    const names = pods.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
    assert.equal(new Set(names).size, 1000);
    for (const name of names) assert.match(name, /^[a-z0-9-]{1,63}\/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  });

  it('have one coordinator a Trino cluster, in the container that the chart names so', () => {
    const coordinators = withLabels({ 'app.kubernetes.io/name': 'trino', 'app.kubernetes.io/component': 'coordinator' });
    const clusters = new Set(withLabels({ 'app.kubernetes.io/name': 'trino' }).map(({ metadata }) => metadata?.namespace));
    assert.equal(coordinators.length, clusters.size);
    assert.ok(coordinators.every(({ spec }) => spec?.containers[0]?.name === 'trino-coordinator'));
    assert.deepEqual(coordinators[0]?.spec?.containers[0]?.ports, [{ name: 'http', containerPort: 8080 }]);
  });

  it('have two replicas a ClickHouse shard', () => {
    const shard = withLabels({ 'clickhouse.altinity.com/chi': 'ch-1', 'clickhouse.altinity.com/shard': '7' });
    assert.deepEqual(
      shard.map(({ metadata }) => metadata?.name),
      ['chi-ch-1-main-7-0-0', 'chi-ch-1-main-7-1-0'],
    );
  });

  it('have three Kafka controllers that are no brokers', () => {
    const controllers = withLabels({ 'strimzi.io/cluster': 'kafka-2', 'strimzi.io/controller-role': 'true' });
    assert.equal(controllers.length, 3);
    assert.ok(controllers.every(({ metadata }) => metadata?.labels?.['strimzi.io/broker-role'] === 'false'));
  });

  it('carry the number of their lab and their slot', () => {
    assert.deepEqual([pods[17]?.metadata?.labels?.[LAB_LABEL], pods[17]?.metadata?.labels?.[SCALE_LABEL]], ['6', '17']);
  });

  it('come back under a new name where a Deployment makes them, and under the old one in a set', () => {
    const [trino] = slotsOf(1);
    const clickhouse = slotsOf(201)[200];
    assert.ok(trino !== undefined && clickhouse !== undefined);
    assert.notEqual(podOf(trino, 0, 6).metadata?.name, podOf(trino, 1, 6).metadata?.name);
    assert.equal(podOf(clickhouse, 0, 6).metadata?.name, podOf(clickhouse, 1, 6).metadata?.name);
  });

  it('fit on their nodes, however many there are', () => {
    for (const count of [1, 100, 10_000, 40_000]) {
      const load = new Map<string, number>();
      for (const { node } of slotsOf(count)) load.set(node, (load.get(node) ?? 0) + 1);
      assert.equal(load.size, nodesFor(count));
      assert.ok(Math.max(...load.values()) <= 254, `${count} pods: addresses of a node run out`);
    }
  });
});

describe('the fake nodes of the lab', () => {
  it('keep real pods off', () => {
    assert.deepEqual(fakeNode(0, 6).spec, {
      taints: [{ key: FAKE_NODE, value: 'fake', effect: 'NoSchedule' }],
      podCIDR: '10.206.10.0/24',
      podCIDRs: ['10.206.10.0/24'],
    });
  });

  it('have addresses and pod ranges of their own', () => {
    const nodes = Array.from({ length: nodesFor(40_000) }, (_, index) => JSON.stringify(fakeNode(index, 6)));
    for (const pattern of [/"InternalIP","address":"([\d.]+)"/, /"podCIDR":"([\d./]+)"/])
      assert.equal(new Set(nodes.map((node) => pattern.exec(node)?.[1])).size, nodes.length);
  });

  it('are the only ones that kwok plays', () => {
    const args = kwokArguments('/kubeconfig', '/kwok.yaml');
    assert.ok(args.includes(`--manage-nodes-with-annotation-selector=${FAKE_NODE}=fake`));
    assert.ok(args.includes('--manage-all-nodes=false'));
    assert.match(JSON.stringify(fakeNode(0, 6).metadata), /"annotations":\{"kwok\.x-k8s\.io\/node":"fake"\}/);
  });

  it('have stages that are whole YAML documents', () => {
    const documents = parseAllDocuments(kwokConfig());
    assert.deepEqual(
      documents.map((document) => [document.errors.length, document.get('kind'), document.getIn(['metadata', 'name'])]),
      [
        [0, 'KwokConfiguration', 'kwok'],
        [0, 'Stage', 'node-ready'],
        [0, 'Stage', 'pod-ready'],
        [0, 'Stage', 'pod-recovers'],
        [0, 'Stage', 'pod-gone'],
      ],
    );
  });
});
