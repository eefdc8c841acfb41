import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { takeLease } from '../../../../src/fault/lease.ts';
import { deadlineMark, runMark, undoMark } from '../../../../src/fault/marks.ts';
import type { LabNodeTruth } from '../../../../src/fault/lab/attend.ts';
import type { Lab } from '../../../../src/fault/lab/labs.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { FaultTarget, PlannedCluster, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import { isAllWell, type StopReport } from '../../../../src/run/stop/report.ts';
import type { Exec } from '../../../../src/run/stop/asked.ts';
import { stopAll, unfinishedRuns, type StopRequest } from '../../../../src/run/stop/stop.ts';
import { ScriptedApi } from '../../fault/api.ts';
import { live, scriptedCluster, startedAt, step, writeFaultRun } from './made.ts';

const older = '20261121-140500-cut-0a1b';
const newer = '20261121-150500-scale-2c3d';
// Mocha bounds each test; a clock that begins when the file is loaded would end in the middle of a long row of them.
const signal = new AbortController().signal;

const kafka1: FaultTarget = { kind: 'pod', namespace: 'data', name: 'kafka-1', uid: 'u-kafka-1', container: 'kafka', containerId: 'old' };
const cut: PlannedFault = { kind: 'networkCut', direction: 'both', title: 'Cut Network: kafka-1', durationMs: 60_000, targets: [kafka1] };
const stress: PlannedFault = { kind: 'cpuStress', cores: 1, title: 'Stress CPU: kafka-1', durationMs: 60_000, targets: [kafka1] };
const kill: PlannedFault = { kind: 'containerCrash', title: 'Crash Container: kafka-1', targets: [kafka1] };
const scaled: PlannedFault = {
  ...{ kind: 'scale', replicas: 1, title: 'Scale: bus', durationMs: 60_000 },
  targets: [{ kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'u-bus' }],
};
const nodeCut: PlannedFault = {
  ...{ kind: 'nodeCut', title: 'Cut Node: n1', durationMs: 60_000 },
  targets: [{ kind: 'node', name: 'n1', uid: 'u-n1' }],
};
const end: JournalEvent = { t: 90_000, src: 'runner', kind: 'end', how: 'stopped' };
const begun = [step(900, 'ready'), step(1000, 'go'), step(1100, 'applied')];
const deadlineMs = startedAt + 1000 + 60_000;

describe('stopping what is broken', () => {
  let home: string;
  let store: RunStore;
  let api: ScriptedApi;
  let cluster: PlannedCluster;
  let nowMs: number;
  const connections: ClusterConnection[] = [];
  const told: string[] = [];
  const ends: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-stop-'));
    store = new RunStore({ home });
    api = await ScriptedApi.start();
    cluster = await scriptedCluster(api);
    connections.length = 0;
    told.length = 0;
    nowMs = deadlineMs - 50_000;
  });
  afterEach(async () => {
    for (const stop of ends.splice(0)) await stop();
    await api.stop();
    await rm(home, { recursive: true, force: true });
  });

  async function connect(): Promise<ClusterConnection> {
    const connection = await api.connect();
    connections.push(connection);
    return connection;
  }

  const exec: Exec = async (_, { pod, container }, command) => {
    told.push(`${pod}/${container}: ${command.at(-1)}`);
    return { stdout: '', code: 0 };
  };

  function stop(more: Partial<StopRequest> = {}): Promise<StopReport> {
    const timing = { nowMs: () => nowMs, pause: (_: number, ends: AbortSignal) => pause(1, undefined, { signal: ends }) };
    return stopAll(
      { store, connect, exec, timing, labs: { find: async () => undefined }, limits: { runnerMs: 5000, clusterMs: 1000 }, ...more },
      signal,
    );
  }

  const write = (run: string, fault: PlannedFault, events: readonly JournalEvent[]): Promise<string> =>
    writeFaultRun(home, { run, cluster, faults: [fault], events });
  const only = ({ runs: [run] }: StopReport): StopReport['runs'][number]['faults'][number] => {
    const [fault] = run?.faults ?? [];
    if (fault === undefined) throw new Error('no fault was reported');
    return fault;
  };
  /** A pod whose helper of that run is in that state. */
  const helped = (state: object, name = `fl-${older}-1`): void =>
    void api.put('/api/v1/namespaces/data/pods', {
      metadata: { name: 'kafka-1', namespace: 'data', uid: 'u-kafka-1' },
      spec: { ephemeralContainers: [{ name }] },
      status: { ephemeralContainerStatuses: [{ name, state }] },
    });

  it('with nothing broken contacts nobody', async () => {
    await write(older, cut, [...begun, step(61_000, 'healed', { text: 'the helper took it back' }), end]);
    assert.deepEqual(await stop(), { runs: [], clusters: [] });
    assert.deepEqual(await unfinishedRuns(store), []);
    assert.equal(connections.length, 0);
  });

  it('lists what is unfinished from the disk alone, with its deadline', async () => {
    await write(older, cut, begun);
    await write(newer, scaled, [...begun, step(62_000, 'unconfirmed', { text: 'no answer', command: 'kubectl scale x' }), end]);
    const found = await unfinishedRuns(store);
    assert.deepEqual(
      found.map(({ run, state, faults }) => [run, state, ...faults.map((one) => [one.title, one.deadlineMs, one.isUnconfirmed])]),
      [
        [newer, 'ended', ['Scale: bus', deadlineMs, true]],
        [older, 'interrupted', ['Cut Network: kafka-1', deadlineMs, false]],
      ],
    );
    assert.equal(connections.length, 0);
  });

  it('a fault that was refused, or never begun, is nobody’s to heal', async () => {
    await write(older, cut, [step(900, 'ready'), step(1000, 'go'), step(1100, 'refused', { text: 'another pod by now' }), end]);
    await write(newer, cut, [step(900, 'ready')]);
    assert.deepEqual(await unfinishedRuns(store), []);
  });

  it('an end that could not be verified afterwards is no end, and one that was verified at last is', async () => {
    const doubt = step(62_000, 'unconfirmed', { text: 'no answer', command: 'kubectl x' });
    await write(older, cut, [...begun, step(61_000, 'expired'), doubt, end]);
    await write(newer, cut, [...begun, doubt, step(70_000, 'healed'), end]);
    assert.deepEqual(
      (await unfinishedRuns(store)).map(({ run }) => run),
      [older],
    );
  });

  it('a live run is stopped, and its own journal says that its fault is healed', async () => {
    const folder = await write(older, cut, begun);
    ends.push(
      await live(folder, older, [step(2000, 'heal', { why: 'stopped' }), step(2100, 'healed', { text: 'the helper took it back' }), end]),
    );
    const report = await stop();
    assert.deepEqual(report.clusters, []);
    assert.equal(report.runs[0]?.process, 'stopped');
    const { end: how, text, by } = only(report);
    assert.deepEqual([how, text, by], ['healed', 'the helper took it back', 'journal']);
    assert.equal(isAllWell(report), true);
    assert.equal((await store.record(older)).state, 'ended');
  });

  it('a runner that does not end is said so, and its fault is ended without it', async () => {
    const folder = await write(older, cut, begun);
    ends.push(await live(folder, older, 'silent'));
    helped({ running: {} });
    const report = await stop({
      limits: { runnerMs: 100, clusterMs: 2000 },
      exec: async (...args) => {
        helped({ terminated: { finishedAt: new Date(deadlineMs - 40_000).toISOString() } });
        return exec(...args);
      },
    });
    assert.equal(report.runs[0]?.process, 'noAnswer');
    assert.match(report.runs[0]?.text ?? '', /did not end within 0.1 s/);
    assert.equal(only(report).end, 'healed');
    assert.equal(isAllWell(report), false);
    assert.equal((await unfinishedRuns(store)).length, 1);
  });

  it('a helper that still runs is told to end, and is healed when its container has', async () => {
    await write(older, cut, begun);
    helped({ running: {} });
    const report = await stop({
      exec: async (...args) => {
        helped({ terminated: { finishedAt: new Date(deadlineMs - 40_000).toISOString() } });
        return exec(...args);
      },
    });
    assert.deepEqual(told, [`kafka-1/fl-${older}-1: kill $(cat /tmp/fl-helper.pid)`]);
    const { end: how, by, command } = only(report);
    assert.deepEqual([how, by, command], ['healed', 'cluster', undefined]);
    assert.deepEqual(report.clusters, [{ context: 'fake', kubeconfig: '/k' }]);
    // It is over for good: nobody is asked again.
    connections.length = 0;
    assert.deepEqual(await stop(), { runs: [], clusters: [] });
    assert.equal(connections.length, 0);
  });

  it('one that ended at its deadline expired by the kernel', async () => {
    await write(older, cut, begun);
    nowMs = deadlineMs + 5000;
    helped({ terminated: { finishedAt: new Date(deadlineMs).toISOString() } });
    const report = await stop();
    assert.equal(only(report).end, 'expired');
    assert.match(only(report).text, /at its deadline .*kernel/);
    assert.deepEqual(told, []);
  });

  it('a pod that is another one by now took its fault with it', async () => {
    await write(older, cut, begun);
    api.put('/api/v1/namespaces/data/pods', { metadata: { name: 'kafka-1', namespace: 'data', uid: 'u-another' } });
    assert.match(only(await stop()).text, /^Pod kafka-1 is gone/);
  });

  it('a helper of another run is no end of this one’s, and none of its business', async () => {
    await write(older, cut, begun);
    helped({ running: {} }, 'fl-20261121-140500-other-ffff-1');
    const { end: how, text } = only(await stop());
    assert.deepEqual([how, text], ['healed', 'Pod kafka-1 has no helper of this run.']);
    assert.deepEqual(told, []);
  });

  it('a helper that goes on is unconfirmed, with the command that a person can type', async () => {
    await write(older, cut, begun);
    helped({ running: {} });
    const report = await stop({ limits: { runnerMs: 100, clusterMs: 150 } });
    const { end: how, command } = only(report);
    assert.equal(how, 'unconfirmed');
    assert.equal(
      command,
      `kubectl --kubeconfig /k --context fake -n data exec kafka-1 -c fl-${older}-1 -- sh -c 'kill $(cat /tmp/fl-helper.pid)'`,
    );
    assert.equal(isAllWell(report), false);
    assert.equal((await unfinishedRuns(store)).length, 1);
  });

  it('stress in the target’s own container is over when no process of it is left', async () => {
    await write(older, stress, begun);
    api.put('/api/v1/namespaces/data/pods', {
      metadata: { name: 'kafka-1', namespace: 'data', uid: 'u-kafka-1' },
      status: { containerStatuses: [{ name: 'kafka', containerID: 'containerd://old', state: { running: {} } }] },
    });
    const left = ['4711\n', ''];
    const report = await stop({ exec: async () => ({ stdout: left.shift() ?? '', code: 0 }) });
    assert.deepEqual([only(report).end, only(report).text, left], ['healed', 'No process of the helper is left in container kafka.', []]);
  });

  it('replicas are set back by the mark on the object, and its lock is given free', async () => {
    await write(newer, scaled, begun);
    const undo = { run: newer, field: 'replicas', original: 3, ours: 1 };
    api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: {
        ...{ name: 'bus', namespace: 'data', uid: 'u-bus' },
        annotations: { [runMark]: newer, [deadlineMark]: new Date(deadlineMs).toISOString(), [undoMark]: JSON.stringify(undo) },
      },
      spec: { replicas: 1 },
    });
    const connection = await connect();
    const [target] = scaled.targets;
    if (target === undefined) throw new Error('no target');
    await takeLease(connection, { run: newer, target, title: 'x', deadlineMs, nowMs }, signal);
    await takeLease(connection, { run: 'another', target: { ...target, uid: 'u-x' }, title: 'x', deadlineMs, nowMs }, signal);
    connection.close();
    const report = await stop();
    assert.deepEqual([only(report).end, only(report).by], ['healed', 'cluster']);
    assert.deepEqual(api.at('/apis/apps/v1/namespaces/data/statefulsets/bus')['spec'], { replicas: 3 });
    const leases = [...api.objects.keys()].filter((key) => key.includes('/leases/'));
    assert.deepEqual(
      leases.map((key) => key.slice(key.lastIndexOf('/') + 1)),
      ['faultline-fault-u-x'],
    );
  });

  it('a node is back when its kubelet is heard again', async () => {
    await write(older, nodeCut, begun);
    nowMs = deadlineMs + 1;
    let asked = 0;
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    api.meddle = ({ path }) => {
      if (path === `${lease}/n1`)
        api.put(lease, { metadata: { name: 'n1' }, spec: { renewTime: `2026-11-21T14:10:0${Math.min(9, asked++)}Z` } });
      return false;
    };
    const { end: how, text } = only(await stop());
    assert.deepEqual([how, text, asked], ['expired', 'Node n1 renews its lease again.', 2]);
  });

  it('of a node that is silent the lab’s command is told', async () => {
    await write(older, nodeCut, begun);
    api.put('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', { metadata: { name: 'n1' }, spec: { renewTime: 'x' } });
    const { end: how, command } = only(await stop({ limits: { runnerMs: 100, clusterMs: 150 } }));
    assert.deepEqual([how, command], ['unconfirmed', 'npm run lab -- node heal n1']);
  });

  it('a node of a lab on this machine is healed by the lab’s program, and is whole when that says so', async () => {
    await write(older, nodeCut, begun);
    const orders: string[] = [];
    let truth: LabNodeTruth = { hasPower: true, isCut: true, dropped: 7, isFrozen: false, fault: { kind: 'cut', untilMs: deadlineMs + 3 } };
    const lab: Lab = {
      number: 1,
      healCommand: (node) => `lab heal ${node}`,
      attend: (node) => ({
        look: async () => truth,
        begin: async () => undefined,
        heal: async ({ untilMs }) => {
          orders.push(`heal ${node} ${untilMs - deadlineMs}`);
          truth = { ...truth, isCut: false };
        },
        dispose: async () => void orders.push('dispose'),
      }),
    };
    const asked: string[] = [];
    const labs = { find: async (uid: string): Promise<Lab> => (asked.push(uid), lab) };
    const report = await stop({ labs });
    assert.deepEqual([only(report).end, only(report).text], ['healed', 'The lab says that node n1 is whole.']);
    assert.deepEqual([asked, orders], [['uid-of-cluster'], ['heal n1 3', 'dispose']]);
  });

  it('a lab that can’t heal its node says why, with its own command', async () => {
    await write(older, nodeCut, begun);
    const truth: LabNodeTruth = {
      ...{ hasPower: true, isCut: true, dropped: 0, isFrozen: false, failed: 'there is no such bridge' },
      fault: { kind: 'cut', untilMs: deadlineMs },
    };
    const attend: Lab['attend'] = () => ({
      look: async () => truth,
      begin: async () => undefined,
      heal: async () => undefined,
      dispose: async () => undefined,
    });
    const labs = { find: async (): Promise<Lab> => ({ number: 1, healCommand: (node) => `lab heal ${node} --lab 1`, attend }) };
    const { end: how, text, command } = only(await stop({ labs, limits: { runnerMs: 100, clusterMs: 150 } }));
    assert.deepEqual([how, command], ['unconfirmed', 'lab heal n1 --lab 1']);
    assert.match(text, /there is no such bridge$/);
  });

  it('a fault of a lab’s node that somebody else has begun since is left to them', async () => {
    await write(older, nodeCut, begun);
    const orders: string[] = [];
    const truth: LabNodeTruth = {
      hasPower: true,
      isCut: true,
      dropped: 0,
      isFrozen: false,
      fault: { kind: 'cut', untilMs: deadlineMs + 60_000 },
    };
    const attend: Lab['attend'] = () => ({
      look: async () => truth,
      begin: async () => undefined,
      heal: async () => void orders.push('heal'),
      dispose: async () => undefined,
    });
    const report = await stop({ labs: { find: async () => ({ number: 1, healCommand: () => '', attend }) } });
    assert.deepEqual([only(report).end, orders], ['healed', []]);
    assert.match(only(report).text, /somebody else/);
  });

  it('a context that leads to another cluster by now is left alone', async () => {
    await write(older, cut, begun);
    helped({ running: {} });
    api.put('/api/v1/namespaces', { metadata: { name: 'kube-system', uid: 'uid-of-another' } });
    const report = await stop();
    assert.match(report.clusters[0]?.problem ?? '', /leads to another cluster than the one that was confirmed/);
    assert.equal(only(report).end, 'unconfirmed');
    assert.deepEqual([told, api.changes], [[], []]);
  });

  it('a cluster that can’t be reached leaves its faults unconfirmed, with their deadlines; another one is asked all the same', async () => {
    await writeFaultRun(home, { run: older, cluster: { ...cluster, context: 'lost' }, faults: [cut, kill], events: begun });
    await write(newer, scaled, begun);
    const report = await stop({
      connect: async (one) => {
        if (one.context === 'lost') throw new FaultlineError('unreachable', { what: 'lost does not answer' });
        return connect();
      },
    });
    assert.deepEqual(
      report.runs.map(({ run, faults }) => [run, ...faults.map(({ end: how, text }) => [how, text])]),
      [
        [newer, ['healed', 'StatefulSet data/bus is there no more.']],
        [older, ['unconfirmed', `lost does not answer. It ends by itself at ${new Date(deadlineMs).toISOString()} at the latest.`]],
      ],
    );
    nowMs = deadlineMs;
    const later = await stop({ connect: () => Promise.reject(new FaultlineError('unreachable', { what: 'lost does not answer' })) });
    assert.match(only(later).text, /Its deadline was at .*: by then it was to end by itself, which nobody has seen\.$/);
  });

  it('of runs that are named each fault is told, those that were over at once too', async () => {
    await write(older, kill, [...begun, end]);
    const report = await stop({ runs: [await store.record(older)] });
    const { end: how, text } = only(report);
    assert.deepEqual([report.runs[0]?.process, how, text], ['notRunning', 'healed', 'It was over as soon as it had happened.']);
    assert.equal(connections.length, 0);
  });
});
