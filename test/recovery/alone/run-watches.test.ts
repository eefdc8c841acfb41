import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { connectCluster, type ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../../src/cluster/connect/kubeconfig.ts';
import type { FaultPlan, FaultTarget, PlannedFault } from '../../../src/journal/fault-plan.ts';
import { startWatches } from '../../../src/run/watches/start.ts';
import type { RunWatches, WatchTold } from '../../../src/run/watches/watches.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { trinoManifests } from '../../lab/alone/trino-servers.ts';

describe('what a run hears of a real Trino', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let watches: RunWatches | undefined;
  const told: WatchTold[] = [];
  const notes: string[] = [];
  const begunMs = performance.now();
  const nowMs = (): number => performance.now() - begunMs;

  before(async function () {
    this.timeout(420_000);
    lab = await useLab({ profile: 'node' });
    await lab.apply(trinoManifests());
    await lab.readyPods('app=trino', 2, { timeoutMs: 400_000 });
    const [context] = await readKubeconfig(lab.kubeconfig);
    assert.ok(context !== undefined);
    connection = await connectCluster(context, { env: process.env, signal: lab.signal });
  });

  after(async () => {
    await watches?.dispose();
    connection?.close();
  });

  it('is how many workers its coordinator counts on, while one goes and another comes', async function () {
    this.timeout(420_000);
    const [worker, coordinator] = [await targetOf('worker'), await targetOf('coordinator')];
    // A worker that is ready announces itself a little later.
    await untilCounted(worker, coordinator);
    assert.deepEqual(notes, []);
    assert.deepEqual(workers().at(-1), '1 of 1');
    console.log(`      ${predictions().join('\n      ')}`);
    assert.equal(predictions().length, 2);
    assert.match(predictions()[0] ?? '', /failure-detector\.threshold 0\.1/);
    assert.match(predictions()[1] ?? '', /its last start: ready after/);

    told.length = 0;
    const goAt = nowMs();
    await connection.request({ method: 'DELETE', path: `/api/v1/namespaces/${lab.namespace}/pods/${worker.name}`, body: {} });
    await until(() => workers().includes('0 of 1'), 60_000);
    await until(() => workers().at(-1) === '1 of 1', 300_000);
    await lab.readyPods('app=trino', 2, { timeoutMs: 1000 });
    for (const event of told)
      if (event.kind === 'redundancy') console.log(`      ${Math.round(event.t - goAt)} ms: ${event.of} ${event.have} of ${event.want}`);
    assert.ok(nowMs() - (watches?.heardMs ?? 0) < 5000);
  });

  it('is no worker, and not silence, while its coordinator is gone', async function () {
    this.timeout(420_000);
    told.length = 0;
    const { name } = await targetOf('coordinator');
    await connection.request({ method: 'DELETE', path: `/api/v1/namespaces/${lab.namespace}/pods/${name}`, body: {} });
    await until(() => workers().includes('0 of 1'), 60_000);
    await until(() => workers().at(-1) === '1 of 1', 300_000);
    assert.ok(nowMs() - (watches?.heardMs ?? 0) < 5000);
  });

  /** Begins anew until its coordinator knows it. */
  async function untilCounted(worker: FaultTarget, coordinator: FaultTarget): Promise<void> {
    for (;;) {
      told.length = 0;
      await watches?.dispose();
      watches = await startWatches(
        {
          connection,
          plan: planOf(worker, coordinator),
          nowMs,
          onEvents: (events) => void told.push(...events),
          note: (text) => void notes.push(text),
        },
        lab.signal,
      );
      if (workers().at(-1) === '1 of 1' || notes.length > 0) return;
      await until(() => workers().at(-1) === '1 of 1', 60_000);
      return;
    }
  }

  function workers(): readonly string[] {
    return told.flatMap((event) => (event.kind === 'redundancy' && event.of === 'Trino workers' ? [`${event.have} of ${event.want}`] : []));
  }

  function predictions(): readonly string[] {
    return told.flatMap((event) => (event.kind === 'prediction' ? [`${event.from / 1000} to ${event.to / 1000} s: ${event.formula}`] : []));
  }

  async function until(isSo: () => boolean, withinMs: number): Promise<void> {
    const run = watches ?? assert.fail('not begun');
    const signal = AbortSignal.any([lab.signal, AbortSignal.timeout(withinMs)]);
    while (!isSo()) await run.changed(signal);
  }

  async function targetOf(role: string): Promise<FaultTarget> {
    const [pod] = await lab.readyPods(`app=trino,role=${role}`, 1, { timeoutMs: 60_000 });
    const { metadata, spec } = pod ?? assert.fail('no pod');
    const node = spec?.nodeName;
    return {
      ...{ kind: 'pod', namespace: lab.namespace, name: metadata?.name ?? '', uid: metadata?.uid ?? '' },
      ...(node === undefined ? {} : { node }),
    };
  }

  function planOf(worker: FaultTarget, coordinator: FaultTarget): FaultPlan {
    const faults: readonly PlannedFault[] = [
      { kind: 'podDelete', title: 'delete a worker', graceSeconds: 1, targets: [worker] },
      { kind: 'containerCrash', title: 'crash the coordinator', targets: [coordinator] },
    ];
    return {
      cluster: { context: 'lab', kubeconfig: lab.kubeconfig, identity: 'i' },
      ...{ faults, probes: [], baselineMs: 0, observeMs: 0, recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 } },
      images: { helper: 'busybox', node: 'node' },
    };
  }
});
