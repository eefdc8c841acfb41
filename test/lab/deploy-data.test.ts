import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { after, before, describe, it } from 'mocha';
import { smallChart } from './use/chart.ts';
import { deployProgram } from './use/deploy.ts';
import type { DeployProgram } from './use/deploy.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

for (const helm of ['helm', 'helm3'] as const) {
  describe(`what a release holds, with ${helm === 'helm' ? 'Helm 4' : 'Helm 3'}`, () => {
    let lab: TestLab;
    let folder: string;
    let chart: string;
    let program: DeployProgram;
    let volume: string;

    before(async function () {
      this.timeout(600_000);
      lab = await useLab({ profile: 'node' });
      folder = mkdtempSync(join(tmpdir(), 'faultline-deploy-test-'));
      chart = smallChart(folder);
      program = await deployProgram(lab, helm, folder);
      volume = `${lab.namespace}-data`;
      await lab.apply({
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name: volume },
        spec: {
          capacity: { storage: '64Mi' },
          accessModes: ['ReadWriteOnce'],
          claimRef: { namespace: lab.namespace, name: 'data-keep-store-0' },
          hostPath: { path: `/var/lib/${lab.namespace}`, type: 'DirectoryOrCreate' },
        },
      });
      await program.done(chart, '--release', 'keep', '--set', 'storage=16Mi');
    });

    after(async () => {
      await lab.api.core.deletePersistentVolume({ name: volume });
      rmSync(folder, { recursive: true, force: true });
    });

    const claims = async (): Promise<readonly V1PersistentVolumeClaim[]> =>
      (await lab.api.core.listNamespacedPersistentVolumeClaim({ namespace: lab.namespace })).items;
    const podOf = async (selector: string): Promise<string | undefined> => (await lab.readyPods(selector, 1))[0]?.metadata?.uid;

    it('is not touched by a field that can’t be changed, and the error names object, field and --recreate', async function () {
      this.timeout(60_000);
      const { code, stderr } = await program.deploy(chart, '--release', 'keep', '--set', 'storage=32Mi,tier=front');
      assert.equal(code, 2, stderr);
      assert.match(stderr, /A field that can’t be changed has another value: Deployment\/keep, StatefulSet\/keep-store\./);
      assert.match(stderr, /spec\.selector: Invalid value[^]*updates to statefulset spec/);
      assert.match(stderr, /Nothing was changed\. --recreate deletes them and makes them anew; the volumes of a StatefulSet stay/);
    });

    it('goes on under --recreate: the StatefulSet is another one, its pod and its volume are the same', async function () {
      this.timeout(120_000);
      const uids = async (): Promise<readonly (string | undefined)[]> => {
        const { apps } = lab.api;
        const where = { namespace: lab.namespace };
        const sets = [
          await apps.readNamespacedStatefulSet({ ...where, name: 'keep-store' }),
          await apps.readNamespacedDeployment({ ...where, name: 'keep' }),
        ];
        return sets.map(({ metadata }) => metadata?.uid);
      };
      const [oldSets, oldClaims, oldPod] = [await uids(), await claims(), await podOf('store=keep')];
      const { state, notes } = await program.done(chart, '--release', 'keep', '--set', 'storage=32Mi,tier=front', '--recreate');
      assert.deepEqual([state.revision, state.status], [2, 'deployed']);
      assert.match(notes.join('\n'), /StatefulSet\/keep-store is deleted to be made anew/);
      const newSets = await uids();
      for (const [at, uid] of newSets.entries()) assert.notEqual(uid, oldSets[at]);
      assert.equal(await podOf('store=keep'), oldPod);
      assert.deepEqual(
        (await claims()).map(({ metadata }) => metadata?.uid),
        oldClaims.map(({ metadata }) => metadata?.uid),
      );
      await lab.readyPods('app=keep,tier=front', 1);
    });

    it('is never deleted by --recreate where the data would go with it', async function () {
      this.timeout(60_000);
      const own = join(folder, 'own');
      mkdirSync(join(own, 'templates'), { recursive: true });
      writeFileSync(join(own, 'Chart.yaml'), 'apiVersion: v2\nname: own\nversion: 0.1.0\n');
      writeFileSync(
        join(own, 'templates', 'claim.yaml'),
        `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: own }
spec: { accessModes: [{{ .Values.mode }}], storageClassName: none, resources: { requests: { storage: 1Mi } } }
`,
      );
      await program.done(own, '--set', 'mode=ReadWriteOnce');
      const { code, stderr } = await program.deploy(own, '--set', 'mode=ReadWriteMany', '--recreate');
      assert.equal(code, 2, stderr);
      assert.match(
        stderr,
        /has another value: PersistentVolumeClaim\/own\.\n[^]*Nothing was changed\. What holds data is never deleted by a deploy/,
      );
      const claim = await lab.api.core.readNamespacedPersistentVolumeClaim({ name: 'own', namespace: lab.namespace });
      assert.deepEqual([claim.spec?.accessModes, claim.metadata?.deletionTimestamp], [['ReadWriteOnce'], undefined]);
      await program.done('uninstall', 'own');
    });

    it('stays when the name given to --purge-data is not the release’s, and nothing is uninstalled', async function () {
      this.timeout(60_000);
      const { code, stderr } = await program.deploy('uninstall', 'keep', '--purge-data', 'kepp');
      assert.equal(code, 2, stderr);
      assert.match(stderr, /“kepp” is not the name of the release keep: its data stays\.\n {2}Nothing was changed\./);
      assert.equal((await claims()).length, 1);
      await lab.readyPods('store=keep', 1);
    });

    it('stays when the release is uninstalled, and is found again by the next one', async function () {
      this.timeout(120_000);
      const [claim] = await claims();
      const gone = await program.deploy('uninstall', 'keep');
      assert.equal(gone.code, 0, gone.stderr);
      assert.match(gone.stderr, /^Stays:\n {2}PersistentVolumeClaim\/data-keep-store-0: data of a StatefulSet$/m);
      assert.match(gone.stderr, /^--purge-data with the release’s name deletes the volumes too\.$/m);
      await program.done(chart, '--release', 'keep', '--set', 'storage=16Mi');
      assert.equal((await claims())[0]?.metadata?.uid, claim?.metadata?.uid);
    });

    it('goes with --purge-data, and what goes is named before', async function () {
      this.timeout(120_000);
      const { code, stderr } = await program.deploy('uninstall', 'keep', '--purge-data', 'keep');
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^Goes with all its data:\n {2}PersistentVolumeClaim\/data-keep-store-0 \(\d+Mi\)$[^]*^Deleting the data of data-keep-store-0/m,
      );
      assert.doesNotMatch(stderr, /^Stays:/m);
      await lab.waitForAll('The claim is gone', { kind: 'PersistentVolumeClaim' }, (all) => all.length === 0);
    });
  });
}
