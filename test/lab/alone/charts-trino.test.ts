import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { before, describe, it } from 'mocha';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { chartRelease } from '../use/release.ts';
import type { Release } from '../use/release.ts';

const WORKERS = 'app.kubernetes.io/name=trino,app.kubernetes.io/component=worker';
const BOUNDS = { timeoutMs: 240_000 };
/** Long enough to be in the middle of when a worker leaves, and to burn a processor for a while. */
const LONG = 'SELECT count(*), sum(l_extendedprice * l_discount) FROM tpch.sf1.lineitem';

describe('the chart of Trino, a coordinator and two workers', () => {
  let lab: TestLab;
  let release: Release;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster', alone: true });
    release = await chartRelease(lab, 'trino');
  });

  it('is not installed with values that it does not know or that cannot work', async function () {
    this.timeout(60_000);
    assert.match(await release.refusal('worker.replcas=3'), /additional properties 'replcas' not allowed/);
    assert.match(await release.refusal('worker.replicas=0'), /Without workers no query runs/);
    assert.match(await release.refusal('worker.terminationGracePeriodSeconds=1'), /shorter than twice/);
    assert.match(await release.refusal('faultTolerance.retryPolicy=TASK'), /exchange\.baseDirectories/);
    assert.deepEqual(await release.list(), []);
  });

  it('is accepted by the API server with the profile prod', async function () {
    this.timeout(60_000);
    const said = await release.dryRun('prod');
    for (const object of ['deployment.apps/trino-worker', 'horizontalpodautoscaler.autoscaling/trino-worker'])
      assert.ok(said.includes(`${object} created (server dry run)`), said.join('\n'));
    assert.deepEqual(
      said.filter((line) => !line.endsWith(' created (server dry run)')),
      [],
    );
  });

  it('comes up with all its nodes, and its test runs a query', async function () {
    this.timeout(500_000);
    await release.deploy('worker.terminationGracePeriodSeconds=180');
    const workers = await lab.readyPods(WORKERS, 2);
    assert.equal(new Set(workers.map(({ spec }) => spec?.nodeName)).size, 2, 'a node each');
    const said = await release.test();
    assert.match(said, /orders\t15000/);
    assert.match(said, /nodes\t3/);
  });

  it('ends a query that has work on a worker when that worker is told to leave', async function () {
    this.timeout(400_000);
    const { url } = await lab.portForward({ service: 'trino' }, 8080);
    const [worker] = await lab.readyPods(WORKERS, 2);
    const name = worker?.metadata?.name ?? '';
    const running = await queryOn(url, name, lab.signal);
    await lab.api.core.deleteNamespacedPod({ name, namespace: lab.namespace });
    const { rows } = await running.answer;
    assert.equal(rows[0]?.[0], 6_001_215);
    await lab.waitForAll(
      'The worker has left',
      { kind: 'Pod', labelSelector: WORKERS },
      (pods) => pods.length === 2 && pods.every((pod) => pod.metadata?.name !== name && isReady(pod)),
      BOUNDS,
    );
  });

  it('scales its workers with their load, up and down again', async function () {
    this.timeout(900_000);
    await release.deploy(
      'autoscaling.enabled=true',
      'autoscaling.minReplicas=1',
      'autoscaling.maxReplicas=2',
      'autoscaling.scaleDown.stabilizationWindowSeconds=15',
      'autoscaling.scaleDown.periodSeconds=15',
      // An idle JVM is not to count as load.
      'worker.resources.requests.cpu=500m',
    );
    const scaledTo = (count: number): Promise<unknown> =>
      lab.waitFor(
        `The workers are ${count}`,
        { kind: 'Deployment', name: 'trino-worker' },
        ({ spec, status }) => spec?.replicas === count && status?.readyReplicas === count && status.replicas === count,
        { timeoutMs: 400_000 },
      );
    await scaledTo(1);
    const { url } = await lab.portForward({ service: 'trino' }, 8080);
    const done = new AbortController();
    const signal = AbortSignal.any([lab.signal, done.signal]);
    const load = (async () => {
      while (!signal.aborted) await query(url, LONG, signal).catch(() => undefined);
    })();
    await scaledTo(2);
    done.abort();
    await load;
    await scaledTo(1);
    const { status } = await lab.api.autoscaling.readNamespacedHorizontalPodAutoscaler({ name: 'trino-worker', namespace: lab.namespace });
    assert.ok(status?.conditions?.some(({ type, status: is }) => type === 'ScalingActive' && is === 'True'));
  });

  it('goes back to the revision before the autoscaler', async function () {
    this.timeout(500_000);
    await release.rollback(1);
    await lab.readyPods(WORKERS, 2, BOUNDS);
    const { items } = await lab.api.autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace: lab.namespace });
    assert.deepEqual(items, []);
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
      apps.listNamespacedDeployment(where),
    ]);
    assert.deepEqual(
      left.flatMap(({ items }) => items.map(({ metadata }) => metadata?.name)),
      [],
    );
  });
});

function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

/** A query that is in the middle of its work on this worker. One that was over before that was seen is followed by another. */
async function queryOn(url: string, worker: string, signal: AbortSignal): Promise<{ readonly answer: ReturnType<typeof query> }> {
  const tasks = `SELECT count(*) FROM system.runtime.tasks WHERE node_id = '${worker}' AND state = 'RUNNING' AND processed_input_rows > 1000`;
  for (;;) {
    const answer = query(url, LONG, signal);
    let isOver = false;
    const over = answer.finally(() => (isOver = true));
    while (!isOver) {
      const said = await query(url, tasks, signal);
      if (Number(said.rows[0]?.[0]) > 0 && !isOver) return { answer };
    }
    await over;
  }
}

type Row = readonly unknown[];

/** Trino's protocol: a page of rows, and where the next one is. An aborted query is cancelled; a failed one throws what the server says. */
async function query(url: string, sql: string, signal: AbortSignal): Promise<{ readonly rows: readonly Row[] }> {
  const rows: Row[] = [];
  const headers = { 'X-Trino-User': 'lab' };
  let next: string | undefined;
  try {
    let response = await fetch(`${url}/v1/statement`, { method: 'POST', body: sql, headers, signal });
    for (;;) {
      if (response.status === 503) await sleep(100, undefined, { signal });
      else assert.equal(response.status, 200, await response.clone().text());
      const page = (await response.json()) as { nextUri?: string; data?: Row[]; error?: { message: string } };
      if (page.error !== undefined) throw new Error(`${sql}: ${page.error.message}`);
      rows.push(...(page.data ?? []));
      next = page.nextUri;
      if (next === undefined) return { rows };
      response = await fetch(next, { headers, signal });
    }
  } catch (error) {
    if (signal.aborted && next !== undefined) await fetch(next, { method: 'DELETE', headers });
    throw error;
  }
}
