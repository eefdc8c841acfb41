import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { takeLease } from '../../../../src/fault/lease.ts';
import { deadlineMark, healerLabel, managedBy, runMark, timeText } from '../../../../src/fault/marks.ts';
import type { FaultTarget, PlannedCluster, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import type { StopReport } from '../../../../src/run/stop/report.ts';
import { stopAll } from '../../../../src/run/stop/stop.ts';
import { ScriptedApi } from '../../fault/api.ts';
import { scriptedCluster, startedAt, step, writeFaultRun } from './made.ts';

const older = '20261121-140500-scale-0a1b';
const newer = '20261121-150500-cut-2c3d';
const signal = new AbortController().signal;
const target: FaultTarget = { kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'u-bus' };
const scaled: PlannedFault = { kind: 'scale', replicas: 1, title: 'Scale: bus', durationMs: 60_000, targets: [target] };
const node: FaultTarget = { kind: 'node', name: 'n1', uid: 'u-n1' };
const cut: PlannedFault = { kind: 'nodeCut', title: 'Cut Node: n1', durationMs: 60_000, targets: [node] };
const begun = [step(900, 'ready'), step(1000, 'go'), step(1100, 'applied')];
const nowMs = startedAt + 5000;

describe('what a killed run has left beside its fault', () => {
  let home: string;
  let api: ScriptedApi;
  let cluster: PlannedCluster;
  let asked: number;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-left-'));
    api = await ScriptedApi.start();
    cluster = await scriptedCluster(api);
    asked = 0;
  });
  afterEach(async () => {
    await api.stop();
    await rm(home, { recursive: true, force: true });
  });

  function stop(): Promise<StopReport> {
    const timing = { nowMs: () => nowMs, pause: (_: number, ends: AbortSignal) => pause(1, undefined, { signal: ends }) };
    const connect = async (): ReturnType<ScriptedApi['connect']> => {
      asked++;
      return api.connect();
    };
    const limits = { runnerMs: 100, clusterMs: 150 };
    return stopAll({ store: new RunStore({ home }), connect, timing, limits, labs: { find: async () => undefined } }, signal);
  }

  /** A healer of that run, as it lies in the cluster. */
  function healerOf(run: string): void {
    const metadata = {
      ...{ name: `healer-${run}`, namespace: 'data', labels: { ...managedBy, ...healerLabel } },
      annotations: { [runMark]: run, [deadlineMark]: timeText(nowMs + 600_000) },
    };
    for (const kind of ['apis/batch/v1/namespaces/data/jobs', 'apis/rbac.authorization.k8s.io/v1/namespaces/data/roles'])
      api.put(`/${kind}`, { metadata });
  }

  const left = (): readonly string[] =>
    [...api.objects.keys()].filter((key) => /leases|jobs|roles/.test(key)).map((key) => key.slice(key.lastIndexOf('/') + 1));

  it('is taken away by a stop, whether or not it had begun one; nobody else’s is, and nobody is asked twice', async () => {
    await writeFaultRun(home, { run: newer, cluster, faults: [scaled], events: [step(900, 'ready')] });
    await writeFaultRun(home, { run: older, cluster, faults: [scaled], events: [...begun, step(61_000, 'healed', { text: 'seen' })] });
    for (const run of [newer, older, 'another']) healerOf(run);
    const connection = await api.connect();
    await takeLease(connection, { run: newer, target, title: 'x', deadlineMs: nowMs + 60_000, nowMs }, signal);
    connection.close();
    assert.deepEqual(await stop(), { runs: [], clusters: [{ context: 'fake', kubeconfig: '/k' }] });
    assert.deepEqual(left(), ['healer-another', 'healer-another']);
    asked = 0;
    assert.deepEqual(await stop(), { runs: [], clusters: [] });
    assert.equal(asked, 0);
  });

  it('stays where its fault may go on: a healer may be all that ends it; what could not be taken away is tried again', async () => {
    await writeFaultRun(home, { run: newer, cluster, faults: [cut], events: begun });
    await writeFaultRun(home, { run: older, cluster, faults: [scaled], events: [step(900, 'ready')] });
    for (const run of [newer, older]) healerOf(run);
    api.meddle = ({ method }, response) => {
      if (method !== 'DELETE') return false;
      response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
      return true;
    };
    assert.equal((await stop()).runs[0]?.faults[0]?.end, 'unconfirmed');
    assert.equal(left().length, 4);
    api.meddle = () => false;
    await stop();
    assert.deepEqual(left(), [`healer-${newer}`, `healer-${newer}`]);
  });

  it('is no proof that replicas are as they were: what the fault has set stands, without its mark', async () => {
    await writeFaultRun(home, { run: older, cluster, faults: [scaled], events: begun });
    const path = '/apis/apps/v1/namespaces/data/statefulsets';
    const bus = (replicas: number): unknown => api.put(path, { metadata: { ...target }, spec: { replicas } });
    bus(1);
    const [found] = (await stop()).runs[0]?.faults ?? [];
    assert.deepEqual(
      [found?.end, found?.text, found?.command],
      [
        'unconfirmed',
        'StatefulSet data/bus has no mark of this run any more: replicas is 1. That is what the fault has set.',
        'kubectl --kubeconfig /k --context fake edit -n data statefulset/bus',
      ],
    );
    bus(3);
    assert.equal((await stop()).runs[0]?.faults[0]?.end, 'healed');
  });
});
