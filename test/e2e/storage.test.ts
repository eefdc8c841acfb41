import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import type { Locator } from 'playwright-core';
import { cell, facts, Person, pictureOfFailures, resultTab, until } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

describe('storage on its bad days', () => {
  let workbench: Workbench;
  let person: Person;
  let mounted: string | undefined;

  before(async () => {
    workbench = await Workbench.open({ extension: root });
    person = new Person(workbench);
  });
  after(async () => {
    await release();
    await workbench?.close();
  });
  pictureOfFailures(() => workbench);

  /** A disk of its own for a folder. Only root may make one: for others this fails, and says so. */
  async function smallDisk(folder: string): Promise<string> {
    if (mounted !== undefined) return mounted;
    await mkdir(folder, { recursive: true });
    // The store keeps 512 MB free for others: 38 MB are left for rows.
    await run('mount', ['-t', 'tmpfs', '-o', 'size=550m', 'faultline-test', folder]);
    return (mounted = folder);
  }

  async function release(): Promise<void> {
    if (mounted === undefined) return;
    // Lazily: a query host that a failed test left may still have a file open there.
    await run('umount', ['-l', mounted]);
    mounted = undefined;
  }

  /** Where VS Code lets Faultline keep the rows of this window. */
  async function resultsFolder(): Promise<string> {
    const storages = join(workbench.scratch, 'server', 'data', 'User', 'workspaceStorage');
    const [storage] = await readdir(storages);
    assert.ok(storage !== undefined, 'VS Code has no storage for this window');
    return join(storages, storage, 'faultline.faultline', 'results');
  }

  async function dismiss(notification: Locator): Promise<void> {
    await notification.hover();
    await notification.locator('.codicon-notifications-clear').click();
    await notification.waitFor({ state: 'detached' });
  }

  it('a home that can’t be written is named, with what to do; when it can be written, the same statement runs', async () => {
    // Root may write anywhere: a file where a folder has to be can't be written by anybody.
    const obstacles = [join(workbench.home, 'data'), join(workbench.home, 'history')];
    for (const obstacle of obstacles) await writeFile(obstacle, '');
    const results = await person.runSql('count.sql', 'select count(*) as lines from lineitem;\n');
    const alert = results.getByRole('alert');
    await alert.getByText('The data folder can’t be written').waitFor();
    await alert.getByText(join(workbench.home, 'data', 'tpch')).waitFor();
    await alert.getByText('Make it writable, or set FAULTLINE_HOME to another folder.').waitFor();
    const history = person.notification('The query history cannot be read or written');
    await history.waitFor();
    await dismiss(history);
    for (const obstacle of obstacles) await rm(obstacle);
    await alert.getByRole('button', { name: 'Run again' }).click();
    await cell(results, '60175').waitFor();
    await until('the history is written', async () => (await historyText()).includes('count(*) as lines'));
  });

  function historyText(): Promise<string> {
    return readFile(join(workbench.home, 'history', 'history.ndjson'), 'utf8').catch(() => '');
  }

  it('where rows can’t be stored, a large result says so, small ones still come, and it works again afterwards', async () => {
    const folder = await resultsFolder();
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, '');
    const results = await person.runSql('large.sql', 'select * from lineitem;\n');
    const banner = results.getByRole('status').filter({ hasText: 'Stopped after 2,048 rows.' });
    await banner.getByText(/The result could not be stored\..*is a folder that you may write to and that its disk is not full/).waitFor();
    await person.runSql('small.sql', 'select n_name from nation order by n_nationkey;\n');
    await cell(results, 'ALGERIA').waitFor();
    await rm(folder);
    await smallDisk(folder);
    await workbench.openFile('large.sql');
    await person.lens('Run');
    await facts(results).getByText('60,175 rows').waitFor();
  });

  it('a disk that is full stops the statement in words; its rows and earlier results stay readable, and room helps', async () => {
    await cell(await person.runSql('regions.sql', 'select r_name from region order by r_regionkey;\n'), 'AFRICA').waitFor();
    const disk = await smallDisk(await resultsFolder());
    const page = await person.runSql('earlier.sql', 'select l_orderkey, l_comment as earlier from lineitem order by all;\n');
    await facts(page).getByText('60,175 rows').waitFor();
    const many = 'select md5(range::text) as flood, md5((range + 1)::text) as more from range(10000000);\n';
    await person.runSql('flood.sql', many);
    const banner = page.getByRole('status').filter({ hasText: /^Stopped after [1-9][\d,]* rows\./ });
    await banner.getByText(/The disk of the result store has only .* left\..*Make room on the disk of/).waitFor();
    await cell(page, 'cfcd208495d565ef66e7dff9f98764da').waitFor();
    await resultTab(page, /earlier/).click();
    await facts(page).getByText('60,175 rows').waitFor();
    await page.getByRole('gridcell').first().click();
    await workbench.page.keyboard.press('ControlOrMeta+End');
    await cell(page, '60000').first().waitFor();
    await run('mount', ['-o', 'remount,size=4g', disk]);
    await person.runSql('again.sql', 'select md5(range::text) as again from range(1000000);\n');
    await facts(page).getByText('1,000,000 rows').waitFor();
  });

  it('when the generator is killed, nothing half made is ever listed, and a data set can be made afterwards', async () => {
    await workbench.showContainer('Faultline');
    await workbench.runCommand('Faultline: Make a TPC-H Data Set…');
    await workbench.pick(/TPC-H 1$/);
    await person.notification('Making TPC-H 1').waitFor();
    const folder = join(workbench.home, 'data', 'tpch', 'sf1');
    await until('a part of the data set is on the disk', async () =>
      (await readdir(folder).catch(() => [])).some((name) => name !== 'lock' && !name.startsWith('lock-')),
    );
    assert.equal(await isThere(join(folder, 'tpch.duckdb')), false);
    process.kill(await generator(folder), 'SIGKILL');
    const crash = person.notification('The process that makes the data set ended unexpectedly. Nothing of it is kept.');
    await crash.waitFor();
    await workbench.treeRow('TPC-H 0.01').waitFor();
    assert.equal(await workbench.treeRow('TPC-H 1').count(), 0);
    const left = await readdir(folder).catch(() => []);
    assert.deepEqual(
      left.filter((name) => name !== 'lock'),
      [],
    );
    await dismiss(crash);

    await workbench.runCommand('Faultline: Make a TPC-H Data Set…');
    await workbench.pick(/Another scale factor…/);
    await workbench.answer('0.02');
    await person.notification('SQL statements of this window now run on TPC-H 0.02.').waitFor();
    await workbench.treeRow('TPC-H 0.02').waitFor();
    const results = await person.runSql('orders.sql', 'select count(*) as orders from orders;\n');
    await cell(results, '30000').waitFor();
  });

  function isThere(path: string): Promise<boolean> {
    return access(path).then(
      () => true,
      () => false,
    );
  }

  /** The process that fills a data set's folder. */
  async function generator(folder: string): Promise<number> {
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      if (command.includes('datagen') && command.includes(folder)) return Number(name);
    }
    throw new Error('No process makes the data set');
  }
});
