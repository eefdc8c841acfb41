import assert from 'node:assert/strict';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { deadlineMark, runMark, undoMark } from '../../../src/fault/marks.ts';
import { identityOf } from '../../../src/fault/preflight/identity.ts';
import type { PlannedCluster, PlannedFault } from '../../../src/journal/fault-plan.ts';
import type { StopReport } from '../../../src/run/stop/report.ts';
import { ScriptedApi } from '../fault/api.ts';
import { writeRun } from '../report/support.ts';
import { live, startedAt, step, writeFaultRun } from '../run/stop/made.ts';
import { makeHome, type Home } from './support.ts';

const run = '20261121-140500-scale-0a1b';
const scaled: PlannedFault = {
  ...{ kind: 'scale', replicas: 1, title: 'Scale: bus', durationMs: 60_000 },
  targets: [{ kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'u-bus' }],
};
const begun = [step(900, 'ready'), step(1000, 'go'), step(1100, 'applied')];

describe('faultline stop and sweep', () => {
  let home: Home;
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let cluster: PlannedCluster;
  const signal = new AbortController().signal;
  beforeEach(async () => {
    home = await makeHome();
    api = await ScriptedApi.start();
    connection = await api.connect();
    const { name, file } = connection.context;
    cluster = { context: name, kubeconfig: file, identity: await identityOf(connection, signal) };
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
    await home.remove();
  });

  const marked = (of = run): void =>
    void api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: {
        ...{ name: 'bus', namespace: 'data', uid: 'u-bus' },
        annotations: {
          [runMark]: of,
          [deadlineMark]: new Date(startedAt + 61_100).toISOString(),
          [undoMark]: JSON.stringify({ run: of, field: 'replicas', original: 3, ours: 1 }),
        },
      },
      spec: { replicas: 1 },
    });
  const replicas = (): unknown => (api.at('/apis/apps/v1/namespaces/data/statefulsets/bus')['spec'] as { replicas: number }).replicas;

  it('says what it wants when nothing is named, and that nothing is broken where nothing is', async () => {
    const { code, stderr } = await home.run(['stop']);
    assert.deepEqual([code, /No run is named\.\n {2}Name one, or give --all/.test(stderr)], [2, true]);
    assert.equal((await home.run(['stop', '--all', run])).code, 2);
    const all = await home.run(['stop', '--all']);
    assert.deepEqual([all.code, all.stderr], [0, '']);
    assert.match(all.stdout, /^Nothing is broken: /);
  });

  it('heals what a dead run left, and has nothing to do the next time', async () => {
    await writeFaultRun(home.path, { run, cluster, faults: [scaled], events: begun });
    marked();
    const { code, stdout, stderr } = await home.run(['stop', '--all']);
    assert.equal(
      stdout,
      `Run ${run} had no process any more.\n  ✓ healed: Scale: bus\n      StatefulSet data/bus has no mark of this run any more: replicas is 3.\n`,
    );
    assert.deepEqual([code, stderr, replicas()], [0, '', 3]);
    assert.match((await home.run(['stop', '--all'])).stdout, /^Nothing is broken/);
    const again = await home.run(['stop', 'last']);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is not running: there is nothing to stop/);
  });

  it('says loudly what nobody could verify, with the command, and fails', async () => {
    await writeFaultRun(home.path, { run, cluster: { ...cluster, identity: 'another' }, faults: [scaled], events: begun });
    marked();
    const { code, stdout } = await home.run(['stop', '0a1b']);
    assert.equal(code, 3);
    assert.match(
      stdout,
      /^ {2}✗ UNCONFIRMED: Scale: bus\n {6}fake leads to another cluster than the one that was confirmed\. Its deadline was at 2026-/m,
    );
    assert.match(stdout, new RegExp(`^ {6}faultline sweep --kubeconfig ${cluster.kubeconfig} --context fake --namespace data$`, 'm'));
    assert.match(stdout, /^1 fault is UNCONFIRMED: type the commands above, then “faultline stop --all” once more\.$/m);
    assert.equal(replicas(), 1);
    const parsed = JSON.parse((await home.run(['stop', '0a1b', '--json'])).stdout) as StopReport;
    assert.deepEqual(
      parsed.runs.map((one) => [one.run, one.process, one.faults.map(({ end }) => end)]),
      [[run, 'notRunning', ['unconfirmed']]],
    );
  });

  it('stops a run that lives, and tells its end from its own journal', async () => {
    const folder = await writeFaultRun(home.path, { run, cluster, faults: [scaled], events: begun });
    const end = await live(folder, run, [
      step(2000, 'healed', { text: 'The workload is to have 3 replicas again.' }),
      { t: 2100, src: 'runner', kind: 'end', how: 'stopped' },
    ]);
    try {
      const { code, stdout } = await home.run(['runs', 'stop', 'last']);
      assert.equal(code, 0);
      assert.equal(
        stdout,
        `Run ${run} stopped; “faultline report ${run} --format md” shows its figures so far.\n  ✓ healed: Scale: bus\n      The workload is to have 3 replicas again.\n`,
      );
    } finally {
      await end();
    }
  });

  it('a benchmark that has ended has nothing to stop', async () => {
    await writeRun(home.path, { run });
    assert.equal((await home.run(['stop', 'last'])).code, 2);
  });

  it('a sweep sets back what is over, and leaves what a live run holds', async () => {
    const sweep = ['sweep', '--context', 'fake', '--kubeconfig', cluster.kubeconfig];
    const folder = await writeFaultRun(home.path, { run, cluster, faults: [scaled], events: begun });
    marked();
    const end = await live(folder, run, 'silent');
    try {
      assert.match((await home.run(sweep)).stdout, /^Nothing of a fault that is over was found in fake\.$/m);
      assert.equal(replicas(), 1);
    } finally {
      await end();
    }
    const { code, stdout } = await home.run(sweep);
    assert.deepEqual([code, stdout, replicas()], [0, `✓ StatefulSet data/bus of run ${run}: set back.\n`, 3]);
    const parsed = JSON.parse((await home.run([...sweep, '--json', '--namespace', 'data'])).stdout) as Record<string, unknown>;
    assert.deepEqual(parsed, { context: 'fake', identity: cluster.identity, found: [], leases: 0, unread: [] });
  });

  it('a sweep of a cluster that can’t be told apart from others changes nothing', async () => {
    marked();
    api.objects.delete('/api/v1/namespaces/kube-system');
    const { code, stderr } = await home.run(['sweep', '--context', 'fake', '--kubeconfig', cluster.kubeconfig]);
    assert.deepEqual([code, replicas()], [3, 1]);
    assert.match(stderr, /Which cluster fake is can’t be told/);
  });
});
