import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { serveChart } from './use/chart-server.ts';
import type { ChartServer } from './use/chart-server.ts';
import { smallChart } from './use/chart.ts';
import { deployProgram } from './use/deploy.ts';
import type { DeployProgram } from './use/deploy.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';

for (const helm of ['helm', 'helm3'] as const) {
  describe(`a chart for faultline deploy with ${helm === 'helm' ? 'Helm 4' : 'Helm 3'}`, () => {
    // What Helm has no part in.
    const whenOnce = <T>(cases: readonly T[]): readonly T[] => (helm === 'helm' ? cases : []);
    let lab: TestLab;
    let folder: string;
    let chart: string;
    let packed: string;
    let server: ChartServer;
    let program: DeployProgram;

    before(async function () {
      this.timeout(600_000);
      lab = await useLab({ profile: 'api' });
      folder = mkdtempSync(join(tmpdir(), 'faultline-deploy-test-'));
      chart = smallChart(folder);
      packed = join(folder, 'web-0.1.0.tgz');
      execFileSync('tar', ['-czf', packed, '-C', folder, 'web']);
      server = await serveChart('web', '0.1.0', readFileSync(packed));
      program = await deployProgram(lab, helm, folder);
    });

    after(async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const { what, reference } of [
      { what: 'the URL of a packed file', reference: () => [`${server.repository}/web-0.1.0.tgz`] },
      { what: 'a name in a repository', reference: () => ['web', '--repo', server.repository, '--version', '~0.1'] },
      { what: 'a reference into a registry on this machine that has no TLS', reference: () => [`oci://${server.registry}/charts/web`] },
      { what: 'such a reference with a version', reference: () => [`oci://${server.registry}/charts/web`, '--version', '0.1.0'] },
      { what: 'such a reference with a tag', reference: () => [`oci://${server.registry}/charts/web:0.1.0`] },
      ...whenOnce([
        { what: 'a folder', reference: () => [chart] },
        { what: 'a packed file', reference: () => [packed] },
      ]),
    ]) {
      it(`may be ${what}`, async function () {
        this.timeout(60_000);
        const { code, stdout, stderr } = await program.deploy(...reference(), '--profile', 'dev', '--diff');
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^web in namespace .*\nChart web 0\.1\.0 \(1\.36\), profile dev\n/);
        assert.match(stdout, /^\+ {2}index\.html: development$/m);
        assert.deepEqual(readdirSync(join(program.home, 'tmp')), [], 'it is kept');
      });
    }

    it('may be of a repository that Helm knows', async function () {
      this.timeout(60_000);
      await program.helm('repo', 'add', 'mine', server.repository);
      const { code, stdout, stderr } = await program.deploy('mine/web', '--dry-run');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /Chart web 0\.1\.0/);
    });

    it('in a folder gets what it depends on, and the folder stays as it was', async function () {
      this.timeout(60_000);
      const parent = join(folder, 'parent');
      cpSync(chart, parent, { recursive: true });
      rmSync(join(parent, 'values.schema.json'));
      const dependency = `dependencies: [{ name: web, version: 0.1.0, repository: "${server.repository}", alias: inner }]\n`;
      writeFileSync(join(parent, 'Chart.yaml'), `apiVersion: v2\nname: parent\nversion: 2.0.0\n${dependency}`);
      rmSync(join(parent, 'templates'), { recursive: true });
      const before = readdirSync(parent);
      const { code, stdout, stderr } = await program.deploy(parent, '--set', 'inner.text=deep', '--diff');
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^\+ {2}index\.html: deep$/m);
      assert.deepEqual(readdirSync(parent), before);
    });

    for (const { what, reference, says } of [
      {
        what: 'that is not in the repository',
        reference: () => ['wbe', '--repo', server.repository],
        says: /There is no such chart\.\n.*"wbe" not found/,
      },
      {
        what: 'of which there is no such version',
        reference: () => ['web', '--repo', server.repository, '--version', '9'],
        says: /The chart has no version 9\./,
      },
      { what: 'that is not in the registry', reference: () => [`oci://${server.registry}/charts/nix`], says: /There is no such chart\./ },
      {
        what: 'of a registry that is not there',
        reference: () => ['oci://127.0.0.1:1/web'],
        says: /could not reach where the chart is\.\n.*127\.0\.0\.1:1.*refused/,
      },
      {
        what: 'of a repository that wants a login',
        reference: () => ['web', '--repo', server.locked],
        says: /did not accept the login\.\n[^]*helm repo add/,
      },
      {
        what: 'of a registry that wants a login',
        reference: () => [`oci://${server.registry}/private/web`],
        says: /did not accept the login\.\n[^]*helm registry login/,
      },
      {
        what: 'of a repository that Helm does not know',
        reference: () => ['nobodys/web'],
        says: /Helm knows no repository nobodys\.\n[^]*--repo/,
      },
      ...whenOnce([
        { what: 'with a repository that is no URL', reference: () => ['web', '--repo', 'mine'], says: /“mine” is no repository/ },
        { what: 'that is packed wrongly', reference: () => [join(folder, 'bin', 'helm')], says: /helm is no packed chart/ },
        {
          what: 'that is a folder without one',
          reference: () => [folder],
          says: /There is no chart “.*”[^]*Built in are: clickhouse, kafka, trino/,
        },
        { what: 'that is written wrongly', reference: () => ['trinno'], says: /There is no chart “trinno”\.\n {2}Did you mean “trino”\?/ },
      ]),
    ]) {
      it(`${what} is refused with what to do`, async function () {
        this.timeout(60_000);
        const { code, stdout, stderr } = await program.deploy(...reference(), '--release', 'refused', '--diff');
        assert.match(stderr, says);
        assert.ok(code === 2 || code === 3, String(code));
        assert.equal(stdout, '');
      });
    }
  });
}
