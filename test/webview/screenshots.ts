/**
 * Pictures of the results page in each state, theme and width, for a person to look at:
 *   node test/webview/screenshots.ts FOLDER [part of a name]
 */
import type { Page } from 'playwright-core';
import type { PanelState, TabState } from '../../src/ui/panels/results/protocol.ts';
import { failed, plan, tab, withOthers } from './fake-states.ts';
import { takePictures } from './pictures.ts';

interface Scene {
  readonly state: PanelState;
  after?(page: Page): Promise<void>;
}

const of = (first: TabState): PanelState => ({ tabs: withOthers(first), active: first.id });
const sorted: TabState = tab('t1', {
  view: { sort: [{ column: 2, descending: false }], filters: [{ column: 3, op: '>=', text: '500.00' }] },
  viewRowCount: 32_710,
});

const select = async (page: Page): Promise<void> => {
  await page.locator('[aria-rowindex="5"] [data-column="2"]').click();
  await page.locator('[aria-rowindex="17"] [data-column="3"]').click({ modifiers: ['Shift'] });
  await page.locator('footer b').nth(2).waitFor();
};

const scenes: Readonly<Record<string, Scene>> = {
  rows: {
    state: of(sorted),
    after: async (page) => {
      await select(page);
      await page.locator('[data-head="4"]').hover();
      await page.locator('[data-funnel="4"]').click();
      await page.locator('.filter vscode-checkbox').first().waitFor();
      for (const i of [0, 2, 4]) await page.locator('.filter vscode-checkbox').nth(i).click();
    },
  },
  plain: { state: of(sorted), after: select },
  export: {
    state: of(sorted),
    after: async (page) => {
      await select(page);
      await page.locator('.export').click();
    },
  },
  value: {
    state: of(tab('t1')),
    after: async (page) => {
      await page.locator('[aria-rowindex="4"] [data-column="6"]').dblclick();
      await page.locator('.inspector [role=treeitem]').first().waitFor();
    },
  },
  plan: { state: of(tab('t1', { plan, opens: 'plan' })) },
  'plan-text': { state: of(tab('t1', { plan, opens: 'plan' })), after: (page) => page.getByText('Text', { exact: true }).click() },
  error: { state: { tabs: [...withOthers(tab('t1')), failed], active: 't4' } },
  cancelled: { state: of(tab('t1', { status: 'cancelled', durationMs: 12_400, stopMs: 300, rowCount: 18_432, viewRowCount: 18_432 })) },
  limited: { state: of(tab('t1', { status: 'limited', durationMs: 42_400, rowCount: 20_000_000, viewRowCount: 20_000_000 })) },
  running: { state: of(tab('t1', { status: 'running', durationMs: 12_400, fraction: 0.42, rowCount: 18_432, viewRowCount: 18_432 })) },
  waiting: {
    state: of(tab('t1', { status: 'running', durationMs: 2400, columns: [], rowCount: 0, viewRowCount: 0 })),
    after: async (page) => {
      await page.locator('.waiting').evaluate((element) => Promise.all(element.getAnimations().map((animation) => animation.finished)));
    },
  },
  empty: { state: of(tab('t1', { rowCount: 0, viewRowCount: 0, durationMs: 12 })) },
  nothing: { state: of(tab('t1', { view: { sort: [], filters: [{ column: 4, op: 'contains', text: 'xyz' }] }, viewRowCount: 0 })) },
  changed: {
    state: of(tab('t1', { title: 'UPDATE customer', columns: [], rowCount: 0, viewRowCount: 0, changedRows: 12, durationMs: 12 })),
  },
  gone: { state: of(tab('t1', { status: 'gone', rowCount: 0, viewRowCount: 0 })) },
  messages: { state: of(tab('t1')), after: (page) => page.getByText('Messages').click() },
  welcome: { state: { tabs: [], active: null } },
};

await takePictures({
  scenes,
  open: async (harness, scene, options) => {
    const { page, problems } = await harness.open(scene.state, options);
    if (scene.state.active !== null) await page.waitForSelector('[role=row], .msg, .empty-rows');
    await page.waitForFunction(() => document.querySelector('.grid[aria-busy=true], .row:not([hidden]) .wait') === null);
    await scene.after?.(page);
    return { page, problems };
  },
});
