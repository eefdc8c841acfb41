import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { identityOf } from '../../../../src/fault/preflight/identity.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { PlannedCluster, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import { nameOf, podOf, programMap } from '../../../../src/run/probe/objects.ts';
import { isAllWell, type StopReport } from '../../../../src/run/stop/report.ts';
import { canBeStopped, stopAll } from '../../../../src/run/stop/stop.ts';
import { status } from '../../cluster/server.ts';
import { ScriptedApi } from '../../fault/api.ts';
import { startedAt, step, writeFaultRun } from './made.ts';

const older = '20261121-140500-cut-0a1b';
const newer = '20261121-150500-scale-2c3d';
const signal = new AbortController().signal;
const cut: PlannedFault = {
  ...{ kind: 'networkCut', direction: 'both', title: 'Cut Network: kafka-1', durationMs: 60_000 },
  targets: [{ kind: 'pod', namespace: 'data', name: 'kafka-1', uid: 'u-kafka-1', container: 'kafka', containerId: 'old' }],
};
const begun = [step(900, 'ready'), step(1000, 'go'), step(1100, 'applied')];
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
    const connection = await connect();
    cluster = { context: 'fake', kubeconfig: '/k', identity: await identityOf(connection, signal) };
    connection.close();
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

  const write = (run: string, fault: PlannedFault, events: readonly JournalEvent[]): Promise<string> =>
    writeFaultRun(home, { run, cluster, faults: [fault], events });

  /** The pod of a vantage, and its program. */
  const vantageOf = (run: string): readonly string[] => {
    const about = { run, namespace: 'shop', image: 'node', deadlineMs, nowMs, answerWithinMs: 2000 };
    api.put('/api/v1/namespaces/shop/pods', podOf(about, undefined, []));
    api.put('/api/v1/namespaces/shop/configmaps', programMap(about, new Uint8Array(3)));
    return [
      `DELETE /api/v1/namespaces/shop/pods/${nameOf(run, 'echo')}`,
      `DELETE /api/v1/namespaces/shop/configmaps/${nameOf(run, 'program')}`,
    ];
  };

  it('of one whose runner was killed are removed at once, and those of another run are left to it', async () => {
    const healed = [...begun, step(61_000, 'healed', { text: 'the helper took it back' })];
    await write(older, cut, healed);
    const removed = vantageOf(older);
    vantageOf(newer);
    assert.equal(await canBeStopped(await store.record(older), () => nowMs, signal), true);
    const report = await stop();
    assert.deepEqual(api.changes, removed);
    assert.deepEqual(report.runs[0]?.vantages, { removed: 1 });
    assert.equal(report.runs[0]?.faults[0]?.end, 'healed');
    // Nobody is asked again.
    connections = 0;
    assert.deepEqual([await stop(), connections], [{ runs: [], clusters: [] }, 0]);
  });

  it('that may not be removed are said to end by themselves, and are no fault that is left', async () => {
    await write(older, cut, [...begun, step(61_000, 'healed')]);
    vantageOf(older);
    api.meddle = ({ method }, response) => {
      if (method === 'DELETE') status(response, 403, 'Forbidden', 'pods is forbidden');
      return method === 'DELETE';
    };
    const report = await stop();
    assert.match(report.runs[0]?.vantages?.problem ?? '', /pods/);
    assert.equal(isAllWell(report), true);
    assert.equal((await stop()).runs.length, 1);
  });

  it('are asked for in no cluster once their own deadlines have passed', async () => {
    await write(older, cut, [...begun, step(61_000, 'healed')]);
    nowMs = startedAt + 5 * 3_600_000;
    assert.deepEqual([await stop(), connections], [{ runs: [], clusters: [] }, 0]);
  });
});
