import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Frame, Locator } from 'playwright-core';
import { Person } from '../../e2e/person.ts';
import { Workbench } from '../../e2e/workbench.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { house, HOUSE_SELECTOR } from '../house.ts';

const root = join(import.meta.dirname, '..', '..', '..');
/** From a pod in the tree to a verdict, by mouse and keys, in the real workbench. */
describe('breaking something in the workbench', function () {
  this.timeout(600_000);
  // Each step begins where the one before it ended.
  this.bail(true);
  let lab: TestLab;
  let workbench: Workbench;
  let person: Person;
  let context: string;
  let target: string;
  let page: Frame;

  before(async () => {
    lab = await useLab({ profile: 'cluster' });
    await lab.apply(house(2));
    const [first] = await lab.readyPods(HOUSE_SELECTOR, 2, { timeoutMs: 300_000 });
    target = first?.metadata?.name ?? '';
    workbench = await Workbench.open({ extension: root, height: 1200, env: { KUBECONFIG: lab.kubeconfig } });
    person = new Person(workbench);
    context = lab.api.config.currentContext;
    await workbench.showContainer('Faultline');
  });
  after(() => workbench?.close());
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    const pictures = join(root, '.test', 'lab');
    await mkdir(pictures, { recursive: true });
    await workbench?.screenshot(join(pictures, `${this.currentTest.title.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)}.png`));
  });

  const row = (text: string | RegExp): Locator => workbench.view('Clusters').locator('.monaco-list-row').filter({ hasText: text });
  const confirm = (): Locator => page.locator('.go vscode-button[appearance=primary]:not([disabled])');

  it('a right-click on a pod opens the form with its preview, and nothing is changed by that', async () => {
    await row(context).filter({ hasText: 'not contacted' }).waitFor();
    await row(context).click();
    await row(/^Nodes/).waitFor();
    await workbench.runCommand('Faultline: Filter Clusters…');
    await workbench.answer(target);
    await person.clickRow(row(/^house/));
    // Of two servers the filter leaves one.
    const pod = row(target).filter({ hasNotText: 'filtered by' });
    const servers = row(/^servers/);
    await pod.or(servers).first().waitFor();
    if (!(await pod.isVisible())) {
      // The filter opens rows too: a click may shut it again, and the key only ever opens it.
      await servers.click();
      await workbench.page.keyboard.press('ArrowRight');
    }
    await person.rowMenu(pod, 'Break…');
    page = await workbench.webviewFrame(`Break ${target}`);
    await page.getByRole('heading', { name: `Delete Pod: ${target}` }).waitFor();
    await page.locator('b', { hasText: /1 of 2 servers of/ }).waitFor();
    await page.getByText(`delete pods in ${lab.namespace}`).waitFor();
    const pods = await lab.readyPods(HOUSE_SELECTOR, 2);
    assert.ok(pods.some(({ metadata }) => metadata?.name === target && metadata.deletionTimestamp === undefined));
  });

  it('what is wrong is told at its field; what is changed has another preview', async () => {
    await page.getByRole('textbox', { name: 'Baseline' }).fill('10');
    await page.getByText('“10” has no unit. Write 10 s.').waitFor();
    await page.getByRole('textbox', { name: 'Baseline' }).fill('15 s');
    await page.getByRole('textbox', { name: 'Observe' }).fill('20 s');
    await page.getByRole('textbox', { name: 'Passes when' }).fill('recovered <= 2 min');
    await page.locator('.phases', { hasText: 'baseline 15 s' }).waitFor();
  });

  it('one button begins it, since a lab is open: its panel is there, live', async () => {
    await confirm().click();
    await person
      .runs(/Delete Pod/)
      .filter({ hasText: 'running' })
      .waitFor();
    await workbench.page
      .locator('.tabs-container .tab')
      .filter({ hasText: /Delete Pod.*running/ })
      .waitFor();
    // The form has done its work.
    await workbench.page
      .locator('.tabs-container .tab')
      .filter({ hasText: `Break: ${target}` })
      .waitFor({ state: 'detached' });
  });

  it('the pod goes, another one comes, and the run has its verdict', async () => {
    await lab.waitForAll('the other pod', { kind: 'Pod', labelSelector: HOUSE_SELECTOR }, (pods) =>
      pods.every(({ metadata }) => metadata?.name !== target),
    );
    await person
      .runs(/Delete Pod/)
      .filter({ hasText: 'passed' })
      .waitFor({ timeout: 300_000 });
    await lab.readyPods(HOUSE_SELECTOR, 2, { timeoutMs: 120_000 });
  });
});
