import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import type { Frame, Locator } from 'playwright-core';
import { cell, facts, Person, pictureOfFailures, resultTab } from './person.ts';
import { processorMs, queryHost } from './processes.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');
const runaway = 'select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7;\n';
const numbers = 'select range as n, range * 2 as twice from range(100000);\n';

function figures(results: Frame): Locator {
  return results.getByRole('status', { name: 'Summary of the selection' });
}

/** Number of the first row in sight, and what the footer says of the selection. */
async function whatIsSeen(results: Frame): Promise<{ readonly first: string; readonly selection: string }> {
  const grid = results.getByRole('grid');
  const first = await grid.evaluate((element) => {
    const top = element.getBoundingClientRect().top + 40;
    const numbered = [...element.querySelectorAll<HTMLElement>('[role=rowheader]')].filter(
      (row) => row.getBoundingClientRect().bottom > top + 1,
    );
    return numbered.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0]?.innerText ?? '';
  });
  return { first, selection: (await figures(results).textContent()) ?? '' };
}

describe('bad days of a window', () => {
  let workbench: Workbench;
  let person: Person;

  before(async () => {
    workbench = await Workbench.open({ extension: root });
    person = new Person(workbench);
    // Data is made with the first statement: its time is not the runaway's.
    await cell(await person.runSql('first.sql', 'select count(*) as regions from region;\n'), '5').waitFor();
  });
  after(() => workbench.close());
  pictureOfFailures(() => workbench);

  it('a runaway cross join is stopped from the status bar; the engine rests and takes the next statement', async () => {
    const results = await person.runSql('runaway.sql', runaway);
    const running = person.status(/runaway · 0:[0-9]*[1-9]/);
    await running.waitFor();
    await running.click();
    await results.getByText(/^Cancelled after /).waitFor();
    await running.waitFor({ state: 'detached' });
    await results.getByRole('tab', { name: 'Messages' }).click();
    const told = await results.getByText(/took .* to stop$/).innerText();
    const [, amount, unit] = /took (?:< )?([\d.]+) (ms|s) to stop$/.exec(told) ?? [];
    assert.ok(Number(amount) * (unit === 's' ? 1000 : 1) < 2000, told);
    const pid = queryHost(workbench);
    const before = { processor: processorMs(pid), clock: performance.now() };
    await person.runSql('next.sql', 'select 5 as five;\n');
    await cell(results, '5').waitFor();
    const busy = (processorMs(pid) - before.processor) / (performance.now() - before.clock);
    assert.ok(busy < 0.5, `the engine still computes: ${busy.toFixed(2)} processors busy`);
    assert.equal(queryHost(workbench), pid);
  });

  it('a query host killed in the middle of a statement is told in words; what was lost is run again with a click', async () => {
    const results = await person.runSql('runaway.sql', runaway);
    await person.status(/runaway · 0:[0-9]*[1-9]/).waitFor();
    const killed = queryHost(workbench);
    process.kill(killed, 'SIGKILL');
    await results.getByRole('alert').getByText('The query host ended unexpectedly').waitFor();
    await results.getByRole('button', { name: 'Run again' }).waitFor();
    const told = person.notification('The query host ended unexpectedly');
    await told.getByRole('button', { name: 'Run Again' }).waitFor();
    await resultTab(results, /^rows no longer held next/).click();
    await results.getByText('select 5 as five').waitFor();
    await results.getByRole('button', { name: 'Run again' }).click();
    await cell(results, '5').waitFor();
    assert.notEqual(queryHost(workbench), killed);
    await person.status('runaway').waitFor({ state: 'detached' });
  });

  it('hidden behind another tab and shown again, the results have the same rows, place and selection', async () => {
    const { page } = workbench;
    const results = await person.runSql('numbers.sql', numbers);
    await facts(results).getByText('100,000 rows').waitFor();
    await cell(results, '3').first().click();
    for (let pages = 0; pages < 8; pages++) await page.keyboard.press('PageDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowRight');
    await figures(results).getByText('distinct').first().waitFor();
    const seen = await whatIsSeen(results);
    assert.match(seen.selection, /^6 cells.3 rows × 2/);
    assert.ok(Number(seen.first) > 50, seen.first);

    await workbench.runCommand('View: Move Editor into Previous Group');
    await workbench.tab('numbers.sql').click();
    await person.line('from range(100000)').waitFor();
    await page.locator('.tabs-container .tab', { hasText: 'Results' }).click();
    const again = await person.results();
    await figures(again).getByText('distinct').first().waitFor();
    assert.deepEqual(await whatIsSeen(again), seen);
    await workbench.runCommand('View: Move Editor into Next Group');
  });

  it('after a reload of the window the tabs are back, say that their rows are gone, and run again', async () => {
    const before = await person.results();
    await resultTab(before, /numbers/).waitFor();
    const titles = await before.getByRole('tablist', { name: 'Result sets' }).locator('.title').allInnerTexts();
    assert.ok(titles.length >= 3, titles.join());
    await workbench.reload();
    const results = await person.results();
    await resultTab(results, /numbers/).click();
    await facts(results).getByText('rows no longer held').waitFor();
    assert.deepEqual(await results.getByRole('tablist', { name: 'Result sets' }).locator('.title').allInnerTexts(), titles);
    await results.getByRole('button', { name: 'Run again' }).click();
    await facts(results).getByText('100,000 rows').waitFor();
    await figures(results).getByText('6 cells').waitFor();
  });
});
