import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { connectCluster, type ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../src/cluster/connect/kubeconfig.ts';
import { openLiveCluster, type LiveCluster } from '../../src/cluster/live.ts';
import type { ObjectList, Pod } from '../../src/cluster/objects.ts';
import { linesOf } from '../../src/cluster/recognise/lines.ts';
import { apply } from './use/apply.ts';
import { useLab, type TestLab } from './use/lab.ts';
import { makeNamespace, removeNamespace } from './use/namespace.ts';
import type { Scope } from './use/wait.ts';
import { comparable, definitions, readLayout, report, untilServed, type Layout } from './tree-kit.ts';

const layouts = join(import.meta.dirname, 'tree');
const golden = join(import.meta.dirname, 'golden', 'tree');
const isRewriting = process.env['FAULTLINE_REWRITE_GOLDEN'] === '1';

describe('the tree of a real API server', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  const scopes: Scope[] = [];

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'api' });
    const [context] = await readKubeconfig(lab.kubeconfig);
    assert.ok(context !== undefined);
    connection = await connectCluster(context, { env: process.env });
    await lab.apply(definitions());
    await untilServed(connection, AbortSignal.timeout(60_000));
  });

  after(async function () {
    this.timeout(180_000);
    await Promise.all(scopes.map((scope) => removeNamespace(scope)));
    if (connection !== undefined) {
      for (const { metadata } of definitions())
        await connection.request({
          method: 'DELETE',
          path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata?.name ?? ''}`,
        });
      connection.close();
    }
  });

  const cases: readonly (readonly [file: string, what: string])[] = [
    ['trino-chart', 'Trino of its chart: a worker that died of memory, its Service, its release'],
    ['trino-renamed', 'Trino under other names, without workers, and by its container alone'],
    ['presto', 'Presto with a resource manager, whose workers find no room'],
    ['clickhouse-altinity', 'ClickHouse of Altinity’s operator by shard and replica, one ready but out of service'],
    ['clickhouse-official', 'ClickHouse of its own operator, its Keeper crashing'],
    ['clickhouse-bitnami', 'ClickHouse of Bitnami’s chart, an image that cannot be pulled'],
    ['kafka-strimzi', 'Kafka of Strimzi by node pools, a broker missing'],
    ['kafka-bitnami', 'Kafka of Bitnami’s chart, and of a StatefulSet without labels'],
    ['spark', 'Spark applications, their operator, Connect and a standalone cluster'],
    ['storage-monitoring', 'MinIO and kube-prometheus-stack'],
    ['autoscaling', 'autoscalers that are blocked, each with its reason'],
    ['own-charts', 'our own charts'],
  ];
  for (const [file, what] of cases)
    it(`shows ${what}`, async function () {
      this.timeout(120_000);
      const layout = readLayout(join(layouts, `${file}.yaml`));
      const scope = await makeNamespace(lab.api, lab.lab.number);
      scopes.push(scope);
      await apply(scope, layout.manifests);
      await reportAll(scope, layout);
      const live = openLiveCluster(connection, { namespace: scope.namespace, withoutTruth: true });
      try {
        await live.settled(lab.signal);
        const expected = join(golden, `${file}.txt`);
        if (isRewriting) {
          mkdirSync(golden, { recursive: true });
          writeFileSync(expected, await quiet(live, scope.namespace));
          return;
        }
        await becomes(live, scope.namespace, readFileSync(expected, 'utf8'));
      } finally {
        live.dispose();
      }
    });

  /** The controllers have made the pods; their kubelets say how they are. */
  async function reportAll({ namespace }: Scope, { pods, states }: Layout): Promise<void> {
    const made = await lab.waitForAll('The pods are made', { kind: 'Pod', namespace }, (found) => found.length === pods, {
      timeoutMs: 60_000,
    });
    assert.equal(made.length, pods);
    const { items } = await connection.request<ObjectList<Pod>>({ path: `/api/v1/namespaces/${namespace}/pods` });
    const taken = new Map<string, number>();
    for (const pod of items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
      const prefix = Object.keys(states).find((one) => pod.metadata.name.startsWith(one));
      const index = prefix === undefined ? 0 : (taken.get(prefix) ?? 0);
      if (prefix !== undefined) taken.set(prefix, index + 1);
      await report(connection, pod, (prefix === undefined ? undefined : states[prefix]?.[index]) ?? 'ready');
    }
  }
});

/** Other files may use the cluster's nodes at the same time, and this is about what stands in one namespace. */
function textNow(live: LiveCluster, namespace: string): string {
  return comparable(
    linesOf(live.model()).filter(({ id }) => id !== 'nodes'),
    namespace,
  );
}

async function becomes(live: LiveCluster, namespace: string, expected: string): Promise<void> {
  const until = AbortSignal.timeout(30_000);
  while (textNow(live, namespace) !== expected && !until.aborted) await next(live, until);
  assert.equal(textNow(live, namespace), expected);
}

/** For rewriting only: what stands after nothing has changed for longer than a controller's round. */
async function quiet(live: LiveCluster, namespace: string): Promise<string> {
  for (;;) {
    const until = AbortSignal.timeout(7000);
    await next(live, until);
    if (until.aborted) return textNow(live, namespace);
  }
}

async function next(live: LiveCluster, until: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard = live.changed.listen(resolve);
  until.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  heard.dispose();
}
