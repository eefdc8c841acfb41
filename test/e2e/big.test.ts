import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import type { Frame } from 'playwright-core';
import { cell, facts, Person, pictureOfFailures } from './person.ts';
import { peakMemoryBytes, queryHost } from './processes.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');
const execute = promisify(execFile);

const tenMillion = `select range as n,
  (range * 7919) % 10000000 as mixed,
  range / 3.0 as third,
  'row ' || range as name,
  timestamp '2020-01-01' + to_seconds(range) as at,
  range % 1000 = 0 as thousandth
from range(10000000);
`;
const patient = { timeout: 120_000 };

describe('an answer of ten million rows', () => {
  let workbench: Workbench;
  let person: Person;
  let results: Frame;

  before(async () => {
    workbench = await Workbench.open({ extension: root });
    person = new Person(workbench);
  });
  after(() => workbench?.close());
  pictureOfFailures(() => workbench);

  it('arrives whole, and its first row is in sight', async () => {
    results = await person.runSql('big.sql', tenMillion);
    await cell(results, 'row 0').waitFor();
    await facts(results).getByText('10,000,000 rows').waitFor(patient);
    await person.status(/^ *big · /).waitFor({ state: 'detached' });
  });

  it('Ctrl+End goes to the very last row, Ctrl+Home back to the first', async () => {
    const { page } = workbench;
    await cell(results, 'row 0').click();
    await page.keyboard.press('ControlOrMeta+End');
    await results.getByRole('rowheader', { name: '10,000,000', exact: true }).waitFor();
    await page.keyboard.press('Home');
    await cell(results, '9999999').first().waitFor();
    await page.keyboard.press('ControlOrMeta+Home');
    await results.getByRole('rowheader', { name: '1', exact: true }).waitFor();
  });

  it('a click on a header sorts all rows, not only those in sight', async () => {
    const header = results.getByRole('columnheader', { name: 'mixed' });
    await header.click();
    await results.locator('[role=columnheader][aria-sort=ascending]').waitFor(patient);
    await results
      .getByRole('row')
      .filter({ has: cell(results, 'row 0') })
      .waitFor(patient);
    await header.click();
    await results.locator('[role=columnheader][aria-sort=descending]').waitFor(patient);
    // 7919 has an inverse modulo ten million: exactly one row has the largest value.
    const first = results.getByRole('row').filter({ has: results.getByRole('rowheader', { name: '1', exact: true }) });
    await first.getByText('9999999', { exact: true }).waitFor(patient);
    const n = (inverse(7919n, 10_000_000n) * 9_999_999n) % 10_000_000n;
    await first.getByText(`row ${n}`, { exact: true }).waitFor();
  });

  it('a filter counts exactly the rows that pass it', async () => {
    const { page } = workbench;
    await cell(results, /^row /).first().click();
    await page.keyboard.press('Alt+ArrowDown');
    const filter = results.getByRole('dialog', { name: 'Filter name' });
    await filter.waitFor();
    await page.keyboard.insertText('99999');
    await page.keyboard.press('Enter');
    await filter.waitFor({ state: 'detached' });
    const passing = `${containing('99999', 10_000_000)} of 10,000,000 rows`;
    await facts(results).locator('.fact').filter({ hasText: passing }).waitFor(patient);
  });

  it('what is seen is exported, and the terminal counts the same rows in the file', async () => {
    const file = join(workbench.folder, 'big.parquet');
    await results.getByRole('button', { name: 'Remove the filter' }).click();
    await facts(results)
      .getByText('of 10,000,000 rows')
      .waitFor({ state: 'detached', ...patient });
    await results.getByRole('button', { name: 'Export' }).click();
    await results.getByRole('menuitem', { name: /^Parquet/ }).click();
    await person.chooseFile(file);
    await person.notification('big.parquet: 10,000,000 rows,').waitFor(patient);
    const sql = `select count(*) as n, sum(n)::hugeint as total, max(name) as name, count(*) filter (thousandth) as t from '${file}'`;
    const args = [join(root, 'dist', 'cli.js'), 'sql', sql, '--format', 'csv'];
    const { stdout } = await execute(process.execPath, args, { env: { ...process.env, FAULTLINE_HOME: workbench.home } });
    assert.equal(stdout, 'n,total,name,t\n10000000,49999995000000,row 9999999,10000\n');
  });

  it('takes no more memory than a small machine has: the query host and the page stay bounded', async () => {
    const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
    const host = megabytes(peakMemoryBytes(queryHost(workbench)));
    assert.ok(host < 900, `the query host took ${host} MB`);
    const heap = await results.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize);
    assert.ok(megabytes(heap) < 200, `the page's heap is ${megabytes(heap)} MB`);
  });
});

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
}

function containing(digits: string, end: number): number {
  let count = 0;
  for (let n = 0; n < end; n++) if (String(n).includes(digits)) count++;
  return count;
}
