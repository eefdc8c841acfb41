/** What a test of the latency page looks at, and what the same journal says without a page. */
import type { Locator, Page } from 'playwright-core';
import { RunProjection } from '../../src/analysis/run.ts';
import { JournalText } from '../../src/journal/parse.ts';

export function projected(text: string): RunProjection {
  const journal = new JournalText();
  const events = journal.push(text);
  if (journal.header === undefined) throw new Error('the journal has no header');
  const run = new RunProjection(journal.header);
  for (const event of events) run.add(event);
  return run;
}

/** What the host was asked so far by this name, after `atLeast` so many have come: they are under way for a moment. */
export async function calls(page: Page, name: string, atLeast = 0): Promise<readonly (readonly unknown[])[]> {
  await page.waitForFunction(({ wanted, count }) => window.fakeLatency.calls.filter((call) => call.name === wanted).length >= count, {
    wanted: name,
    count: atLeast,
  });
  return page.evaluate((wanted) => window.fakeLatency.calls.filter((call) => call.name === wanted).map((call) => [...call.args]), name);
}

export function called(page: Page, name: string): Promise<unknown> {
  return page.waitForFunction((wanted) => window.fakeLatency.calls.some((call) => call.name === wanted), name);
}

/** Left and right of the plot in the chart over time, for a run of 10 minutes. */
export async function brush(page: Page, fromMs: number, toMs: number): Promise<void> {
  const box = await page.locator('.overtime .chart').boundingBox();
  if (box === null) throw new Error('the chart over time is not there');
  const at = (ms: number): number => box.x + 50 + ((box.width - 90) * ms) / 600_000;
  await page.mouse.move(at(fromMs), box.y + 60);
  await page.mouse.down();
  await page.mouse.move(at(toMs), box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(2, 2);
  await page.locator('.overtime .clear').waitFor();
}

/** What the page kept of the brush. */
export function keptBrush(page: Page): Promise<{ fromMs: number; toMs: number } | null> {
  return page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide'));
    const kept = JSON.parse(sessionStorage.getItem('latency-page-state') ?? 'null') as {
      arrangement: { brush: { fromMs: number; toMs: number } | null };
    } | null;
    return kept?.arrangement.brush ?? null;
  });
}

/** Cells of a table by its rows. */
export function cells(table: Locator): Promise<string[][]> {
  return table
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent.trim())));
}

export function ms(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function draws(page: Page): Promise<number> {
  return page.evaluate(() => window.drawn ?? 0);
}

declare global {
  interface Window {
    /** Counted by `countDraws`. */
    drawn?: number;
  }
}

/** Counts how often the planned count of the strip was written anew. */
export function countDraws(page: Page): Promise<void> {
  return page.evaluate(() => {
    window.drawn = 0;
    new MutationObserver(() => (window.drawn = (window.drawn ?? 0) + 1)).observe(document.querySelector('.eq') as Element, {
      childList: true,
    });
  });
}
