import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { withLevel, type ProtectionLevels } from '../../../../src/cluster/act/levels.ts';
import { deadlineMark, runMark, undoMark } from '../../../../src/fault/marks.ts';
import type { PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import type { Clusters, OpenCluster } from '../../../../src/ui/session/clusters.ts';
import { sweepOpened } from '../../../../src/ui/session/sweep.ts';
import { status } from '../../cluster/server.ts';
import { ScriptedApi } from '../../fault/api.ts';
import { live, startedAt, step, writeFaultRun } from '../../run/stop/made.ts';
import { clustersOfTests } from '../clusters.ts';

const run = '20261121-140500-fewer-0a1b';
const path = '/apis/apps/v1/namespaces/data/statefulsets/bus';
const deadlineMs = startedAt + 61_000;
/** Somebody else’s is over two seconds later. */
const overMs = deadlineMs + 2000;
const fewer: PlannedFault = {
  ...{ kind: 'scale', replicas: 1, title: 'Scale: bus to 1', durationMs: 60_000 },
  targets: [{ kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'uid-bus' }],
};

describe('a cluster that is opened, in which a run has left something changed', () => {
  let home: string;
  let api: ScriptedApi;
  let clusters: Clusters;
  let folder: string;
  let levels: ProtectionLevels = {};
  let nowMs = overMs;
  const told: string[] = [];
  const logged: string[] = [];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-sweep-'));
    [levels, nowMs, told.length, logged.length] = [{}, overMs, 0, 0];
    api = await ScriptedApi.start();
    const undo = JSON.stringify({ run, field: 'replicas', original: 3, ours: 1 });
    api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: {
        ...{ name: 'bus', namespace: 'data', uid: 'uid-bus' },
        annotations: { [runMark]: run, [deadlineMark]: new Date(deadlineMs).toISOString(), [undoMark]: undo },
      },
      spec: { replicas: 1 },
    });
    const cluster = { context: 'fake', kubeconfig: '/k', identity: 'uid-of-cluster/' };
    folder = await writeFaultRun(home, { run, cluster, faults: [fewer], events: [step(1000, 'go'), step(1100, 'applied')] });
    clusters = clustersOfTests();
  });
  afterEach(async () => {
    clusters.dispose();
    await api.stop();
    await rm(home, { recursive: true, force: true });
  });

  async function opened(levelsOf: (cluster: OpenCluster) => ProtectionLevels = () => ({})): Promise<void> {
    const closed = await api.connect();
    closed.close();
    const cluster = await clusters.use(closed.context);
    levels = levelsOf(cluster);
    await sweepOpened(cluster, {
      ...{ clusters, levels: () => levels, store: new RunStore({ home }), wallMs: () => nowMs },
      notifier: { tell: (text) => void told.push(`told: ${text}`), warn: (text) => void told.push(`warned: ${text}`) },
      log: { info: (line) => void logged.push(line), show: () => undefined },
    });
  }
  const replicas = (): unknown => (api.at(path)['spec'] as { readonly replicas: number }).replicas;
  const untouched = (): void => assert.deepEqual([replicas(), api.writes.length, told], [1, 0, []]);

  it('is set back once the deadline is over, and a person is told what was', async () => {
    await opened();
    assert.deepEqual([replicas(), api.at(path).metadata.annotations], [3, {}]);
    assert.deepEqual(told, ['told: StatefulSet data/bus in fake was set back: a fault had left it changed.']);
    await opened();
    assert.equal(told.length, 1, 'once');
  });

  it('is not touched before the deadline: somebody else may heal it until then', async () => {
    nowMs = overMs - 1;
    await opened();
    untouched();
    assert.deepEqual(logged, []);
  });

  it('is left to the run that is alive', async () => {
    const end = await live(folder, run, 'silent');
    await opened();
    untouched();
    await end();
    await opened();
    assert.equal(replicas(), 3);
  });

  for (const [by, levelsOf] of [
    ['itself', ({ connection }: OpenCluster) => withLevel(connection, { uid: 'uid-of-cluster' }, {}, 'readOnly')],
    ['its name', (): ProtectionLevels => ({ fake: 'readOnly' })],
  ] as const)
    it(`is not touched in a cluster that is protected as read-only by ${by}`, async () => {
      await opened(levelsOf);
      untouched();
    });

  it('is not touched where the cluster does not say which one it is', async () => {
    api.meddle = ({ path: asked }, response) => {
      if (asked !== '/api/v1/namespaces/kube-system') return false;
      status(response, 503, 'ServiceUnavailable', 'later');
      return true;
    };
    await opened();
    untouched();
    assert.match(logged.join(), /^sweep of fake: /);
  });

  it('is told as left where somebody else has changed it since', async () => {
    api.at(path)['spec'] = { replicas: 4 };
    await opened();
    assert.deepEqual(told, [
      'warned: StatefulSet data/bus in fake was left as it is: replicas is 4 by now, and was left: somebody else has set it.',
    ]);
  });

  it('is told as not set back where a webhook keeps it', async () => {
    api.alter = (_, changed) => void (changed['spec'] = { replicas: 1 });
    await opened();
    assert.deepEqual(told, [
      'warned: StatefulSet data/bus in fake could not be set back: StatefulSet data/bus was set back to replicas 3, and is 1: a webhook alters it.',
    ]);
  });
});
