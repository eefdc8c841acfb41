/**
 * Pictures of the latency page in each state, theme and width, for a person to look at:
 *   node test/webview/latency-screenshots.ts FOLDER [part of a name]
 */
import type { Page } from 'playwright-core';
import { brush } from './latency-look.ts';
import { factsOf, reader, scenes, type Served } from './latency-states.ts';
import { takePictures } from './pictures.ts';

interface Scene {
  readonly served: () => Served;
  after?(page: Page): Promise<void>;
}

/** Drags over the stall at 6:12. */
const stall = (page: Page): Promise<void> => brush(page, 356_000, 396_000);
const table = (page: Page): Promise<void> => page.getByRole('radio', { name: 'Table' }).click();

const shots: Readonly<Record<string, Scene>> = {
  failed: { served: scenes.compared, after: stall },
  table: { served: scenes.compared, after: table },
  live: { served: scenes.live },
  arms: { served: scenes.arms },
  passed: { served: scenes.passed },
  picked: {
    served: scenes.failed,
    after: async (page) => {
      await page.locator('.by-query tbody tr', { hasText: 'q15' }).click();
      await page.locator('.curves .chart').focus();
      await page.keyboard.press('End');
      for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowLeft');
    },
  },
  interrupted: { served: scenes.interrupted },
  few: { served: scenes.few },
  short: { served: scenes.short },
  power: { served: scenes.power },
  preparing: { served: scenes.preparing },
  broken: { served: scenes.broken },
};

await takePictures({
  scenes: shots,
  prefix: 'latency-',
  fullPage: true,
  open: async (harness, scene, options) => {
    const served = scene.served();
    const { page, problems } = await harness.openLatency(factsOf(served), reader(served), options);
    await page.waitForSelector('main:not([hidden])');
    await page.waitForFunction(
      (compared) => !compared || document.querySelector('.compare canvas:not([hidden])') !== null,
      served.b !== null,
    );
    await scene.after?.(page);
    return { page, problems };
  },
});
