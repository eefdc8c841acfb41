import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { PlannedCluster, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import { nameOf, podOf, programMap } from '../../../../src/run/probe/objects.ts';
import type { StopReport } from '../../../../src/run/stop/report.ts';
import { stopAll } from '../../../../src/run/stop/stop.ts';
import { ScriptedApi } from '../../fault/api.ts';
import { scriptedCluster, startedAt, step, writeFaultRun } from './made.ts';

const older = '20261121-140500-cut-0a1b';
const newer = '20261121-150500-scale-2c3d';
const signal = new AbortController().signal;
const cut: PlannedFault = {
  ...{ kind: 'networkCut', direction: 'both', title: 'Cut Network: kafka-1', durationMs: 60_000 },
  targets: [{ kind: 'pod', namespace: 'data', name: 'kafka-1', uid: 'u-kafka-1', container: 'kafka', containerId: 'old' }],
};
const begun = [step(900, 'ready'), step(1000, 'go'), step(1100, 'applied')];
const healed = step(61_000, 'healed', { text: 'the helper took it back' });
const deadlineMs = startedAt + 1100 + 60_000;

describe('the vantages of a run that is stopped', () => {
  let home: string;
  let store: RunStore;
  let api: ScriptedApi;
  let cluster: PlannedCluster;
  let nowMs: number;
  let connections = 0;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-stop-'));
    store = new RunStore({ home });
    api = await ScriptedApi.start();
    cluster = await scriptedCluster(api);
    connections = 0;
    nowMs = deadlineMs - 50_000;
  });
  afterEach(async () => {
    await api.stop();
    await rm(home, { recursive: true, force: true });
  });

  function connect(): Promise<ClusterConnection> {
    connections++;
    return api.connect();
  }

  function stop(): Promise<StopReport> {
    const timing = { nowMs: () => nowMs, pause: () => Promise.resolve() };
    return stopAll({ store, connect, timing, labs: { find: async () => undefined }, limits: { runnerMs: 5000, clusterMs: 5000 } }, signal);
  }

  /** A pod of that run, and its program. */
  const made = (run: string, namespace: string): readonly string[] => {
    const about = { run, namespace, image: 'node', deadlineMs, nowMs, answerWithinMs: 2000 };
    api.put(`/api/v1/namespaces/${namespace}/pods`, podOf(about, undefined, []));
    api.put(`/api/v1/namespaces/${namespace}/configmaps`, programMap(about, new Uint8Array(3)));
    return ['pods', 'configmaps'].map(
      (kind, at) => `DELETE /api/v1/namespaces/${namespace}/${kind}/${nameOf(run, at === 0 ? 'echo' : 'program')}`,
    );
  };

  it('are removed at once where its runner was killed, those that write its messages too, and another run’s are left to it', async () => {
    const messages = { topic: 'own', partitions: 2, replicationFactor: 3, minInSync: 2, uncleanElection: false, perSecond: 10 };
    const place = { address: 'lake.bus.svc:9092', notOn: [] };
    await writeFaultRun(home, { run: older, cluster, faults: [cut], events: [...begun, healed], messages: { ...messages, place } });
    const removed = [...made(older, 'shop'), ...made(older, 'bus')];
    made(newer, 'shop');
    await stop();
    assert.deepEqual([...api.changes].sort(), removed.sort());
    // Nobody is asked again.
    connections = 0;
    assert.deepEqual([await stop(), connections], [{ runs: [], clusters: [] }, 0]);
  });
});
