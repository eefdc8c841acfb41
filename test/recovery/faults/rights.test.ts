import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { needsOf } from '../../../src/fault/needs.ts';
import { defaultImages } from '../../../src/fault/plan.ts';
import { preflight } from '../../../src/fault/preflight/preflight.ts';
import type { FaultSettings, FaultTarget } from '../../../src/journal/fault-plan.ts';
import { injectorsFor, injectorTiming } from '../../../src/run/prepare/injectors.ts';
import { FaultlineError } from '../../../src/base/errors.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME, service } from '../../lab/use/workloads.ts';
import { Contexts, partsOf } from '../../lab/watch-kit.ts';
import { asked, deploymentTarget, failure, injection, injectorOf, podTarget, prepared, proves, untilAsked } from './kit.ts';

const USER = 'breaker';
const WEB = 'http://web';

describe('somebody who has the rights that a preview names, and no other,', () => {
  let lab: TestLab;
  let contexts: Contexts;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    contexts = await Contexts.make();
    await lab.apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: USER } },
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      service('web', { app: 'web', port: 8080 }),
      pod({ name: 'user', script: 'sleep 100000' }),
    ]);
    const body = { spec: { audiences: [], expirationSeconds: 3600 } };
    const { status } = await lab.api.core.createNamespacedServiceAccountToken({ name: USER, namespace: lab.namespace, body });
    connection = await contexts.connect(partsOf(lab.kubeconfig).cluster, { token: status?.token ?? '' }, { namespace: lab.namespace });
    for (const app of ['web', 'user']) await lab.readyPods(`app=${app}`, 1);
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
  });
  after(() => contexts?.end());
  afterEach(async function () {
    this.timeout(60_000);
    await revoke();
  });

  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' } as const;

  /** The rights of the preview, as a role. Resolves when the API server knows it. */
  async function granted(settings: FaultSettings, target: FaultTarget): Promise<void> {
    const rules = needsOf(settings.kind, target).map(({ verb, group = '', resource, subresource }) => ({
      apiGroups: [group],
      resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
      verbs: [verb],
    }));
    await lab.apply([
      { ...rbac, kind: 'Role', metadata: { name: USER }, rules },
      {
        ...rbac,
        kind: 'RoleBinding',
        metadata: { name: USER },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: USER },
        subjects: [{ kind: 'ServiceAccount', name: USER, namespace: lab.namespace }],
      },
    ]);
    await until(async () => (await answers(settings, target)).every((answer) => answer === 'yes'));
  }

  /** Resolves when the API server knows it. */
  async function revoke(): Promise<void> {
    const metadata = { name: USER, namespace: lab.namespace };
    await lab.api.objects.delete({ ...rbac, kind: 'RoleBinding', metadata }).catch(() => undefined);
    const pods = { path: `/api/v1/namespaces/${lab.namespace}/pods`, signal: lab.signal };
    await until(async () =>
      connection.request(pods).then(
        () => false,
        (error: unknown) => FaultlineError.is(error, 'forbidden'),
      ),
    );
    await until(async () => (await answers({ kind: 'podDelete' }, await podTarget(lab, 'web'))).every((answer) => answer === 'no'));
  }

  async function answers(settings: FaultSettings, target: FaultTarget): Promise<readonly string[]> {
    const fault = { ...settings, title: 'test', targets: [target] };
    const { permissions } = await preflight(
      connection,
      fault,
      { injectors: injectorsFor(defaultImages), timing: injectorTiming },
      lab.signal,
    );
    return permissions.map(({ answer }) => answer);
  }

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const ends = AbortSignal.any([lab.signal, AbortSignal.timeout(30_000)]);
    while (!(await isSo())) ends.throwIfAborted();
  }

  for (const settings of [{ kind: 'freeze' }, { kind: 'networkCut', direction: 'both' }, { kind: 'scale', replicas: 0 }] as const)
    it(`can inject and heal: ${settings.kind}`, async function () {
      this.timeout(120_000);
      const target = settings.kind === 'scale' ? await deploymentTarget(lab, 'web') : await podTarget(lab, 'web');
      await granted(settings, target);
      const fault = await prepared(injection(connection, settings, target, { healerImage: defaultImages.node }), lab.signal);
      await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
      await untilAsked(lab, WEB, (answer) => answer === undefined);
      await proves(fault.effect(lab.signal), /./);
      await fault.heal(lab.signal);
      assert.equal((await fault.healed(lab.signal)).proven, true);
      await untilAsked(lab, WEB, (answer) => answer !== undefined);
      await fault.dispose();
    });

  it('whose right is taken after the preview: nothing is begun, and the right is named', async function () {
    this.timeout(120_000);
    const target = await podTarget(lab, 'web');
    const cases = [
      [{ kind: 'podDelete' }, /^forbidden: .*pods/],
      [{ kind: 'freeze' }, /^forbidden: .*pods/],
    ] as const;
    for (const [settings, words] of cases) {
      await granted(settings, target);
      const one = injection(connection, settings, target);
      assert.deepEqual(await injectorOf(settings.kind).rehearse(one, lab.signal), { kind: 'accepted' });
      await revoke();
      assert.match(await failure(injectorOf(settings.kind).prepare(one, lab.signal)), words, settings.kind);
    }
    await granted({ kind: 'podDelete' }, target);
    const fault = await prepared(injection(connection, { kind: 'podDelete' }, target), lab.signal);
    await revoke();
    assert.match(await failure(fault.apply({ deadlineMs: Date.now() + 1000 }, lab.signal)), /^forbidden: .*delete pods/);
    assert.equal((await podTarget(lab, 'web')).uid, target.uid);
  });

  it('whose right is taken while a helper holds a fault: that heals all the same', async function () {
    this.timeout(120_000);
    const settings = { kind: 'freeze' } as const;
    const target = await podTarget(lab, 'web');
    await granted(settings, target);
    const fault = await prepared(injection(connection, settings, target), lab.signal);
    await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    assert.equal(await asked(lab, WEB), undefined);
    await revoke();
    assert.deepEqual(await fault.heal(lab.signal), { kind: 'sent' });
    assert.equal((await fault.healed(lab.signal)).proven, true);
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
    await fault.dispose();
  });

  it('whose right is taken while only the API could heal: it is told, and the cluster heals at the deadline', async function () {
    this.timeout(120_000);
    const settings = { kind: 'scale', replicas: 0 } as const;
    const target = await deploymentTarget(lab, 'web');
    await granted(settings, target);
    const fault = await prepared(injection(connection, settings, target, { healerImage: defaultImages.node }), lab.signal);
    const deadlineMs = Date.now() + 15_000;
    await fault.apply({ deadlineMs }, lab.signal);
    await untilAsked(lab, WEB, (answer) => answer === undefined);
    // The healer's own account keeps its rights.
    await revoke();
    assert.match(await failure(fault.heal(lab.signal)), /^forbidden: .*deployments/);
    assert.match(await failure(fault.healed(lab.signal)), /^forbidden: .*deployments/);
    assert.match(fault.undo ?? '', /^kubectl scale -n \S+ deployment\/web --replicas=1$/);
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
    assert.ok(Date.now() >= deadlineMs, 'not before its deadline');
    await fault.dispose();
  });
});
