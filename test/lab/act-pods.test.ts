import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { deletePod, restarterOf, restartWorkload } from '../../src/cluster/act/change.ts';
import { describe as describeOne } from '../../src/cluster/act/describe.ts';
import { openForward } from '../../src/cluster/act/forward.ts';
import { logsOf } from '../../src/cluster/act/logs.ts';
import { needs, permissionsOf, require as requireAll } from '../../src/cluster/act/permissions.ts';
import { openShell } from '../../src/cluster/act/shell.ts';
import type { Shell } from '../../src/cluster/act/shell.ts';
import { connectCluster } from '../../src/cluster/connect/connection.ts';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { PAUSE } from './images/recipes/pause.ts';
import { consent } from './use/connection.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME } from './use/workloads.ts';

describe('a pod by its menu', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
  });

  function hasReason(reason: string, text: RegExp): (error: unknown) => boolean {
    return (error) => {
      assert.ok(error instanceof FaultlineError, String(error));
      assert.equal(error.reason, reason, error.message);
      assert.match(error.message, text);
      return true;
    };
  }

  describe('a shell', () => {
    interface Terminal {
      readonly shell: Shell;
      /** Once the text is on it. */
      readonly shows: (text: RegExp) => Promise<RegExpExecArray>;
    }

    async function terminal(name: string): Promise<Terminal> {
      let screen = '';
      let wake = (): void => undefined;
      const shell = await openShell(
        connection,
        { namespace: lab.namespace, pod: name },
        {
          consent: consent(connection, 'shell'),
          signal: lab.signal,
          columns: 100,
          rows: 30,
          onOutput: (bytes) => {
            screen += Buffer.from(bytes).toString();
            wake();
          },
        },
      );
      return {
        shell,
        shows: async (text) => {
          for (;;) {
            const found = text.exec(screen);
            if (found !== null) return found;
            await Promise.race([
              new Promise<void>((resolve) => (wake = resolve)),
              shell.ended.then((code) => assert.fail(`it ended with ${code}: ${screen}`)),
            ]);
          }
        },
      };
    }

    it('is as wide as the terminal, follows its size, takes what is typed, and ends with its own exit code', async () => {
      await lab.apply(pod({ name: 'shell', script: 'sleep 100000' }));
      await lab.readyPods('app=shell', 1);
      const { shell, shows } = await terminal('shell');
      assert.equal(shell.program, 'sh');
      shell.write('stty size\n');
      await shows(/\b30 100\b/);
      shell.resize(132, 43);
      shell.write('stty size\n');
      await shows(/\b43 132\b/);
      shell.write('exit 7\n');
      assert.equal(await shell.ended, 7);
    });

    it('in an image without one is refused, with the way to a debug container', async () => {
      const container = { name: 'main', image: PAUSE.name, imagePullPolicy: 'IfNotPresent' };
      await lab.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'bare', labels: { app: 'bare' } },
        spec: { containers: [container] },
      });
      await lab.readyPods('app=bare', 1);
      await assert.rejects(terminal('bare'), hasReason('unsupported', /no shell.*kubectl debug -n .* -it bare --image=busybox/s));
      await assert.rejects(terminal('nobody'), hasReason('notFound', /nobody/));
    });
  });

  describe('restart and delete', () => {
    it('a restart of one of its pods replaces all of a workload, and says who does it', async function () {
      this.timeout(120_000);
      await lab.apply(deployment({ name: 'twice', script: SAYS_ITS_NAME, replicas: 2, port: 8080 }));
      const before = (await lab.readyPods('app=twice', 2)).map(({ metadata }) => metadata?.name ?? '');
      const workload = await restarterOf(connection, { namespace: lab.namespace, name: before[0] ?? '' });
      assert.deepEqual(workload, { kind: 'Deployment', namespace: lab.namespace, name: 'twice' });
      await restartWorkload(connection, workload, consent(connection, 'restart'));
      await lab.waitForAll('Two other pods', { kind: 'Pod', labelSelector: 'app=twice' }, (pods) => {
        return pods.length === 2 && pods.every(({ metadata }) => !before.includes(metadata?.name ?? ''));
      });
    });

    it('a pod of nobody is not restarted, and it is said what happens to it', async () => {
      await lab.apply(pod({ name: 'alone', script: 'sleep 100000' }));
      const place = { namespace: lab.namespace, name: 'alone' };
      await assert.rejects(restarterOf(connection, place), hasReason('unsupported', /nobody brings it back/));
      const [there] = await lab.readyPods('app=alone', 1);
      await assert.rejects(
        deletePod(connection, place, consent(connection, 'deletePod'), { uid: '00000000-0000-0000-0000-000000000000' }),
        hasReason('invalid', /uid/i),
      );
      await assert.rejects(
        deletePod(connection, place, consent(connection, 'deletePod'), { force: { typedName: 'another' } }),
        hasReason('refusedByProtection', /Type alone to confirm/),
      );
      await assert.rejects(
        deletePod(connection, place, consent(connection, 'restart')),
        hasReason('refusedByProtection', /Nothing was changed/),
      );
      const uid = there?.metadata?.uid ?? '';
      await deletePod(connection, place, consent(connection, 'deletePod'), { graceSeconds: 1, uid });
      await lab.waitForAll('It is gone', { kind: 'Pod', labelSelector: 'app=alone' }, (pods) => pods.length === 0);
    });
  });

  it('is described with its events, and without what must not be seen', async () => {
    const one = pod({ name: 'told', script: 'sleep 100000' });
    const env = [
      { name: 'COLOUR', value: 'green' },
      { name: 'DB_PASSWORD', value: 'hunter2-pod' },
      { name: 'DB_URL', value: 'postgres://me:hunter2-url@db/x' },
    ];
    await lab.apply(JSON.stringify(one).replace('"imagePullPolicy"', `"env":${JSON.stringify(env)},"imagePullPolicy"`));
    await lab.readyPods('app=told', 1);
    const text = await describeOne(connection, { apiVersion: 'v1', kind: 'Pod', namespace: lab.namespace, name: 'told' }, Date.now());
    assert.match(text, /Status: +Running/);
    assert.match(text, /COLOUR=green/);
    assert.match(text, /DB_PASSWORD=\(not shown/);
    assert.doesNotMatch(text, /hunter2/);
    assert.match(text, /Events:\n.*REASON.*\n(.*\n)*.*Started/);
  });

  describe('for a user who may only look', () => {
    let reader: ClusterConnection;

    before(async () => {
      const name = 'reader';
      const rules = [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'] }];
      await lab.apply([
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace: lab.namespace }],
        },
        pod({ name: 'seen', script: 'echo a line; sleep 100000' }),
      ] as never);
      const body = { spec: { audiences: [], expirationSeconds: 3600 } };
      const { status } = await lab.api.core.createNamespacedServiceAccountToken({ name, namespace: lab.namespace, body });
      const authority = Buffer.from((await connection.authority()) ?? '').toString('base64');
      const folder = mkdtempSync(join(tmpdir(), 'faultline-act-'));
      const file = join(folder, 'kubeconfig');
      const context = { name, cluster: 'c', namespace: lab.namespace, file };
      writeFileSync(
        file,
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Config',
          clusters: [{ name: 'c', cluster: { server: connection.server, 'certificate-authority-data': authority } }],
          users: [{ name, user: { token: status?.token } }],
          contexts: [{ name, context: { cluster: 'c', user: name, namespace: lab.namespace } }],
          'current-context': name,
        }),
        { mode: 0o600 },
      );
      reader = await connectCluster(context, { env: process.env, signal: lab.signal });
      rmSync(folder, { recursive: true });
      await lab.readyPods('app=seen', 1);
    });

    it('menus know what will not work, in the namespace and in the whole cluster', async () => {
      const here = await permissionsOf(reader, lab.namespace);
      const may = async (wishes: (typeof needs)[keyof typeof needs]): Promise<boolean> => {
        for (const wish of wishes) if (!(await here.check(wish))) return false;
        return true;
      };
      assert.deepEqual(
        {
          logs: await may(needs.logs),
          shell: await may(needs.shell),
          forward: await may(needs.portForward),
          delete: await may(needs.deletePod),
          restart: await may(needs.restartDeployment),
        },
        { logs: true, shell: false, forward: false, delete: false, restart: false },
      );
      const everywhere = await permissionsOf(reader, undefined);
      assert.equal(everywhere.can({ verb: 'patch', resource: 'nodes' }), 'unknown');
      assert.equal(await everywhere.check({ verb: 'patch', resource: 'nodes' }), false);
      assert.equal(everywhere.can({ verb: 'patch', resource: 'nodes' }), false);
      const mine = await permissionsOf(connection, undefined);
      assert.equal(await mine.check({ verb: 'patch', resource: 'nodes' }), true);
      await assert.rejects(requireAll(here, needs.deletePod), hasReason('forbidden', /You may not delete pods in test-/));
    });

    it('what is tried all the same is refused with the right that is missing', async () => {
      const place = { namespace: lab.namespace, pod: 'seen' };
      const target = { kind: 'pod', name: 'seen' } as const;
      const lines: string[] = [];
      for await (const { text } of logsOf(reader, { namespace: lab.namespace, target, follow: false }, lab.signal)) lines.push(text);
      assert.deepEqual(lines, ['a line']);
      await assert.rejects(
        openShell(reader, place, {
          consent: consent(reader, 'shell'),
          signal: lab.signal,
          columns: 80,
          rows: 24,
          onOutput: () => undefined,
        }),
        hasReason('forbidden', /may not (get|create) pods\/exec/),
      );
      await assert.rejects(
        deletePod(reader, { namespace: lab.namespace, name: 'seen' }, consent(reader, 'deletePod')),
        hasReason('forbidden', /may not delete pods/),
      );
      const forward = await openForward(reader, { namespace: lab.namespace, target, port: 80 });
      await assert.rejects(fetch(forward.url));
      assert.match(forward.problem?.message ?? '', /may not (get|create) pods\/portforward/);
      await forward.close();
      const text = await describeOne(reader, { apiVersion: 'v1', kind: 'Pod', namespace: lab.namespace, name: 'seen' }, Date.now());
      assert.match(text, /list events is missing/);
    });
  });
});
