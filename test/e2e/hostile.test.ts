import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { cell, Person, pictureOfFailures, until } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');
const markup = '<script>alert(1)</script><img src=x onerror="alert(2)">';

const hostile = `select '${markup}' as "${markup.replaceAll('"', '""')}",
  repeat('0123456789', 100000) as long,
  'a' || chr(0) || chr(7) || 'b' || chr(8238) || 'c' || chr(10) || 'd' || chr(8203) || 'e' as unseen,
  {'${markup.replaceAll("'", "''").replaceAll('"', '')}': '${markup}'} as nested;
`;

describe('what nobody should write', () => {
  let workbench: Workbench;
  let person: Person;
  const dialogs: string[] = [];

  before(async () => {
    workbench = await Workbench.open({
      extension: root,
      alsoInstall: [join(import.meta.dirname, 'virtual-documents')],
      settings: { 'faultline.results.maxRows': 'many', 'faultline.editor.codeLens': 3, 'files.autoSave': 'off' },
    });
    person = new Person(workbench);
    workbench.page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
  });
  after(() => workbench?.close());
  pictureOfFailures(() => workbench);

  it('a setting of the wrong type is named once, its default is used, and statements run', async () => {
    const results = await person.runSql('settings.sql', 'select count(*) as lines from lineitem;\n');
    await cell(results, '60175').waitFor();
    await person.runSql('settings2.sql', 'select count(*) as orders from orders;\n');
    await cell(results, '15000').waitFor();
    await workbench.runCommand('Notifications: Show Notifications');
    const all = workbench.page.locator('.notifications-center .notification-list-item-message');
    await all.first().waitFor();
    assert.deepEqual((await all.allInnerTexts()).map((message) => message.trim()).sort(), [
      'The setting faultline.editor.codeLens is 3, but it has to be true or false. Its default true is used until then.',
      'The setting faultline.results.maxRows is "many", but it has to be a whole number from 1000 to 2000000000. Its default 20000000 is used until then.',
    ]);
    await workbench.runCommand('Notifications: Clear All Notifications');
  });

  it('markup in a value, a name and a type stays text: no element, no dialog', async () => {
    const results = await person.runSql('hostile.sql', hostile);
    await cell(results, markup).waitFor();
    await results.getByRole('columnheader', { name: markup }).waitFor();
    await results.getByRole('gridcell').nth(3).click();
    await workbench.page.keyboard.press('Enter');
    await results.getByRole('dialog').getByText(markup).first().waitFor();
    assert.equal(await results.locator('[role=grid] :is(script, img), [role=dialog] :is(script, img)').count(), 0);
    await workbench.page.keyboard.press('Escape');
    await results.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(dialogs, []);
  });

  it('unseen and direction characters are shown as what they are', async () => {
    const results = await person.results();
    assert.equal(await results.getByRole('gridcell').nth(2).textContent(), 'a\u2400\u2407b\\u202ec\u240ad\\u200be');
  });

  it('a text of a million characters is short in the grid and whole in the inspector and its copy', async () => {
    const { page } = workbench;
    const results = await person.results();
    const long = results.getByRole('gridcell').nth(1);
    assert.ok(((await long.textContent()) ?? '').length <= 401);
    await long.click();
    await page.keyboard.press('Enter');
    const inspector = results.getByRole('dialog');
    await inspector.getByText('1,000,000 characters').waitFor();
    await inspector.getByRole('button', { name: 'Show more (980,000 characters left)' }).click();
    await inspector.getByRole('button', { name: 'Show more (960,000 characters left)' }).waitFor();
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await inspector.getByRole('button', { name: 'Copy value' }).click();
    let copied = '';
    await until('the value is copied', async () => (copied = await page.evaluate(() => navigator.clipboard.readText())) !== '');
    assert.ok(copied === '0123456789'.repeat(100_000), `${copied.length} characters were copied`);
    await page.keyboard.press('Escape');
  });

  it('what is typed and not saved is what runs', async () => {
    const sql = 'select 1 as saved;\n';
    await person.openSql('unsaved.sql', sql);
    await workbench.page.keyboard.press('ControlOrMeta+A');
    await workbench.page.keyboard.insertText("select 'typed' as not_saved;\n");
    await workbench.page.locator('.tab.dirty[data-resource-name="unsaved.sql"]').waitFor();
    await person.lens('Run');
    await cell(await person.results(), 'typed').waitFor();
    assert.equal(await readFile(join(workbench.folder, 'unsaved.sql'), 'utf8'), sql);
  });

  it('a new document without a name runs like any other', async () => {
    await workbench.runCommand('File: New Untitled Text File');
    await workbench.page.locator('.editor-group-container.active .monaco-editor[data-uri^="untitled:"]').first().waitFor();
    await workbench.page.keyboard.insertText("select 'untitled' as place, count(*) as regions from region;\n");
    await workbench.runCommand('Change Language Mode');
    await workbench.page.getByPlaceholder('Select Language Mode').fill('sql');
    await workbench.pick(/^\s*(MS )?SQL\s*$/);
    await person.lens('Run');
    await cell(await person.results(), 'untitled').waitFor();
  });

  it('a read-only document that is on no disk runs like any other; an error is marked in it', async () => {
    await workbench.runCommand('Demo: Open a Virtual Document');
    await workbench.tab('virtual.sql').waitFor();
    await person.line('from nowhere').first().waitFor();
    await person.lens('Run');
    const results = await person.results();
    await cell(results, 'from nowhere').waitFor();
    await cell(results, '25').waitFor();
    await person.lens('Run', 1);
    await results.getByRole('alert').getByText('There is no column n_naem').waitFor();
    await person.editor.locator('.squiggly-error').waitFor();
  });
});
