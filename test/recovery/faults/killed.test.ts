import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, describe, it } from 'mocha';
import { connectCluster } from '../../../src/cluster/connect/connection.ts';
import { defaultImages } from '../../../src/fault/plan.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME, service } from '../../lab/use/workloads.ts';
import { asked, deploymentTarget, injection, podTarget, prepared, previewed, untilAsked } from './kit.ts';

const WEB = 'http://web';
const RUNNER = join(import.meta.dirname, 'runner.ts');

describe('a run that is no more', () => {
  let lab: TestLab;
  let runner: ChildProcess | undefined;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      service('web', { app: 'web', port: 8080 }),
      pod({ name: 'user', script: 'sleep 100000' }),
    ]);
    for (const app of ['web', 'user']) await lab.readyPods(`app=${app}`, 1);
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
  });
  afterEach(async () => {
    if (runner === undefined || runner.exitCode !== null || runner.signalCode !== null) return;
    const ended = once(runner, 'exit');
    runner.kill('SIGKILL');
    await ended;
  });

  /** A process that cuts the pod off for half a minute; resolves when it has. */
  async function cutting(): Promise<ChildProcess> {
    const { name, uid } = await podTarget(lab, 'web');
    const args = [RUNNER, lab.kubeconfig, lab.namespace, name, uid, defaultImages.helper];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    runner = child;
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${String(code)}`)));
    await Promise.race([once(child.stdout, 'data'), ended]);
    return child;
  }

  for (const [signal, words, withinMs] of [
    ['SIGKILL', 'killed, its fault is healed at once', 10_000],
    // Its heartbeat is missing for 10 s.
    ['SIGSTOP', 'that hangs is not waited for longer than ten seconds', 20_000],
  ] as const)
    it(words, async function () {
      this.timeout(90_000);
      const child = await cutting();
      const cutMs = Date.now();
      assert.equal(await asked(lab, WEB), undefined);
      child.kill(signal);
      await untilAsked(lab, WEB, (answer) => answer !== undefined);
      assert.ok(Date.now() - cutMs < withinMs, `${Date.now() - cutMs} ms: it ended no sooner than by its deadline`);
    });

  it('has never written the kubeconfig, nor switched its context', async function () {
    this.timeout(90_000);
    const before = [readFileSync(lab.kubeconfig, 'utf8'), statSync(lab.kubeconfig).mtimeMs];
    const context = { name: lab.api.config.currentContext, cluster: '', file: lab.kubeconfig, namespace: lab.namespace };
    const connection = await connectCluster(context, { env: process.env, signal: lab.signal });
    try {
      const { name } = await podTarget(lab, 'web');
      await previewed(lab, connection, { kind: 'podDelete' }, { by: { kind: 'object', object: 'Pod', name } });
      const all = [
        [{ kind: 'freeze' }, await podTarget(lab, 'web')],
        [{ kind: 'scale', replicas: 2 }, await deploymentTarget(lab, 'web')],
      ] as const;
      for (const [settings, target] of all) {
        const fault = await prepared(injection(connection, settings, target, { healerImage: defaultImages.node }), lab.signal);
        await fault.apply({ deadlineMs: Date.now() + 30_000 }, lab.signal);
        await fault.heal(lab.signal);
        assert.equal((await fault.healed(lab.signal)).proven, true);
        await fault.dispose();
      }
    } finally {
      connection.close();
    }
    assert.deepEqual([readFileSync(lab.kubeconfig, 'utf8'), statSync(lab.kubeconfig).mtimeMs], before);
  });
});
