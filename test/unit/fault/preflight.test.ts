import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import { pause } from '../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import type { DraftFault, FaultDraft } from '../../../src/fault/draft.ts';
import { apiInjectors } from '../../../src/fault/inject/api.ts';
import type { Injector, InjectorTiming } from '../../../src/fault/injector.ts';
import { leasesOfFaults, takeLease } from '../../../src/fault/lease.ts';
import { foreignFaults, isActive } from '../../../src/fault/others.ts';
import { previewPlan, type PlanOptions, type PlanPreview } from '../../../src/fault/plan.ts';
import { identityOf, refuseOtherCluster } from '../../../src/fault/preflight/identity.ts';
import { preflight } from '../../../src/fault/preflight/preflight.ts';
import { readScene } from '../../../src/fault/scene-read.ts';
import type { FaultKind, FaultTarget, PlannedFault } from '../../../src/journal/fault-plan.ts';
import { status } from '../cluster/server.ts';
import type { ScriptedApi } from './api.ts';
import { kafkaApi } from './kafkaApi.ts';
import { byPod, draft, kafkaObjects, sceneOf } from './scenes.ts';

const { signal } = new AbortController();
const nowMs = Date.parse('2026-03-01T10:00:00Z');
const timing: InjectorTiming = { nowMs: () => nowMs, pause: (_, ends) => pause(1, ends) };
const injectors: ReadonlyMap<FaultKind, Injector> = new Map(apiInjectors.map((one) => [one.kind, one]));
const target: FaultTarget = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-data-bus-1', container: 'kafka' };
const podDelete: PlannedFault = { kind: 'podDelete', title: 'x', targets: [target] };

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing failed',
    (error: unknown) => (FaultlineError.is(error) ? `${error.reason}: ${error.message}` : String(error)),
  );
}

describe('what the API says before a person confirms', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  beforeEach(async () => {
    api = await kafkaApi();
    connection = await api.connect();
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const model = sceneOf(kafkaObjects()).model;
  const options: PlanOptions = { model, injectors, timing, nowMs: () => nowMs };
  const plan = (faults: readonly DraftFault[], more: Partial<FaultDraft> = {}): Promise<PlanPreview> =>
    previewPlan(
      connection,
      {
        cluster: {},
        faults,
        probes: [],
        baselineMs: 60_000,
        observeMs: 60_000,
        recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
        ...more,
      },
      options,
      signal,
    );

  it('every right is asked as who will act, and a missing one is told', async () => {
    const all = await preflight(connection, podDelete, { injectors, timing }, signal);
    assert.deepEqual([...new Set(all.permissions.map(({ answer }) => answer))], ['yes']);
    assert.deepEqual(all.refusals, []);
    assert.deepEqual(api.rehearsals, ['DELETE /api/v1/namespaces/data/pods/bus-1']);
    api.forbidden.add('delete pods');
    const without = await preflight(connection, podDelete, { injectors, timing }, signal);
    assert.deepEqual(
      without.permissions.filter(({ answer }) => answer === 'no').map(({ verb, resource }) => `${verb} ${resource}`),
      ['delete pods'],
    );
    assert.equal(api.rehearsals.length, 1, 'nothing is rehearsed that is not allowed');
    assert.deepEqual(api.changes, []);
  });

  it('a right of healing that is missing refuses as one of injecting does', async () => {
    api.forbidden.add('delete leases');
    const { previews } = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))]);
    assert.deepEqual(
      previews[0]?.refusals.map(({ text }) => text),
      ['You could not heal it: you may not delete leases.coordination.k8s.io in data'],
    );
  });

  it('where reviews are not answered a right is unknown, and the rehearsal decides', async () => {
    api.meddle = ({ path }, response) => {
      if (!path.startsWith('/apis/authorization.k8s.io/')) return false;
      status(response, 403, 'Forbidden', 'no');
      return true;
    };
    const { permissions, refusals } = await preflight(connection, podDelete, { injectors, timing }, signal);
    assert.deepEqual([...new Set(permissions.map(({ answer }) => answer))], ['unknown']);
    assert.deepEqual(refusals, []);
  });

  it('what a policy refuses is told in its words, and a kind without an injector is not possible', async () => {
    api.meddle = ({ method }, response) => {
      if (method !== 'DELETE') return false;
      status(response, 403, 'Forbidden', 'admission webhook "guard" denied the request: protected pod');
      return true;
    };
    const { refusals } = await preflight(connection, podDelete, { injectors, timing }, signal);
    assert.equal(refusals[0]?.reason, 'mechanism');
    assert.match(refusals[0]?.text ?? '', /^bus-1: .*protected pod/);
    const freeze = await preflight(connection, { kind: 'freeze', title: 'x', targets: [target] }, { injectors, timing }, signal);
    assert.deepEqual(
      freeze.refusals.map(({ text }) => text),
      ['“Freeze” is not possible here'],
    );
  });

  it('an API that does not answer gives no preview at all', async () => {
    api.meddle = (_, response) => {
      response.destroy();
      return true;
    };
    assert.match(await failure(plan([draft({ kind: 'podDelete' }, byPod('bus-1'))])), /^unreachable/);
  });

  it('a plan is there when nothing refuses it, with a hash that the same cluster gives again', async () => {
    const first = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))], { probes: [{ engine: 'kafka', perSecond: 20 }] });
    assert.deepEqual(
      first.previews.flatMap(({ refusals }) => refusals),
      [],
    );
    assert.equal(first.plan?.cluster.identity, 'uid-of-cluster/');
    assert.deepEqual(
      first.plan?.faults[0]?.targets.map(({ uid }) => uid),
      ['uid-data-bus-1'],
    );
    assert.deepEqual(
      first.plan?.probes.map(({ id, notOn }) => [id, notOn]),
      [
        ['a', ['n1']],
        ['b', ['n1']],
      ],
    );
    assert.match(first.hash, /^[0-9a-f]{64}$/);
    assert.equal(
      (await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))], { probes: [{ engine: 'kafka', perSecond: 20 }] })).hash,
      first.hash,
    );
    assert.deepEqual(api.changes, []);
    api.at('/apis/policy/v1/namespaces/data/poddisruptionbudgets/bus')['status'] = {
      currentHealthy: 3,
      desiredHealthy: 1,
      disruptionsAllowed: 2,
      expectedPods: 3,
    };
    const later = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))], { probes: [{ engine: 'kafka', perSecond: 20 }] });
    assert.notEqual(later.hash, first.hash, 'a budget is another');
  });

  it('one fault that is refused refuses the plan', async () => {
    const {
      plan: none,
      hash,
      previews,
    } = await plan([draft({ kind: 'podDelete' }, byPod('bus-1')), draft({ kind: 'podDelete' }, byPod('nobody'))]);
    assert.deepEqual([none, hash], [undefined, '']);
    assert.deepEqual(
      previews.map(({ refusals }) => refusals.length),
      [0, 1],
    );
    assert.match((await plan([])).refusals[0]?.text ?? '', /Nothing is to be broken/);
    const lost = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))], { probes: [{ engine: 'trino', perSecond: 1 }] });
    assert.match(lost.refusals[0]?.text ?? '', /There is no trino/);
    assert.equal(lost.plan, undefined);
  });

  it('a probe needs a node that feels nothing of it: where all have targets, one that only its pod feels', async () => {
    const pods = '/api/v1/namespaces/data/pods';
    for (const index of [0, 2]) (api.at(`${pods}/bus-${index}`)['spec'] as { nodeName: string }).nodeName = 'n1';
    for (const name of ['n0', 'n2']) api.remove(`/api/v1/nodes/${name}`);
    const probes = [{ engine: 'kafka', perSecond: 20 }] as const;
    const stress = draft({ kind: 'cpuStress', cores: 1 }, byPod('bus-1'), { durationMs: 10_000 });
    const { refusals, plan: none } = await plan([stress], { probes });
    assert.match(refusals.map(({ text }) => text).join(), /^Every node is hit/);
    assert.equal(none, undefined);
    // One on which nothing is placed is no place for them either.
    const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
    api.put('/api/v1/nodes', { metadata: { name: 'n8', uid: 'uid-n8' }, spec: { unschedulable: true }, status: ready });
    const plane = { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] };
    api.put('/api/v1/nodes', { metadata: { name: 'n9', uid: 'uid-n9' }, spec: plane, status: ready });
    const deleted = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))], { probes });
    assert.deepEqual(deleted.refusals, []);
    assert.deepEqual(
      deleted.plan?.probes.map(({ notOn }) => notOn),
      [[], []],
    );
  });

  it('a cluster is its kube-system and its authority, and no context’s name', async () => {
    assert.equal(await identityOf(connection, signal), 'uid-of-cluster/');
    await refuseOtherCluster(connection, 'uid-of-cluster/', signal);
    assert.match(await failure(refuseOtherCluster(connection, 'another/', signal)), /^refusedByProtection: fake leads to another cluster/);
    api.meddle = ({ path }, response) => {
      if (path !== '/api/v1/namespaces/kube-system') return false;
      status(response, 403, 'Forbidden', 'no');
      return true;
    };
    assert.match(await failure(identityOf(connection, signal)), /^forbidden: Which cluster fake is can’t be told/);
  });

  it('what may not be listed is told, and not taken for empty', async () => {
    api.meddle = ({ path }, response) => {
      if (!path.endsWith('/nodes') && !path.endsWith('/pods')) return false;
      status(response, 403, 'Forbidden', `User "jane" cannot list resource "${path.slice(path.lastIndexOf('/') + 1)}"`);
      return true;
    };
    const { unread, workloads } = await readScene(connection, { model, nowMs: () => nowMs }, signal);
    assert.deepEqual(unread.map(({ part }) => part).toSorted(), ['nodes', 'pods']);
    assert.equal(workloads.length, 1);
  });

  describe('one fault a target', () => {
    const lease = (run: string, deadlineMs: number, now = nowMs): ReturnType<typeof takeLease> =>
      takeLease(connection, { run, target, title: 'Freeze: bus-1', deadlineMs, nowMs: now }, signal);
    const path = '/apis/coordination.k8s.io/v1/namespaces/data/leases/faultline-fault-uid-data-bus-1';

    it('a second one is refused until the first has released it', async () => {
      const first = await lease('r1', nowMs + 60_000);
      assert.match(
        await failure(lease('r2', nowMs + 60_000)),
        /^refusedByProtection: bus-1 is broken already: “Freeze: bus-1” of run r1 is active/,
      );
      const { metadata } = api.at(path);
      assert.equal(metadata.annotations?.['faultline.dev/run'], 'r1');
      assert.equal(metadata.annotations?.['faultline.dev/deadline'], '2026-03-01T10:01:00.000Z');
      await first.release(signal);
      assert.equal(api.objects.has(path), false);
      await first.release(signal);
      assert.equal(await failure(lease('r2', nowMs + 60_000)), 'nothing failed');
    });

    it('after its deadline it belongs to nobody, and the late one does not release its successor’s', async () => {
      const first = await lease('r1', nowMs + 60_000);
      const uid = api.at(path).metadata.uid;
      await lease('r2', nowMs + 120_000, nowMs + 62_000);
      assert.equal(api.at(path).metadata.annotations?.['faultline.dev/run'], 'r2');
      assert.equal(api.at(path).metadata.uid, uid, 'taken over, not made anew');
      await first.release(signal);
      assert.ok(api.objects.has(path), 'it is another run’s now');
    });

    it('lasts longer where making ready took its time, and not where somebody else has it by now', async () => {
      const first = await lease('r1', nowMs + 60_000);
      await first.extend(nowMs + 180_000, signal);
      assert.equal(api.at(path).metadata.annotations?.['faultline.dev/deadline'], '2026-03-01T10:03:00.000Z');
      await lease('r2', nowMs + 300_000, nowMs + 182_000);
      assert.match(
        await failure(first.extend(nowMs + 400_000, signal)),
        /^refusedByProtection: bus-1 is broken already: .* of run r2 is active/,
      );
      assert.equal(api.at(path).metadata.annotations?.['faultline.dev/deadline'], '2026-03-01T10:05:00.000Z');
    });

    it('is released although somebody has touched it meanwhile', async () => {
      const first = await lease('r1', nowMs + 60_000);
      let touched = 0;
      api.meddle = ({ method }) => {
        if (method === 'DELETE' && touched++ === 0) api.at(path).metadata.resourceVersion = 'touched';
        return false;
      };
      await first.release(signal);
      assert.equal(touched, 2);
      assert.equal(api.objects.has(path), false);
    });

    it('active ones are seen by every preview, expired ones are not', async () => {
      await lease('r1', nowMs + 60_000);
      const found = await leasesOfFaults(connection, undefined, nowMs, signal);
      assert.deepEqual(found, [{ title: '“Freeze: bus-1” of run r1', tool: 'faultline', run: 'r1', targetUid: 'uid-data-bus-1' }]);
      assert.deepEqual(await leasesOfFaults(connection, undefined, nowMs + 62_000, signal), []);
      const { previews } = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))]);
      assert.match(previews[0]?.refusals[0]?.text ?? '', /^“Freeze: bus-1” of run r1 is active now/);
    });
  });

  describe('other tools’ faults', () => {
    it('are seen where those tools are installed, and refuse ours', async () => {
      assert.deepEqual(await foreignFaults(connection, undefined, signal), { active: [], unread: [] });
      api.groups.push({ name: 'chaos-mesh.org', kind: 'NetworkChaos', plural: 'networkchaos' });
      api.put('/apis/chaos-mesh.org/v1/namespaces/shop/networkchaos', {
        metadata: { name: 'cut', namespace: 'shop' },
        status: { experiment: { desiredPhase: 'Run' } },
      });
      const active = [{ title: 'Chaos Mesh NetworkChaos shop/cut', tool: 'chaos-mesh' }];
      for (const namespace of [undefined, 'data'])
        assert.deepEqual(await foreignFaults(connection, namespace, signal), { active, unread: [] }, 'it may select pods of any namespace');
      const { previews } = await plan([draft({ kind: 'podDelete' }, byPod('bus-1'))]);
      assert.deepEqual(
        previews[0]?.refusals.map(({ text }) => text),
        ['Chaos Mesh NetworkChaos shop/cut is active now'],
      );
    });

    it('are seen in the namespace where others may not be listed: the preview says so, and refuses nothing for it', async () => {
      api.groups.push({ name: 'chaos-mesh.org', kind: 'NetworkChaos', plural: 'networkchaos' });
      const refuse = (...paths: readonly string[]): void => {
        api.meddle = ({ path }, response) => {
          if (!paths.includes(path)) return false;
          status(response, 403, 'Forbidden', 'User "jane" cannot list resource "networkchaos"');
          return true;
        };
      };
      const [all, own] = ['/apis/chaos-mesh.org/v1/networkchaos', '/apis/chaos-mesh.org/v1/namespaces/data/networkchaos'] as const;
      const deletion = draft({ kind: 'podDelete' }, byPod('bus-1'));
      const previewed = async (): Promise<readonly (readonly string[])[]> => {
        const [preview] = (await plan([deletion], { cluster: { namespace: 'data' } })).previews;
        return [preview?.refusals.map(({ text }) => text) ?? [], preview?.warnings ?? []];
      };
      refuse(all);
      const [none, [elsewhere, ...more] = []] = await previewed();
      assert.deepEqual([none, more], [[], []]);
      assert.match(elsewhere ?? '', /^Whether a fault of another tool is active in another namespace is not known: .*networkchaos/);
      api.put(own, { metadata: { name: 'cut', namespace: 'data' }, status: { experiment: { desiredPhase: 'Run' } } });
      assert.deepEqual((await previewed())[0], ['Chaos Mesh NetworkChaos data/cut is active now']);
      refuse(all, own);
      const [nothing, [unknown] = []] = await previewed();
      assert.deepEqual(nothing, []);
      assert.match(unknown ?? '', /^Whether another fault is active is not known: .*networkchaos/);
    });

    it('of Chaos Mesh “all recovered” counts only for one that is to stop; what happens once is over when it has', () => {
      const on = (...types: readonly string[]): { type: string; status: string }[] => types.map((type) => ({ type, status: 'True' }));
      const chaos = (desiredPhase: string, conditions: readonly string[], action?: string, pause?: string): boolean =>
        isActive('chaos-mesh', {
          metadata: { name: 'x', ...(pause === undefined ? {} : { annotations: { 'experiment.chaos-mesh.org/pause': pause } }) },
          spec: action === undefined ? {} : { action },
          status: { experiment: { desiredPhase }, conditions: on(...conditions) },
        });
      assert.equal(chaos('Run', ['Selected', 'AllRecovered']), true, 'selected, and not injected yet');
      assert.equal(chaos('Run', ['Selected', 'AllInjected']), true);
      assert.equal(chaos('Stop', ['Selected', 'AllInjected']), true, 'not healed yet');
      assert.equal(chaos('Stop', ['Selected', 'AllRecovered']), false);
      assert.equal(chaos('Run', ['AllRecovered'], undefined, 'true'), false);
      assert.equal(chaos('Run', ['AllInjected'], 'pod-kill'), false);
      assert.equal(chaos('Run', [], 'pod-kill'), true);
      const litmus = (engineState: string, engineStatus?: string): boolean =>
        isActive('litmus', {
          metadata: { name: 'x' },
          spec: { engineState },
          ...(engineStatus === undefined ? {} : { status: { engineStatus } }),
        });
      assert.deepEqual(
        [litmus('active'), litmus('active', 'completed'), litmus('stop', 'initialized'), litmus('active', 'stopped')],
        [true, false, false, false],
      );
    });
  });
});
