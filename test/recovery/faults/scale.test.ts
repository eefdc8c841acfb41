import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { V1Deployment } from '@kubernetes/client-node';
import { before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import type { PreparedFault } from '../../../src/fault/injector.ts';
import { deadlineMark, healerLabel, runMark, undoMark } from '../../../src/fault/marks.ts';
import { defaultImages } from '../../../src/fault/plan.ts';
import { sweep } from '../../../src/fault/sweep.ts';
import { Progress } from '../../workbench/cache.mjs';
import { kubectlFolder } from '../../lab/main/kubectl.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME, service } from '../../lab/use/workloads.ts';
import { deploymentTarget, failure, injection, injectorOf, prepared, proves, untilAsked } from './kit.ts';

const WEB = 'http://web';
const HEALERS = Object.entries(healerLabel)
  .map((pair) => pair.join('='))
  .join(',');

describe('a workload that is scaled by a fault, seen by a user', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      service('web', { app: 'web', port: 8080 }),
      pod({ name: 'user', script: 'sleep 100000' }),
    ]);
    for (const app of ['web', 'user']) await lab.readyPods(`app=${app}`, 1);
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
  });

  async function toZero(run: string): Promise<PreparedFault> {
    const target = await deploymentTarget(lab, 'web');
    return prepared(injection(connection, { kind: 'scale', replicas: 0 }, target, { run, healerImage: defaultImages.node }), lab.signal);
  }

  async function isAsBefore(): Promise<void> {
    const isWhole = ({ spec, metadata }: V1Deployment): boolean => spec?.replicas === 1 && metadata?.annotations?.[undoMark] === undefined;
    // Whether it is answered tells nothing by itself: a pod that is told to end answers for a while.
    await lab.waitFor('It is as before', { kind: 'Deployment', name: 'web' }, isWhole, { timeoutMs: 60_000 });
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
  }

  async function healersEnd(): Promise<void> {
    await lab.waitForAll('No healer is left', { kind: 'Job', labelSelector: HEALERS }, (jobs) => jobs.length === 0);
  }

  it('is gone for its user until it is healed, and nothing is left behind', async function () {
    this.timeout(120_000);
    const fault = await toZero('healed');
    await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    await untilAsked(lab, WEB, (answer) => answer === undefined);
    await proves(fault.effect(lab.signal), /The workload has 0 pods; it had 1/);
    const second = injection(connection, { kind: 'scale', replicas: 3 }, await deploymentTarget(lab, 'web'));
    const refused = /^refusedByProtection: .*web still has the mark of an earlier fault/;
    assert.match(await failure(injectorOf('scale').prepare(second, lab.signal)), refused);
    assert.deepEqual(await fault.heal(lab.signal), { kind: 'sent' });
    assert.equal((await fault.healed(lab.signal)).proven, true);
    await isAsBefore();
    await fault.dispose();
    await healersEnd();
  });

  it('marks all that is made and changed with its run and deadline', async function () {
    this.timeout(60_000);
    const fault = await toZero('marked');
    const deadlineMs = Date.now() + 60_000;
    await fault.apply({ deadlineMs }, lab.signal);
    const marksOf = ({ annotations }: { readonly annotations?: Readonly<Record<string, string>> } = {}): readonly unknown[] => [
      annotations?.[runMark],
      Date.parse(annotations?.[deadlineMark] ?? '') >= deadlineMs,
    ];
    const namespace = lab.namespace;
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
    const made = [
      ...(await lab.api.batch.listNamespacedJob({ namespace, labelSelector: HEALERS })).items,
      ...(await lab.api.core.listNamespacedServiceAccount({ namespace, labelSelector: HEALERS })).items,
      ...(await lab.api.objects.list(rbac.apiVersion, 'Role', namespace, undefined, undefined, undefined, undefined, HEALERS)).items,
      ...(await lab.api.objects.list(rbac.apiVersion, 'RoleBinding', namespace, undefined, undefined, undefined, undefined, HEALERS)).items,
    ];
    assert.equal(made.length, 4);
    for (const { metadata } of made) assert.deepEqual(marksOf(metadata), ['marked', true]);
    const { metadata } = await lab.api.apps.readNamespacedDeployment({ name: 'web', namespace });
    assert.deepEqual(marksOf(metadata), ['marked', true]);
    await fault.heal(lab.signal);
    assert.equal((await fault.healed(lab.signal)).proven, true);
    await isAsBefore();
    await fault.dispose();
    await healersEnd();
  });

  it('is back by the command that a person can type, and the run then finds it healed', async function () {
    this.timeout(120_000);
    const fault = await toZero('typed');
    await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    await untilAsked(lab, WEB, (answer) => answer === undefined);
    const kubectl = await kubectlFolder(lab.lab, new Progress('lines'));
    const env = { ...process.env, KUBECONFIG: lab.kubeconfig, PATH: `${kubectl}:${process.env['PATH'] ?? ''}` };
    execFileSync('sh', ['-c', fault.undo ?? 'false'], { env, stdio: 'ignore' });
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
    assert.deepEqual(await fault.heal(lab.signal), { kind: 'sent' });
    assert.equal((await fault.healed(lab.signal)).proven, true);
    await isAsBefore();
    await fault.dispose();
  });

  it('is set back at its deadline by the cluster itself where nobody is left to do it', async function () {
    this.timeout(120_000);
    const fault = await toZero('abandoned');
    const deadlineMs = Date.now() + 8000;
    await fault.apply({ deadlineMs }, lab.signal);
    await untilAsked(lab, WEB, (answer) => answer === undefined);
    // Whoever began it does nothing more.
    await isAsBefore();
    assert.ok(Date.now() >= deadlineMs, 'not before its deadline');
    await fault.dispose();
  });

  it('is set back by a sweep where the healer is gone too, and not before its deadline or while its run lives', async function () {
    this.timeout(120_000);
    const target = await deploymentTarget(lab, 'web');
    const fault = await prepared(injection(connection, { kind: 'scale', replicas: 0 }, target, { run: 'dead' }), lab.signal);
    const deadlineMs = Date.now() + 2000;
    await fault.apply({ deadlineMs }, lab.signal);
    const swept = async (nowMs: number, ...alive: readonly string[]): Promise<readonly string[]> => {
      const { found } = await sweep(connection, { namespace: lab.namespace, nowMs, alive: new Set(alive) }, lab.signal);
      return found.map(({ title, run, outcome }) => `${title} of ${run}: ${outcome}`);
    };
    // Whose clock is another than ours gets two seconds more.
    const overMs = deadlineMs + 2000;
    assert.deepEqual(await swept(overMs - 1), []);
    assert.deepEqual(await swept(overMs + 1, 'dead'), []);
    assert.deepEqual(await swept(overMs + 1), [`Deployment ${lab.namespace}/web of dead: healed`]);
    await isAsBefore();
    await fault.dispose();
  });
});
