import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { before, describe, it } from 'mocha';
import { systemClock } from '../../../src/base/clock.ts';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { helperProgram } from '../../../src/fault/helper/binary.ts';
import { openHelper, rehearseHelper, type Helper, type HelperOptions, type HelperTarget } from '../../../src/fault/helper/helper.ts';
import type { HelperFault, HelperFaultKind } from '../../../src/fault/helper/protocol.ts';
import { PAUSE } from '../../lab/images/recipes/pause.ts';
import type { Manifest } from '../../lab/use/apply.ts';
import { consent } from '../../lab/use/connection.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { BUSYBOX, deployment, pod, SAYS_ITS_NAME } from '../../lab/use/workloads.ts';

const ENDS_ON_TERM = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";

describe('the helper in a pod', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    const bare = { name: 'main', image: PAUSE.name, imagePullPolicy: 'IfNotPresent' };
    const strict: Manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'strict', labels: { app: 'strict' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsNonRoot: true, runAsUser: 65_532 },
        containers: [{ ...bare, securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } }],
      },
    };
    const busy = (name: string, command: readonly string[]): object => ({ name, image: BUSYBOX, imagePullPolicy: 'IfNotPresent', command });
    const shared: Manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'shared', labels: { app: 'shared' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        shareProcessNamespace: true,
        containers: [busy('main', ['tail', '-f', '/dev/null']), busy('second', ['sleep', '100000'])],
      },
    };
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }),
      pod({ name: 'user', script: 'sleep 100000' }),
      pod({ name: 'polite', script: ENDS_ON_TERM }),
      deployment({ name: 'fragile', script: ENDS_ON_TERM }),
      strict,
      shared,
    ]);
    for (const app of ['web', 'user', 'polite', 'strict', 'shared', 'fragile']) await lab.readyPods(`app=${app}`, 1);
  });

  async function podOf(app: string): Promise<V1Pod> {
    const [found] = await lab.readyPods(`app=${app}`, 1);
    assert.ok(found);
    return found;
  }

  async function targetOf(app: string): Promise<HelperTarget> {
    const { metadata } = await podOf(app);
    return { namespace: lab.namespace, pod: metadata?.name ?? '', uid: metadata?.uid ?? '', container: 'main' };
  }

  function optionsFor(kind: HelperFaultKind): HelperOptions {
    return {
      consent: consent(connection, 'fault'),
      run: 'Lab_1',
      kind,
      image: BUSYBOX,
      program: helperProgram(),
      deadlineMs: Date.now() + 60_000,
      clock: systemClock,
      signal: lab.signal,
    };
  }

  async function opened(app: string, kind: HelperFaultKind): Promise<Helper> {
    return openHelper(connection, await targetOf(app), optionsFor(kind));
  }

  function hasReason(reason: string, text: RegExp): (error: unknown) => boolean {
    return (error) => {
      assert.ok(error instanceof FaultlineError, String(error));
      assert.equal(error.reason, reason, error.message);
      assert.match(error.message, text);
      return true;
    };
  }

  async function answers(): Promise<boolean> {
    const { status } = await podOf('web');
    return (await lab.exec('user', ['wget', '-T', '1', '-qO', '/dev/null', `http://${status?.podIP}:8080`])).code === 0;
  }

  async function terminated(app: string, name: string): Promise<void> {
    await lab.waitForAll(`Container ${name} has ended`, { kind: 'Pod', labelSelector: `app=${app}` }, (pods) =>
      pods.some(({ status }) =>
        status?.ephemeralContainerStatuses?.some((one) => one.name === name && one.state?.terminated !== undefined),
      ),
    );
  }

  it('cuts it off from its users for as long as it was told to, and the kubelet never notices; then it is gone', async function () {
    this.timeout(60_000);
    const helper = await opened('web', 'networkCut');
    assert.equal(helper.name, 'fl-lab-1-1');
    assert.deepEqual(helper.hello.capabilities, ['NET_ADMIN']);
    const { mechanisms } = await helper.check();
    assert.deepEqual(
      Object.entries(mechanisms)
        .filter(([, { possible }]) => possible)
        .map(([name]) => name)
        .sort(),
      ['cpuStress', 'latency', 'memoryStress', 'networkCut', 'packetLoss', 'reset', 'slowClose'],
    );
    assert.equal(await answers(), true);
    await helper.arm({ kind: 'networkCut', direction: 'both', exempt: helper.exempt });
    assert.equal(await answers(), true);
    const over = Promise.withResolvers<number>();
    helper.said.listen((said) => {
      if (said.event === 'ended') over.resolve(said.t);
    });
    const { to } = await helper.go(6000);
    assert.equal(await answers(), false);
    assert.ok((await helper.proof()).proven);
    const lastedMs = (await over.promise) - to;
    assert.ok(Math.abs(lastedMs - 6000) < 1000, `${lastedMs} ms`);
    assert.equal(await answers(), true);
    await helper.close();
    assert.equal((await helper.ended).kind, 'left');
    await terminated('web', helper.name);
    const { status } = await podOf('web');
    assert.deepEqual(
      status?.containerStatuses?.map(({ restartCount, ready }) => [restartCount, ready]),
      [[0, true]],
    );
  });

  it('holds all its processes, and lets them go', async function () {
    this.timeout(60_000);
    const helper = await opened('web', 'freeze');
    const { on } = await helper.arm({ kind: 'freeze', ...(helper.containerId === undefined ? {} : { containerId: helper.containerId }) });
    assert.ok(
      on.some((one) => one.startsWith('1 ')),
      on.join(', '),
    );
    const { proof } = await helper.go(30_000);
    assert.equal(proof.proven, true, proof.text);
    assert.equal(await answers(), false);
    const { verified } = await helper.heal();
    assert.equal(verified, true);
    assert.equal(await answers(), true);
    await helper.close();
  });

  it('holds only the container that is meant, where all of a pod share their processes', async function () {
    this.timeout(60_000);
    const helper = await openHelper(connection, { ...(await targetOf('shared')), container: 'second' }, optionsFor('freeze'));
    const { on } = await helper.arm({ kind: 'freeze', ...(helper.containerId === undefined ? {} : { containerId: helper.containerId }) });
    assert.deepEqual(
      on.map((one) => one.replace(/^\d+ /, '')),
      ['sleep'],
    );
    await helper.go(30_000);
    assert.equal((await lab.exec('shared', ['true'], { container: 'main' })).code, 0);
    await helper.close();
  });

  it('kills the container, which comes back with another id, and nothing of the helper is left', async function () {
    this.timeout(60_000);
    const helper = await opened('web', 'containerCrash');
    const before = helper.containerId;
    assert.ok(before);
    await helper.arm({ kind: 'containerCrash', containerId: before });
    await helper.go(1000).catch(() => undefined);
    assert.equal((await helper.ended).kind, 'lost');
    await lab.waitForAll('The container was started again', { kind: 'Pod', labelSelector: 'app=web' }, (pods) =>
      pods.some(({ status }) =>
        status?.containerStatuses?.some(
          ({ restartCount, containerID, ready }) => restartCount === 1 && ready === true && !containerID?.includes(before),
        ),
      ),
    );
    await terminated('web', helper.name);
  });

  it('goes on cutting when the container ends of it and is started again', async function () {
    this.timeout(60_000);
    const helper = await opened('fragile', 'networkCut');
    await helper.arm({ kind: 'networkCut', direction: 'both', exempt: helper.exempt });
    await helper.go(60_000);
    const [fragile] = await lab.readyPods('app=fragile', 1);
    await lab.exec(fragile?.metadata?.name ?? '', ['kill', '1'], { container: 'main' });
    await lab.waitForAll('The container was started again', { kind: 'Pod', labelSelector: 'app=fragile' }, (pods) =>
      pods.some(({ status }) =>
        status?.containerStatuses?.some(({ restartCount, state }) => restartCount === 1 && state?.running !== undefined),
      ),
    );
    const { was, verified } = await helper.heal();
    assert.deepEqual({ was, verified }, { was: true, verified: true });
    await helper.close();
  });

  it('works beside a program without shell, root or a place to write to; stress does not, and says why', async function () {
    this.timeout(60_000);
    const target = await targetOf('strict');
    for (const [kind, fault] of [
      ['packetLoss', { kind: 'packetLoss', percent: 50, direction: 'both', exempt: { addresses: [], kubelet: true, dns: true } }],
      ['freeze', { kind: 'freeze' }],
    ] as const satisfies readonly (readonly [HelperFaultKind, HelperFault])[]) {
      const helper = await openHelper(connection, target, optionsFor(kind));
      await helper.arm(fault);
      await helper.go(10_000);
      assert.equal((await helper.heal()).verified, true);
      await helper.close();
    }
    await assert.rejects(openHelper(connection, target, optionsFor('cpuStress')), hasReason('unsupported', /no shell/));
  });

  it('burns processor time in the target’s own container, and leaves no file there', async function () {
    this.timeout(60_000);
    const helper = await opened('polite', 'cpuStress');
    assert.equal(helper.name, 'main');
    await helper.arm({ kind: 'cpuStress', cores: 0.2 });
    await helper.go(30_000);
    let proof = await helper.proof();
    while (!proof.proven) proof = await helper.proof();
    await helper.close();
    assert.equal((await lab.exec('polite', ['sh', '-c', 'ls -a /tmp'])).stdout.includes('fl-helper-'), false);
  });

  it('does not hold up the end of its pod', async function () {
    this.timeout(60_000);
    const target = await targetOf('polite');
    const helper = await openHelper(connection, target, optionsFor('networkCut'));
    await helper.arm({ kind: 'networkCut', direction: 'both', exempt: helper.exempt });
    await helper.go(60_000);
    const begunMs = performance.now();
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 30 };
    await connection.request({ method: 'DELETE', path: `/api/v1/namespaces/${lab.namespace}/pods/polite`, body });
    await lab.waitForAll('The pod is gone', { kind: 'Pod', labelSelector: 'app=polite' }, (pods) => pods.length === 0);
    assert.ok(performance.now() - begunMs < 15_000, `${performance.now() - begunMs} ms`);
    await helper.ended;
  });

  it('refuses what it can’t do before anything has changed, and says why', async function () {
    this.timeout(90_000);
    const target = await targetOf('web');
    const options = optionsFor('networkCut');
    await rehearseHelper(connection, target, options);
    await assert.rejects(
      rehearseHelper(connection, { ...target, uid: '00000000-0000-0000-0000-000000000000' }, options),
      hasReason('refusedByProtection', /another one by now/),
    );
    await assert.rejects(
      openHelper(connection, target, { ...options, consent: consent(connection, 'shell') }),
      hasReason('refusedByProtection', /what was confirmed/i),
    );
    await assert.rejects(
      openHelper(connection, target, { ...options, image: 'registry.invalid/nothing:1' }),
      hasReason('unsupported', /does not start.*registry\.invalid/s),
    );
    for (const level of ['baseline', 'restricted']) {
      await enforce(level);
      await assert.rejects(
        rehearseHelper(connection, target, options),
        hasReason('forbidden', new RegExp(`level is ${level}.*Without a helper`, 's')),
      );
    }
    await enforce(null);
  });

  async function enforce(level: string | null): Promise<void> {
    await connection.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${lab.namespace}`,
      contentType: 'application/merge-patch+json',
      body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': level } } },
    });
  }
});
