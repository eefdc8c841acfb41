import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { cell, facts, Person, pictureOfFailures } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');

const breaking = `faultline: 1
name: A broker cut off
cluster: { context: somebodys }
faults:
  - { kind: networkCut, target: { engine: kafka }, for: 30 s }
probes:
  - { engine: kafka, rate: 20/s }
expect:
  - recovered <= 10 s
`;

function kubeconfigOf(server: string): string {
  return `apiVersion: v1
kind: Config
current-context: somebodys
contexts: [{ name: somebodys, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: '${server}', insecure-skip-tls-verify: true } }]
users: [{ name: u, user: { token: t } }]
`;
}

describe('a workspace that is not trusted', () => {
  let workbench: Workbench;
  let person: Person;
  /** Where a cluster would be. */
  const api = createServer((socket) => {
    contacts++;
    socket.destroy();
  });
  let contacts = 0;

  before(async () => {
    api.listen(0, '127.0.0.1');
    await once(api, 'listening');
    const folder = await mkdtemp(join(tmpdir(), 'faultline-trust-'));
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, kubeconfigOf(`https://127.0.0.1:${(api.address() as AddressInfo).port}`));
    workbench = await Workbench.open({ extension: root, trusted: false, env: { KUBECONFIG: kubeconfig } });
    person = new Person(workbench);
  });
  after(async () => {
    await workbench?.close();
    api.close();
  });
  pictureOfFailures(() => workbench);

  it('offers the SQL library, and its queries run on TPC-H', async () => {
    await workbench.showContainer('Faultline');
    await workbench.treeRow('TPC-H, 22 queries').click();
    await workbench.treeRow('Q6').click();
    await person.line('l_discount').first().waitFor();
    await person.lens('Run');
    const results = await person.results();
    await cell(results, /1193053\.2253|1,193,053\.2253/).waitFor();
    await facts(results).getByText('1 row').waitFor();
  });

  it('says in the tree that clusters need trust', async () => {
    await workbench.treeRow('Clusters need a trusted workspace').waitFor();
  });

  for (const [command, what] of [
    ['Faultline: Open a Data File…', 'Own data files are not opened'],
    ['Faultline: Choose a Kubeconfig…', 'Kubeconfig files are not read'],
    ['Faultline: Add Your Own SQL Folder…', 'Own SQL folders are not read'],
    ['Faultline: Break…', 'Clusters are not changed'],
  ] as const) {
    it(`refuses “${command}” and says that trust is missing`, async () => {
      await workbench.runCommand(command);
      const refusal = person.notification(`${what}. This workspace is not trusted. Trust it, then do it again.`);
      await refusal.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
      // No dialog that asks for a file.
      await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
      await refusal.hover();
      await refusal.locator('.codicon-notifications-clear').click();
      await refusal.waitFor({ state: 'detached' });
    });
  }

  it('runs no spec that breaks something: no preview, no run, and its cluster is not contacted', async () => {
    await writeFile(join(workbench.folder, 'cut.faultline.yaml'), breaking);
    await workbench.openFile('cut.faultline.yaml');
    await person.editor.locator('.codelens-decoration a').filter({ hasText: 'Preview this spec' }).click();
    const refusal = person.notification('Spec files are not run. This workspace is not trusted. Trust it, then do it again.');
    await refusal.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
    await refusal.hover();
    await refusal.locator('.codicon-notifications-clear').click();
    assert.equal(
      await workbench.page
        .locator('.tabs-container .tab')
        .filter({ hasText: /^Break/ })
        .count(),
      0,
    );
    const runs = await readdir(join(workbench.home, 'runs')).catch(() => []);
    assert.deepEqual([runs, contacts], [[], 0]);
  });

  it('a statement reads no file of the machine, and the page says so', async () => {
    const secret = join(workbench.folder, 'secret.csv');
    await writeFile(secret, 'a\n4711\n');
    for (const [name, path] of [
      ['passwd.sql', '/etc/passwd'],
      ['secret.sql', secret],
    ] as const) {
      const results = await person.runSql(name, `select * from read_csv('${path}', header = false);\n`);
      const alert = results.getByRole('alert').filter({ hasText: path });
      await alert.getByText(/This workspace is not trusted: .* Trust it, then run again\./).waitFor();
      await alert.getByText('permission is missing').waitFor();
      assert.equal(await results.getByText(/root:x|4711/).count(), 0);
    }
  });

  it('once it is trusted, the same file is read', async () => {
    await workbench.runCommand('Workspaces: Manage Workspace Trust');
    await workbench.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await workbench.treeRow('Clusters need a trusted workspace').waitFor({ state: 'detached' });
    await workbench.page
      .locator('.monaco-modal-editor-block')
      .getByRole('button', { name: /^Close/ })
      .first()
      .click();
    await workbench.page.locator('.workspace-trust-editor').waitFor({ state: 'hidden' });
    await workbench.openFile('secret.sql');
    await person.lens('Run');
    await cell(await person.results(), '4711').waitFor();
  });
});
