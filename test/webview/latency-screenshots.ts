/**
 * Pictures of the latency page in each state, theme and width, for a person to look at:
 *   node test/webview/latency-screenshots.ts FOLDER [part of a name]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Harness, type Theme } from './harness.ts';
import { factsOf, reader, scenes, type Served } from './latency-states.ts';

interface Scene {
  readonly served: () => Served;
  after?(page: Page): Promise<void>;
}

/** Drags over the stall at 6:12. */
async function brush(page: Page): Promise<void> {
  const chart = page.locator('.overtime .chart');
  const box = await chart.boundingBox();
  if (box === null) throw new Error('the chart over time is not there');
  const at = (ms: number): number => box.x + 50 + ((box.width - 90) * ms) / 600_000;
  await page.mouse.move(at(356_000), box.y + 60);
  await page.mouse.down();
  await page.mouse.move(at(396_000), box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.mouse.move(0, 0);
  await page.locator('.overtime .clear').waitFor();
}

const table = (page: Page): Promise<void> => page.getByRole('radio', { name: 'Table' }).click();

const shots: Readonly<Record<string, Scene>> = {
  failed: { served: scenes.compared, after: brush },
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

const [folder, only = ''] = process.argv.slice(2);
if (folder === undefined) throw new Error('a folder for the pictures is missing');
await mkdir(folder, { recursive: true });
const harness = await Harness.start();
try {
  for (const [name, scene] of Object.entries(shots)) {
    for (const theme of ['dark', 'light', 'hc'] satisfies Theme[]) {
      for (const width of [800, 1280, 1600]) {
        const file = `latency-${name}-${theme}-${width}.png`;
        if (!file.includes(only)) continue;
        const served = scene.served();
        const { page, problems } = await harness.openLatency(factsOf(served), reader(served), { theme, width, height: 860 });
        await page.waitForSelector('main:not([hidden])');
        await page.waitForFunction(
          (compared) => !compared || document.querySelector('.compare canvas:not([hidden])') !== null,
          served.b !== null,
        );
        await scene.after?.(page);
        await page.screenshot({ path: join(folder, file), fullPage: true });
        if (problems.length > 0) console.log(file, problems);
        await page.close();
      }
    }
  }
} finally {
  await harness.stop();
}
