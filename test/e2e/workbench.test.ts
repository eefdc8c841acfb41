import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');

describe('the workbench with Faultline', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.open({ extension: root, folder: join(root, 'test', 'workbench', 'sample') });
  });
  after(() => workbench.close());

  it('has Faultline in the activity bar, with clusters, runs and the SQL library', async () => {
    await workbench.showContainer('Faultline');
    for (const name of ['Clusters', 'Runs', 'SQL Library']) await workbench.view(name).waitFor();
  });

  it('shows nothing of other products: no chat, no welcome page, no notification', async () => {
    assert.equal(await workbench.page.locator('.part.auxiliarybar:visible').count(), 0);
    assert.equal(await workbench.page.locator('.tabs-container .tab').count(), 0);
    assert.deepEqual(await workbench.notifications(), []);
  });

  it('runs the first statement of the sample file and shows its rows beside it', async () => {
    await workbench.openFile('getting-started.sql');
    await workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
    const results = await workbench.webviewFrame('Results');
    await results.getByText('1992-01-01').first().waitFor();
  });
});
