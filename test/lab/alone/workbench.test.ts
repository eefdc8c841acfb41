import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Locator } from 'playwright-core';
import { cell, facts, Person } from '../../e2e/person.ts';
import { Workbench } from '../../e2e/workbench.ts';
import { Progress } from '../../workbench/cache.mjs';
import { program } from '../build/programs.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { isReady } from '../use/wait.ts';
import { DEFAULT_MINOR } from '../versions.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** From an empty namespace to a checked answer, as a person does it: by mouse and keys, in the real workbench. */
describe('a cluster in the workbench', function () {
  this.timeout(300_000);
  // Each step begins where the one before it ended.
  this.bail(true);
  let lab: TestLab;
  let workbench: Workbench;
  let person: Person;
  let context: string;

  before(async () => {
    lab = await useLab({ profile: 'cluster' });
    workbench = await Workbench.open({
      extension: root,
      height: 1200,
      env: { KUBECONFIG: lab.kubeconfig },
      settings: { 'faultline.helm.path': await program('helm', DEFAULT_MINOR, new Progress('lines')) },
    });
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
  /** The engine of this test's namespace, not the server of that name which SQL runs on: other tests' may be there too. */
  const engine = (word = /./): Locator => row(new RegExp(`${word.source}.* · ${lab.namespace} · .*ClickHouse`));

  it('is contacted when it is opened, and not before', async () => {
    await row(context).filter({ hasText: 'not contacted' }).waitFor();
    await row(context).click();
    await person.clickRow(row(/^Nodes/));
    await row(/lab-1ready/).waitFor();
  });

  it('gets ClickHouse: chart, profile, values, a preview of what changes, a click, and progress until ready', async () => {
    await workbench.runCommand('Faultline: Deploy…');
    await workbench.pick(context);
    await workbench.pick('clickhouse');
    await workbench.pick('lab');
    await workbench.answer('clickhouse');
    await workbench.answer(lab.namespace);
    await person.editor.locator('.codelens-decoration a').filter({ hasText: 'Preview: what changes' }).click();
    const preview = workbench.page.locator('.editor-instance .monaco-editor[data-uri^="faultline-deploy:"]');
    await preview.locator('.view-line').filter({ hasText: 'It is installed anew.' }).waitFor();
    await preview.locator('.view-line').filter({ hasText: 'StatefulSet/' }).first().waitFor();
    await preview.locator('.codelens-decoration a').filter({ hasText: 'Deploy clickhouse to' }).click();
    // A lab is open: a click is enough.
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Deploy', exact: true }).click();
    await person.notification(/Deploying clickhouse: done/).waitFor({ timeout: 240_000 });
    await engine(/healthy/).waitFor();
  });

  it('runs SQL there, with the rows in the grid', async () => {
    await workbench.runCommand('Faultline: Run SQL Here');
    await workbench.pick(`${lab.namespace}/clickhouse`);
    // The chart's user has a password, so the server wants a login: its Secret has one.
    await workbench.pick('Secret clickhouse-auth');
    await workbench.pick('default');
    await workbench.tab('Untitled-2').waitFor();
    await person.editor.click();
    await workbench.page.keyboard.press('Control+End');
    await workbench.page.keyboard.type('select 6 * 7 as answer, toDecimal64(1.50, 2) as price');
    await person.lens('Run');
    const results = await person.results();
    await cell(results, '42').waitFor();
    await cell(results, '1.50').waitFor();
    assert.match(await facts(results).innerText(), /ClickHouse/);
  });

  it('compares its answer with that of the embedded engine', async () => {
    await person.editor.click();
    await workbench.page.keyboard.press('ControlOrMeta+A');
    await workbench.page.keyboard.type('select 2 as n union all select 1 order by 1');
    await person.editor.locator('.codelens-decoration a').filter({ hasText: 'Compare engines' }).click();
    await workbench.pick(/^TPC-H 0\.01/);
    const results = await person.results();
    await results
      .getByText(/ClickHouse against DuckDB/)
      .first()
      .waitFor();
    await results.getByText('Equal: 2 rows').first().waitFor();
  });

  it('shows a pod that dies, and the one that takes its place', async () => {
    const before = await lab.waitForAll('the pod', { kind: 'Pod', labelSelector: 'app.kubernetes.io/instance=clickhouse' }, (pods) =>
      pods.some(isReady),
    );
    const name = before.find(isReady)?.metadata?.name ?? '';
    const gone = engine().filter({ hasNotText: 'healthy' });
    const seen = gone.waitFor();
    await lab.api.core.deleteNamespacedPod({ namespace: lab.namespace, name, gracePeriodSeconds: 1 });
    await seen;
    await engine(/healthy/).waitFor({ timeout: 120_000 });
  });

  it('gives its release back: what stays is said before', async () => {
    await workbench.runCommand('Faultline: Uninstall…');
    await workbench.pick('clickhouse', lab.namespace);
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Uninstall', exact: true }).click();
    await person.notification(/Uninstalling clickhouse: done/).waitFor({ timeout: 120_000 });
    await engine().waitFor({ state: 'detached' });
  });
});
