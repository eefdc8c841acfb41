import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { brotliDecompressSync } from 'node:zlib';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { consentTo } from '../../../../src/cluster/act/protection.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';
import { deadlineMark, runMark } from '../../../../src/fault/marks.ts';
import type { PlannedProbe } from '../../../../src/journal/fault-plan.ts';
import { podOf } from '../../../../src/run/probe/objects.ts';
import type { ProbeRequest } from '../../../../src/run/probe/probes.ts';
import { begunInTime, refuseHopeless } from '../../../../src/run/probe/running.ts';
import { startProbes } from '../../../../src/run/probe/start.ts';
import { status } from '../../cluster/server.ts';
import { ScriptedApi } from '../../fault/api.ts';

const probe: PlannedProbe = {
  ...{ id: 'a', title: 'pooled', engine: 'clickhouse', address: 'clickhouse.data.svc:8123', connection: 'pooled', asks: 'select 1' },
  ...{ perSecond: 20, notOn: ['n1', 'n2'] },
};
const limit = (): AbortSignal => AbortSignal.timeout(30_000);

describe('vantages in a cluster', function () {
  this.timeout(60_000);
  let api: ScriptedApi;
  let connection: ClusterConnection;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const request = (over: Partial<ProbeRequest> = {}): ProbeRequest => ({
    ...{
      connection,
      run: '2026-11-21-kafka',
      probes: [probe, { ...probe, id: 'b', title: 'fresh', connection: 'fresh' }],
      namespace: 'data',
    },
    ...{ image: 'node:24-slim', deadlineMs: Date.now() + 60_000, nowMs: () => performance.now(), answerWithinMs: 2000 },
    consent: consentTo({ context: connection.context.name, server: connection.server, level: 'open', knownBy: 'identity' }, 'fault'),
    onEvents: () => undefined,
    note: () => undefined,
    ...over,
  });

  it('that run and do not begin are told with what their pods said last: these are gone afterwards', async () => {
    api.meddle = ({ path }, response) => {
      if (!path.endsWith('/pods/p1/log')) return false;
      response.end('starting\nconnect ECONNREFUSED 10.0.0.7:9092\n');
      return true;
    };
    const pods = ['p1', 'p2'].map((name) => ({ name, uid: name, node: 'n1', ip: '10.0.0.1' }));
    const late = (seconds: number): string => `not begun within ${seconds} s`;
    const never = (both: AbortSignal): Promise<void> =>
      new Promise((_, reject) => both.addEventListener('abort', () => reject(new Error('aborted'))));
    await assert.rejects(begunInTime({ connection, namespace: 'data', pods, late, withinMs: 50 }, never, limit()), (error) => {
      assert.ok(FaultlineError.is(error, 'timedOut'));
      assert.equal(error.facts.what, 'not begun within 0.05 s');
      assert.match(
        error.facts.meaning ?? '',
        /^pod p1 said last: starting \/ connect ECONNREFUSED 10\.0\.0\.7:9092; what pod p2 said could not be read: /,
      );
      return true;
    });
  });

  it('are refused without consent for just that, and in the cluster’s own namespaces', async () => {
    const consent = consentTo(
      { context: connection.context.name, server: connection.server, level: 'open', knownBy: 'identity' },
      'restart',
    );
    await assert.rejects(startProbes(request({ consent }), limit()), (error) => FaultlineError.is(error, 'refusedByProtection'));
    await assert.rejects(startProbes(request({ namespace: 'kube-system' }), limit()), (error) =>
      FaultlineError.is(error, 'refusedByProtection'),
    );
    assert.deepEqual(api.changes, []);
  });

  it('leave nothing behind when their image can’t be pulled', async () => {
    const text = 'failed to resolve reference "node:24-slim"';
    api.afterwards = ({ method, path }, object) => {
      if (method === 'POST' && path.endsWith('/pods') && object !== undefined)
        api.put(path, {
          ...object,
          status: { containerStatuses: [{ name: 'probe', state: { waiting: { reason: 'ImagePullBackOff', message: text } } }] },
        });
    };
    const made: string[] = [];
    api.meddle = ({ method, path, body }) => {
      if (method === 'POST') made.push(`${path.split('/').at(-1)} ${body.metadata?.annotations?.[runMark]}`);
      return false;
    };
    await assert.rejects(startProbes(request(), limit()), (error) => {
      assert.ok(FaultlineError.is(error, 'unsupported'));
      assert.equal(error.facts.what, 'The image node:24-slim of the probes can’t be pulled');
      assert.match(error.facts.meaning ?? '', /failed to resolve/);
      assert.match(error.facts.remedy ?? '', /this cluster can pull/);
      return true;
    });
    assert.deepEqual(made, ['configmaps 2026-11-21-kafka', 'pods 2026-11-21-kafka', 'pods 2026-11-21-kafka']);
    const removed = api.changes.filter((change) => change.startsWith('DELETE'));
    assert.equal(removed.length, 3);
  });

  it('leave nothing behind when the second of them is refused, or the person stops it', async () => {
    let pods = 0;
    api.meddle = ({ method, path }, response) => {
      if (method !== 'POST' || !path.endsWith('/pods') || ++pods < 2) return false;
      status(response, 403, 'Forbidden', 'pods "faultline-probe-b" is forbidden: exceeded quota: small');
      return true;
    };
    await assert.rejects(startProbes(request(), limit()), (error) => FaultlineError.is(error, 'forbidden') && /quota/.test(error.message));
    api.meddle = () => false;
    await assert.rejects(startProbes(request({ run: 'other' }), AbortSignal.timeout(2000)), (error) =>
      FaultlineError.is(error, 'cancelled'),
    );
    const left = [...api.objects.values()].filter(
      ({ metadata }) => metadata.name.startsWith('faultline-probe') && metadata.deletionTimestamp === undefined,
    );
    assert.deepEqual(
      left.map(({ metadata }) => metadata.name),
      [],
    );
  });

  it('have their program beside them, as the build made it, in what a ConfigMap takes', async () => {
    const stop = new AbortController();
    api.afterwards = ({ path }) => (path.endsWith('/configmaps') ? stop.abort() : undefined);
    await assert.rejects(startProbes(request(), stop.signal));
    const map = api.writes.find(({ path }) => path.endsWith('/configmaps'))?.body;
    const packed = Object.values(map?.['binaryData'] as Record<string, string>)[0] ?? '';
    assert.ok(packed.length < 700_000, `${packed.length} bytes`);
    assert.match(brotliDecompressSync(Buffer.from(packed, 'base64')).toString(), /faultline-probe/);
  });

  it('are away from what is hit, apart from each other, and as harmless as the strictest namespace asks', () => {
    const about = {
      run: 'r',
      namespace: 'data',
      image: 'i',
      deadlineMs: 1_000_000_090_000,
      nowMs: 1_000_000_000_000,
      answerWithinMs: 2000,
    };
    const pod = podOf(about, probe, probe.notOn) as Pod & { readonly spec: Record<string, unknown> };
    const { affinity, securityContext, containers } = pod.spec as unknown as Spec;
    const { nodeAffinity, podAntiAffinity } = affinity;
    assert.deepEqual(
      nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]?.matchFields.map(({ operator, values }) => [
        operator,
        ...values,
      ]),
      [
        ['NotIn', 'n1'],
        ['NotIn', 'n2'],
      ],
    );
    assert.equal(podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.length, 1);
    assert.equal(pod.spec['activeDeadlineSeconds'], 95);
    assert.equal(pod.spec['automountServiceAccountToken'], false);
    assert.equal(pod.spec['restartPolicy'], 'Never');
    assert.deepEqual([securityContext.runAsNonRoot, securityContext.seccompProfile.type], [true, 'RuntimeDefault']);
    assert.ok(securityContext.runAsUser > 0);
    const own = containers[0]?.securityContext;
    assert.deepEqual([own?.allowPrivilegeEscalation, own?.readOnlyRootFilesystem, own?.capabilities.drop], [false, true, ['ALL']]);
    assert.deepEqual([pod.metadata.annotations?.[runMark], pod.metadata.annotations?.[deadlineMark]], ['r', '2001-09-09T01:48:10.000Z']);
    assert.ok(pod.metadata.name.length <= 63);
  });

  describe('that can’t run', () => {
    const about = { image: 'node:24', notOn: ['n1'] };
    const waiting = (message: string): Pod => ({
      metadata: { name: 'p' },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
    });
    const refusal = (pod: Pod, waitedMs = 20_000): FaultlineError | undefined => {
      try {
        refuseHopeless(pod, 'p', about, waitedMs);
        return undefined;
      } catch (error) {
        assert.ok(FaultlineError.is(error, 'unsupported'));
        return error;
      }
    };

    it('say which resource is short, once the scheduler had time for another thought', () => {
      const pod = waiting("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match Pod's node affinity/selector.");
      assert.equal(refusal(pod, 5000), undefined);
      assert.equal(refusal(pod)?.facts.what, 'No node has room for the probe p: cpu is short');
    });

    it('say that no node is left beside what is hit', () => {
      const error = refusal(waiting("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."));
      assert.equal(error?.facts.what, 'There is no node for the probe p');
      assert.match(error?.facts.meaning ?? '', /It must not be on what is hit \(n1\)/);
      assert.match(error?.facts.remedy ?? '', /Hit fewer nodes/);
    });

    it('say that the image has no Node, in the words of its own end', () => {
      const message = 'exec: "node": executable file not found in $PATH';
      const error = refusal({
        metadata: { name: 'p' },
        status: { phase: 'Failed', containerStatuses: [{ name: 'probe', state: { terminated: { reason: 'StartError', message } } }] },
      });
      assert.match(error?.facts.meaning ?? '', /executable file not found/);
      assert.match(error?.facts.remedy ?? '', /Node 22 or newer/);
    });
  });
});

interface Spec {
  readonly affinity: {
    readonly nodeAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution: {
        readonly nodeSelectorTerms: readonly {
          readonly matchFields: readonly { readonly operator: string; readonly values: readonly string[] }[];
        }[];
      };
    };
    readonly podAntiAffinity: { readonly preferredDuringSchedulingIgnoredDuringExecution: readonly unknown[] };
  };
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly runAsUser: number;
    readonly seccompProfile: { readonly type: string };
  };
  readonly containers: readonly {
    readonly securityContext: {
      readonly allowPrivilegeEscalation: boolean;
      readonly readOnlyRootFilesystem: boolean;
      readonly capabilities: { readonly drop: readonly string[] };
    };
  }[];
}
