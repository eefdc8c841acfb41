import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { takeLease } from '../../../src/fault/lease.ts';
import type { FaultSettings, FaultTarget } from '../../../src/journal/fault-plan.ts';
import type { Manifest } from '../../lab/use/apply.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME } from '../../lab/use/workloads.ts';
import { deploymentTarget, failure, injection, injectorOf, podTarget, previewed } from './kit.ts';

const CUT = { kind: 'networkCut', direction: 'both' } as const;

describe('a fault is refused, and nothing is changed,', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    await lab.apply([
      set('bus'),
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      // One more than there are nodes: it has no place.
      deployment({ name: 'limping', script: SAYS_ITS_NAME, port: 8080, replicas: lab.lab.nodes.length + 1, spread: true }),
      pod({ name: 'user', script: 'sleep 100000' }),
    ]);
    for (const app of ['bus', 'web', 'user']) await lab.readyPods(`app=${app}`, 1);
  });

  it('where the target was replaced after the preview: another pod, another workload of that name', async function () {
    this.timeout(120_000);
    const old = await podTarget(lab, 'bus');
    const oldWeb = await deploymentTarget(lab, 'web');
    const before = await previewed(lab, connection, { kind: 'podDelete' }, { by: { kind: 'object', object: 'Pod', name: 'bus-0' } });
    assert.match(before.hash, /^[0-9a-f]{64}$/);
    await lab.api.core.deleteNamespacedPod({ name: 'bus-0', namespace: lab.namespace });
    await lab.api.apps.deleteNamespacedDeployment({ name: 'web', namespace: lab.namespace });
    await lab.waitFor('Another pod has its name', { kind: 'Pod', name: 'bus-0' }, ({ metadata }) => metadata?.uid !== old.uid);
    await lab.waitForAll('The workload is gone', { kind: 'Deployment', name: 'web' }, (all) => all.length === 0);
    await lab.apply(deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }));
    await lab.readyPods('app=bus', 1);
    await lab.readyPods('app=web', 1);

    const ofPods: readonly FaultSettings[] = [
      { kind: 'podDelete' },
      { kind: 'podForget' },
      { kind: 'containerCrash' },
      { kind: 'freeze' },
      CUT,
      { kind: 'packetLoss', percent: 20 },
      { kind: 'cpuStress', cores: 1 },
    ];
    const all = [
      ...ofPods.map((settings) => [settings, old] as const),
      [{ kind: 'rollingRestart' }, oldWeb] as const,
      [{ kind: 'scale', replicas: 0 }, oldWeb] as const,
    ];
    for (const [settings, target] of all)
      assert.match(
        await failure(injectorOf(settings.kind).prepare(injection(connection, settings, target), lab.signal)),
        /^refusedByProtection: .*another one by now/,
        settings.kind,
      );
    const after = await previewed(lab, connection, { kind: 'podDelete' }, { by: { kind: 'object', object: 'Pod', name: 'bus-0' } });
    assert.match(after.hash, /^[0-9a-f]{64}$/);
    assert.notEqual(after.hash, before.hash, 'what was confirmed is not what would be broken now');
    await untouched('bus');
  });

  it('for a target that another run has, with that run’s name, until it is given free', async function () {
    this.timeout(60_000);
    const target = await podTarget(lab, 'bus');
    const lease = (run: string): ReturnType<typeof takeLease> =>
      takeLease(connection, { run, target, title: 'Freeze: bus-0', deadlineMs: Date.now() + 60_000, nowMs: Date.now() }, lab.signal);
    const first = await lease('first');
    assert.match(await failure(lease('second')), /^refusedByProtection: .*“Freeze: bus-0” of run first is active/);
    const { plan, previews } = await previewed(
      lab,
      connection,
      { kind: 'freeze' },
      { by: { kind: 'object', object: 'Pod', name: 'bus-0' } },
    );
    assert.equal(plan, undefined);
    assert.ok(
      previews[0]?.refusals.some(({ reason, text }) => reason === 'otherFault' && text.includes('run first')),
      JSON.stringify(previews),
    );
    await first.release(lab.signal);
    await (await lease('second')).release(lab.signal);
  });

  it('while the cluster is unwell: a replica of the workload is missing', async function () {
    this.timeout(60_000);
    const limping = await lab.waitForAll(
      'All but one run',
      { kind: 'Pod', labelSelector: 'app=limping' },
      (pods) => pods.filter(({ status }) => status?.phase === 'Running').length === lab.lab.nodes.length,
    );
    const name = limping.find(({ status }) => status?.phase === 'Running')?.metadata?.name ?? '';
    const { plan, hash, previews } = await previewed(
      lab,
      connection,
      { kind: 'podDelete' },
      { by: { kind: 'object', object: 'Pod', name } },
    );
    assert.deepEqual([plan, hash], [undefined, '']);
    assert.ok(
      previews[0]?.refusals.some(({ reason }) => reason === 'unwell'),
      JSON.stringify(previews[0]?.refusals),
    );
    const well = await previewed(lab, connection, { kind: 'podDelete' }, { by: { kind: 'object', object: 'Pod', name: 'bus-0' } });
    assert.ok(well.plan, 'what is well beside it may be broken');
  });

  it('for what belongs to the cluster itself', async function () {
    this.timeout(60_000);
    await lab.apply({
      ...pod({ name: 'part-of-it', script: 'sleep 100000' }),
      metadata: { name: `${lab.namespace}-part`, namespace: 'kube-system', labels: { app: 'part' } },
    });
    try {
      const name = `${lab.namespace}-part`;
      const { metadata } = await lab.waitFor(
        'It runs',
        { kind: 'Pod', namespace: 'kube-system', name },
        ({ status }) => status?.phase === 'Running',
      );
      const target: FaultTarget = { kind: 'pod', namespace: 'kube-system', name, uid: metadata?.uid ?? '', container: 'main' };
      for (const settings of [{ kind: 'podDelete' }, { kind: 'podForget' }] as const) {
        const fault = await injectorOf(settings.kind).prepare(injection(connection, settings, target), lab.signal);
        assert.match(await failure(fault.apply({ deadlineMs: Date.now() + 1000 }, lab.signal)), /^refusedByProtection: .*kube-system/);
      }
      for (const settings of [CUT, { kind: 'freeze' }, { kind: 'containerCrash' }] as const)
        assert.match(
          await failure(injectorOf(settings.kind).prepare(injection(connection, settings, target), lab.signal)),
          /^refusedByProtection: .*kube-system/,
          settings.kind,
        );
    } finally {
      await lab.api.core.deleteNamespacedPod({ name: `${lab.namespace}-part`, namespace: 'kube-system', gracePeriodSeconds: 0 });
    }
  });

  async function untouched(app: string): Promise<void> {
    const [found] = await lab.readyPods(`app=${app}`, 1);
    assert.deepEqual(found?.spec?.ephemeralContainers ?? [], []);
    assert.equal(found?.status?.containerStatuses?.[0]?.restartCount, 0);
  }
});

/** One pod, which keeps its name. */
function set(name: string): Manifest {
  const { spec } = deployment({ name, script: SAYS_ITS_NAME, port: 8080 }) as unknown as { spec: object };
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name }, spec: { ...spec, serviceName: name } };
}
