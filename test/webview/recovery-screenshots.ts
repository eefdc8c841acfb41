/**
 * Pictures of the recovery page in each state, theme and width, for a person to look at:
 *   node test/webview/recovery-screenshots.ts FOLDER [part of a name]
 */
import type { Page } from 'playwright-core';
import type { ServedJournal } from './latency-states.ts';
import { recoveryScenes } from './recovery-states.ts';
import { takePictures } from './pictures.ts';

interface Scene {
  readonly served: () => ServedJournal;
  after?(page: Page): Promise<void>;
}

const table = async (page: Page): Promise<void> => {
  await page.locator('.row[data-lane=pods] .tbl').first().click();
  await hover(page, 0.342);
};
/** A share of the plot's width. */
const hover = async (page: Page, share: number): Promise<void> => {
  const plot = await page.locator('[data-key="client-probe-a"] .plot svg').first().boundingBox();
  if (plot === null) throw new Error('there is no plot');
  await page.mouse.move(plot.x + plot.width * share, plot.y + 60);
};

const shots: Readonly<Record<string, Scene>> = {
  ...Object.fromEntries(Object.entries(recoveryScenes).map(([name, served]) => [name, { served }])),
  passed: { served: recoveryScenes.passed, after: table },
  all: { served: recoveryScenes.passed, after: (page) => page.getByRole('button', { name: 'All', exact: true }).click() },
};

await takePictures({
  scenes: shots,
  prefix: 'recovery-',
  fullPage: true,
  open: async (harness, scene, options) => {
    const served = scene.served();
    const { page, problems } = await harness.openRecovery(served, options);
    await page.waitForSelector('main:not([hidden]) .row.ov svg');
    await scene.after?.(page);
    return { page, problems };
  },
});
