import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { before, describe, it } from 'mocha';
import { systemClock } from '../../../src/base/clock.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { helperProgram } from '../../../src/fault/helper/binary.ts';
import { helperInjectors } from '../../../src/fault/inject/helper.ts';
import type { Injection, Injector } from '../../../src/fault/injector.ts';
import type { FaultSettings, FaultTarget, PlannedFault } from '../../../src/journal/fault-plan.ts';
import { consent } from '../../lab/use/connection.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { BUSYBOX, deployment, pod, SAYS_ITS_NAME } from '../../lab/use/workloads.ts';

const injectors = helperInjectors({ image: BUSYBOX, program: helperProgram(), clock: systemClock });

describe('faults that a helper holds, as a run drives them', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    const users = ['user', 'other'].map((name) => pod({ name, script: 'sleep 100000' }));
    await lab.apply([deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }), ...users]);
    for (const app of ['web', 'user', 'other']) await lab.readyPods(`app=${app}`, 1);
  });

  async function injection(settings: FaultSettings & { readonly durationMs?: number }): Promise<{
    readonly injector: Injector;
    readonly one: Injection;
  }> {
    const [web] = await lab.readyPods('app=web', 1);
    const target: FaultTarget = { kind: 'pod', namespace: lab.namespace, name: web?.metadata?.name ?? '', uid: web?.metadata?.uid ?? '' };
    const fault: PlannedFault = { ...settings, title: 'test', targets: [target] };
    const injector = injectors.find(({ kind }) => kind === fault.kind);
    assert.ok(injector);
    const timing = {
      nowMs: () => Date.now(),
      pause: (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal }),
    };
    return {
      injector,
      one: { connection, run: 'drive', index: 0, fault, target, consent: (change) => consent(connection, change), timing },
    };
  }

  async function answers(from: string): Promise<boolean> {
    const [web] = await lab.readyPods('app=web', 1);
    return (await lab.exec(from, ['wget', '-T', '1', '-qO', '/dev/null', `http://${web?.status?.podIP}:8080`])).code === 0;
  }

  it('a cut from one named pod: rehearsed, applied, its effect proven, healed and that proven; others never notice', async function () {
    this.timeout(60_000);
    const { injector, one } = await injection({ kind: 'networkCut', direction: 'both', peers: ['user'], durationMs: 30_000 });
    assert.deepEqual(await injector.rehearse(one, lab.signal), { kind: 'accepted' });
    const held = await injector.prepare(one, lab.signal);
    assert.equal(await answers('user'), true);
    await held.apply({ deadlineMs: Date.now() + 30_000 }, lab.signal);
    const [cut, spared] = await Promise.all([answers('user'), answers('other')]);
    assert.deepEqual({ cut, spared }, { cut: false, spared: true });
    const effect = await held.effect(lab.signal);
    assert.ok(effect.proven && /packets dropped/.test(effect.text), effect.text);
    assert.deepEqual(await held.heal(lab.signal), { kind: 'sent' });
    assert.equal((await held.healed(lab.signal)).proven, true);
    assert.equal(await answers('user'), true);
    await held.dispose();
  });

  it('waits for its moment longer than a helper waits for an order', async function () {
    this.timeout(90_000);
    const { injector, one } = await injection({ kind: 'networkCut', direction: 'both', durationMs: 30_000 });
    const held = await injector.prepare(one, lab.signal);
    await pause(33_000);
    assert.equal(await answers('user'), true);
    await held.apply({ deadlineMs: Date.now() + 30_000 }, lab.signal);
    assert.equal(await answers('user'), false);
    await held.heal(lab.signal);
    assert.equal((await held.healed(lab.signal)).proven, true);
    await held.dispose();
  });

  it('one that lasts its whole time says that it has expired', async function () {
    this.timeout(60_000);
    const { injector, one } = await injection({ kind: 'freeze', durationMs: 1500 });
    const held = await injector.prepare(one, lab.signal);
    await held.apply({ deadlineMs: Date.now() + 1500 }, lab.signal);
    assert.equal((await held.effect(lab.signal)).proven, true);
    assert.equal((await held.ended)?.step, 'expired');
    assert.equal((await held.healed(lab.signal)).proven, true);
    await held.dispose();
  });

  it('what a person can type where the run can’t heal does heal, and the run tells that it ended early', async function () {
    this.timeout(60_000);
    const { injector, one } = await injection({ kind: 'freeze', durationMs: 60_000 });
    const held = await injector.prepare(one, lab.signal);
    await held.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    assert.equal(await answers('user'), false);
    const [, name = '', container, script = ''] = /exec (\S+) -c (\S+) -- sh -c '(.*)'$/.exec(held.undo ?? '') ?? [];
    await lab.exec(name, ['sh', '-c', script], { ...(container === undefined ? {} : { container }) });
    assert.equal((await held.ended)?.step, 'endedEarly');
    assert.equal((await held.healed(lab.signal)).proven, true);
    assert.equal(await answers('user'), true);
    await held.dispose();
  });

  it('a crash is proven by the container that is there no more', async function () {
    this.timeout(60_000);
    const { injector, one } = await injection({ kind: 'containerCrash' });
    const held = await injector.prepare(one, lab.signal);
    await held.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
    const effect = await held.effect(lab.signal);
    assert.ok(effect.proven && /has ended/.test(effect.text), effect.text);
    assert.equal((await held.heal(lab.signal)).kind, 'nothing');
    await held.dispose();
  });
});
