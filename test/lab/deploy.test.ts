import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { smallChart } from './use/chart.ts';
import { deployProgram } from './use/deploy.ts';
import type { DeployProgram } from './use/deploy.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

for (const helm of ['helm', 'helm3'] as const) {
  describe(`faultline deploy with ${helm === 'helm' ? 'Helm 4' : 'Helm 3'}`, () => {
    let lab: TestLab;
    let folder: string;
    let chart: string;
    let program: DeployProgram;
    let deploy: DeployProgram['deploy'];
    let done: DeployProgram['done'];

    before(async function () {
      this.timeout(600_000);
      lab = await useLab({ profile: 'node' });
      folder = mkdtempSync(join(tmpdir(), 'faultline-deploy-test-'));
      chart = smallChart(folder);
      program = await deployProgram(lab, helm, folder);
      ({ deploy, done } = program);
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    const secrets = async (release: string): Promise<number> =>
      (await lab.api.core.listNamespacedSecret({ namespace: lab.namespace, labelSelector: `owner=helm,name=${release}` })).items.length;

    it('installs, tests, forecasts the restart of an upgrade, upgrades, goes back and uninstalls', async function () {
      this.timeout(180_000);
      const first = await done(chart, '--profile', 'dev');
      assert.deepEqual([first.state.revision, first.state.status], [1, 'deployed']);
      const [pod] = await lab.readyPods('app=web', 1);

      const tested = await deploy('test', 'web');
      assert.equal(tested.code, 0, tested.stderr);
      assert.match(tested.stderr, /web-test \| development/);

      const diff = await deploy(chart, '--set', 'text=changed,password=geheim', '--diff');
      assert.equal(diff.code, 0, diff.stderr);
      assert.match(diff.stdout, /Restarts: Deployment\/web, 1 pod: its configuration changes \(checksum\/page\): ConfigMap\/web-page/);
      assert.match(diff.stdout, /^-  index\.html: development\n\+  index\.html: changed$/m);
      assert.match(diff.stdout, /^\+  password: \(hidden, another one\)$/m);
      assert.doesNotMatch(diff.stdout, /geheim|Z2VoZWlt/);
      assert.equal(await secrets('web'), 1, 'a diff made a revision');

      assert.equal((await done(chart, '--set', 'text=changed')).state.revision, 2);
      const [replaced] = await lab.readyPods('app=web', 1);
      assert.notEqual(replaced?.metadata?.name, pod?.metadata?.name, 'the pod that was forecast to restart did not');
      const again = await done(chart, '--set', 'text=changed');
      assert.equal(again.state.revision, 2, 'the same once more made a revision');
      assert.match(again.notes.join(), /Nothing changes/);

      assert.equal((await done('rollback', 'web')).state.revision, 3);
      const page = await lab.api.core.readNamespacedConfigMap({ name: 'web-page', namespace: lab.namespace });
      assert.equal(page.data?.['index.html'], 'development');

      assert.equal((await done('uninstall', 'web')).state.status, 'uninstalled');
      assert.equal((await lab.api.core.listNamespacedPod({ namespace: lab.namespace, labelSelector: 'app=web' })).items.length, 0);
      assert.equal((await deploy('status', 'web')).code, 2);
    });

    it('refuses wrong values with file, line and the key that was meant, before anything changes', async function () {
      this.timeout(60_000);
      const mine = join(folder, 'mine.yaml');
      writeFileSync(mine, '# mine\nreplicas: many\ntxt: hello\n');
      const { code, stderr } = await deploy(chart, '--release', 'refused', '--values', mine);
      assert.equal(code, 2);
      assert.match(stderr, /mine\.yaml:3:1: txt is no value of this chart; did you mean “text”\?/);
      assert.match(stderr, /mine\.yaml:2:1: replicas has to be a whole number, and is text/);
      assert.equal(await secrets('refused'), 0);
    });

    it('refuses what the server would not take before anything changes', async function () {
      this.timeout(60_000);
      const { code, stderr } = await deploy(chart, '--release', 'refused', '--set', 'memory=much');
      assert.equal(code, 2, stderr);
      assert.match(stderr, /quantities must match|Invalid value/i);
      assert.equal(await secrets('refused'), 0);
    });

    for (const { what, set, says } of [
      {
        what: 'the memory that no node has',
        set: 'memory=900Gi',
        says: /No node has room \(memory\): it asks for 900Gi memory; free are \S+ [\d.]+Gi of [\d.]+Gi/,
      },
      {
        what: 'the image that can’t be pulled',
        set: 'image=docker.io/library/nothing:1',
        says: /Image docker\.io\/library\/nothing:1 of web can’t be pulled/,
      },
      {
        what: 'what the probe said',
        set: 'ready=false',
        says: /web runs and is not ready: its readiness probe said: HTTP probe failed with statuscode: 404/,
      },
      {
        what: 'exit code and last words of a crash',
        set: 'crash=true',
        says: /web ended with exit code 7[^\n]*\n[^\n]*\| no such catalog/,
      },
    ]) {
      it(`that is stuck names ${what}`, async function () {
        this.timeout(120_000);
        const release = 'stuck';
        const running = program.start([chart, '--release', release, '--set', set, '--timeout', '90s']);
        await running.said(says);
        running.child.kill('SIGINT');
        const { code, stderr } = await running.ended;
        assert.match(stderr, says);
        assert.equal(code, 130);
        assert.match(stderr, /the same deploy goes on from there/);
        await done('uninstall', release);
      });
    }

    it('goes back to what was ready when asked to, and says why it failed', async function () {
      this.timeout(120_000);
      await done(chart, '--release', 'back');
      const { code, stderr } = await deploy(chart, '--release', 'back', '--set', 'ready=false', '--timeout', '8s', '--rollback-on-failure');
      assert.equal(code, 3, stderr);
      assert.match(stderr, /statuscode: 404/);
      assert.match(stderr, /runs again as in revision 1/);
      await done('uninstall', 'back');
    });

    it('that was killed in the middle, Helm too, is recognised, and the next one goes on from there', async function () {
      this.timeout(180_000);
      const running = program.start([chart, '--release', 'cut', '--set', 'hookSeconds=600']);
      await lab.readyPods('batch.kubernetes.io/job-name=cut-before', 1, { timeoutMs: 60_000 });
      const second = await deploy(chart, '--release', 'cut');
      assert.equal(second.code, 3, second.stderr);
      assert.match(second.stderr, /is being deployed already, by \S+@\S+, process \d+/);
      const helmPid = await helmOf('cut');
      running.child.kill('SIGKILL');
      process.kill(helmPid, 'SIGKILL');
      await running.ended;
      const left = readdirSync(join(program.home, 'tmp'));
      assert.match(left.join(), /^deploy-\d+-[^,]+$/, 'nothing is left to delete, or more than the values of the killed one');
      assert.equal(statSync(join(program.home, 'tmp', left[0] ?? '')).mode & 0o777, 0o700);

      const status = await deploy('status', 'cut');
      assert.match(status.stderr + status.stdout, /Its deploy was interrupted \(pending-install\)/);
      assert.deepEqual(readdirSync(join(program.home, 'tmp')), [], 'the values of the one that was killed are still there');
      const next = await done(chart, '--release', 'cut');
      assert.match(next.notes.join(), /Revision 1 was interrupted \(pending-install\): it is marked as failed/);
      assert.deepEqual([next.state.revision, next.state.status], [2, 'deployed']);
      await done('uninstall', 'cut');
    });

    /** The process that the lock names. */
    async function helmOf(release: string): Promise<number> {
      const lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: `faultline-deploy-${release}`, namespace: lab.namespace },
      };
      const { metadata } = await lab.api.objects.read(lease);
      return Number(metadata?.annotations?.['faultline.dev/helm']?.split('-')[0]);
    }
  });
}
