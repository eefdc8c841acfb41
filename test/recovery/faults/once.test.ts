import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import type { PreparedFault } from '../../../src/fault/injector.ts';
import type { FaultSettings, FaultTarget } from '../../../src/journal/fault-plan.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME, service } from '../../lab/use/workloads.ts';
import { asked, deploymentTarget, injection, podTarget, prepared, proves, untilAsked } from './kit.ts';

const WEB = 'http://web';

describe('faults that are over when they have happened, seen by a user', () => {
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
      // A line each time that nobody answers, or that another one does.
      pod({
        name: 'watcher',
        script: `last=; while :; do now=$(timeout 1 wget -qO- ${WEB} 2>/dev/null || echo nobody); [ "$now" = "$last" ] || echo "$now"; last=$now; done`,
      }),
    ]);
    for (const app of ['web', 'user', 'watcher']) await lab.readyPods(`app=${app}`, 1);
    await untilAsked(lab, WEB, (answer) => answer?.startsWith('web-') === true);
  });

  async function begun(settings: FaultSettings, target: FaultTarget): Promise<PreparedFault> {
    const fault = await prepared(injection(connection, settings, target), lab.signal);
    await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    return fault;
  }

  async function hasNothingToHeal(fault: PreparedFault): Promise<void> {
    assert.equal((await fault.heal(lab.signal)).kind, 'nothing');
    assert.equal((await fault.healed(lab.signal)).proven, true);
    await fault.dispose();
  }

  async function watched(): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const line of lab.logs('watcher')) lines.push(line);
    return lines;
  }

  async function watcherSees(since: number, text: string): Promise<void> {
    const ends = AbortSignal.any([lab.signal, AbortSignal.timeout(30_000)]);
    while (!(await watched()).slice(since).includes(text)) ends.throwIfAborted();
  }

  it('the control: nothing, and its user sees nothing', async () => {
    const target = await podTarget(lab, 'web');
    const before = (await watched()).length;
    const fault = await begun({ kind: 'none' }, target);
    await proves(fault.effect(lab.signal), /^Nothing was done, as planned/);
    assert.equal(await asked(lab, WEB), target.name);
    await hasNothingToHeal(fault);
    assert.equal((await watched()).length, before);
  });

  for (const [kind, effect] of [
    ['podDelete', /^(The pod is gone|Container main has ended)/],
    ['podForget', /^The API has forgotten the pod/],
  ] as const)
    it(`${kind}: the pod is gone, its user is answered by another one`, async function () {
      this.timeout(90_000);
      const target = await podTarget(lab, 'web');
      assert.equal(await asked(lab, WEB), target.name);
      const fault = await begun({ kind }, target);
      await proves(fault.effect(lab.signal), effect);
      await untilAsked(lab, WEB, (answer) => answer !== undefined && answer !== target.name);
      await hasNothingToHeal(fault);
      assert.notEqual((await podTarget(lab, 'web')).uid, target.uid);
    });

  it('containerCrash: nobody answers for a moment, then the same pod in a new container', async function () {
    this.timeout(90_000);
    const target = await podTarget(lab, 'web');
    await untilAsked(lab, WEB, (answer) => answer === target.name);
    const since = (await watched()).length;
    const fault = await begun({ kind: 'containerCrash' }, target);
    await proves(fault.effect(lab.signal), /The container that was there has ended/);
    await watcherSees(since, 'nobody');
    await untilAsked(lab, WEB, (answer) => answer === target.name);
    await hasNothingToHeal(fault);
    const again = await lab.waitFor(
      'The container was started again',
      { kind: 'Pod', name: target.name },
      ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1,
    );
    assert.equal(again.metadata?.uid, target.uid);
  });

  it('rollingRestart: the workload replaces its pod, and its user is answered by the new one', async function () {
    this.timeout(90_000);
    const { name } = await podTarget(lab, 'web');
    const fault = await begun({ kind: 'rollingRestart' }, await deploymentTarget(lab, 'web'));
    await untilAsked(lab, WEB, (answer) => answer !== undefined && answer !== name);
    await proves(fault.effect(lab.signal), /^1 of 1 pods are gone/);
    await hasNothingToHeal(fault);
    await lab.readyPods('app=web', 1);
  });
});
