import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { stringify } from 'yaml';
import { smallChart } from './use/chart.ts';
import { deployProgram } from './use/deploy.ts';
import type { ByItself, DeployProgram, RunningDeploy } from './use/deploy.ts';
import { loadKubeconfig } from './use/api.ts';
import { useLab } from './use/lab.ts';
import { Wire } from './watch-kit.ts';
import type { TestLab } from './use/lab.ts';

/** A pod's own account lies where Go's client and ours look for it: put there for one process and what it starts. */
const WITH_ACCOUNT = `mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && ln -s "$0" /run/secrets/kubernetes.io/serviceaccount && exec "$@"`;
const DEPLOYER = 'deployer';

for (const helm of ['helm', 'helm3'] as const) {
  describe(`the cluster that is meant, with ${helm === 'helm' ? 'Helm 4' : 'Helm 3'}`, () => {
    let lab: TestLab;
    let folder: string;
    let chart: string;
    let program: DeployProgram;

    before(async function () {
      this.timeout(600_000);
      lab = await useLab({ profile: 'api' });
      folder = mkdtempSync(join(tmpdir(), 'faultline-deploy-test-'));
      chart = smallChart(folder);
      program = await deployProgram(lab, helm, folder);
      // Nothing that has to become ready: an API server is enough.
      rmSync(join(chart, 'templates', 'web.yaml'));
      writeFileSync(join(chart, 'templates', 'page.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ .Release.Name }} }\n');
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    /** Installs and uninstalls; what became of it is looked up over the test's own connection. */
    async function worksIn(release: string, where: readonly string[], place: ByItself): Promise<string> {
      const { code, stderr } = await program.start([chart, '--release', release, ...where], place).ended;
      assert.equal(code, 0, stderr);
      await lab.api.core.readNamespacedConfigMap({ name: release, namespace: lab.namespace });
      const gone = await program.start(['uninstall', release, ...where], place).ended;
      assert.equal(gone.code, 0, gone.stderr);
      await assert.rejects(lab.api.core.readNamespacedConfigMap({ name: release, namespace: lab.namespace }), /404/);
      return stderr;
    }

    it('may be spread over the files of KUBECONFIG, one of which is broken and one not there', async function () {
      this.timeout(60_000);
      const { clusters, contexts, users } = JSON.parse(loadKubeconfig(lab.kubeconfig, lab.namespace).exportConfig()) as Record<
        string,
        readonly object[]
      >;
      const file = (name: string, document: unknown): string => {
        writeFileSync(join(folder, name), typeof document === 'string' ? document : stringify(document), { mode: 0o600 });
        return join(folder, name);
      };
      const [context] = contexts ?? [];
      const files = [
        file('broken', 'contexts: [oh: {'),
        file('contexts', { kind: 'Config', contexts: [{ ...context, name: 'mine' }] }),
        join(folder, 'missing'),
        file('users', { users }),
        // Who is named first wins: nobody listens there.
        file('clusters', { 'current-context': 'other', clusters }),
        file('later', {
          contexts: [{ name: 'mine', context: { cluster: 'dead', user: 'dead' } }],
          clusters: [{ name: 'dead', cluster: { server: 'https://127.0.0.1:1' } }],
        }),
      ];
      const env = { KUBECONFIG: files.join(delimiter) };
      const told = await worksIn('spread', ['--context', 'mine', '--confirm-cluster', 'mine'], { env });
      assert.match(told, new RegExp(`^spread in namespace ${lab.namespace} of mine `));
    });

    it('is the pod’s own where there is no kubeconfig, by the rights of its account, in its namespace', async function () {
      this.timeout(60_000);
      const env = await inPod();
      const told = await worksIn('inside', ['--confirm-cluster', 'in-cluster'], env);
      assert.match(told, new RegExp(`^inside in namespace ${lab.namespace} of in-cluster `));
      const refused = await program.start([chart, '--release', 'inside', '-n', 'default', '--confirm-cluster', 'in-cluster'], env).ended;
      assert.match(refused.stderr, new RegExp(`serviceaccount:${lab.namespace}:${DEPLOYER}`));
      assert.equal(refused.code, 3, refused.stderr);
    });

    /** As in a pod of an account that may do what it likes in the namespace, and nothing elsewhere. */
    async function inPod(): Promise<ByItself> {
      const { namespace } = lab;
      const rbac = 'rbac.authorization.k8s.io';
      await lab.apply([
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: DEPLOYER } },
        {
          apiVersion: `${rbac}/v1`,
          kind: 'RoleBinding',
          metadata: { name: DEPLOYER },
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ kind: 'ServiceAccount', name: DEPLOYER, namespace }],
        },
      ]);
      const body = { spec: { audiences: [], expirationSeconds: 3600 } };
      const { status } = await lab.api.core.createNamespacedServiceAccountToken({ name: DEPLOYER, namespace, body });
      const account = join(folder, 'account');
      mkdirSync(account, { recursive: true });
      const { server = '', caData, caFile } = loadKubeconfig(lab.kubeconfig, namespace).getCurrentCluster() ?? {};
      writeFileSync(join(account, 'token'), status?.token ?? '', { mode: 0o600 });
      writeFileSync(join(account, 'namespace'), namespace);
      writeFileSync(join(account, 'ca.crt'), caData === undefined ? readFileSync(caFile ?? '') : Buffer.from(caData, 'base64'));
      chmodSync(account, 0o700);
      const { hostname, port } = new URL(server);
      return {
        env: { KUBECONFIG: undefined, HOME: folder, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
        through: ['unshare', '--mount', 'sh', '-c', WITH_ACCOUNT, account],
      };
    }
  });
}

describe('a cluster that is gone in the middle of a deploy', () => {
  let lab: TestLab;
  let folder: string;
  let wire: Wire;
  let started: (release: string) => RunningDeploy;

  before(async function () {
    this.timeout(600_000);
    lab = await useLab({ profile: 'api' });
    folder = mkdtempSync(join(tmpdir(), 'faultline-deploy-test-'));
    const chart = smallChart(folder);
    const program = await deployProgram(lab, 'helm', folder);
    const config = loadKubeconfig(lab.kubeconfig, lab.namespace);
    const { server = '' } = config.getCurrentCluster() ?? {};
    wire = await Wire.to(server);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, config.exportConfig().replaceAll(server, `https://127.0.0.1:${wire.port}`), { mode: 0o600 });
    // Never ready, with nodes or without.
    const args = [chart, '--set', 'image=docker.io/library/nothing:1', '--kubeconfig', kubeconfig, '--timeout', '60s'];
    started = (release) => program.start([...args, '--release', release], { env: {} });
  });

  after(() => {
    wire.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is said to be gone, and the deploy goes on when it is back', async function () {
    this.timeout(120_000);
    const running = started('gone');
    await running.said(/Deployment\/gone 0\/1/);
    wire.cut();
    await running.said(/The cluster does not answer; what was begun goes on there\./);
    wire.mend();
    await lab.api.apps.patchNamespacedDeployment({
      name: 'gone',
      namespace: lab.namespace,
      body: [{ op: 'replace', path: '/spec/replicas', value: 0 }],
    });
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /gone: deployed, revision 1/);
  });

  it('does not hold Ctrl+C up, though it takes every connection and answers nothing', async function () {
    this.timeout(120_000);
    const running = started('silent');
    await running.said(/Deployment\/silent 0\/1/);
    wire.silence();
    const atMs = performance.now();
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.ok(performance.now() - atMs < 10_000, `it took ${Math.round(performance.now() - atMs)} ms`);
    assert.match(stderr, /Stopped\.\n {2}What runs stays as it is; the same deploy goes on from there/);
    wire.mend();
  });
});
