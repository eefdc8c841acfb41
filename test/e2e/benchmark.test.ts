import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, it } from 'mocha';
import type { Frame } from 'playwright-core';
import { Person, pictureOfFailures } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');

/** Ten statements a second for half a minute: long enough to reload a window in the middle. */
const steady = `faultline: 1
name: steady q06
engine: {kind: duckdb, scale: 0.01}
workload: {tpch: 6}
load: {rate: 10/s, duration: 30 s}
`;

/** The verdict's word, once there is one. */
async function verdict(page: Frame): Promise<string> {
  const heading = page.getByRole('heading', { level: 1, name: /^(Passed|Failed|Inconclusive)$/ });
  await heading.waitFor({ timeout: 120_000 });
  return heading.innerText();
}

/** As it is read out: "Planned 300 equals ok 300 plus failed 0 plus dropped 0". */
async function counts(page: Frame): Promise<string | null> {
  return page.getByRole('group', { name: /^Planned / }).getAttribute('aria-label');
}

describe('benchmarks', function () {
  this.timeout(240_000);
  let workbench: Workbench;
  let person: Person;

  before(async () => {
    workbench = await Workbench.open({ extension: root });
    person = new Person(workbench);
  });
  after(() => workbench?.close());
  pictureOfFailures(() => workbench);

  it('TPC-H from the library: the panel is there at once and fills while it runs; every answer is checked', async () => {
    await workbench.showContainer('Faultline');
    await person.runs('No runs yet').waitFor({ state: 'detached' });
    const filling = async (): Promise<Frame> => {
      const panel = await person.latency('TPC-H 0.01');
      await panel.getByText('planned so far').waitFor();
      return panel;
    };
    // These are there only while it runs, a few seconds: each is waited for from before the click.
    const [page] = await Promise.all([
      filling(),
      person.status(/TPC-H 0\.01 · 0:\d\d/).waitFor(),
      person
        .runs('TPC-H 0.01')
        .filter({ hasText: /running/ })
        .waitFor(),
      person.rowAction(workbench.treeRow('TPC-H, 22 queries'), 'Benchmark'),
    ]);
    const word = await verdict(page);
    assert.notEqual(word, 'Failed');
    assert.equal(await counts(page), 'Planned 550 equals ok 550 plus failed 0 plus dropped 0');
    await person.runs('TPC-H 0.01').filter({ hasText: word.toLowerCase() }).waitFor();
    await person.status(/TPC-H 0\.01 · 0:\d\d/).waitFor({ state: 'detached' });
    const table = page.getByRole('table').filter({ hasText: 'q22' });
    assert.equal(await table.getByText('ok', { exact: true }).count(), 22);
  });

  it('reloaded in the middle of a run, the window takes it up again: it finishes, and its panel is back', async () => {
    await writeFile(join(workbench.folder, 'steady.faultline.yaml'), steady);
    await workbench.openFile('steady.faultline.yaml');
    await workbench.runCommand('Faultline: Run Benchmark File');
    const before = await person.latency('steady q06');
    await before.getByText('planned so far').waitFor();
    await workbench.reload();
    await person.status(/steady q06 · 0:\d\d/).waitFor();
    const page = await person.latency('steady q06');
    assert.notEqual(await verdict(page), 'Failed');
    assert.equal(await counts(page), 'Planned 300 equals ok 300 plus failed 0 plus dropped 0');
    await person.status(/steady q06 · 0:\d\d/).waitFor({ state: 'detached' });
  });

  it('closed, and opened again from Runs, it shows the same', async () => {
    const seen = await counts(await person.latency('steady q06'));
    const tab = workbench.page.locator('.tabs-container .tab', { hasText: 'steady q06 ·' });
    await tab.click();
    await workbench.runCommand('View: Close Editor');
    await tab.waitFor({ state: 'detached' });
    await workbench.showContainer('Faultline');
    await person.runs('steady q06').click();
    const page = await person.latency('steady q06');
    await verdict(page);
    assert.equal(await counts(page), seen);
  });

  it('that ends while nobody looks, it tells its verdict and leads to its panel', async () => {
    await writeFile(join(workbench.folder, 'brief.faultline.yaml'), steady.replace('steady q06', 'brief q06').replace('30 s', '8 s'));
    await workbench.openFile('brief.faultline.yaml');
    await workbench.runCommand('Faultline: Run Benchmark File');
    await (await person.latency('brief q06')).getByText('planned so far').waitFor();
    const tab = workbench.page.locator('.tabs-container .tab', { hasText: 'brief q06 ·' });
    await tab.click();
    await workbench.runCommand('View: Close Editor');
    await tab.waitFor({ state: 'detached' });
    const told = person.notification(/brief q06: (passed|inconclusive)\. /);
    await told.getByRole('button', { name: 'Open', exact: true }).click();
    assert.equal(await counts(await person.latency('brief q06')), 'Planned 80 equals ok 80 plus failed 0 plus dropped 0');
  });

  it('two runs that are selected in Runs are compared in one panel', async () => {
    await person.rowAction(workbench.treeRow('TPC-H, 22 queries'), 'Benchmark');
    const both = person.runs('TPC-H 0.01').filter({ hasText: /passed|inconclusive/ });
    await both.nth(1).waitFor({ timeout: 120_000 });
    await both.nth(0).click();
    await both.nth(1).click({ modifiers: ['ControlOrMeta'] });
    await person.rowMenu(both.nth(1), 'Compare Runs…');
    const page = await comparing(workbench);
    await page.getByRole('heading', { name: 'A against B' }).waitFor();
    await page.getByText(/median response, 95 % interval, rank test; 25 rounds a side/).waitFor();
  });

  it('its HTML report is one file that shows the same figures without the editor and without a network', async () => {
    await person.rowMenu(person.runs('steady q06'), 'Export Run…');
    await workbench.pick('HTML report');
    const file = join(workbench.folder, 'report.html');
    await person.chooseFile(file);
    await person.notification(/report\.html: /).waitFor();
    const text = await readFile(file, 'utf8');
    assert.doesNotMatch(text, /(?:src|href)="(?:https?:)?\/\//);
    const alone = await workbench.page.context().newPage();
    try {
      await alone.context().setOffline(true);
      await alone.goto(pathToFileURL(file).href);
      await alone.getByRole('heading', { level: 1, name: /^(Passed|Inconclusive)$/ }).waitFor();
      await alone
        .getByText(/^planned/)
        .first()
        .waitFor();
    } finally {
      await alone.close();
      await workbench.page.context().setOffline(false);
    }
  });

  it('deleted after a question, a run is gone from view and disk', async () => {
    const runs = join(workbench.home, 'runs');
    const before = (await readdir(runs)).filter((name) => !name.startsWith('.')).length;
    await person.rowMenu(person.runs('steady q06'), 'Delete Run…');
    await workbench.page.locator('.monaco-dialog-box').getByRole('button', { name: 'Delete', exact: true }).click();
    await person.runs('steady q06').waitFor({ state: 'detached' });
    assert.equal((await readdir(runs)).filter((name) => !name.startsWith('.')).length, before - 1);
  });
});

async function comparing(workbench: Workbench): Promise<Frame> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    for (const frame of workbench.page.frames()) {
      const isIt = await frame
        .getByRole('heading', { name: 'A against B' })
        .isVisible()
        .catch(() => false);
      if (isIt) return frame;
    }
    await workbench.page.waitForTimeout(100);
  }
  throw new Error('No panel compares two runs.');
}

describe('benchmarks in a workspace that is not trusted', function () {
  this.timeout(120_000);
  let workbench: Workbench;
  let person: Person;

  before(async () => {
    workbench = await Workbench.open({ extension: root, trusted: false });
    person = new Person(workbench);
  });
  after(() => workbench?.close());
  pictureOfFailures(() => workbench);

  it('a query of the library is measured', async () => {
    await workbench.showContainer('Faultline');
    await workbench.treeRow('TPC-H, 22 queries').click();
    await person.rowAction(workbench.treeRow('Q6'), 'Benchmark');
    assert.notEqual(await verdict(await person.latency('q06 on TPC-H 0.01')), 'Failed');
  });

  it('a statement that reads a file of the machine fails, in every one of its operations', async () => {
    await person.openSql('passwd.sql', `select * from read_csv('/etc/passwd', header = false);\n`);
    await person.lens('Benchmark');
    const page = await person.latency('passwd on TPC-H 0.01');
    assert.notEqual(await verdict(page), 'Passed');
    assert.equal(await counts(page), 'Planned 100 equals ok 0 plus failed 100 plus dropped 0');
    assert.equal(await page.getByText('root:').count(), 0);
  });

  it('a benchmark file of the workspace is not run, and says that trust is missing', async () => {
    await writeFile(join(workbench.folder, 'steady.faultline.yaml'), steady);
    await workbench.openFile('steady.faultline.yaml');
    await workbench.runCommand('Faultline: Run Benchmark File');
    const refusal = person.notification('Spec files are not run. This workspace is not trusted. Trust it, then do it again.');
    await refusal.getByRole('button', { name: 'Manage Workspace Trust' }).waitFor();
    const runs = await readdir(join(workbench.home, 'runs'));
    assert.equal(runs.filter((name) => name.includes('steady')).length, 0);
  });
});
