import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { pause } from '../../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { KubeObject, Node } from '../../../../src/cluster/objects.ts';
import { systemTiming } from '../../../../src/cluster/watch/timing.ts';
import type { FaultPlan, FaultTarget } from '../../../../src/journal/fault-plan.ts';
import { startWatchesWith } from '../../../../src/run/watches/start.ts';
import type { RunWatches, WatchTold } from '../../../../src/run/watches/watches.ts';
import { forbidden, json, until } from '../../cluster/server.ts';
import { Cluster } from './api.ts';
import { Brokers, nowhere, partition } from './brokers.ts';
import { owner, podIs, serving, sliceOf } from './pods.ts';

const { signal } = new AbortController();

const target: FaultTarget = {
  ...{ kind: 'pod', namespace: 'shop', name: 'kafka-1', uid: 'u-kafka-1', container: 'kafka', node: 'worker-1' },
  owner: { kind: 'StatefulSet', name: 'kafka', uid: owner.uid },
};

function planOf(more: Partial<FaultPlan> = {}): FaultPlan {
  return {
    cluster: { context: 'fake', kubeconfig: '/k', identity: 'i' },
    faults: [{ kind: 'podDelete', title: 'delete kafka-1', targets: [target] }],
    ...{ probes: [], baselineMs: 60_000, observeMs: 60_000, recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 } },
    images: { helper: 'busybox', node: 'node' },
    ...more,
  };
}

const node = (name: string, ready: string, unschedulable = false): Node => ({
  metadata: { name, uid: `u-${name}` },
  spec: { unschedulable },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});

const scaler = (desired: number, condition?: object): KubeObject =>
  ({
    metadata: { name: 'consumer', namespace: 'shop', uid: 'u-hpa' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'consumer' }, minReplicas: 1, maxReplicas: 5 },
    status: { currentReplicas: 2, desiredReplicas: desired, conditions: condition === undefined ? [] : [condition] },
  }) as KubeObject;

const stranger = { ...podIs({ ...serving, name: 'other-0' }) };
const other: KubeObject = {
  ...stranger,
  metadata: { ...stranger.metadata, ownerReferences: [{ ...owner, name: 'other', uid: 'uid-other' }] },
};

describe('what a run hears of its cluster', () => {
  let cluster: Cluster;
  let connection: ClusterConnection;
  let watches: RunWatches | undefined;
  let told: WatchTold[];
  let notes: string[];
  const begunMs = performance.now();

  beforeEach(async () => {
    told = [];
    notes = [];
    cluster = await Cluster.start({
      pods: [podIs({ ...serving, name: 'kafka-0', node: 'worker-0' }), podIs(serving), other],
      endpointslices: [sliceOf([{ uid: 'u-kafka-0' }, { uid: 'u-kafka-1' }, { uid: 'u-other-0' }])],
      nodes: [node('worker-0', 'True'), node('worker-1', 'True')],
      horizontalpodautoscalers: [scaler(2)],
    });
    connection = await cluster.api.connect();
  });
  afterEach(async () => {
    await watches?.dispose();
    watches = undefined;
    connection.close();
    await cluster.stop();
  });

  async function start(plan = planOf()): Promise<RunWatches> {
    const kafka = {
      open: () => Promise.reject(new FaultlineError('unreachable', { what: 'nobody' })),
      pause,
      monotonicMs: () => performance.now(),
    };
    watches = await startWatchesWith(
      { timing: systemTiming, kafka },
      {
        ...{ connection, plan, nowMs: () => performance.now() - begunMs },
        onEvents: (events) => told.push(...events),
        note: (text) => notes.push(text),
      },
      signal,
    );
    return watches;
  }
  const pods = (): readonly string[] => told.flatMap((event) => (event.kind === 'pod' ? [`${event.name} ${event.stage}`] : []));
  const gaps = (): readonly string[] => told.flatMap((event) => (event.kind === 'watchGap' ? [event.of] : []));

  it('begins with what is there: the target, its siblings, nodes and autoscalers, and nothing of strangers', async () => {
    await start();
    assert.deepEqual(pods(), ['kafka-0 seen', 'kafka-1 seen']);
    assert.ok(told.every((event) => event.kind !== 'pod' || (event.isReady === true && event.isServing === true)));
    assert.deepEqual(
      told.flatMap((event) => (event.kind === 'node' ? [[event.name, event.ready, event.schedulable]] : [])),
      [
        ['worker-0', 'yes', true],
        ['worker-1', 'yes', true],
      ],
    );
    assert.deepEqual(
      told.flatMap((event) => (event.kind === 'autoscaler' ? [[event.name, event.current, event.desired, event.blocked]] : [])),
      [['consumer', 2, 2, undefined]],
    );
  });

  it('misses nothing of a container that is back within a moment', async () => {
    await start();
    told.length = 0;
    cluster.put(
      'pods',
      podIs({ ...serving, state: 'terminated', ready: false }),
      podIs({ ...serving, id: 'b', restarts: 1, ready: false }),
      podIs({ ...serving, id: 'b', restarts: 1 }),
    );
    await until(() => pods().includes('kafka-1 ready'));
    assert.deepEqual(pods(), ['kafka-1 notReady', 'kafka-1 stopped', 'kafka-1 started', 'kafka-1 ready', 'kafka-1 serving']);
  });

  it('tells of a pod that takes the place of another, and of nothing that belongs elsewhere', async () => {
    await start();
    told.length = 0;
    cluster.put('pods', podIs({ ...serving, going: true }), { ...other, spec: {} } as KubeObject);
    cluster.put('endpointslices', sliceOf([{ uid: 'u-kafka-0' }]));
    await until(() => pods().includes('kafka-1 notServing'));
    cluster.remove('pods', podIs({ ...serving, going: true, state: 'terminated', ready: false }));
    cluster.put('pods', podIs({ uid: 'u-2' }), podIs({ ...serving, uid: 'u-2' }));
    await until(() => pods().includes('kafka-1 ready'));
    cluster.put('endpointslices', sliceOf([{ uid: 'u-kafka-0' }, { uid: 'u-2' }]));
    await until(() => pods().includes('kafka-1 serving'));
    assert.deepEqual(
      pods().map((each) => each.replace('kafka-1 ', '')),
      ['terminating', 'notServing', 'notReady', 'stopped', 'gone', 'created', 'scheduled', 'started', 'ready', 'serving'],
    );
  });

  it('tells of nodes that go and come, and of what an autoscaler waits for', async () => {
    await start();
    told.length = 0;
    cluster.put('nodes', node('worker-1', 'Unknown'), node('worker-1', 'True', true));
    const limited = { type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas', message: 'x' };
    cluster.put('horizontalpodautoscalers', scaler(5, limited));
    await until(() => told.length >= 3);
    assert.deepEqual(
      told.map((event) =>
        event.kind === 'node' ? [event.ready, event.schedulable] : event.kind === 'autoscaler' ? event.blocked : event.kind,
      ),
      [['unknown', true], ['yes', false], 'at its maximum of 5: the load asks for more'],
    );
  });

  it('says when it heard nothing, and what came late because of it', async () => {
    const run = await start();
    told.length = 0;
    const closed = performance.now();
    cluster.instead = ({ query }, response) => {
      if (!query.has('watch') || performance.now() - closed > 1300) return false;
      response.destroy();
      return true;
    };
    cluster.cut();
    cluster.put('pods', podIs({ ...serving, ready: false }));
    await pause(1200, signal);
    assert.ok(performance.now() - begunMs - run.heardMs >= 1100, 'what was heard last was heard before');
    await until(() => pods().length > 0);
    assert.deepEqual(pods(), ['kafka-1 notReady']);
    await until(() => new Set(gaps()).size === 4);
    const gap = told.find((event) => event.kind === 'watchGap' && event.of === 'pods');
    const late = told.find((event) => event.kind === 'pod');
    assert.ok(gap?.kind === 'watchGap' && gap.ms >= 1200 && late !== undefined && gap.t + gap.ms <= late.t);
    await until(() => performance.now() - begunMs - run.heardMs < 3000);
  });

  it('calls it a gap when it had to list anew, however quick', async () => {
    await start();
    told.length = 0;
    let isExpired = false;
    cluster.instead = ({ path, query }, response) => {
      if (isExpired || !query.has('watch') || !path.endsWith('/pods')) return false;
      isExpired = path.includes('/namespaces/shop/');
      json(response, { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' }, 410);
      return true;
    };
    cluster.cut();
    await until(() => gaps().includes('pods'));
  });

  it('wakes who waits for something to change', async () => {
    const run = await start();
    const changed = run.changed(signal);
    cluster.put('pods', podIs({ ...serving, ready: false }));
    await changed;
    const ended = new AbortController();
    const waiting = run.changed(ended.signal);
    ended.abort();
    await assert.rejects(waiting, (error: unknown) => FaultlineError.is(error, 'cancelled'));
  });

  it('goes on without nodes where they may not be read, and says so', async () => {
    cluster.instead = ({ path }, response) => {
      if (path !== '/api/v1/nodes') return false;
      forbidden(response, 'list');
      return true;
    };
    const run = await start();
    assert.equal(notes.length, 1);
    await pause(20, signal);
    assert.ok(performance.now() - begunMs - run.heardMs < 1000);
  });

  it('does not begin where pods may not be read', async () => {
    cluster.instead = ({ path }, response) => {
      if (!path.endsWith('/shop/pods')) return false;
      forbidden(response, 'list');
      return true;
    };
    await assert.rejects(start(), (error: unknown) => FaultlineError.is(error, 'forbidden'));
  });

  it('goes on, and is not heard any more, where what it tells can’t be written down', async () => {
    const run = await start();
    let isFull = true;
    const { push } = told;
    told.push = (...events) => {
      if (isFull) throw new FaultlineError('storage', { what: 'no space' });
      return push.apply(told, events);
    };
    cluster.put('pods', podIs({ ...serving, ready: false }));
    await run.changed(signal);
    const { heardMs } = run;
    isFull = false;
    told.length = 0;
    cluster.put('pods', podIs(serving));
    await until(() => pods().includes('kafka-1 ready'));
    await pause(50, signal);
    assert.ok(run.heardMs <= heardMs + 1);
  });

  it('leaves the server alone when it is over', async () => {
    const run = await start();
    await run.dispose();
    const { length } = cluster.api.asked;
    await pause(150, signal);
    assert.equal(cluster.api.asked.length, length);
  });
});

describe('what a run hears of a Kafka', () => {
  it('is who leads, who is in sync and who controls, in the words of its model too', async () => {
    const brokers = new Brokers();
    const cluster = await Cluster.start({ pods: brokers.pods });
    const connection = await cluster.api.connect();
    const told: WatchTold[] = [];
    const notes: string[] = [];
    const bus: FaultTarget = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-data-bus-1', as: 'leader of messages/17' };
    const run = await startWatchesWith(
      { timing: systemTiming, kafka: { open: brokers.open, pause, monotonicMs: () => performance.now(), routes: nowhere } },
      {
        ...{ connection, plan: planOf({ faults: [{ kind: 'containerCrash', title: 'crash', targets: [bus] }] }) },
        ...{ nowMs: () => performance.now(), onEvents: (events) => told.push(...events), note: (text) => notes.push(text) },
      },
      signal,
    );
    try {
      assert.deepEqual(notes, []);
      assert.deepEqual([run.leaderOf('messages', 17), run.inSync('messages', 17), run.controller()], ['bus-1', 3, 'bus-0']);
      assert.deepEqual([run.leaderOf('messages', 18), run.inSync('messages', 18)], [null, undefined]);
      const [instance] = run.model().kafka.items;
      assert.equal(instance?.controllerId, 0);
      assert.deepEqual(instance.topics[0]?.details, [{ partition: 17, leader: 1, replicas: [0, 1, 2], inSync: [0, 1, 2] }]);
      assert.deepEqual(
        told.flatMap((event) => (event.kind === 'prediction' ? [[event.from, event.to, event.by]] : [])),
        [[7000, 10_000, 'session timeout']],
      );
      brokers.messages = [partition(17, 2, 8, [0, 2])];
      while (run.leaderOf('messages', 17) !== 'bus-2') await run.changed(AbortSignal.timeout(5000));
      assert.equal(run.model().kafka.items[0]?.underReplicated, 1);
    } finally {
      await run.dispose();
      connection.close();
      await cluster.stop();
    }
  });

  it('keeps a run from beginning where a step waits for it and it is not heard', async () => {
    const brokers = new Brokers();
    for (const id of [0, 1, 2]) brokers.dead.add(`bus-${id}`);
    const cluster = await Cluster.start({ pods: brokers.pods });
    const connection = await cluster.api.connect();
    const bus: FaultTarget = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-data-bus-1' };
    const crash = { kind: 'containerCrash', title: 'crash', targets: [bus] } as const;
    const notes: string[] = [];
    const start = (plan: FaultPlan): Promise<RunWatches> =>
      startWatchesWith(
        { timing: systemTiming, kafka: { open: brokers.open, pause, monotonicMs: () => performance.now(), routes: nowhere } },
        { connection, plan, nowMs: () => performance.now(), onEvents: () => undefined, note: (text) => notes.push(text) },
        signal,
      );
    const waiting = { ...crash, when: { kind: 'isr', topic: 'messages', partition: 17, size: 2, withinMs: 1000 } } as const;
    await assert.rejects(start(planOf({ faults: [waiting] })), (error: unknown) => FaultlineError.is(error, 'unreachable'));
    const run = await start(planOf({ faults: [crash] }));
    assert.equal(notes.length, 1);
    await pause(50, signal);
    assert.ok(performance.now() - run.heardMs < 1000, 'what never answered is not missed');
    await run.dispose();
    connection.close();
    await cluster.stop();
  });
});
