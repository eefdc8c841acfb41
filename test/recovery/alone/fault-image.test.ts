import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { placeOf } from '../../lab/native/place.ts';
import { labProcesses } from '../../lab/native/processes.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME, service } from '../../lab/use/workloads.ts';
import { podTarget, untilAsked } from '../faults/kit.ts';

/** Another name of the helper's image, which nothing else here asks for. */
const IMAGE = 'docker.io/library/busybox:latest';
const RUNNER = join(import.meta.dirname, '..', 'faults', 'runner.ts');
const WEB = 'http://web';

describe('a helper whose image comes late', () => {
  let lab: TestLab;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node', alone: true });
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      service('web', { app: 'web', port: 8080 }),
      pod({ name: 'user', script: 'sleep 100000' }),
      pod({
        name: 'watcher',
        script: `until wget -qO- ${WEB}; do :; done; while :; do timeout 1 wget -qO /dev/null ${WEB} 2>/dev/null || echo nobody; sleep 0.2; done`,
      }),
    ]);
    for (const app of ['web', 'user', 'watcher']) await lab.readyPods(`app=${app}`, 1);
    await untilAsked(lab, WEB, (answer) => answer !== undefined);
    forget();
  });

  /** No node has the image from an earlier time. */
  function forget(): void {
    const { nodes } = placeOf(lab.lab.number, lab.lab.profile);
    for (const { name, namespace } of nodes) {
      const init = labProcesses(lab.lab.number).find((one) => one.name === `containerd ${name}`);
      assert.ok(init, `containerd of ${namespace} does not run`);
      const inside = ['--target', String(init.pid), '--mount', 'ctr', '--namespace', 'k8s.io', 'images', 'rm', IMAGE];
      const { status, stderr } = spawnSync('nsenter', inside, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
  }

  /** Resolves when there are so many events of the image. */
  async function events(reason: string, count: number): Promise<void> {
    const ends = AbortSignal.any([lab.signal, AbortSignal.timeout(60_000)]);
    for (;;) {
      const { items } = await lab.api.core.listNamespacedEvent({ namespace: lab.namespace });
      if (items.filter((one) => one.reason === reason && one.message?.includes(IMAGE) === true).length === count) return;
      ends.throwIfAborted();
    }
  }

  it('after its run was killed never arms: it waits, and leaves, and no user notices', async function () {
    this.timeout(180_000);
    const { name, uid } = await podTarget(lab, 'web');
    const registry = labProcesses(lab.lab.number).find((one) => one.name === 'images');
    assert.ok(
      registry,
      labProcesses(lab.lab.number)
        .map((one) => one.name)
        .join(', '),
    );
    process.kill(registry.pid, 'SIGSTOP');
    try {
      const runner = spawn(process.execPath, [RUNNER, lab.kubeconfig, lab.namespace, name, uid, IMAGE], {
        stdio: ['ignore', 'inherit', 'inherit'],
      });
      const ended = once(runner, 'exit');
      try {
        await events('Pulling', 1);
        assert.equal(runner.exitCode, null);
      } finally {
        runner.kill('SIGKILL');
        await ended;
      }
      await events('Pulled', 0);
    } finally {
      process.kill(registry.pid, 'SIGCONT');
    }
    const one = { kind: 'Pod', name } as const;
    const began = await lab.waitFor(
      'It runs at last',
      one,
      ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.running !== undefined,
    );
    const helper = began.status?.ephemeralContainerStatuses?.[0]?.name ?? '';
    const { stdout } = await lab.exec(name, ['ps', '-o', 'args'], { container: helper });
    assert.ok(!stdout.includes('fl-helper-'), stdout);
    await lab.waitFor('It leaves', one, ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined, {
      timeoutMs: 100_000,
    });
    const lines: string[] = [];
    for await (const line of lab.logs('watcher')) lines.push(line);
    assert.ok(!lines.includes('nobody'), lines.join('\n'));
    assert.ok(lines.length > 0, 'the watcher was served');
  });
});
