import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { cell, facts, Person, pictureOfFailures } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');

describe('a workspace that is not trusted', () => {
  let workbench: Workbench;
  let person: Person;

  before(async () => {
    workbench = await Workbench.open({ extension: root, trusted: false });
    person = new Person(workbench);
  });
  after(() => workbench?.close());
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
