import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { cell, facts, Person, pictureOfFailures, resultTab, until } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');

/** Query 1 at scale factor 0.01, from the answers that come with DuckDB's TPC-H extension. */
const pricing = [
  'A F 380456.00 532348211.65 505822441.4861 526165934.000839 25.575154611454693 35785.709306937344 0.05008133906964238 14876',
  'N F 8971.00 12384801.37 11798257.2080 12282485.056933 25.778735632183906 35588.50968390804 0.047758620689655175 348',
  'N O 742802.00 1041502841.45 989737518.6346 1029418531.523350 25.45498783454988 35691.12920907 0.04993111956409992 29181',
  'R F 381449.00 534594445.35 507996454.4067 528524219.358903 25.597168165346933 35874.00653268018 0.049827539927526504 14902',
];

const several = `select 1 as one;
select 18446744073709551616::hugeint as big, 'a,b' as comma, null as nothing, 1.10::decimal(10, 2) as ten;
select count(*) as lines from lineitem;
`;

describe('the first use', () => {
  let workbench: Workbench;
  let person: Person;

  before(async () => {
    workbench = await Workbench.open({ extension: root });
    person = new Person(workbench);
  });
  after(() => workbench.close());
  pictureOfFailures(() => workbench);

  it('Runs offers a recorded recovery as long as it is empty', async () => {
    await workbench.showContainer('Faultline');
    await workbench.view('Runs').getByRole('button', { name: 'Open a Recorded Recovery' }).click();
    const recovery = await person.recovery('Kafka, a leader killed');
    await recovery.getByRole('heading', { level: 1, name: 'Passed' }).waitFor();
    await recovery.getByText('no loss among 6,143 acknowledged').first().waitFor();
    await recovery.getByText('kafka-1').first().waitFor();
    await workbench.runCommand('View: Close All Editors');
    assert.equal(await person.runs('Kafka, a leader killed').count(), 0);
  });

  it('a click in the SQL library opens a copy of the query beside nothing else', async () => {
    await workbench.showContainer('Faultline');
    await workbench.treeRow('TPC-H, 22 queries').click();
    await workbench.treeRow('Q1 Pricing summary report').click();
    await person.line('l_returnflag,').first().waitFor();
    await person.editor.locator('.codelens-decoration a').filter({ hasText: 'Explain' }).waitFor();
    assert.equal(await workbench.page.locator('.tabs-container .tab').count(), 1);
    await person.status('DuckDB · TPC-H 0.01').waitFor();
  });

  it('Run brings the exact rows of real data that was made without a question', async () => {
    await person.lens('Run');
    const results = await person.results();
    await cell(results, '526,165,934.000839').waitFor();
    await facts(results).getByText('4 rows').waitFor();
    await facts(results).getByText('DuckDB 1.5.5').waitFor();
    const [names, ...rows] = await person.copyAll(results);
    assert.equal(names?.length, 10);
    assert.deepEqual(
      rows.map((row) => row.slice(0, 6).join(' ')),
      pricing.map((row) => row.split(' ').slice(0, 6).join(' ')),
    );
    assert.deepEqual(
      rows.map((row) => row.at(-1)),
      pricing.map((row) => row.split(' ').at(-1)),
    );
  });

  it('Explain shows the plan with its largest share marked and named', async () => {
    await person.lens('Explain');
    const results = await person.results();
    const plan = results.getByRole('treegrid', { name: 'Operators of the plan' });
    await plan.waitFor();
    const shares = (await plan.getByRole('row').locator('td:nth-child(3)').allInnerTexts()).map((text) =>
      Number(/\d+/.exec(text)?.[0] ?? 0),
    );
    const largest = results.locator('tr.top');
    assert.equal(await largest.count(), 1);
    const share = Number(/\d+/.exec(await largest.locator('td:nth-child(3)').innerText())?.[0]);
    assert.equal(share, Math.max(...shares));
    await results.getByText(new RegExp(`takes ${share} % of the time`)).waitFor();
    await plan.getByText('lineitem').first().waitFor();
    await results.getByRole('button', { name: 'Text', exact: true }).click();
    await results.getByText('l_shipdate').first().waitFor();
  });

  it('a wrong name is marked in the text and in words; one click repairs it, and it runs', async () => {
    const results = await person.runSql('typo.sql', 'select c_name, c_naem\nfrom customer\norder by c_custkey\nlimit 3;\n');
    await results.getByRole('alert').getByText('There is no column c_naem').waitFor();
    await results.getByRole('alert').getByText('line 1, column 16').waitFor();
    await person.editor.locator('.squiggly-error').waitFor();
    await workbench.page.locator('.statusbar-item[id="status.problems"]').filter({ hasText: '1' }).waitFor();
    await results.getByRole('button', { name: 'Replace with c_name' }).click();
    await person.line('select c_name, c_name').waitFor();
    await person.editor.locator('.squiggly-error').waitFor({ state: 'detached' });
    await person.lens('Run');
    await cell(results, 'Customer#000000003').first().waitFor();
    await facts(results).getByText('3 rows').waitFor();
  });

  it('Run File brings each statement’s rows as a tab, exact to the last digit', async () => {
    await person.openSql('several.sql', several);
    await workbench.page.locator('.editor-actions a[aria-label*="Run File"]').first().click();
    const results = await person.results();
    await cell(results, '60175').waitFor();
    for (const title of [/select 1 as one/, /hugeint/, /count\(\*\) as lines/]) await resultTab(results, title).waitFor();
    await resultTab(results, /hugeint/).click();
    await cell(results, '18446744073709551616').waitFor();
    await results.getByRole('gridcell').getByText('NULL', { exact: true }).waitFor();
    assert.deepEqual(await person.copyAll(results), [
      ['big', 'comma', 'nothing', 'ten'],
      ['18446744073709551616', 'a,b', '', '1.10'],
    ]);
  });

  it('the export is a file with the same exact values', async () => {
    const results = await person.results();
    await results.getByRole('button', { name: 'Export' }).click();
    await results.getByRole('menuitem', { name: /^CSV/ }).click();
    const file = join(workbench.folder, 'exact.csv');
    await person.chooseFile(file);
    await person.notification('exact.csv: 1 row,').waitFor();
    assert.equal(await readFile(file, 'utf8'), 'big,comma,nothing,ten\n18446744073709551616,"a,b",,1.10\n');
  });

  it('the history finds a statement by words, and opens it', async () => {
    // A page that still takes the focus back from its export's dialog would close the search.
    await person.line('select 1 as one').click();
    await workbench.runCommand('Faultline: Search Query History…');
    const found = await person.search('Query History', 'customer limit c_custkey');
    await until('two statements are found', async () => (await found.count()) === 2);
    const labels = await found.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')));
    assert.match(labels[0] ?? '', /3 rows/);
    assert.match(labels[1] ?? '', /failed/);
    await found.first().click();
    await person.line('select c_name, c_name').waitFor();
    assert.match((await workbench.page.locator('.tabs-container .tab.active').first().getAttribute('aria-label')) ?? '', /Untitled/);
  });

  it('after FROM, completion offers the columns of that table with their types', async () => {
    await person.openSql('complete.sql', 'select * from customer where \n');
    const { page } = workbench;
    await page.keyboard.press('ControlOrMeta+Home');
    await page.keyboard.press('End');
    await page.keyboard.type('c_acc');
    const offered = page.locator('.suggest-widget.visible .monaco-list-row');
    await offered.filter({ hasText: 'c_acctbal' }).waitFor();
    assert.match((await offered.first().getAttribute('aria-label')) ?? '', /^c_acctbal, DECIMAL\(15,2\)/);
    await page.keyboard.press('Enter');
    await person.line('where c_acctbal').waitFor();
  });
});
