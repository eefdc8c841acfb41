/** What a test looks at on the page. */
import type { Page } from 'playwright-core';

/** All rows in sight have come. */
export async function arrived(page: Page): Promise<void> {
  await page.waitForSelector('.row:not([hidden]) .cell, .empty-rows:not([hidden])');
  await page.waitForFunction(
    () => document.querySelector('.grid[aria-busy=true]') === null && document.querySelector('.row:not([hidden]) .wait') === null,
  );
}

/**
 * What the host was asked so far by this name. The page shows what it asked for before the host has heard of it: `atLeast` so many are
 * waited for.
 */
export async function calls(page: Page, name: string, atLeast = 0): Promise<{ name: string; args: readonly unknown[] }[]> {
  await page.waitForFunction(({ wanted, count }) => window.fake.calls.filter((call) => call.name === wanted).length >= count, {
    wanted: name,
    count: atLeast,
  });
  return page.evaluate(
    (wanted) => window.fake.calls.filter((call) => call.name === wanted).map((call) => ({ name: call.name, args: [...call.args] })),
    name,
  );
}

/** Numbers of the rows that are in sight, at least in part, below the header. */
async function seen(page: Page): Promise<number[]> {
  return page.evaluate(() => {
    const top = document.querySelector('.grid .head')?.getBoundingClientRect().bottom ?? 0;
    const end = document.querySelector('.grid .pane')?.getBoundingClientRect().bottom ?? 0;
    return [...document.querySelectorAll('.grid .row:not([hidden])')]
      .filter((row) => row.getBoundingClientRect().bottom > top + 1 && row.getBoundingClientRect().top < end - 1)
      .map((row) => Number(row.getAttribute('aria-rowindex')) - 2);
  });
}

export async function topRow(page: Page): Promise<number> {
  return Math.min(...(await seen(page)));
}

export async function lastRow(page: Page): Promise<number> {
  return Math.max(...(await seen(page)));
}

export function selectedCells(page: Page): Promise<number> {
  return page.locator('.row:not([hidden]) [aria-selected=true]').count();
}

/** As a jump of the scroll bar does: by proportion. */
export async function scrollToFraction(page: Page, fraction: number): Promise<void> {
  await page
    .locator('.scroller')
    .evaluate((element, at) => element.scrollTo(0, (element.scrollHeight - element.clientHeight) * at), fraction);
  await page.waitForFunction((at) => {
    const rows = Number(document.querySelector('.grid')?.getAttribute('aria-rowcount')) - 1;
    return Math.abs(Number(document.querySelector<HTMLElement>('.row:not([hidden]) .rn')?.dataset['row']) / rows - at) < 0.01;
  }, fraction);
}

/** Another row has become the first in sight. */
export async function moves(page: Page, from: number): Promise<void> {
  await page.waitForFunction((row) => {
    const top = document.querySelector('.grid .head')?.getBoundingClientRect().bottom ?? 0;
    const element = document.querySelector(`.row:not([hidden])[aria-rowindex="${row + 2}"]`);
    return element === null || element.getBoundingClientRect().bottom <= top + 1;
  }, from);
}

/** The whole row stands between the header and the lower edge. */
export async function inSight(page: Page, row: number): Promise<void> {
  await page.waitForFunction((wanted) => {
    const top = document.querySelector('.grid .head')?.getBoundingClientRect().bottom ?? 0;
    const end = document.querySelector('.grid .pane')?.getBoundingClientRect().bottom ?? 0;
    const box = document.querySelector(`.row:not([hidden])[aria-rowindex="${wanted + 2}"]`)?.getBoundingClientRect();
    return box !== undefined && box.top >= top - 1 && box.bottom <= end + 1;
  }, row);
}
