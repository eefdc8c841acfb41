import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Pod } from '../../../../src/cluster/objects.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { FaultPlan, FaultTarget, PlannedFault } from '../../../../src/journal/fault-plan.ts';
import { failoverOf, timesOf, type BrokerTimes } from '../../../../src/run/watches/predict/kafka.ts';
import { graceOf, movedOf, notReadyOf } from '../../../../src/run/watches/predict/node.ts';
import { backAfter, outOfService, restartDelay, settingsOf, startOf, type FullPod } from '../../../../src/run/watches/predict/pod.ts';
import { predict, type Prediction } from '../../../../src/run/watches/predict/predict.ts';
import { atMost, last, seconds, untilHealed } from '../../../../src/run/watches/predict/spans.ts';
import { configOf, versionOf, workerGone } from '../../../../src/run/watches/predict/trino.ts';
import { brokerPod, kafkaModel } from '../../cluster/kafka-pods.ts';

const times: BrokerTimes = { sessionMs: 9000, heartbeatMs: 2000, isShutdownControlled: true, fetchMs: 2000, electionMs: 1000 };

/** Started at 10:00:00, ready at 10:00:34. */
function full(
  more: {
    readonly kind?: string;
    readonly restarts?: number;
    readonly ended?: string;
    readonly stays?: number;
    readonly image?: string;
  } = {},
): FullPod {
  return {
    metadata: { name: 'trino-0', namespace: 'data', ownerReferences: [{ kind: more.kind ?? 'StatefulSet', name: 'trino', uid: 'u' }] },
    spec: {
      terminationGracePeriodSeconds: 20,
      containers: [
        {
          name: 'trino',
          image: more.image ?? 'trinodb/trino:476',
          readinessProbe: { initialDelaySeconds: 10, periodSeconds: 5, failureThreshold: 3 },
        },
      ],
      tolerations: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', tolerationSeconds: more.stays ?? 300 }],
    },
    status: {
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-10-01T10:00:34Z' }],
      containerStatuses: [
        {
          ...{ name: 'trino', restartCount: more.restarts ?? 0, state: { running: { startedAt: '2026-10-01T10:00:00Z' } } },
          ...(more.ended === undefined ? {} : { lastState: { terminated: { finishedAt: more.ended } } }),
        },
      ],
    },
  };
}
const now = Date.parse('2026-10-01T10:05:00Z');
const range = (span: { readonly fromMs: number; readonly toMs: number } | undefined): readonly number[] =>
  span === undefined ? [] : [span.fromMs / 1000, span.toMs / 1000];

describe('what a broker’s own settings let expect', () => {
  it('of a crash is its session, which is as old as its last heartbeat', () => {
    const span = failoverOf({ times, isController: false });
    assert.deepEqual(range(span), [7, 10]);
    assert.equal(
      span.formula,
      'broker.session.timeout.ms 9 s since the last heartbeat (broker.heartbeat.interval.ms 2 s), + up to 1 s until clients ask for metadata again',
    );
    assert.equal(span.by, 'session timeout');
  });

  it('of the crash of the controller is another election, and a whole session', () => {
    assert.deepEqual(range(failoverOf({ times, isController: true })), [11, 14]);
  });

  it('of a deletion is that its leaders move before it ends, unless it has no time for it or is told not to', () => {
    assert.deepEqual(range(failoverOf({ times, isController: false, graceMs: 30_000 })), [0.1, 1]);
    assert.deepEqual(range(failoverOf({ times, isController: false, graceMs: 1000 })), [0.1, 13]);
    assert.deepEqual(range(failoverOf({ times, isController: false, graceMs: 0 })), [7, 12]);
    assert.deepEqual(
      range(failoverOf({ times: { ...times, isShutdownControlled: false }, isController: false, graceMs: 30_000 })),
      [7, 42],
    );
  });

  it('is read from the broker; nothing is said where it does not say', () => {
    assert.deepEqual(
      timesOf([
        { name: 'broker.session.timeout.ms', value: '18000' },
        { name: 'controlled.shutdown.enable', value: 'false' },
      ]),
      {
        ...{ sessionMs: 18_000, heartbeatMs: 2000, isShutdownControlled: false, fetchMs: 2000, electionMs: 1000 },
      },
    );
    assert.equal(timesOf([]), undefined);
  });

  it('is over with the fault at the latest', () => {
    const healed = untilHealed(5000, 'the broker leads again');
    const crash = failoverOf({ times, isController: false });
    assert.deepEqual(range(atMost(crash, healed)), [5, 6]);
    assert.deepEqual(range(atMost(crash, untilHealed(8000, 'x'))), [7, 9]);
    assert.deepEqual(range(atMost(crash, untilHealed(60_000, 'x'))), [7, 10]);
  });
});

describe('what a pod’s own settings and its last start let expect', () => {
  const settings = settingsOf(full(), 'trino');

  it('is as long a start as the last', () => {
    assert.equal(settings.lastStartMs, 34_000);
    const start = startOf(settings);
    assert.deepEqual(range(start), [33, 41]);
    assert.equal(start?.formula, 'its last start: ready after 34 s (readinessProbe: initialDelaySeconds 10, periodSeconds 5)');
  });

  it('is nothing where how long it takes to start is not known', () => {
    const old = full();
    const flapped = settingsOf(
      { ...old, status: { ...old.status, conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-10-01T12:00:00Z' }] } },
      'trino',
    );
    assert.equal(flapped.lastStartMs, undefined);
    assert.equal(backAfter(flapped, { kind: 'crash' }, now), undefined);
  });

  it('is a restart at once the first time, and later the kubelet’s back-off', () => {
    assert.deepEqual(range(restartDelay(settings, now)), [0, 2]);
    const twice = settingsOf(full({ restarts: 2, ended: '2026-10-01T10:00:00Z' }), 'trino');
    assert.deepEqual(range(restartDelay(twice, now)), [0, 22]);
    assert.deepEqual(range(restartDelay(twice, now + 600_000)), [0, 2]);
    assert.deepEqual(range(restartDelay(settingsOf(full({ restarts: 30, ended: '2026-10-01T10:00:00Z' }), 'trino'), now)), [0, 302]);
  });

  it('waits for the end of the old one only where its owner does', () => {
    const deleted = { kind: 'delete', graceMs: 20_000 } as const;
    assert.deepEqual(range(backAfter(settings, deleted, now)), [33, 64]);
    assert.deepEqual(range(backAfter(settingsOf(full({ kind: 'ReplicaSet' }), 'trino'), deleted, now)), [33, 44]);
    const alone = full();
    assert.equal(backAfter(settingsOf({ ...alone, metadata: { name: 'x' } }, 'trino'), deleted, now), undefined);
  });

  it('is out of its Services when its readiness probe has failed often enough', () => {
    assert.deepEqual(range(outOfService(settings)), [10, 17]);
    assert.equal(outOfService(settingsOf({ metadata: { name: 'x' }, spec: { containers: [{ name: 'a' }] } }, 'a')), undefined);
  });
});

describe('what the loss of a node lets expect', () => {
  const manager = (flag: string): Pod => ({
    metadata: { name: 'm' },
    spec: { containers: [{ name: 'm', command: ['kube-controller-manager', flag] }] },
  });

  it('is the grace period of its controller manager, else the default of its version, and says which', () => {
    assert.deepEqual(graceOf([manager('--node-monitor-grace-period=16s')], 34), { ms: 16_000, text: 'node-monitor-grace-period 16 s' });
    assert.equal(graceOf([manager('--v=2')], 31).ms, 40_000);
    assert.match(graceOf([], 34).text, /50 s, the default: its flag can’t be read/);
  });

  it('is that a Deployment makes another pod after its toleration, and a StatefulSet none', () => {
    const grace = { ms: 40_000, text: 'node-monitor-grace-period 40 s' };
    assert.deepEqual(range(notReadyOf(grace)), [30, 46]);
    assert.deepEqual(range(movedOf(grace, settingsOf(full({ kind: 'ReplicaSet' }), 'trino'), now)), [363, 390]);
    assert.equal(movedOf(grace, settingsOf(full(), 'trino'), now), undefined);
  });
});

describe('what the failure detector of a Trino lets expect', () => {
  it('is its threshold of a minute’s heartbeats, as it is configured', () => {
    assert.deepEqual(range(workerGone('trino', 'trinodb/trino:476', {}, false)), [6.322, 12.322]);
    assert.deepEqual(range(workerGone('trino', 'trinodb/trino:476', {}, true)), [0, 12.322]);
    assert.deepEqual(range(workerGone('presto', 'prestodb/presto:0.296', {}, false)), [0.603, 6.603]);
    assert.deepEqual(configOf('coordinator=true\nfailure-detector.threshold = 0.2\n'), { threshold: 0.2 });
    assert.deepEqual(range(workerGone('trino', 'trinodb/trino:476', { threshold: 0.2 }, false)), [13.389, 19.389]);
  });

  it('is nothing where it is off, or the version has another way, or none is known', () => {
    assert.equal(workerGone('trino', 'trinodb/trino:476', { isEnabled: false }, false), undefined);
    assert.equal(workerGone('trino', 'trinodb/trino:478', {}, false), undefined);
    assert.equal(workerGone('trino', 'mine/trino:latest', {}, false), undefined);
    assert.equal(versionOf('registry:5000/trinodb/trino:476-arm64'), 476);
  });
});

describe('the prediction of a plan', () => {
  const pods = [0, 1, 2].map((id) => brokerPod(`bus-${id}`));
  const target: FaultTarget = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-data-bus-1' };
  const asked = { leads: true, controller: 0 };

  async function of(...faults: readonly PlannedFault[]): Promise<readonly Prediction[]> {
    const plan: FaultPlan = {
      cluster: { context: 'fake', kubeconfig: '/k', identity: 'i' },
      ...{ faults, probes: [], baselineMs: 0, observeMs: 0, recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 } },
      images: { helper: 'busybox', node: 'node' },
    };
    return predict({
      connection: { request: () => Promise.reject(new FaultlineError('forbidden', { what: 'no' })) } as unknown as ClusterConnection,
      ...{ plan, pods, model: kafkaModel(pods), wallMs: now, signal: new AbortController().signal },
      kafka: [
        {
          settings: () => Promise.resolve([{ name: 'broker.session.timeout.ms', value: '9000' }]),
          leads: () => asked.leads,
          nameOf: (node) => `bus-${node}`,
          controller: asked.controller,
          partition: (topic, partition) =>
            topic === 'messages' ? { topic, partition, leader: 0, replicas: [0, 1, 2], inSync: [0, 1, 2] } : undefined,
        },
      ],
    });
  }

  it('is one line for each fault that one can be made of, in its own words', async () => {
    const common = { title: 'x', targets: [target] };
    const said = await of(
      { kind: 'none', ...common },
      { kind: 'containerCrash', ...common },
      { kind: 'networkCut', direction: 'both', durationMs: 60_000, ...common },
      { kind: 'freeze', durationMs: 4000, ...common },
      { kind: 'latency', latencyMs: 100, jitterMs: 0, existing: 'reset', durationMs: 60_000, ...common },
      { kind: 'podDelete', ...common },
    );
    assert.deepEqual(
      said.map(({ fault, from, to }) => [fault, from, to]),
      [
        [1, 7000, 10_000],
        [2, 7000, 10_000],
        [3, 4000, 5000],
        [5, 100, 1000],
      ],
    );
    assert.equal(said[2]?.formula, 'the broker leads again: until the fault ends after 4 s');
  });

  it('is of whoever would be chosen now, and of either where nobody leads yet', async () => {
    const targets = [0, 1, 2].map((id): FaultTarget => ({ ...target, name: `bus-${id}`, uid: `uid-data-bus-${id}` }));
    const choose = (topic: string): PlannedFault => ({
      ...{ kind: 'containerCrash', title: 'x', targets },
      choose: { kind: 'leader', topic, partition: 17 },
    });
    const said = await of(choose('messages'), choose('to-come'), { ...choose(''), choose: { kind: 'controller' } });
    assert.deepEqual(
      said.map(({ from, to }) => [from, to]),
      [
        [11_000, 14_000],
        [7000, 14_000],
        [11_000, 14_000],
      ],
    );
  });

  it('is none of a broker that leads nothing', async () => {
    asked.leads = false;
    assert.deepEqual(await of({ kind: 'containerCrash', title: 'x', targets: [target] }), []);
    asked.leads = true;
  });

  it('is the longest of all that it hits', () => {
    assert.deepEqual(range(last([failoverOf({ times, isController: false }), failoverOf({ times, isController: true })])), [11, 14]);
    assert.equal(last([]), undefined);
  });

  it('names times as people do', () => {
    assert.deepEqual([100, 9000, 40_000, 120_000, 300_000].map(seconds), ['0.1 s', '9 s', '40 s', '2 min', '5 min']);
  });
});
