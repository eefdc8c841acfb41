import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { chartRelease } from '../use/release.ts';
import type { Release } from '../use/release.ts';
import { pod } from '../use/workloads.ts';

const POD = 'clickhouse-shard-1-0';
const PODS = 'app.kubernetes.io/name=clickhouse,app.kubernetes.io/component=server';
const BOUNDS = { timeoutMs: 120_000 };

describe('the chart of ClickHouse, one server', () => {
  let lab: TestLab;
  let release: Release;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster', alone: true });
    release = await chartRelease(lab, 'clickhouse');
  });

  it('is not installed with values that it does not know or that cannot work', async function () {
    this.timeout(60_000);
    assert.match(await release.refusal('shard=3'), /additional properties 'shard' not allowed/);
    assert.match(await release.refusal('compression=gzip'), /compression/);
    assert.match(await release.refusal('replicas=2'), /Replicas find each other through Keeper/);
    assert.deepEqual(await release.list(), []);
  });

  it('is accepted by the API server with the profile prod: three shards, three Keepers', async function () {
    this.timeout(60_000);
    const said = await release.dryRun('prod');
    for (const set of ['shard-1', 'shard-2', 'shard-3', 'keeper'])
      assert.ok(said.includes(`statefulset.apps/clickhouse-${set} created (server dry run)`), said.join('\n'));
    assert.deepEqual(
      said.filter((line) => !line.endsWith(' created (server dry run)')),
      [],
    );
  });

  it('comes up with the labels of its shard, and its test writes and reads', async function () {
    this.timeout(400_000);
    await release.deploy();
    const [server] = await lab.readyPods(PODS, 1);
    assert.equal(server?.metadata?.labels?.['faultline.dev/shard'], '1');
    assert.equal(server?.metadata?.labels?.['apps.kubernetes.io/pod-index'], '0');
    const said = await release.test();
    assert.match(said, /Sum: 499999500000/);
    assert.match(said, /Rows written and read: 10000\t9999/);
  });

  it('lets in who knows the password, and nobody else', async function () {
    this.timeout(60_000);
    const { url } = await lab.portForward({ service: 'clickhouse' }, 8123);
    assert.deepEqual(await ask(url, await password()), { status: 200, text: '42\n' });
    assert.equal((await ask(url, '')).status, 403);
    assert.equal((await ask(url, 'another')).status, 403);
  });

  it('is reached by the pods that its policy names', async function () {
    this.timeout(300_000);
    await release.deploy('networkPolicy.allowNamespace=false');
    const asks = 'timeout 2 wget -qO /dev/null http://clickhouse:8123/ping 2>/dev/null';
    const client = pod({ name: 'client', script: 'sleep 100000' });
    await lab.apply([
      { ...client, metadata: { name: 'client', labels: { app: 'client', 'clickhouse-client': 'true' } } },
      pod({ name: 'stranger', script: 'sleep 100000' }),
    ]);
    for (const name of ['client', 'stranger']) await lab.readyPods(`app=${name}`, 1);
    // A rule takes hold a moment after it was written.
    assert.equal((await lab.exec('client', ['sh', '-c', `until ${asks} && ${asks}; do :; done`], BOUNDS)).code, 0);
    assert.equal((await lab.exec('stranger', ['sh', '-c', `until ! ${asks} && ! ${asks}; do :; done`], BOUNDS)).code, 0);
    assert.equal((await lab.exec('client', ['sh', '-c', asks], BOUNDS)).code, 0, 'still');
  });

  it('answers the query that runs when its pod is stopped', async function () {
    this.timeout(180_000);
    const { url } = await lab.portForward({ pod: POD }, 8123);
    const secret = await password();
    const [server] = await lab.readyPods(PODS, 1);
    // Longer than the grace that a pod is given where nothing is said of queries.
    const answer = ask(url, secret, 'SELECT sum(sleepEachRow(1)) FROM numbers(7) SETTINGS max_block_size = 1');
    const running = `until [ "$(bash /etc/clickhouse-chart/ask.sh 127.0.0.1 "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(1)%'")" -ge 2 ]; do :; done`;
    assert.equal((await lab.exec(POD, ['bash', '-c', running], BOUNDS)).code, 0);
    await lab.api.core.deleteNamespacedPod({ name: POD, namespace: lab.namespace });
    assert.deepEqual(await answer, { status: 200, text: '0\n' });
    await lab.waitFor(
      'Another pod is ready in its place',
      { kind: 'Pod', name: POD },
      ({ metadata, status }) =>
        metadata?.uid !== server?.metadata?.uid &&
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true,
      BOUNDS,
    );
  });

  it('keeps its password over an upgrade that restarts it, and goes back to an earlier revision', async function () {
    this.timeout(600_000);
    const secret = await password();
    const uid = await uidNow();
    await release.deploy('memoryPercent=70');
    const upgraded = await uidNow();
    assert.notEqual(upgraded, uid, 'another configuration, another pod');
    assert.equal(await password(), secret);
    await release.rollback(1);
    assert.notEqual(await uidNow(), upgraded);
    assert.equal(await password(), secret);
    const { data } = await lab.api.core.readNamespacedConfigMap({ name: 'clickhouse-config', namespace: lab.namespace });
    assert.match(data?.['server.xml'] ?? '', /<max_server_memory_usage_to_ram_ratio>0.8</);
  });

  it('leaves nothing when it is uninstalled', async function () {
    this.timeout(300_000);
    await release.uninstall();
    await lab.waitForAll('The pods are gone', { kind: 'Pod', labelSelector: release.selector }, (pods) => pods.length === 0, BOUNDS);
    const { core, apps } = lab.api;
    const where = { namespace: lab.namespace, labelSelector: release.selector };
    const left = await Promise.all([
      core.listNamespacedPod(where),
      core.listNamespacedSecret(where),
      core.listNamespacedConfigMap(where),
      core.listNamespacedService(where),
      apps.listNamespacedStatefulSet(where),
    ]);
    assert.deepEqual(
      left.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name)),
      [],
    );
  });

  async function uidNow(): Promise<string | undefined> {
    const [server] = await lab.readyPods(PODS, 1, BOUNDS);
    return server?.metadata?.uid;
  }

  async function password(): Promise<string> {
    const { data } = await lab.api.core.readNamespacedSecret({ name: 'clickhouse-auth', namespace: lab.namespace });
    return Buffer.from(data?.['password'] ?? '', 'base64').toString();
  }
});

async function ask(url: string, password: string, sql = 'SELECT 6 * 7'): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': password };
  const response = await fetch(url, { method: 'POST', body: sql, headers });
  const text = await response.text();
  return { status: response.status, text };
}
