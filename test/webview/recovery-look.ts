/** What a test of the recovery page looks at. */
import type { Locator, Page } from 'playwright-core';

/** What the host was asked so far by this name, after `atLeast` so many have come. */
export async function calls(page: Page, name: string, atLeast = 0): Promise<readonly (readonly unknown[])[]> {
  await page.waitForFunction(({ wanted, count }) => window.fakeRecovery.calls.filter((call) => call.name === wanted).length >= count, {
    wanted: name,
    count: atLeast,
  });
  return page.evaluate((wanted) => window.fakeRecovery.calls.filter((call) => call.name === wanted).map((call) => [...call.args]), name);
}

export function lanes(page: Page): Locator {
  return page.locator('section.lanes');
}

/** All that is drawn in the rows of a lane, as words. */
export function wordsOf(page: Page, lane: string): Promise<readonly string[]> {
  return page.locator(`.row[data-lane=${lane}] .plot text`).evaluateAll((all) => all.map((each) => (each.textContent ?? '').trim()));
}

/** The reading of a row. */
export function reading(page: Page, key: string): Promise<string> {
  return page.locator(`[data-key="${key}"] .rd`).innerText();
}

/** Moment of the shared cursor, as its label says. */
export async function cursor(page: Page): Promise<string> {
  return (await page.locator('.over.front text').textContent()) ?? '';
}

/** Rows of a lane's table. */
export function cells(page: Page, lane: string): Promise<string[][]> {
  return page
    .locator(`[data-table-of=${lane}] tbody tr`)
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')));
}

/** Nothing but tables may be scrolled sideways. */
export function isWiderThanWindow(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

/** What the page keeps of the person's arrangement. */
export function kept(page: Page): Promise<{ window: { fromAt: number; toAt: number } | null; pinAt: number | null }> {
  return page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide'));
    const state = JSON.parse(sessionStorage.getItem('recovery-page-state') ?? '{}') as { arrangement: never };
    return state.arrangement;
  });
}
